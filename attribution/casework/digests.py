"""One notice of all cases of a company to one addressee. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from attribution.casework.drafting import (
    Addressee,
    CaseToDraft,
    Sender,
    cases_to_draft,
    check_sender,
    notice_case,
    notice_to,
    xarf_reports,
)
from attribution.casework.notices_due import Due
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.notices.rendering import render_notice
from attribution.store import Reader
from attribution.store.keys import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestCase:
    """A case of a digest."""

    case: str
    site: str
    what: str
    """`reminder` where this mailbox was written to about it before, else `notice`."""
    reply_to: str
    """The hotline's address with the case's token."""
    xarf: tuple[dict[str, Any], ...] = ()
    """One report a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A notice of several cases to one mailbox, ready to be read."""

    provider: str
    to: str
    mailbox: str | None
    role: str
    subject: str
    text: str
    cases: tuple[DigestCase, ...]
    in_the_way: tuple[str, ...] = ()
    """Each with its case."""

    @property
    def reply_to(self) -> str:
        """The addresses for replies to all of its cases, separated by commas."""
        return ", ".join(part.reply_to for part in self.cases)

    def reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (case, XARF report) of each URL."""
        return ((part.case, report) for part in self.cases for report in part.xarf)


def draft_digest(
    reader: Reader, keys: Keys, due_cases: Sequence[Due], sender: Sender, urls: Iterable[str] = ()
) -> list[Digest]:
    """Write one notice of cases of one company: a text with a part a case, and their XARF reports.

    To the company alone, not to those above it. Several notices only where cases go to different
    mailboxes, or the company acts in different roles, of which the law asks different things.
    `urls` as for `draft_notices`. Raises Refused for cases of several companies, and for those
    that go to a hotline abroad.
    """
    check_sender(sender)
    _check_one_company(due_cases)
    addressed: dict[tuple[str | None, str, str | None], list[tuple[CaseToDraft, Addressee]]] = {}
    for subject in cases_to_draft(reader, keys, due_cases, urls):
        addressee = subject.addressees[0]
        destination = addressee.mailbox, addressee.step.role, addressee.country
        addressed.setdefault(destination, []).append((subject, addressee))
    return [_digest(subjects, sender) for subjects in addressed.values()]


def _digest(subjects: list[tuple[CaseToDraft, Addressee]], sender: Sender) -> Digest:
    """Return the notice of cases that go to one mailbox."""
    _, addressee = subjects[0]
    parts = [notice_case(subject, party, sender) for subject, party in subjects]
    text = render_notice(notice_to(addressee, sender, parts), sender.language, sender.templates)
    return Digest(
        provider=subjects[0][0].due.provider,
        to=addressee.step.to,
        mailbox=addressee.mailbox,
        role=addressee.step.role,
        subject=text.subject,
        text=text.text,
        cases=tuple(
            DigestCase(
                case=part.case,
                site=part.site,
                what="reminder" if part.reminder else "notice",
                reply_to=part.reply_to,
                xarf=xarf_reports(subject, sender) if party.approved else (),
            )
            for part, (subject, party) in zip(parts, subjects, strict=True)
        ),
        in_the_way=tuple(
            f"{subject.case.key}: {obstacle}"
            for subject, party in subjects
            for obstacle in party.in_the_way
        ),
    )


def _check_one_company(due_cases: Sequence[Due]) -> None:
    """Raise Refused for no case, cases of several companies, and those of another country."""
    providers = sorted({due.provider for due in due_cases})
    if len(providers) != 1:
        remedy = "a digest is of the cases of one company; name at least one, and of no other"
        raise Refused(Refusal.INVALID, "cases", ", ".join(providers)[:200], remedy)
    for due in due_cases:
        if due.route_to is not None:
            remedy = f"the provider is in another country: pass it to {due.route_to}"
            raise Refused(Refusal.CONFLICT, "case", due.case, remedy)
