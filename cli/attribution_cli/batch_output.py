"""Where the answers of a batch go: counted, then written, shown as rows, or grouped by company."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attribution.language import ngettext
from attribution_cli.console import print_message, results
from attribution_cli.exit_code import Tally
from attribution_cli.groups import Groups
from attribution_cli.inputs import Item
from attribution_cli.outputs import Lines, OutputFormat, Recalled
from attribution_cli.progress import Progress
from attribution_cli.result_row import result_row

if TYPE_CHECKING:
    from attribution.models import Attribution


class BatchOutput:
    """Takes answers as they come."""

    def __init__(
        self, path: Path | None, form: OutputFormat, *, resume: bool, grouped: bool, quiet: bool
    ) -> None:
        self._path, self._form, self._grouped, self._quiet = path, form, grouped, quiet
        self._lines = Lines(path, form, resume=resume, silent=grouped)
        self._groups = Groups() if grouped and not self._read_back else None
        self.tally = Tally()
        for status, count in self._lines.done.statuses.items():
            self.tally.add_earlier(status, count)
        self.progress: Progress | None = None

    @property
    def _read_back(self) -> bool:
        """Whether groups are of a file's lines, with those of earlier runs; else they grow here."""
        return self._path is not None and self._form is OutputFormat.JSONL

    @property
    def _rows(self) -> bool:
        return self._form is OutputFormat.TABLE and not self._grouped

    def has(self, item: Item) -> bool:
        """Return whether a line has its result. Raises UnusableOutput."""
        return self._lines.done.has(item)

    def write(self, line: int, answer: Attribution | Recalled) -> None:
        """Take one answer."""
        if isinstance(answer, Recalled) and not self._rows and self._groups is None:
            self.tally.add_earlier(answer.status, 1)
        else:
            whole = answer.attribution() if isinstance(answer, Recalled) else answer
            self.tally.add(whole)
            if self._rows:
                results().print(result_row(line, whole))
            if self._groups is not None:
                self._groups.add(line, whole)
        if not self._rows and (self._path is not None or not self._grouped):
            self._lines.write(line, answer)
        if self.progress:
            self.progress.step()

    def flush(self) -> None:
        """Write out what was taken."""
        self._lines.flush()

    def close(self) -> None:
        """Make sure that every result is on disk."""
        self._lines.close()

    def show_waiting(self, lines: int, seconds: float) -> None:
        """Show that lines wait for registries that did not answer."""
        if self._quiet:
            return
        print_message(
            ngettext(
                "{count} line waits up to {seconds:g} s for registries that did not answer",
                "{count} lines wait up to {seconds:g} s for registries that did not answer",
                lines,
                seconds=seconds,
            )
        )

    def show_groups(self) -> None:
        """Show the groups, where they were asked for."""
        if not self._grouped:
            return
        groups = self._groups
        if groups is None and self._path is not None:
            groups = Groups.read(self._path)
        assert groups is not None
        if self._form is OutputFormat.CSV:
            lines = groups.csv_lines()
        elif sys.stdout.isatty() or self._form is OutputFormat.TABLE:
            results().print(groups.table())
            return
        else:
            lines = groups.json_lines()
        for line in lines:
            typer.echo(line)
