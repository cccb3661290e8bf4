"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console

from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.settings import Settings


class ReaderGoneError(Exception):
    """Whoever reads our output has enough of it.

    No OSError, which Typer would end with a code of its own.
    """


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to who runs the command to end it, instead of exiting with 1."""
        raise BrokenPipeError


def let_go_of_output() -> None:
    """See to it that nothing more is written to where
    nobody reads, also not as the process ends.
    """
    with suppress(OSError, ValueError):  # no real file, or closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def results() -> Console:
    """Return the console for results."""
    return _Console(file=sys.stdout, highlight=False, soft_wrap=False)


def messages() -> Console:
    """Return the console for progress, warnings and errors."""
    return _Console(file=sys.stderr, highlight=False)


def say(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(shown(text) + "\n")


def say_proxy(settings: Settings) -> None:
    """Say what goes through the proxy of the settings
    and what does not, before anything is asked.
    """
    if settings.proxy_note:
        say(f"attribution: {settings.proxy_note}")


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(f"attribution: {record.getMessage()}")


def show_warnings() -> None:
    """Show the library's warnings on stderr."""
    logger = logging.getLogger("attribution")
    if not logger.handlers:
        logger.addHandler(_Warnings(logging.WARNING))
        logger.propagate = False
