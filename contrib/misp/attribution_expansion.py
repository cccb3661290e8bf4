"""An expansion and hover module for MISP: who can take down what is at a url, hostname, domain or
address, as an `attribution` service finds it.

Put it into misp-modules' `modules/expansion/`; settings: `url` of the service and `api_key` with
the scope `attribute`. The values go to the service that you run, and to nobody else; it asks
resolvers and registries, and never the site.
"""

from __future__ import annotations

import json
from typing import Any

import requests

misperrors = {"error": "Error"}
mispattributes = {
    "input": ["url", "uri", "hostname", "domain", "ip-src", "ip-dst"],
    "output": ["email-dst", "text", "AS"],
}
moduleinfo = {
    "version": "1",
    "author": "attribution",
    "description": "The company that can take the content down, and its abuse mailbox, with "
    "what that rests on.",
    "module-type": ["expansion", "hover"],
    "name": "Attribution",
    "requirements": ["A service of `attribution` and a key for it"],
    "features": "Asks resolvers and registries through a service of one's own; nobody is named "
    "where that is not certain.",
    "references": [],
    "input": "A url, hostname, domain or address.",
    "output": "The abuse mailbox, the company in its role, and the autonomous system.",
}
moduleconfig = ["url", "api_key"]
_SECONDS = 120


def handler(q: str | bool = False) -> Any:
    """Answer one request of MISP."""
    if q is False:
        return False
    request = json.loads(q)
    config = request.get("config") or {}
    value = next((request[kind] for kind in mispattributes["input"] if request.get(kind)), None)
    if not config.get("url") or not config.get("api_key"):
        return {"error": "Set url and api_key of the attribution module."}
    if value is None:
        return {"error": "There is nothing to look up: give a url, hostname, domain or address."}
    try:
        response = requests.post(
            config["url"].rstrip("/") + "/api/v1/attributions",
            json={"target": value},
            headers={"Authorization": f"Bearer {config['api_key']}"},
            timeout=_SECONDS,
        )
        answer = response.json()
    except (requests.RequestException, ValueError) as error:
        return {"error": f"The attribution service does not answer: {type(error).__name__}."}
    if response.status_code != 200:
        return {
            "error": "The attribution service refuses: "
            f"{answer.get('detail', response.status_code)}"
        }
    primary = answer["primary"]
    if not primary:
        return {
            "results": [
                {
                    "types": ["text"],
                    "values": [f"Nobody is known to be responsible ({answer['status']})."],
                }
            ]
        }
    results = [
        {
            "types": ["text"],
            "values": [
                f"{primary['provider']['name']} ({primary['provider']['id']}): "
                f"{primary['role']}, {answer['status']}"
            ],
        }
    ]
    mailbox = primary["abuse_contact"]["email"]
    if mailbox:
        results.append({"types": ["email-dst"], "values": [mailbox]})
    systems = sorted(
        {f"AS{address['origin']['asn']}" for address in answer["addresses"] if address["origin"]}
    )
    if systems:
        results.append({"types": ["AS"], "values": systems})
    return {"results": results}


def introspection() -> dict[str, list[str]]:
    """Say what goes in and comes out."""
    return mispattributes


def version() -> dict[str, Any]:
    """Say what this is, and which settings it has."""
    return {**moduleinfo, "config": moduleconfig}
