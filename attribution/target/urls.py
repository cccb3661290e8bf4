"""A URL, written again: as a browser would ask for it, and in the one form that is hashed."""

from __future__ import annotations

import re
from urllib.parse import quote

from attribution.target.cleaning import without_trailing_punctuation

_LITERAL = "!$&'()*+,-./:;=@[]_~%|"
"""What browsers leave as it is in a path (WHATWG URL, path percent-encode set)."""
_LITERAL_IN_QUERY = "!$&()*+,-./:;=?@[]_~%|\\^`{}"
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HERE = frozenset([".", "%2e"])
_UP = frozenset(["..", ".%2e", "%2e.", "%2e%2e"])


def host_in_url(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def browser_path(rest: str) -> str:
    r"""Return path and query as a browser sends them, without fragment and trailing punctuation.

    `\` is `/`, `..` is resolved, and what may not stand there is percent-encoded.
    """
    whole = without_trailing_punctuation(rest.partition("#")[0])
    path, question_mark, query = whole.partition("?")
    path = quote(_without_dot_segments(path.replace("\\", "/")), safe=_LITERAL)
    return without_trailing_punctuation(path + question_mark + quote(query, safe=_LITERAL_IN_QUERY))


def canonical(host: str, path: str) -> str:
    """Return what is the same for every spelling of a page: host, path and query, in ASCII.

    Scheme, port, credentials and fragment are left out: a page reported by http and by https is one
    page. Percent-encoding is normalised (RFC 3986, section 6.2.2).
    """
    return without_trailing_punctuation(f"{host_in_url(host)}{_ENCODED.sub(_normal, path)}")


def _normal(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.removeprefix("/").split("/")
    for segment in segments:
        lower = segment.lower() if len(segment) <= 6 else segment
        if lower in _UP:
            del kept[-1:]
        elif lower not in _HERE:
            kept.append(segment)
    if segments[-1].lower() in _HERE | _UP:
        kept.append("")
    return "/" + "/".join(kept)
