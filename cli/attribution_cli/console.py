"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Console

from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from rich.status import Status

    from attribution.settings import Settings


class ReaderGoneError(Exception):
    """The reader of our output closed it.

    No OSError, which Typer would end with a code of its own.
    """


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave the end to `app.run`, instead of exiting with 1."""
        raise BrokenPipeError


def let_go_of_output() -> None:
    """Write nothing more to an output that its reader closed, also not as the process ends."""
    with suppress(OSError, ValueError):  # no real file, or closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def results() -> Console:
    """Return the console for results."""
    return _Console(file=sys.stdout, highlight=False, soft_wrap=False)


def messages() -> Console:
    """Return the console for progress, warnings and errors."""
    return _Console(file=sys.stderr, highlight=False)


def print_message(text: str) -> None:
    """Write a line to stderr, after the program's name."""
    sys.stderr.write(f"attribution: {shown(text)}\n")


def print_proxy_note(settings: Settings) -> None:
    """Write what goes through the proxy of the settings, before anything is asked."""
    if settings.proxy_note:
        print_message(settings.proxy_note)


@contextmanager
def working(text: str) -> Iterator[Status]:
    """Show on a terminal what is being done, until the block ends; nothing elsewhere."""
    status = messages().status(text)
    if sys.stderr.isatty():
        status.start()
    try:
        yield status
    finally:
        status.stop()


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print_message(record.getMessage())


def show_warnings() -> None:
    """Show the library's warnings on stderr."""
    logger = logging.getLogger("attribution")
    if not logger.handlers:
        logger.addHandler(_Warnings(logging.WARNING))
        logger.propagate = False
