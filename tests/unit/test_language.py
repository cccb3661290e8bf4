"""Catalogues are whole: each message of the code is translated, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import catalogues
import pytest

from attribution.language import (
    SOURCE,
    Domain,
    catalogue_file,
    command_language,
    language_names,
    languages,
    translator,
)

TRANSLATED = [
    (domain, language) for domain in Domain for language in languages(domain) if language != SOURCE
]


@pytest.mark.parametrize(("domain", "language"), TRANSLATED)
def test_a_catalogue_has_every_message_of_the_code_and_no_other(
    domain: Domain, language: str
) -> None:
    assert len(catalogues.extracted(domain)) > 20
    assert catalogues.faults(domain, language) == [], "run `make catalogues`, and translate"


@pytest.mark.parametrize(("domain", "language"), TRANSLATED)
def test_updating_a_whole_catalogue_changes_nothing(domain: Domain, language: str) -> None:
    path = catalogue_file(domain, language)
    before = path.read_text("utf-8")
    try:
        catalogues.update(domain, language)
        assert path.read_text("utf-8") == before, "run `make catalogues`"
    finally:
        path.write_text(before, "utf-8")


def test_what_is_wrong_with_a_catalogue_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution.language.CATALOGUES", tmp_path)
    (tmp_path / "page").mkdir()
    catalogues.begin(Domain.PAGE, "nl")
    path = catalogue_file(Domain.PAGE, "nl")
    path.write_text(
        path.read_text("utf-8")
        + '\nmsgid "line {number}"\nmsgstr "regel {nummer}"\n'
        + '\nmsgid "Cases"\nmsgstr ""\n'
        + '\n#, fuzzy\nmsgid "Keys"\nmsgstr "Kaas"\n'
        + '\nmsgid "no such message"\nmsgstr "niets"\n',
        "utf-8",
    )
    lines = catalogues.faults(Domain.PAGE, "nl")
    assert "other values in braces: 'line {number}': 'regel {nummer}'" in lines
    assert "not translated: 'Cases'" in lines
    assert "fuzzy, check it: 'Keys'" in lines
    assert "superfluous: 'no such message'" in lines
    assert "missing: 'Your account'" in lines
    catalogues.update(Domain.PAGE, "nl")
    lines = catalogues.faults(Domain.PAGE, "nl")
    assert not any(line.startswith(("missing", "superfluous")) for line in lines)
    assert "not translated: 'Cases'" in lines


def test_values_stand_where_a_translation_has_them() -> None:
    dutch = translator(Domain.PAGE, "nl")
    assert dutch.gettext("line {number}", number=3) == "regel 3"
    assert dutch.ngettext("{count} case", "{count} cases", 1) == "1 zaak"
    assert dutch.ngettext("{count} case", "{count} cases", 2) == "2 zaken"
    assert dutch.pgettext("event", "still online") == "nog online"


def test_an_unknown_language_is_english() -> None:
    assert translator(Domain.PAGE, "xx").gettext("Look up") == "Look up"
    assert translator(Domain.PAGE, "xx").ngettext("{count} case", "{count} cases", 2) == "2 cases"


def test_languages_are_the_catalogues_there_are() -> None:
    assert languages(Domain.PAGE)[0] == "en"
    assert language_names(Domain.PAGE)["nl"] == "Nederlands"


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "xx_XX.UTF-8"}, "en"),
        ({"LC_ALL": "C", "ATTRIBUTION_LANGUAGE": "nl"}, "nl"),
    ],
)
def test_the_command_speaks_the_language_of_its_environment(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ATTRIBUTION_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    command_language.cache_clear()
    try:
        assert command_language() == language
    finally:
        command_language.cache_clear()


def test_english_loads_no_catalogue_and_dutch_loads_soon() -> None:
    code = """
import sys, time
from attribution.language import Domain, translator
assert translator(Domain.PAGE, "en").gettext("Look up") == "Look up"
assert "babel" not in sys.modules
begun = time.perf_counter()
assert translator(Domain.PAGE, "nl").gettext("Look up") == "Opzoeken"
print(time.perf_counter() - begun)
"""
    seconds = min(
        float(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
            ).stdout
        )
        for _ in range(3)
    )
    assert seconds < 0.5  # 0.07 on an idle machine


def test_without_babel_there_is_english_alone() -> None:
    code = """
import sys
sys.modules["babel"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "babel" else find(name, *more)
from attribution.language import Domain, languages, translator
assert languages(Domain.PAGE) == ("en",)
assert translator(Domain.PAGE, "nl").gettext("Look up") == "Look up"
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
