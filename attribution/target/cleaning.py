"""What stands around a URL in a report: space, list marks, brackets, quotes, Markdown, punctuation.

Every function takes time that grows no faster than its text.
"""

from __future__ import annotations

import re
import unicodedata

from attribution.target.faults import Fault

MAXIMUM_OCTETS = 8192
"""What is longer than 8 KiB in UTF-8 is no target."""

_INVISIBLE = frozenset(["Cc", "Cf", "Zl", "Zp"])
_JOINERS = "\u200c\u200d"
"""Zero-width joiners: names in Persian and Indic scripts hold them."""
_CURLY = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
_QUOTES = "\"'`\u00b4\u00ab\u00bb\u2039\u203a\u300c\u300d" + _CURLY
_OPENING = "<({" + _QUOTES + "*|"
_TRAILING = frozenset(".,;:!?<>*|\u2026\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff01\uff1f" + _QUOTES)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_LIST_MARK = r"[-*+\u2022\u00b7\u2013\u2014>]|\d{1,4}[.)]|\[[\w ]{0,20}\]:?"
_LIST_MARKS = re.compile(rf"(?:(?:{_LIST_MARK})\s+){{1,4}}")
_PREFIX = re.compile(r"(?:url|view-source):\s{0,3}(?=\S)", re.IGNORECASE)
_IPV6_START = re.compile(r"\[[0-9a-f]{0,4}(?::|[\[({]:[\])}])", re.IGNORECASE)
_PASSES = 4
"""How many layers around a URL are taken off: a list mark, a Markdown link, <>, a quote."""


def check_length(text: str) -> None:
    """Raise Fault for a text above the bound."""
    octets = len(text)
    if octets <= MAXIMUM_OCTETS:
        octets = len(text.encode("utf-8", "surrogatepass"))
    if octets > MAXIMUM_OCTETS:
        raise Fault(f"it is longer than 8 KiB ({MAXIMUM_OCTETS} octets)")


def without_surroundings(text: str) -> str:
    """Return the URL, name or address in a pasted text, still defanged where it was.

    The end is left as it is, since what is punctuation there depends on the scheme: see
    `without_trailing_punctuation`.
    """
    plain = text
    for _ in range(_PASSES):
        before = plain
        plain = _without_start(_LIST_MARKS, _stripped(plain))
        plain = _link_target(plain).lstrip(_OPENING)
        if plain.startswith("[") and not _IPV6_START.match(plain):
            plain = plain[1:]
        plain = _without_start(_PREFIX, plain)
        if plain == before:
            break
    return _stripped(_visible(plain))


def without_trailing_punctuation(text: str) -> str:
    """Take off what ends a sentence or closes a bracket that was opened before the URL."""
    excess = {close: text.count(close) - text.count(opening) for close, opening in _CLOSING.items()}
    end = len(text)
    while end:
        last = text[end - 1]
        if last == ":" and text[end - 2 : end - 1] == ":":
            break  # `2001:db8::` is whole
        if last in _CLOSING and excess[last] > 0:
            excess[last] -= 1
        elif last not in _TRAILING and not last.isspace():
            break
        end -= 1
    return text[:end]


def _stripped(text: str) -> str:
    """Strip space and invisible characters from both ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    start, end = 0, len(text)
    while start < end and _is_blank(text[start]):
        start += 1
    while end > start and _is_blank(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in _INVISIBLE


def _visible(text: str) -> str:
    """Take out tabs and line ends, as browsers do, and what else cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    kept = (c for c in text if unicodedata.category(c) not in _INVISIBLE or c in _JOINERS)
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in kept)


def _without_start(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.match(text)
    return text[match.end() :] if match else text


def _link_target(text: str) -> str:
    """Return where a Markdown link leads (`[text](url "title")`), or the text."""
    start = 1 if text.startswith("![") else 0
    if not text.startswith("[", start) or _is_ipv6_literal(text[start:]):
        return text
    _, separator, target = text.partition("](")
    if not separator:
        return text
    return target.split(' "', 1)[0].split(" '", 1)[0]


def _is_ipv6_literal(text: str) -> bool:
    """Tell `[2001:db8::1]/x` from a Markdown link whose text is an address."""
    inside, _, after = text.partition("]")
    return bool(_IPV6_START.match(inside)) and not after.startswith("(")
