"""The service's interface over real sockets: what is asked, what is answered, what is done once,
and what is never told.
"""

from __future__ import annotations

import io
import json
import logging
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import make_examples
import pytest
from jsonschema import Draft202012Validator

from attribution.decide import decide
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.errors import StoreUnavailableError
from attribution.evidence import Evidence
from attribution.pattern.dossier.render import dossier_files
from attribution.store import Store
from attribution.web import service as service_module
from attribution.web.access.api_keys import disable_key
from attribution.web.http.logs import JsonLines, RequestLog
from casework import Clock
from served import Served, hotline_settings, serving

LIGHTHOUSE = "https://www.lighthouse.example/secret-page"


@pytest.fixture
def served(world: DemoWorld, store: Store, tmp_path: Path) -> Iterator[Served]:
    with serving(hotline_settings(world.settings(), tmp_path), store) as running:
        yield running


def ended(program: httpx.Client, batch: str) -> dict[str, Any]:
    """Watch a batch to its end; return what its last event said."""
    last: dict[str, Any] = {}
    with program.stream("GET", f"/api/v1/batches/{batch}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                last = json.loads(line[6:])
    return last


def problem(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """See to it that a response is the problem that is expected."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    values = response.json()
    assert values["type"] == f"urn:attribution:problem:{kind}"
    assert values["status"] == status
    assert values["title"]
    return dict(values)


def test_the_answer_is_the_librarys(served: Served) -> None:
    with served.program("attribute") as program:
        for _ in range(2):  # asked, and recalled
            response = program.post(
                "/api/v1/attributions", json={"target": "hxxps://www[.]lighthouse[.]example/1"}
            )
            assert response.status_code == 200
            assert response.json()["primary"]["abuse_contact"]["email"] == "abuse@lantern.example"
            assert response.json()["input"] == "hxxps://www[.]lighthouse[.]example/1"
        assert (
            program.post("/api/v1/attributions", json={"target": "not a url"}).json()["status"]
            == "invalid_input"
        )


def test_who_has_no_key_gets_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "_KEY_SECONDS", 0.0)
    with served.program() as stranger:
        refused = stranger.post("/api/v1/attributions", json={"target": "x.example"})
        assert problem(refused, 401, "no-key")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert (
            stranger.get(
                "/api/v1/cases", headers={"Authorization": "Bearer atk_guessed"}
            ).status_code
            == 401
        )
        assert stranger.get("/metrics").status_code == 401
        assert stranger.get("/healthz").json()["status"] == "ok"
    key = served.key("attribute", name="scart")
    with httpx.Client(
        base_url=served.address, headers={"Authorization": f"Bearer {key}"}
    ) as program:
        assert problem(program.get("/api/v1/cases"), 403, "not-open")
        assert program.get("/api/v1/registries").status_code == 200
        with served.store.write("ann") as writer:
            disable_key(writer, "scart")
        assert problem(program.get("/api/v1/registries"), 401, "no-key")


def test_a_batch_is_watched_and_read_page_by_page(served: Served) -> None:
    targets = [
        "www.lighthouse.example",
        "not a url",
        *(f"https://shop.quay-customer.example/{n}" for n in range(8)),
    ]
    with served.program("attribute") as program, served.program("attribute") as other:
        made = program.post(
            "/api/v1/batches",
            json={"targets": targets},
            headers={"Idempotency-Key": "list-of-today"},
        )
        assert made.status_code == 202
        batch = made.json()["id"]
        assert made.headers["location"] == f"/api/v1/batches/{batch}"
        last = ended(program, batch)
        assert (last["state"], last["done"], last["total"]) == ("done", 10, 10)
        assert last["counts"] == {"attributed": 9, "invalid_input": 1}
        again = program.post(
            "/api/v1/batches",
            json={"targets": targets},
            headers={"Idempotency-Key": "list-of-today"},
        )
        assert again.json()["id"] == batch
        assert again.headers["idempotency-replayed"] == "true"
        lines, cursor = [], None
        while True:
            page = program.get(
                f"/api/v1/batches/{batch}/results",
                params={"limit": 4, **({"cursor": cursor} if cursor else {})},
            ).json()
            lines += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert [one["line"] for one in lines] == list(range(1, 11))
        assert [one["attribution"]["input"] for one in lines] == targets
        assert program.get("/api/v1/batches").json()["items"][0]["id"] == batch
        for path in (batch, f"{batch}/results", f"{batch}/events"):
            assert problem(other.get(f"/api/v1/batches/{path}"), 404, "not-found")
        assert problem(other.post(f"/api/v1/batches/{batch}/stop"), 404, "not-found")
        other_list = {"targets": ["kiosk.example"]}
        used = program.post(
            "/api/v1/batches", json=other_list, headers={"Idempotency-Key": "list-of-today"}
        )
        assert problem(used, 422, "key-used")


def test_a_stopped_batch_is_resumed_and_one_left_by_a_dead_service_goes_on(
    world: DemoWorld, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = hotline_settings(world.settings(), tmp_path)
    with serving(settings, store) as served, served.program("attribute") as program:
        key = program.headers["authorization"]
        held = threading.Event()
        attribute = served.service.attributor.attribute

        async def slow(target: str) -> Any:
            import asyncio

            while not held.is_set():
                await asyncio.sleep(0.01)
            return await attribute(target)

        monkeypatch.setattr(served.service.attributor, "attribute", slow)
        batch = program.post(
            "/api/v1/batches", json={"targets": ["www.lighthouse.example", "kiosk.example"]}
        ).json()["id"]
        assert program.post(f"/api/v1/batches/{batch}/stop").json()["state"] == "stopped"
        assert ended(program, batch)["state"] == "stopped"
        assert program.get(f"/api/v1/batches/{batch}/results").json() == {"items": [], "next": None}
        assert program.post(f"/api/v1/batches/{batch}/resume").json()["state"] == "running"
        assert program.get(f"/api/v1/batches/{batch}").json()["done"] == 0
    with serving(settings, store) as served:  # the first one ended while the batch ran
        with httpx.Client(
            base_url=served.address, headers={"Authorization": key}, timeout=30
        ) as program:
            last = ended(program, batch)
            assert (last["state"], last["done"]) == ("done", 2)


def test_a_report_becomes_a_case_once(served: Served, clock: Clock) -> None:
    with served.program("read", "write") as program:
        once = {"Idempotency-Key": "report-4711"}
        body = {"url": LIGHTHOUSE, "reported_at": "2026-03-02T11:30:00Z"}
        first = program.post("/api/v1/reports", json=body, headers=once)
        assert first.status_code == 201
        assert first.json()["provider"] == "arin:LANT"
        again = program.post("/api/v1/reports", json=body, headers=once)
        assert again.json() == first.json()
        assert not again.json()["duplicate"]
        assert program.post("/api/v1/reports", json=body).json()["duplicate"]
        case = first.json()["case"]
        shown = program.get(f"/api/v1/cases/{case}")
        assert LIGHTHOUSE not in shown.text
        assert shown.json()["reports"][0]["host"] == "www.lighthouse.example"
        same = program.get(
            f"/api/v1/cases/{case}", headers={"If-None-Match": shown.headers["etag"]}
        )
        assert same.status_code == 304
        assert same.content == b""
        clock.move(hours=1)
        noted = program.post(
            f"/api/v1/cases/{case}/notices",
            json={"to": "abuse@lantern.example"},
            headers={"If-Match": shown.headers["etag"]},
        )
        assert (noted.status_code, noted.json()) == (201, {"noted": "sent"})
        late = program.post(
            f"/api/v1/cases/{case}/events",
            json={"kind": "ack"},
            headers={"If-Match": shown.headers["etag"]},
        )
        assert problem(late, 412, "changed")
        assert (
            program.post(
                f"/api/v1/cases/{case}/events", json={"kind": "ack", "note": "thanks"}
            ).status_code
            == 201
        )
        kinds = [one["kind"] for one in program.get(f"/api/v1/cases/{case}").json()["events"]]
        assert kinds[-2:] == ["sent", "ack"]
        assert problem(
            program.post(f"/api/v1/cases/{case}/events", json={"kind": "nonsense"}), 422, "refused"
        )
        events = "/api/v1/events/arin:LANT"
        confirmed = {"kind": "contact_confirmed", "channel": "telephone", "note": "called back"}
        assert program.post(events, json=confirmed).status_code == 201
        letter = {"kind": "letter_delivered", "notices": [case]}
        assert program.post(events, json=letter).status_code == 201
        assert problem(program.post(events, json={"kind": "ack"}), 422, "refused")
        unknown = {"kind": "letter_delivered", "notices": ["c0"]}
        assert problem(program.post(events, json=unknown), 404, "refused")
        assert problem(program.get("/api/v1/cases/c000000000000"), 404, "not-found")
        assert problem(
            program.post("/api/v1/reports", json={"url": "not a url"}), 422, "invalid-target"
        )
        bundle = program.get(f"/api/v1/reports/{first.json()['report']}/evidence")
        assert decide(Evidence.from_bytes(bundle.content)).attribution.primary is not None
        assert b"secret-page" not in bundle.content
    assert served.store.check().faults == ()


def test_two_requests_at_once_under_one_key_are_one(served: Served) -> None:
    answers: list[httpx.Response] = []
    with served.program("write") as program:
        program.post("/api/v1/reports", json={"url": "https://kiosk.example/"})

        def send() -> None:
            with httpx.Client(base_url=served.address, headers=program.headers, timeout=30) as own:
                answers.append(
                    own.post(
                        "/api/v1/reports",
                        json={"url": LIGHTHOUSE},
                        headers={"Idempotency-Key": "at-once-1"},
                    )
                )

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["report"] for one in answers}) == 1
    assert not any(one.json()["duplicate"] for one in answers)


def test_notices_are_due_drafted_and_looked_up_again(served: Served, clock: Clock) -> None:
    with served.program("read", "write") as program:
        case = program.post("/api/v1/reports", json={"url": LIGHTHOUSE}).json()["case"]
        (fresh,) = program.get("/api/v1/notices/due").json()
        assert fresh["may_gather_until"] > fresh["since"]
        clock.move(hours=30)
        (due,) = program.get("/api/v1/notices/due").json()
        assert (due["case"], due["may_gather_until"]) == (case, None)
        assert any("not approved" in one for one in due["in_the_way"])
        assert any("recheck" in one for one in due["in_the_way"])
        program.post(
            "/api/v1/approvals/arin:LANT",
            json={"mailbox": "abuse@lantern.example", "why": "telephoned"},
        ).raise_for_status()
        (found,) = program.post(f"/api/v1/cases/{case}/recheck").json()
        assert found["outcome"] == "unchanged"
        (due,) = program.get("/api/v1/notices/due").json()
        assert due["in_the_way"] == []
        drafts = program.post(f"/api/v1/drafts/{case}", json={"language": "nl"}).json()
        assert drafts[0]["mailbox"] == "abuse@lantern.example"
        assert "hxxps://www[.]lighthouse[.]example/secret-page" in drafts[0]["text"]
        assert drafts[0]["xarf"]
        assert problem(
            program.post(f"/api/v1/drafts/{case}", json={"language": "xx"}), 422, "refused"
        )


def test_lists_are_read_page_by_page(served: Served) -> None:
    with served.program("read", "write") as program:
        for host in (
            "www.lighthouse.example",
            "shop.quay-customer.example",
            "kiosk.example",
            "www.windmill.example",
            "hidden.example",
        ):
            program.post("/api/v1/reports", json={"url": f"https://{host}/"}).raise_for_status()
        for path, key in (("cases", "case"), ("providers", "provider"), ("audit", "seq")):
            if path == "audit":
                assert program.get("/api/v1/audit").status_code == 403
                continue
            whole = program.get(f"/api/v1/{path}").json()
            assert whole["next"] is None
            taken, cursor = [], None
            for _ in range(20):
                page = program.get(
                    f"/api/v1/{path}", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
                ).json()
                taken += page["items"]
                cursor = page["next"]
                if cursor is None:
                    break
            assert [one[key] for one in taken] == [one[key] for one in whole["items"]]
        assert problem(program.get("/api/v1/cases?cursor=%%%"), 422, "bad-cursor")
        assert problem(program.get("/api/v1/cases?cursor=bm9wZQ"), 404, "not-found")
        assert len(program.get("/api/v1/cases?provider=arin:LANT").json()["items"]) == 1
        assert program.get("/api/v1/providers/arin:LANT").json()["name"] == "Lantern Hosting Inc."
        assert problem(program.get("/api/v1/providers/arin:NOBODY"), 404, "not-found")


def test_patterns_and_dossiers_are_the_librarys(served: Served, clock: Clock) -> None:
    fill(served.store)
    with served.program("read") as program:
        rows = {one["provider"]: one for one in program.get("/api/v1/assessments").json()}
        assert rows[SILENT]["now"] == "systematic"
        assert rows["ripe:ORG-MN1-RIPE"]["now"] == "cooperative"
        assert program.get(f"/api/v1/assessments/{SILENT}").json() == rows[SILENT]
        early = program.get(f"/api/v1/assessments/{SILENT}", params={"at": "2025-10-01"}).json()
        assert early["now"] != "systematic"
        packed = program.get(f"/api/v1/dossiers/{SILENT}")
        assert packed.content == program.get(f"/api/v1/dossiers/{SILENT}").content
        look, found = served.service.patterns.of_provider(SILENT)
        with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
            assert {name: archive.read(name) for name in archive.namelist()} == dossier_files(
                look.dossier(found)
            )
        asked = {"provider": SILENT, "without": [f"org-qh1-ripe-{n}" for n in range(1, 45)]}
        result = program.post("/api/v1/contests", json=asked).json()
        assert not result["stands"]
        assert result["label_before"] == "systematic"
        assert problem(program.get("/api/v1/dossiers/arin:NOBODY"), 404, "not-found")
        assert problem(program.get(f"/api/v1/assessments/{SILENT}?at=2031-01-01"), 422, "bad-day")


def test_todays_look_is_made_again_only_for_what_was_known_before_today(
    served: Served, clock: Clock
) -> None:
    fill(served.store)
    patterns = served.service.patterns
    first = patterns.assessments()
    with served.program("read", "write") as program:
        case = program.post("/api/v1/reports", json={"url": LIGHTHOUSE}).json()["case"]
        program.get(f"/api/v1/cases/{case}")
    assert patterns.assessments() is first
    with served.store.write("ann") as writer:
        from attribution.store.tables import events
        from casework import correct

        ack = writer.connection.execute(events.select().where(events.c.kind == "ack")).first()
        assert ack is not None
        correct(writer, ack.seq, "misread")
    assert patterns.assessments() is not first
    clock.move(days=1)
    assert patterns.assessments().day != first.day


def test_every_view_is_in_the_log(served: Served) -> None:
    with served.program("read", "write", "audit") as program:
        case = program.post("/api/v1/reports", json={"url": LIGHTHOUSE}).json()["case"]
        program.get(f"/api/v1/cases/{case}")
        lines = program.get("/api/v1/audit").json()["items"]
        (view,) = [one for one in lines if one["what"] == "case_viewed"]
        assert view["case"] == case
        assert view["who"].startswith("key ")
        assert program.get("/api/v1/audit", params={"who": "nobody"}).json()["items"] == []
    assert served.store.check().faults == ()


def test_one_client_has_its_limit_and_the_others_theirs(
    world: DemoWorld, store: Store, tmp_path: Path
) -> None:
    settings = hotline_settings(world.settings(), tmp_path, rate_limit=5)
    with (
        serving(settings, store) as served,
        served.program("attribute") as one,
        served.program("attribute") as other,
    ):
        codes = [one.get("/api/v1/registries").status_code for _ in range(8)]
        assert codes == [200] * 5 + [429] * 3
        refused = one.get("/api/v1/registries")
        assert problem(refused, 429, "rate-limited")
        assert 1 <= int(refused.headers["retry-after"]) <= 121
        assert other.get("/api/v1/registries").status_code == 200
        with served.program() as stranger:
            codes = [stranger.get("/api/v1/registries").status_code for _ in range(8)]
            assert codes == [401] * 5 + [429] * 3


def test_nothing_that_was_asked_is_in_metrics_or_logs(
    world: DemoWorld, store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "attribution")
    out = io.StringIO()
    log = RequestLog(out)
    with serving(hotline_settings(world.settings(), tmp_path), store, log) as served:
        with served.program("attribute", "read", "write", "metrics") as program:
            program.post("/api/v1/attributions", json={"target": LIGHTHOUSE})
            case = program.post("/api/v1/reports", json={"url": LIGHTHOUSE}).json()["case"]
            program.get(f"/api/v1/cases/{case}?cursor=secret-page")
            program.get("/api/v1/secret-page")
            served.browser("reader").see("/cases")
            text = program.get("/metrics").text
    log.write()
    entries = [json.loads(line) for line in out.getvalue().splitlines()]
    assert {"at", "level", "event", "method", "route", "status", "ms", "who", "id"} == set(
        entries[0]
    )
    asked = [
        (one["method"], one["route"], one["status"], one["who"].partition(" ")[0])
        for one in entries
    ]
    assert ("POST", "/api/v1/attributions", 200, "key") in asked
    assert ("GET", "/api/v1/cases/{case}", 200, "key") in asked
    assert ("GET", "/cases", 200, "account") in asked
    assert 'route="/api/v1/attributions"' in text
    assert 'attribution_answers_total{status="attributed"} 1.0' in text
    for line in (text, out.getvalue(), *(JsonLines().format(record) for record in caplog.records)):
        for secret in ("secret-page", "lighthouse", case, "lantern", "hotline.example"):
            assert secret not in line, line


def test_an_error_is_noted_without_what_was_asked(
    served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(target: str) -> None:
        raise RuntimeError(f"cannot look at {target}")

    monkeypatch.setattr(served.service.attributor, "attribute", fails)
    with served.program("attribute") as program:
        failed = program.post("/api/v1/attributions", json={"target": LIGHTHOUSE})
    assert problem(failed, 500, "failed")
    assert "secret-page" not in failed.text
    deadline = time.monotonic() + 10
    while not any(record.exc_info for record in caplog.records) and time.monotonic() < deadline:
        time.sleep(0.01)  # it is noted when the answer is out
    lines = [JsonLines().format(record) for record in caplog.records]
    assert any('"error": "RuntimeError"' in line for line in lines)
    assert not any("secret-page" in line for line in lines)


def test_a_store_that_is_gone_is_told_to_who_watches(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served.program("read") as program:
        assert program.get("/readyz").status_code == 200

        def gone(*_: object) -> None:
            raise StoreUnavailableError("the store sqlite:///secret/place cannot be used")

        monkeypatch.setattr(served.service.store, "read", gone)
        for path in ("/readyz", "/api/v1/cases"):
            refused = program.get(path)
            assert problem(refused, 503, "store-unavailable")
            assert "secret/place" not in refused.text
        assert program.get("/healthz").status_code == 200


def test_every_example_is_true(served: Served, clock: Clock) -> None:
    fill(served.store)
    with served.program("attribute", "read", "write", "audit", "metrics") as program:
        made = program.post(
            "/api/v1/reports", json={"url": "https://www.lighthouse.example/9"}
        ).json()
        program.post("/api/v1/batches", json={"targets": ["x.example"]})
        clock.move(hours=8)
        description = program.get("/api/v1/openapi.json").json()
        assert description["openapi"].startswith("3.1")
        schemas = {"components": description["components"]}
        sent = replies = 0
        for path, operations in description["paths"].items():
            for method, operation in operations.items():
                body = (
                    operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                )
                for status, documented in operation["responses"].items():
                    content = documented.get("content", {}).get("application/json", {})
                    if "example" in content:
                        replies += 1
                        Draft202012Validator({**content["schema"], **schemas}).validate(
                            content["example"]
                        )
                        assert status.startswith("2")
                if "example" in body:
                    sent += 1
                    place = path.replace("{case}", made["case"]).replace("{provider}", "arin:LANT")
                    response = program.request(method, place, json=body["example"])
                    assert str(response.status_code) in operation["responses"], (
                        path,
                        response.text,
                    )
                    assert response.is_success, (path, response.text)
        assert (sent, replies) == (11, 11)


def test_the_example_answer_is_what_the_demo_world_gives() -> None:
    assert make_examples.FILE.read_text("utf-8") == make_examples.example_answer()


def test_slow_watchers_do_not_hold_a_batch(served: Served) -> None:
    with served.program("attribute") as program:
        batch = program.post(
            "/api/v1/batches", json={"targets": ["www.lighthouse.example"] * 300}
        ).json()["id"]
        with program.stream("GET", f"/api/v1/batches/{batch}/events"):
            deadline = time.monotonic() + 30
            while program.get(f"/api/v1/batches/{batch}").json()["state"] == "running":
                assert time.monotonic() < deadline
                time.sleep(0.05)
