"""XARF v4 reports, one a file or one a line: reported URLs, whose provider the next `recheck`
finds.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from attribution.casework.importing import Count, Reject, text_fault
from attribution.errors import HistoryError, InvalidTarget
from attribution.files.text_files import Encoding, decoded
from attribution.history.folder import raw_rows
from attribution.history.rows import BadRow, time_in
from attribution.net.sites import site_of
from attribution.store.store import Store
from attribution.store.tables import reports
from attribution.store.times import micros
from attribution.target import parse_target, plain_url

_MOST_WHOLE = 16 * 1024 * 1024
"""Bytes of a file that is read as one JSON text; of a larger one each line is a report."""


@dataclass(frozen=True, slots=True)
class _Reported:
    """What a report says, read and checked."""

    key: str
    url: str
    at: int
    detail: dict[str, str]


def import_xarf(
    store: Store,
    path: Path,
    *,
    who: str | None,
    source: str,
    reject: Reject,
    keep_urls: bool,
    encoding: Encoding = Encoding.AUTO,
) -> dict[str, Count]:
    """Take XARF v4 reports of content in; return how they fared. Raises HistoryError where the file
    cannot be read.
    """
    count = Count()
    # Reports carry the time of the machine that wrote them, not the store's.
    latest = max(store.now, datetime.now(UTC)) + timedelta(days=1)
    for line, value in _values(path, encoding):
        reported = value if isinstance(value, BadRow) else _read(value, source, latest)
        if isinstance(reported, BadRow):
            count.rejected += 1
            reject(path.name, line, str(reported), None)
            continue
        with store.write(who) as writer:
            if writer.connection.execute(
                select(reports.c.id).where(reports.c.key == reported.key)
            ).first():
                count.known += 1
                continue
            whole, canonical = plain_url(reported.url)
            host = parse_target(reported.url).host
            writer.add_report(
                writer.keys.hash_of(f"site {site_of(host)}"),
                reported.at,
                case_id=None,
                provider_id=None,
                key=reported.key,
                host=host,
                url_hash=writer.keys.hash_of(canonical),
                kept_url=whole if keep_urls else None,
                detail=reported.detail,
            )
        count.added += 1
    return {"reports": count}


def _read(value: dict[str, Any], source: str, latest: datetime) -> _Reported | BadRow:
    """Return what a report says, or why it cannot be taken."""
    try:
        _check_form(value)
        at = time_in(value, "timestamp")
        if at > latest:
            return BadRow(f"timestamp {value['timestamp']!r:.60}: it is in the future")
        report_id, url = str(value["report_id"]), str(value["url"])
        reporter = str((value.get("reporter") or {}).get("org", ""))[:200]
        for name, text in (("report_id", report_id), ("reporter", reporter)):
            why = text_fault(text)
            if why:
                return BadRow(f"{name}: {why}")
        plain_url(url)
        parse_target(url)
    except BadRow as bad:
        return bad
    except InvalidTarget as error:
        return BadRow(f"url: {error.fault}")
    except Exception as error:
        # What a library makes of somebody's bytes is never worth the other rows.
        return BadRow(f"no XARF report: {type(error).__name__}")
    detail = {"xarf": report_id, "reporter": reporter}
    return _Reported(f"{source or 'xarf'}:{report_id}", url, micros(at), detail)


def _check_form(value: dict[str, Any]) -> None:
    """Raise BadRow for what is no XARF report of content."""
    from xarf import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of version 3, which says so by a warning
        result = parse(value)
    if result.errors or result.report is None:
        raise BadRow(
            "; ".join(f"{error.field}: {error.message}" for error in result.errors[:3])
            or "no XARF report"
        )
    if value.get("category") != "content" or not value.get("url"):
        raise BadRow(
            f"category {value.get('category')!r:.60}: only reports of content with a url are taken"
        )


def _values(path: Path, encoding: Encoding) -> Iterator[tuple[int, Any]]:
    """Yield (line, JSON object or BadRow) of a file with one report, or one a line."""
    try:
        with path.open("rb") as raw:
            head = raw.read(_MOST_WHOLE + 1)
    except OSError as error:
        raise HistoryError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    if len(head) <= _MOST_WHOLE:
        try:
            whole = json.loads(decoded(head, encoding))
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, dict):
            yield 1, whole
            return
        if isinstance(whole, list):
            for number, value in enumerate(whole, start=1):
                yield number, value if isinstance(value, dict) else BadRow("no JSON object")
            return
    for number, value in raw_rows(path, encoding):
        yield (
            number,
            value if isinstance(value, dict | BadRow) else BadRow("the line is no JSON object"),
        )
