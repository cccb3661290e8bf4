r"""Text -> scheme, host, port and the rest, refanged, as the WHATWG URL standard splits it.

`http:/host`, `http:host`, `http:\\host` and `//host` name the same host, and `\` ends an authority
as `/` does: `http://a.example\.b.example/` has the host `a.example`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from attribution.target.cleaning import without_surroundings, without_trailing_punctuation
from attribution.target.defang import Defanging, plain_scheme, refang_authority, refang_rest
from attribution.target.faults import Fault
from attribution.target.kinds import HOSTLESS_SCHEMES

_OPEN, _CLOSE = r"[\[({]", r"[\])}]"
_SCHEME = re.compile(
    rf"([a-z][a-z0-9+.*-]{{0,30}})\s?(:|{_OPEN}:{_CLOSE}|{_OPEN}:(?://|\\\\){_CLOSE})\s?",
    re.IGNORECASE,
)
_SLASHES = re.compile(rf"(?:[/\\]|{_OPEN}(?://|/){_CLOSE})+")
_AUTHORITY_END = re.compile(rf"[/?#\\]|{_OPEN}/{_CLOSE}")
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21}
_PORT = re.compile(r"[0-9]{0,40}")


@dataclass(frozen=True, slots=True)
class Parts:
    """A URL's parts. Only `host` may leave this machine."""

    scheme: str | None
    """In lower case; None where the text has none."""
    host: str = ""
    """As written, refanged; an IPv6 address without its brackets."""
    port: int | None = None
    """None where none is given, or the scheme's own."""
    rest: str = ""
    """Path, query and fragment, refanged where the head was; of a hostless URL all of it."""

    @property
    def hostless(self) -> bool:
        """Whether URLs of this scheme name no host."""
        return self.scheme in HOSTLESS_SCHEMES


def split(text: str) -> Parts:
    """Split a pasted text. Raises Fault where no host stands in it."""
    plain = without_surroundings(text)
    if not plain:
        raise Fault("it is empty")
    scheme, after, done = _split_scheme(plain)
    after = without_trailing_punctuation(after)
    if scheme in HOSTLESS_SCHEMES:
        return Parts(scheme, rest=refang_rest(after, done))
    end = _AUTHORITY_END.search(after)
    authority, rest = (after[: end.start()], after[end.start() :]) if end else (after, "")
    authority, of_host = refang_authority(authority)
    done = Defanging(
        scheme=done.scheme,
        dots=of_host.dots,
        spelled_dots=of_host.spelled_dots,
        bracketed=done.bracketed or of_host.bracketed or (end is not None and len(end[0]) > 1),
    )
    host, port = _split_port(authority.rpartition("@")[2].strip())
    port = None if port == _DEFAULT_PORTS.get(scheme or "http") else port
    return Parts(scheme, host, port, refang_rest(rest, done))


def shown_host(text: str) -> str:
    """Return of a text what a message may show: no path, no query and no credentials."""
    _, after, _ = _split_scheme(without_surroundings(text))
    authority = _AUTHORITY_END.split(after, maxsplit=1)[0]
    host = refang_authority(authority)[0].rpartition("@")[2].strip()
    if host.startswith("["):
        inside, closed, _ = host.partition("]")
        return inside + closed
    name, _, port = host.partition(":")
    return host if host.count(":") != 1 or port.isdigit() else name


def _split_scheme(text: str) -> tuple[str | None, str, Defanging]:
    """Return (scheme, what follows it and its slashes, how both were defanged)."""
    match = _SCHEME.match(text)
    if not match:
        return None, *_without_slashes(text, Defanging())
    scheme, after = plain_scheme(match[1]), text[match.end() :]
    done = Defanging(scheme=scheme != match[1].lower(), bracketed=len(match[2]) > 1)
    if scheme in HOSTLESS_SCHEMES:
        return scheme, after, done
    has_slashes = len(match[2]) > 3 or scheme in _DEFAULT_PORTS  # `[://]`; or none are needed
    authority, done = _without_slashes("//" + after if has_slashes else after, done)
    if has_slashes or authority != after:
        return scheme, authority, done
    return None, text, Defanging()  # a host and its port


def _without_slashes(text: str, done: Defanging) -> tuple[str, Defanging]:
    """Take off two slashes or more of either kind: what follows is the authority."""
    match = _SLASHES.match(text)
    if match is None or len(match[0]) < 2:
        return text, done
    in_brackets = any(character in "[({" for character in match[0])
    return text[match.end() :], replace(done, bracketed=done.bracketed or in_brackets)


def _split_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        return _split_ipv6(authority)
    if authority.count(":") > 1:
        return authority, None
    name, _, port = authority.partition(":")
    number = _port_number(port)
    if not name:
        raise Fault("it names no host")
    return name, number


def _split_ipv6(authority: str) -> tuple[str, int | None]:
    inside, closed, after = authority[1:].partition("]")
    if not closed or (after and not after.startswith(":")):
        raise Fault("the address in brackets is not closed or is followed by something else")
    if ":" not in inside:
        raise Fault("what stands in brackets is no IPv6 address")
    return inside, _port_number(after[1:])


def _port_number(port: str) -> int | None:
    if not port:
        return None
    if not _PORT.fullmatch(port):
        raise Fault("what follows the host and a colon is no port number from 0 to 65535")
    if int(port) > 65535:
        raise Fault(f"{port[:20]} is no port number from 0 to 65535")
    return int(port)
