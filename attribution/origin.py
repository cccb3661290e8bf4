"""An origin behind a proxy, as the proxy's operator told it to somebody whom it trusts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from attribution.addresses import read_address
from attribution.errors import InvalidTarget
from attribution.evidence import Record


@dataclass(frozen=True, slots=True)
class ToldOrigin:
    """An address, who told it, and when."""

    address: str
    source: str
    told_at: datetime

    def as_record(self) -> Record:
        """Return the record that stands in the evidence. Raises InvalidTarget for what is no address."""
        try:
            address = str(read_address(self.address))
        except ValueError:
            raise InvalidTarget(self.address, "an origin is an IP address") from None
        body = json.dumps({"address": address, "source": self.source, "told_at": self.told_at.isoformat()})
        return Record("told_origin", f"told origin {address}", self.source, self.told_at, "answered", body.encode())
