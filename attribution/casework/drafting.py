"""Notices as text and XARF v4, for each party in the order to write. Nothing is sent from here."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from jinja2 import FileSystemLoader, PackageLoader, StrictUndefined, TemplateError, TemplateNotFound
from jinja2.loaders import BaseLoader, ChoiceLoader
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import Connection, select

from attribution.casework.mailboxes import approvals
from attribution.casework.notices_due import Due
from attribution.casework.reporting import last_checks
from attribution.codes import Refusal
from attribution.data.laws import Law, laws_of
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.errors import EvidenceError, InvalidTarget, Refused
from attribution.evidence import Evidence
from attribution.models import WriteStep
from attribution.notices.wording import ask_words, role_words
from attribution.settings import Settings
from attribution.store.keys import Keys
from attribution.store.tables import cases, events, marks, reports
from attribution.store.times import moment
from attribution.target import defanged, plain_url

LANGUAGES = ("en", "nl", "de", "fr")


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
    """A notice to one party, ready to be looked at."""

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


def draft(
    connection: Connection, keys: Keys, due: Due, sender: Sender, given: Iterable[str] = ()
) -> list[Draft]:
    """Write the notices of a case to each party in the order to write.

    URLs come from the store where it keeps them, else from `given`, those that the case has a keyed
    hash of. Raises StoreError where one is missing, or the hotline has no name or mailbox.
    """
    if not sender.name or "@" not in sender.mailbox:
        remedy = (
            "a notice names the hotline and where replies go: set ATTRIBUTION_HOTLINE_NAME and "
            "ATTRIBUTION_HOTLINE_MAILBOX"
        )
        raise Refused(Refusal.MISSING, "hotline_name", "", remedy)
    case = connection.execute(select(cases).where(cases.c.key == due.case)).mappings().one()
    held = (
        connection.execute(
            select(reports).where(reports.c.key.in_(due.reports)).order_by(reports.c.id)
        )
        .mappings()
        .all()
    )
    urls = _urls(keys, held, given)
    checks = last_checks(connection, [case["id"]])
    first = connection.execute(
        select(events.c.at)
        .where(events.c.case_id == case["id"], events.c.kind == "sent")
        .order_by(events.c.at)
    ).scalar()
    seen = max((one.at for one in checks.values() if not one.over), default=None)
    site = case["site"] or held[0]["host"] or due.case
    drafts = []
    for step, country, addresses in _steps(due, held):
        mailbox = step.contact.lower() if step.contact and "@" in step.contact else None
        approved = mailbox is not None and _is_approved(connection, mailbox)
        context = {
            "to": step.to,
            "role": role_words(sender.language, step.role),
            "ask": ask_words(sender.language, step.role),
            "case": due.case,
            "site": defanged(site) if sender.urls == "defanged" else site,
            "hotline": sender.name,
            "reminder": due.what == "reminder",
            "first_sent": _day(first),
            "last_seen": _day(seen),
            "urls": [defanged(url) if sender.urls == "defanged" else url for url in urls],
            "urls_given": approved,
            "defanged": sender.urls == "defanged",
            "laws": [_law(law) for law in laws_of(country)],
            "reply_to": sender.reply_to(case["token"]),
            "token": case["token"],
        }
        subject, text = _rendered(sender, context)
        xarf = (
            tuple(xarf_report(url, sender, case["token"], addresses) for url in urls)
            if approved
            else ()
        )
        in_the_way = (
            due.in_the_way
            if mailbox == due.to
            else ()
            if approved
            else (f"the mailbox of {step.to} is not approved",)
        )
        drafts.append(
            Draft(
                due.case,
                due.what,
                step.to,
                mailbox,
                step.role,
                step.when,
                subject,
                text,
                context["reply_to"],
                xarf,
                in_the_way,
            )
        )
    return drafts


def _steps(due: Due, held: Any) -> list[tuple[WriteStep, str | None, list[str]]]:
    """Return (whom to write to, country, addresses) in order, as the newest kept evidence of the
    site says.
    """
    for row in reversed(held):
        if row["evidence"] is None:
            continue
        try:
            answer = decide_from(
                Facts.of(Evidence.from_bytes(zlib.decompress(row["evidence"])))
            ).attribution
        except (EvidenceError, zlib.error):
            continue
        countries = {party.provider.name: party.provider.country for party in answer.parties}
        addresses = [one.ip for one in answer.addresses]
        steps = [one for one in answer.write_order if one.role != "authority"]
        if steps and due.to in (None, (steps[0].contact or "").lower()):
            # One letter to one desk, in the first of its roles: a host is often the holder of its
            # addresses too.
            desks = {(one.contact or one.to).lower(): one for one in reversed(steps)}
            return [
                (one, countries.get(one.to), addresses) for one in steps if one in desks.values()
            ]
    step = WriteStep(
        to=due.provider, role="hosting", contact=due.to, ask="take the content down", when="now"
    )
    return [(step, None, [])]


def _urls(keys: Keys, held: Any, given: Iterable[str]) -> list[str]:
    by_hash: dict[str, str] = {}
    for text in given:
        try:
            whole, canonical = plain_url(text)
        except InvalidTarget:
            continue
        by_hash[keys.hash_of(canonical)] = whole
    found, missing = [], []
    for row in held:
        if row["url_sealed"] is not None:
            found.append(keys.open(row["url_sealed"], row["seal"]))
        elif row["url_hash"] in by_hash:
            found.append(by_hash[row["url_hash"]])
        else:
            missing.append(row["key"])
    if missing:
        remedy = (
            "the store has no URL of it, only what recognises it: give the reported URLs with "
            "--urls FILE"
        )
        raise Refused(Refusal.MISSING, "urls", ", ".join(missing), remedy)
    return found


def _is_approved(connection: Connection, mailbox: str) -> bool:
    holders = connection.execute(
        select(marks.c.provider_id).where(marks.c.kind == "mailbox", marks.c.value == mailbox)
    ).scalars()
    return any(mailbox in approvals(connection, holder) for holder in list(holders))


def _rendered(sender: Sender, context: dict[str, Any]) -> tuple[str, str]:
    loaders: list[BaseLoader] = [PackageLoader("attribution.notices")]
    if sender.templates is not None:
        loaders.insert(0, FileSystemLoader(sender.templates))
    environment = SandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )
    name = f"notice.{sender.language}.txt.j2"
    try:
        text = environment.get_template(name).render(context)
    except TemplateNotFound:
        remedy = (
            f"there is no template of that name: languages are {', '.join(LANGUAGES)}, or those of "
            "your own folder"
        )
        raise Refused(Refusal.INVALID, "template", name, remedy) from None
    except TemplateError as error:
        raise Refused(Refusal.INVALID, "template", name, f"it cannot be used: {error}") from None
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", body.strip()) + "\n"


def xarf_report(url: str, sender: Sender, token: str, addresses: list[str]) -> dict[str, Any]:
    """Return a XARF v4 report of one URL. Its class says no more than the law's: `baseline`."""
    from xarf import create_report

    contact = {
        "org": sender.name,
        "contact": sender.mailbox,
        "domain": sender.mailbox.rpartition("@")[2],
    }
    whole, canonical = plain_url(url)
    made = create_report(
        category="content",
        type="csam",
        source_identifier=addresses[0] if addresses else canonical.partition("/")[0],
        reporter=contact,
        sender=contact,
        url="hxx" + whole[3:] if sender.urls == "defanged" else whole,
        classification="baseline",
        detection_method="manual_review",
        verified_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        verification_method="manual",
        description=f"case token {token}",
    )
    if made.report is None or made.errors:
        faults = "; ".join(error.message for error in made.errors)
        raise Refused(Refusal.INVALID, "url", url[:200], f"XARF does not take it: {faults}")
    return dict(made.report.model_dump(mode="json", by_alias=True, exclude_none=True))


def _law(law: Law) -> str:
    article = f", Art. {law.article}" if law.article else ""
    return f"{law.law}{article} ({law.since})"


def _day(at: int | None) -> str:
    return "" if at is None else f"{moment(at):%Y-%m-%d}"
