"""Make the pictures of the page in docs/ anew: `make screenshots`. Needs Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the pictures are taken as the tests look at the page

from attribution.demo import DemoWorld  # noqa: E402
from attribution.demo.hotline import SILENT, fill  # noqa: E402
from attribution.store import Store  # noqa: E402
from browsers import Watched, chromium  # noqa: E402
from served import hotline_settings, serving  # noqa: E402

WIDTH = 1000


def main() -> None:
    """Write the pictures."""
    with (
        DemoWorld() as world,
        tempfile.TemporaryDirectory() as folder,
        Store.open(f"sqlite:///{folder}/cases.sqlite3") as store,
        chromium() as browser,
    ):
        fill(store)
        with serving(hotline_settings(world.settings(), Path(folder)), store) as served:
            served.service.patterns.assessments()
            watched = Watched(browser, served.address, viewport={"width": WIDTH, "height": 760})
            watched.sign_in(served, served.person("signer", "ann@hotline.example", "Ann Example"))
            page = watched.page
            page.fill("#targets", "hxxps://kiosk[.]example/1")
            page.keyboard.press("Enter")
            page.wait_for_selector(".panel")
            page.wait_for_load_state()
            page.screenshot(path=ROOT / "docs" / "page-answer.png", full_page=True)
            page.goto("/overview")
            page.locator("svg.plot a").first.focus()
            page.screenshot(path=ROOT / "docs" / "page-overview.png", full_page=True)
            page.goto(f"/providers/{SILENT}")
            page.screenshot(
                path=ROOT / "docs" / "page-company.png",
                clip={"x": 0, "y": 0, "width": WIDTH, "height": 1500},
                full_page=True,
            )
            watched.close()


if __name__ == "__main__":
    main()
