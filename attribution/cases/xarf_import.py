"""XARF v4 reports, one a file or one a line: reported URLs, whose provider the next `recheck` finds."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attribution.cases.importing import Count, Reject
from attribution.cases.sites import site_of
from attribution.errors import HistoryError, InvalidTarget
from attribution.history.folder import raw_rows
from attribution.history.rows import BadRow, time_in
from attribution.store.store import Store
from attribution.store.tables import reports
from attribution.store.times import micros
from attribution.target import parse_target, plain_url


def import_xarf(
    store: Store, path: Path, *, who: str | None, source: str, reject: Reject, keep_urls: bool
) -> dict[str, Count]:
    """Take XARF v4 reports of content in; return how they fared. Raises HistoryError where the file cannot be read."""
    from sqlalchemy import select
    from xarf import parse

    count = Count()
    for line, value in _values(path):
        why = value if isinstance(value, BadRow) else None
        url, at, key = "", 0, ""
        if why is None:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of version 3, which says so by a warning
                    result = parse(value)
                if result.errors or result.report is None:
                    raise BadRow(
                        "; ".join(f"{one.field}: {one.message}" for one in result.errors[:3])
                        or "no XARF report"
                    )
                if value.get("category") != "content" or not value.get("url"):
                    raise BadRow(
                        f"category {value.get('category')!r}: only reports of content with a "
                        "url are taken"
                    )
                url, at = str(value["url"]), micros(time_in(value, "timestamp"))
                key = f"{source}:{value['report_id']}" if source else f"xarf:{value['report_id']}"
                plain_url(url)
            except BadRow as bad:
                why = bad
            except InvalidTarget as error:
                why = BadRow(f"url: {error.fault}")
            except Exception as error:
                # What a library makes of somebody's bytes is never worth the other rows.
                why = BadRow(f"no XARF report: {type(error).__name__}")
        if why is not None:
            count.rejected += 1
            reject(path.name, line, str(why), None)
            continue
        with store.write(who) as writer:
            if writer.connection.execute(select(reports.c.id).where(reports.c.key == key)).first():
                count.known += 1
                continue
            whole, canonical = plain_url(url)
            host = parse_target(url).host
            writer.add_report(
                writer.keys.hash_of(f"site {site_of(host)}"), at, case_id=None, provider_id=None, key=key, host=host,
                url_hash=writer.keys.hash_of(canonical), kept_url=whole if keep_urls else None,
                detail={"xarf": str(value["report_id"]), "reporter": str((value.get("reporter") or {}).get("org", ""))[:200]},
            )  # fmt: skip
        count.added += 1
    return {"reports": count}


def _values(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line, JSON object or BadRow) of a file with one report, or one a line."""
    try:
        with path.open("rb") as raw:
            head = raw.read(16 * 1024 * 1024 + 1)
    except OSError as error:
        raise HistoryError(f"{str(path)!r} cannot be read: {error.strerror}.") from None
    if len(head) <= 16 * 1024 * 1024:
        try:
            whole = json.loads(head)
        except (ValueError, RecursionError):
            whole = None
        if isinstance(whole, dict):
            yield 1, whole
            return
        if isinstance(whole, list):
            for number, one in enumerate(whole, start=1):
                yield number, one if isinstance(one, dict) else BadRow("no JSON object")
            return
    for number, value in raw_rows(path):
        yield (
            number,
            value if isinstance(value, dict | BadRow) else BadRow("the line is no JSON object"),
        )
