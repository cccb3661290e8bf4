"""Links that are made harmless, and made links again: `hxxps://www[.]site[.]example/page[.]html`.

A tool that defangs a URL does not stop at its host. So what was done to the head (scheme,
separator, host) was done to the rest: `/page[.]html` is `/page.html` after a defanged head, and
literal after a plain one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_OPEN, _CLOSE = r"[\[({]", r"[\])}]"
_DOT = re.compile(rf"\s?{_OPEN}(?:\.|dot){_CLOSE}\s?", re.IGNORECASE)
_DOT_OR_WORD = re.compile(rf"{_DOT.pattern}|\s{{1,3}}dot\s{{1,3}}", re.IGNORECASE)
_BRACKETED = re.compile(rf"{_OPEN}(://|//|:|/){_CLOSE}")
_WEB_SCHEME = re.compile(r"h[tx*]{2}p(s?)", re.IGNORECASE)
_FILE_SCHEME = re.compile(r"f[tx*]p(s?)", re.IGNORECASE)
_INNER_SCHEME = re.compile(r"h(?:xx|\*\*)p(s?)(?=:|%3a)", re.IGNORECASE)
_PLAIN_SCHEME = re.compile(r"http(s?):", re.IGNORECASE)
_AUTHORITY_END = re.compile(r"[/?#\\]")


@dataclass(frozen=True, slots=True)
class Defanging:
    """What was done to a head."""

    scheme: bool = False
    dots: bool = False
    spelled_dots: bool = False
    """Dots were written as the word `dot` between spaces."""
    bracketed: bool = False
    """Colons or slashes stood in brackets."""

    def __bool__(self) -> bool:
        return self.scheme or self.dots or self.spelled_dots or self.bracketed


def plain_scheme(scheme: str) -> str:
    """Return a scheme in lower case and refanged: `hXXps` -> `https`, `h**p` -> `http`."""
    for pattern, plain in ((_WEB_SCHEME, "http"), (_FILE_SCHEME, "ftp")):
        match = pattern.fullmatch(scheme)
        if match:
            return plain + match[1].lower()
    return scheme.lower()


def refang_authority(authority: str) -> tuple[str, Defanging]:
    """Return an authority with plain dots and colons, and what had been done to it."""
    unbracketed = _BRACKETED.sub(r"\1", authority)
    dotted = _DOT.sub(".", unbracketed)
    plain = _DOT_OR_WORD.sub(".", dotted)
    done = Defanging(dots=dotted != unbracketed, spelled_dots=plain != dotted)
    return plain, replace(done, bracketed=unbracketed != authority)


def refang_rest(rest: str, done: Defanging) -> str:
    """Undo in path and query what was done to the head."""
    if not done:
        return rest
    plain = (_DOT_OR_WORD if done.spelled_dots else _DOT).sub(".", rest)
    plain = _INNER_SCHEME.sub(r"http\1", plain)
    return _BRACKETED.sub(r"\1", plain) if done.bracketed else plain


def defanged(text: str) -> str:
    """Return a URL, name or address as no program takes for a link: `hxxps://site[.]example/x`.

    Reading the result again gives the same URL: what looks defanged in a plain URL's path is
    written with a percent-encoded letter or dot: the same path (RFC 3986, section 6.2.2.2).
    """
    head, separator, rest = text.partition("://")
    if not separator:
        head, rest = "", text
    end = _AUTHORITY_END.search(rest)
    host, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    scheme = head.lstrip("<")
    if not refang_authority(host)[1] and plain_scheme(scheme) == scheme.lower():
        tail = _INNER_SCHEME.sub(_encoded_inside, _DOT.sub(_encoded_inside, tail))
    host = host.replace(".", "[.]").replace("[[.]]", "[.]")
    if scheme.lower() in ("ftp", "ftps"):
        head = head.lower().replace("ftp", "fxp")
    elif separator and host.startswith("[") and not _WEB_SCHEME.fullmatch(scheme):
        separator = "[:]//" if plain_scheme(scheme) == scheme.lower() else separator
    return _PLAIN_SCHEME.sub(_harmless_scheme, f"{head}{separator}{host}{tail}")


def _harmless_scheme(match: re.Match[str]) -> str:
    return f"hxxp{match[1].lower()}:"


def _encoded_inside(match: re.Match[str]) -> str:
    """Percent-encode one unreserved character of a token, so that it is none."""
    token = match[0]
    place = next(number for number, character in enumerate(token) if character in ".oOpP")
    return f"{token[:place]}%{ord(token[place]):02X}{token[place + 1 :]}"
