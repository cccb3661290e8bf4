"""IntelMQ's documented interface, as far as an expert bot uses it, in place of IntelMQ itself.

IntelMQ needs packages that have no wheel, so it is in no lock. After its developers' guide (data
format and bot interface of version 3): an event takes only keys of the data harmonization, each
with a type; `add` ignores empty values, keeps an existing value unless `overwrite`, and leaves out
an invalid one where `raise_failure` is false.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

_IGNORED = ("", "-", "N/A", None)


class InvalidValue(ValueError):  # noqa: N818 - IntelMQ's own name
    """A value that is not of its key's type."""


class KeyExists(ValueError):  # noqa: N818 - IntelMQ's own name
    """A key has a value already, and nothing was said of overwriting it."""


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _is_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_network(value: Any) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


HARMONIZATION: dict[str, Callable[[Any], bool]] = {
    "feed.name": _matches(r".+"),
    "source.abuse_contact": _matches(r"[^A-Z\s]+"),
    "source.asn": lambda value: isinstance(value, int) and 0 < value < 2**32,
    "source.fqdn": _matches(r"[^A-Z\s]*[a-z0-9]"),
    "source.geolocation.cc": _matches(r"[A-Z]{2}"),
    "source.ip": _is_address,
    "source.network": _is_network,
    "source.registry": _matches(r"AFRINIC|APNIC|ARIN|LACNIC|RIPE"),
    "source.url": _matches(r"[a-z]+://\S+"),
}
"""Keys of the data harmonization that the bot reads or writes,
and what each holds; `extra.*` holds anything.
"""


class Event(dict[str, Any]):
    """An event: a flat dictionary of harmonized keys."""

    def add(
        self, key: str, value: Any, *, overwrite: bool | None = None, raise_failure: bool = True
    ) -> bool | None:
        """Set a key; True if it was set, False if not, None for a value that is ignored."""
        if overwrite is None and key in self:
            raise KeyExists(key)
        if overwrite is False and key in self:
            return False
        if value in _IGNORED:
            return None
        if not key.startswith("extra."):
            is_valid = HARMONIZATION[key](value)
            if not is_valid and raise_failure:
                raise InvalidValue(key, value)
            if not is_valid:
                return False
        self[key] = value
        return True


class ExpertBot:
    """The base class of experts: what a bot calls of it, without queues."""

    def receive_message(self) -> Event:
        """Return the next event."""
        raise LookupError("no event was given")

    def send_message(self, event: Event) -> None:
        """Pass an event on."""

    def acknowledge_message(self) -> None:
        """Say that the event received last is done."""


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `intelmq.lib.bot` importable for a test."""
    for name in ("intelmq", "intelmq.lib", "intelmq.lib.bot"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["intelmq.lib.bot"].ExpertBot = ExpertBot  # type: ignore[attr-defined]
