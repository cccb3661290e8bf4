"""Which of some URLs were reported before, in which case, and whether they are gone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from attribution.casework.url_state import CHECKS
from attribution.codes import KnownState
from attribution.errors import InvalidTarget
from attribution.history.rows import ENDS
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries.known_urls import KnownRow, known_rows
from attribution.target import plain_url


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUrl:
    """What the store knows of a URL that was reported before."""

    state: KnownState
    report: str
    """The last report of it; the last that is open where one is."""
    reported_at: int
    case: str | None
    """None while nobody is known to be responsible."""
    provider: str | None
    company: str | None
    sent_at: int | None
    """When the last notice of the case was sent; None before that."""


def known_urls(reader: Reader, keys: Keys, urls: Collection[str]) -> dict[str, KnownUrl]:
    """Return what is known of URLs, by the URL as it was given; one statement for 500 of them.

    URLs that were never reported are left out, and what is no URL too.
    """
    by_hash: dict[str, list[str]] = {}
    for url in dict.fromkeys(urls):
        try:
            by_hash.setdefault(keys.hash_of(plain_url(url)[1]), []).append(url)
        except InvalidTarget:
            continue
    rows: dict[str, KnownRow] = {}
    for row in known_rows(reader, by_hash, CHECKS) if by_hash else ():
        if row.url_hash not in rows or not _is_gone(row) or _is_gone(rows[row.url_hash]):
            rows[row.url_hash] = row
    return {url: _known(row) for url_hash, row in rows.items() for url in by_hash[url_hash]}


def _is_gone(row: KnownRow) -> bool:
    return row.last_check in ENDS


def _known(row: KnownRow) -> KnownUrl:
    return KnownUrl(
        state=KnownState.GONE if _is_gone(row) else KnownState.OPEN,
        report=row.report,
        reported_at=row.reported_at,
        case=row.case,
        provider=row.provider,
        company=row.company,
        sent_at=row.sent_at,
    )
