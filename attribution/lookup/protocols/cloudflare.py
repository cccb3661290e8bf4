"""Cloudflare's interface for trusted hotlines: the origins of a site behind its proxies.

`GET https://trust.cloudflare.com/investigation/v1/{case}/origin?hostname=HOST`, with the keys of a
Cloudflare Access service token in two headers. It answers `{"success": true, "result":
[{"isUsingCloudflare": true, "originIPv4": […], "originIPv6": […]}], "errors": [{"code": …,
"message": …}]}`. Cloudflare describes it to its partners only; the shape is the one that SCARt, the
hotlines' open-source tool, reads.
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from attribution.lookup.budgets.clock import Clock
from attribution.lookup.protocols.origin import DisclosedOrigin, Fetch, OriginRefused, ReverseProxy
from attribution.registry.documents import read_document
from attribution.registry.lenient import as_lines, as_objects
from attribution.registry.registration import UnreadableAnswer
from attribution.settings import Settings

COMPANY = "Cloudflare"
_URL = "https://trust.cloudflare.com/investigation/v1/{case}/origin?hostname={host}"


class CloudflareOrigins:
    """Asks Cloudflare for the origins of sites behind its own proxies."""

    name = "Cloudflare's interface for trusted reporters"

    def __init__(self, access_id: str, access_secret: str, fetch: Fetch, clock: Clock) -> None:
        self._keys = {"CF-Access-Client-Id": access_id, "CF-Access-Client-Secret": access_secret}
        self._fetch, self._clock = fetch, clock

    async def origins(self, host: str, proxy: ReverseProxy) -> list[DisclosedOrigin]:
        """Return the origins of a host. Raises OriginRefused."""
        if proxy.company != COMPANY:
            return []
        now = self._clock.now().replace(microsecond=0)
        # One case number a site and day: both sides can find the question again, and it does not
        # reveal the report.
        case = hashlib.sha256(f"{host} {now.date()}".encode()).hexdigest()[:16]
        url = _URL.format(case=case, host=quote(host, safe=""))
        answer = await self._fetch(url, accept="application/json", headers=self._keys)
        try:
            document = read_document(answer.body)
        except UnreadableAnswer as error:
            raise OriginRefused(f"HTTP {answer.status}, {error}") from None
        if document.get("success") is not True or answer.status != 200:
            raise OriginRefused(f"HTTP {answer.status}{_complaints(document.get('errors'))}")
        addresses = [
            address
            for result in as_objects(document.get("result"))
            if result.get("isUsingCloudflare") is True
            for key in ("originIPv4", "originIPv6")
            for address in as_lines(result.get(key))
        ]
        return [
            DisclosedOrigin(address, self.name, now, case) for address in dict.fromkeys(addresses)
        ]


def source(settings: Settings, fetch: Fetch) -> CloudflareOrigins | None:
    """Make the source where the settings hold its keys."""
    if settings.cloudflare_access_id is None or settings.cloudflare_access_secret is None:
        return None
    secret = settings.cloudflare_access_secret.get_secret_value()
    return CloudflareOrigins(settings.cloudflare_access_id, secret, fetch, Clock())


def _complaints(errors: object) -> str:
    return "".join(
        f"; {error.get('code')} {error.get('message')}"[:200] for error in as_objects(errors)[:3]
    )
