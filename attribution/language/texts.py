"""Plain text for a provider, from one template in every language. Needs jinja2."""

from __future__ import annotations

import re
from functools import partial

from jinja2 import StrictUndefined
from jinja2.loaders import BaseLoader
from jinja2.sandbox import SandboxedEnvironment

from attribution.language import (
    Domain,
    catalogue_file,
    country_name,
    languages,
    translator,
)

_ENGLISH_BELOW = f"\n{'-' * 72}\nThe same in English:\n\n"
_REVIEWER = re.compile(r'^"X-Reviewer: *(.*?) *(?:\\n)?"$', re.MULTILINE)


def text_environment(loader: BaseLoader, language: str) -> SandboxedEnvironment:
    """Return templates of plain text whose messages are those of `Domain.NOTICES`."""
    environment = SandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        keep_trailing_newline=True,
    )
    messages = translator(Domain.NOTICES, language)
    environment.globals.update(
        _=messages.gettext,
        ngettext=messages.ngettext,
        country_name=partial(country_name, language=language),
    )
    return environment


def reviewer(language: str) -> str:
    """Return who reviewed the catalogue of a language; empty while nobody has."""
    header = catalogue_file(Domain.NOTICES, language).read_text("utf-8").partition("\n\n")[0]
    match = _REVIEWER.search(header)
    return match[1] if match else ""


def is_reviewed(language: str) -> bool:
    """Say whether a person answers for the texts of a language: for English the authors do."""
    return language not in languages(Domain.NOTICES)[1:] or bool(reviewer(language))


def with_english(text: str, english: str) -> str:
    """Return a text with the English below: for a translation that nobody has reviewed."""
    return f"{text}{_ENGLISH_BELOW}{english}"
