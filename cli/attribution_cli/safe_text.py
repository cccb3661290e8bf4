"""Text from registries, made safe to show: they are filled in by the people one is looking for."""

from __future__ import annotations

from attribution.json_text import DANGEROUS, escaped_json

__all__ = ["cell", "escaped_json", "shown"]

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def shown(text: str) -> str:
    """Return text in which every control and direction mark is the visible U+FFFD."""
    return DANGEROUS.sub("\ufffd", text)


def cell(value: object) -> str:
    """Return a value as a CSV cell that no spreadsheet takes for a formula."""
    text = shown("" if value is None else str(value))
    return "'" + text if text.lstrip().startswith(_FORMULA) else text
