"""Noting that a notice was sent: the first of a case, or a reminder. Nothing is sent from here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from attribution.casework.cases import case_named
from attribution.casework.fields import check_happened
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store import Writer
from attribution.store.queries.events import corrected_among, event_with_origin
from attribution.store.queries.notices import last_sent
from attribution.store.queries.reports import reports_of_cases
from attribution.store.times import Micros, moment

_MAILBOX = re.compile(r"[^@\s<>]{1,64}@[^@\s<>]{1,255}")
_MESSAGE_ID = re.compile(r"<[^\s<>]{1,996}>|[^\s<>]{1,996}")


class Channel(StrEnum):
    """How a notice went to the provider."""

    MAIL = "mail"
    """To a mailbox."""
    FORM = "form"
    """Entered in a web form."""
    LETTER = "letter"
    """On paper."""
    TELEPHONE = "telephone"
    """By word of mouth."""


class NoticeKind(StrEnum):
    """Which notice of a case it is."""

    FIRST = "sent"
    """The first."""
    REMINDER = "reminder"
    """A later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotice:
    """Note that a notice was sent."""

    case: str
    to: str
    """The mailbox, form or person that it went to."""
    at: Micros | None = None
    """None for now."""
    message_id: str | None = None
    """Of the mail, as it stands in its head."""
    channel: str = Channel.MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDigest:
    """Note that one notice of several cases was sent."""

    cases: tuple[str, ...]
    to: str
    """The mailbox, form or person that it went to."""
    at: Micros | None = None
    """None for now."""
    message_id: str | None = None
    """Of the mail, as it stands in its head."""
    channel: str = Channel.MAIL


def record_digest(writer: Writer, command: RecordDigest) -> dict[str, NoticeKind]:
    """Note one notice for each of its cases, all or none; return which each is, by case.

    Raises Refused, also for cases of several providers: answers to it could not be told apart.
    """
    keys = tuple(dict.fromkeys(command.cases))
    providers = {case_named(writer.connection, key).provider for key in keys}
    if len(providers) != 1:
        remedy = "name at least one case, and cases of one provider only"
        raise Refused(Refusal.INVALID, "cases", ", ".join(sorted(providers))[:200], remedy)
    at = writer.now if command.at is None else command.at
    return {
        key: record_notice(
            writer,
            RecordNotice(
                case=key,
                to=command.to,
                at=at,
                message_id=command.message_id,
                channel=command.channel,
            ),
        )
        for key in keys
    }


def record_notice(writer: Writer, command: RecordNotice) -> NoticeKind:
    """Note the notice; return whether it is the first of the case or a reminder. Raises Refused."""
    connection = writer.connection
    case = case_named(connection, command.case)
    to, message_id = command.to.strip(), (command.message_id or "").strip()
    _check_sending(to, message_id, command.channel)
    at = writer.now if command.at is None else command.at
    check_happened(at, writer.now, "note a notice when it was sent")
    last = last_sent(connection, [case.id]).get(case.id)
    if last is not None and at < last:
        remedy = "a reminder is not older than the notice before it"
        raise Refused(Refusal.CONFLICT, "at", moment(at).isoformat(), remedy)
    origin = f"notice {case.key} {at}"
    while (noted := event_with_origin(connection, origin)) is not None:
        if not corrected_among(connection, [noted]):
            remedy = "a notice of this case at this very time is noted already"
            raise Refused(Refusal.CONFLICT, "at", moment(at).isoformat(), remedy)
        origin = f"{origin} again"  # it was taken back, and an origin stands once in the log
    reports = [report.key for report in reports_of_cases(connection, [case.id])[case.id]]
    detail: dict[str, Any] = {"to": to.lower(), "channel": command.channel, "reports": reports}
    if message_id:
        detail["message_id"] = message_id
    kind = NoticeKind.FIRST if last is None else NoticeKind.REMINDER
    writer.add_event(
        kind.value,
        at,
        max(at, writer.now),
        provider_id=case.provider_id,
        case_id=case.id,
        detail=detail,
        origin=origin,
    )
    return kind


def _check_sending(to: str, message_id: str, channel: str) -> None:
    """Check where and how a notice went. Raises Refused."""
    if channel not in list(Channel):
        raise Refused(Refusal.INVALID, "channel", channel[:60], f"use one of {', '.join(Channel)}")
    if not to or not to.isprintable():
        remedy = "say which mailbox, form or person it went to"
        raise Refused(Refusal.MISSING, "to", to[:60], remedy)
    if channel == Channel.MAIL and not _MAILBOX.fullmatch(to):
        remedy = "give a mailbox, or name another channel"
        raise Refused(Refusal.INVALID, "to", to[:60], remedy)
    if message_id and not _MESSAGE_ID.fullmatch(message_id):
        remedy = "give it as it stands in the mail's head, such as <1@hotline.example>"
        raise Refused(Refusal.INVALID, "message_id", message_id[:60], remedy)
