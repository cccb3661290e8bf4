"""What a search text may stand for: a URL however it is written, a host or site, an address, a case
or report, a company, a mailbox or a Message-ID.
"""

from __future__ import annotations

import re

from attribution.casework.queue_state import folded
from attribution.codes import Refusal
from attribution.errors import InvalidTarget, Refused
from attribution.net.addresses import is_address
from attribution.net.sites import site_of
from attribution.store.keys import Keys
from attribution.store.queries.queue import SearchedFor
from attribution.target import plain_url

LONGEST = 8192
"""Characters of a search text: those of a URL."""
_WITH_AT = re.compile(r"<?[^\s<>@]+@[^\s<>@/]+>?")
"""A mailbox or a Message-ID."""


def searched_for(keys: Keys, text: str) -> SearchedFor:
    """Return what a search text may stand for. Raises Refused for one that is empty or too long."""
    written = text.strip()
    if not written or len(written) > LONGEST:
        remedy = (
            "write a URL, host, address, case, company, mailbox or Message-ID, of at most "
            f"{LONGEST} characters"
        )
        raise Refused(Refusal.INVALID, "query", written[:40], remedy)
    if _WITH_AT.fullmatch(written):
        return SearchedFor(term=folded(written))
    canonical = _canonical(written)
    if canonical is None:
        return SearchedFor(
            key=written, company=written.lower(), company_as_written=written, term=""
        )
    host, _, page = canonical.partition("/")
    url_hash = keys.hash_of(canonical)
    if page:
        return SearchedFor(url_hash=url_hash)
    host = host.strip("[]")
    if is_address(host):
        return SearchedFor(url_hash=url_hash, host=host, address=host)
    is_site = host == site_of(host)
    return SearchedFor(
        url_hash=url_hash,
        host=host,
        site_key=keys.hash_of(f"site {host}") if is_site else "",
        key=written,
        company=written.lower(),
        company_as_written=written,
    )


def _canonical(text: str) -> str | None:
    """Return the canonical form of a URL or host, of a wrapped one of what is inside; None for what
    is neither.
    """
    if any(character.isspace() for character in text):
        return None
    try:
        return plain_url(text)[1]
    except InvalidTarget as error:
        return plain_url(error.suggestion)[1] if error.suggestion else None
