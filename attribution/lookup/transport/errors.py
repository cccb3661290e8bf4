"""What may come instead of an answer: each is a `TransportError`, whose message says why."""

from __future__ import annotations


class TransportError(Exception):
    """No answer came, or none that may be taken."""


class DestinationRefused(TransportError):  # noqa: N818 - an outcome
    """The destination may not be connected to; the message says why."""


class Unreachable(TransportError):  # noqa: N818 - an outcome
    """No connection, or it ended early; the message says how."""


class UnknownServer(Unreachable):
    """The server's name has no address: asking again in a minute will not help."""


class TooLarge(TransportError):  # noqa: N818 - an outcome
    """The answer is larger than its bound."""


class MalformedAnswer(TransportError):  # noqa: N818 - an outcome
    """The content coding cannot be undone: another one, several, or a broken one."""


def reason(error: BaseException) -> str:
    """Return the type and text of an error, for a message."""
    return f"{type(error).__name__}: {error}".rstrip(": ")
