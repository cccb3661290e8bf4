"""Reading mail that came back: what is noted by itself, what is proposed, what a person reads.

Noted by itself: bounces and delays; deliveries and programs' answers only where our relay vouches
that they come from where the notice went. The rest is proposed: whoever has the token can write it.
Nothing of a mail system is ever noted as an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any

from attribution.casework.mail_matching import Match, Matcher, Origin, origin_of
from attribution.casework.noting import NoteEvent, write_event
from attribution.errors import Refused
from attribution.mail import Action, Kind, Reading, Recipient
from attribution.net.domains import domain_of
from attribution.store import Reader, Store, Writer
from attribution.store.queries.cases import standing_events
from attribution.store.queries.events import is_noted
from attribution.store.times import Micros, iso, micros

_AT_ONCE = 100
"""Mails that are written together."""


class Proposal(StrEnum):
    """What can be proposed and taken in bulk."""

    AUTOMATIC = "automatic"
    """A program's answer, as an acknowledgement."""
    DELIVERED = "delivered"
    """A delivery status: in the mailbox."""
    RELAYED = "relayed"
    """A delivery status: handed on."""
    OPENED = "opened"
    """A disposition notification: displayed."""


class Decision(StrEnum):
    """What was done with a mail."""

    RECORDED = "recorded"
    """Its event was noted."""
    KNOWN = "known"
    """Its event was noted before: a mail counts once."""
    TO_RECORD = "to_record"
    """Its event is noted by itself, with `--record`."""
    PROPOSED = "proposed"
    """Its event waits for a person: nothing proves where the mail comes from."""
    TO_READ = "to_read"
    """A person reads it and says what happened."""
    NOTHING = "nothing"
    """It changes nothing."""
    UNMATCHED = "unmatched"
    """Its case is not known, or not clear."""
    NOT_NOTED = "not_noted"
    """Its event does not fit to its case; `problem` says why."""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Read one mail."""

    name: str
    """Name of its file."""
    reading: Reading
    record: bool = False
    """Note what is noted by itself."""
    take: frozenset[Proposal] = frozenset()
    """Proposals that a person takes in bulk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRead:
    """What became of one mail."""

    name: str
    reading: Reading
    decision: Decision
    matches: tuple[Match, ...] = ()
    event: str | None = None
    origin: Origin | None = None
    believed: bool | None = None
    """Of a bounce: whether it says that the notice did not arrive."""
    noted: tuple[int, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """An event that a mail says happened to a case."""

    match: Match
    event: str
    origin: Origin | None
    by_itself: bool
    proposal: Proposal | None
    detail: dict[str, Any]


_EVENTS = {
    Kind.BOUNCE: "bounce",
    Kind.DELAYED: "delayed",
    Kind.DELIVERED: "delivered",
    Kind.RELAYED: "relayed",
    Kind.AUTO_REPLY: "ack",
}
_KIND_OF = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAYED,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.RELAYED,
    Action.VERIFIED: Kind.MAIL_SYSTEM,
}
_PROPOSALS = {
    "ack": Proposal.AUTOMATIC,
    "delivered": Proposal.DELIVERED,
    "relayed": Proposal.RELAYED,
    "opened": Proposal.OPENED,
}


def read_mails(store: Store, who: str | None, mails: Iterable[ReadMail]) -> Iterator[MailRead]:
    """Read mails; yield what became of each. One that cannot be noted does not stop the others."""
    matcher = Matcher()
    queue = iter(mails)
    while batch := list(islice(queue, _AT_ONCE)):
        if any(mail.record or mail.take for mail in batch):
            with store.write(who) as writer:
                done = _in_order(batch, partial(read_mail, writer, matcher))
        else:
            with store.read() as reader:
                done = [propose(reader, matcher, mail) for mail in batch]
        yield from done


def _in_order(batch: list[ReadMail], read: Callable[[ReadMail], MailRead]) -> list[MailRead]:
    """Read mails in the order in which they came, so that a delivery is known before a bounce."""
    done: dict[int, MailRead] = {}
    latest = datetime.max.replace(tzinfo=UTC)
    for place in sorted(range(len(batch)), key=lambda place: batch[place].reading.at or latest):
        done[place] = read(batch[place])
    return [done[place] for place in range(len(batch))]


def read_mail(writer: Writer, matcher: Matcher, mail: ReadMail) -> MailRead:
    """Read one mail, and note what it says where that is to be noted."""
    proposed = propose(writer.connection, matcher, mail)
    noted: list[int] = []
    taken = 0
    for step in _steps(writer.connection, mail.reading, proposed.matches):
        by_hand = step.proposal is not None and step.proposal in mail.take
        if not by_hand and not (mail.record and step.by_itself):
            continue
        taken += 1
        detail = step.detail if step.by_itself else {**step.detail, "taken_in_bulk": True}
        try:
            at = _time(writer, mail.reading, step.match)
            command = NoteEvent(kind=step.event, at=at, case=step.match.case)
            noted += write_event(writer, command, detail, _origin_text(mail.reading, step))
        except Refused as error:
            return _with(proposed, Decision.NOT_NOTED, noted, str(error))
    if not taken:
        return proposed
    return _with(proposed, Decision.RECORDED if noted else Decision.KNOWN, noted)


def propose(reader: Reader, matcher: Matcher, mail: ReadMail) -> MailRead:
    """Say what one mail is about and what is to be noted; note nothing."""
    reading = mail.reading
    if reading.kind is Kind.NO_MAIL:
        return MailRead(name=mail.name, reading=reading, decision=Decision.UNMATCHED)
    matches = matcher.match(reader, reading)
    if not matches:
        return MailRead(name=mail.name, reading=reading, decision=Decision.UNMATCHED)
    steps = _steps(reader, reading, matches)
    if not steps:
        decision = Decision.TO_READ if reading.to_be_read else Decision.NOTHING
        return MailRead(name=mail.name, reading=reading, decision=decision, matches=matches)
    first = steps[0]
    decision = Decision.TO_RECORD if first.by_itself else Decision.PROPOSED
    if all(is_noted(reader, _origin_text(reading, step)) for step in steps):
        decision = Decision.KNOWN
    return MailRead(
        name=mail.name,
        reading=reading,
        decision=decision,
        matches=matches,
        event=first.event,
        origin=first.origin,
        believed=first.detail.get("believed"),
    )


def _steps(reader: Reader, reading: Reading, matches: tuple[Match, ...]) -> list[_Step]:
    """Return what a mail says happened, a step a case."""
    steps = []
    for match in matches:
        recipient = _recipient(reading, match.mailbox)
        event = _event(reading, recipient)
        if event is None:
            continue
        origin = origin_of(reading, match.mailbox, below=event in ("bounce", "delayed"))
        detail = _detail(reading, match, origin, recipient)
        if event == "ack":
            detail["automatic"] = True
        if event == "bounce":
            detail["believed"] = origin is not None and not _arrived(
                reader, match, reading, recipient
            )
        by_itself = event in ("bounce", "delayed") or (origin is not None and event != "opened")
        steps.append(_Step(match, event, origin, by_itself, _PROPOSALS.get(event), detail))
    return steps


def _event(reading: Reading, recipient: Recipient | None) -> str | None:
    """Return the kind of event that a mail stands for; None where a person says."""
    if reading.kind is Kind.DISPOSITION:
        return "opened" if reading.disposition == "displayed" else None
    kind: Kind = reading.kind
    if kind in _KIND_OF.values() and recipient is not None:
        kind = _KIND_OF[recipient.action]  # a report about several: what it says of this one
    return _EVENTS.get(kind)


def _recipient(reading: Reading, mailbox: str) -> Recipient | None:
    """Return what a mail system says of the mailbox written to, else of the first it names."""
    for recipient in reading.recipients:
        if mailbox and recipient.mailbox == mailbox:
            return recipient
    return None


def _detail(
    reading: Reading, match: Match, origin: Origin | None, recipient: Recipient | None
) -> dict[str, Any]:
    """Return what the event says of its proof: by what matched, recognised, and from where."""
    named = recipient or next(iter(reading.recipients), None)
    server = (named.server if named else None) or (
        None if reading.by_own_relay else reading.reporting_server
    )
    detail: dict[str, Any] = {
        "mail": reading.message_id,
        "from": reading.sender,
        "to": match.mailbox,
        "matched_by": match.by.value,
        "origin": origin.method.value if origin else "unproven",
        "origin_domain": origin.domain if origin else None,
        "recognised_by": [evidence.value for evidence in reading.evidence],
        "status": (named.status if named else None) or reading.status,
        "said": reading.diagnostic or reading.subject[:200] or None,
        "server": server if reading.is_from_system else None,
        "notice_sent_at": iso(match.notice.sent_at) if match.notice else None,
    }
    return {name: value for name, value in detail.items() if value not in (None, "", [])}


def _arrived(reader: Reader, match: Match, reading: Reading, recipient: Recipient | None) -> bool:
    """Say whether the server that bounces had taken this very notice before.

    Who takes each notice and answers with a bounce of their own making has received it.
    """
    sent_at = iso(match.notice.sent_at) if match.notice else None
    named = recipient or next(iter(reading.recipients), None)
    servers = {reading.reporting_server or "", (named.server if named else None) or ""} - {""}
    for event in standing_events(reader, [match.case_id], ["delivered", "relayed"]):
        detail = event.detail
        same_notice = detail.get("notice_sent_at") in (None, sent_at)
        same_mailbox = detail.get("to") in (None, match.mailbox)
        taker = str(detail.get("server") or "")
        if same_notice and same_mailbox and any(_same(taker, server) for server in servers):
            return True
    return False


def _same(server: str, other: str) -> bool:
    """Say whether two mail servers are one's: of one name, or under one registered domain."""
    if not server or not other:
        return False
    if server == other:
        return True
    registered = domain_of(server).registrable
    return registered is not None and registered == domain_of(other).registrable


def _time(writer: Writer, reading: Reading, match: Match) -> Micros:
    """Return when it happened: not before the notice and not in the future, by whatever clock."""
    at = writer.now if reading.at is None else micros(reading.at)
    earliest = match.notice.sent_at if match.notice else at
    return Micros(min(max(at, earliest), max(writer.now, earliest)))


def _origin_text(reading: Reading, step: _Step) -> str:
    """Return the text by which the same mail is known again."""
    text = f"{reading.message_id} {step.match.case} {step.event}"
    return f"mail {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _with(
    proposed: MailRead, decision: Decision, noted: list[int], problem: str | None = None
) -> MailRead:
    return replace(proposed, decision=decision, noted=tuple(noted), problem=problem)
