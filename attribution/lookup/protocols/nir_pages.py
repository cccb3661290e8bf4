"""Fetches pages of national registries; `registry.nir_page` reads them, with ipwhois."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from attribution.evidence import Record
from attribution.evidence.question import NationalPage
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import Service
from attribution.lookup.concurrency.attempt import SOON, Attempts
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.transport import HttpRequest, Transport
from attribution.registry.nir_page import page_services

_ACCEPT = "text/html, text/plain;q=0.9"


class NationalPages:
    """Fetches one page at a time."""

    def __init__(
        self, transport: Transport, listed: ListedServers, attempts: Attempts, clock: Clock
    ) -> None:
        self._transport, self._listed, self._attempts, self._clock = (
            transport,
            listed,
            attempts,
            clock,
        )

    async def fetch(self, question: NationalPage) -> list[Record]:
        """Fetch a page of a national registry; its bytes are the record's body."""
        page = question.page
        self._listed.name_services(page_services(), "ip")
        server = urlsplit(page.url).netloc
        blank = Record("nir_page", question, server, self._clock.now(), "unreachable", url=page.url)

        async def send() -> Record:
            request = HttpRequest(page.url, kind="ip", accept=_ACCEPT, form=page.form)
            answer = await self._transport.fetch(request)
            if answer.status in (403, 429):
                return self._attempts.failed(blank, "rate_limited", f"HTTP {answer.status}")
            if answer.status != 200:
                return self._attempts.failed(blank, "unreachable", f"HTTP {answer.status}", SOON)
            now = self._clock.now()
            return replace(
                blank,
                outcome="answered",
                body=answer.body,
                fetched_at=now,
                http_status=200,
                tls=answer.tls,
            )

        return [await self._attempts.ask(Service("page", server), blank, send)]
