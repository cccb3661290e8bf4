"""`attribution registries`: how each is asked, by every process of this cache folder."""

from __future__ import annotations

import json

import typer

from attribution.language import gettext as _
from attribution_cli.console import print_message, results
from attribution_cli.local_data import AsJson
from attribution_cli.names import field_name
from attribution_cli.safe_text import escaped_json, shown


def registries(as_json: AsJson = False) -> None:
    """Show how each registry is asked: its budget, what it refused, and when it may be asked
    again.
    """
    from attribution.lookup.budgets.health import registry_rows
    from attribution.settings import load_settings

    rows = registry_rows(load_settings().cache_path)
    if as_json:
        for row in rows:
            typer.echo(escaped_json(json.dumps(row, ensure_ascii=False)))
        return
    if not rows:
        print_message(_("no registry was asked yet"))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(field_name("service"), overflow="fold", ratio=1)
    table.add_column(field_name("state"), overflow="fold", ratio=1)
    for name in ("a second", "asked", "refused", "failed"):
        table.add_column(field_name(name), justify="right", no_wrap=True)
    for row in rows:
        state = Text(_("open"), style="green")
        if row["closed_until"]:
            state = Text(shown(_("{why} until {closed_until}: {note}", **row)), style="yellow")
        elif row["last_trouble"]:
            state.append(shown(_(", last trouble: {last_trouble}", **row)), style="dim")
        if row["people_limit"]:
            state.append(_(", {people_today} of {people_limit} people today", **row), style="dim")
        rate = _("{rate:g} of {rate_limit:g}", **row)
        table.add_row(
            shown(row["service"]),
            state,
            rate,
            f"{row['asked']}",
            f"{row['refused']}",
            f"{row['failed']}",
        )
    results().print(table)
