"""The whole interface as its description tells it, with requests made up by the hundred: never a 5xx, never a reply that is not described."""

from __future__ import annotations

from collections.abc import Iterator

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

from attribution.cases import Store
from attribution.demo import DemoWorld
from attribution.demo.hotline import fill
from casework import Clock
from served import Served, hotline_settings, serving

_EACH = 40


@pytest.fixture(scope="module")
def served(world: DemoWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("fuzz")
    with Store.open(f"sqlite:///{folder / 'cases.sqlite3'}", now=Clock()) as store:
        fill(store)
        with serving(hotline_settings(world.settings(), folder), store) as running:
            yield running


OPERATIONS = [
    ("POST", "/api/v1/attributions"), ("POST", "/api/v1/evidence"), ("GET", "/api/v1/registries"), ("POST", "/api/v1/batches"),
    ("GET", "/api/v1/batches"), ("GET", "/api/v1/batches/{batch}"), ("GET", "/api/v1/batches/{batch}/results"),
    ("GET", "/api/v1/batches/{batch}/events"), ("POST", "/api/v1/batches/{batch}/stop"), ("POST", "/api/v1/batches/{batch}/resume"),
    ("POST", "/api/v1/reports"), ("GET", "/api/v1/reports/{report}/evidence"), ("GET", "/api/v1/cases"), ("GET", "/api/v1/cases/{case}"),
    ("POST", "/api/v1/cases/{case}/events"), ("POST", "/api/v1/cases/{case}/notices"), ("GET", "/api/v1/notices/due"),
    ("POST", "/api/v1/drafts/{case}"), ("POST", "/api/v1/cases/{case}/recheck"), ("GET", "/api/v1/providers"),
    ("GET", "/api/v1/providers/{provider}"), ("POST", "/api/v1/approvals/{provider}"), ("GET", "/api/v1/assessments"),
    ("GET", "/api/v1/assessments/{provider}"), ("GET", "/api/v1/dossiers/{provider}"), ("POST", "/api/v1/contests"),
    ("GET", "/api/v1/audit"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
]  # fmt: skip
KNOWN = {"case": "org-qh1-ripe-1", "provider": "ripe:ORG-QH1-RIPE"}  # and `batch` and `report`, once they are there
"""What a path names in every second request, so that not all end at what is not there."""


def _made(served: Served, headers: dict[str, str]) -> dict[str, str]:
    with httpx.Client(base_url=served.address, headers=headers, timeout=30) as program:
        batch = program.post("/api/v1/batches", json={"targets": ["kiosk.example"]}).json()["id"]
        report = program.post("/api/v1/reports", json={"url": "https://kiosk.example/"}).json()["report"]
    return {"batch": batch, "report": report}


def test_the_table_is_whole(served: Served) -> None:
    with served.program() as program:
        paths = program.get("/api/v1/openapi.json").json()["paths"]
    described = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: str(value))
def test_no_request_breaks_it(method: str, path: str, served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.key('attribute', 'read', 'write', 'audit', 'metrics')}"}
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
            checks=[not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance],
        )

    run()
    assert turn >= 1
