"""A notice as a mail: its text, and each XARF report as an attachment. Pure: nothing is sent.

XARF v4 says nothing of mail but that it is a way to carry its JSON; so each report is a part of its
own, `application/json`, as what reads them expects one report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from typing import Any, Protocol

from attribution.codes import Refusal
from attribution.errors import Refused


class Letter(Protocol):
    """What a mail is made of: a draft, or a digest."""

    @property
    def to(self) -> str:
        """The company's name."""

    @property
    def mailbox(self) -> str | None:
        """Where it goes."""

    @property
    def subject(self) -> str:
        """One line."""

    @property
    def text(self) -> str:
        """Plain text."""

    @property
    def reply_to(self) -> str:
        """Addresses for replies, separated by commas."""

    def reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (case, XARF report)."""


class Hotline(Protocol):
    """Whom a mail is from."""

    @property
    def name(self) -> str:
        """Name of the hotline."""

    @property
    def mailbox(self) -> str:
        """Its mailbox."""

    @property
    def anonymous(self) -> bool:
        """Whether it is not named."""


def notice_message(letter: Letter, hotline: Hotline) -> EmailMessage:
    """Return the mail of a notice, to its one mailbox. Raises Refused where it has none."""
    if letter.mailbox is None:
        remedy = "no mailbox is known: write by another channel"
        raise Refused(Refusal.MISSING, "to", letter.to[:200], remedy)
    message = EmailMessage(policy=SMTP)
    try:
        name = "" if hotline.anonymous else hotline.name
        message["From"] = Address(name, addr_spec=hotline.mailbox)
        message["To"] = Address(addr_spec=letter.mailbox)
        message["Reply-To"] = letter.reply_to
        message["Subject"] = letter.subject
    except (ValueError, IndexError) as error:
        remedy = f"no mail can be written with it: {error}"
        raise Refused(Refusal.INVALID, "mailbox", letter.mailbox[:200], remedy) from None
    message["Message-ID"] = make_msgid(domain=hotline.mailbox.rpartition("@")[2])
    message["Auto-Submitted"] = "no"
    message.set_content(letter.text)
    numbers: dict[str, int] = {}
    for case, report in letter.reports():
        numbers[case] = numbers.get(case, 0) + 1
        message.add_attachment(
            json.dumps(report, ensure_ascii=True, indent=1).encode("ascii"),
            maintype="application",
            subtype="json",
            filename=f"xarf-{case}-{numbers[case]}.json",
        )
    return message
