"""Mails that come back after a notice, written afresh after the forms of real ones. All names are
invented.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field

TOKEN = "abcdefghijklmnopqrstuvwx"
REPLY_TO = f"notices+{TOKEN}@hotline.example"
MAILBOX = "abuse@hosting.example"
RELAY = "mx.hotline.example"
NOTICE = f"""From: Example Hotline <notices@hotline.example>
Reply-To: {REPLY_TO}
To: {MAILBOX}
Subject: Notice of illegal content on www[.]site[.]example
Message-ID: <n1@hotline.example>
Date: Mon, 02 Mar 2026 08:58:00 +0000

(text of the notice)
"""
COPY = f"--- Below this line is a copy of the message.\n\n{NOTICE}"


@dataclass
class Sent:
    """A mail in pieces; `bytes` puts them together."""

    sender: str | None = "Abuse desk <abuse@hosting.example>"
    subject: str = "Re: Notice of illegal content"
    body: str = "We look into it.\n"
    to: str = REPLY_TO
    date: str = "Mon, 02 Mar 2026 10:00:00 +0000"
    message_id: str = "<1@hosting.example>"
    fields: dict[str, str] = field(default_factory=dict)
    """Further fields, in front of the others."""

    def __bytes__(self) -> bytes:
        rows = [f"{name}: {value}" for name, value in self.fields.items()]
        rows += [f"From: {self.sender}"] if self.sender is not None else []
        rows += [f"To: {self.to}", f"Subject: {self.subject}", f"Date: {self.date}"]
        rows += [f"Message-ID: {self.message_id}"] if self.message_id else []
        return ("\n".join(rows) + "\n\n" + self.body).encode()


def bounce(body: str, **more: object) -> bytes:
    """A mail of a mailer-daemon, with a null return path."""
    values: dict[str, object] = {
        "sender": "Mail Delivery Subsystem <MAILER-DAEMON@mx.hosting.example>",
        "subject": "Returned mail: see transcript for details",
        "message_id": "<b1@mx.hosting.example>",
        "fields": {"Return-Path": "<>"},
    }
    return bytes(Sent(body=body, **(values | more)))  # type: ignore[arg-type]


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    container: str = "multipart/report; report-type=delivery-status",
    encoded: bool = False,
    block: str | None = None,
    returned: str = "message/rfc822",
    mta: str = "mx.hosting.example",
    **more: object,
) -> bytes:
    """A delivery status notification. `block` takes the place of the recipient's fields."""
    if block is None:
        block = f"Final-Recipient: rfc822; {MAILBOX}\nAction: {action}\nStatus: {status}\n"
    fields = f"Reporting-MTA: dns; {mta}\nArrival-Date: Mon, 02 Mar 2026 08:59:00 +0000\n\n{block}"
    transfer = ""
    if encoded:
        fields = b64encode(fields.encode()).decode()
        transfer = "Content-Transfer-Encoding: base64\n"
    body = (
        "--B\nContent-Type: text/plain\n\nA report about your message.\n"
        f"--B\nContent-Type: message/delivery-status\n{transfer}\n{fields}\n"
        f"--B\nContent-Type: {returned}\n\n{NOTICE}\n--B--\n"
    )
    fields_of_mail = {"Return-Path": "<>", "Content-Type": f"{container}; boundary=B"}
    values: dict[str, object] = {
        "sender": f"MAILER-DAEMON@{mta}",
        "subject": "Delivery Status Notification",
        "message_id": f"<d1@{mta}>",
        "fields": fields_of_mail | dict(more.pop("fields", {})),  # type: ignore[call-overload]
    }
    return bytes(Sent(body=body, **(values | more)))  # type: ignore[arg-type]


def disposition(kind: str, **more: object) -> bytes:
    """A disposition notification (RFC 8098)."""
    body = (
        "--B\nContent-Type: text/plain\n\nAbout your message.\n"
        "--B\nContent-Type: message/disposition-notification\n\n"
        f"Reporting-UA: mail.hosting.example\nFinal-Recipient: rfc822; {MAILBOX}\n"
        "Original-Message-ID: <n1@hotline.example>\n"
        f"Disposition: automatic-action/MDN-sent-automatically; {kind}\n\n--B--\n"
    )
    container = "multipart/report; report-type=disposition-notification; boundary=B"
    values: dict[str, object] = {
        "subject": "Not read: Notice",
        "sender": MAILBOX,
        "fields": {"Content-Type": container},
    }
    return bytes(Sent(body=body, **(values | more)))  # type: ignore[arg-type]


def authenticated(raw: bytes, results: str, *, by: str = RELAY) -> bytes:
    """The mail as our relay takes it in: what it checked, and that it took it."""
    line = (
        f"Authentication-Results: {by}; {results}\nReceived: from "
        f"mx.hosting.example (mx [192.0.2.25])"
    )
    return f"{line} by {RELAY}; Mon, 02 Mar 2026 10:00:01 +0000\n".encode() + raw
