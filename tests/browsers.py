"""A real browser without a window: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from served import PASSWORD, Person, Served
from tools import program

_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program("chromium"), args=_QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page, and whatever went wrong in it."""

    def __init__(self, browser: Browser, address: str, **how: Any) -> None:
        self.context = browser.new_context(
            base_url=address, viewport=how.pop("viewport", {"width": 1100, "height": 900}), **how
        )
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.asked: set[str] = set()
        self.page.on(
            "console",
            lambda message: (
                self.faults.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url.partition("?")[0]))
        self.page.on("dialog", lambda dialog: self.faults.append(f"a dialog: {dialog.message}"))

    def sign_in(self, served: Served, person: Person) -> None:
        """Sign in by keyboard."""
        self.page.goto("/sign-in")
        self.page.focus("#mailbox")
        self.page.keyboard.type(person.account.mailbox)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(person.code(served.store))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{served.address}/")

    def close(self) -> None:
        """Close the page."""
        self.context.close()


def barriers(page: Page) -> list[str]:
    """Return what axe finds that keeps people out, by rule and place."""
    found = Axe().run(
        page,
        options={
            "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        },
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]
