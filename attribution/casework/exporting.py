"""Giving the store out: as a history folder, a table, XARF v4, MISP or STIX 2.1. Each is whole, or
not there.
"""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, false, func, or_, select

from attribution.casework.drafting import Sender, xarf_report
from attribution.casework.linking import links
from attribution.casework.views import case_lines
from attribution.codes import EventKind
from attribution.extras import load
from attribution.files.shown_text import csv_cell
from attribution.files.whole_file import refuse_existing, whole_file
from attribution.formats.identifiers import NAMESPACE
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER
from attribution.store.engine import STREAMED
from attribution.store.queries.history import is_unsigned, signed_since
from attribution.store.store import Store
from attribution.store.tables import cases, events, providers, reports
from attribution.store.times import iso, moment

"""What identifiers of MISP and STIX objects are made under, so that exporting again names the same
thing the same.
"""
_STREAM = 2000
CASE_COLUMNS = ["case", "provider", "site", "opened_at", "state", "urls", "online"]


def export_history(store: Store, folder: Path, *, replace: bool = False) -> dict[str, int]:
    """Write a history folder, which `import` and `assess` read;
    return how many rows of each kind.
    """
    with store.read() as connection:
        tables = {
            "notices": notice_rows,
            "reports": report_rows,
            "events": event_rows,
            "aliases": alias_rows,
        }
        files = {name: folder / f"{name}.jsonl" for name in tables}
        refuse_existing(*files.values(), replace=replace)
        return {
            name: _write_lines(files[name], rows(connection), replace)
            for name, rows in tables.items()
        }


def export_csv(store: Store, path: Path, *, replace: bool = False) -> dict[str, int]:
    """Write the cases as CSV, the latest first. No cell begins a formula."""

    def write(out: Any) -> int:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(CASE_COLUMNS)
        count = 0
        with store.read() as connection:
            for line in _all_cases(connection):
                row = [
                    line.key,
                    line.provider,
                    line.site,
                    iso(line.opened_at),
                    line.state,
                    line.urls,
                    line.online,
                ]
                table.writerow([csv_cell(value) for value in row])
                count += 1
        return count

    return {"cases": _whole(path, write, "w", replace)}


def export_parquet(store: Store, path: Path, *, replace: bool = False) -> dict[str, int]:
    """Write the log of events as Parquet, with names for ids. Needs pyarrow (extra `exchange`)."""
    arrow, parquet = load("Parquet", "pyarrow"), load("Parquet", "pyarrow.parquet")
    text, time = arrow.string(), arrow.timestamp("us", "UTC")
    schema = arrow.schema(
        [
            ("seq", arrow.int64()),
            ("kind", text),
            ("at", time),
            ("known_at", time),
            ("recorded_at", time),
            ("who", text),
            ("provider", text),
            ("case", text),
            ("report", text),
            ("corrects", arrow.int64()),
            ("detail", text),
            ("hash", text),
        ]
    )

    def write(out: Any) -> int:
        count = 0
        with (
            store.read() as connection,
            parquet.ParquetWriter(out, schema, compression="zstd") as writer,
        ):
            wanted = (
                select(
                    events.c.seq,
                    events.c.kind,
                    events.c.at,
                    events.c.known_at,
                    events.c.recorded_at,
                    events.c.who,
                    providers.c.key,
                    cases.c.key,
                    reports.c.key,
                    events.c.corrects,
                    events.c.detail,
                    events.c.hash,
                )
                .outerjoin(providers, providers.c.id == events.c.provider_id)
                .outerjoin(cases, cases.c.id == events.c.case_id)
                .outerjoin(reports, reports.c.id == events.c.report_id)
                .order_by(events.c.seq)
            )
            for some in connection.execute(wanted, execution_options=STREAMED).partitions(_STREAM):
                columns = zip(*some, strict=True)
                writer.write_batch(
                    arrow.record_batch(
                        [
                            arrow.array(list(values), field.type)
                            for values, field in zip(columns, schema, strict=True)
                        ],
                        schema,
                    )
                )
                count += len(some)
        return count

    return {"events": _whole(path, write, "wb", replace)}


def export_xarf(
    store: Store, path: Path, sender: Sender, *, replace: bool = False
) -> dict[str, int]:
    """Write one XARF v4 report a line for each URL that the store keeps; the others are counted."""
    left_out = 0

    def rows(connection: Connection) -> Iterator[dict[str, Any]]:
        nonlocal left_out
        wanted = (
            select(reports.c.url_sealed, reports.c.seal, cases.c.token)
            .outerjoin(cases, cases.c.id == reports.c.case_id)
            .order_by(reports.c.id)
        )
        for row in connection.execute(wanted, execution_options=STREAMED):
            if row.url_sealed is None:
                left_out += 1
            else:
                yield xarf_report(
                    store.keys.open(row.url_sealed, row.seal), sender, row.token or "", []
                )

    with store.read() as connection:
        count = _write_lines(path, rows(connection), replace)
    return {"reports": count, "without_url": left_out}


def export_misp(
    store: Store, path: Path, sender: Sender, *, replace: bool = False
) -> dict[str, int]:
    """Write a MISP event for each provider with cases: who it is, and how many cases in which
    state. No site, no URL.

    Distribution is `your organisation only` and the tag TLP:AMBER: who passes it on decides that.
    Needs pymisp.
    """
    misp = load("MISP", "pymisp")
    found = []
    with store.read() as connection:
        for provider in _providers(connection):
            event = misp.MISPEvent()
            event.uuid = str(uuid.uuid5(NAMESPACE, provider["key"]))
            event.info = f"Notices to {provider['name']}"
            event.distribution, event.threat_level_id, event.analysis = 0, 4, 1
            event.date = f"{moment(provider['last_opened']):%Y-%m-%d}"
            event.add_tag("tlp:amber")
            about = event.add_object(misp.MISPObject("organization", strict=False))
            about.uuid = str(uuid.uuid5(NAMESPACE, f"organization {provider['key']}"))
            for name, value in (("name", provider["name"]), ("alias", provider["key"])):
                about.add_attribute(
                    name,
                    value=value,
                    type="text",
                    uuid=str(uuid.uuid5(NAMESPACE, f"{name} {provider['key']}")),
                )
            for name, count in provider["counts"].items():
                text = f"{name}: {count}"
                event.add_attribute(
                    "comment", text, uuid=str(uuid.uuid5(NAMESPACE, f"{provider['key']} {name}"))
                )
            found.append(json.loads(event.to_json()))
    text = (
        json.dumps({"response": [{"Event": one} for one in found]}, indent=1, ensure_ascii=True)
        + "\n"
    )
    _whole(path, lambda out: out.write(text), "w", replace)
    return {"providers": len(found)}


def export_stix(
    store: Store, path: Path, sender: Sender, *, replace: bool = False
) -> dict[str, int]:
    """Write a STIX 2.1 bundle: each provider with cases as an identity, with a note of how many in
    which state. Needs stix2.
    """
    stix = load("STIX", "stix2")
    hotline = stix.Identity(
        id=f"identity--{uuid.uuid5(NAMESPACE, f'hotline {sender.name}')}",
        name=sender.name or "hotline",
        identity_class="organization",
        created="2026-01-01T00:00:00Z",
        modified="2026-01-01T00:00:00Z",
    )
    objects = [hotline]
    with store.read() as connection:
        for provider in _providers(connection):
            at = moment(provider["last_opened"])
            common = {
                "created_by_ref": hotline.id,
                "object_marking_refs": [stix.TLP_AMBER],
                "created": moment(provider["known_at"]),
                "modified": max(at, moment(provider["known_at"])),
            }
            identity = stix.Identity(
                id=f"identity--{uuid.uuid5(NAMESPACE, provider['key'])}",
                name=provider["name"],
                identity_class="organization",
                external_references=[{"source_name": "registry", "external_id": provider["key"]}],
                **common,
            )
            words = ", ".join(f"{name}: {count}" for name, count in provider["counts"].items())
            note = stix.Note(
                id=f"note--{uuid.uuid5(NAMESPACE, 'note ' + provider['key'])}",
                abstract="notices and what became of them",
                content=words,
                object_refs=[identity.id],
                **common,
            )
            objects += [identity, note]
    bundle = stix.Bundle(
        id=f"bundle--{uuid.uuid5(NAMESPACE, 'bundle')}", objects=objects, allow_custom=False
    )
    _whole(path, lambda out: out.write(bundle.serialize(indent=1) + "\n"), "w", replace)
    return {"providers": (len(objects) - 1) // 2}


def notice_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield cases whose first notice was sent: what gathers still is nobody's notice."""
    first = (
        select(events.c.case_id, func.min(events.c.at).label("sent_at"))
        .where(events.c.kind == "sent")
        .group_by(events.c.case_id)
        .subquery()
    )
    told = _told_when_sent(connection)
    held = (
        select(reports.c.case_id, func.count().label("urls")).group_by(reports.c.case_id).subquery()
    )
    wanted = (
        select(
            cases.c.key,
            providers.c.key.label("provider"),
            cases.c.site_key,
            first.c.sent_at,
            cases.c.urls,
            held.c.urls.label("held"),
            cases.c.reseller,
        )
        .join(providers, providers.c.id == cases.c.provider_id)
        .join(first, first.c.case_id == cases.c.id)
        .outerjoin(held, held.c.case_id == cases.c.id)
        .order_by(cases.c.id)
    )
    for row in connection.execute(wanted, execution_options=STREAMED):
        yield {
            "notice": row.key,
            "provider": row.provider,
            "site": _site_name(row.site_key),
            "sent_at": iso(row.sent_at),
            "urls": max(row.held or 0, row.urls, 1),
            "reseller": row.reseller,
            **told.get(row.key, {}),
        }


def _told_when_sent(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return what the first `sent` of a case says beside its time, where it says more, by the
    case's key.
    """
    wanted = (
        select(cases.c.key, events.c.detail)
        .join(cases, cases.c.id == events.c.case_id)
        .where(
            events.c.kind == "sent",
            or_(events.c.detail.contains('"candidates"'), events.c.detail.contains('"baseline"')),
        )
        .order_by(events.c.seq)
    )
    found: dict[str, dict[str, Any]] = {}
    for key, detail in connection.execute(wanted):
        values = json.loads(detail)
        found.setdefault(
            key, {name: values[name] for name in ("candidates", "baseline") if name in values}
        )
    return found


def report_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the URLs of notices that were sent, each by the name of its report."""
    sent = (
        select(events.c.seq).where(events.c.case_id == cases.c.id, events.c.kind == "sent").exists()
    )
    wanted = (
        select(
            reports.c.key,
            reports.c.site_key,
            reports.c.reported_at,
            cases.c.key.label("notice"),
            providers.c.key.label("provider"),
        )
        .join(cases, cases.c.id == reports.c.case_id)
        .join(providers, providers.c.id == cases.c.provider_id)
        .where(sent)
        .order_by(reports.c.id)
    )
    for row in connection.execute(wanted, execution_options=STREAMED):
        yield {
            "url": row.key,
            "site": _site_name(row.site_key),
            "provider": row.provider,
            "at": iso(row.reported_at),
            "notice": row.notice,
        }


def event_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield what happened, without what a later correction took back."""
    corrected = set(
        connection.execute(select(events.c.corrects).where(events.c.kind == "correction")).scalars()
    )
    wanted = (
        select(
            events,
            cases.c.key.label("notice"),
            reports.c.key.label("url"),
            providers.c.key.label("provider"),
        )
        .outerjoin(cases, cases.c.id == events.c.case_id)
        .outerjoin(reports, reports.c.id == events.c.report_id)
        .outerjoin(providers, providers.c.id == events.c.provider_id)
        .where(events.c.kind.in_(ABOUT_NOTICE | ABOUT_PROVIDER))
        .order_by(events.c.seq)
    )
    since = signed_since(connection)
    wanted = wanted.add_columns(
        (false() if since is None else is_unsigned(since)).label("unsigned")
    )
    for row in connection.execute(wanted, execution_options=STREAMED):
        if row.seq in corrected:
            continue
        values: dict[str, Any] = {
            **json.loads(row.detail),
            "at": iso(row.at),
            "kind": row.kind,
            "notice": row.notice,
            "url": row.url,
        }
        if row.known_at != row.at:
            values["known_at"] = iso(row.known_at)
        if row.unsigned:
            values["unsigned"] = True
        if row.notice is None:
            values["provider"] = [row.provider]
        yield {
            name: value
            for name, value in values.items()
            if (value is not None or name == "served_by")
            and name not in ("reports", "message_id")
            and (name != "to" or row.kind == EventKind.MOVED_TO_OTHER_HOST)
        }


def alias_rows(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield the links between providers that hold."""
    names = {row.id: row.key for row in connection.execute(select(providers.c.id, providers.c.key))}
    for one in links(connection):
        if one.undone_at is None:
            yield {
                "new": names[one.new],
                "old": names[one.old],
                "known_at": iso(one.known_at),
                "kind": one.kind,
                "source": one.source,
            }


def _providers(connection: Connection) -> Iterator[dict[str, Any]]:
    """Yield providers with cases, and how many of those are in which state."""
    rows = connection.execute(
        select(
            providers.c.id,
            providers.c.key,
            providers.c.name,
            providers.c.known_at,
            func.max(cases.c.opened_at).label("last_opened"),
        )
        .join(cases, cases.c.provider_id == providers.c.id)
        .group_by(providers.c.id, providers.c.key, providers.c.name, providers.c.known_at)
        .order_by(providers.c.id)
    ).all()
    for row in rows:
        counts: dict[str, int] = {}
        for line in _all_cases(connection, row.id):
            counts[line.state] = counts.get(line.state, 0) + 1
        yield {
            **row._mapping,
            "counts": {"cases": sum(counts.values()), **dict(sorted(counts.items()))},
        }


def _all_cases(connection: Connection, provider_id: int | None = None) -> Iterator[Any]:
    """Yield every case, page by page; of a provider's own record alone, or of all."""
    after: str | None = None
    while page := case_lines(
        connection, provider_id=provider_id, after=after, limit=_STREAM, own=True
    ):
        yield from page
        after = page[-1].key


def _site_name(site_key: str) -> str:
    """Return a name for a site that tells nothing to who has no key file."""
    return f"s-{site_key[:20]}"


def _write_lines(path: Path, rows: Iterable[dict[str, Any]], replace: bool) -> int:
    def write(out: Any) -> int:
        count = 0
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=True) + "\n")
            count += 1
        return count

    return _whole(path, write, "w", replace)


def _whole(path: Path, write: Callable[[Any], int], mode: str, replace: bool) -> int:
    """Write a file whole.

    Raises OutputError, and OutputExistsError where it is there and not to be replaced.
    """
    with whole_file(path, mode, replace=replace) as out:
        return write(out)
