"""What the service holds while it runs: settings, store, attributor, runner, counters."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Self, TypeVar

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from attribution.attributor import Attributor
from attribution.casework.cases import case_named
from attribution.casework.drafting import Sender
from attribution.casework.notices_due import Due, due_notices
from attribution.casework.rechecking import Rechecked, recheck
from attribution.casework.terms import Terms
from attribution.casework.vouching import vouchings
from attribution.evidence.statements import Vouching
from attribution.settings import Settings
from attribution.store import Reader, Store
from attribution.store.times import Micros, micros
from attribution.web.access.api_keys import principal_of_key
from attribution.web.access.oidc import IdentityProvider
from attribution.web.access.roles import Principal
from attribution.web.access.tokens import token_hash
from attribution.web.http.limiter import Limiter
from attribution.web.http.metrics import Metrics
from attribution.web.lookups.runner import Runner
from attribution.web.patterns import Patterns
from attribution.web.stamping import DailyStamps

_Result = TypeVar("_Result")
_KEY_SECONDS = 5.0
"""For how long the principal of a key is remembered: a key that is disabled still opens the service
for so long.
"""
_MOST_KEYS = 1000
_HASHING_AT_ONCE = 2


class Service:
    """Everything that a request may need. Use as `async with Service(settings, store):`."""

    def __init__(
        self, settings: Settings, store: Store, attributor: Attributor | None = None
    ) -> None:
        self.settings, self.store = settings, store
        self.attributor = attributor or Attributor(settings)
        self.vouched: list[Vouching] = []
        self.runner = Runner(store, self.attributor, settings)
        self.patterns = Patterns(store)
        self.stamps = DailyStamps(store, settings)
        self.limiter = Limiter(settings.rate_limit)
        self.metrics = Metrics()
        self.identity_provider = IdentityProvider(settings) if settings.oidc_issuer else None
        self._keys: OrderedDict[str, tuple[float, Principal | None]] = OrderedDict()
        self._hashing = asyncio.Semaphore(_HASHING_AT_ONCE)

    async def __aenter__(self) -> Self:
        await run_in_threadpool(self.refresh_vouchings)
        await self.runner.start()
        self.stamps.start()
        # Begins today's assessments, so that the first person who wants them need not wait.
        await run_in_threadpool(self.patterns.ready)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stamps.close()
        await self.runner.close()
        await self.attributor.close()

    def refresh_vouchings(self) -> None:
        """Use the vouchings that hold in the store for lookups from now on."""
        self.vouched = self.read(vouchings)
        self.attributor.set_vouched(self.vouched)

    @property
    def now(self) -> Micros:
        """The time, in microseconds since 1970."""
        return micros(self.store.now)

    @property
    def usual_terms(self) -> Terms:
        """How a provider is written to where nothing else was agreed."""
        return Terms.usual(self.settings)

    def sender(self, language: str | None = None) -> Sender:
        """Return the hotline as notices name it."""
        return Sender.of(self.settings, language)

    def due(self, reader: Reader, case: str | None = None) -> list[Due]:
        """Return the notices and reminders that are due: of one case, or of all."""
        country = self.settings.hotline_country
        return due_notices(reader, self.now, self.usual_terms, country, case)

    async def recheck(self, case: str, who: str) -> list[Rechecked]:
        """Look a case's open reports up anew and note what was found. Raises NotFound."""
        await run_in_threadpool(self.read, lambda reader: case_named(reader, case))
        async with Attributor(
            self.settings, max_age=timedelta(0), vouched=self.vouched
        ) as attributor:
            rechecks = recheck(self.store, attributor.investigate, who, case=case)
            return [rechecked async for rechecked in rechecks]

    async def principal_of_key(self, key: str) -> Principal | None:
        """Return the program that a key is of; None for a key that is unknown or disabled."""
        name, now = token_hash(key), time.monotonic()
        remembered = self._keys.get(name)
        if remembered and remembered[0] > now:
            return remembered[1]
        principal = await run_in_threadpool(self.read, lambda reader: principal_of_key(reader, key))
        self._keys[name] = (now + _KEY_SECONDS, principal)
        while len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)
        return principal

    def read(self, read: Callable[[Reader], _Result]) -> _Result:
        """Return what is read in one view of the store."""
        with self.store.read() as reader:
            return read(reader)

    async def slowly(self, work: Callable[[], _Result]) -> _Result:
        """Do what takes much memory and time by design (hashing a password), two at a time."""
        async with self._hashing:
            return await run_in_threadpool(work)


async def service_of(request: Request) -> Service:
    """Return the service that the application runs.

    A coroutine, since the framework runs other dependencies in a thread.
    """
    return request.app.state.service  # type: ignore[no-any-return]


TheService = Annotated[Service, Depends(service_of)]
