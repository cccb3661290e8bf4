"""What a person wants to see of the store: providers and cases, counted and in order."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select, tuple_

from attribution.casework.mailboxes import approvals
from attribution.casework.notices_due import Terms, terms_of
from attribution.casework.providers import Link, links, one_history
from attribution.casework.reporting import Check, last_checks
from attribution.data.escalation import next_step
from attribution.errors import NotInStoreError
from attribution.store.audit import VIEWED
from attribution.store.keys import Keys
from attribution.store.tables import cases, events, marks, providers, reports

COUNTED = 1000
"""Cases of a provider that are counted by state: the latest."""
PAGE = 50
"""Rows of a list at once; the next ones by where the last ended."""


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A provider in a list."""

    key: str
    name: str
    country: str | None
    cases: int
    last_opened: int | None


@dataclass(frozen=True, slots=True)
class ProviderView:
    """Everything about one provider but its cases one by one."""

    key: str
    name: str
    country: str | None
    known_at: int
    one_history_with: tuple[str, ...]
    """Other keys whose cases are its own history, by links that hold now."""
    marks: tuple[dict[str, Any], ...]
    links: tuple[dict[str, Any], ...]
    approved: tuple[dict[str, Any], ...]
    terms: Terms
    cases: int
    events: dict[str, int]
    """How many events of each kind."""
    statements: tuple[dict[str, Any], ...]
    """What the provider stated (`reply`), and how its contact was confirmed or corrected."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list."""

    key: str
    provider: str
    site: str | None
    opened_at: int
    state: str
    """`gathering` (nothing sent), `sent`, `received`, `bounced`, `over` (no URL is there any more).
    """
    urls: int
    online: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with its URLs and everything that happened."""

    line: CaseLine
    token: str
    next_step: dict[str, Any] | None
    """What may be done next while the checker says that content is online, and on what ground."""
    reports: tuple[dict[str, Any], ...]
    events: tuple[dict[str, Any], ...] = field(default=())


def provider_lines(
    connection: Connection, after: str = "", limit: int = PAGE
) -> list[ProviderLine]:
    """Return providers by key, from the one after `after` on."""
    some = (
        select(providers)
        .where(providers.c.key > after)
        .order_by(providers.c.key)
        .limit(limit)
        .subquery()
    )
    rows = connection.execute(
        select(
            some.c.key,
            some.c.name,
            some.c.country,
            func.count(cases.c.id),
            func.max(cases.c.opened_at),
        )
        .outerjoin(cases, cases.c.provider_id == some.c.id)
        .group_by(some.c.key, some.c.name, some.c.country)
        .order_by(some.c.key)
    )
    return [ProviderLine(*row) for row in rows]


def provider_view(connection: Connection, provider_id: int, usual: Terms) -> ProviderView:
    """Return a provider with what is known of it; counts are over its one history."""
    row = (
        connection.execute(select(providers).where(providers.c.id == provider_id)).mappings().one()
    )
    held = links(connection)
    group = one_history(held, provider_id)
    named = _keys_of(
        connection,
        {
            *group,
            *(
                one
                for link in held
                for one in (link.new, link.old)
                if provider_id in (link.new, link.old)
            ),
        },
    )
    counts = connection.execute(
        select(events.c.kind, func.count())
        .where(events.c.provider_id.in_(group))
        .group_by(events.c.kind)
    )
    return ProviderView(
        row["key"],
        row["name"],
        row["country"],
        row["known_at"],
        tuple(sorted(named[one] for one in group if one != provider_id)),
        tuple(
            {"kind": one.kind, "value": one.value, "known_at": one.known_at, "source": one.source}
            for one in connection.execute(
                select(marks).where(marks.c.provider_id == provider_id).order_by(marks.c.id)
            )
        ),
        tuple(_link(one, named) for one in held if provider_id in (one.new, one.old)),
        tuple(
            {"mailbox": one.mailbox, "who": one.who, "at": one.at}
            for one in approvals(connection, provider_id).values()
        ),
        terms_of(connection, provider_id, usual),
        connection.execute(
            select(func.count()).select_from(cases).where(cases.c.provider_id.in_(group))
        ).scalar_one(),
        dict(sorted((row[0], row[1]) for row in counts)),
        tuple(
            {
                "kind": one.kind,
                "at": one.at,
                "known_at": one.known_at,
                "who": one.who,
                "detail": json.loads(one.detail),
            }
            for one in connection.execute(
                select(events)
                .where(
                    events.c.provider_id.in_(group),
                    events.c.kind.in_(["reply", "contact_confirmed", "contact_corrected"]),
                )
                .order_by(events.c.at)
            )
        ),
    )


def case_lines(
    connection: Connection,
    *,
    provider_id: int | None = None,
    after: str | None = None,
    limit: int = PAGE,
    own: bool = False,
) -> list[CaseLine]:
    """Return cases, the latest first; of a provider's one history (its `own` record alone), or of
    all.

    `after` is the case at which the last list ended. Raises StoreError.
    """
    wanted = (
        select(cases, providers.c.key.label("provider"))
        .join(providers, providers.c.id == cases.c.provider_id)
        .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
        .limit(limit)
    )
    if provider_id is not None:
        group = {provider_id} if own else one_history(links(connection), provider_id)
        wanted = wanted.where(cases.c.provider_id.in_(group))
    if after is not None:
        last = connection.execute(
            select(cases.c.opened_at, cases.c.id).where(cases.c.key == after)
        ).first()
        if last is None:
            raise NotInStoreError(f"case {after!r} is not in the store.")
        wanted = wanted.where(tuple_(cases.c.opened_at, cases.c.id) < (last.opened_at, last.id))
    return _lines(connection, connection.execute(wanted).mappings().all())


def case_counts(connection: Connection, provider_id: int) -> dict[str, int]:
    """Return how many of the last `COUNTED` cases of a provider's one history are in which
    state.
    """
    counts: dict[str, int] = {}
    for line in case_lines(connection, provider_id=provider_id, limit=COUNTED):
        counts[line.state] = counts.get(line.state, 0) + 1
    return counts


def case_view(connection: Connection, key: str, now: int) -> CaseView:
    """Return a case, with what may be done about it now. Raises StoreError."""
    row = (
        connection.execute(
            select(cases, providers.c.key.label("provider"), providers.c.country)
            .join(providers, providers.c.id == cases.c.provider_id)
            .where(cases.c.key == key)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotInStoreError(
            f"case {key!r} is not in the store. `attribution case list` shows those that are."
        )
    checks = last_checks(connection, [row["id"]])
    held = (
        connection.execute(
            select(reports).where(reports.c.case_id == row["id"]).order_by(reports.c.id)
        )
        .mappings()
        .all()
    )
    names = {one["id"]: one["key"] for one in held}
    log = connection.execute(
        select(events)
        .where(events.c.case_id == row["id"], events.c.kind != VIEWED)
        .order_by(events.c.at, events.c.seq)
    )
    line = _lines(connection, [row])[0]
    sent = connection.execute(
        select(func.min(events.c.at)).where(events.c.case_id == row["id"], events.c.kind == "sent")
    ).scalar()
    step = (
        next_step("case", row["country"], (now - sent) / 86_400_000_000)
        if sent and line.online
        else None
    )
    return CaseView(
        line,
        row["token"],
        None if step is None else asdict(step),
        tuple(
            {
                "report": one["key"],
                "reported_at": one["reported_at"],
                "host": one["host"],
                "erased": one["salt"] is None,
                "url_kept": one["url_sealed"] is not None,
                "has_evidence": one["evidence"] is not None,
                "last_check": checks[one["id"]].kind if one["id"] in checks else None,
                "checked_at": checks[one["id"]].at if one["id"] in checks else None,
            }
            for one in held
        ),
        tuple(
            {
                "seq": one.seq,
                "kind": one.kind,
                "at": one.at,
                "known_at": one.known_at,
                "recorded_at": one.recorded_at,
                "who": one.who,
                "report": names.get(one.report_id),
                "corrects": one.corrects,
                "detail": {
                    name: value
                    for name, value in json.loads(one.detail).items()
                    if name != "digest"
                },
            }
            for one in log
        ),
    )


def urls_of_case(connection: Connection, keys: Keys, key: str) -> dict[str, str]:
    """Return the URLs of a case that the store keeps, by report."""
    rows = connection.execute(
        select(reports.c.key, reports.c.url_sealed, reports.c.seal)
        .join(cases, cases.c.id == reports.c.case_id)
        .where(cases.c.key == key, reports.c.url_sealed.is_not(None))
    )
    return {row.key: keys.open(row.url_sealed, row.seal) for row in rows}


def _lines(connection: Connection, rows: Any) -> list[CaseLine]:
    ids = [row["id"] for row in rows]
    kinds = _kinds_of_cases(connection, ids)
    counted: dict[int, int] = {
        row[0]: row[1]
        for row in connection.execute(
            select(reports.c.case_id, func.count())
            .where(reports.c.case_id.in_(ids))
            .group_by(reports.c.case_id)
        )
    }
    of_case: dict[int, list[Check]] = {}
    for check in last_checks(connection, ids).values():
        of_case.setdefault(check.case_id, []).append(check)
    found = []
    for row in rows:
        last = of_case.get(row["id"], [])
        urls = max(counted.get(row["id"], 0), row["urls"])
        over = sum(one.over for one in last)
        online = len(last) - over
        state = _state(kinds[row["id"]], done=bool(urls) and over >= urls)
        found.append(
            CaseLine(
                row["key"], row["provider"], row["site"], row["opened_at"], state, urls, online
            )
        )
    return found


_RECEIVED = frozenset(["ack", "refused", "not_ours", "delivered", "opened"])
"""Events that prove receipt of a case's notice."""


def _kinds_of_cases(connection: Connection, ids: list[int]) -> dict[int, set[str]]:
    """Return which kinds of events bear on each case's state, without those that were taken back
    and bounces that nobody vouches for.
    """
    taken_back = select(events.c.corrects).where(
        events.c.case_id.in_(ids), events.c.kind == "correction"
    )
    kinds: dict[int, set[str]] = {identity: set() for identity in ids}
    for row in connection.execute(
        select(events.c.case_id, events.c.kind, events.c.detail).where(
            events.c.case_id.in_(ids),
            events.c.kind.in_([*_RECEIVED, "sent", "bounce"]),
            events.c.seq.not_in(taken_back),
        )
    ):
        if row.kind != "bounce" or json.loads(row.detail).get("believed", True):
            kinds[row.case_id].add(row.kind)
    return kinds


def _state(kinds: set[str], *, done: bool) -> str:
    if done:
        return "over"
    if kinds & _RECEIVED:
        return "received"
    if "bounce" in kinds:
        return "bounced"
    return "sent" if "sent" in kinds else "gathering"


def _link(one: Link, named: dict[int, str]) -> dict[str, Any]:
    return {
        "link": one.seq,
        "new": named[one.new],
        "old": named[one.old],
        "kind": one.kind,
        "known_at": one.known_at,
        "source": one.source,
        "undone_at": one.undone_at,
    }


def _keys_of(connection: Connection, ids: set[int]) -> dict[int, str]:
    return {
        row[0]: row[1]
        for row in connection.execute(
            select(providers.c.id, providers.c.key).where(providers.c.id.in_(ids))
        )
    }
