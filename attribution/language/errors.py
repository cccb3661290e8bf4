"""What an error says to a person who reads another language than English."""

from __future__ import annotations

from attribution.codes import DoubtCode
from attribution.errors import AttributionError, InvalidTarget, NotFound, OutputExistsError, Refused
from attribution.language import N_, SOURCE, Domain, Translator, command_language, translator

_IN_THE_STORE = N_("it is not in the store; {remedy}")
_EXISTS = N_(
    "output {file} exists and was not changed: name another file, or replace it with --force."
)


def error_text(error: Exception, language: str | None = None) -> str:
    """Return an error's message in a language; by default in that of the command.

    English is the message itself. Of a refusal another language gets the line of its code, field
    and value, and the remedy, which stays English where the catalogue has no translation of it.
    """
    language = command_language() if language is None else language
    messages = translator(Domain.PAGE, language)
    if language == SOURCE or not isinstance(error, AttributionError):
        return str(error)
    if isinstance(error, Refused):
        remedy = _remedy(error, messages)
        return f"{messages.gettext(error.code.line)} {error.field} {error.value!r}: {remedy}."
    if isinstance(error, InvalidTarget) and error.code in set(DoubtCode):
        return f"{messages.gettext(DoubtCode(error.code).line)} {error}"
    if isinstance(error, OutputExistsError):
        return messages.gettext(_EXISTS, file=repr(error.path))
    return messages.gettext(str(error))


def _remedy(error: Refused, messages: Translator) -> str:
    if isinstance(error, NotFound):
        return messages.gettext(_IN_THE_STORE, remedy=messages.gettext(error.hint))
    return messages.gettext(error.remedy)
