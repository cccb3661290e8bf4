"""Receipt and the clock: what proves that a notice arrived, and from when on the provider has time.
Pure.

A confirmation of the mailbox from 45 days before to 45 days after the notice, or an acknowledgement
of another notice by the same mailbox from 14 days before to 14 after, proves receipt on arrival; an
acknowledgement of the notice itself starts its clock then (within a day: on arrival). Later ones
prove nothing about it. Nothing that becomes known later moves a clock that has started.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from attribution.pattern.history import Record, Sign, Table, first_of
from attribution.pattern.times import (
    INF,
    TOLERANCE,
    Floats,
    Ints,
    first_known_within,
    least_between,
)

CONFIRMED_WINDOW = 45.0
"""Days before and after a notice within which a confirmation of the mailbox proves its receipt."""
ANSWER_WINDOW = 14.0
"""The same of an acknowledgement of another notice."""
PROMPT = 1.0
"""Days within which an acknowledgement counts as one on arrival."""
CORRECTION_REST = 180.0
"""Days within which only one correction by the hotline voids what was sent."""
SETTLED = 15.0
"""Days after sending before which nothing is judged that rests on a notice."""
RETURNED_WITHIN = 6.0
"""Days within which a mail comes back that an outer server took: servers give up after four or five
(RFC 5321, section 4.5.4.1), and a later bounce moves no clock that a program's answer started.
"""

BY_PERSON = (Sign.ACK, Sign.REPLY, Sign.REFUSED, Sign.NOT_OURS)
"""What a person answered."""
OF_NOTICE = (*BY_PERSON, Sign.ACK_AUTOMATIC, Sign.DELIVERED, Sign.OPENED, Sign.LETTER)
"""What proves the receipt of one notice."""
BY_PROGRAM = (Sign.ACK_AUTOMATIC, Sign.DELIVERED)
"""What the outer mail server or a ticket system tells before a mail reaches anybody."""


class Proof(IntEnum):
    """By what the receipt of a notice is proven; the first values are those of `Sign`."""

    NONE = 0
    ACK_AUTOMATIC = Sign.ACK_AUTOMATIC
    ACK = Sign.ACK
    REPLY = Sign.REPLY
    REFUSED = Sign.REFUSED
    NOT_OURS = Sign.NOT_OURS
    DELIVERED = Sign.DELIVERED
    OPENED = Sign.OPENED
    LETTER = Sign.LETTER
    CONFIRMATION = 20
    """The mailbox was confirmed by a second channel within 45 days."""
    OTHER_ANSWER = 21
    """The mailbox acknowledged another notice within 14 days."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Of each case, when its clock started, since when that is known, and by what it was proven."""

    start: Floats
    known: Floats
    proof: Ints


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of the receipt of each case of one name; times are inf where nothing is.

    Pairs (from, until) are spans of knowledge: the case does not count from the one look on, and
    counts again from the other.
    """

    clock: Clock
    """By whatever proves receipt."""
    own: Clock
    """By what is about this very notice: for the test that needs that of each site."""
    bounced: tuple[Floats, Floats]
    voided: tuple[Floats, Floats]
    """Sent to an address that the hotline replaced, since it was not the provider's."""
    bounce_known: Floats

    @classmethod
    def joined(cls, parts: list[Receipt]) -> Receipt:
        """Return the receipts of several names below one another."""
        if len(parts) == 1:
            return parts[0]

        def clock(clocks: list[Clock]) -> Clock:
            return Clock(
                *(
                    np.concatenate([getattr(one, name) for one in clocks])
                    for name in ("start", "known", "proof")
                )
            )

        def pair(pairs: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
            return np.concatenate([one[0] for one in pairs]), np.concatenate(
                [one[1] for one in pairs]
            )

        return cls(
            clock([one.clock for one in parts]),
            clock([one.own for one in parts]),
            pair([one.bounced for one in parts]),
            pair([one.voided for one in parts]),
            np.concatenate([one.bounce_known for one in parts]),
        )


def within(span: tuple[Floats, Floats], at: Floats | float) -> np.ndarray:
    """Say whether a look lies in a span of knowledge."""
    return np.asarray((span[0] <= at) & ~(span[1] <= at))


@dataclass(frozen=True, slots=True)
class _Mailboxes:
    """The addresses of one name, one after the other: each ends where the hotline replaced it."""

    replaced: Floats
    """When each was replaced, in order; the last goes on."""
    voiding: Floats
    """Those of the same that void what was sent before, in order."""
    voiding_known: Floats
    confirmed_at: Floats
    confirmed_known: Floats
    confirmed_mailbox: Ints
    shown_known: Floats
    shown_mailbox: Ints
    """Since when a second channel itself confirmed which:
    a correction names an address, no more.
    """
    asked_at: Floats
    """When the provider asked for another address, or answered beside any notice: a person did."""
    asked_known: Floats
    asked_mailbox: Ints

    def of(self, at: Floats) -> Ints:
        """Return which address was in use at a time."""
        return np.searchsorted(self.replaced, at, side="right")


def receipt_of(record: Record) -> Receipt:
    """Return what is known of the receipt of each notice of one name."""
    sent = record.cases["sent"]
    mailboxes = _mailboxes(record)
    mailbox = mailboxes.of(sent)
    signs = record.signs_of(*OF_NOTICE)
    shown = _shown(mailboxes, mailbox, signs)
    known = signs["known"].copy()
    program = signs["sign"] == Sign.ACK_AUTOMATIC
    # A program's answer admits a case only where the mailbox was once shown to be the provider's.
    known[program] = np.maximum(known[program], shown[mailbox[signs["case"][program]]])
    confirmed = _confirmed(mailboxes, mailbox, sent, after=CONFIRMED_WINDOW)
    confirmed_before = _confirmed(mailboxes, mailbox, sent, after=0.0)
    bounces = record.signs_of(Sign.BOUNCE)
    bounced = first_of(bounces["case"], len(sent), bounces["known"])
    unprotected = np.isfinite(bounced) & (confirmed_before > bounced)
    returned = unprotected & (bounced <= sent + SETTLED)
    # What an outer server took, or a ticket system answered, has not arrived if it came back.
    soon = unprotected & (bounced <= sent + RETURNED_WITHIN)
    known[np.isin(signs["sign"], BY_PROGRAM) & soon[signs["case"]]] = INF
    own, first = _own_clock(sent, signs, known)
    answered = _answered(mailboxes, mailbox, sent, signs, known)
    indirect = np.maximum(np.minimum(confirmed, answered), sent)
    indirect[returned] = INF
    by_mail = indirect < first
    arrived = np.isfinite(indirect) & (indirect <= first)
    clock = Clock(
        np.where(arrived, np.minimum(sent, own.start), own.start),
        np.minimum(first, indirect),
        np.where(
            by_mail,
            np.where(
                np.maximum(confirmed, sent) <= indirect, Proof.CONFIRMATION, Proof.OTHER_ANSWER
            ),
            own.proof,
        ),
    )
    return Receipt(
        clock,
        own,
        (np.where(unprotected & by_mail, bounced, INF), own.known),
        _voided(mailboxes, sent, record, confirmed),
        bounced,
    )


def effective_corrections(at: Floats) -> Ints:
    """Return which corrections by the hotline void what was sent before: at most one in 180 days.

    `at` is in order; the answer are places in it.
    """
    kept: list[int] = []
    for place, when in enumerate(at.tolist()):
        if not kept or when >= at[kept[-1]] + CORRECTION_REST:
            kept.append(place)
    return np.array(kept, np.int64)


def _mailboxes(record: Record) -> _Mailboxes:
    corrected = record.contacts_of(Sign.CORRECTED_BY_HOTLINE)
    corrected = corrected.take(np.argsort(corrected["at"], kind="stable"))
    voiding = corrected.take(effective_corrections(corrected["at"]))
    second = record.contacts_of(Sign.CONTACT_CONFIRMED)
    confirmed = Table.joined([second, corrected])
    # A correction is also a confirmation, of the address that it names.
    confirmed = confirmed.take(np.argsort(confirmed["at"], kind="stable"))
    asked = record.contacts_of(Sign.CORRECTED_BY_PROVIDER, Sign.REPLY)
    asked = asked.take(np.argsort(asked["at"], kind="stable"))
    replaced = corrected["at"]
    return _Mailboxes(
        replaced,
        voiding["at"],
        voiding["known"],
        confirmed["at"],
        confirmed["known"],
        np.searchsorted(replaced, confirmed["at"], side="right"),
        second["known"],
        np.searchsorted(replaced, second["at"], side="right"),
        asked["at"],
        asked["known"],
        np.searchsorted(replaced, asked["at"], side="right"),
    )


def _shown(mailboxes: _Mailboxes, mailbox: Ints, signs: Table) -> Floats:
    """Return since when each address is known to be the provider's: confirmed, or a person answered
    from it.
    """
    shown = np.full(len(mailboxes.replaced) + 1, INF)
    np.minimum.at(shown, mailboxes.shown_mailbox, mailboxes.shown_known)
    np.minimum.at(shown, mailboxes.asked_mailbox, mailboxes.asked_known)
    person = np.isin(signs["sign"], BY_PERSON)
    np.minimum.at(shown, mailbox[signs["case"][person]], signs["known"][person])
    return shown


def _own_clock(sent: Floats, signs: Table, known: Floats) -> tuple[Clock, Floats]:
    """Return the clock by what is about each notice itself, and since when that is known."""
    count = len(sent)
    start, first, proof = np.full(count, INF), np.full(count, INF), np.zeros(count, np.int64)
    order = np.lexsort((signs["at"], known, signs["case"]))
    case = signs["case"][order]
    begins = np.flatnonzero(np.concatenate([[True], case[1:] != case[:-1]])) if len(case) else order
    rows = order[begins]
    rows = rows[np.isfinite(known[rows])]
    case = signs["case"][rows]
    at = signs["at"][rows]
    start[case] = np.where(at <= sent[case] + PROMPT + TOLERANCE, sent[case], at)
    first[case] = np.maximum(known[rows], sent[case])
    proof[case] = signs["sign"][rows]
    return Clock(start, first, proof), first


def _confirmed(mailboxes: _Mailboxes, mailbox: Ints, sent: Floats, *, after: float) -> Floats:
    """Return when a confirmation of the notice's own mailbox from 45 days before on was known."""
    known = np.full(len(sent), INF)
    for number in np.unique(mailbox):
        mine, its = mailbox == number, mailboxes.confirmed_mailbox == number
        known[mine] = first_known_within(
            mailboxes.confirmed_at[its],
            mailboxes.confirmed_known[its],
            sent[mine] - CONFIRMED_WINDOW,
            sent[mine] + after,
        )
    return known


def _answered(
    mailboxes: _Mailboxes, mailbox: Ints, sent: Floats, signs: Table, known: Floats
) -> Floats:
    """Return when an answer of the same mailbox to another notice, at most 14 days away,
    was known.
    """
    best = np.full(len(sent), INF)
    person = np.isin(signs["sign"], BY_PERSON)
    program = signs["sign"] == Sign.ACK_AUTOMATIC
    for kind in (person, program):
        rows = _first_a_case(signs["case"][kind], signs["at"][kind], known[kind])
        case, at, when = signs["case"][kind][rows], signs["at"][kind][rows], known[kind][rows]
        beside = (mailboxes.asked_at, mailboxes.asked_known, mailboxes.asked_mailbox)
        if kind is person and len(beside[0]):
            case = np.concatenate([case, np.full(len(beside[0]), -1)])
            at, when = np.concatenate([at, beside[0]]), np.concatenate([when, beside[1]])
        box = np.where(case >= 0, mailbox[np.maximum(case, 0)], 0)
        box[case < 0] = beside[2] if kind is person else 0
        for number in np.unique(box):
            its, mine = np.flatnonzero(box == number), np.flatnonzero(mailbox == number)
            its = its[np.argsort(at[its], kind="stable")]
            best[mine] = np.minimum(
                best[mine], _of_others(case[its], at[its], when[its], mine, sent[mine])
            )
    return best


def _of_others(case: Ints, at: Floats, known: Floats, mine: Ints, sent: Floats) -> Floats:
    """Return when the first answer to another notice in the window was known; an answer is one a
    case.
    """
    begin = np.searchsorted(at, sent - ANSWER_WINDOW - TOLERANCE, side="left")
    end = np.searchsorted(at, sent + ANSWER_WINDOW + TOLERANCE, side="right")
    place = np.full(int(mine.max()) + 1 if len(mine) else 0, -1, np.int64)
    told = (case >= 0) & (case < len(place))
    place[case[told]] = np.flatnonzero(told)
    own = place[mine]
    inside = (own >= begin) & (own < end)
    stop = np.where(inside, own, end)
    after = np.where(inside, own + 1, end)
    return np.minimum(least_between(known, begin, stop), least_between(known, after, end))


def _first_a_case(case: Ints, at: Floats, known: Floats) -> Ints:
    """Return the place of each case's first known answer."""
    order = np.lexsort((at, known, case))
    ordered = case[order]
    if not len(ordered):
        return order
    return np.asarray(order[np.concatenate([[True], ordered[1:] != ordered[:-1]])], np.int64)


def _voided(
    mailboxes: _Mailboxes, sent: Floats, record: Record, confirmed: Floats
) -> tuple[Floats, Floats]:
    """Return since when a notice is void, as the hotline replaced its address.

    Never what a person acknowledged, or a confirmation covered.
    """
    place = np.searchsorted(mailboxes.voiding, sent, side="right")
    known = np.append(mailboxes.voiding_known, INF)[place]
    answers = record.signs_of(*BY_PERSON, Sign.LETTER)
    answered = first_of(answers["case"], len(sent), answers["known"])
    return known, np.minimum(answered, confirmed)
