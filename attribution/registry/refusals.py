"""Distinguishing answers from refusals by the table of wordings, whatever their status or form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from attribution.data import packaged_rows
from attribution.evidence import Outcome
from attribution.registry.documents import read_document
from attribution.registry.lenient import as_lines, as_objects, as_text, clean
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.servers import Server
from attribution.registry.text import MAXIMUM_BODY, decode, is_comment, lines

_HEAD = 4096
_LARGEST_NOTICE = 16 * 1024
"""Bytes of JSON that can be a notice in place of an answer; above, the reader decides."""
# An object begins with one of these; prose ("role of …", "Domain not found") has no colon after it.
_KEYS = re.compile(
    r"\s*(?:(?:inetnum|inet6num|NetRange|aut-num|ASNumber|as-block|Netblock|route6?|organisation"
    r"|OrgName|CustName|role|person|irt|mntner|nic-hdl|nic-hdl-br|domain|Domain Name|refer"
    r"|ReferralServer|whois)\s*:|(?:[a-z]\. )?\[Network Number\])\s*\S",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"[A-Za-z][\w -]*:\s")
_OBJECT_MEMBERS = (
    "startAddress",
    "startAutnum",
    "ldhName",
    "unicodeName",
    "vcardArray",
    "entities",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to take an answer, and why."""

    outcome: Outcome
    note: str | None = None
    permanent: bool = False
    """The registry has shut this host out until somebody writes to it."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """One row of refusals.csv."""

    registry: str
    text: str
    """In lower case; contained in the answer."""
    outcome: Outcome
    permanent: bool


def read_refusal(
    server: Server, body: bytes, *, status: int | None = None, content_type: str = ""
) -> Reading:
    """Judge an answer: `answered` where it is to be read, else why not.

    With an HTTP `status` the rules of RFC 7480, section 5, hold, without one those of port 43. Only
    an answer without any object is compared with the table: words in an object are a customer's.
    """
    if status is None:
        return _read_text(server, body)
    return _read_http(server, body, status, content_type)


def _read_http(server: Server, body: bytes, status: int, content_type: str) -> Reading:
    if status == 429:
        return Reading("rate_limited", "HTTP 429", _is_permanent(server, body))
    if status == 403:
        permanent = _is_permanent(server, body)
        return Reading("rate_limited", "HTTP 403: access refused", permanent)
    if status == 404:
        return Reading("not_found", "HTTP 404")
    if status in (400, 422):
        return Reading("malformed", f"HTTP {status}: the registry does not understand the question")
    if status >= 500 or status == 408:
        refused = _judged(server, "rdap", _head(body)) if status == 503 else None
        return Reading("rate_limited" if refused else "unreachable", f"HTTP {status}")
    if status != 200:
        return Reading("malformed", f"HTTP {status}")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _read_notice(server, body)
    refused = _judged(server, "rdap", _head(body))
    if refused:
        return Reading(
            "rate_limited", "a refusal in a page instead of an answer", refused.permanent
        )
    kind = content_type.partition(";")[0].strip() or "nothing"
    return Reading("malformed" if body.strip() else "unreachable", f"no JSON came, but {kind}")


def _read_notice(server: Server, body: bytes) -> Reading:
    """Judge JSON that came with status 200: an error or notice without any object is no answer."""
    if len(body) > _LARGEST_NOTICE:
        return Reading("answered")
    try:
        document = read_document(body)
    except UnreadableAnswer:
        return Reading("answered")
    if any(document.get(member) for member in _OBJECT_MEMBERS):
        return Reading("answered")
    code = document.get("errorCode")
    refused = _judged(server, "rdap", _prose(document))
    if refused or str(code) in ("429", "403"):
        note = "a refusal as JSON with status 200"
        return Reading("rate_limited", note, bool(refused and refused.permanent))
    if str(code) == "404":
        return Reading("not_found", "error 404 as JSON with status 200")
    return Reading("answered")


def _prose(document: dict[str, Any]) -> str:
    """Return the answer's title, description and notices."""
    parts = [as_text(document.get("title")) or "", *as_lines(document.get("description"))]
    for notice in as_objects(document.get("notices")):
        parts += [as_text(notice.get("title")) or "", *as_lines(notice.get("description"))]
    return _folded(" ".join(parts))


def _read_text(server: Server, body: bytes) -> Reading:
    if len(body) > MAXIMUM_BODY:
        return Reading("malformed", f"{len(body):,} bytes, which is more than {MAXIMUM_BODY:,}")
    if not body.strip():
        return Reading("unreachable", "an empty answer")
    whole = lines(decode(body))
    if _holds_object([line[:200] for line in whole if not is_comment(line)], server):
        return Reading("answered")
    text = _folded(" ".join(line.lstrip("%#") for line in whole)[:_LARGEST_NOTICE])
    refusal = _judged(server, "whois", text)
    if refusal is None:
        return Reading("malformed", "no attribute in the answer")
    if refusal.outcome == "not_found":
        return Reading("not_found", "no match")
    if refusal.permanent:
        note = "permanently denied: this host is banned, ask the registry to lift it"
        return Reading("rate_limited", note, permanent=True)
    return Reading("rate_limited", "a refusal instead of an answer")


def _holds_object(written: list[str], server: Server) -> bool:
    """Say whether lines hold an object; top-level domains' servers name their attributes freely."""
    if any(_KEYS.match(line) for line in written):
        return True
    return not server.listed and sum(1 for line in written if _ATTRIBUTE.match(line)) >= 3


def _judged(server: Server, protocol: str, text: str) -> _Wording | None:
    """Return the first row of the table whose text the answer contains."""
    rows = (row for row in _wordings()[protocol] if row.registry in ("*", server.registry))
    return next((row for row in rows if row.text in text), None)


def _is_permanent(server: Server, body: bytes) -> bool:
    refusal = _judged(server, "rdap", _head(body))
    return refusal is not None and refusal.permanent


def _head(body: bytes) -> str:
    return _folded(body[:_HEAD].decode("utf-8", "replace"))


def _folded(text: str) -> str:
    return clean(text).lower()


@cache
def _wordings() -> dict[str, list[_Wording]]:
    wordings: dict[str, list[_Wording]] = {"rdap": [], "whois": []}
    for row in packaged_rows("refusals.csv"):
        outcome: Outcome = "not_found" if row["outcome"] == "not_found" else "rate_limited"
        wording = _Wording(row["registry"], row["words"], outcome, row["permanent"] == "yes")
        wordings[row["protocol"]].append(wording)
    return wordings
