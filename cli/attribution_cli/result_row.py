"""A result of a batch as a row on a terminal, printed as it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from attribution_cli.names import doubt_text, status_name
from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.models import AbuseContact, Attribution


def result_row(line: int, answer: Attribution) -> Table:
    """Return the row of one result, of fixed columns: the rows to come are not known."""
    row = Table.grid(padding=(0, 2), expand=True)
    row.add_column(justify="right", width=6, style="dim")
    for _ in range(3):
        row.add_column(ratio=3, overflow="ellipsis", no_wrap=True)
    primary = answer.primary
    if primary:
        company = Text(shown(primary.provider.name))
        contact = contact_text(primary.abuse_contact)
    else:
        company = Text(status_name(answer.status), style="yellow")
        contact = Text(shown(doubt_text(answer.doubts[-1]) if answer.doubts else ""), style="dim")
    row.add_row(str(line), Text(shown(answer.host or answer.input)), company, contact)
    return row


def contact_text(contact: AbuseContact) -> Text:
    """Return where to write, or why that is not known."""
    address = contact.email or contact.form or status_name(contact.status)
    return Text(shown(address), style="green" if contact.email else "yellow")
