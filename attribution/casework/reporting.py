"""Taking in a reported URL: whose it is, whether it was reported before, and which notice it
belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from attribution.attributor import Investigation
from attribution.casework.providers import keep_provider
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.evidence import Evidence
from attribution.evidence.question import NetworkAbove, NetworkAt
from attribution.history.rows import ENDS
from attribution.models import Party
from attribution.net.sites import site_of
from attribution.registry.readers import read_networks
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registry_owning
from attribution.registry.servers import server_for_url
from attribution.store.log import Writer
from attribution.store.service_tables import batch_lines
from attribution.store.tables import TELLING, cases, events, providers, reports
from attribution.target import plain_url

CHECKS = frozenset([*ENDS, "still_online", "reappeared"])
"""What a checker says of one URL; the last of them says whether it is there."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a reported URL."""

    report: str
    case: str | None
    """None while nobody is known to be responsible: `attribution recheck` asks again."""
    provider: str | None
    duplicate: bool
    """The same URL was reported before and is open: nothing new was made."""
    same_site: tuple[str, ...]
    """Other cases of the same site, at whichever provider, open or not."""
    candidate_cases: tuple[str, ...] = ()
    """The cases at every company, where DNS alone leads to several."""


def add_report(
    writer: Writer,
    url: str,
    found: Investigation,
    *,
    reported_at: int | None = None,
    keep_url: bool = False,
) -> Added:
    """Add a reported URL with what was found of it. Raises InvalidTarget."""
    whole, canonical = plain_url(url)
    host = found.attribution.host or canonical.partition("/")[0]
    at = writer.now if reported_at is None else reported_at
    site_key = writer.keys.hash_of(f"site {site_of(host)}")
    connection = writer.connection
    before = open_report_of(connection, writer.keys.hash_of(canonical))
    others = (
        connection.execute(
            select(cases.c.key).where(cases.c.site_key == site_key).order_by(cases.c.id)
        )
        .scalars()
        .all()
    )
    if before is not None:
        report_id, key, case_id, provider_id = before
        writer.add_event(
            "reported_again",
            at,
            max(at, writer.now),
            provider_id=provider_id,
            case_id=case_id,
            report_id=report_id,
        )
        note_served_from(writer, writer.keys.hash_of(canonical), found)
        return Added(
            key,
            _key(connection, case_id),
            _provider_key(connection, provider_id),
            True,
            tuple(others),
        )
    sealed = host_evidence(found.evidence, host).to_bytes()
    made: list[tuple[str, str | None, int | None]] = []
    told: list[Party | None] = [*parties_to_tell(found)]
    for party in told or [None]:
        provider_id = keep_party(writer, found, party) if party else None
        case_id = (
            None
            if provider_id is None
            else case_for(writer, provider_id, site_key, site_of(host), at)
        )
        report_id = writer.add_report(
            site_key,
            at,
            case_id=case_id,
            provider_id=provider_id,
            host=host,
            url_hash=writer.keys.hash_of(canonical),
            kept_url=whole if keep_url else None,
            evidence=sealed,
            detail=what_was_found(found, party),
        )
        key = writer.connection.execute(
            select(reports.c.key).where(reports.c.id == report_id)
        ).scalar_one()
        made.append((key, _key(writer.connection, case_id), provider_id))
    key, case, first = made[0]
    own = {one for _, one, _ in made if one}
    return Added(
        report=key,
        case=case,
        provider=_provider_key(writer.connection, first),
        duplicate=False,
        same_site=tuple(one for one in others if one not in own),
        candidate_cases=tuple(one for _, one, _ in made if one) if len(made) > 1 else (),
    )


def parties_to_tell(found: Investigation) -> list[Party]:
    """Return whose case a reported URL belongs to:
    the primary's, or each candidate's where DNS leads to several.

    Who may lease the space from the primary has a case of its own: it may be the one that can act.
    """
    answer = found.attribution
    if answer.primary:
        leased = any(doubt.code == "perhaps_leased" for doubt in answer.doubts)
        lessees = [
            party
            for party in answer.parties
            if leased and party.role == "network" and party.addressee
        ]
        return [answer.primary, *lessees]
    by_id = {party.provider.id: party for party in reversed(answer.parties) if party.addressee}
    return [by_id[candidate.id] for candidate in answer.candidates if candidate.id in by_id]


def note_served_from(writer: Writer, url_hash: str, found: Investigation) -> None:
    """Note for each open report of a URL who was seen to serve it, where that is known now."""
    party = found.attribution.primary
    if party is None or found.attribution.served_from is None:
        return
    rows = writer.connection.execute(
        select(
            reports.c.id, reports.c.case_id, cases.c.provider_id, providers.c.key.label("provider")
        )
        .join(cases, cases.c.id == reports.c.case_id)
        .join(providers, providers.c.id == cases.c.provider_id)
        .where(reports.c.url_hash == url_hash)
    ).all()
    for row in rows:
        if not is_open(writer.connection, row.id, row.case_id):
            continue
        detail = {**what_was_found(found, party), "outcome": "served_from"}
        if row.provider != party.provider.id:
            detail["served_elsewhere"] = party.provider.id
        writer.add_event(
            "rechecked",
            writer.now,
            provider_id=row.provider_id,
            case_id=row.case_id,
            report_id=row.id,
            detail=detail,
        )


def case_for(writer: Writer, provider_id: int, site_key: str, site: str | None, at: int) -> int:
    """Return the case in which a site's reports gather for its next notice; a new one where the
    last was sent.
    """
    sent = (
        select(events.c.case_id)
        .where(events.c.case_id == cases.c.id, events.c.kind == "sent")
        .exists()
    )
    row = writer.connection.execute(
        select(cases.c.id)
        .where(cases.c.site_key == site_key, cases.c.provider_id == provider_id, ~sent)
        .order_by(cases.c.id.desc())
    ).first()
    return int(row.id) if row else writer.open_case(provider_id, site_key, site, at)


def open_report_of(
    connection: Connection, url_hash: str
) -> tuple[int, str, int | None, int | None] | None:
    """Return (id, key, case, provider) of the report of a URL that is not over; None where there is
    none.
    """
    rows = connection.execute(
        select(reports.c.id, reports.c.key, reports.c.case_id, cases.c.provider_id)
        .outerjoin(cases, cases.c.id == reports.c.case_id)
        .where(reports.c.url_hash == url_hash)
        .order_by(reports.c.id.desc())
    )
    return next(
        (
            (row.id, row.key, row.case_id, row.provider_id)
            for row in rows
            if is_open(connection, row.id, row.case_id)
        ),
        None,
    )


def is_open(connection: Connection, report_id: int, case_id: int | None) -> bool:
    """Say whether a URL is there still, as far as the checker told."""
    if case_id is None:
        return True
    check = last_checks(connection, [case_id]).get(report_id)
    return check is None or not check.over


@dataclass(frozen=True, slots=True)
class Check:
    """What the checker said last of a URL."""

    kind: str
    at: int
    case_id: int

    @property
    def over(self) -> bool:
        """Whether the URL is no longer at the provider."""
        return self.kind in ENDS


def last_checks(connection: Connection, case_ids: Iterable[int]) -> dict[int, Check]:
    """Return what the checker said last of each URL of some cases, by report; URLs that it said
    nothing of are left out.
    """
    ids = list(case_ids)
    wanted = [*CHECKS, "correction"]
    rows = connection.execute(
        select(
            events.c.seq,
            events.c.kind,
            events.c.at,
            events.c.case_id,
            events.c.report_id,
            events.c.corrects,
        )
        .where(events.c.case_id.in_(ids), events.c.kind.in_(wanted))
        .order_by(events.c.at, events.c.seq)
    ).all()
    corrected = {row.corrects for row in rows if row.kind == "correction"}
    return {
        row.report_id: Check(row.kind, row.at, row.case_id)
        for row in rows
        if row.report_id is not None and row.kind != "correction" and row.seq not in corrected
    }


def erase(writer: Writer, key: str, why: str) -> None:
    """Make everything that tells of a reported URL unreadable, for good; its case stays a case.
    Raises StoreError.
    """
    row = writer.connection.execute(
        select(reports.c.id, reports.c.case_id, reports.c.salt).where(reports.c.key == key)
    ).first()
    if row is None:
        raise NotInStoreError(
            f"report {key!r} is not in the store. `attribution case show` lists a case's reports."
        )
    if row.salt is None:
        raise Refused(Refusal.CONFLICT, "report", key, "it is erased already")
    if not why.strip():
        remedy = "say why with --why: the request that it rests on"
        raise Refused(Refusal.MISSING, "why", why, remedy)
    gone = dict.fromkeys(TELLING)
    writer.connection.execute(batch_lines.delete().where(batch_lines.c.report == key))
    writer.connection.execute(reports.update().where(reports.c.id == row.id).values(**gone))
    left = select(func.count()).where(reports.c.case_id == row.case_id, reports.c.salt.is_not(None))
    if row.case_id is not None and not writer.connection.execute(left).scalar_one():
        writer.connection.execute(cases.update().where(cases.c.id == row.case_id).values(site=None))
    writer.add_event(
        "erased", writer.now, case_id=row.case_id, report_id=row.id, detail={"why": why.strip()}
    )


def host_evidence(evidence: Evidence, host: str) -> Evidence:
    """Return the evidence as one of the host alone: what was reported of it is nobody's business in
    a bundle.
    """
    return replace(evidence, input=host)


def what_was_found(found: Investigation, party: Party | None) -> dict[str, object]:
    """Return what a later look is held against: provider,
    mailbox, role, status, and how many companies it may be.
    """
    contact = party.abuse_contact if party else None
    return {
        "status": found.attribution.status,
        "provider": party.provider.id if party else None,
        "role": party.role if party else None,
        "country": party.provider.country if party else None,
        "mailbox": contact.email.lower() if contact and contact.email else None,
        **(
            {"candidates": len(found.attribution.candidates)}
            if found.attribution.candidates
            else {}
        ),
    }


def last_found(connection: Connection, report_id: int) -> tuple[dict[str, object], int]:
    """Return what the last look found, and when that was."""
    row = connection.execute(
        select(events.c.detail, events.c.at, events.c.recorded_at)
        .where(events.c.report_id == report_id, events.c.kind.in_(["reported", "rechecked"]))
        .order_by(events.c.seq.desc())
    ).first()
    return (json.loads(row.detail), row.recorded_at) if row else ({}, 0)


def keep_party(writer: Writer, found: Investigation, party: Party) -> int:
    """Return the id of a party's provider, added where it is new."""
    systems = {
        one.origin.asn
        for one in found.attribution.addresses
        if one.origin and one.ip in party.addresses
    }
    return keep_provider(
        writer,
        party.provider,
        party.abuse_contact.source or "registry",
        mailbox=party.abuse_contact.email,
        systems=sorted(systems),
        maintainers=_maintainers(found.evidence),
    )


def add_open_copy(
    writer: Writer,
    report_id: int,
    provider_id: int,
    *,
    moved: bool,
    detail: dict[str, object] | None = None,
) -> None:
    """Take a report to a provider's case: itself where it had none (`moved` false), else as a new
    report of the same URL.
    """
    row = (
        writer.connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one()
    )
    site = site_of(row["host"]) if row["host"] else None
    case_id = case_for(
        writer, provider_id, row["site_key"], site, writer.now if moved else row["reported_at"]
    )
    if not moved:
        writer.connection.execute(
            reports.update().where(reports.c.id == report_id).values(case_id=case_id)
        )
        writer.add_event(
            "assigned", writer.now, provider_id=provider_id, case_id=case_id, report_id=report_id
        )
        return
    kept = None if row["url_sealed"] is None else writer.keys.open(row["url_sealed"], row["seal"])
    writer.add_report(
        row["site_key"],
        writer.now,
        case_id=case_id,
        provider_id=provider_id,
        host=row["host"],
        url_hash=row["url_hash"],
        kept_url=kept,
        detail={**(detail or {}), "moved_from": row["key"]},
    )


def _maintainers(evidence: Evidence) -> list[str]:
    """Return who maintains the networks around the site's addresses; registries' own maintainers
    tell nothing.
    """
    marks: set[str] = set()
    for record in evidence.of_kind("rdap"):
        if record.outcome != "answered" or not isinstance(
            record.question, NetworkAt | NetworkAbove
        ):
            continue
        try:
            networks = read_networks(record.body, server_for_url(record.url or ""))
        except UnreadableAnswer:
            continue
        marks |= {name.upper() for network in networks for name in network.maintainers}
    return sorted(name for name in marks if not registry_owning(name))


def _key(connection: Connection, case_id: int | None) -> str | None:
    if case_id is None:
        return None
    return str(connection.execute(select(cases.c.key).where(cases.c.id == case_id)).scalar_one())


def _provider_key(connection: Connection, provider_id: int | None) -> str | None:
    if provider_id is None:
        return None
    return str(
        connection.execute(
            select(providers.c.key).where(providers.c.id == provider_id)
        ).scalar_one()
    )
