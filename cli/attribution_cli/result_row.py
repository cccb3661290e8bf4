"""A batch on a terminal: one row a result, printed as it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table as Grid
from rich.text import Text

from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.models import Attribution


class Table:
    """Rows of fixed columns, without knowing those to come."""

    def row(self, line: int, answer: Attribution) -> Grid:
        """Return the row of one result."""
        grid = Grid.grid(padding=(0, 2), expand=True)
        grid.add_column(justify="right", width=6, style="dim")
        grid.add_column(ratio=3, overflow="ellipsis", no_wrap=True)
        grid.add_column(ratio=3, overflow="ellipsis", no_wrap=True)
        grid.add_column(ratio=3, overflow="ellipsis", no_wrap=True)
        primary = answer.primary
        if primary:
            contact = primary.abuse_contact
            company = Text(shown(primary.provider.name))
            where = Text(
                shown(contact.email or contact.form or contact.status.replace("_", " ")),
                style="green" if contact.email else "yellow",
            )
        else:
            company = Text(answer.status.replace("_", " "), style="yellow")
            where = Text(shown(answer.doubts[-1].text if answer.doubts else ""), style="dim")
        grid.add_row(str(line), Text(shown(answer.host or answer.input)), company, where)
        return grid
