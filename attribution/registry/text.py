"""Port-43 text and JSON bodies: one bounded way to decode and to cut into lines and objects."""

from __future__ import annotations

import codecs
import ipaddress
import re
from collections.abc import Mapping

from attribution.net.addresses import Address, read_address
from attribution.registry.lenient import clean
from attribution.registry.registration import UnreadableAnswer

MAXIMUM_BODY = 1024 * 1024
"""Bytes of an answer after decompression; more is unreadable."""
MAXIMUM_ENTITIES = 2_000
"""Entities (or objects of a text) of one answer; more is unreadable."""
BIG_BODY = 64 * 1024
"""Above this a caller parses in a thread, so that the event loop never waits."""
BIG_LINES = 2_000
"""The same for line ends: a text of nothing else costs a hundred times what its bytes do."""

Object = list[tuple[str, str]]

# Only these end a line. `str.splitlines` also cuts at form feeds, U+0085 and U+2028, which a
# customer can write into a value to make it look like a line of the registry's.
_LINE_END = re.compile("\r{0,3}\n")
_EMPTY_LINES = re.compile("\r{0,3}\n(?:\r{0,3}\n)+")


class EntityBudget:
    """Counts entities of one answer. Raises UnreadableAnswer above MAXIMUM_ENTITIES."""

    def __init__(self) -> None:
        self._left = MAXIMUM_ENTITIES

    def spend(self, count: int = 1) -> None:
        """Count entities that are about to be read."""
        self._left -= count
        if self._left < 0:
            raise UnreadableAnswer(f"more than {MAXIMUM_ENTITIES:,} entities in one answer")


def is_big(body: bytes) -> bool:
    """Say whether an answer is large enough to be read off the event loop: in bytes or in lines."""
    return len(body) > BIG_BODY or body.count(b"\n") + body.count(b"\r") > BIG_LINES


def decode(body: bytes) -> str:
    """Decode an answer once: UTF-8 where it is that, else Latin-1, which every byte fits.

    Raises UnreadableAnswer above MAXIMUM_BODY.
    """
    if len(body) > MAXIMUM_BODY:
        raise UnreadableAnswer(f"{len(body):,} bytes, which is more than {MAXIMUM_BODY:,}")
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def lines(text: str) -> list[str]:
    r"""Cut into lines at `\n`, `\r\n` and `\r\r\n`, and nowhere else; of empty ones one stays."""
    return _LINE_END.split(_EMPTY_LINES.sub("\n\n", text))


def is_comment(line: str) -> bool:
    """Say whether a line is the registry's own: an object's begin with a letter or white space."""
    return line.startswith(("%", "#"))


def objects(text: str) -> list[Object]:
    """Split into objects of (attribute in lower case, value), without comments, lines joined.

    An empty line ends an object. A line of white space continues a value, as in RPSL: a customer
    who writes one into a description would else cut its own object in two.
    Raises UnreadableAnswer for more than MAXIMUM_ENTITIES objects.
    """
    budget = EntityBudget()
    found: list[Object] = []
    current: list[tuple[str, list[str]]] = []
    for line in [*lines(text), ""]:
        if not line.strip("\r"):
            if current:
                budget.spend()
                found.append([(key, clean(" ".join(parts))) for key, parts in current])
            current = []
        elif is_comment(line):
            continue
        elif line[0] in " \t+":
            if current:
                current[-1][1].append(line[1:])
        else:
            key, colon, value = line.partition(":")
            if colon:
                current.append((key.strip().lower(), [value]))
    return found


def values(one: Object, *keys: str) -> list[str]:
    """Return the non-empty values of these attributes, in order."""
    return [value for key, value in one if key in keys and value]


def first(one: Object, *keys: str) -> str | None:
    """Return the first non-empty value of these attributes."""
    return next((value for key, value in one if key in keys and value), None)


def roles_by_handle(one: Object, roles: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the roles under which an object refers to each handle, given the role of each key."""
    found: dict[str, set[str]] = {}
    for key, role in roles.items():
        for handle in values(one, key):
            found.setdefault(handle.upper(), set()).add(role)
    return found


def read_as_number(text: str) -> int | None:
    """Read `AS64496` or `64496`; None when it is no number of an AS."""
    number = text.upper().removeprefix("AS")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 11 else None


def comments(text: str) -> list[str]:
    """Return the registry's own lines without their mark, white space collapsed."""
    return [clean(line.lstrip("%#")) for line in lines(text) if is_comment(line)]


def read_range(text: str | None) -> tuple[Address, Address] | None:
    """Read `a - b`, a CIDR or LACNIC's short CIDR (`198.51.100/24`); None when it is no range."""
    if not text or len(text) > 100:
        return None
    low, dash, high = text.partition("-")
    try:
        ends = (read_address(low), read_address(high)) if dash else _ends(text)
    except ValueError:
        return None
    if ends[0].version != ends[1].version:
        return None
    return ends if int(ends[0]) <= int(ends[1]) else (ends[1], ends[0])


def _ends(text: str) -> tuple[Address, Address]:
    head, _, length = text.strip().partition("/")
    if ":" not in head and head.count(".") < 3:
        head += ".0" * (3 - head.count("."))
    address = read_address(head)
    network = ipaddress.ip_network(f"{address}/{length or address.max_prefixlen}", strict=False)
    return network.network_address, network.broadcast_address
