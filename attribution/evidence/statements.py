"""Statements of the hotline's analysts and checkers:
evidence like any other, with who, when and why.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from attribution.data import table_rows
from attribution.errors import InvalidTarget, InvalidVouching
from attribution.evidence import Record
from attribution.evidence.question import ServedFrom, VouchedFor
from attribution.net.addresses import read_address

_PROVIDER = re.compile(r"[a-z]+:[!-~]{1,80}")


@dataclass(frozen=True, slots=True)
class ServedStatement:
    """Which of the addresses that DNS gives was seen to serve the content."""

    address: str
    by: str
    """Who saw it: a checker's name, or an analyst's account."""
    at: datetime

    def as_record(self) -> Record:
        """Return the record that stands in the evidence.
        Raises InvalidTarget for what is no address.
        """
        try:
            address = read_address(self.address)
        except ValueError:
            raise InvalidTarget(self.address, "content is served from an IP address") from None
        body = json.dumps(
            {"address": str(address), "by": self.by, "at": self.at.isoformat()}
        ).encode()
        return Record("served_from", ServedFrom(address), self.by, self.at, "answered", body)


@dataclass(frozen=True, slots=True)
class Vouching:
    """An analyst's statement that a company answers for what
    it hosts, though its block is a customer's.
    """

    provider: str
    """The company's id, `handle space:HANDLE`."""
    by: str
    why: str
    at: datetime

    def as_record(self) -> Record:
        """Return the record that stands in the evidence."""
        values = {
            "provider": self.provider,
            "by": self.by,
            "why": self.why,
            "at": self.at.isoformat(),
        }
        body = json.dumps(values, ensure_ascii=False).encode()
        return Record("vouched", VouchedFor(self.provider), self.by, self.at, "answered", body)


def read_vouchings(text: str) -> list[Vouching]:
    """Read a table of vouchings: CSV with the columns provider,
    by, why, date (ISO 8601); lines with `#` are comments.

    Raises InvalidVouching naming line, column and value.
    """
    vouchings = []
    for number, row in enumerate(table_rows(text), start=1):
        provider, by, why = (str(row.get(name) or "").strip() for name in ("provider", "by", "why"))
        prefix, _, handle = provider.partition(":")
        if provider.isascii():  # capitals of other letters are ASCII: another company's handle
            provider = f"{prefix.lower()}:{handle.upper()}"
        if not _PROVIDER.fullmatch(provider):
            raise InvalidVouching(
                number, "provider", provider, "write registry:HANDLE, e.g. ripe:ORG-EX1-RIPE"
            )
        for name, value in (("by", by), ("why", why)):
            if not value:
                raise InvalidVouching(number, name, value, "say who vouches, and why")
        try:
            at = datetime.fromisoformat(str(row.get("date") or ""))
        except ValueError:
            raise InvalidVouching(
                number, "date", str(row.get("date")), "write e.g. 2026-11-28"
            ) from None
        vouchings.append(Vouching(provider, by, why, at if at.tzinfo else at.replace(tzinfo=UTC)))
    return vouchings
