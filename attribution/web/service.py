"""What the service holds while it runs: settings, store, attributor, runner, and what it counts."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Self, TypeVar

from starlette.concurrency import run_in_threadpool

from attribution.attributor import Attributor
from attribution.casework.drafting import Sender
from attribution.casework.terms import Terms
from attribution.casework.vouching import vouchings
from attribution.evidence.statements import Vouching
from attribution.settings import Settings
from attribution.store.store import Store
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
"""For how long it is remembered whose a key is: a key that is disabled opens nothing after this
time.
"""
_MOST_KEYS = 1000


class Service:
    """Everything that a request may need. Use as `async with Service(settings, store) as
    service:`.
    """

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
        self._hashing = asyncio.Semaphore(2)

    async def __aenter__(self) -> Self:
        await run_in_threadpool(self.refresh_vouchings)
        await self.runner.start()
        self.stamps.start()
        await run_in_threadpool(self.patterns.known)  # begins it: who comes first has not to wait
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stamps.close()
        await self.runner.close()
        await self.attributor.close()

    def refresh_vouchings(self) -> None:
        """Look up from now on with the vouchings that hold in the store."""
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

    async def principal_of_key(self, key: str) -> Principal | None:
        """Return whose a key is; None for one that opens nothing."""
        name, now = token_hash(key), time.monotonic()
        held = self._keys.get(name)
        if held and held[0] > now:
            return held[1]
        found = await run_in_threadpool(
            self.read, lambda connection: principal_of_key(connection, key)
        )
        self._keys[name] = (now + _KEY_SECONDS, found)
        while len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)
        return found

    def read(self, read: Callable[[Any], _Result]) -> _Result:
        """Return what is read in one view of the store."""
        with self.store.read() as connection:
            return read(connection)

    async def slowly(self, work: Callable[[], _Result]) -> _Result:
        """Do what takes much memory and time by design (hashing a password), two at a time."""
        async with self._hashing:
            return await run_in_threadpool(work)
