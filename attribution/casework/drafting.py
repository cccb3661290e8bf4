"""Notices as text and XARF v4, for each party in the order to write. Nothing is sent from here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from attribution import models
from attribution.casework.cases import case_named
from attribution.casework.findings import last_findings
from attribution.casework.mailboxes import Mailboxes, mailboxes_of
from attribution.casework.notice_facts import NoticeFacts, notice_facts
from attribution.casework.notices_due import Due
from attribution.casework.reported_urls import urls_of_reports
from attribution.codes import Refusal
from attribution.data.dated import today
from attribution.data.laws import Law, laws_of
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.errors import EvidenceError, Refused
from attribution.evidence import Evidence
from attribution.formats.xarf import Verification, xarf_report
from attribution.models import Attribution, WriteStep
from attribution.notices.legal import legal_ground
from attribution.notices.notice import EarlierNotice, Notice, NoticeCase, OnlineOn
from attribution.notices.rendering import render_notice
from attribution.settings import Settings
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries.cases import Case
from attribution.store.queries.providers import (
    Provider,
    identifiers_of,
    provider_with_id,
    provider_with_key,
    providers_with_mailbox,
)
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
    """How the text names URLs."""
    templates: Path | None = None
    country: str = ""
    """ISO 3166-1 alpha-2; its penal article is cited."""
    address: str = ""
    """Postal address, with a line break between lines."""
    telephone: str = ""
    anonymous: bool = False
    """Whether notices leave its name, address and telephone out."""

    @classmethod
    def of(cls, settings: Settings, language: str | None = None) -> Sender:
        """Return the hotline that the settings name."""
        return cls(
            name=settings.hotline_name,
            mailbox=settings.hotline_mailbox,
            language=language or settings.notice_language,
            urls=settings.notice_urls,
            templates=settings.templates_folder,
            country=settings.hotline_country,
            address=settings.postal_address,
            telephone=settings.hotline_telephone,
            anonymous=settings.anonymous_notifier,
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
    """`reminder` where this mailbox was written to before, else `notice`."""
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

    def reports(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (case, XARF report) of each URL."""
        return ((self.case, report) for report in self.xarf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a notice of a case goes to."""

    step: WriteStep
    mailbox: str | None
    """In lower case; None where none is known, or mail to it came back."""
    own_mailboxes: frozenset[str]
    """Every mailbox that is known to be the company's."""
    country: str | None
    approved: bool
    """Whether its mailbox is approved: only then the notice names URLs."""
    in_the_way: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToDraft:
    """A case that a notice is about, with everything that the notice may state."""

    due: Due
    case: Case
    facts: NoticeFacts
    reports: tuple[Report, ...]
    urls: tuple[str, ...]
    """Whole, one a report."""
    addresses: tuple[str, ...]
    """IP addresses of the site, for XARF."""
    addressees: tuple[Addressee, ...] = field(default=())
    """In the order to write."""


def draft_notices(
    reader: Reader, keys: Keys, due: Due, sender: Sender, urls: Iterable[str] = ()
) -> list[Draft]:
    """Write the notices of a case to each party in the order to write.

    URLs come from the store where it keeps them, else from `urls`, those that the case has a keyed
    hash of. Raises Refused where one is missing, or the hotline has no name or mailbox.
    """
    check_sender(sender)
    (subject,) = cases_to_draft(reader, keys, [due], urls)
    return [_draft(subject, addressee, sender) for addressee in subject.addressees]


def check_sender(sender: Sender) -> None:
    """Raise Refused for a hotline without name or mailbox."""
    if not sender.name or "@" not in sender.mailbox:
        remedy = (
            "a notice names the hotline and where replies go: set ATTRIBUTION_HOTLINE_NAME and "
            "ATTRIBUTION_HOTLINE_MAILBOX"
        )
        raise Refused(Refusal.MISSING, "hotline_name", "", remedy)


def cases_to_draft(
    reader: Reader, keys: Keys, due_cases: Sequence[Due], urls: Iterable[str]
) -> list[CaseToDraft]:
    """Return what notices of cases may state, with their parties. Raises Refused."""
    cases = [case_named(reader, due.case) for due in due_cases]
    facts = notice_facts(reader, [case.id for case in cases])
    given, subjects = list(urls), []
    for due, case in zip(due_cases, cases, strict=True):
        reports = tuple(reports_with_keys(reader, due.reports))
        answer, steps = _newest_answer(reader, due, reports)
        addresses = () if answer is None else tuple(address.ip for address in answer.addresses)
        subjects.append(
            CaseToDraft(
                due=due,
                case=case,
                facts=facts[case.id],
                reports=reports,
                urls=tuple(urls_of_reports(keys, reports, given).values()),
                addresses=addresses,
                addressees=tuple(_addressees(reader, due, case, answer, steps)),
            )
        )
    return subjects


def notice_to(
    addressee: Addressee, sender: Sender, cases: Iterable[NoticeCase], on: date | None = None
) -> Notice:
    """Return the notice of cases to a party on a day (today, where left out)."""
    day, role = on or today(), addressee.step.role
    return Notice(
        to=addressee.step.to,
        role_code=role,
        hotline="" if sender.anonymous else sender.name,
        mailbox=sender.mailbox,
        postal_address=() if sender.anonymous else tuple(sender.address.splitlines()),
        telephone="" if sender.anonymous else sender.telephone,
        anonymous=sender.anonymous,
        urls_given=addressee.approved,
        defanged=sender.urls == "defanged",
        legal=legal_ground(addressee.country, role, sender.country, day),
        laws=tuple(map(_law, laws_of(addressee.country, role, day))),
        cases=tuple(cases),
    )


def notice_case(subject: CaseToDraft, addressee: Addressee, sender: Sender) -> NoticeCase:
    """Return what a notice to a party states of a case: only what the log has of this party."""
    case, facts = subject.case, subject.facts
    shown = defanged if sender.urls == "defanged" else str
    to_you = facts.sent_to({_contact(addressee)} - {""})
    to_others = [
        (other.step.to, days)
        for other in subject.addressees
        if other.step.to != addressee.step.to and (days := facts.sent_to(other.own_mailboxes))
    ]
    stated = [*to_you, *(at for _, days in to_others for at in days)]
    return NoticeCase(
        case=case.key,
        site=shown(case.site or subject.reports[0].host or case.key),
        urls=tuple(map(shown, subject.urls)),
        reply_to=sender.reply_to(case.token),
        token=case.token,
        written_to_you=_days(to_you),
        written_to_others=tuple(
            EarlierNotice(company=company, days=_days(days)) for company, days in to_others
        ),
        online=_online(subject, max(stated)) if stated else (),
        analyst=all(report.id in facts.seen_by_person for report in subject.reports),
    )


def xarf_reports(subject: CaseToDraft, sender: Sender) -> tuple[dict[str, Any], ...]:
    """Return the XARF reports of a case, one a URL."""
    reports = []
    for report, url in zip(subject.reports, subject.urls, strict=True):
        check = subject.facts.online.get(report.id)
        verification = Verification(
            by_person=report.id in subject.facts.seen_by_person,
            online_at=None if check is None else moment(check.at),
            compared=None if check is None else check.compared,
        )
        token = subject.case.token
        reports.append(xarf_report(url, token, sender, subject.addresses, verification))
    return tuple(reports)


def _draft(subject: CaseToDraft, addressee: Addressee, sender: Sender) -> Draft:
    """Return the notice of a case to one party."""
    about = notice_case(subject, addressee, sender)
    notice = notice_to(addressee, sender, [about])
    text = render_notice(notice, sender.language, sender.templates)
    return Draft(
        case=subject.case.key,
        what="reminder" if about.reminder else "notice",
        to=addressee.step.to,
        mailbox=addressee.mailbox,
        role=addressee.step.role,
        when=addressee.step.when,
        subject=text.subject,
        text=text.text,
        reply_to=about.reply_to,
        xarf=xarf_reports(subject, sender) if addressee.approved else (),
        in_the_way=addressee.in_the_way,
    )


def _online(subject: CaseToDraft, after: int) -> tuple[OnlineOn, ...]:
    """Return on which days how many URLs were online at their last check, if that was after a
    time.
    """
    counts: dict[str, int] = {}
    for report in subject.reports:
        check = subject.facts.online.get(report.id)
        if check is not None and check.at > after:
            counts[_day(check.at)] = counts.get(_day(check.at), 0) + 1
    return tuple(OnlineOn(day=day, count=count) for day, count in sorted(counts.items()))


def _addressees(
    reader: Reader, due: Due, case: Case, answer: Attribution | None, steps: list[WriteStep]
) -> Iterator[Addressee]:
    """Yield whom to write to in order, as the newest kept evidence of the site says.

    Who comes after companies that cannot be written to is written to now.
    """
    own = provider_with_id(reader, case.provider_id)
    nobody_yet = True
    for place, step in enumerate(steps):
        is_own = place == 0
        listed = own if is_own else _stored(reader, answer, step)
        country = _country(answer, step) or (own.country if is_own else None)
        mailboxes = mailboxes_of(reader, [listed.id])[listed.id] if listed else Mailboxes()
        published = _mailbox_in(step)
        mailbox = due.to if is_own else mailboxes.to_write_to(published)
        hindrances = due.in_the_way if is_own else ()
        approved = mailbox is not None and _is_approved(reader, mailbox)
        if not (approved or hindrances):
            hindrances = (_hindrance(step, mailbox, mailboxes),)
        yield Addressee(
            step=step.model_copy(update={"when": "now"}) if nobody_yet else step,
            mailbox=mailbox,
            own_mailboxes=_own_mailboxes(reader, listed, {published, mailbox}),
            country=country,
            approved=approved,
            in_the_way=hindrances,
        )
        nobody_yet = nobody_yet and mailbox is None


def _hindrance(step: WriteStep, mailbox: str | None, mailboxes: Mailboxes) -> str:
    """Return why a notice to a party without an approved mailbox may not go out."""
    if mailbox is not None:
        return f"the mailbox of {step.to} is not approved"
    bounced = mailboxes.bounced.get(_mailbox_in(step) or "")
    if bounced is not None:
        return f"mail to {step.contact} bounced on {_day(bounced)}: look for another way"
    return f"no mailbox of {step.to} is known: look for another way to reach it"


def _mailbox_in(step: WriteStep) -> str | None:
    """Return the mailbox that the registries name, in lower case; None for a form and for none."""
    contact = (step.contact or "").lower()
    return contact if "@" in contact else None


def _own_mailboxes(
    reader: Reader, provider: Provider | None, known: set[str | None]
) -> frozenset[str]:
    """Return every mailbox that is known to be a company's."""
    identifiers = identifiers_of(reader, [provider.id]) if provider is not None else []
    stored = {row.value for row in identifiers if row.kind == "mailbox"}
    return frozenset(stored | {mailbox for mailbox in known if mailbox})


def _stored(reader: Reader, answer: Attribution | None, step: WriteStep) -> Provider | None:
    """Return the company of a step; None where the store does not know it."""
    named = _named(answer, step)
    return None if named is None else provider_with_key(reader, named.id)


def _country(answer: Attribution | None, step: WriteStep) -> str | None:
    named = _named(answer, step)
    return None if named is None else named.country


def _named(answer: Attribution | None, step: WriteStep) -> models.Provider | None:
    """Return the company of a step, as its evidence names it."""
    parties = answer.parties if answer is not None else []
    companies = [party.provider for party in parties if party.addressee]
    return next((company for company in companies if company.name == step.to), None)


def _newest_answer(
    reader: Reader, due: Due, reports: Sequence[Report]
) -> tuple[Attribution | None, list[WriteStep]]:
    """Return the answer of the newest evidence that leads to the mailbox that was last found, and
    whom it says to write to; without such evidence the provider alone.
    """
    findings = last_findings(reader, [report.id for report in reports]).values()
    newest = max(findings, key=lambda finding: finding.looked_up_at, default=None)
    published = newest.mailbox if newest is not None else None
    for report in reversed(reports):
        try:
            bundle = Evidence.from_bytes(zlib.decompress(evidence_of(reader, report.id) or b""))
            answer = decide_from(Facts.of(bundle)).attribution
        except (EvidenceError, zlib.error):
            continue
        steps = [step for step in answer.write_order if step.role != "authority"]
        if steps and _leads_to(answer, steps[0], due.provider, published):
            # One letter to one addressee, in the first of its roles: a host is often the holder of
            # its addresses too.
            by_contact = {(step.contact or step.to).lower(): step for step in reversed(steps)}
            first_roles = list(by_contact.values())
            return answer, [step for step in steps if step in first_roles]
    provider = provider_with_key(reader, due.provider)
    step = WriteStep(
        to=provider.name if provider is not None else due.provider,
        role="hosting",
        contact=due.to,
        ask="take the content down",
        when="now",
    )
    return None, [step]


def _leads_to(answer: Attribution, first: WriteStep, provider: str, published: str | None) -> bool:
    """Say whether evidence leads to a provider: to the mailbox that was last found, or where none
    was, to the company itself.
    """
    if published is not None:
        return (first.contact or "").lower() == published
    named = _named(answer, first)
    return named is not None and named.id == provider


def _is_approved(reader: Reader, mailbox: str) -> bool:
    known = mailboxes_of(reader, providers_with_mailbox(reader, mailbox))
    return any(mailbox in mailboxes.approved for mailboxes in known.values())


def _contact(addressee: Addressee) -> str:
    """Return where a notice to a party goes, as notices note it; empty where that is not known."""
    return addressee.mailbox or (addressee.step.contact or "").lower()


def _law(law: Law) -> str:
    article = f", Art. {law.article}" if law.article else ""
    return f"{law.law}{article} ({law.since})"


def _day(at: int) -> str:
    return f"{moment(at):%Y-%m-%d}"


def _days(times: Iterable[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_day(at) for at in sorted(times)))
