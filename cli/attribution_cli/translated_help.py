"""Help and usage errors of the whole command in another language, at one place.

Commands keep their help in English, as docstrings and options: `help_messages` gives each of those
texts to `scripts/catalogues.py`, and `translate_help` replaces them before the command is run.
Texts of Typer itself, which stand in no command, are translated as they are written.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import typer

from attribution.language import N_
from attribution.language import gettext as _

_EXAMPLE = "Example: "
_OF_TYPER = (N_("Options"), N_("Arguments"), N_("Commands"), N_("Show this message and exit."))
_errors: Any = sys.modules[typer.BadParameter.__module__]
"""Typer's classes of usage errors, of which it exports one alone."""
_Context: Any = typer.Context.__mro__[1]


class _Formatter(_Context.formatter_class):  # type: ignore[misc]  # which mypy takes for Any
    """Writes help, with the texts of Typer translated."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, _("Usage: ") if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(_(heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **options: Any) -> None:
        super().write_dl([(name, _row(text)) for name, text in rows], *args, **options)


class _TranslatedContext(_Context):  # type: ignore[misc]  # which mypy takes for Any
    """The context of a command whose help is translated."""

    formatter_class = _Formatter


def help_messages(command: Any) -> Iterator[tuple[str, str]]:
    """Yield each text of the help of a command, and of those below it, with its Python module."""
    for below in _tree(command):
        module = below.callback.__module__ if below.callback else __name__
        for described in (below, *below.params):
            if described.help:
                yield _joined(described.help), module


def translate_help(command: Any) -> None:
    """Translate the help of a command, and of those below it, in place."""
    for below in _tree(command):
        below.context_class = _TranslatedContext
        for described in (below, *below.params):
            if described.help:
                described.help = _(_joined(described.help))
        if below.epilog:
            examples = below.epilog.split("\n\n")
            below.epilog = "\n\n".join(
                _("Example: {command}", command=line.removeprefix(_EXAMPLE)) for line in examples
            )


def show_usage_error(error: Any) -> None:
    """Write what is wrong with the arguments to stderr, below how the command is used."""
    if isinstance(error, _errors.NoArgsIsHelpError):
        error.show()
        return
    context = error.ctx
    if context is not None:
        help_option = f"{context.command_path} {context.help_option_names[0]}"
        hint = _("Try '{command}' for help.", command=help_option)
        typer.echo(f"{context.get_usage()}\n{hint}\n", err=True)
    typer.echo(_("Error: {reason}", reason=_complaint(error)), err=True)


def _complaint(error: Any) -> str:
    parameter = getattr(error, "param", None)
    name = parameter.get_error_hint() if parameter else ""
    if isinstance(error, _errors.MissingParameter):
        return _("{parameter} is missing.", parameter=name)
    if isinstance(error, _errors.NoSuchOption):
        return _("There is no option {option}.", option=error.option_name)
    if isinstance(error, typer.BadParameter):
        if name:
            return _("{parameter}: {reason}", parameter=name, reason=error.message)
        return str(error.message)
    return str(error.format_message())


def _tree(command: Any) -> Iterator[Any]:
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from _tree(below)


def _joined(text: str) -> str:
    """Return a help text whose paragraphs are a line each."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _row(text: str) -> str:
    """Translate what Typer adds to the text of an option."""
    for added, translated in (
        ("[required]", _("[required]")),
        ("; required]", _("; required]")),
        ("[default: ", _("[default: ")),
    ):
        text = text.replace(added, translated)
    return _(text) if text in _OF_TYPER else text
