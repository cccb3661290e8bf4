"""The generated pages of the reference are what the code gives today."""

from __future__ import annotations

from functools import lru_cache

import make_reference
import pytest

PAGES = ["settings.md", "command-line.md", "api.md", "codes.md", "file-formats.md"]


@lru_cache(maxsize=1)
def generated() -> dict[str, str]:
    return make_reference.pages()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_not_stale(name: str) -> None:
    page = make_reference.REFERENCE / name
    assert page.read_text("utf-8") == generated()[name], "run scripts/make_reference.py"


def test_every_generated_page_is_compared() -> None:
    assert sorted(generated()) == sorted(PAGES)


def test_pages_have_what_they_are_for() -> None:
    pages = generated()
    assert "`ATTRIBUTION_NAMESERVERS`" in pages["settings.md"]
    assert "## attribution provider approve" in pages["command-line.md"]
    assert "### POST /api/v1/attributions" in pages["api.md"]
    assert "| `still_online` | A checker saw the content. |" in pages["codes.md"]
    assert "### NoticeRow" in pages["file-formats.md"]
