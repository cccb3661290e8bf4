"""The typed client against a running service: the same interface as the attributor of this machine,
and everything else the service does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import respx

from attribution import AttributionSource, Attributor, RemoteAttributor, ServiceError, SettingsError
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.models import Attribution
from attribution.store import Store
from casework import Clock
from served import Served, hotline_settings, serving

URL = "https://www.lighthouse.example/1"
UNREGISTERED = {
    "checker": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "report": "r0123456789ab",
    "state": "online",
    "seen_at": "2026-03-02T18:00:00Z",
    "served_by": None,
    "method": "person",
    "vantage_country": "NL",
    "signature": "AAAA",
}


@pytest.fixture
def served(world: DemoWorld, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}", now=clock) as store:
        with serving(hotline_settings(world.settings(), tmp_path), store) as running:
            yield running


def remote(served: Served, *scopes: str) -> RemoteAttributor:
    return RemoteAttributor(served.address, served.key(*scopes))


async def answers_of(source: AttributionSource) -> list[Attribution]:
    """Use a source as a tool does that does not know which it is."""
    one = await source.attribute(URL)
    many = [
        answer
        async for answer in source.attribute_many([URL, "kiosk.example", "not a url"], jobs=2)
    ]
    heard: list[str] = []
    found = await source.investigate(URL, heard=lambda record: heard.append(record.kind))
    assert found.steps
    assert "rdap" in heard
    await source.close()
    return [one, *sorted(many, key=lambda answer: answer.input), found.attribution]


def without_times(answer: Attribution) -> dict[str, object]:
    values = answer.model_dump(mode="json")
    return {
        **values,
        "observed_at": None,
        "evidence": [{**one, "fetched_at": None, "cached": None} for one in values["evidence"]],
    }


async def test_a_tool_works_with_either(served: Served, world: DemoWorld, tmp_path: Path) -> None:
    far = await answers_of(remote(served, "attribute"))
    near = await answers_of(Attributor(world.settings(cache_folder=tmp_path / "own")))
    assert [without_times(one) for one in far] == [without_times(one) for one in near]


async def test_a_batch_from_afar(served: Served) -> None:
    async with remote(served, "attribute") as service:
        batch = await service.submit([URL, "kiosk.example", "not a url"], once="my-list-1")
        assert (
            await service.submit([URL, "kiosk.example", "not a url"], once="my-list-1")
        ).id == batch.id
        states = [now async for now in service.watch(batch.id)]
        assert (states[-1].state, states[-1].done) == ("done", 3)
        results = [one async for one in service.results(batch.id)]
        assert [one.attribution.status for one in results] == [
            "attributed",
            "attributed",
            "invalid_input",
        ]
        assert (await service.batch(batch.id)).done == 3
        assert [one.id async for one in service.batches()] == [batch.id]
        assert (await service.stop(batch.id)).state == "done"
        assert (await service.resume(batch.id)).state == "done"
        assert await service.registries()
        with pytest.raises(ServiceError, match="not in the store") as missing:
            [one async for one in service.watch("b00")]
        assert missing.value.problem is not None
        assert missing.value.problem.status == 404


async def test_casework_from_afar(served: Served, clock: Clock) -> None:
    await asyncio.to_thread(fill, served.store)
    async with remote(served, "read", "write", "audit") as service:
        added = await service.report(URL, once="report-1")
        assert added.case is not None
        assert (await service.case(added.case)).provider == "arin:LANT"
        clock.move(hours=30)
        assert any(one.case == added.case for one in await service.due())
        assert (await service.recheck(added.case))[0].outcome == "unchanged"
        assert (await service.approve("arin:LANT", "abuse@lantern.example", "telephoned")).events
        assert (await service.drafts(added.case))[0].mailbox == "abuse@lantern.example"
        assert (
            await service.note_notice(added.case, "abuse@lantern.example", once="notice-1")
        ).noted == "sent"
        assert (await service.note(added.case, "ack", note="thanks")).events
        assert added.provider is not None
        seen = {"served_by": added.provider, "compared": "person"}
        assert (await service.note(added.case, "still_online", fields=seen)).events
        corrected = {"by": "provider", "note": "asks for another mailbox"}
        assert (
            await service.note_of_provider(added.provider, "contact_corrected", fields=corrected)
        ).events
        listed = {"notices": [added.case]}
        assert (
            await service.note_of_provider(added.provider, "letter_delivered", fields=listed)
        ).events
        with pytest.raises(ServiceError, match="no checker is registered"):
            await service.note_check(UNREGISTERED)
        assert added.case in [one.case async for one in service.cases(provider="arin:LANT")]
        assert SILENT in [one.provider async for one in service.providers()]
        assert (await service.provider(SILENT)).name == "Quiet Hosting Ltd"
        assert (await service.assessment(SILENT)).now == "systematic"
        assert len(await service.assessments()) == 9
        assert set(await service.dossier(SILENT)) == {"dossier.html", "dossier.json", "cases.csv"}
        assert (await service.contest(SILENT, ["org-qh1-ripe-1"])).stands
        assert (await service.evidence(added.report)).startswith(b"{")
        assert "case_viewed" in [one.what async for one in service.audit()]


async def test_what_is_refused_says_why(served: Served) -> None:
    async with remote(served, "attribute") as service:
        with pytest.raises(ServiceError, match="lacks the scope 'read'"):
            await service.case("c1")
    async with RemoteAttributor(served.address, "atk_wrong") as service:
        with pytest.raises(ServiceError, match="give a key"):
            await service.attribute(URL)
    for address, key in (
        ("service.example", "atk_x"),
        ("http://service.example", "atk_\u2026"),
        ("http://service.example", ""),
    ):
        with pytest.raises(SettingsError, match=r"is no http or https URL|that no key has"):
            RemoteAttributor(address, key)
    async with RemoteAttributor("http://127.0.0.1:9", "atk_x") as service:
        with pytest.raises(ServiceError, match="does not answer"):
            await service.attribute(URL)


async def test_a_service_that_asks_to_wait_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("attribution.client.remote.asyncio.sleep", wait)
    problem = {
        "type": "urn:attribution:problem:rate-limited",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "later",
    }
    with respx.mock(base_url="https://service.example/api/v1/") as routes:
        refused = httpx.Response(429, json=problem, headers={"Retry-After": "20"})
        done = httpx.Response(
            200,
            json={
                "id": "b1",
                "state": "done",
                "total": 1,
                "done": 1,
                "counts": {},
                "made_at": "2026-03-02T12:00:00Z",
            },
        )
        route = routes.get("batches/b1")
        route.side_effect = [refused, refused, done]
        async with RemoteAttributor("https://service.example", "k", patience=60) as service:
            assert (await service.batch("b1")).state == "done"
            assert waits == [20.0, 20.0]
            route.side_effect = [refused] * 9
            with pytest.raises(ServiceError, match="Too Many Requests: later"):
                await service.batch("b1")
            route.side_effect = [httpx.Response(200, json={"state": "done"})]
            with pytest.raises(ServiceError, match="is no Batch"):
                await service.batch("b1")
            route.side_effect = [httpx.Response(502, text="<html>")]
            with pytest.raises(ServiceError, match="without an explanation"):
                await service.batch("b1")
