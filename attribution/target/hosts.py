"""A host as written -> an address or a name in A-labels, as browsers read it."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import unicodedata
from urllib.parse import unquote_to_bytes

import idna

from attribution.net.addresses import Address
from attribution.target.faults import Fault, quoted

_FORBIDDEN_IN_NAME = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}!$&'()*+,;=~]")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DIGITS = {16: re.compile(r"[0-9a-f]*"), 10: re.compile(r"[0-9]+"), 8: re.compile(r"[0-7]+")}
_MOST_CHARACTERS = 1024
"""A name has at most 253 octets (RFC 1035); before mapping it may hold what maps to nothing."""
_MOST_IN_LABEL, _MOST_IN_NAME = 63, 253
_MOST_DIGITS = 40


def read_host(host: str) -> Address | str:
    """Return the address that a host is, or its name: lower case, A-labels, no trailing dot.

    Raises Fault. Sources: WHATWG URL (host parsing), UTS 46 non-transitional, RFC 5892, RFC 1035.
    """
    if ":" in host:
        return _ipv6(host)
    with contextlib.suppress(ValueError):
        return ipaddress.IPv4Address(host)  # as most are written
    name = _mapped(host).removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    return _ascii_name(name)


def _ipv6(host: str) -> ipaddress.IPv6Address:
    """Read an IPv6 address; its zone (RFC 6874) means something only on the reporter's machine."""
    try:
        return ipaddress.IPv6Address(host.partition("%")[0])
    except ValueError:
        raise Fault(f"{quoted(host)} is no IPv6 address") from None


def _ipv4(name: str) -> ipaddress.IPv4Address:
    """Read the IPv4 forms of the WHATWG URL standard: four parts or fewer, of base 10, 8 or 16."""
    fault = Fault(f"{quoted(name)} ends in a number but is no IPv4 address")
    parts = name.split(".")
    if len(parts) > 4:
        raise fault
    numbers = []
    for part in parts:
        digits, base = part, 10
        if part.startswith("0x"):
            digits, base = part[2:], 16
        elif part.startswith("0") and len(part) > 1:
            base = 8
        if len(digits) > _MOST_DIGITS or not _DIGITS[base].fullmatch(digits):
            raise fault
        numbers.append(int(digits or "0", base))
    *octets, tail = numbers
    if any(octet > 255 for octet in octets) or tail >= 256 ** (5 - len(numbers)):
        raise fault
    value = sum(octet << (8 * (3 - place)) for place, octet in enumerate(octets)) + tail
    return ipaddress.IPv4Address(value)


def _mapped(host: str) -> str:
    """Percent-decode and map as UTS 46 does; full-width dots become dots."""
    if len(host) > 3 * 4 * _MOST_CHARACTERS:
        raise Fault("the host name is longer than 253 octets (RFC 1035)")
    try:
        decoded = unquote_to_bytes(host).decode("utf-8") if "%" in host else host
        if len(decoded) > _MOST_CHARACTERS:
            raise Fault("the host name is longer than 253 octets (RFC 1035)")
        return idna.uts46_remap(decoded, std3_rules=False, transitional=False)
    except UnicodeError:  # idna's errors are UnicodeErrors
        raise Fault(f"{quoted(host)} holds characters that no host name may hold") from None


def _ascii_name(name: str) -> str:
    if not name:
        raise Fault("it names no host")
    forbidden = _FORBIDDEN_IN_NAME.search(name)
    if forbidden:
        raise Fault(f"{forbidden[0]!r} may not stand in a host name")
    written = name.split(".")
    if not all(written):
        raise Fault("the host name has an empty label: two dots in a row, or one at its start")
    labels = [_ascii_label(label) for label in written]
    if len(".".join(labels)) > _MOST_IN_NAME:
        raise Fault("the host name is longer than 253 octets (RFC 1035)")
    _check_direction(written)
    return ".".join(labels)


def _ascii_label(label: str) -> str:
    """Return a label as an A-label; checks its length before Punycode, whose cost is quadratic."""
    if len(label) > _MOST_IN_LABEL:
        raise Fault("a label of the host name is longer than 63 octets (RFC 1035)")
    ascii_label = label
    if label.startswith("xn--"):
        _check_unicode(label, _unicode_label(label))
    elif not label.isascii():
        _check_unicode(label, label)
        ascii_label = "xn--" + label.encode("punycode").decode("ascii")
    if len(ascii_label) > _MOST_IN_LABEL:
        raise Fault("a label of the host name is longer than 63 octets (RFC 1035)")
    return ascii_label


def _unicode_label(label: str) -> str:
    """Return what an A-label stands for."""
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        again = idna.uts46_remap(decoded, std3_rules=False, transitional=False)
    except UnicodeError:
        raise Fault(f"{quoted(label)} cannot be written in the DNS (RFC 3492)") from None
    if not decoded or decoded.isascii() or again != decoded:
        raise Fault(f"{quoted(label)} is no valid A-label (RFC 5890)")
    return decoded


def _check_unicode(label: str, decoded: str) -> None:
    """Raise Fault where browsers refuse a label: UTS 46, section 4.1, CheckJoiners with them."""
    try:
        idna.check_initial_combiner(decoded)
        joined = all(
            idna.valid_contextj(decoded, place)
            for place, character in enumerate(decoded)
            if character in "\u200c\u200d"
        )
    except UnicodeError:
        joined = False
    if not joined:
        raise Fault(f"{quoted(label)} is no valid label (UTS 46, section 4.1)")


def _check_direction(labels: list[str]) -> None:
    """Raise Fault where a name that is written from right to left breaks the rule of RFC 5893."""
    decoded = [_unicode_label(label) if label.startswith("xn--") else label for label in labels]
    if not any(
        unicodedata.bidirectional(c) in ("R", "AL", "AN") for label in decoded for c in label
    ):
        return
    try:
        for label in decoded:
            idna.check_bidi(label, check_ltr=True)
    except UnicodeError:
        raise Fault("the name mixes directions of writing as no name may (RFC 5893)") from None
