"""One mail that came back, read: its kind, what it is about, and where it comes from. Pure.

Nothing here is certain by itself: whoever has a notice has its token, and a sender and date are
what somebody wrote. So each reading says by what it was recognised, and what our relay vouches for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attribution.mail.content import MailContent
from attribution.mail.delivery import Recipient, mailboxes_in
from attribution.mail.forms import RETURNED_NOTICE
from attribution.mail.kinds import Evidence, Kind
from attribution.mail.origin import Pass, Relay, is_made_by, passes
from attribution.mail.parts import Bound, Fields, Mail, parse_mail, read_fields
from attribution.mail.recognising import Recognised, recognise

MOST_TOKENS = 100
MOST_IDS = 100
SHOWN_TEXT = 20_000
"""Characters of the text that a reading keeps for a person."""
_TOKEN = re.compile(r"\+([A-Za-z0-9_-]{24})@")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,400}@[^<>\s@]{1,400}>")
_REPEATED_ID = re.compile(
    r"^[> \t]{0,10}message-id:[ \t]{0,10}(<[^<>\s@]{1,400}@[^<>\s@]{1,400}>)",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESSED = (
    "to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "references",
    "in-reply-to",
)
_RETURNED = ("from", "reply-to", "sender", "return-path", "message-id", "references")
_RETURNED_BYTES = 64 * 1024
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_NO_RELAY = Relay()
_FROM_SYSTEM = frozenset(
    [
        Kind.BOUNCE,
        Kind.MAIL_SYSTEM,
        Kind.DELAYED,
        Kind.DELIVERED,
        Kind.RELAYED,
        Kind.DISPOSITION,
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one mail is about."""

    kind: Kind
    evidence: tuple[Evidence, ...] = ()
    """By what the kind was recognised."""
    at: datetime | None = None
    """When the hotline's server took it in, where it says so, else what the sender wrote (UTC);
    None where neither is a time between 1990 and 2200."""
    message_id: str = ""
    """Its own; a digest of the mail where it has none."""
    sender: str = ""
    subject: str = ""
    text: str = ""
    """Its text parts, HTML without tags, at most 20,000 characters; never an attachment."""
    tokens: tuple[str, ...] = ()
    """Tokens of cases that stand in it, as they are written."""
    references: tuple[str, ...] = ()
    """Message-IDs that it answers or gives back, with angle brackets."""
    envelope_id: str | None = None
    """ENVID (RFC 3461) of the mail that a report is about."""
    recipients: tuple[Recipient, ...] = ()
    """What a mail system says of each recipient."""
    status: str | None = None
    """Of a mail system: the first status (RFC 3463), `5.1.1`."""
    diagnostic: str | None = None
    """Of a failure: what the server answered, or the line of the text that tells it."""
    disposition: str | None = None
    """Of a disposition notification: `displayed`, `deleted`."""
    reporting_server: str | None = None
    """The mail server that reports."""
    passes: tuple[Pass, ...] = ()
    """Checks of its origin that it passed, by our relay's word."""
    by_own_relay: bool = False
    """Whether our own relay made it."""
    attachments: int = 0
    """Parts that were not opened."""
    attachments_sha256: str | None = None
    """A digest over all of those together, as they were transferred: to find the mail again."""
    beyond: tuple[Bound, ...] = ()
    """Bounds that the mail goes beyond; what lies beyond was not read."""

    @property
    def is_from_system(self) -> bool:
        """Whether a mail system or the recipient's mail program wrote: never an answer."""
        return self.kind in _FROM_SYSTEM

    @property
    def to_be_read(self) -> bool:
        """Whether a person has to read it."""
        return self.kind in (Kind.REPLY, Kind.MAIL_SYSTEM)


def read_mail(raw: bytes, relay: Relay = _NO_RELAY) -> Reading:
    """Read one mail: at most its first 2 MB. Never raises; what is no mail has the kind `no_mail`.

    `relay` names our own mail relay: without it nothing is said of where the mail comes from.
    """
    mail = parse_mail(raw)
    content = MailContent(mail)
    recognised = recognise(content)
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()[:32]}"
    if recognised.kind is Kind.NO_MAIL:
        return Reading(kind=Kind.NO_MAIL, message_id=digest)
    fields = mail.fields
    from_system = recognised.kind in _FROM_SYSTEM
    returned = _returned(mail) if from_system else ()
    report, disposition = recognised.report, recognised.disposition
    sender = next(iter(mailboxes_in(fields.get("from"))), "")
    server = (report.reporting_server if report else None) or sender.rpartition("@")[2] or None
    count, sha256 = _attachments(mail)
    return Reading(
        kind=recognised.kind,
        evidence=recognised.evidence,
        at=_time(fields),
        message_id=fields.get("message-id")[:500] or digest,
        sender=sender,
        subject=content.subject[:500],
        text=content.text[:SHOWN_TEXT],
        tokens=_tokens(fields, returned, content.text),
        references=_references(fields, returned, recognised, content.text if from_system else ""),
        envelope_id=report.envelope_id if report else None,
        recipients=recognised.recipients,
        status=_first(recipient.status for recipient in recognised.recipients),
        diagnostic=_first(recipient.diagnostic for recipient in recognised.recipients)
        or recognised.diagnostic,
        disposition=disposition.kind if disposition else None,
        reporting_server=server,
        passes=passes(fields, relay),
        by_own_relay=from_system and is_made_by(fields, server, relay),
        attachments=count,
        attachments_sha256=sha256,
        beyond=tuple(bound for bound in Bound if bound in mail.beyond),
    )


def _returned(mail: Mail) -> tuple[Fields, ...]:
    """Return the header of each notice that comes back as a part."""
    return tuple(
        read_fields(part.text[:_RETURNED_BYTES].lstrip("\r\n").partition("\n\n")[0])[0]
        for part in mail.leaves
        if part.content_type in RETURNED_NOTICE
    )


def _tokens(fields: Fields, returned: tuple[Fields, ...], text: str) -> tuple[str, ...]:
    """Return the tokens in the header, in notices that come back, and only then in the text."""
    values = [value for name in _ADDRESSED for value in fields.all(name)]
    values += [value for header in returned for name in _RETURNED for value in header.all(name)]
    tokens = [token for value in values for token in _TOKEN.findall(value)]
    return tuple(dict.fromkeys(tokens or _TOKEN.findall(text)))[:MOST_TOKENS]


def _references(
    fields: Fields, returned: tuple[Fields, ...], recognised: Recognised, text: str
) -> tuple[str, ...]:
    """Return the Message-IDs of mails that it answers, gives back or reports about."""
    values = [value for name in ("in-reply-to", "references") for value in fields.all(name)]
    values += [value for header in returned for value in header.all("message-id")]
    if recognised.disposition and recognised.disposition.message_id:
        values.append(recognised.disposition.message_id)
    values += _REPEATED_ID.findall(text)
    ids = [match for value in values for match in _MESSAGE_ID.findall(value)]
    return tuple(dict.fromkeys(ids))[:MOST_IDS]


def _time(fields: Fields) -> datetime | None:
    received = fields.all("received")
    for text in [*(value.rpartition(";")[2] for value in received[:1]), fields.get("date")]:
        try:
            local = parsedate_to_datetime(text.strip()[:200])
            at = (local if local.tzinfo else local.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if _EARLIEST <= at < _LATEST:
            return at
    return None


def _attachments(mail: Mail) -> tuple[int, str | None]:
    """Return how many parts were not opened, and a digest over them."""
    read = ("text/plain", "text/html", "text/enriched", *RETURNED_NOTICE)
    closed = [
        part
        for part in mail.leaves
        if part.is_attachment
        or not (
            part.content_type in read
            or part.content_type.startswith("multipart/")
            or part.content_type.endswith(("delivery-status", "-notification", "-report"))
        )
    ]
    digest = hashlib.sha256()
    for part in closed:
        digest.update(part.body)
    return len(closed), digest.hexdigest() if closed else None


def _first(texts: Iterable[str | None]) -> str | None:
    """Return the first text that is not empty."""
    return next(filter(None, texts), None)
