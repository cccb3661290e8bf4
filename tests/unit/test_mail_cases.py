"""The mails in ../shared/cases that were read wrongly once, where that folder is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from attribution.mail import Kind, read_mail

ABUSE = ("abuse@hosting.example",)
BY_NAME: tuple[str, ...] = ("<n1@hotline.example>",)
CASES: dict[str, tuple[Kind, tuple[str, ...], str | None]] = {
    "m01-qmail-failure-notice": (Kind.BOUNCE, ABUSE, "5.1.1"),
    "m02-exim-plain-x-failed-recipients": (Kind.BOUNCE, ABUSE, "5.1.1"),
    "m03-opensmtpd-error": (Kind.BOUNCE, ABUSE, "5.1.1"),
    "m05-postfix-no-recipient-block": (Kind.BOUNCE, ABUSE, None),
    "m06-dsn-diagnostic-not-folded": (Kind.BOUNCE, ABUSE, "5.0.0"),
    "m08-multipart-mixed-with-status": (Kind.BOUNCE, ABUSE, "5.1.1"),
    "m10-gmx-german": (Kind.BOUNCE, ABUSE, "5.2.2"),
    "m11-mdn-deleted-unread": (Kind.DISPOSITION, (), None),
    "m15-human-reply-x-auto-response-suppress": (Kind.REPLY, (), None),
    "m17-outlook-dutch-autoreply": (Kind.AUTO_REPLY, (), None),
    "m18-token-changed-case": (Kind.REPLY, (), None),
    "m19-reply-by-in-reply-to-only": (Kind.REPLY, (), None),
    "m20-dsn-with-message-id-only": (Kind.BOUNCE, ABUSE, "5.1.1"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_mail_that_was_read_wrongly_is_read_rightly(name: str, shared: Path) -> None:
    kind, mailboxes, status = CASES[name]
    reading = read_mail((shared / "cases" / f"{name}.eml").read_bytes())
    named = tuple(recipient.mailbox for recipient in reading.recipients)
    assert (reading.kind, named, reading.status) == (kind, mailboxes, status)
    assert reading.tokens or BY_NAME[0] in reading.references
