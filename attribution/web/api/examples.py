"""Examples of requests and replies, for the description of the interface. The tests send and
compare every one of them.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from pydantic import BaseModel

_NAMED = "example:"
NOTHING: dict[str, Any] = {}
TARGET = {"target": "hxxps://www[.]lighthouse[.]example/1"}
BATCH_REQUEST = {
    "targets": ["https://www.lighthouse.example/1", "https://shop.quay-customer.example/2"]
}
REPORT = {"url": "https://www.lighthouse.example/1", "reported_at": "2026-03-02T11:30:00Z"}
PROVIDER_EVENT = {"kind": "contact_confirmed", "channel": "telephone", "note": "called back"}
EVENT = {"kind": "still_online", "at": "2026-03-02T18:00:00Z", "note": "seen by the checker"}
NOTICE = {
    "to": "abuse@lantern.example",
    "at": "2026-03-02T12:00:00Z",
    "message_id": "<1@hotline.example>",
}
APPROVAL = {
    "mailbox": "abuse@lantern.example",
    "why": "telephoned the number in the trade register",
}
VOUCH = {"why": "acts on notices within a day since 2024", "name": "Lantern Hosting Inc."}
CONTEST = {"provider": "arin:LANT", "without": ["c0123456789ab"]}

ANSWER = json.loads(
    resources.files("attribution.web.api").joinpath("example_answer.json").read_text("utf-8")
)
BATCH = {
    "id": "b0123456789abcdef01234567",
    "state": "running",
    "total": 2,
    "done": 0,
    "counts": {},
    "made_at": "2026-03-02T12:00:00Z",
}
REPORT_ADDED = {
    "report": "r0123456789ab",
    "case": "c0123456789ab",
    "provider": "arin:LANT",
    "duplicate": False,
    "same_site": [],
}
CASES = {
    "items": [
        {
            "case": "c0123456789ab",
            "provider": "arin:LANT",
            "site": "lighthouse.example",
            "opened_at": "2026-03-02T11:30:00Z",
            "state": "gathering",
            "urls": 1,
            "online": 0,
        }
    ],
    "next": None,
}
NOTED = {"events": [17]}
PROVIDERS = {
    "items": [
        {
            "provider": "arin:LANT",
            "name": "Lantern Hosting Inc.",
            "country": "CA",
            "cases": 1,
            "last_opened": "2026-03-02T11:30:00Z",
        }
    ],
    "next": None,
}
ASSESSMENTS = [
    {
        "provider": "arin:LANT",
        "names": ["arin:LANT"],
        "label": "insufficient",
        "now": "insufficient",
        "first_flagged": None,
        "released": None,
        "p_systematic": 0.0,
        "flags": [],
        "e_value": 1.0,
        "evidence": "none",
        "tests": [
            {
                "test": "refusal",
                "e_frozen": 1.0,
                "e_now": 1.0,
                "threshold": 40000.0,
                "evidence": "none",
                "missing": ["0 weeks with evidence, 6 needed"],
            }
        ],
        "noted_since": None,
        "weeks": 0,
        "weeks_at_flag": None,
        "sites": 0,
        "cases": 1,
        "admitted": 0,
        "share_failed": None,
        "floors_missing": ["0 weeks with evidence, 6 needed"],
        "floors_missing_codes": ["weeks"],
        "perhaps_with": [],
        "e_if_one": None,
        "dropped": {"no proof of receipt": 1},
        "next_step": None,
        "looked_at": "2026-03-03",
    }
]


def request(name: str) -> dict[str, Any]:
    """Return what adds an example to an operation's request, by its name here."""
    return {"requestBody": {"content": {"application/json": {"example": _NAMED + name}}}}


def body(kind: type[BaseModel], name: str) -> dict[str, Any]:
    """Return the description of a request that its route reads itself: its form, and an example."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": kind.model_json_schema(),
                    "example": _NAMED + name,
                }
            },
        }
    }


def reply(description: str, name: str) -> dict[str, Any]:
    """Return a documented reply with an example, by its name here."""
    return {
        "description": description,
        "content": {"application/json": {"example": _NAMED + name}},
    }


def fill_in(described: Any) -> Any:
    """Return a description with the examples in place of their names.

    The framework would leave out what is null in them.
    """
    if isinstance(described, dict):
        return {key: fill_in(value) for key, value in described.items()}
    if isinstance(described, list):
        return list(map(fill_in, described))
    if isinstance(described, str) and described.startswith(_NAMED):
        return globals()[described.removeprefix(_NAMED)]
    return described
