"""The page's languages: English stands in the templates, the others in tables here."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "nl": "Nederlands"}


def words_of(language: str) -> Callable[..., str]:
    """Return what says an English sentence in a language, with its `{names}` filled in."""
    table = table_of(language)

    def say(english: str, **values: object) -> str:
        text = table.get(english, english)
        return text.format(**values) if values else text

    return say


@cache
def table_of(language: str) -> dict[str, str]:
    """Return the sentences of a language by their English; empty for English itself."""
    if language not in LANGUAGES or language == "en":
        return {}
    return tomllib.loads(
        resources.files("attribution.web.words").joinpath(f"{language}.toml").read_text("utf-8")
    )
