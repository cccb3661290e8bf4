"""A reported URL, host name or address -> what to look up, or why there is nothing to look up. Pure.

Reports hold what people paste: defanged links, missing schemes, odd address forms. The host is read as a
browser would read it (WHATWG URL, UTS 46), because a browser is where the reporter saw it.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import idna

from attribution.addresses import Address, normal, special_purpose
from attribution.errors import InvalidTarget

_MAXIMUM_LENGTH = 8192
_DEFANGED = [
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (r"^h[x*]{2}p(s?)", r"http\1"),
        (r"^(h[tx*]{2}ps?|fxp)\[:\]//", r"\1://"),
        (r"^(h[tx*]{2}ps?|fxp)(?:\[://\]|\(://\)|\[:\]\[//\]|:\\\\)", r"\1://"),
        (r"^fxp", "ftp"),
    )
]
_DEFANGED_DOT = re.compile(r"\s?(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\\\.)\s?", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_HOSTLESS_SCHEMES = frozenset(
    [
        "about",
        "bitcoin",
        "blob",
        "data",
        "dweb",
        "ed2k",
        "file",
        "ipfs",
        "ipns",
        "javascript",
        "magnet",
        "mailto",
        "news",
        "sms",
        "tel",
        "urn",
    ]
)
_SPECIAL_NAMES = {
    "onion": "a Tor onion service has no address on the Internet (RFC 7686)",
    "i2p": "an I2P site has no address on the Internet",
    "local": "a multicast DNS name means something only on one local network (RFC 6762)",
    "localhost": "a loopback name (RFC 6761)",
    "invalid": "a name that by definition never exists (RFC 6761)",
    "internal": "a name reserved for private networks (ICANN, 2024)",
    "home.arpa": "a name for use inside a home network (RFC 8375)",
    "alt": "a name outside the DNS (RFC 9476)",
}
_FORBIDDEN_IN_NAME = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}!$&'()*+,;=~]")
_WEB_SCHEME = re.compile(r"http(s?):", re.IGNORECASE)
_INVISIBLE = frozenset(["Cc", "Cf", "Zl", "Zp"])
_WRAPPING = "<>\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb"


@dataclass(frozen=True, slots=True)
class Target:
    """What a report points at. `host` is lower-case ASCII (A-labels) or a canonical IP address."""

    input: str
    host: str
    address: str | None = None
    """The address that the host literally is, after taking an embedded IPv4 address out; else None."""
    not_attributable: str | None = None
    """Why no company can be found for this kind of host; None when it can be looked up."""
    code: str | None = None
    """The doubt's code that goes with `not_attributable`: `special_name`, `special_address`, `no_host`."""


def parse_target(text: str, *, documentation_is_special: bool = True) -> Target:
    """Read a reported URL, host name or address.

    Raises InvalidTarget, and nothing else, when the text is none of them. The same target always gives the
    same host, however it is spelled. Sources: WHATWG URL, UTS 46, RFC 3986, RFC 6761.
    """
    if not isinstance(text, str):
        raise InvalidTarget(repr(text), "it is not text")
    if len(text) > _MAXIMUM_LENGTH:
        raise InvalidTarget(text, f"it is longer than {_MAXIMUM_LENGTH} characters")
    plain = _refang(text)
    if not plain:
        raise InvalidTarget(text, "it is empty")
    scheme, rest = _split_scheme(plain)
    if scheme in _HOSTLESS_SCHEMES:
        return Target(text, f"{scheme}:", None, f"a {scheme}: link names no host", "no_host")
    host = _authority_host(text, rest)
    return _classify(text, host, documentation_is_special)


def plain_url(text: str) -> tuple[str, str]:
    """Return (the URL as one would write it, what is the same for every spelling of it). Raises InvalidTarget.

    The second leaves out scheme, port, credentials and fragment: a page reported by http and by https is one page.
    """
    target = parse_target(text)
    plain = _refang(text)
    scheme, rest = _split_scheme(plain)
    start = next((place for place, character in enumerate(rest) if character in "/?#"), len(rest))
    path = rest[start:].partition("#")[0]
    path = path if path.startswith("/") else "/" + path
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{scheme or 'http'}://{host}{_port_of(rest[:start])}{path}", f"{host}{path}"


def defanged(text: str) -> str:
    """Return a URL, host name or address as one that no program takes for a link: `hxxps://www[.]site[.]example/x`."""
    plain = _WEB_SCHEME.sub(lambda found: f"hxxp{found[1].lower()}:", text)
    head, separator, rest = plain.partition("://")
    if not separator:
        head, rest = "", plain
    host, slash, path = rest.partition("/")
    return f"{head}{separator}{host.replace('.', '[.]').replace('[[.]]', '[.]')}{slash}{path}"


def _port_of(authority: str) -> str:
    found = re.search(r":(\d{1,5})$", authority.rpartition("@")[2])
    return found[0] if found and authority.count(":") < 3 and found[1] not in ("80", "443") else ""


def _refang(text: str) -> str:
    plain = text
    if not (text.isascii() and text.isprintable()):
        plain = "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE or c in "\u200c\u200d")
    plain = plain.strip().strip(_WRAPPING).strip()
    if not plain.startswith(("http://", "https://")):
        for pattern, replacement in _DEFANGED:
            plain = pattern.sub(replacement, plain)
    head, separator, tail = _split_before_path(plain)
    return _DEFANGED_DOT.sub(".", head) + separator + tail


def _split_before_path(text: str) -> tuple[str, str, str]:
    """Split where the path begins, so that brackets in a path are left alone."""
    start = text.find("://")
    start = start + 3 if start >= 0 else 0
    for position in range(start, len(text)):
        if text[position] in "/?#":
            return text[:position], text[position], text[position + 1 :]
    return text, "", ""


def _split_scheme(text: str) -> tuple[str | None, str]:
    match = _SCHEME.match(text)
    if not match:
        return None, text.removeprefix("//")
    scheme, rest = match[1].lower(), text[match.end() :]
    if rest.startswith(("//", "\\\\", "/\\", "\\/")):
        return scheme, rest[2:].lstrip("/\\") if scheme in ("http", "https", "ftp", "ws", "wss") else rest[2:]
    if scheme in _HOSTLESS_SCHEMES and not re.match(r"\d+(?:[/?#]|$)", rest):
        return scheme, rest
    if scheme in ("http", "https"):
        return scheme, rest.lstrip("/\\")
    return None, text


def _authority_host(text: str, rest: str) -> str:
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    host = authority.rpartition("@")[2].strip()
    if host.startswith("["):
        inside, closed, after = host[1:].partition("]")
        if not closed or (after and not re.fullmatch(r":\d*", after)):
            raise InvalidTarget(text, "the address in brackets is not closed or is followed by something else")
        if ":" not in inside:
            raise InvalidTarget(text, "what stands in brackets is no IPv6 address")
        return inside
    if host.count(":") > 1:
        return host
    name, colon, port = host.partition(":")
    if colon and port and not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise InvalidTarget(text, f"{port!r} is no port number from 0 to 65535")
    if not name:
        raise InvalidTarget(text, "it names no host")
    return name


def _classify(text: str, host: str, documentation_is_special: bool) -> Target:
    address = _address(text, host)
    if address is not None:
        matters = normal(address)
        special = special_purpose(matters, documentation_is_special=documentation_is_special)
        if special:
            return Target(text, str(address), str(matters), f"the address is special: {special}", "special_address")
        return Target(text, str(address), str(matters))
    name = _ascii_name(text, host)
    for suffix, reason in _SPECIAL_NAMES.items():
        if name == suffix or name.endswith("." + suffix):
            return Target(text, name, None, reason, "special_name")
    if "." not in name:
        raise InvalidTarget(text, f"the name {name!r} has no dot, so it is no name on the Internet")
    return Target(text, name)


def _address(text: str, host: str) -> Address | None:
    if ":" in host:
        try:
            return ipaddress.IPv6Address(re.split(r"%", host, maxsplit=1)[0])
        except ValueError:
            raise InvalidTarget(text, f"{host!r} is no IPv6 address") from None
    with contextlib.suppress(ValueError):
        return ipaddress.IPv4Address(host)  # as most are written: four decimal numbers without leading zeros
    name = _mapped(text, host)
    last = name.removesuffix(".").rpartition(".")[2]
    if not (last.isascii() and (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last))):
        return None
    return _ipv4(text, name.removesuffix("."))


def _ipv4(text: str, name: str) -> ipaddress.IPv4Address:
    """Read the IPv4 forms of the WHATWG URL standard: up to four parts, decimal, octal or hexadecimal."""
    fault = InvalidTarget(text, f"{name!r} ends in a number but is no IPv4 address")
    parts = name.split(".")
    if len(parts) > 4:
        raise fault
    numbers = []
    for part in parts:
        digits, base = (part[2:], 16) if part[:2] == "0x" else (part, 8 if part[:1] == "0" and len(part) > 1 else 10)
        if not re.fullmatch({16: "[0-9a-f]*", 8: "[0-7]+", 10: "[0-9]+"}[base], digits) or len(digits) > 40:
            raise fault
        numbers.append(int(digits or "0", base))
    *octets, tail = numbers
    if any(octet > 255 for octet in octets) or tail >= 256 ** (5 - len(numbers)):
        raise fault
    value = sum(octet << (8 * (3 - place)) for place, octet in enumerate(octets)) + tail
    return ipaddress.IPv4Address(value)


def _mapped(text: str, host: str) -> str:
    """Percent-decode and map as UTS 46 does, non-transitionally."""
    try:
        decoded = unquote_to_bytes(host).decode("utf-8") if "%" in host else host
        return idna.uts46_remap(decoded, std3_rules=False, transitional=False)
    except UnicodeError as error:  # idna's errors are UnicodeErrors
        raise InvalidTarget(text, f"{host!r} holds characters that no host name may hold ({error})") from None


def _ascii_name(text: str, host: str) -> str:
    name = _mapped(text, host).removesuffix(".")
    if not name:
        raise InvalidTarget(text, "it names no host")
    forbidden = _FORBIDDEN_IN_NAME.search(name)
    if forbidden:
        raise InvalidTarget(text, f"{forbidden[0]!r} may not stand in a host name")
    labels = [_ascii_label(text, label) for label in name.split(".")]
    if not all(labels):
        raise InvalidTarget(text, "two dots follow each other in the host name")
    if any(len(label) > 63 for label in labels) or len(".".join(labels)) > 253:
        raise InvalidTarget(text, "a label is longer than 63 octets or the name longer than 253 (RFC 1035)")
    return ".".join(labels)


def _ascii_label(text: str, label: str) -> str:
    try:
        if not label.isascii():
            return "xn--" + label.encode("punycode").decode("ascii")
        if label.startswith("xn--"):
            unicode_label = label[4:].encode("ascii").decode("punycode")
            again = idna.uts46_remap(unicode_label, std3_rules=False, transitional=False)
            if not label[4:] or unicode_label.isascii() or again != unicode_label:
                raise InvalidTarget(text, f"{label!r} is no valid A-label (RFC 5890)")
    except UnicodeError:
        raise InvalidTarget(text, f"{label!r} cannot be written in the DNS (RFC 3492)") from None
    return label
