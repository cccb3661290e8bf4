"""The exit codes, in one place."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attribution.models import Attribution

ALL_ATTRIBUTED = 0
SOME_NOT = 1
USAGE = 2
UPSTREAM_UNREACHABLE = 3
INTERRUPTED = 130
READER_GONE = 141
"""The reader closed our output: as a shell shows a program that SIGPIPE ended (128 + 13)."""


def incomplete(problems: object) -> int:
    """Return the exit code of a result with problems, or with none."""
    return SOME_NOT if problems else ALL_ATTRIBUTED


class Tally:
    """Counts answers, and turns the count into an exit code."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self._silent = 0

    def add(self, answer: Attribution) -> None:
        """Count one answer."""
        silent = answer.status == "retry_later" or any(
            answer.status == "not_resolved" and doubt.code == "timeout" for doubt in answer.doubts
        )
        self.statuses[answer.status] += 1
        self._silent += silent

    def add_earlier(self, status: str, count: int) -> None:
        """Count the results of an earlier run."""
        self.statuses[status] += count
        self._silent += count * (status == "retry_later")

    @property
    def total(self) -> int:
        """How many were counted."""
        return self.statuses.total()

    @property
    def code(self) -> int:
        """Return 0 when all were attributed, 3 when nothing upstream answered for any, else 1."""
        if self.statuses["attributed"] == self.total:
            return ALL_ATTRIBUTED
        return UPSTREAM_UNREACHABLE if self._silent == self.total else SOME_NOT
