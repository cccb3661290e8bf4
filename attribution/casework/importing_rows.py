"""Keeping the rows of an import: thousands at a time, each batch whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from attribution.casework.cases import case_for
from attribution.casework.linking import LINK_KINDS, NewLink, add_link
from attribution.casework.providers import add_identifiers
from attribution.casework.row_faults import composed, fault_of
from attribution.errors import InvalidTarget, OutputError, Refused
from attribution.files.text_files import Encoding
from attribution.files.whole_file import open_private, private_folder, reason_of
from attribution.history.rows import AliasRow, BadRow, EventRow, NoticeRow, ReportRow
from attribution.store.chain import detail_text
from attribution.store.log import Writer
from attribution.store.queries import exchange
from attribution.store.store import Store
from attribution.store.times import iso, micros
from attribution.target import plain_url

ROWS_AT_ONCE = 5000
"""Rows that go into the store in one transaction."""
CLOCK_TOLERANCE = timedelta(days=1)
"""How far a row's times may lie ahead of the store's clock."""
_Item = TypeVar("_Item")


Reject = Callable[[str, int, str, Any], None]
"""Takes (file, line, reason, what the line held or None) of a row that cannot be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """How rows are imported."""

    who: str | None
    """Who imports; None for this machine's account."""
    reject: Reject
    source: str = ""
    """Where rows come from: names in them are kept apart from those of other sources."""
    keep_urls: bool = False
    """Whether the store keeps reported URLs, sealed."""
    encoding: Encoding = Encoding.AUTO
    progress: Callable[[str, int], None] = lambda kind, done: None
    """Called with the kind of rows and how many were read."""


@dataclass(slots=True)
class Count:
    """How the rows of one kind fared."""

    added: int = 0
    known: int = 0
    """In the store already."""
    rejected: int = 0
    left_out: int = 0
    """Lines that the mapping does not take."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its place in the file."""

    number: int
    row: Any


class RowImport:
    """One import: what was counted, and the ids of providers that were named so far."""

    def __init__(self, store: Store, command: Import) -> None:
        self.command, self.counts = command, dict[str, Count]()
        self._store, self._provider_ids = store, dict[str, int]()

    def take(self, file: str, kind: str, lines: Iterable[Line]) -> None:
        """Keep the rows of a kind (`notices`, …), batch by batch."""
        count = self.counts.setdefault(kind, Count())
        read, latest = 0, self._store.now + CLOCK_TOLERANCE

        def reject(line: Line, reason: str) -> None:
            count.rejected += 1
            self.command.reject(file, line.number, reason, None)

        for some in batches(lines, ROWS_AT_ONCE):
            good: list[Line] = []
            for line in some:
                row = line.row
                fault = str(row) if isinstance(row, BadRow) else fault_of(row, latest)
                if fault is None:
                    good.append(line)
                else:
                    reject(line, fault)
            with self._store.write(self.command.who) as writer:
                batch = _Batch(self, writer, [line.row for line in good])
                for line in good:
                    try:
                        is_new = batch.add(line.row)
                    except (BadRow, Refused) as error:
                        reject(line, str(error))
                    else:
                        count.added += is_new
                        count.known += not is_new
            read += len(some)
            self.command.progress(kind, read)

    def provider(self, writer: Writer, name: str, at: int) -> int:
        """Return the id of a provider of this source, added where it is new."""
        name = composed(name)
        if name not in self._provider_ids:
            key = self.key(name)
            known = exchange.known_providers(writer.connection, [key]).get(key)
            identifier = known.id if known else writer.name_provider(key, name, None, at)
            if not known:
                source = self.command.source or "import"
                add_identifiers(writer, identifier, [("name", name)], source, at)
            self._provider_ids[name] = identifier
        return self._provider_ids[name]

    def key(self, name: str) -> str:
        """Return the key in the store of what the source names so."""
        return f"{self.command.source}:{name}" if self.command.source else name

    def recognised_by(self, row: NoticeRow | ReportRow | EventRow | AliasRow) -> str:
        """Return what tells that a row comes again: its key, or its event's origin."""
        match row:
            case NoticeRow():
                return self.key(row.notice)
            case ReportRow():
                return self.key(row.url)
            case AliasRow():
                parts: list[Any] = ["alias", row.new, row.old, row.kind, micros(row.known_at)]
            case EventRow():
                more = detail_text(dict(row.more)) if row.more else ""
                parts = [row.kind, micros(row.at), row.notice, row.url, row.providers, more]
        text = "\x1f".join(map(str, [self.command.source, *parts]))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class _Batch:
    """Rows of one kind that go in together, with what the store has of them already."""

    def __init__(self, run: RowImport, writer: Writer, rows: list[Any]) -> None:
        self._run, self._writer = run, writer
        self._names = {id(row): run.recognised_by(row) for row in rows}
        self._cases = exchange.known_cases(writer.connection, self._keys(rows, "notice"))
        self._reports = exchange.known_reports(writer.connection, self._keys(rows, "url"))
        self._known: set[str] = set()
        if rows:
            known_rows = {NoticeRow: self._cases, ReportRow: self._reports}.get(type(rows[0]))
            if known_rows is None:
                known_rows = exchange.known_origins(writer.connection, self._names.values())
            self._known.update(known_rows)

    def _keys(self, rows: list[Any], field: str) -> list[str]:
        """Return the keys of what the rows name in a field, of those that have it."""
        names = (getattr(row, field, None) for row in rows)
        return [self._run.key(name) for name in names if name is not None]

    def add(self, row: Any) -> bool:
        """Add a row; return False where it is in the store. Raises BadRow or Refused."""
        name = self._names[id(row)]
        if name in self._known:
            return False
        _ADDS[type(row)](self, row, name)
        self._known.add(name)
        return True

    def _add_notice(self, row: NoticeRow, key: str) -> None:
        at = micros(row.sent_at)
        provider = self._run.provider(self._writer, row.provider, at)
        case_id = self._writer.open_case(
            provider,
            self._site_key(row.site),
            row.site,
            at,
            key=key,
            urls=row.urls,
            reseller=row.reseller,
        )
        detail: dict[str, Any] = {}
        if row.candidates != 1:
            detail["candidates"] = row.candidates
        if row.baseline:
            detail["baseline"] = True
        self._writer.add_event(
            "sent", at, provider_id=provider, case_id=case_id, detail=detail or None
        )

    def _add_report(self, row: ReportRow, key: str) -> None:
        at = micros(row.at)
        provider = self._run.provider(self._writer, row.provider, at)
        site_key = self._site_key(row.site)
        if row.notice is None:
            case_id = case_for(self._writer, provider, site_key, row.site, at)
        else:
            case = self._case_of(row.notice)
            if case.provider_id != provider:
                raise BadRow(f"provider {row.provider!r} is not the one of notice {row.notice!r}")
            case_id = case.id
        try:
            whole, canonical = plain_url(row.page) if row.page else (None, None)
        except InvalidTarget as error:
            raise BadRow(f"page is no URL: {error.fault}") from None
        self._writer.add_report(
            site_key,
            at,
            case_id=case_id,
            provider_id=provider,
            key=key,
            host=row.host,
            url_hash=None if canonical is None else self._writer.keys.hash_of(canonical),
            kept_url=whole if self._run.command.keep_urls else None,
        )

    def _add_event(self, row: EventRow, origin: str) -> None:
        if row.notice is not None:
            self._add_event_of_case(row, origin, row.notice)
            return
        known_at = micros(row.known_at)
        for number, name in enumerate(row.providers):
            self._writer.add_event(
                row.kind,
                micros(row.at),
                known_at,
                provider_id=self._run.provider(self._writer, name, known_at),
                detail=self._detail(row),
                origin=f"{origin} {number}" if number else origin,
            )

    def _add_event_of_case(self, row: EventRow, origin: str, notice: str) -> None:
        case = self._case_of(notice)
        report = None
        if row.url is not None:
            report = self._reports.get(self._run.key(row.url))
            if report is None or report.case_id != case.id:
                raise BadRow(f"url {row.url!r} is not one of notice {notice!r}")
        at = micros(row.at)
        if at < case.opened_at:
            raise BadRow(f"at {iso(at)} is before the notice, sent {iso(case.opened_at)}")
        detail = self._detail(row)
        if row.last_online is not None:
            detail["last_online"] = iso(micros(row.last_online))
        if row.at_least_days is not None:
            detail["at_least_days"] = row.at_least_days
        self._writer.add_event(
            row.kind,
            at,
            micros(row.known_at),
            provider_id=case.provider_id,
            case_id=case.id,
            report_id=report.id if report else None,
            detail=detail,
            origin=origin,
        )

    def _add_alias(self, row: AliasRow, origin: str) -> None:
        if row.kind not in LINK_KINDS:
            raise BadRow(f"kind {row.kind!r}: use one of {', '.join(LINK_KINDS)}")
        known_at = micros(row.known_at)
        new, old = (self._run.provider(self._writer, name, known_at) for name in (row.new, row.old))
        source = row.source or self._run.command.source or "import"
        link = NewLink(
            new=new, old=old, kind=row.kind, known_at=known_at, source=source, origin=origin
        )
        add_link(self._writer, link)

    def _detail(self, row: EventRow) -> dict[str, Any]:
        """Return an event's other fields; names of providers and notices are this source's."""
        detail = dict(row.more)
        for field in ("served_by", "to"):
            if detail.get(field) is not None:
                detail[field] = self._run.key(detail[field])
        for field in ("resolved_to", "notices"):
            if detail.get(field):
                detail[field] = [self._run.key(name) for name in detail[field]]
        return detail

    def _case_of(self, notice: str) -> Any:
        """Return the case of a notice. Raises BadRow where it is not in the store."""
        case = self._cases.get(self._run.key(notice))
        if case is None:
            raise BadRow(f"notice {notice!r} is not in the store")
        return case

    def _site_key(self, site: str) -> str:
        """Return the keyed hash that stands for a site."""
        return self._writer.keys.hash_of(f"site {site}")


_ADDS: dict[type, Callable[[_Batch, Any, str], None]] = {
    NoticeRow: _Batch._add_notice,
    ReportRow: _Batch._add_report,
    EventRow: _Batch._add_event,
    AliasRow: _Batch._add_alias,
}


def batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield items in lists of at most so many."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


class Rejects:
    """Writes rejected rows to a file of JSON lines, made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, file: str, line: int, reason: str, raw: Any) -> None:
        """Write a row. Raises OutputError."""
        row = {"file": file, "line": line, "reason": reason}
        if raw is not None:
            row["held"] = raw
        if self._file is None:
            self._file = self._opened()
        self._file.write(json.dumps(row, ensure_ascii=True) + "\n")

    def _opened(self) -> IO[str]:
        try:
            private_folder(self._path.parent)
            return io.TextIOWrapper(io.BufferedWriter(open_private(self._path, "wb")), "utf-8")
        except OSError as error:
            raise OutputError(
                f"rejects {str(self._path)!r} cannot be written: {reason_of(error)}"
            ) from None
