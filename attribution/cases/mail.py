"""What came back by mail: bounces (RFC 3464), automatic replies (RFC 3834) and people's, matched to cases by their token. Pure but for files.

Nothing here is certain: whoever has a notice has its token, and a mail's sender and date are what somebody wrote. So events are proposed,
and a person or the hotline's own rules decide to record them.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import mailbox
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path

from attribution.errors import HistoryError

_TOKEN = re.compile(r"\+([A-Za-z0-9_-]{24})@")
_MOST_BYTES = 25 * 1024 * 1024
_ADDRESSED = (
    "To",
    "Cc",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "References",
    "In-Reply-To",
)
_RETURNED = ("From", "Reply-To", "Sender", "Return-Path", "Message-ID", "References")
_AUTOMATIC_SUBJECT = re.compile(r"^\s*(auto(matic)?[ -]?(reply|response)|out of office|abwesen|automatische antwoord|réponse automatique)", re.IGNORECASE)  # fmt: skip
_KEPT_HEADERS = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail is about."""

    kind: str
    """`bounce`, `delayed`, `auto_reply`, `reply`."""
    tokens: tuple[str, ...]
    """Tokens of cases that stand in it, where a reply or a returned notice has them."""
    at: datetime
    """When the hotline's own server took it in, where it says so; else the time that the sender wrote."""
    message_id: str
    sender: str
    recipients: tuple[str, ...] = ()
    """Of a bounce: the mailboxes that it did not reach."""
    status: str | None = None
    """Of a bounce: the status (RFC 3463), `5.1.1`."""
    text: str | None = None
    """Of a bounce: what the server said; of a reply: the subject."""


def read_mails(path: Path) -> Iterator[tuple[str, Letter | None]]:
    """Yield (name, letter) of a mail file, an mbox, a Maildir or a folder of mail files; None for what is no mail.

    Raises HistoryError where the path is none of these.
    """
    if path.is_dir():
        if (path / "cur").is_dir() or (path / "new").is_dir():
            for folder in ("new", "cur"):
                for file in sorted((path / folder).glob("*")):
                    yield file.name, _read_file(file)
        else:
            for file in sorted(one for one in path.iterdir() if one.is_file()):
                yield file.name, _read_file(file)
    elif path.is_file():
        with path.open("rb") as raw:
            head = raw.read(5)
        if head == b"From ":
            with closing(mailbox.mbox(path, create=False)) as box:
                for number, message in enumerate(box, start=1):
                    yield f"{path.name}:{number}", read_mail(message.as_bytes())
        else:
            yield path.name, _read_file(path)
    else:
        raise HistoryError(f"mail {str(path)!r} is no file, mbox or Maildir.")


def read_mail(raw: bytes) -> Letter | None:
    """Read one mail; None for what is none."""
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
        if not isinstance(message, EmailMessage) or not message.keys():
            return None
        return _letter(message, raw)
    except (ValueError, LookupError, IndexError, AttributeError, TypeError, RecursionError):
        return None  # the standard library stumbles over some headers that senders make up


def _letter(message: EmailMessage, raw: bytes) -> Letter:
    message_id = _header(message, "Message-ID") or f"sha256:{hashlib.sha256(raw).hexdigest()[:32]}"
    sender = next(
        (address for _, address in getaddresses([_header(message, "From")]) if address), ""
    )
    at = _time(message)
    failed = _delivery_status(message)
    if failed is not None:
        action, recipients, status, text = failed
        kind = {"failed": "bounce", "delayed": "delayed"}.get(action, "delivery_report")
        given = _tokens(message, _ADDRESSED) + _returned_tokens(message)
        return Letter(
            kind, tuple(dict.fromkeys(given)), at, message_id, sender, recipients, status, text
        )
    tokens = tuple(dict.fromkeys(_tokens(message, _ADDRESSED)))
    kind = "auto_reply" if _is_automatic(message) else "reply"
    return Letter(
        kind,
        tokens,
        at,
        message_id,
        sender,
        text=_header(message, "Subject")[:_KEPT_HEADERS] or None,
    )


def _delivery_status(
    message: EmailMessage,
) -> tuple[str, tuple[str, ...], str | None, str | None] | None:
    """Return (action, recipients, status, what the server said) of a delivery status notification; None for other mail."""
    report_type = str(message.get_param("report-type") or "").lower()
    is_report = message.get_content_type() == "multipart/report"
    if not is_report or report_type not in ("delivery-status", ""):
        return None
    for part in message.walk():
        if part.get_content_type() not in (
            "message/delivery-status",
            "message/global-delivery-status",
        ):
            continue
        blocks = part.get_payload()
        if not isinstance(blocks, list):
            continue
        actions: dict[str, list[tuple[str, str | None, str | None]]] = {}
        for block in (one for one in blocks if isinstance(one, Message)):
            action = str(block.get("Action", "")).strip().lower()
            if action:
                recipient = (
                    str(block.get("Final-Recipient") or block.get("Original-Recipient") or "")
                    .rpartition(";")[2]
                    .strip()
                )
                status = str(block.get("Status", "")).split()[:1]
                said = " ".join(str(block.get("Diagnostic-Code", "")).split())[:500] or None
                actions.setdefault(action, []).append(
                    (recipient.lower(), status[0] if status else None, said)
                )
        for action in ("failed", "delayed", *actions):
            if action in actions:
                rows = actions[action]
                return action, tuple(row[0] for row in rows if row[0]), rows[0][1], rows[0][2]
    return None


def _returned_tokens(message: EmailMessage) -> list[str]:
    """Return the tokens in the notice that a bounce gives back, whole or its headers."""
    found: list[str] = []
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822" and part is not message:
            inner = part.get_payload()
            for one in inner if isinstance(inner, list) else []:
                found += _tokens(one, _RETURNED)
        elif kind == "text/rfc822-headers":
            text = part.get_content() if not part.is_multipart() else ""
            if isinstance(text, str):
                found += _tokens(
                    email.message_from_string(text, policy=email.policy.default), _RETURNED
                )
    return found


def _tokens(message: object, names: tuple[str, ...]) -> list[str]:
    get_all = getattr(message, "get_all", None)
    if get_all is None:
        return []
    return [
        found
        for name in names
        for value in get_all(name) or []
        for found in _TOKEN.findall(str(value))
    ]


def _is_automatic(message: EmailMessage) -> bool:
    """Say whether a program answered: RFC 3834, and what programs did before it."""
    marked = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    if marked and marked != "no":
        return True
    if (
        _header(message, "X-Autoreply")
        or _header(message, "X-Autorespond")
        or _header(message, "X-Auto-Response-Suppress")
    ):
        return True
    if _header(message, "Precedence").lower() in ("auto_reply", "bulk", "junk"):
        return True
    return bool(_AUTOMATIC_SUBJECT.search(_header(message, "Subject")))


def _time(message: EmailMessage) -> datetime:
    received = message.get_all("Received") or []
    candidates = [str(received[0]).rpartition(";")[2]] if received else []
    for text in [*candidates, _header(message, "Date")]:
        try:
            found = parsedate_to_datetime(text.strip())
        except (ValueError, TypeError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    return datetime.now(UTC).replace(microsecond=0)


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name) or "").strip()


def _read_file(path: Path) -> Letter | None:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        return read_mail(path.read_bytes())
    except OSError as error:
        raise HistoryError(f"mail {str(path)!r} cannot be read: {error.strerror}.") from None
