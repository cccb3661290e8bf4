"""What flufl.bounce recognises, asked only of mail that comes from a mail system.

Alone it takes a person's reply that quotes a bounce for a bounce. It gets a copy of the subject and
the beginning of the text, with long lines cut: some of its expressions take time by the square of a
line's length.
"""

from __future__ import annotations

import logging
from email.message import Message

MOST_LINES = 400
MOST_IN_LINE = 500
logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())


def known_failures(sender: str, subject: str, text: str) -> tuple[list[str], list[str]]:
    """Return the mailboxes that failed for now, and those that failed for good.

    Both are empty where flufl.bounce (extra `hotline`) is not installed.
    """
    try:
        from flufl.bounce import all_failures
    except ImportError:
        return [], []
    message = Message()
    message["From"] = _on_one_line(sender)
    message["Subject"] = _on_one_line(subject)
    lines = text.split("\n", MOST_LINES)[:MOST_LINES]
    message.set_payload("\n".join(line[:MOST_IN_LINE] for line in lines))
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # its detectors raise various errors over text that a sender made up
        return [], []
    return _names(temporary), _names(permanent)


def _names(addresses: frozenset[bytes]) -> list[str]:
    return sorted(address.decode("ascii", "replace").lower()[:320] for address in addresses)[:100]


def _on_one_line(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode("ascii").split())[:MOST_IN_LINE]
