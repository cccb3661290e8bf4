"""Second spellings of signing keys."""

from __future__ import annotations

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def respelled(public_key: str) -> str:
    """Return other base64 of the same 32 bytes: the last letter's lowest two bits say nothing."""
    place = LETTERS.index(public_key[-2])
    return f"{public_key[:-2]}{LETTERS[place ^ 1]}="
