"""What is wrong with a text, while it is read; `parse` makes an InvalidTarget of it."""

from __future__ import annotations

_MOST_SHOWN = 120


class Fault(ValueError):  # noqa: N818 - it never leaves this room
    """The text is no target, and this says why. It quotes at most the host."""


def quoted(text: str) -> str:
    """Return a part of the input for a message, cut where it is long."""
    return repr(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 3] + "...")
