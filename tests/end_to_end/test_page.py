"""The analysts' page in a real browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from attribution.casework.signers import signers
from attribution.casework.signing_list import check_signatures
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.demo.world import URLS
from attribution.store import Store
from attribution.web.access import totp
from browsers import Watched, barriers, chromium
from command import COMMAND
from served import PASSPHRASE, PASSWORD, Served, hotline_settings, serving


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def served(world: DemoWorld, tmp_path: Path) -> Iterator[Served]:
    with Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}") as store:
        fill(store)
        with serving(hotline_settings(world.settings(), tmp_path), store) as running:
            yield running


def opened(browser: Browser, served: Served, role: str, **how: Any) -> Watched:
    """Return a page on which somebody with a role is signed in."""
    watched = Watched(browser, served.address, **how)
    watched.sign_in(served, served.person(role))
    return watched


def looked_up(watched: Watched, targets: str) -> None:
    """Paste targets and wait for the answer."""
    page = watched.page
    page.goto("/")
    page.fill("#targets", targets)
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**/checks/*")


PLACES = [
    "/",
    "/cases",
    "/cases/org-qh1-ripe-1",
    "/overview",
    "/providers",
    f"/providers/{SILENT}",
    f"/publish/{SILENT}",
    f"/letters/{SILENT}",
    f"/contests/{SILENT}?without=org-qh1-ripe-1",
    "/registries",
    "/account",
    "/confirmations",
]


@pytest.mark.parametrize(
    ("scheme", "language", "width"),
    [
        ("light", "en-GB", 1100),
        ("dark", "nl-NL", 1100),
        ("light", "nl-NL", 360),
        ("dark", "en-GB", 360),
    ],
)
def test_nobody_is_kept_out(
    scheme: Any, language: str, width: int, browser: Browser, served: Served
) -> None:
    how = {"color_scheme": scheme, "locale": language, "viewport": {"width": width, "height": 800}}
    stranger = Watched(browser, served.address, **how)
    stranger.page.goto("/sign-in")
    assert barriers(stranger.page) == []
    watched = opened(browser, served, "signer", **how)
    page = watched.page
    if language.startswith("nl"):
        page.get_by_role("button", name="Nederlands").click()
        expect(page.locator("html")).to_have_attribute("lang", "nl")
        expect(page.get_by_role("heading", name="Aan wie te schrijven")).to_be_visible()
    page.fill("#targets", "https://shop.quay-customer.example/1")
    page.locator("main button").first.click()
    page.wait_for_selector(".panel")
    single = page.url
    page.goto("/")
    page.fill("#targets", "\n".join(URLS[:12]))
    page.locator("main button").first.click()
    page.wait_for_selector("text=CSV")
    for place in (*PLACES, single, page.url):
        page.goto(place)
        assert barriers(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{place} is wider than the window"
        )
    admin = opened(browser, served, "admin", **how)
    for place in ("/audit", "/accounts", "/keys"):
        admin.page.goto(place)
        assert barriers(admin.page) == [], place
    for one in (stranger, watched, admin):
        assert one.faults == []
        assert all(url.startswith(served.address) for url in one.asked)
        one.close()


def test_without_script_the_same_work_is_done(browser: Browser, served: Served) -> None:
    watched = opened(browser, served, "analyst", java_script_enabled=False)
    page = watched.page
    looked_up(watched, "https://www.lighthouse.example/1")
    expect(page.locator(".company").first).to_contain_text("Lantern Hosting Inc.")
    page.get_by_role("button", name="Report it").click()
    expect(page.get_by_role("heading", name=re.compile("Case c"))).to_be_visible()
    page.get_by_role("link", name="Draft notice").click()
    expect(page.locator("pre").first).to_contain_text("hxxps://www[.]lighthouse[.]example/1")
    looked_up(watched, "\n".join(URLS))
    for _ in range(40):
        if page.locator("progress").count() == 0:
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(page.get_by_role("link", name="Save as CSV")).to_be_visible()
    assert page.get_by_role("button", name="copy").count() == 0
    watched.close()


def test_by_keyboard_alone(browser: Browser, served: Served) -> None:
    watched = opened(browser, served, "analyst")
    page = watched.page
    expect(page.locator("#targets")).to_be_focused()
    page.keyboard.type("hxxps://www[.]lighthouse[.]example/1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel")
    page.goto("/overview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("svg.plot a").first.focus()
    name = page.locator("svg.plot a:focus .name")
    expect(name).to_be_visible()
    told = page.locator("svg.plot a:focus").get_attribute("aria-label")
    assert told
    page.keyboard.press("Enter")
    page.wait_for_url("**/providers/*")
    assert name.count() == 0
    expect(page.get_by_role("heading", level=1)).to_contain_text(told.partition(":")[0])
    assert watched.faults == []
    watched.close()


def test_an_answer_shows_what_is_learnt_as_it_is_learnt(
    browser: Browser, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    investigate = served.service.attributor.investigate

    async def slow(target: str, **more: Any) -> Any:
        import asyncio

        found = await investigate(target, **more)
        while not go_on.is_set():
            await asyncio.sleep(0.02)
        return found

    monkeypatch.setattr(served.service.attributor, "investigate", slow)
    watched = opened(browser, served, "analyst")
    page = watched.page
    page.fill("#targets", "https://www.lighthouse.example/1")
    page.get_by_role("button", name="Look up").click(no_wait_after=True)
    expect(page.locator(".heard li").first).to_contain_text("www.lighthouse.example A")
    expect(page.get_by_role("status")).to_contain_text("Asking resolvers and registries")
    assert page.locator(".panel").count() == 0
    go_on.set()
    expect(page.locator(".company").first).to_contain_text("Lantern Hosting Inc.")
    expect(page.locator(".heard")).to_be_hidden()
    page.reload()
    expect(page.locator(".company").first).to_contain_text("Lantern Hosting Inc.")
    assert watched.faults == []
    watched.close()


def test_what_is_reported_is_never_a_link_and_never_asked_for(
    browser: Browser, served: Served
) -> None:
    watched = opened(browser, served, "analyst")
    page = watched.page
    for targets in ("https://www.lighthouse.example/1", "\n".join(URLS)):
        looked_up(watched, targets)
        expect(page.locator("progress, .heard:visible")).to_have_count(0)
        links = page.eval_on_selector_all(
            "a, form, img, link, script, iframe",
            "all => all.map(one => one.href || one.action || one.src || '')",
        )
        assert all(
            one.startswith(served.address) or not one for one in links if isinstance(one, str)
        )
        text = page.inner_text("main")
        assert "https://" not in text
        assert "hxxps://" in text
        page.go_back()
    assert all(url.startswith(served.address) for url in watched.asked)
    watched.close()


class Service:
    """`attribution serve` itself, in the demo world."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "attribution_cli.entry", "serve", "--port", "0"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.link = ""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"(http://127\.0\.0\.1:\d+)(/set-up/\S+)", line)
            if found:
                self.address, self.link = found[1], found[2]
                break
        self.reading = threading.Thread(target=self.process.stderr.read)
        self.reading.start()
        assert self.link, self.lines

    def stop(self) -> int:
        self.process.terminate()
        code = self.process.wait(20)
        self.reading.join(20)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


def set_up(watched: Watched, link: str, **fields: str) -> str:
    """Set an account up as a person does; return the authenticator's secret."""
    from datetime import UTC, datetime

    page = watched.page
    page.goto(link)
    for name, value in fields.items():
        page.fill(f"#{name}", value)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.get_by_role("button", name="Go on").click()
    secret = page.inner_text("#secret")
    assert page.locator("svg.code").is_visible()
    page.fill("#code", totp.code_at(secret, datetime.now(UTC)))
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/")
    return secret


def test_a_whole_day_from_the_first_link_to_a_published_list(
    browser: Browser, world: DemoWorld, tmp_path: Path
) -> None:
    from datetime import UTC, datetime, timedelta

    url = f"sqlite:///{tmp_path / 'cases.sqlite3'}"
    with Store.open(url) as store:
        fill(store)
    environment = {
        **os.environ,
        **world.environment(),
        "ATTRIBUTION_STORE": url,
        "ATTRIBUTION_CACHE_FOLDER": str(tmp_path / "cache"),
        "ATTRIBUTION_HOTLINE_NAME": "Example Hotline",
        "ATTRIBUTION_HOTLINE_MAILBOX": "notices@hotline.example",
        "ATTRIBUTION_GROUPING_HOURS": "0",
    }
    service = Service(environment)
    try:
        # The administrator sets the house up.
        admin = Watched(browser, service.address)
        set_up(admin, service.link, name="Ann Example", mailbox="ann@hotline.example")
        people: dict[str, Watched] = {}
        secrets: dict[str, str] = {}
        for name, role in (("bea", "analyst"), ("cem", "signer"), ("dan", "signer")):
            admin.page.goto("/accounts")
            admin.page.fill("#name", f"{name.capitalize()} Example")
            admin.page.fill("#mailbox", f"{name}@hotline.example")
            admin.page.select_option("#role", role)
            admin.page.get_by_role("button", name="Add, and make the link").click()
            link = admin.page.inner_text("#link")
            people[name] = Watched(browser, service.address, accept_downloads=True)
            secrets[name] = set_up(people[name], link)
        # Her links could have been opened by herself: who signs is confirmed by somebody whose
        # link another person made, at the terminal.
        second = [*COMMAND, "account", "add", "eva@hotline.example", "--name", "Eva Example"]
        told = subprocess.run(
            [*second, "--role", "admin", "--who", "machine"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        people["eva"] = Watched(browser, service.address)
        set_up(people["eva"], f"{service.address}/set-up/{told.strip().rpartition('/')[2]}")
        admin.page.goto("/accounts")
        admin.page.fill("#name", "Bea Again")
        admin.page.fill("#mailbox", "Bea+2@hotline.example")
        admin.page.get_by_role("button", name="Add, and make the link").click()
        expect(admin.page.get_by_role("alert")).to_contain_text("one person has one")

        # The analyst signs in anew, looks up, reports, approves, drafts, and notes what happened.
        bea = people["bea"]
        page = bea.page
        page.get_by_role("button", name="Sign out").click()
        page.fill("#mailbox", "bea@hotline.example")
        page.fill("#password", PASSWORD)
        page.fill("#code", totp.code_at(secrets["bea"], datetime.now(UTC) + timedelta(seconds=30)))
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{service.address}/")
        looked_up(bea, "https://shop.quay-customer.example/4")
        expect(page.locator(".mailbox")).to_contain_text("abuse@quay.example")
        expect(page.locator(".panel")).to_contain_text("not approved yet")
        page.get_by_role("button", name="Report it").click()
        case = page.url.rpartition("/")[2]
        page.get_by_role("link", name="Draft notice").click()
        expect(page.get_by_text("It may not go out yet:")).to_be_visible()
        page.goto("/providers/arin:QUAY")
        page.get_by_text("approve", exact=True).click()
        page.get_by_label("How was it checked that it is theirs?").fill(
            "telephoned the number in the trade register"
        )
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("approved 20")).to_be_visible()
        page.goto("/cases")
        expect(page.get_by_role("heading", name="Due now")).to_be_visible()
        page.locator(f'a[href="/cases/{case}/draft"]').click()
        expect(page.get_by_text("It may not go out yet:")).to_have_count(0)
        expect(page.locator("#text-1")).to_contain_text("hxxps://shop[.]quay-customer[.]example/4")
        page.goto(f"/cases/{case}")
        page.get_by_text("Note that a notice was sent").click()
        page.fill("#to", "abuse@quay.example")
        page.locator("details button").first.click()
        expect(page.locator(".first .company")).to_have_text("notice sent")
        page.select_option("#kind", "ack")
        page.fill("#note", "we look into it")
        page.get_by_role("button", name="Note it").first.click()
        expect(page.locator(".first .company")).to_have_text("received")
        page.get_by_role("button", name="Look up again").click()
        expect(page.get_by_role("status")).to_contain_text("unchanged")
        page.goto(f"/publish/{SILENT}")
        assert page.get_by_role("button", name="I have read").count() == 0  # no analyst signs

        # Two signers read the dossier and sign exactly what will be public.
        for name in ("cem", "dan"):
            page = people[name].page
            page.goto("/account")
            page.fill("#password", PASSWORD)
            page.fill("#passphrase", PASSPHRASE)
            page.fill("#again", PASSPHRASE)
            page.get_by_role("button", name="Make the key").click()
            expect(page.get_by_text("You have one.")).to_be_visible()
            expect(page.get_by_text("It signs nothing yet:")).to_be_visible()
            fingerprint = page.locator(".note .mono").inner_text()
            eva = people["eva"].page
            eva.goto("/accounts")
            eva.get_by_role("link", name="Confirm who set an account up").click()
            panel = eva.locator("section.panel", has_text=f"{name}@hotline.example")
            expect(panel).to_contain_text(fingerprint)
            expect(panel).to_contain_text("ann@hotline.example")
            panel.get_by_label("How do you know").fill("met, and compared the fingerprint")
            panel.get_by_role("button", name="Confirm").click()
            expect(panel).to_have_count(0)
            page.goto("/account")
            expect(page.get_by_text("It signs nothing yet:")).to_have_count(0)
            page.goto("/overview")
            page.get_by_role("link", name="Quiet Hosting Ltd", exact=True).click()
            expect(page.get_by_text("systematic: does not act on notices")).to_be_visible()
            page.get_by_role("link", name="Sign and publish").click()
            expect(page.get_by_text("Exactly this will be public")).to_be_visible()
            with page.expect_download() as read:
                page.get_by_role("link", name="Read the dossier").click()
            assert (
                b"Quiet Hosting" in read.value.path().read_bytes()
                or b"ORG-QH1-RIPE" in read.value.path().read_bytes()
            )
            page.fill("#reason", "read the dossier; every case is as our mail shows")
            page.fill("#passphrase", "another passphrase")
            page.get_by_role("button", name="I have read the dossier, and sign").click()
            expect(page.get_by_role("alert")).to_contain_text("not the one of your signing key")
            page.fill("#reason", f"{name} read the dossier")
            page.fill("#passphrase", PASSPHRASE)
            page.get_by_role("button", name="I have read the dossier, and sign").click()
            expect(page.get_by_text(f"“{name} read the dossier”")).to_be_visible()
            if name == "cem":
                expect(
                    page.get_by_text("2 different people have to sign exactly this.")
                ).to_be_visible()
                assert page.get_by_role("button", name="Write the list").count() == 0
                page.fill("#reason", "once more")
                page.fill("#passphrase", PASSPHRASE)
                page.get_by_role("button", name="I have read the dossier, and sign").click()
                expect(page.get_by_role("alert")).to_contain_text("has signed this list already")
        expect(page.get_by_text("Two different people have signed exactly this.")).to_be_visible()
        page.fill("#to", "Partner Hotline\nMinistry")
        with page.expect_download() as got:
            page.get_by_role("button", name="Write the list").click()
        published = json.loads(got.value.path().read_text("utf-8"))
        assert published["entries"][0]["company"] == "Quiet Hosting Ltd"
        assert "example" not in json.dumps(published["entries"])
        page.goto(f"/publish/{SILENT}")
        expect(page.get_by_text("Partner Hotline, Ministry")).to_be_visible()
        page.get_by_text("Withdraw", exact=True).first.click()
        page.fill("#why", "it has begun to act")
        page.get_by_role("button", name="Withdraw").click()
        expect(
            page.get_by_text("Tell everybody who has the list: Ministry, Partner Hotline.")
        ).to_be_visible()

        # The administrator sees who did what.
        admin.page.goto(f"/audit?case={case}")
        trail = admin.page.inner_text("table")
        assert "case viewed" in trail
        assert "bea@hotline.example" in trail
        for one in (admin, *people.values()):
            assert one.faults == [] or all("422" in fault for fault in one.faults)
            assert all(asked.startswith(service.address) for asked in one.asked)
            one.close()
    finally:
        assert service.stop() in (0, -15)
    with Store.open(url) as store:
        assert store.check().faults == ()
        with store.read() as connection:
            assert check_signatures(published, signers(connection)) == []
