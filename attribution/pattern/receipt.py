"""Receipt and the clock: what proves that a notice arrived, and when the provider's time begins.

Pure. A confirmation of the mailbox from 45 days before to 45 days after the notice, or an
acknowledgement of another notice by the same mailbox from 14 days before to 14 after, proves
receipt on arrival; an acknowledgement of the notice itself starts its clock then (within a day: on
arrival). Later ones prove nothing about it. Nothing that becomes known later moves a clock that has
started.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attribution.pattern.arrays import (
    INF,
    Floats,
    Ints,
    Span,
    least_between,
    least_of_each,
    run_starts,
)
from attribution.pattern.columns import Table
from attribution.pattern.record import Record
from attribution.pattern.signs import Numbered, Sign
from attribution.pattern.times import TOLERANCE, first_known_within

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


class Proof(Numbered):
    """By what the receipt of a notice is proven; the first numbers are those of `Sign`."""

    NONE = 0, "not proven"
    ACK_AUTOMATIC = Sign.ACK_AUTOMATIC, "a program acknowledged this notice"
    ACK = Sign.ACK, "a person acknowledged this notice"
    REPLY = Sign.REPLY, "a person answered this notice"
    REFUSED = Sign.REFUSED, "the provider refused"
    NOT_OURS = Sign.NOT_OURS, "the provider answered that it is not in its network"
    DELIVERED = Sign.DELIVERED, "the provider's mail server took it"
    OPENED = Sign.OPENED, "it was displayed"
    LETTER = Sign.LETTER, "a letter that lists it was delivered"
    CONFIRMATION = 20, "the mailbox was confirmed by a second channel within 45 days"
    OTHER_ANSWER = 21, "the mailbox answered another notice within 14 days"


@dataclass(frozen=True, slots=True)
class Clock:
    """Of each case, when its clock started, since when that is known, and by what it was proven."""

    start: Floats
    known: Floats
    proof: Ints
    """`Proof`."""

    @classmethod
    def joined(cls, clocks: Sequence[Clock]) -> Clock:
        """Return the cases of several below one another."""
        columns = ([getattr(c, name) for c in clocks] for name in ("start", "known", "proof"))
        return cls(*map(np.concatenate, columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is known of the receipt of each case of one name; times are inf where nothing is."""

    clock: Clock
    """By whatever proves receipt."""
    own: Clock
    """By what is about this very notice: for the test that needs that of each site."""
    bounced: Span
    """Knowledge of a bounce that undoes receipt, until the notice itself proves it."""
    voided: Span
    """Sent to an address that the hotline replaced, since it was not the provider's."""
    bounce_known: Floats

    @classmethod
    def joined(cls, parts: Sequence[Receipt]) -> Receipt:
        """Return the receipts of several names below one another."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            clock=Clock.joined([part.clock for part in parts]),
            own=Clock.joined([part.own for part in parts]),
            bounced=Span.joined([part.bounced for part in parts]),
            voided=Span.joined([part.voided for part in parts]),
            bounce_known=np.concatenate([part.bounce_known for part in parts]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mailboxes:
    """The addresses of one name, one after the other: each ends where the hotline replaced it.

    The tables have the columns `at`, `known` and `mailbox`, the number of the address then in use.
    """

    replaced: Floats
    """When each was replaced, in order; the last goes on."""
    voiding: Table
    """Replacements that void what was sent before, in order."""
    confirmed: Table
    """Confirmations, in order; a correction is one, of the address that it names."""
    by_second_channel: Table
    """Confirmations by a second channel itself: a correction names an address, no more."""
    asked: Table
    """When the provider asked for another address, or answered beside any notice, in order: a
    person did.
    """

    def at(self, when: Floats) -> Ints:
        """Return which address was in use at a time."""
        return np.searchsorted(self.replaced, when, side="right")


def receipt_of(record: Record) -> Receipt:
    """Return what is known of the receipt of each notice of one name."""
    sent = record.cases["sent"]
    mailboxes = _mailboxes(record)
    mailbox = mailboxes.at(sent)
    signs = record.signs_of(*OF_NOTICE)
    known = signs["known"].copy()
    program = signs["sign"] == Sign.ACK_AUTOMATIC
    # A program's answer admits a case only where the mailbox was once shown to be the provider's.
    shown = _shown(mailboxes, mailbox, signs)
    known[program] = np.maximum(known[program], shown[mailbox[signs["case"][program]]])
    confirmed = _confirmed(mailboxes, mailbox, sent, after=CONFIRMED_WINDOW)
    confirmed_before = _confirmed(mailboxes, mailbox, sent, after=0.0)
    bounces = record.signs_of(Sign.BOUNCE)
    bounced = least_of_each(bounces["case"], len(sent), bounces["known"])
    unprotected = np.isfinite(bounced) & (confirmed_before > bounced)
    # What an outer server took, or a ticket system answered, has not arrived if it came back.
    soon = unprotected & (bounced <= sent + RETURNED_WITHIN)
    known[np.isin(signs["sign"], BY_PROGRAM) & soon[signs["case"]]] = INF
    signs = signs.with_column("known", known)
    own = _own_clock(sent, signs)
    answered = _answered(mailboxes, mailbox, sent, signs)
    indirect = np.maximum(np.minimum(confirmed, answered), sent)
    indirect[unprotected & (bounced <= sent + SETTLED)] = INF
    by_mailbox = indirect < own.known
    arrived = np.isfinite(indirect) & (indirect <= own.known)
    how = np.where(np.maximum(confirmed, sent) <= indirect, Proof.CONFIRMATION, Proof.OTHER_ANSWER)
    return Receipt(
        clock=Clock(
            np.where(arrived, np.minimum(sent, own.start), own.start),
            np.minimum(own.known, indirect),
            np.where(by_mailbox, how, own.proof),
        ),
        own=own,
        bounced=Span(np.where(unprotected & by_mailbox, bounced, INF), own.known),
        voided=_voided(mailboxes, sent, record, confirmed),
        bounce_known=bounced,
    )


def effective_corrections(at: Floats) -> Ints:
    """Return which corrections by the hotline void what was sent before: at most one in 180 days.

    `at` is in order; the answer are places in it.
    """
    places: list[int] = []
    for place, when in enumerate(at.tolist()):
        if not places or when >= at[places[-1]] + CORRECTION_REST:
            places.append(place)
    return np.array(places, np.int64)


def _mailboxes(record: Record) -> _Mailboxes:
    corrected = record.contacts_of(Sign.CORRECTED_BY_HOTLINE).ordered_by("at")
    replaced = corrected["at"]

    def dated(contacts: Table) -> Table:
        mailbox = np.searchsorted(replaced, contacts["at"], side="right")
        return contacts.with_column("mailbox", mailbox)

    by_second_channel = record.contacts_of(Sign.CONTACT_CONFIRMED)
    return _Mailboxes(
        replaced=replaced,
        voiding=corrected.take(effective_corrections(replaced)),
        confirmed=dated(Table.joined([by_second_channel, corrected]).ordered_by("at")),
        by_second_channel=dated(by_second_channel),
        asked=dated(record.contacts_of(Sign.CORRECTED_BY_PROVIDER, Sign.REPLY).ordered_by("at")),
    )


def _shown(mailboxes: _Mailboxes, mailbox: Ints, signs: Table) -> Floats:
    """Return since when each address is known to be the provider's.

    It was confirmed, or a person answered from it.
    """
    shown = np.full(len(mailboxes.replaced) + 1, INF)
    for contacts in (mailboxes.by_second_channel, mailboxes.asked):
        np.minimum.at(shown, contacts["mailbox"], contacts["known"])
    person = np.isin(signs["sign"], BY_PERSON)
    np.minimum.at(shown, mailbox[signs["case"][person]], signs["known"][person])
    return shown


def _first_of_case(signs: Table) -> Table:
    """Return each case's first known sign."""
    ordered = signs.take(np.lexsort((signs["at"], signs["known"], signs["case"])))
    return ordered.take(run_starts(ordered["case"]))


def _own_clock(sent: Floats, signs: Table) -> Clock:
    """Return the clock by what is about each notice itself."""
    count = len(sent)
    start, known, proof = np.full(count, INF), np.full(count, INF), np.zeros(count, np.int64)
    first = _first_of_case(signs)
    first = first.take(np.isfinite(first["known"]))
    case, at = first["case"], first["at"]
    start[case] = np.where(at <= sent[case] + PROMPT + TOLERANCE, sent[case], at)
    known[case] = np.maximum(first["known"], sent[case])
    proof[case] = first["sign"]
    return Clock(start, known, proof)


def _confirmed(mailboxes: _Mailboxes, mailbox: Ints, sent: Floats, *, after: float) -> Floats:
    """Return when a confirmation of the notice's own mailbox from 45 days before on was known.

    `after`: days after the notice up to which one counts.
    """
    known = np.full(len(sent), INF)
    for number in np.unique(mailbox):
        same = mailbox == number
        confirmed = mailboxes.confirmed.take(mailboxes.confirmed["mailbox"] == number)
        known[same] = first_known_within(
            confirmed["at"], confirmed["known"], sent[same] - CONFIRMED_WINDOW, sent[same] + after
        )
    return known


def _answered(mailboxes: _Mailboxes, mailbox: Ints, sent: Floats, signs: Table) -> Floats:
    """Return when an answer of the same mailbox to another notice within 14 days was known."""

    def answers_in(signs: Table) -> Table:
        first = _first_of_case(signs)
        columns = {name: first[name] for name in ("case", "at", "known")}
        return Table({**columns, "mailbox": mailbox[first["case"]]})

    asked = mailboxes.asked
    beside_notices = Table(
        {
            "case": np.full(len(asked), -1),
            **{name: asked[name] for name in ("at", "known", "mailbox")},
        }
    )
    by_person = answers_in(signs.take(np.isin(signs["sign"], BY_PERSON)))
    by_program = answers_in(signs.take(signs["sign"] == Sign.ACK_AUTOMATIC))
    known = np.full(len(sent), INF)
    for answers in (Table.joined([by_person, beside_notices]), by_program):
        for number in np.unique(answers["mailbox"]):
            cases = np.flatnonzero(mailbox == number)
            of_mailbox = answers.take(answers["mailbox"] == number).ordered_by("at")
            known[cases] = np.minimum(known[cases], _of_others(of_mailbox, cases, sent[cases]))
    return known


def _of_others(answers: Table, cases: Ints, sent: Floats) -> Floats:
    """Return when the first answer to another notice in the window was known.

    `answers` has at most one row a case, and any number without one (-1), in order of time.
    """
    at, known, case = answers["at"], answers["known"], answers["case"]
    begin = np.searchsorted(at, sent - ANSWER_WINDOW - TOLERANCE, side="left")
    end = np.searchsorted(at, sent + ANSWER_WINDOW + TOLERANCE, side="right")
    answer_of_case = np.full(int(cases.max()) + 1 if len(cases) else 0, -1, np.int64)
    has_case = (case >= 0) & (case < len(answer_of_case))
    answer_of_case[case[has_case]] = np.flatnonzero(has_case)
    # Around the case's own answer: the least before it and the least after it.
    own = answer_of_case[cases]
    inside = (own >= begin) & (own < end)
    before = least_between(known, begin, np.where(inside, own, end))
    after = least_between(known, np.where(inside, own + 1, end), end)
    return np.minimum(before, after)


def _voided(mailboxes: _Mailboxes, sent: Floats, record: Record, confirmed: Floats) -> Span:
    """Return since when a notice is void, as the hotline replaced its address.

    Never what a person acknowledged, or a confirmation covered.
    """
    place = np.searchsorted(mailboxes.voiding["at"], sent, side="right")
    known = np.append(mailboxes.voiding["known"], INF)[place]
    answers = record.signs_of(*BY_PERSON, Sign.LETTER)
    answered = least_of_each(answers["case"], len(sent), answers["known"])
    return Span(known, np.minimum(answered, confirmed))
