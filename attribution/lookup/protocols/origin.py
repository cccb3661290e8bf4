"""Origins behind a reverse proxy, as its operator discloses them to trusted reporters."""

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
"""Entry-point group in which packages register an `OriginSourceFactory`, this one too."""


@dataclass(frozen=True, slots=True)
class DisclosedOrigin:
    """An origin's address behind a reverse proxy, who disclosed it, and when."""

    address: str
    source: str
    disclosed_at: datetime
    reference: str | None = None
    """The source's own number for the question."""

    def as_record(self) -> Record:
        """Return the record for the evidence. Raises InvalidTarget if `address` is none."""
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


class OriginRefused(AttributionError):  # noqa: N818 - a public name
    """A source did not disclose an origin; the message says why."""


class OriginSource(Protocol):
    """A source of origins behind reverse proxies: a partner's API, a shared list."""

    name: str

    async def origins(self, host: str, proxy: ReverseProxy) -> list[DisclosedOrigin]:
        """Return the origins of a host behind a proxy; empty where none is known.

        It is called for every proxy, and ignores those of other operators. Whatever it raises is
        recorded as a failure of this source; the lookup goes on without it.
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
    """Gets a URL through the transport: an origin source opens no socket of its own."""

    async def __call__(self, url: str, *, accept: str, headers: Mapping[str, str]) -> FetchedAnswer:
        """Get a URL. No redirect is followed, and no header is logged or kept."""


OriginSourceFactory = Callable[[Settings, Fetch], OriginSource | None]
"""Makes a source from the settings; None where it has no keys."""


def installed_sources(settings: Settings, fetch: Fetch) -> list[OriginSource]:
    """Return the sources that installed packages offer."""
    from importlib.metadata import entry_points

    sources = [point.load()(settings, fetch) for point in entry_points(group=ENTRY_POINTS)]
    return [source for source in sources if source is not None]
