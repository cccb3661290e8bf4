"""An expert bot for IntelMQ: adds the company that can take a URL's content down, and its abuse
mailbox, as an `attribution` service finds them.

Put it where IntelMQ finds bots, as `intelmq/bots/experts/attribution/expert.py`; parameters: `url`
of the service, `api_key` with the scope `attribute`, `overwrite` (default false). What is not known
is left out of the event: no answer is better than a wrong one.
"""

from __future__ import annotations

from typing import Any

import requests
from intelmq.lib.bot import ExpertBot


class AttributionExpertBot(ExpertBot):  # type: ignore[misc]
    """Ask who is responsible for `source.url`, else `source.fqdn`, else `source.ip`."""

    url: str = "http://127.0.0.1:8420/"
    api_key: str = ""
    overwrite: bool = False
    http_timeout_sec: int = 120

    def process(self) -> None:
        """Add what is known to one event, and pass it on."""
        event = self.receive_message()
        target = event.get("source.url") or event.get("source.fqdn") or event.get("source.ip")
        if target:
            for name, value in self.fields_of(str(target)).items():
                if value:
                    event.add(name, value, overwrite=self.overwrite, raise_failure=False)
        self.send_message(event)
        self.acknowledge_message()

    def fields_of(self, target: str) -> dict[str, Any]:
        """Return what the service says of a target, by IntelMQ's names."""
        response = requests.post(
            self.url.rstrip("/") + "/api/v1/attributions",
            json={"target": target},
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=self.http_timeout_sec,
        )
        response.raise_for_status()  # IntelMQ tries the event again later
        answer = response.json()
        primary, addresses = answer["primary"], answer["addresses"]
        if not primary:
            return {}
        origin = next(
            (
                address["origin"]
                for address in addresses
                if address["ip"] in primary["addresses"] and address["origin"]
            ),
            None,
        )
        return {
            "source.abuse_contact": primary["abuse_contact"]["email"],
            "source.asn": origin["asn"] if origin else None,
            "source.network": origin["prefix"] if origin else None,
            "source.registry": (addresses[0]["network"] or {}).get("registry", "").upper()
            if addresses
            else None,
            "source.geolocation.cc": answer["country"]["registered"],
            "extra.attribution": {
                "company": primary["provider"]["name"],
                "provider": primary["provider"]["id"],
                "role": primary["role"],
                "status": answer["status"],
                "doubts": [doubt["code"] for doubt in answer["doubts"]],
            },
        }


BOT = AttributionExpertBot
