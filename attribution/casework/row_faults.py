"""Why a row of an import cannot be kept: times in the future, and texts that no name has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

from attribution.files.shown_text import DANGEROUS
from attribution.history.rows import EventRow
from attribution.store.chain import detail_text

_MOST_NAME = 500
"""Characters of a name."""
_MOST_PAGE = 8192
"""Characters of a reported URL."""
_MOST_DETAIL = 20_000
"""Characters of an event's further fields, as JSON."""
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Characters without a shape of their own; a page's address may have them, a company's name not."""
_UNREADABLE = re.compile(f"[\ud800-\udfff\ufffd]|{DANGEROUS.pattern}")
"""What no name has that was read rightly: half a character, what stands for one that could not be
read, controls, invisible and direction marks. Each would make a second company of one."""
_NO_NUMBER = re.compile(r"\b(?:NaN|-?Infinity)\b(?=[,}\]])")
_COMPANIES = frozenset(["provider", "providers", "old", "new"])


def fault_of(row: Any, latest: datetime) -> str | None:
    """Return why a row cannot be kept; None where it can be.

    `latest` is the last time that has happened: what lies in the future is a slip or made up.
    """
    for name in _field_names(row.__class__):
        fault = _fault_of_field(name, getattr(row, name), latest)
        if fault is not None:
            return f"{name}: {fault}"
    return _detail_fault(row.more) if isinstance(row, EventRow) and row.more else None


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _fault_of_field(name: str, value: Any, latest: datetime) -> str | None:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d} is in the future" if value > latest else None
    texts = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    for text in texts:
        fault = text_fault(text, _MOST_PAGE if name == "page" else _MOST_NAME)
        if fault is None and name in _COMPANIES and (unseen := _UNSEEN.search(text)):
            fault = f"it holds U+{ord(unseen[0]):04X}, which nobody sees"
        if fault is not None:
            return fault
    return None


def text_fault(text: str, most: int = _MOST_NAME) -> str | None:
    """Return why a text of at most so many characters cannot be a name; None where it can."""
    if len(text) > most:
        return f"it has {len(text)} characters; give at most {most}"
    unreadable = _UNREADABLE.search(text)
    if unreadable is None:
        return None
    return (
        f"it holds U+{ord(unreadable[0]):04X} at place {unreadable.start() + 1}, which no name "
        "has; was the file written in another encoding?"
    )


def composed(name: str) -> str:
    """Return the one form of a company's name: composed letters (NFC), and plain single spaces."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _detail_fault(more: Mapping[str, Any]) -> str | None:
    """Return why an event's further fields cannot be kept in its detail."""
    try:
        text = detail_text(dict(more))
        text.encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        return f"{', '.join(map(ascii, list(more)[:3]))}: cannot be kept ({type(error).__name__})"
    if len(text) > _MOST_DETAIL:
        return f"its further fields have {len(text)} characters; give at most {_MOST_DETAIL}"
    if "\\u0000" in text or _NO_NUMBER.search(text):
        return "its further fields hold what no database keeps: NUL or a number that is none"
    return None
