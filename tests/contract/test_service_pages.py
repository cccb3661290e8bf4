"""Pages as the server makes them: what stands in them, and what a form does."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attribution.casework.providers import provider_named
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.demo.world import URLS
from attribution.models import Provider
from attribution.store import Store
from casework import Clock, approve, keep_provider, link, note_event
from served import Browser, Served, hotline_settings, serving


@pytest.fixture
def served(world: DemoWorld, store: Store, tmp_path: Path) -> Iterator[Served]:
    with serving(hotline_settings(world.settings(), tmp_path), store) as running:
        yield running


def looked_up(browser: Browser, *targets: str) -> tuple[str, str]:
    """Look targets up; return the page with the answers, and its path."""
    browser.see("/")
    response = browser.post("/check", data={"form": browser.mark, "targets": "\n".join(targets)})
    path = response.url.path
    deadline = time.monotonic() + 30
    while "<progress" in (page := browser.see(path)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return page, path


def test_many_are_grouped_by_company_the_biggest_first_and_saved(served: Served) -> None:
    browser = served.browser("analyst")
    page, path = looked_up(browser, *URLS)
    groups = [
        (name.strip(), int(count))
        for name, count in re.findall(r"<h2>([^<]+).*?· (\d+)</h2>", page)
    ]
    companies, last = groups[:-1], groups[-1]
    assert [count for _, count in companies] == sorted(
        (count for _, count in companies), reverse=True
    )
    assert last[0] == "Nobody known"
    assert sum(count for _, count in groups) == len(URLS)
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{path}/results.csv").text)))
    assert [row["input"].lstrip("'") for row in rows] == [url.strip() for url in URLS]
    lines = [json.loads(line) for line in browser.get(f"{path}/results.jsonl").text.splitlines()]
    assert len(lines) == len(URLS)
    assert (
        browser.get(f"{path}/results.jsonl").headers["content-disposition"].startswith("attachment")
    )


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_kind_of_answer_has_its_panel(language: str, served: Served) -> None:
    fill(served.store)
    served.service.patterns.assessments()
    browser = served.browser("analyst")
    _, path = looked_up(browser, *URLS)
    browser.submit("/language", language=language)
    for number, url in enumerate(URLS, start=1):
        page = browser.see(f"{path}/lines/{number}")
        assert 'class="panel"' in page, url
        assert f'lang="{language}"' in page
        assert browser.see(f"{path}/lines/{number}/evidence.json").startswith("{")
    via = browser.see(f"{path}/lines/{1 + URLS.index('https://www.hidden.example/a')}")
    assert "CNAME edge-7[.]veil[.]example" in via


def test_a_whole_list_is_reported_once(served: Served) -> None:
    browser = served.browser("analyst")
    _, path = looked_up(browser, *URLS)
    page = browser.submit(f"{path}/report")
    assert page.count(", reported") == len(URLS) - 1  # all but what is no target
    with served.store.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM reports").scalar()
    browser.submit(f"{path}/report")
    with served.store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM reports").scalar() == before
    assert served.store.check().faults == ()


def test_what_is_due_is_told_with_what_stands_in_its_way(served: Served, clock: Clock) -> None:
    fill(served.store)
    browser = served.browser("analyst")
    page = browser.see("/cases")
    assert "Due, and something stands in the way" in page
    assert "no abuse mailbox is known" in page
    assert "abuse@banyan.example" in page, "a person approved it, and no registry names another"
    looked_up(browser, "https://www.lighthouse.example/1")
    _, path = looked_up(browser, "https://www.lighthouse.example/2")
    case = browser.submit(f"{path}/report", line="1").partition("<h1>Case ")[2][:13]
    clock.move(hours=25)
    browser = served.browser("analyst")
    assert "looked up more than 24 hours ago" in browser.see("/cases")
    browser.see(f"/cases/{case}")
    browser.submit(f"/cases/{case}", do="recheck")
    page = browser.see("/cases")
    assert "Due now" in page
    assert f'href="/cases/{case}/draft"' in page


def test_times_are_absolute_and_how_long_ago_is_beside(served: Served) -> None:
    fill(served.store)
    page = served.browser("reader").see("/cases")
    assert re.search(
        r'<time datetime="2026-0[0-9]-[0-9T:.+Z-]+" title="\d+ (h|days) ago">2026-\d\d-\d\d '
        r"\d\d:\d\d UTC</time>",
        page,
    )


def test_an_event_is_noted_and_taken_back(served: Served) -> None:
    fill(served.store)
    browser = served.browser("analyst")
    case = "org-qh1-ripe-3"
    browser.see(f"/cases/{case}")
    page = browser.submit(
        f"/cases/{case}", do="event", kind="reappeared", at="2026-02-28 10:00", note="seen again"
    )
    assert "2026-02-28 10:00 UTC" in page
    assert "seen again" in page
    seq = re.findall(r'name="seq" value="(\d+)"', page)[-1]
    assert "(taken back)" in browser.submit(
        f"/cases/{case}", do="correct", seq=seq, why="another page"
    )
    assert "was taken back already" in browser.submit(
        f"/cases/{case}", 422, do="correct", seq=seq, why="again"
    )
    assert "future" in browser.submit(
        f"/cases/{case}", 422, do="event", kind="ack", at="2027-01-01 00:00"
    )
    assert "give a time such as" in browser.submit(
        f"/cases/{case}", 422, do="event", kind="ack", at="yesterday"
    )


def test_a_draft_without_kept_urls_asks_for_them(
    world: DemoWorld, store: Store, tmp_path: Path
) -> None:
    settings = hotline_settings(world.settings(), tmp_path).model_copy(update={"keep_urls": False})
    with serving(settings, store) as served:
        with served.program("write") as program:
            case = program.post(
                "/api/v1/reports", json={"url": "https://www.lighthouse.example/only-hashed"}
            ).json()["case"]
        browser = served.browser("analyst")
        for provider, mailbox in (
            ("arin:LANT", "abuse@lantern.example"),
            ("arin:HARB", "abuse@harbour.example"),
        ):
            with store.write("ann") as writer:
                identity = keep_provider(
                    writer, Provider(id=provider, name=provider), "rdap:arin", mailbox=mailbox
                )
                approve(writer, identity, mailbox, "telephoned")
        page = browser.see(f"/cases/{case}/draft")
        assert "has no URL of" in page
        assert "only-hashed" not in page
        page = browser.submit(
            f"/cases/{case}/draft", urls="https://www.lighthouse.example/only-hashed", language="nl"
        )
        assert "hxxps://www[.]lighthouse[.]example/only-hashed" in page
        _, path = looked_up(browser, "https://kiosk.example/looked-up-here")
        case = browser.submit(f"{path}/report", line="1").partition("<h1>Case ")[2][:13]
        # It is sealed in the look-up still.
        assert "looked-up-here" in browser.see(f"/cases/{case}/draft")


def test_contesting_changes_nothing(served: Served) -> None:
    fill(served.store)
    browser = served.browser("reader")
    cases = " ".join(f"org-qh1-ripe-{number}" for number in range(1, 45))
    assert "The label does not stand" in browser.see(f"/contests/{SILENT}?without={cases}")
    page = browser.see(f"/contests/{SILENT}?without=org-qh1-ripe-1,nothing")
    assert "The label stands" in page
    assert "nothing" in page
    assert "systematic" in browser.see(f"/providers/{SILENT}")


def test_keys_are_shown_once(served: Served) -> None:
    admin = served.browser("admin")
    admin.see("/keys")
    page = admin.submit("/keys", do="make", name="scart", **{"scope-attribute": "yes"})
    key = re.search(r'id="key">(atk_[\w-]+)<', page)
    assert key
    assert key[1] not in admin.see("/keys")
    assert "already" in admin.submit(
        "/keys", 422, do="make", name="scart", **{"scope-attribute": "yes"}
    )
    assert "use some of" in admin.submit("/keys", 422, do="make", name="nothing")
    with served.program() as program:
        assert (
            program.get(
                "/api/v1/registries", headers={"Authorization": f"Bearer {key[1]}"}
            ).status_code
            == 200
        )


def test_a_look_up_that_fails_is_stopped_and_gone_on_with(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = True
    investigate = served.service.attributor.investigate

    async def look(target: str, **more: Any) -> Any:
        if broken:
            raise RuntimeError("a fault of ours")
        return await investigate(target, **more)

    monkeypatch.setattr(served.service.attributor, "investigate", look)
    browser = served.browser("analyst")
    for targets in (["kiosk.example"], ["kiosk.example", "www.lighthouse.example"]):
        broken = True
        page, path = looked_up(browser, *targets)
        deadline = time.monotonic() + 20
        while "was stopped" not in page and time.monotonic() < deadline:
            page = browser.see(path)
        assert "was stopped" in page
        broken = False
        browser.submit(f"{path}/resume")
        deadline = time.monotonic() + 20
        while "Harbour Transit Inc." not in browser.see(path):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_one_who_looks_does_not_wait_for_long_lists(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    attribute = served.service.attributor.attribute

    async def slow(target: str) -> Any:
        while not go_on.is_set():
            await asyncio.sleep(0.01)
        return await attribute(target)

    monkeypatch.setattr(served.service.attributor, "attribute", slow)
    with served.program("attribute") as program:
        for _ in range(6):
            program.post(
                "/api/v1/batches", json={"targets": ["kiosk.example"] * 50}
            ).raise_for_status()
        page, _ = looked_up(served.browser("analyst"), "kiosk.example")
        assert "Harbour Transit Inc." in page
        assert {one["done"] for one in program.get("/api/v1/batches").json()["items"]} == {0}
        go_on.set()
        deadline = time.monotonic() + 20
        while {one["state"] for one in program.get("/api/v1/batches").json()["items"]} != {"done"}:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.parametrize("role", ["signer", "admin"])
def test_every_link_leads_to_a_page(role: str, served: Served, clock: Clock) -> None:
    """Follow what a person could follow, through a house in which most things have happened."""
    fill(served.store)
    with served.store.write("ann") as writer:
        ids = [
            provider_named(writer.connection, key)[0]
            for key in ("arin:HARB", "arin:QUAY", "ripe:ORG-VP1-RIPE")
        ]
        link(writer, ids[0], ids[1], "renamed_to", writer.now, "trade register")
        link(writer, ids[2], ids[1], "owned_by", writer.now, "annual report")
        keep_provider(
            writer,
            Provider(id="ripe:ORG-NEW1-RIPE", name="New Ltd"),
            "rdap:ripe",
            mailbox="abuse@new.example",
        )
        note_event(writer, "court_order", writer.now, case="org-qh1-ripe-20")
        note_event(writer, "refused", writer.now, case="org-qh1-ripe-50", detail={"note": "no"})
    browser = served.browser(role)
    looked_up(browser, "https://www.hidden.example/a", "https://kiosk.example/", "not a url")
    waiting, seen = (
        [
            "/",
            "/providers/ripe%3AORG-NEW1-RIPE",
            "/cases/org-qh1-ripe-20",
            "/cases/org-qh1-ripe-50/draft",
        ],
        set(),
    )
    kinds = Counter[str]()
    while waiting and len(seen) < 600:
        path = waiting.pop(0)
        kind = re.sub(r"[^/]*[:%0-9-][^/]*", "*", path.partition("?")[0])
        if path in seen or kinds[kind] >= 12:
            continue
        seen.add(path)
        kinds[kind] += 1
        response = browser.get(path)
        assert response.status_code == 200, (path, response.text[:3000])
        if response.headers["content-type"].startswith(
            "text/html"
        ) and "attachment" not in response.headers.get("content-disposition", ""):
            waiting += [
                html.unescape(one)
                for one in re.findall(r'href="(/[^"#]*)', response.text)
                if not one.startswith("/static")
            ]
    assert len(kinds) > (15 if role == "admin" else 12), kinds
