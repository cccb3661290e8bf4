"""A mail as the rules see it: subject, text and reports, each read at most once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from attribution.mail import forms
from attribution.mail.delivery import (
    DeliveryReport,
    Disposition,
    has_report_fields,
    mailboxes_in,
    read_delivery,
    read_disposition,
)
from attribution.mail.parts import Mail, text_parts
from attribution.mail.text import plain_of_html

MOST_TEXT = 100_000
"""Characters of a mail's text parts, together, that are read."""
MOST_LINE = 2_000
MOST_SEARCHED = 20_000
"""Characters of what the sender wrote in which a failure is sought: it stands at the beginning."""
_LEAST_BEFORE_COPY = 40
_QUOTED = re.compile(r"^[ \t]{0,3}[>|].*$", re.MULTILINE)


@dataclass
class MailContent:
    """What stands in a mail."""

    mail: Mail

    @cached_property
    def subject(self) -> str:
        """The subject, white space collapsed."""
        return " ".join(self.mail.fields.get("subject").split())[:1_000]

    @cached_property
    def untagged(self) -> str:
        """The subject without the tags of lists, ticket systems and filters at its beginning."""
        return forms.TAGS.sub("", self.subject)

    @cached_property
    def text(self) -> str:
        """The text parts, HTML without tags, each line cut."""
        pieces: list[str] = []
        size = 0
        for part in text_parts(self.mail):
            text = part.text[:MOST_TEXT]
            pieces.append(plain_of_html(text) if part.content_type == "text/html" else text)
            size += len(pieces[-1])
            if size >= MOST_TEXT:
                break
        whole = "\n".join(pieces)[:MOST_TEXT]
        return "\n".join(line[:MOST_LINE].rstrip() for line in whole.split("\n"))

    @cached_property
    def before_copy(self) -> str:
        """The text without the notice that is repeated below, with quoted lines."""
        return _without_copy(self.text)

    @cached_property
    def own_text(self) -> str:
        """What the sender wrote: without quoted lines and the notice that is repeated below."""
        return _without_copy(_QUOTED.sub("", self.text))

    @cached_property
    def searched(self) -> str:
        """The sender's text in lower case, white space collapsed, typographic quotes made plain."""
        return " ".join(self.own_text[:MOST_SEARCHED].replace("’", "'").lower().split())

    @cached_property
    def is_answer(self) -> bool:
        """Whether the subject begins as a person's answer or forwarded mail does."""
        return forms.ANSWERED.match(self.untagged) is not None

    @cached_property
    def answers_or_refers(self) -> bool:
        """Whether it begins as an answer, or names the mail that it answers."""
        return self.is_answer or self.mail.fields.has("in-reply-to")

    @cached_property
    def is_automatic(self) -> bool:
        """Whether the mail says that a program sent it (RFC 3834)."""
        value = self.mail.fields.get("auto-submitted")
        return value.split(";")[0].split("(")[0].strip().lower() not in ("", "no")

    @cached_property
    def report(self) -> DeliveryReport | None:
        """Its delivery status, wherever it stands; not one inside a mail that it forwards."""
        for part in self.mail.leaves:
            if part.content_type.endswith("delivery-status") and "/" in part.content_type:
                return read_delivery(part.text)
        if self.is_report("delivery-status") and has_report_fields(self.text):
            return read_delivery(self.text)
        return None

    @cached_property
    def disposition(self) -> Disposition | None:
        """Its disposition notification."""
        for part in self.mail.leaves:
            if part.content_type.endswith("disposition-notification"):
                return read_disposition(part.text)
        return None

    @cached_property
    def returns_notice(self) -> bool:
        """Whether the notice, or its header, comes back as a part."""
        return any(part.content_type in forms.RETURNED_NOTICE for part in self.mail.leaves)

    def is_report(self, kind: str) -> bool:
        """Say whether the mail says that it is a report of a kind."""
        stated = self.mail.parameters.get("report-type", "").lower()
        return self.mail.content_type == "multipart/report" and stated == kind

    def local_parts(self, *names: str) -> list[str]:
        """Return the local parts of mailboxes in fields, lower case; of a bare name the name."""
        parts: list[str] = []
        for name in names:
            value = self.mail.fields.get(name)[:2_000]
            addresses = mailboxes_in(value)
            parts += [address.rpartition("@")[0] for address in addresses[:5]]
            if not addresses and value.strip("<> "):
                bare = re.search(r"<?([\w.-]{1,64})>?\s{0,10}$", value)
                parts += [bare[1].lower()] if bare else []
        return parts

    def mailboxes_named(self) -> list[str]:
        """Return the mailboxes that the text names, but the mail's own sender and recipients."""
        fields = self.mail.fields
        own = mailboxes_in(" ".join([*fields.all("to"), *fields.all("cc"), fields.get("from")]))
        for text in (self.own_text, self.before_copy):  # some mark recipients as quoted
            named = [mailbox for mailbox in mailboxes_in(text[:20_000]) if mailbox not in own]
            if named:
                return named[:20]
        return []


def _without_copy(text: str) -> str:
    copy = forms.COPY_BEGINS.search(text)
    return text[: copy.start()] if copy and copy.start() > _LEAST_BEFORE_COPY else text
