"""Reading JSON that strays from its standard:
what is text, list or missing is settled here, once.
"""

from __future__ import annotations

import re
from typing import Any

_BETWEEN_ROLES = re.compile(r"[,;/]")


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, nothing for null, else the value as the only item."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def as_objects(value: Any) -> list[dict[str, Any]]:
    """Return the JSON objects of a list, leaving out everything else."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_text(value: Any) -> str | None:
    """Return stripped text, or None for anything else and for empty text."""
    return clean(value) or None if isinstance(value, str) else None


def as_lines(value: Any) -> list[str]:
    """Return the texts inside a text, a list or a nested list, one a line, empty ones left out.

    Some registries write a line break as a backslash and an `n`.
    """
    if isinstance(value, str):
        if "\n" not in value and "\\n" not in value:
            line = clean(value)
            return [line] if line else []
        return [line for part in re.split(r"\r?\n|\\n", value) if (line := clean(part))]
    return [line for item in value for line in as_lines(item)] if isinstance(value, list) else []


def as_roles(value: Any) -> frozenset[str]:
    """Return roles in lower case: capitalised, null, one text, or several joined in one text."""
    texts = [item for item in as_list(value) if isinstance(item, str)]
    return frozenset(
        role
        for text in texts
        for part in _BETWEEN_ROLES.split(text)
        if (role := part.strip().lower())
    )


def as_country(value: Any) -> str | None:
    """Return an ISO 3166-1 alpha-2 code, or None. `EU`, `AP` and `ZZ` are no countries."""
    text = (as_text(value) or "").upper()
    two_letters = len(text) == 2 and text.isascii() and text.isalpha()
    return text if two_letters and text not in ("EU", "AP", "ZZ") else None


def clean(text: str) -> str:
    """Collapse white space and strip it from the ends; half a surrogate pair becomes `?`."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.split())
