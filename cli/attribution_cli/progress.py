"""How far a batch is: rate and time left on stderr, and a line at its end."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.console import messages, print_message
from attribution_cli.exit_code import Tally
from attribution_cli.names import status_name


class Progress:
    """A bar on a terminal; elsewhere only the line at the end."""

    def __init__(self, tally: Tally, total: int | None, *, quiet: bool) -> None:
        self._tally, self._total, self._quiet = tally, total, quiet
        self._began, self._earlier = time.monotonic(), tally.total
        self._bar = None
        if not quiet and sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn(_("left")),
                console=messages(),
                transient=True,
            )
            self._task = self._bar.add_task("", total=total, completed=tally.total, rate="")

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if kind is None and not self._quiet:
            counts = ", ".join(
                f"{count} {status_name(status)}"
                for status, count in self._tally.statuses.most_common()
            )
            print_message(
                ngettext(
                    "{count} line ({statuses}) in {seconds:.1f} s, {rate}",
                    "{count} lines ({statuses}) in {seconds:.1f} s, {rate}",
                    self._tally.total,
                    statuses=counts or _("none"),
                    seconds=self._elapsed(),
                    rate=self._rate(),
                )
            )

    def step(self) -> None:
        """Show one more."""
        if self._bar:
            self._bar.update(self._task, completed=self._tally.total, rate=self._rate())

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _rate(self) -> str:
        return f"{(self._tally.total - self._earlier) / max(self._elapsed(), 0.001):.1f}/s"
