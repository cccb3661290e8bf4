"""Text of registries made safe to show: a network's own customers may have written it."""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), marks that change the direction of text, invisible separators.
DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def escaped_json(text: str) -> str:
    """Return the same JSON with every control and direction mark escaped."""
    return DANGEROUS.sub(lambda match: _escape(match[0]), text)


def shown(text: str) -> str:
    """Return text in which every control and direction mark is the visible U+FFFD."""
    return DANGEROUS.sub("\ufffd", text)


def csv_cell(value: object) -> str:
    """Return a value as a CSV cell that no spreadsheet takes for a formula."""
    text = shown("" if value is None else str(value))
    return "'" + text if text.lstrip().startswith(_FORMULA) else text


def _escape(character: str) -> str:
    code = ord(character)
    if code > 0xFFFF:
        high, low = 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)
        return f"\\u{high:04x}\\u{low:04x}"
    return f"\\u{code:04x}"
