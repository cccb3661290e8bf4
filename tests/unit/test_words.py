"""The page's languages: nothing is left untranslated, nothing is translated that is not there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import attribution.web
from attribution.casework.recording_events import KINDS
from attribution.decide.answer import _RESOLUTION_WORDS
from attribution.decide.shown_rules import SHOWN_RULES
from attribution.store.audit import VIEWED
from attribution.web.access.roles import ROLES
from attribution.web.words import LANGUAGES, table_of, words_of

HERE = Path(attribution.web.__file__).parent
# What stands in a value, not in a template: kinds of events, roles, and what the look-up page says
# itself.
VALUES = (
    {kind.replace("_", " ") for kind in (*KINDS, "sent", "correction")}
    | set(ROLES)
    | {"case opened", "rechecked", "reply", VIEWED.replace("_", " ")}
)


DECIDE = Path(attribution.web.__file__).parent.parent / "decide"


def coded() -> set[str]:
    """Return the names under which doubts and rules of the library are told in other languages."""
    text = "".join(path.read_text("utf-8") for path in DECIDE.glob("*.py"))
    doubts = set(re.findall(r'draft\.doubt\(\s*"(\w+)"', text)) | set(
        re.findall(r'_ended\(.*"(\w+)", \w+\)', text)
    )
    doubts |= set(re.findall(r'return \(?\s*"([a-z_]+)",\s*f"', text))  # what `_why_nobody` returns
    doubts |= set(_RESOLUTION_WORDS) | {"special", "special_name", "special_address", "no_host"}
    doubts |= {"invalid_input", "wrapped_url"}
    return {f"doubt {code}" for code in doubts} | {f"rule {rule}" for rule in SHOWN_RULES}


def sentences() -> set[str]:
    found = set()
    for path in (
        *HERE.glob("templates/*.j2"),
        HERE / "pages" / "lookup.py",
        HERE / "pages" / "rendering.py",
    ):
        text = path.read_text("utf-8")
        for one in re.findall(
            r"""\b(?:_|say)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""", text
        ):
            found.add(one[0] or one[1])
        found |= set(re.findall(r'\("/[a-z]*",\s*"([^"]+)",\s*"', text))
    return found


def test_every_sentence_is_there_in_every_language() -> None:
    said = sentences()
    assert len(said) > 300
    for language in LANGUAGES:
        if language != "en":
            table = table_of(language)
            assert (said | coded()) - set(table) == set(), language
            assert set(table) - said - VALUES - coded() == set(), language


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_a_translation_says_the_same_values(language: str) -> None:
    for english, other in table_of(language).items():
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (english, other)
        ]
        assert fields[0] == fields[1], english


def test_an_unknown_language_is_english() -> None:
    assert words_of("xx")("Look up") == "Look up"
    assert words_of("nl")("line {number}", number=3) == "regel 3"
