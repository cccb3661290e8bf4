"""XARF v4: reports of content, written for notices and exports, and read from other hotlines."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from attribution.codes import Refusal
from attribution.errors import InvalidTarget, Refused
from attribution.files.text_files import Encoding
from attribution.formats.interface import ExportFormat, Hotline, Row, RowKind
from attribution.formats.json_lines import read_objects, write_lines
from attribution.history.rows import BadRow, Compared, time_in
from attribution.target import parse_target, plain_url


class XarfReports(ExportFormat):
    """One report a line for each URL that the store keeps."""

    name = "xarf"
    kinds = (RowKind.REPORTED_URLS,)

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write the reports. Raises Refused where XARF does not take a URL."""
        return write_lines((xarf_report(row["url"], row["token"], hotline) for row in rows), out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What is known of a URL's content by the hotline itself."""

    by_person: bool = False
    """A person looked at the content."""
    online_at: datetime | None = None
    """When the last check saw it online; None where there was none."""
    compared: str | None = None
    """How that check recognised the content (`history.rows.Compared`)."""


UNVERIFIED = Verification()
"""Nothing but that it was reported."""
_METHOD_OF = {
    Compared.PERSON: "manual",
    Compared.CONTENT: "automated_crawler",
    Compared.STATUS: "automated_crawler",
}
"""XARF's `verification_method`, by how a check recognised the content."""


def xarf_report(
    url: str,
    token: str,
    hotline: Hotline,
    addresses: Iterable[str] = (),
    verification: Verification = UNVERIFIED,
) -> dict[str, Any]:
    """Return the report of one URL, with the token of its case and the addresses it is served from.

    The URL is always whole: XARF is for machines, and its schema knows no defanged form. The
    classification says no more than the law's: `baseline`. Raises Refused.
    """
    from xarf import create_report

    domain = hotline.mailbox.rpartition("@")[2]
    contact = {
        "org": domain if hotline.anonymous else hotline.name,
        "contact": hotline.mailbox,
        "domain": domain,
    }
    verified: dict[str, Any] = {}
    if verification.online_at is not None:
        at = verification.online_at.isoformat(timespec="seconds")
        verified["verified_at"] = at.replace("+00:00", "Z")
        if verification.compared in _METHOD_OF:
            verified["verification_method"] = _METHOD_OF[Compared(verification.compared)]
    whole, canonical = plain_url(url)
    result = create_report(
        category="content",
        type="csam",
        source_identifier=next(iter(addresses), canonical.partition("/")[0]),
        reporter=contact,
        sender=contact,
        url=whole,
        classification="baseline",
        detection_method="manual_review" if verification.by_person else "user_report",
        **verified,
        description=f"case token {token}",
    )
    if result.report is None or result.errors:
        faults = "; ".join(error.message for error in result.errors)
        raise Refused(Refusal.INVALID, "url", url[:200], f"XARF does not take it: {faults}")
    return dict(result.report.model_dump(mode="json", by_alias=True, exclude_none=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class XarfReport:
    """A report of content, read and checked."""

    report_id: str
    """The sender's name for it."""
    reporter: str
    """Organisation that reports, at most 200 characters."""
    url: str
    """A URL that `target` can read."""
    at: datetime


def read_reports(path: Path, encoding: Encoding) -> Iterator[tuple[int, XarfReport | BadRow]]:
    """Yield (line, report) of a file with one report, a list of them, or one a line.

    What is no report of content comes as a BadRow. Raises HistoryError where the file cannot be
    read.
    """
    for line, values in read_objects(path, encoding):
        yield line, values if isinstance(values, BadRow) else _report_in(values)


def _report_in(values: dict[str, Any]) -> XarfReport | BadRow:
    try:
        _check_form(values)
        report = XarfReport(
            report_id=str(values["report_id"]),
            reporter=str((values.get("reporter") or {}).get("org", ""))[:200],
            url=str(values["url"]),
            at=time_in(values, "timestamp"),
        )
        plain_url(report.url)
        parse_target(report.url)
    except BadRow as bad:
        return bad
    except InvalidTarget as error:
        return BadRow(f"url: {error.fault}")
    except Exception as error:
        # What a library makes of somebody's bytes is never worth the other rows.
        return BadRow(f"no XARF report: {type(error).__name__}")
    return report


def _check_form(values: dict[str, Any]) -> None:
    """Raise BadRow for what is no XARF report of content."""
    from xarf import parse

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of every report of version 3
        result = parse(values)
    if result.errors or result.report is None:
        faults = [f"{error.field}: {error.message}" for error in result.errors[:3]]
        raise BadRow("; ".join(faults) or "no XARF report")
    if values.get("category") != "content" or not values.get("url"):
        raise BadRow(
            f"category {values.get('category')!r:.60}: only reports of content with a url are taken"
        )


EXPORT = XarfReports()
