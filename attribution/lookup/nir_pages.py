"""Fetching national registries' pages; ipwhois reads them, offline, in `registry.nir_page`."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from attribution.evidence import Outcome, Record
from attribution.lookup.clock import Clock
from attribution.lookup.guard import DestinationRefused
from attribution.lookup.pace import NotNow, Pace
from attribution.lookup.transport import TooLarge, Transport, Unreachable
from attribution.questions import NationalPage

_LATER = timedelta(minutes=15)
_ACCEPT = "text/html, text/plain;q=0.9"


class NationalPages:
    """Fetches one page at a time through the one transport."""

    def __init__(self, transport: Transport, pace: Pace, clock: Clock) -> None:
        self._transport, self._pace, self._clock = transport, pace, clock

    async def fetch(self, wanted: NationalPage) -> list[Record]:
        """Fetch a page of a national registry; whatever came is the record's body."""
        server = urlsplit(wanted.page.url).netloc

        def failed(outcome: Outcome, note: str) -> Record:
            now = self._clock.now()
            return Record(
                "nir_page", wanted.text, server, now, outcome, url=wanted.page.url, retry_at=now + _LATER, note=note
            )

        async def attempt() -> Record:
            try:
                answer = await self._transport.fetch(wanted.page.url, accept=_ACCEPT, form=wanted.page.form)
            except DestinationRefused as error:
                return failed("refused", str(error))
            except TooLarge as error:
                return failed("malformed", str(error))
            except TimeoutError:
                return failed("unreachable", "no whole answer within the time limit")
            except Unreachable as error:
                return failed("unreachable", str(error))
            if answer.status != 200:
                kind: Outcome = "rate_limited" if answer.status in (403, 429) else "unreachable"
                return failed(kind, f"HTTP {answer.status}")
            return Record(
                "nir_page",
                wanted.text,
                server,
                self._clock.now(),
                "answered",
                answer.body,
                wanted.page.url,
                200,
                answer.tls,
            )

        try:
            return [await self._pace.ask(server, attempt)]
        except NotNow as error:
            outcome: Outcome = "rate_limited" if error.kind == "rate_limited" else "unreachable"
            return [
                Record(
                    "nir_page", wanted.text, server, self._clock.now(), outcome, url=wanted.page.url, retry_at=error.retry_at,
                    note=str(error),
                )
            ]  # fmt: skip
