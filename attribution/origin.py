"""An origin behind a proxy, as the proxy's operator told it to somebody whom it trusts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from attribution.addresses import read_address
from attribution.errors import InvalidTarget
from attribution.evidence import Record
from attribution.settings import Settings

ENTRY_POINTS = "attribution.origin_sources"
"""Group under which other packages register an `OriginSourceFactory`."""


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


class OriginSource(Protocol):
    """Somebody who tells the origins behind a proxy: a partner API with keys of its own, a shared list."""

    name: str

    async def origins(self, host: str, front: str) -> list[ToldOrigin]:
        """Return what is known of the origins of a host behind a proxy's address; empty when nothing is.

        Whatever it raises is noted as a failure of this source, and the answer goes on without it.
        """


OriginSourceFactory = Callable[[Settings], OriginSource | None]
"""Makes a source from the settings; None where it has no keys."""


def installed_sources(settings: Settings) -> list[OriginSource]:
    """Return the sources that installed packages offer."""
    from importlib.metadata import entry_points

    made = [point.load()(settings) for point in entry_points(group=ENTRY_POINTS)]
    return [one for one in made if one is not None]
