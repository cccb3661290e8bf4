"""Everything that this library raises on purpose, under one root: `AttributionError`.

A registry that fails, throttles or lies is data in the answer, never an exception: see
`models.Failure`.
"""

from __future__ import annotations

from attribution.codes import Refusal


class AttributionError(Exception):
    """Root of every error of this library."""


class InvalidTarget(AttributionError):  # noqa: N818 - a public name
    """The text is no URL, host name or IP address, or it wraps a URL.

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
        remedy = (
            "Give the URL that it leads to."
            if code == "wrapped_url"
            else "Give a URL, a host name or an IP address."
        )
        super().__init__(f"target {shown!r}: {fault}. {remedy}")
        self.text = text
        """What may be shown of the target: its host where there is one."""
        self.fault = fault
        self.code = code
        """The doubt's code: `invalid_input` or `wrapped_url`."""
        self.suggestion = suggestion
        """The wrapped URL, validated, for a person to confirm; it has a path: never log it."""


class SettingsError(AttributionError):
    """A setting cannot be used; the message names setting, value and allowed form."""


class EvidenceError(AttributionError):
    """An evidence bundle or folder cannot be read or written."""


class HistoryError(AttributionError):
    """A history folder or file cannot be read at all; the message names it and what to do."""


class StoreError(AttributionError):
    """The store refuses a command or cannot be used; the message says what to do."""


class Refused(StoreError):  # noqa: N818 - a public name
    """A command that a person has to correct; nothing was changed."""

    def __init__(self, code: Refusal, field: str, value: str, remedy: str) -> None:
        super().__init__(f"{field} {value!r}: {remedy}.")
        self.code = code
        self.field, self.value = field, value
        """Which field of the command is wrong, and its value."""
        self.remedy = remedy
        """What to do."""


class NotFound(Refused):
    """What a command names is not in the store."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(
            Refusal.NOT_FOUND, field, str(value)[:300], f"it is not in the store; {remedy}"
        )
        self.hint = remedy
        """Where what there is can be seen."""


class NotInStoreError(StoreError):
    """What was named is not in the store, where no field of a command names it."""


class StoreUnavailableError(StoreError):
    """The database is locked, full, unreachable or damaged; the step changed nothing."""


class KeyFileError(AttributionError):
    """The key file is missing, damaged or of another store."""


class InvalidVouching(AttributionError):  # noqa: N818 - beside InvalidTarget
    """A row of a table of vouchings that cannot be used."""

    def __init__(self, row: int, column: str, value: str, remedy: str) -> None:
        super().__init__(f"vouching in row {row}: {column} cannot be {value!r}: {remedy}.")
        self.row, self.column, self.value = row, column, value


class OutputError(AttributionError):
    """An output file cannot be written; the message names it and what to do."""


class OutputExistsError(OutputError):
    """An output file exists and was not to be replaced."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"output {path!r} exists and was not changed: name another file, or replace it with "
            "--force."
        )
        self.path = path


class MissingExtra(AttributionError, ImportError):  # noqa: N818 - a public name
    """Packages of an extra are not installed; the message says what needs it and how to get it."""
