"""Languages of the page, the command, notices and letters, as gettext catalogues.

One file a domain and language, `catalogues/DOMAIN/LANGUAGE.po`, is read when the language is first
used; a new file is a new language. English is the source, and stands in the code; without Babel
(the extra `hotline`) it is the only language.

A message names its values in braces: `_("{count} cases", count=3)`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

    from babel.messages.catalog import Catalog, Message

SOURCE = "en"
"""The language that messages are written in."""
CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGE_VARIABLE = "ATTRIBUTION_LANGUAGE"
LANGUAGE_VARIABLES = (LANGUAGE_VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
"""Which name the language of the command; the first that is set counts."""


class Domain(StrEnum):
    """Which messages a catalogue translates."""

    PAGE = "page"
    """The page, the command and the codes of an answer: read by who works with this program."""
    NOTICES = "notices"
    """Notices and letters: read by a provider."""


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates the messages of a domain into one language; English where it has none."""

    translations: NullTranslations

    def gettext(self, message: str, **values: object) -> str:
        """Return a message with its `{names}` filled in."""
        return _filled_in(self.translations.gettext(message), values)

    def ngettext(self, singular: str, plural: str, count: int, **values: object) -> str:
        """Return the form of a message that a count needs; `{count}` may stand in it."""
        text = self.translations.ngettext(singular, plural, count)
        return _filled_in(text, {"count": count, **values})

    def pgettext(self, context: str, message: str, **values: object) -> str:
        """Return a message that means something else in another context."""
        return _filled_in(self.translations.pgettext(context, message), values)


def catalogue_file(domain: Domain, language: str) -> Path:
    """Return where the catalogue of a language is, or would be."""
    return CATALOGUES / domain / f"{language}.po"


@cache
def languages(domain: Domain) -> tuple[str, ...]:
    """Return the codes (ISO 639-1) of a domain's languages, English first."""
    from importlib.util import find_spec

    if find_spec("babel") is None:
        return (SOURCE,)
    return (SOURCE, *sorted(path.stem for path in (CATALOGUES / domain).glob("*.po")))


@cache
def language_names(domain: Domain) -> dict[str, str]:
    """Return each language's own name by its code, such as `{"nl": "Nederlands"}`."""
    names = {SOURCE: "English"}
    for language in languages(domain)[1:]:
        from babel import Locale

        name = Locale(language).get_display_name() or language
        names[language] = name[:1].upper() + name[1:]
    return names


@cache
def translator(domain: Domain, language: str) -> Translator:
    """Return the translator into a language; into English for a language without a catalogue."""
    from gettext import GNUTranslations, NullTranslations

    if language == SOURCE or language not in languages(domain):
        return Translator(NullTranslations())
    from babel.messages.mofile import write_mo

    compiled = BytesIO()
    write_mo(compiled, read_catalogue(domain, language))
    compiled.seek(0)
    return Translator(GNUTranslations(compiled))


def read_catalogue(domain: Domain, language: str) -> Catalog:
    """Read a catalogue, with the messages that are fuzzy or not translated. Needs Babel."""
    from babel.messages.pofile import read_po

    with catalogue_file(domain, language).open("rb") as file:
        return read_po(file, locale=language, domain=domain, abort_invalid=True)


def is_translated(message: Message) -> bool:
    """Say whether each form of a catalogue's message has a text."""
    forms = message.string or ""
    return bool(forms) if isinstance(forms, str) else all(forms)


@cache
def command_language() -> str:
    """Return the language of the command: ATTRIBUTION_LANGUAGE, else what the locale names.

    English where the command has no catalogue of that language.
    """
    named = next(filter(None, map(os.environ.get, LANGUAGE_VARIABLES)), SOURCE)
    language = named[:2].lower()
    if language == SOURCE or not catalogue_file(Domain.PAGE, language).is_file():
        return SOURCE
    return language if language in languages(Domain.PAGE) else SOURCE


def gettext(message: str, **values: object) -> str:
    """Return a message of the command in the language of its environment."""
    if command_language() == SOURCE:
        return _filled_in(message, values)
    return translator(Domain.PAGE, command_language()).gettext(message, **values)


def ngettext(singular: str, plural: str, count: int, **values: object) -> str:
    """Return the form that a count needs in the language of the command's environment."""
    if command_language() == SOURCE:
        return _filled_in(singular if count == 1 else plural, {"count": count, **values})
    return translator(Domain.PAGE, command_language()).ngettext(singular, plural, count, **values)


def pgettext(context: str, message: str, **values: object) -> str:
    """Return a message of the command that means something else in another context."""
    if command_language() == SOURCE:
        return _filled_in(message, values)
    return translator(Domain.PAGE, command_language()).pgettext(context, message, **values)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name, which extractors know
    """Mark a message for the catalogue that is translated where it is shown."""
    return message


def _filled_in(text: str, values: dict[str, object]) -> str:
    return text.format(**values) if values else text
