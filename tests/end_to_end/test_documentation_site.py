"""The documentation as a site: it builds without a warning, and loads nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from documents import DOCS

_LOADING = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
}
"""Elements whose address a browser requests by itself, and the attribute that has it."""


class _Loaded(HTMLParser):
    """Collects the addresses that a browser requests for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get(_LOADING.get(tag, ""))
        if address:
            self.addresses.append(address)
        self.addresses += re.findall(r"url\(['\"]?([^'\")]+)", values.get("style") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", str(DOCS), str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def loaded_by(site: Path) -> Iterator[tuple[Path, str]]:
    for page in site.rglob("*.html"):
        parser = _Loaded()
        parser.feed(page.read_text("utf-8"))
        yield from ((page, address) for address in parser.addresses)
    for sheet in site.rglob("*.css"):
        text = sheet.read_text("utf-8")
        for address in re.findall(r"(?:url\(|@import )['\"]?([^'\");]+)", text):
            yield sheet, address


def test_no_page_loads_anything_from_another_site(site: Path) -> None:
    outside = [
        (file.name, address)
        for file, address in loaded_by(site)
        if re.match(r"(?:[a-z][a-z0-9+.-]*:)?//", address, re.IGNORECASE)
    ]
    assert not outside


def test_the_site_has_the_four_parts_and_the_library(site: Path) -> None:
    for page in ("tutorial", "guides/index", "reference/index", "explanation/index"):
        assert (site / f"{page}.html").is_file()
    library = (site / "reference" / "library.html").read_text("utf-8")
    for name in ("attribution.Attributor", "attribution.attribute", "attribution.errors.Refused"):
        assert f'id="{name}"' in library
