"""Notices as text and XARF v4, for each party in the order to write. Nothing is sent from here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from attribution.casework.cases import case_named
from attribution.casework.mailboxes import approvals_of
from attribution.casework.notices_due import Due
from attribution.casework.reported_urls import urls_of_reports
from attribution.casework.url_state import last_checks
from attribution.codes import Refusal
from attribution.data.laws import Law, laws_of
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.errors import EvidenceError, Refused
from attribution.evidence import Evidence
from attribution.formats.xarf import xarf_report
from attribution.models import Attribution, WriteStep
from attribution.notices.notice import Notice
from attribution.notices.rendering import render_notice
from attribution.settings import Settings
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries.notices import first_sent
from attribution.store.queries.providers import providers_with_mailbox
from attribution.store.queries.reports import Report, evidence_of, reports_with_keys
from attribution.store.times import moment
from attribution.target import defanged


@dataclass(frozen=True, slots=True)
class Sender:
    """The hotline, as notices name it."""

    name: str
    mailbox: str
    language: str = "en"
    urls: Literal["defanged", "whole"] = "defanged"
    templates: Path | None = None

    @classmethod
    def of(cls, settings: Settings, language: str | None = None) -> Sender:
        """Return the hotline that the settings name."""
        return cls(
            settings.hotline_name,
            settings.hotline_mailbox,
            language or settings.notice_language,
            settings.notice_urls,
            settings.templates_folder,
        )

    def reply_to(self, token: str) -> str:
        """Return the address for replies to a case: the hotline's with the case's token."""
        local, _, domain = self.mailbox.partition("@")
        return f"{local}+{token}@{domain}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice to one party, ready to be read."""

    case: str
    what: str
    to: str
    mailbox: str | None
    role: str
    when: str
    """`now`, or `if_silent`: when those before it do not act."""
    subject: str
    text: str
    reply_to: str
    xarf: tuple[dict[str, Any], ...] = ()
    in_the_way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    """Whom a notice goes to."""

    step: WriteStep
    country: str | None
    addresses: tuple[str, ...]
    """IP addresses of the site, for XARF."""
    approved: bool
    """Whether its mailbox is approved: only then the notice names URLs."""

    @property
    def mailbox(self) -> str | None:
        """The mailbox, in lower case."""
        contact = self.step.contact
        return contact.lower() if contact and "@" in contact else None


def draft_notices(
    reader: Reader, keys: Keys, due: Due, sender: Sender, urls: Iterable[str] = ()
) -> list[Draft]:
    """Write the notices of a case to each party in the order to write.

    URLs come from the store where it keeps them, else from `urls`, those that the case has a keyed
    hash of. Raises Refused where one is missing, or the hotline has no name or mailbox.
    """
    if not sender.name or "@" not in sender.mailbox:
        remedy = (
            "a notice names the hotline and where replies go: set ATTRIBUTION_HOTLINE_NAME and "
            "ATTRIBUTION_HOTLINE_MAILBOX"
        )
        raise Refused(Refusal.MISSING, "hotline_name", "", remedy)
    case = case_named(reader, due.case)
    reports = reports_with_keys(reader, due.reports)
    reported = list(urls_of_reports(keys, reports, urls).values())
    online = [check.at for check in last_checks(reader, [case.id]).values() if not check.over]
    shown = defanged if sender.urls == "defanged" else str
    about: dict[str, Any] = {
        "case": due.case,
        "site": shown(case.site or reports[0].host or due.case),
        "hotline": sender.name,
        "reminder": due.what == "reminder",
        "first_sent": _day(first_sent(reader, case.id)),
        "last_seen": _day(max(online, default=None)),
        "urls": tuple(map(shown, reported)),
        "defanged": sender.urls == "defanged",
        "reply_to": sender.reply_to(case.token),
        "token": case.token,
    }
    drafts = []
    for recipient in _recipients(reader, due, reports):
        notice = Notice(
            **about,
            to=recipient.step.to,
            role_code=recipient.step.role,
            urls_given=recipient.approved,
            laws=tuple(map(_law, laws_of(recipient.country, recipient.step.role))),
        )
        xarf: tuple[dict[str, Any], ...] = ()
        if recipient.approved:
            xarf = tuple(
                xarf_report(url, case.token, sender, recipient.addresses) for url in reported
            )
        drafts.append(_draft(due, sender, recipient, notice, xarf))
    return drafts


def _draft(
    due: Due,
    sender: Sender,
    recipient: _Recipient,
    notice: Notice,
    xarf: tuple[dict[str, Any], ...],
) -> Draft:
    """Return the notice to one party."""
    step = recipient.step
    in_the_way: tuple[str, ...] = ()
    if recipient.mailbox == due.to:
        in_the_way = due.in_the_way
    elif not recipient.approved:
        in_the_way = (f"the mailbox of {step.to} is not approved",)
    subject, text = render_notice(notice, sender.language, sender.templates)
    return Draft(
        case=due.case,
        what=due.what,
        to=step.to,
        mailbox=recipient.mailbox,
        role=step.role,
        when=step.when,
        subject=subject,
        text=text,
        reply_to=notice.reply_to,
        xarf=xarf,
        in_the_way=in_the_way,
    )


def _recipients(reader: Reader, due: Due, reports: list[Report]) -> Iterator[_Recipient]:
    """Yield whom to write to in order, as the newest kept evidence of the site says."""
    answer, steps = _newest_answer(reader, due, reports)
    countries: dict[str, str | None] = {}
    addresses: tuple[str, ...] = ()
    if answer is not None:
        countries = {party.provider.name: party.provider.country for party in answer.parties}
        addresses = tuple(address.ip for address in answer.addresses)
    for step in steps:
        mailbox = (step.contact or "").lower()
        yield _Recipient(
            step=step,
            country=countries.get(step.to),
            addresses=addresses,
            approved="@" in mailbox and _is_approved(reader, mailbox),
        )


def _newest_answer(
    reader: Reader, due: Due, reports: list[Report]
) -> tuple[Attribution | None, list[WriteStep]]:
    """Return the answer of the newest evidence that leads to the mailbox of the notice, and whom it
    says to write to; without such evidence the provider alone.
    """
    for report in reversed(reports):
        try:
            bundle = Evidence.from_bytes(zlib.decompress(evidence_of(reader, report.id) or b""))
            answer = decide_from(Facts.of(bundle)).attribution
        except (EvidenceError, zlib.error):
            continue
        steps = [step for step in answer.write_order if step.role != "authority"]
        if steps and due.to in (None, (steps[0].contact or "").lower()):
            # One letter to one recipient, in the first of its roles: a host is often the holder of
            # its addresses too.
            by_contact = {(step.contact or step.to).lower(): step for step in reversed(steps)}
            first_roles = list(by_contact.values())
            return answer, [step for step in steps if step in first_roles]
    step = WriteStep(
        to=due.provider, role="hosting", contact=due.to, ask="take the content down", when="now"
    )
    return None, [step]


def _is_approved(reader: Reader, mailbox: str) -> bool:
    by_provider = approvals_of(reader, providers_with_mailbox(reader, mailbox))
    return any(mailbox in approved for approved in by_provider.values())


def _law(law: Law) -> str:
    article = f", Art. {law.article}" if law.article else ""
    since = f" ({law.since})" if law.since else ""
    return f"{law.law}{article}{since}"


def _day(at: int | None) -> str:
    return "" if at is None else f"{moment(at):%Y-%m-%d}"
