"""An origin behind a proxy, as the proxy's operator told it to somebody whom it trusts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from attribution.errors import AttributionError, InvalidTarget
from attribution.evidence import Record
from attribution.evidence.question import DisclosedOriginAt
from attribution.net.addresses import read_address
from attribution.settings import Settings

ENTRY_POINTS = "attribution.origin_sources"
"""Group under which packages register an `OriginSourceFactory`;
this one registers its own there too.
"""


@dataclass(frozen=True, slots=True)
class DisclosedOrigin:
    """An origin's address behind a reverse proxy, who disclosed it, and when."""

    address: str
    source: str
    disclosed_at: datetime
    reference: str | None = None
    """The source's own number for the question."""

    def as_record(self) -> Record:
        """Return the record that stands in the evidence.
        Raises InvalidTarget for what is no address.
        """
        try:
            address = read_address(self.address)
        except ValueError:
            raise InvalidTarget(self.address, "an origin is an IP address") from None
        values = {
            "address": str(address),
            "source": self.source,
            "told_at": self.disclosed_at.isoformat(),
        }
        if self.reference:
            values["reference"] = self.reference
        body = json.dumps(values).encode()
        return Record(
            "told_origin",
            DisclosedOriginAt(address),
            self.source,
            self.disclosed_at,
            "answered",
            body,
        )


@dataclass(frozen=True, slots=True)
class ReverseProxy:
    """The address of a reverse proxy that the site's name leads to."""

    address: str
    company: str
    """As the published list names it."""


class OriginRefused(AttributionError):  # noqa: N818 - it says what happened
    """Who was asked for an origin did not tell; the message says why."""


class OriginSource(Protocol):
    """Somebody who tells the origins behind a proxy:
    a partner API with keys of its own, a shared list.
    """

    name: str

    async def origins(self, host: str, front: ReverseProxy) -> list[DisclosedOrigin]:
        """Return what is known of the origins of a host behind a proxy; empty when nothing is.

        It is asked about every proxy, and leaves those that are not its own alone. Whatever it
        raises is noted as a failure of this source, and the answer goes on without it.
        """


class FetchedAnswer(Protocol):
    """An HTTP answer, whole."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def body(self) -> bytes:
        """What came."""


class Fetch(Protocol):
    """The one transport's way to get a URL: an origin source opens no socket of its own."""

    async def __call__(self, url: str, *, accept: str, headers: Mapping[str, str]) -> FetchedAnswer:
        """Get a URL. No redirect is followed, and no header is logged or kept."""


OriginSourceFactory = Callable[[Settings, Fetch], OriginSource | None]
"""Makes a source from the settings; None where it has no keys."""


def installed_sources(settings: Settings, fetch: Fetch) -> list[OriginSource]:
    """Return the sources that installed packages offer."""
    from importlib.metadata import entry_points

    made = [point.load()(settings, fetch) for point in entry_points(group=ENTRY_POINTS)]
    return [one for one in made if one is not None]
