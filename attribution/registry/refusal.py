"""Telling an answer from a refusal, whatever the refusal is dressed as."""

from __future__ import annotations

import re
from typing import NamedTuple

from attribution.evidence import Outcome

_THROTTLED = re.compile(
    r"rate[ -]?limit|too many (?:requests|queries|connections)|quota|exceeded|try again later|temporarily (?:blocked|denied)"
    r"|access (?:denied|restricted|control)|limit reached|ERROR:20[1-9]|ERROR:306",
    re.IGNORECASE,
)
_PERMANENT = re.compile(r"permanently denied|permanently blocked", re.IGNORECASE)
_WHOIS_ABSENT = re.compile(
    r"no match|no entries found|not found|no data found|nothing found|ERROR:101|no object found|unallocated",
    re.IGNORECASE,
)


class Reading(NamedTuple):
    """How to take an answer, and why."""

    outcome: Outcome
    note: str | None = None
    permanent: bool = False


def read_http_outcome(status: int, content_type: str, body: bytes) -> Reading:
    """Judge an HTTP answer of an RDAP server (RFC 7480, section 5). The content type alone decides nothing."""
    head = body[:4096].decode("utf-8", "replace")
    looks_json = body.lstrip()[:1] in (b"{", b"[")
    if status == 429:
        return Reading("rate_limited", "HTTP 429")
    if status == 403:
        return Reading("rate_limited", "HTTP 403: access refused", bool(_PERMANENT.search(head)))
    if status == 404:
        return Reading("not_found", "HTTP 404")
    if status in (400, 422):
        return Reading("malformed", f"HTTP {status}: the registry does not understand the question")
    if status >= 500 or status == 408:
        throttled = status == 503 and _THROTTLED.search(head)
        return Reading("rate_limited" if throttled else "unreachable", f"HTTP {status}")
    if status != 200:
        return Reading("malformed", f"HTTP {status}")
    if not looks_json:
        if _THROTTLED.search(head):
            return Reading("rate_limited", "a refusal in a page instead of an answer")
        kind = content_type.partition(";")[0].strip() or "nothing"
        return Reading("malformed" if body.strip() else "unreachable", f"no JSON came, but {kind}")
    return Reading("answered")


def read_whois_outcome(body: bytes) -> Reading:
    """Judge a port-43 answer: refusals stand in comment lines, or where objects should be."""
    text = body.decode("latin-1")
    objects = [line for line in text.splitlines() if line.strip() and line[0] not in "%#"]
    attributes = sum(1 for line in objects if re.match(r"[A-Za-z][A-Za-z0-9 -]*:\s", line))
    if not text.strip():
        return Reading("unreachable", "an empty answer")
    if _PERMANENT.search(text) and attributes < 3:
        return Reading(
            "rate_limited", "permanently denied: this host is banned, ask the registry to lift it", permanent=True
        )
    if attributes < 3 and _THROTTLED.search(text):
        return Reading("rate_limited", "a refusal instead of an answer")
    if attributes == 0:
        if _WHOIS_ABSENT.search(text):
            return Reading("not_found", "no match")
        return Reading("malformed", "no attribute in the answer")
    return Reading("answered")
