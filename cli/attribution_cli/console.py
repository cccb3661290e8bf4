"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.settings import Settings


def results() -> Console:
    """Return the console for results."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=False)


def messages() -> Console:
    """Return the console for progress, warnings and errors."""
    return Console(file=sys.stderr, highlight=False)


def say(text: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(shown(text) + "\n")


def say_proxy(settings: Settings) -> None:
    """Say what goes through the proxy of the settings and what does not, before anything is asked."""
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
