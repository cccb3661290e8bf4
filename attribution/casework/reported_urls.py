"""The URLs of reports: those that the store keeps, or those of a file that it recognises."""

from __future__ import annotations

from collections.abc import Iterable

from attribution.codes import Refusal
from attribution.errors import InvalidTarget, Refused
from attribution.store.keys import Keys
from attribution.store.queries.reports import Report
from attribution.target import plain_url


def urls_of_reports(
    keys: Keys, reports: Iterable[Report], supplied: Iterable[str] = ()
) -> dict[str, str]:
    """Return the URLs of reports, by report. Raises Refused where the store does not keep one, and
    it is not among those supplied.
    """
    by_hash: dict[str | None, str] = {}
    for text in supplied:
        try:
            whole, canonical = plain_url(text)
        except InvalidTarget:
            continue
        by_hash[keys.hash_of(canonical)] = whole
    urls, missing = {}, []
    for report in reports:
        if report.url_sealed is not None and report.seal is not None:
            urls[report.key] = keys.open(report.url_sealed, report.seal)
        elif report.url_hash in by_hash:
            urls[report.key] = by_hash[report.url_hash]
        else:
            missing.append(report.key)
    if missing:
        remedy = (
            "the store has no URL of it, only what recognises it: give the reported URLs with "
            "--urls FILE"
        )
        raise Refused(Refusal.MISSING, "urls", ", ".join(missing), remedy)
    return urls
