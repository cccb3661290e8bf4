"""Why something a person asked for was not done, and what to do instead."""

from __future__ import annotations

from enum import StrEnum

from attribution.errors import StoreError


class Refusal(StrEnum):
    """What is wrong with a command."""

    NOT_FOUND = "not_found"
    """What it names is not in the store."""
    MISSING = "missing"
    """A field is empty that has to say something."""
    INVALID = "invalid"
    """A field has a value that it cannot have."""
    CONFLICT = "conflict"
    """It does not fit to what is in the store."""


class Refused(StoreError):  # noqa: N818 - it says what happened
    """A command that was not carried out; nothing was changed.

    `field` and `value` are what is wrong with it, `remedy` what to do.
    """

    def __init__(self, code: Refusal, field: str, value: str, remedy: str) -> None:
        super().__init__(f"{field} {value!r}: {remedy}.")
        self.code, self.field, self.value, self.remedy = code, field, value, remedy
