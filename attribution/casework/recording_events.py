"""Noting one event by hand: what happened, to which case or provider, and corrections of what was
noted before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from attribution.casework.providers import provider_named
from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER, ABOUT_URL
from attribution.store.log import Writer
from attribution.store.queries.notices import is_noted
from attribution.store.tables import cases, events, reports
from attribution.store.times import iso

_HOUR = 3_600_000_000
KINDS = tuple(sorted((ABOUT_NOTICE | ABOUT_PROVIDER) - {"reminder"}))


def note_event(
    writer: Writer,
    kind: str,
    at: int,
    *,
    case: str | None = None,
    report: str | None = None,
    provider: str | None = None,
    detail: dict[str, Any] | None = None,
    origin: str | None = None,
) -> list[int]:
    """Note that something happened; return the numbers of the events. Raises Refused.

    What happens to a URL, noted for a case without naming one, is noted for each of its URLs.
    """
    if kind not in KINDS:
        remedy = f"it is unknown; known are {', '.join(KINDS)}"
        raise Refused(Refusal.INVALID, "kind", kind, remedy)
    if at > writer.now + _HOUR:
        remedy = "it is in the future: note what has happened"
        raise Refused(Refusal.INVALID, "at", str(iso(at)), remedy)
    connection = writer.connection
    if origin is not None and is_noted(connection, origin):
        return []
    known_at = max(at, writer.now)
    if provider is not None:
        if kind not in ABOUT_PROVIDER:
            raise Refused(
                Refusal.INVALID, "kind", kind, "it happens to a case: name it with --case"
            )
        identity, _ = provider_named(connection, provider)
        return [
            writer.add_event(kind, at, known_at, provider_id=identity, detail=detail, origin=origin)
        ]
    row = _subject(writer, case, report)
    sent = connection.execute(
        select(events.c.at)
        .where(events.c.case_id == row["case_id"], events.c.kind == "sent")
        .order_by(events.c.at)
    ).scalar()
    if kind not in ABOUT_NOTICE:
        remedy = "it happens to a provider: name it with --provider"
        raise Refused(Refusal.INVALID, "kind", kind, remedy)
    if kind not in ABOUT_URL and sent is None:
        remedy = (
            f"it has no notice yet, so {kind!r} cannot have happened: note it with `attribution "
            "notice record`"
        )
        raise Refused(Refusal.CONFLICT, "case", row["case"], remedy)
    if sent is not None and at < sent and kind not in ABOUT_URL:
        remedy = f"it is before the notice, sent {iso(sent)}"
        raise Refused(Refusal.CONFLICT, "at", str(iso(at)), remedy)
    about = {"provider_id": row["provider_id"], "case_id": row["case_id"]}
    if kind not in ABOUT_URL:
        return [
            writer.add_event(
                kind,
                at,
                known_at,
                detail=detail,
                origin=origin,
                report_id=row["report_id"],
                **about,
            )
        ]
    wanted = select(reports.c.id, reports.c.reported_at).order_by(reports.c.id)
    if row["report_id"] is not None:
        wanted = wanted.where(reports.c.id == row["report_id"])
    else:
        wanted = wanted.where(reports.c.case_id == row["case_id"])
    urls = connection.execute(wanted).all()
    if not urls:
        raise Refused(Refusal.CONFLICT, "case", row["case"], "it holds no URLs of its own")
    if at < min(url.reported_at for url in urls):
        remedy = "it is before the URL was reported: nobody could have looked at it then"
        raise Refused(Refusal.CONFLICT, "at", str(iso(at)), remedy)
    return [
        writer.add_event(
            kind,
            at,
            known_at,
            detail=detail,
            origin=f"{origin} {number}" if origin else None,
            report_id=url.id,
            **about,
        )
        for number, url in enumerate(urls)
    ]


def correct(writer: Writer, seq: int, why: str) -> int:
    """Take back an event that was noted wrongly, by another one; return its number.
    Raises Refused.
    """
    row = writer.connection.execute(select(events).where(events.c.seq == seq)).mappings().first()
    if row is None:
        remedy = "`attribution case show` and `provider show` list the events that are"
        raise NotInStoreError(f"event {seq} is not in the store; {remedy}.")
    if row["kind"] not in KINDS:
        remedy = f"it is of the kind {row['kind']!r}, which is not taken back this way"
        raise Refused(Refusal.INVALID, "event", str(seq), remedy)
    if writer.connection.execute(
        select(events.c.seq).where(events.c.corrects == seq, events.c.kind == "correction")
    ).first():
        raise Refused(Refusal.CONFLICT, "event", str(seq), "it was taken back already")
    if not why.strip():
        raise Refused(Refusal.MISSING, "why", why, "say why with --why")
    return writer.add_event(
        "correction",
        writer.now,
        provider_id=row["provider_id"],
        case_id=row["case_id"],
        report_id=row["report_id"],
        corrects=seq,
        detail={"why": why.strip()},
    )


def _subject(writer: Writer, case: str | None, report: str | None) -> dict[str, Any]:
    connection = writer.connection
    if report is not None:
        row = connection.execute(
            select(reports.c.id, reports.c.case_id, cases.c.key, cases.c.provider_id)
            .join(cases, cases.c.id == reports.c.case_id)
            .where(reports.c.key == report)
        ).first()
        if row is None:
            raise NotInStoreError(f"report {report!r} is not in the store, or has no case yet.")
        if case is not None and row.key != case:
            remedy = f"it is one of case {row.key}, not of {case}"
            raise Refused(Refusal.CONFLICT, "report", report, remedy)
        return {
            "report_id": row.id,
            "case_id": row.case_id,
            "case": row.key,
            "provider_id": row.provider_id,
        }
    if case is None:
        remedy = "say what it happened to: --case, --report or --provider"
        raise Refused(Refusal.MISSING, "case", "", remedy)
    found = connection.execute(
        select(cases.c.id, cases.c.provider_id).where(cases.c.key == case)
    ).first()
    if found is None:
        raise NotInStoreError(
            f"case {case!r} is not in the store. `attribution case list` shows those that are."
        )
    return {"report_id": None, "case_id": found.id, "case": case, "provider_id": found.provider_id}
