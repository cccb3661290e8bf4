"""Which hosts are reported at the moment: no connection may go to them.

One object serves all tasks of an `Attributor`: targets of one batch protect each other.
"""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from attribution.net.addresses import Address, normal

MOST_ADDRESSES = 100_000
"""Addresses of finished targets that are remembered; the oldest are forgotten first."""
REMEMBERED_SECONDS = 3600.0
"""Seconds for which the addresses of a finished target still count as reported."""
_Key = TypeVar("_Key")
_MOST_OF_ONE_TARGET = 8192  # more than a DNS message of 64 KiB of each type can hold


class TargetInWork:
    """One target that is looked up. Its addresses count until the work ends, and an hour longer."""

    def __init__(self, reported: ReportedAddresses) -> None:
        self._reported = reported
        self.addresses: set[Address] = set()

    def add(self, addresses: Iterable[Address | str]) -> None:
        """Note addresses that the target's name leads to."""
        for address in addresses:
            normalised = as_normal(address)
            if normalised not in self.addresses and len(self.addresses) < _MOST_OF_ONE_TARGET:
                self.addresses.add(normalised)
                self._reported.hold(normalised)


class ReportedAddresses:
    """Addresses of all targets in work and of the last hour, and the host names of those in work.

    Addresses are compared in their normal form. `monotonic` is a clock in seconds.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.monotonic, *, most: int = MOST_ADDRESSES
    ) -> None:
        self._monotonic, self._most = monotonic, most
        self._in_work: Counter[Address] = Counter()
        self._recent: OrderedDict[Address, float] = OrderedDict()  # the oldest first
        self._hosts: Counter[str] = Counter()

    def __contains__(self, address: Address) -> bool:
        if address in self._in_work:
            return True
        seen_at = self._recent.get(address)
        return seen_at is not None and self._monotonic() - seen_at <= REMEMBERED_SECONDS

    def add(self, addresses: Iterable[Address | str]) -> None:
        """Note addresses as reported, for an hour from now."""
        now = self._monotonic()
        for address in addresses:
            normalised = as_normal(address)
            self._recent[normalised] = now
            self._recent.move_to_end(normalised)
        self._forget(now)

    @contextmanager
    def in_work(self, host: str) -> Iterator[TargetInWork]:
        """Hold a target's host name and addresses for as long as the block runs."""
        name = plain_host(host)
        target = TargetInWork(self)
        self._hosts[name] += 1
        try:
            yield target
        finally:
            _release(self._hosts, name)
            for address in target.addresses:
                _release(self._in_work, address)
            self.add(target.addresses)

    def hold(self, address: Address) -> None:
        """Count an address, in normal form, as one of a target in work."""
        self._in_work[address] += 1

    def is_host(self, name: str) -> bool:
        """Whether a server's name is the host name of a target in work, or below it."""
        labels = plain_host(name)
        while labels:
            if labels in self._hosts:
                return True
            labels = labels.partition(".")[2]
        return False

    def _forget(self, now: float) -> None:
        while self._recent:
            address, seen_at = next(iter(self._recent.items()))
            if len(self._recent) <= self._most and now - seen_at <= REMEMBERED_SECONDS:
                break
            del self._recent[address]


def _release(counter: Counter[_Key], key: _Key) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def as_normal(address: Address | str) -> Address:
    """Return an address in its normal form, which is compared. Raises ValueError."""
    return normal(ipaddress.ip_address(address) if isinstance(address, str) else address)


def plain_host(host: str) -> str:
    """Return a host name in lower case, without the root's dot, as names are compared."""
    return host.lower().removesuffix(".")
