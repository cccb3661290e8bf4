"""Exporting the store: a format says which rows it takes, and this asks the store for them.

A file is written whole or not at all, out of one view of the store.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attribution.casework.linking import links
from attribution.casework.views import CaseLine, case_lines
from attribution.codes import EventKind, Refusal
from attribution.errors import Refused
from attribution.files.whole_file import refuse_existing, whole_file
from attribution.formats.interface import ExportFormat, Hotline, RowKind
from attribution.formats.registry import export_formats
from attribution.history.rows import ABOUT_NOTICE, ABOUT_PROVIDER
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries import exchange
from attribution.store.store import Store
from attribution.store.times import iso, moment

_CASES_AT_ONCE = 2000
_OF_FIRST_NOTICE = ("candidates", "baseline")
"""Fields of a `sent` that a notice's row has too."""
_NOT_EXPORTED = ("reports", "message_id")
"""Fields of an event's detail that mean nothing elsewhere, or tell of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStore:
    """The store as a file, or as a folder where the format takes several kinds of rows."""

    output: Path
    form: str
    """Name of the format: one of `formats.registry.export_formats`."""
    hotline: Hotline
    replace: bool = False
    """Whether to replace what is there."""


def export_store(store: Store, command: ExportStore) -> dict[str, int]:
    """Write the store in a format; return how many rows of each kind.

    Raises Refused for a format that is none, MissingExtra, OutputExistsError and OutputError.
    """
    form = export_format(command.form)
    files = output_files(form, command.output)
    refuse_existing(*files.values(), replace=command.replace)
    counts: dict[str, int] = {}
    with store.read() as reader:
        for kind, path in files.items():
            rows = _ROWS[kind](reader, store.keys)
            with whole_file(path, "wb", replace=command.replace) as out:
                counts[_COUNTED.get(kind, kind)] = form.write(rows, out, command.hotline)
        if RowKind.REPORTED_URLS in files:
            counts["without_url"] = exchange.count_reports_without_url(reader)
    return counts


def export_format(name: str) -> ExportFormat:
    """Return the format of a name. Raises Refused."""
    formats = export_formats()
    if name not in formats:
        raise Refused(Refusal.INVALID, "format", name[:40], f"use one of {', '.join(formats)}")
    return formats[name]


def output_files(form: ExportFormat, output: Path) -> dict[RowKind, Path]:
    """Return the file of each kind of rows: the output itself, or files in that folder."""
    if len(form.kinds) == 1:
        return {form.kinds[0]: output}
    return {kind: output / f"{kind}.jsonl" for kind in form.kinds}


_COUNTED = {RowKind.LOG: "events", RowKind.REPORTED_URLS: "reports"}
"""What rows are counted as, where that is not the name of their kind."""


def _notice_rows(reader: Reader, _: Keys) -> Iterator[dict[str, Any]]:
    """Yield cases whose first notice was sent: one that still gathers reports is no notice."""
    first_sent: dict[str, dict[str, Any]] = {}
    for row in exchange.details_of_sent(reader, _OF_FIRST_NOTICE):
        detail = json.loads(row.detail)
        first_sent.setdefault(
            row.key, {name: detail[name] for name in _OF_FIRST_NOTICE if name in detail}
        )
    for row in exchange.sent_cases(reader):
        yield {
            "notice": row.key,
            "provider": row.provider,
            "site": _site_name(row.site_key),
            "sent_at": iso(row.sent_at),
            "urls": max(row.reported or 0, row.urls, 1),
            "reseller": row.reseller,
            **first_sent.get(row.key, {}),
        }


def _report_rows(reader: Reader, _: Keys) -> Iterator[dict[str, Any]]:
    """Yield the URLs of notices that were sent, each by the name of its report."""
    for row in exchange.reports_of_sent_cases(reader):
        yield {
            "url": row.key,
            "site": _site_name(row.site_key),
            "provider": row.provider,
            "at": iso(row.reported_at),
            "notice": row.case,
        }


def event_rows(reader: Reader, _: Keys | None = None) -> Iterator[dict[str, Any]]:
    """Yield what happened, without what a later correction took back."""
    for row in exchange.uncorrected_events(reader, ABOUT_NOTICE | ABOUT_PROVIDER):
        values: dict[str, Any] = {
            **json.loads(row.detail),
            "at": iso(row.at),
            "kind": row.kind,
            "notice": row.case,
            "url": row.report,
        }
        if row.known_at != row.at:
            values["known_at"] = iso(row.known_at)
        if row.unsigned:
            values["unsigned"] = True
        if row.case is None:
            values["provider"] = [row.provider]
        if row.kind != EventKind.MOVED_TO_OTHER_HOST:
            values.pop("to", None)  # the mailbox that a notice went to
        yield {
            name: value
            for name, value in values.items()
            if name not in _NOT_EXPORTED and (value is not None or name == "served_by")
        }


def alias_rows(reader: Reader, _: Keys | None = None) -> Iterator[dict[str, Any]]:
    """Yield the links between providers that hold."""
    keys = exchange.provider_keys(reader)
    for link in links(reader):
        if link.undone_at is None:
            yield {
                "new": keys[link.new],
                "old": keys[link.old],
                "known_at": iso(link.known_at),
                "kind": link.kind,
                "source": link.source,
            }


def _case_rows(reader: Reader, _: Keys) -> Iterator[dict[str, Any]]:
    for line in _all_cases(reader):
        yield {
            "case": line.key,
            "provider": line.provider,
            "site": line.site,
            "opened_at": iso(line.opened_at),
            "state": line.state,
            "urls": line.urls,
            "online": line.online,
        }


def _log_rows(reader: Reader, _: Keys) -> Iterator[dict[str, Any]]:
    return (dict(row._mapping) for row in exchange.logged_events(reader))


def _reported_urls(reader: Reader, keys: Keys) -> Iterator[dict[str, Any]]:
    for row in exchange.kept_urls(reader):
        yield {"url": keys.open(row.url_sealed, row.seal), "token": row.token or ""}


def _provider_rows(reader: Reader, _: Keys) -> Iterator[dict[str, Any]]:
    """Yield providers with cases, and how many of those are in which state."""
    for row in exchange.providers_with_cases(reader):
        states = Counter(line.state for line in _all_cases(reader, row.id))
        yield {
            "key": row.key,
            "name": row.name,
            "known_at": moment(row.known_at),
            "last_opened": moment(row.last_opened),
            "counts": {"cases": states.total(), **dict(sorted(states.items()))},
        }


_ROWS: dict[RowKind, Callable[[Reader, Keys], Iterator[dict[str, Any]]]] = {
    RowKind.NOTICES: _notice_rows,
    RowKind.REPORTS: _report_rows,
    RowKind.EVENTS: event_rows,
    RowKind.ALIASES: alias_rows,
    RowKind.CASES: _case_rows,
    RowKind.LOG: _log_rows,
    RowKind.REPORTED_URLS: _reported_urls,
    RowKind.PROVIDERS: _provider_rows,
}


def _all_cases(reader: Reader, provider_id: int | None = None) -> Iterator[CaseLine]:
    """Yield every case, page by page; of a provider's own record alone, or of all."""
    after: str | None = None
    while page := case_lines(
        reader, provider_id=provider_id, after=after, limit=_CASES_AT_ONCE, own=True
    ):
        yield from page
        after = page[-1].key


def _site_name(site_key: str) -> str:
    """Return a name for a site that tells nothing to who has no key file."""
    return f"s-{site_key[:20]}"
