"""The whole interface as its description tells it, with requests made up by the hundred: never a
5xx, never a reply that is not described.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from attribution.demo import DemoWorld
from attribution.demo.hotline import fill
from attribution.store import Store
from casework import Clock
from databases import postgresql_url
from served import Browser, Served, hotline_settings, serving

_EACH = 25


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, world: DemoWorld, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("fuzz")
    url = f"sqlite:///{folder / 'cases.sqlite3'}" if request.param == "sqlite" else postgresql_url()
    with Store.open(url, folder / "keys.json", now=Clock()) as store:
        fill(store)
        with serving(hotline_settings(world.settings(), folder), store) as running:
            yield running


OPERATIONS = [
    ("POST", "/api/v1/attributions"),
    ("POST", "/api/v1/evidence"),
    ("GET", "/api/v1/registries"),
    ("POST", "/api/v1/batches"),
    ("GET", "/api/v1/batches"),
    ("GET", "/api/v1/batches/{batch}"),
    ("GET", "/api/v1/batches/{batch}/results"),
    ("GET", "/api/v1/batches/{batch}/events"),
    ("POST", "/api/v1/batches/{batch}/stop"),
    ("POST", "/api/v1/batches/{batch}/resume"),
    ("POST", "/api/v1/reports"),
    ("GET", "/api/v1/reports/{report}/evidence"),
    ("GET", "/api/v1/cases"),
    ("GET", "/api/v1/cases/{case}"),
    ("POST", "/api/v1/cases/{case}/events"),
    ("POST", "/api/v1/cases/{case}/notices"),
    ("GET", "/api/v1/notices/due"),
    ("POST", "/api/v1/checks"),
    ("POST", "/api/v1/drafts/{case}"),
    ("POST", "/api/v1/cases/{case}/recheck"),
    ("GET", "/api/v1/providers"),
    ("GET", "/api/v1/providers/{provider}"),
    ("POST", "/api/v1/approvals/{provider}"),
    ("POST", "/api/v1/vouchings/{provider}"),
    ("POST", "/api/v1/events/{provider}"),
    ("POST", "/api/v1/checks"),
    ("GET", "/api/v1/assessments"),
    ("GET", "/api/v1/assessments/{provider}"),
    ("GET", "/api/v1/dossiers/{provider}"),
    ("POST", "/api/v1/contests"),
    ("GET", "/api/v1/audit"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]
# `batch` and `report` are added once they are there.
KNOWN = {"case": "org-qh1-ripe-1", "provider": "ripe:ORG-QH1-RIPE"}
"""What a path names in every second request, so that not all end at what is not there."""


def _made(served: Served, headers: dict[str, str]) -> dict[str, str]:
    with httpx.Client(base_url=served.address, headers=headers, timeout=30) as program:
        batch = program.post("/api/v1/batches", json={"targets": ["kiosk.example"]}).json()["id"]
        report = program.post("/api/v1/reports", json={"url": "https://kiosk.example/"}).json()[
            "report"
        ]
    return {"batch": batch, "report": report}


def test_the_table_is_whole(served: Served) -> None:
    with served.program() as program:
        paths = program.get("/api/v1/openapi.json").json()["paths"]
    described = {
        (method.upper(), path) for path, operations in paths.items() for method in operations
    }
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: str(value))
def test_no_request_breaks_it(method: str, path: str, served: Served) -> None:
    headers = {
        "Authorization": f"Bearer {served.key('attribute', 'read', 'write', 'audit', 'metrics')}"
    }
    schema = schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json", headers=headers)
    operation = schema[path][method]
    known, turn = {**KNOWN, **_made(served, headers)}, 0

    @settings(
        max_examples=_EACH,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        nonlocal turn
        turn += 1
        if turn % 2:
            case.path_parameters = {
                name: known.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        response = case.call(headers=headers, timeout=30)
        case.validate_response(
            response,
            checks=[
                not_a_server_error,
                content_type_conformance,
                response_schema_conformance,
                status_code_conformance,
            ],
        )

    run()
    assert turn >= 1


NUL_AND_OTHERS = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "' OR 1=1 --",
    "%",
    "_",
    "x" * 5000,
    "\r\nSet-Cookie: x=1",
]


@pytest.mark.parametrize("text", NUL_AND_OTHERS, ids=range(len(NUL_AND_OTHERS)))
def test_no_text_breaks_it(text: str, served: Served) -> None:
    """What a database, a header or a query might take for something else, everywhere where text may
    be given.
    """
    raw = json.dumps(text)
    with served.program("attribute", "read", "write", "audit") as program:
        bodies = {
            "attributions": f'{{"target": {raw}}}',
            "evidence": f'{{"target": {raw}}}',
            "batches": f'{{"targets": [{raw}]}}',
            "reports": f'{{"url": {raw}}}',
            "contests": f'{{"provider": {raw}, "without": [{raw}]}}',
            "cases/org-qh1-ripe-1/events": f'{{"kind": "ack", "report": {raw}, "note": {raw}}}',
            "cases/org-qh1-ripe-2/notices": f'{{"to": {raw}, "message_id": {raw}}}',
            "approvals/arin:LANT": f'{{"mailbox": {raw}, "why": {raw}}}',
            "events/arin:LANT": f'{{"kind": "contact_confirmed", "channel": {raw}, "note": {raw}}}',
        }
        for path, body in bodies.items():
            response = program.post(
                f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"}
            )
            assert response.status_code < 500, (path, response.text)
        quoted = quote(text, safe="", errors="surrogatepass")
        for path in ("cases/", "providers/", "assessments/", "dossiers/", "batches/", "reports/"):
            assert program.get(f"/api/v1/{path}{quoted}").status_code < 500, path
        for path in (
            "cases?provider=",
            "cases?cursor=",
            "providers?cursor=",
            "audit?who=",
            "assessments?at=",
        ):
            assert program.get(f"/api/v1/{path}{quoted}").status_code < 500, path
    admin = next(
        (one for one in served.clients if isinstance(one, Browser)), None
    ) or served.browser("admin")
    for path in (
        "/cases/",
        "/providers/",
        "/checks/",
        "/cases?provider=",
        "/cases?after=",
        "/providers?after=",
        "/audit?who=",
        "/contests/arin:LANT?without=",
        "/set-up/",
        "/sign-in?next=",
    ):
        assert admin.get(path + quoted).status_code < 500, path
    admin.see("/accounts")
    plain = text.encode("utf-8", "replace").decode()
    for path, fields in (
        ("/accounts", {"do": "add", "mailbox": plain, "name": plain, "role": "reader"}),
        (
            "/accounts",
            {"do": "add", "mailbox": "nul@hotline.example", "name": plain, "role": plain},
        ),
        ("/keys", {"do": "make", "name": plain[:50], "scope-read": "yes"}),
        ("/check", {"targets": plain}),
        ("/language", {"language": plain, "next": plain}),
        ("/cases/org-qh1-ripe-3", {"do": "event", "kind": "ack", "note": plain, "report": plain}),
        ("/providers/arin:LANT", {"do": "approve", "mailbox": plain, "why": plain}),
    ):
        assert admin.post(path, data={"form": admin.mark, **fields}).status_code < 500, (
            path,
            fields,
        )
    assert served.store.check().faults == ()
