"""Redirects of mail filters and platforms, recognised by their exact host, and what they wrap.

Nothing here is followed or unwrapped silently: the wrapped URL is a suggestion for a person.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits
from urllib.parse import unquote, unquote_plus

from attribution.target.wrapper_table import WRAPPERS, Wrapper

_WORD_HYPHEN_WORD = re.compile(r"\b-\b")
_RUN_TOKEN = re.compile(r"\*(\*[A-Za-z0-9_-])?")
_RUN_LETTERS = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"
_RUN_LENGTHS = {letter: length for length, letter in enumerate(_RUN_LETTERS, start=2)}
_ONE_SLASH = re.compile(r"([a-z][a-z0-9+.-]{0,30}:/)(?=[^/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A wrapper, recognised."""

    by: str
    """Who made it, for the message."""
    inner: str | None
    """What it wraps, as it stands there; None where nothing can be read. Anybody may write it."""


def may_wrap(host: str) -> bool:
    """Say whether some links at a host are wrappers, so that the host alone does not tell."""
    return bool(_wrappers_of(host))


def unwrap(host: str, rest: str) -> Wrapped | None:
    """Return what a link wraps; None where it is no wrapper.

    `host` and `rest`, from the path on and without fragment, are in canonical form.
    """
    path, _, query = rest.partition("?")
    for wrapper in _wrappers_of(host):
        if not _is_path_of(wrapper, path):
            continue
        inner = _READERS[wrapper.form](_Link(wrapper, host, path, query))
        if inner is not None or (wrapper.only_redirects and (query or path.strip("/"))):
            return Wrapped(wrapper.name, inner)
    return None


@dataclass(frozen=True, slots=True)
class _Link:
    wrapper: Wrapper
    host: str
    path: str
    query: str

    def parameter(self, *names: str) -> str | None:
        """Return the first parameter of one of these names, still percent-encoded."""
        for pair in self.query.split("&"):
            name, _, value = pair.partition("=")
            if value and name.lower().removeprefix("amp;") in names:
                return value
        return None


@cache
def _tables() -> tuple[dict[str, list[Wrapper]], dict[str, list[Wrapper]]]:
    """Return the wrappers by exact host, and by the suffix after the first labels."""
    exact: dict[str, list[Wrapper]] = {}
    below: dict[str, list[Wrapper]] = {}
    for wrapper in WRAPPERS:
        for host in wrapper.hosts:
            table = below if host.startswith("*.") else exact
            table.setdefault(host.removeprefix("*."), []).append(wrapper)
    return exact, below


def _wrappers_of(host: str) -> list[Wrapper]:
    exact, below = _tables()
    return exact.get(host) or below.get(host.partition(".")[2], [])


def _is_path_of(wrapper: Wrapper, path: str) -> bool:
    if wrapper.path.endswith("*"):
        return path.startswith(wrapper.path[:-1])
    return not wrapper.path or path.rstrip("/") == wrapper.path.rstrip("/")


def _from_parameter(link: _Link) -> str | None:
    value = link.parameter(*link.wrapper.parameters)
    return None if value is None else unquote_plus(value)


def _from_proofpoint_2(link: _Link) -> str | None:
    """Read version 2: `-` stands for `%` and `_` for `/`."""
    value = link.parameter("u")
    return None if value is None else unquote(value.replace("-", "%").replace("_", "/"))


def _from_proofpoint_3(link: _Link) -> str | None:
    """Read version 3: `/v3/__URL__;BYTES!...`, in whose URL `*` stands for the next of the bytes.

    `**X` stands for a run of them, of a length that the letter gives.
    """
    whole = f"{link.path}?{link.query}" if link.query else link.path
    url, separator, after = whole.partition("/v3/__")[2].partition("__;")
    if not separator:
        return None
    try:
        encoded = after.partition("!")[0].encode("ascii", "replace")
        characters = urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    place = 0

    def next_characters(token: re.Match[str]) -> str:
        nonlocal place
        start = place
        place += _RUN_LENGTHS[token[1][1]] if token[1] else 1
        return characters[start:place]

    return _ONE_SLASH.sub(r"\1/", _RUN_TOKEN.sub(next_characters, unquote(url)), count=1)


def _from_translated_host(link: _Link) -> str | None:
    """Read a host of translate.goog, as Google's page on translation and ad networks says."""
    name = unquote_plus(link.parameter("_x_tr_hp") or "") + link.host.partition(".")[0]
    encodings = unquote_plus(link.parameter("_x_tr_enc") or "").split(",")
    if "1" in encodings:
        name = name.removeprefix("1-")
    prefix = ""
    if "0" in encodings and name.startswith("0-"):
        name, prefix = name[2:], "xn--"
    host = prefix + _WORD_HYPHEN_WORD.sub(".", name).replace("--", "-")
    scheme = "http" if link.parameter("_x_tr_sch") == "http" else "https"
    pairs = link.query.split("&")
    query = "&".join(pair for pair in pairs if not pair.removeprefix("amp;").startswith("_x_tr_"))
    return f"{scheme}://{host}{link.path or '/'}{'?' + query if query else ''}"


def _from_path(link: _Link) -> str | None:
    inner = link.path.removeprefix(link.wrapper.path.removesuffix("*"))
    return (unquote(inner) + (f"?{link.query}" if link.query else "")) or None


_READERS: dict[str, Callable[[_Link], str | None]] = {
    "parameter": _from_parameter,
    "path": _from_path,
    "proofpoint_2": _from_proofpoint_2,
    "proofpoint_3": _from_proofpoint_3,
    "translated_host": _from_translated_host,
}
