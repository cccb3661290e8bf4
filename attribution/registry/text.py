"""Port-43 text and JSON bodies: one bounded way to decode and to cut into lines and objects."""

from __future__ import annotations

import codecs
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

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
"""The same in line ends: a text of nothing else takes a hundred times longer to read."""


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a port-43 answer (RFC 2622, section 2)."""

    attributes: tuple[tuple[str, str], ...] = ()
    """(key in lower case, value), in the order of the text."""

    @property
    def kind(self) -> str:
        """The key of the first attribute: `inetnum`, `role`."""
        return self.attributes[0][0]

    @property
    def name(self) -> str:
        """The value of the first attribute: the range of an inetnum, the name of a role."""
        return self.attributes[0][1]

    def values(self, *keys: str) -> list[str]:
        """Return the non-empty values of these attributes, in order."""
        return [value for key, value in self.attributes if key in keys and value]

    def first(self, *keys: str) -> str | None:
        """Return the first non-empty value of these attributes."""
        return next(iter(self.values(*keys)), None)

    def roles_by_handle(self, roles: Mapping[str, str]) -> dict[str, set[str]]:
        """Return the roles under which it refers to each handle, given the role of each key."""
        by_handle: dict[str, set[str]] = {}
        for key, role in roles.items():
            for handle in self.values(key):
                by_handle.setdefault(handle.upper(), set()).add(role)
        return by_handle


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
    cut: list[Object] = []
    current: list[tuple[str, list[str]]] = []
    for line in [*lines(text), ""]:
        if not line.strip("\r"):
            if current:
                budget.spend()
                attributes = ((key, clean(" ".join(parts))) for key, parts in current)
                cut.append(Object(tuple(attributes)))
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
    return cut


def read_as_number(text: str) -> int | None:
    """Read `AS64496` or `64496`; None when it is no number of an AS."""
    number = text.upper().removeprefix("AS")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 11 else None


def comments(text: str) -> list[str]:
    """Return comment lines, which only the registry writes, without `%` or `#`."""
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
