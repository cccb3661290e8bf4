"""Everything that this library raises on purpose, under one root.

A registry that fails, throttles or lies is data in the answer, never an exception: see
`models.Failure`.
"""

from __future__ import annotations

from attribution.codes import Refusal


class AttributionError(Exception):
    """Root of every error of this library."""


class InvalidTarget(AttributionError):  # noqa: N818 - the name is the contract
    """The text is no URL, host name or IP address, or wraps one; the message says how to go on.

    The message holds a host at most, never path, query or credentials: it may be logged.
    """

    def __init__(
        self,
        text: str,
        fault: str,
        *,
        code: str = "invalid_input",
        suggestion: str | None = None,
    ) -> None:
        shown = text if len(text) <= 120 else text[:117] + "..."
        way_out = "Give a URL, a host name or an IP address."
        if code == "wrapped_url":
            way_out = "Give the URL that it leads to."
        super().__init__(f"target {shown!r}: {fault}. {way_out}")
        self.text = text
        """What may be shown of the target: its host where there is one."""
        self.fault = fault
        self.code = code
        """The doubt's code: `invalid_input` or `wrapped_url`."""
        self.suggestion = suggestion
        """The wrapped URL, validated, to be taken by a person; it has a path: never log it."""


class SettingsError(AttributionError):
    """A setting has a value that cannot be used; the message names setting, value and allowed
    form.
    """


class EvidenceError(AttributionError):
    """An evidence bundle or folder cannot be read or written as asked."""


class HistoryError(AttributionError):
    """A history folder or file cannot be read as a whole; the message names it and the way out."""


class StoreError(AttributionError):
    """The store cannot be opened, or does not hold what was named; the message names the way
    out.
    """


class Refused(StoreError):  # noqa: N818 - it says what happened
    """A command that was not carried out; nothing was changed.

    `field` and `value` are what is wrong with it, `remedy` what to do.
    """

    def __init__(self, code: Refusal, field: str, value: str, remedy: str) -> None:
        super().__init__(f"{field} {value!r}: {remedy}.")
        self.code, self.field, self.value, self.remedy = code, field, value, remedy


class NotFound(Refused):
    """What a command names is not in the store."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(
            Refusal.NOT_FOUND, field, str(value)[:300], f"it is not in the store; {remedy}"
        )


class NotInStoreError(StoreError):
    """What was named is not in the store, where no field of a command names it."""


class StoreUnavailableError(StoreError):
    """The database cannot be used now: it is locked, full, unreachable or damaged. Nothing was
    changed by the step.
    """


class KeyFileError(AttributionError):
    """The key file is missing, damaged or not the one of this store."""


class InvalidVouching(AttributionError):  # noqa: N818 - it says what is wrong
    """A row of a table of vouchings that cannot be used."""

    def __init__(self, row: int, column: str, value: str, remedy: str) -> None:
        super().__init__(f"vouching in row {row}: {column} cannot be {value!r}: {remedy}.")
        self.row, self.column, self.value = row, column, value


class OutputError(AttributionError):
    """A file for a person cannot be written; the message names it and the way out."""


class OutputExistsError(OutputError):
    """A file of that name is there, and was not to be replaced."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"output {path!r} exists, and is left as it is: name another file, or replace it "
            "with --force."
        )
        self.path = path


class MissingExtra(AttributionError, ImportError):  # noqa: N818 - the name is the contract
    """Packages of an extra are not installed;
    the message says what needs it, and how to install it.
    """
