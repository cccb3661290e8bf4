"""Reports that are made of looked up lines of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from attribution.attributor import Investigation
from attribution.casework.reporting import ReportUrl, report_url
from attribution.errors import InvalidTarget
from attribution.evidence import Evidence
from attribution.store.queries.service_batches import set_line
from attribution.target import plain_url
from attribution.web.lookups.batches import Line
from attribution.web.service import Service

_Item = TypeVar("_Item")
_AT_ONCE = 100
"""Reports of one transaction: no long list keeps others from writing for long."""


def report_lines(service: Service, who: str, batch_id: str, lines: Iterable[Line]) -> list[str]:
    """Add a report of each line that has an answer and no report yet; return the cases' keys."""
    cases: dict[str, None] = {}
    for chunk in _chunks(filter(_is_reportable, lines), _AT_ONCE):
        with service.store.write(who) as writer:
            for line in chunk:
                command = ReportUrl(
                    url=line.target,
                    investigation=decided_again(line.evidence or b""),
                    keep_url=service.settings.keep_urls,
                )
                added = report_url(writer, command)
                set_line(writer.connection, batch_id, line.line, report=added.report)
                if added.case:
                    cases[added.case] = None
    return list(cases)


def decided_again(bundle: bytes) -> Investigation:
    """Return what an evidence bundle says of its target."""
    return Investigation.of(Evidence.from_bytes(bundle))


def _is_reportable(line: Line) -> bool:
    if line.evidence is None or line.report is not None:
        return False
    try:
        plain_url(line.target)
    except InvalidTarget:
        return False
    return True


def _chunks(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
