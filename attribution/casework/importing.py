"""Taking histories in: row by row, a thousand at a time, each batch whole or not at all.

A row is recognised when it comes again, so that reading a file twice, or going on after a stop,
changes nothing. A row that cannot be taken is told with its line and reason; the others go in.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, select

from attribution.casework.cases import case_for
from attribution.casework.linking import LINK_KINDS, NewLink, add_link
from attribution.casework.providers import add_identifiers
from attribution.codes import Refusal
from attribution.errors import InvalidTarget, OutputError, Refused, StoreError
from attribution.files.shown_text import DANGEROUS
from attribution.files.text_files import Encoding
from attribution.files.whole_file import open_private, private_folder, reason_of
from attribution.formats.mapping import Mapped, Mapping, mapped_rows
from attribution.history.folder import check_folder, file_of, rows
from attribution.history.rows import READERS, AliasRow, BadRow, EventRow, NoticeRow, ReportRow
from attribution.store.chain import detail_text
from attribution.store.log import Writer
from attribution.store.store import Store
from attribution.store.tables import cases, events, providers, reports
from attribution.store.times import iso, micros
from attribution.target import plain_url

BATCH = 5000
_MOST_TEXT = 500
"""Characters of a name; a page has more, and is looked at by itself."""
_MOST_DETAIL = 20_000
"""Characters of an event's further fields, as JSON."""
_UNSEEN = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Characters without a shape of their own; a page's address may have them, a company's name not."""
_UNREADABLE = re.compile(f"[\ud800-\udfff\ufffd]|{DANGEROUS.pattern}")
"""What no name has that was read rightly: half a character, what stands for one that could not be
read, controls, invisible and direction marks. Each would make a second company of one."""
_COMPANIES = frozenset(["provider", "providers", "old", "new"])
_LOOK_UP = 500
Progress = Callable[[str, int], None]
Reject = Callable[[str, int, str, Any], None]
"""Told (file, line, reason, what the line held) of a row that cannot be taken."""


@dataclass(slots=True)
class Count:
    """How the rows of one kind fared."""

    added: int = 0
    known: int = 0
    """In the store already."""
    rejected: int = 0
    left_out: int = 0
    """Rows that the mapping does not want."""


@dataclass(slots=True)
class _Line:
    number: int
    row: Any


@dataclass(slots=True)
class _Import:
    """One run: where rows come from, and who is who so far."""

    store: Store
    who: str | None
    source: str
    reject: Reject
    progress: Progress
    keep_urls: bool = False
    counts: dict[str, Count] = field(default_factory=dict)
    known_providers: dict[str, int] = field(default_factory=dict)

    def take(self, file: str, name: str, lines: Iterable[_Line]) -> None:
        """Take the rows of a kind, batch by batch."""
        count = self.counts.setdefault(name, Count())
        take = {
            "notices": self._notices,
            "reports": self._reports,
            "events": self._events,
            "aliases": self._aliases,
        }[name]
        done = 0
        latest = self.store.now + timedelta(days=1)
        for batch in _batches(lines, BATCH):
            good = []
            for line in batch:
                why = str(line.row) if isinstance(line.row, BadRow) else fault_of(line.row, latest)
                if why is None:
                    good.append(line)
                else:
                    count.rejected += 1
                    self.reject(file, line.number, why, None)
            with self.store.write(self.who) as writer:
                for line, why in take(writer, good, count):
                    count.rejected += 1
                    self.reject(file, line.number, why, None)
            done += len(batch)
            self.progress(name, done)

    def _notices(
        self, writer: Writer, lines: list[_Line], count: Count
    ) -> Iterable[tuple[_Line, str]]:
        held = _ids(
            writer.connection,
            cases.c.key,
            cases.c.id,
            (self._key(line.row.notice) for line in lines),
        )
        for line in lines:
            row: NoticeRow = line.row
            key = self._key(row.notice)
            if key in held:
                count.known += 1
                continue
            at = micros(row.sent_at)
            provider = self._provider(writer, row.provider, at)
            held[key] = writer.open_case(
                provider,
                self._site_key(writer, row.site),
                row.site,
                at,
                key=key,
                urls=row.urls,
                reseller=row.reseller,
            )
            told: dict[str, Any] = {}
            if row.candidates != 1:
                told["candidates"] = row.candidates
            if row.baseline:
                told["baseline"] = True
            writer.add_event(
                "sent", at, provider_id=provider, case_id=held[key], detail=told or None
            )
            count.added += 1
        return []  # nothing of a notice can be wrong that reading it did not find

    def _reports(
        self, writer: Writer, lines: list[_Line], count: Count
    ) -> Iterator[tuple[_Line, str]]:
        connection = writer.connection
        held = _ids(
            connection, reports.c.key, reports.c.id, (self._key(line.row.url) for line in lines)
        )
        of_notice = _cases(
            connection, (self._key(line.row.notice) for line in lines if line.row.notice)
        )
        for line in lines:
            row: ReportRow = line.row
            key = self._key(row.url)
            if key in held:
                count.known += 1
                continue
            at = micros(row.at)
            provider = self._provider(writer, row.provider, at)
            case_id: int | None = None
            site_key = self._site_key(writer, row.site)
            if row.notice is not None:
                found = of_notice.get(self._key(row.notice))
                if found is None:
                    yield line, f"notice {row.notice!r} is not in the store"
                    continue
                case_id, at_provider, _ = found
                if at_provider != provider:
                    yield line, f"provider {row.provider!r} is not the one of notice {row.notice!r}"
                    continue
            else:
                case_id = case_for(writer, provider, site_key, row.site, at)
            try:
                whole, canonical = plain_url(row.page) if row.page else (None, None)
            except InvalidTarget as error:
                yield line, f"page is no URL: {error.fault}"
                continue
            held[key] = writer.add_report(
                site_key,
                at,
                case_id=case_id,
                provider_id=provider,
                key=key,
                host=row.host,
                url_hash=None if canonical is None else writer.keys.hash_of(canonical),
                kept_url=whole if self.keep_urls else None,
            )
            count.added += 1

    def _events(
        self, writer: Writer, lines: list[_Line], count: Count
    ) -> Iterator[tuple[_Line, str]]:
        connection = writer.connection
        origins = [self._origin(line.row) for line in lines]
        held = set(_ids(connection, events.c.origin, events.c.seq, origins))
        of_notice = _cases(
            connection, (self._key(line.row.notice) for line in lines if line.row.notice)
        )
        of_url = _reports(connection, (self._key(line.row.url) for line in lines if line.row.url))
        for line, origin in zip(lines, origins, strict=True):
            row: EventRow = line.row
            if origin in held or f"{origin} 0" in held:
                count.known += 1
                continue
            held.add(origin)
            at, known_at = micros(row.at), micros(row.known_at)
            if row.notice is None:
                for number, name in enumerate(row.providers):
                    provider = self._provider(writer, name, known_at)
                    writer.add_event(
                        row.kind,
                        at,
                        known_at,
                        provider_id=provider,
                        detail=self._detail(row),
                        origin=origin if number == 0 else f"{origin} {number}",
                    )
                count.added += 1
                continue
            found = of_notice.get(self._key(row.notice))
            if found is None:
                yield line, f"notice {row.notice!r} is not in the store"
                continue
            case_id, provider, sent_at = found
            report_id = None
            if row.url is not None:
                report = of_url.get(self._key(row.url))
                if report is None or report[1] != case_id:
                    yield line, f"url {row.url!r} is not one of notice {row.notice!r}"
                    continue
                report_id = report[0]
            if at < sent_at:
                yield line, f"at {iso(at)} is before the notice, sent {iso(sent_at)}"
                continue
            detail = self._detail(row)
            if row.last_online is not None:
                detail["last_online"] = iso(micros(row.last_online))
            if row.at_least_days is not None:
                detail["at_least_days"] = row.at_least_days
            writer.add_event(
                row.kind,
                at,
                known_at,
                provider_id=provider,
                case_id=case_id,
                report_id=report_id,
                detail=detail,
                origin=origin,
            )
            count.added += 1

    def _aliases(
        self, writer: Writer, lines: list[_Line], count: Count
    ) -> Iterator[tuple[_Line, str]]:
        for line in lines:
            row: AliasRow = line.row
            origin = self._origin(row)
            if writer.connection.execute(
                select(events.c.seq).where(events.c.origin == origin)
            ).first():
                count.known += 1
                continue
            if row.kind not in LINK_KINDS:
                yield line, f"kind {row.kind!r}: use one of {', '.join(LINK_KINDS)}"
                continue
            known_at = micros(row.known_at)
            new, old = (
                self._provider(writer, row.new, known_at),
                self._provider(writer, row.old, known_at),
            )
            try:
                add_link(
                    writer,
                    NewLink(
                        new=new,
                        old=old,
                        kind=row.kind,
                        known_at=known_at,
                        source=row.source or self.source or "import",
                        origin=origin,
                    ),
                )
            except StoreError as error:
                yield line, str(error)
                continue
            count.added += 1

    def _provider(self, writer: Writer, name: str, at: int) -> int:
        name = _composed(name)
        if name not in self.known_providers:
            key = self._key(name)
            row = writer.connection.execute(
                select(providers.c.id).where(providers.c.key == key)
            ).first()
            self.known_providers[name] = (
                row.id if row else writer.name_provider(key, name, None, at)
            )
            if not row:
                add_identifiers(
                    writer,
                    self.known_providers[name],
                    [("name", name)],
                    self.source or "import",
                    at,
                )
        return self.known_providers[name]

    def _detail(self, row: EventRow) -> dict[str, Any]:
        """Return an event's other fields; what names providers and notices names those of this
        source.
        """
        detail = dict(row.more)
        for name in ("served_by", "to"):
            if detail.get(name) is not None:
                detail[name] = self._key(detail[name])
        for name in ("resolved_to", "notices"):
            if detail.get(name):
                detail[name] = [self._key(part) for part in detail[name]]
        return detail

    def _key(self, name: str | None) -> str:
        return f"{self.source}:{name}" if self.source else str(name)

    def _site_key(self, writer: Writer, site: str) -> str:
        return writer.keys.hash_of(f"site {site}")

    def _origin(self, row: EventRow | AliasRow) -> str:
        """Return what an event is recognised by when its row comes again."""
        if isinstance(row, AliasRow):
            parts: list[Any] = ["alias", row.new, row.old, row.kind, micros(row.known_at)]
        else:
            more = detail_text(dict(row.more)) if row.more else ""
            parts = [row.kind, micros(row.at), row.notice, row.url, row.providers, more]
        text = "\x1f".join(map(str, [self.source, *parts]))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fault_of(row: Any, latest: datetime) -> str | None:
    """Return why a row that was read cannot be kept; None where it can be.

    `latest` is the last time that has happened: what lies in the future is a slip or made up.
    """
    for name in _names(row.__class__):
        value = getattr(row, name)
        why = None
        if isinstance(value, datetime):
            why = f"{value:%Y-%m-%d} is in the future" if value > latest else None
        elif isinstance(value, str):
            why = text_fault(value, 8192 if name == "page" else _MOST_TEXT)
        elif isinstance(value, tuple):
            why = next(filter(None, (text_fault(text, _MOST_TEXT) for text in value)), None)
        if why is None and name in _COMPANIES:
            why = _unseen_fault(value)
        if why is not None:
            return f"{name}: {why}"
    return _detail_fault(row.more) if isinstance(row, EventRow) and row.more else None


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field_.name for field_ in fields(kind))


def text_fault(text: str, most: int = _MOST_TEXT) -> str | None:
    """Return why a text cannot be a name; None where it can."""
    if len(text) > most:
        return f"it has {len(text)} characters; give at most {most}"
    strange = _UNREADABLE.search(text)
    if strange is None:
        return None
    return (
        f"it holds U+{ord(strange[0]):04X} at place {strange.start() + 1}, which no name has; was "
        "the file written in another encoding?"
    )


def _unseen_fault(names: str | tuple[str, ...]) -> str | None:
    """Return why a company's name is drawn like another one's; None where it is not."""
    strange = re.search(_UNSEEN, names if isinstance(names, str) else "".join(names))
    return f"it holds U+{ord(strange[0]):04X}, which nobody sees" if strange else None


def _composed(name: str) -> str:
    """Return the one form of a company's name: composed letters (NFC), and plain single spaces."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _detail_fault(more: Any) -> str | None:
    """Return why an event's further fields cannot be kept in its detail."""
    try:
        text = detail_text(dict(more))
        text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        return f"{', '.join(map(ascii, list(more)[:3]))}: cannot be kept ({type(error).__name__})"
    if len(text) > _MOST_DETAIL:
        return f"its further fields have {len(text)} characters; give at most {_MOST_DETAIL}"
    if "\\u0000" in text or re.search(r"\b(?:NaN|-?Infinity)\b(?=[,}\]])", text):
        return "its further fields hold what no database keeps: NUL or a number that is none"
    return None


def import_history(
    store: Store,
    folder: Path,
    *,
    who: str | None,
    source: str = "",
    reject: Reject,
    progress: Progress = lambda name, done: None,
    encoding: Encoding = Encoding.AUTO,
) -> dict[str, Count]:
    """Take a history folder in; return how its rows fared. Raises HistoryError where the folder is
    none.

    `source` names where it comes from: names of its things are kept apart from those of other
    sources.
    """
    check_folder(folder)
    run = _Import(store, who, source, reject, progress)
    for name in READERS:
        path = file_of(folder, name)
        run.take(path.name, name, (_Line(*row) for row in rows(path, name, encoding)))
    return run.counts


def import_rows(
    store: Store,
    path: Path,
    name: str,
    *,
    who: str | None,
    source: str = "",
    reject: Reject,
    encoding: Encoding = Encoding.AUTO,
) -> dict[str, Count]:
    """Take one JSON-lines file of a kind (`events`, …) in.

    Raises Refused for a kind that is none, and where there is no such file.
    """
    if name not in READERS:
        raise Refused(Refusal.INVALID, "rows", name[:40], f"use one of {', '.join(READERS)}")
    if not path.is_file():
        remedy = "it cannot be read as a file; name one of JSON lines"
        raise Refused(Refusal.NOT_FOUND, "path", str(path), remedy)
    run = _Import(store, who, source, reject, lambda name, done: None)
    run.take(path.name, name, (_Line(*row) for row in rows(path, name, encoding)))
    return run.counts


def import_csv(
    store: Store,
    path: Path,
    mapping: Mapping,
    *,
    who: str | None,
    source: str,
    reject: Reject,
    keep_urls: bool = False,
    progress: Progress = lambda name, done: None,
    encoding: Encoding = Encoding.AUTO,
) -> dict[str, Count]:
    """Take a CSV file in by a mapping; return how its rows fared. Raises HistoryError."""
    run = _Import(store, who, source, reject, progress, keep_urls)
    lines = run.counts.setdefault("lines", Count())
    kinds: dict[type, str] = {NoticeRow: "notices", ReportRow: "reports", EventRow: "events"}
    for batch in _batches(mapped_rows(path, mapping, encoding), BATCH):
        sorted_out: dict[str, list[_Line]] = {}
        for mapped in batch:
            _count_line(mapped, lines, path, reject)
            for row in mapped.rows:
                sorted_out.setdefault(kinds[type(row)], []).append(_Line(mapped.line, row))
        for name in ("notices", "reports", "events"):
            if name in sorted_out:
                run.take(path.name, name, sorted_out[name])
    return run.counts


def _count_line(one: Mapped, lines: Count, path: Path, reject: Reject) -> None:
    if one.fault is not None:
        lines.rejected += 1
        reject(path.name, one.line, one.fault, list(one.raw))
    elif one.left_out:
        lines.left_out += 1
    else:
        lines.added += 1


def _batches(lines: Iterable[Any], size: int) -> Iterator[list[Any]]:
    source = iter(lines)
    while batch := list(islice(source, size)):
        yield batch


def _ids(
    connection: Connection, key: Column[Any], identity: Column[Any], wanted: Iterable[str]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _batches(dict.fromkeys(wanted), _LOOK_UP):
        found |= {
            row[0]: row[1] for row in connection.execute(select(key, identity).where(key.in_(some)))
        }
    return found


def _cases(connection: Connection, keys: Iterable[str]) -> dict[str, tuple[int, int, int]]:
    """Return (case, provider, when opened) by key."""
    found: dict[str, tuple[int, int, int]] = {}
    for some in _batches(dict.fromkeys(keys), _LOOK_UP):
        rows = connection.execute(
            select(cases.c.key, cases.c.id, cases.c.provider_id, cases.c.opened_at).where(
                cases.c.key.in_(some)
            )
        )
        found.update({row.key: (row.id, row.provider_id, row.opened_at) for row in rows})
    return found


def _reports(connection: Connection, keys: Iterable[str]) -> dict[str, tuple[int, int | None]]:
    """Return (report, case) by key."""
    found: dict[str, tuple[int, int | None]] = {}
    for some in _batches(dict.fromkeys(keys), _LOOK_UP):
        rows = connection.execute(
            select(reports.c.key, reports.c.id, reports.c.case_id).where(reports.c.key.in_(some))
        )
        found.update({row.key: (row.id, row.case_id) for row in rows})
    return found


def rejects_file(path: Path) -> tuple[Reject, Callable[[], None]]:
    """Return what writes rejected rows to a file of JSON lines (made with the first), and what
    closes it.
    """
    stream: list[Any] = []

    def reject(file: str, line: int, reason: str, held: Any) -> None:
        if not stream:
            try:
                private_folder(path.parent)
                raw = open_private(path, "wb")
                stream.append(io.TextIOWrapper(io.BufferedWriter(raw), "utf-8"))
            except OSError as error:
                raise OutputError(
                    f"rejects {str(path)!r} cannot be written: {reason_of(error)}"
                ) from None
        row = {"file": file, "line": line, "reason": reason}
        if held is not None:
            row["held"] = held
        stream[0].write(json.dumps(row, ensure_ascii=True) + "\n")

    def close() -> None:
        if stream:
            stream[0].close()

    return reject, close
