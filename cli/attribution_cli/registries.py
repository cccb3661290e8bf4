"""How each registry is asked: budgets, refusals and failures, next times; of every process of this cache folder."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import typer

from attribution_cli.console import results, say
from attribution_cli.safe_text import escaped_json, shown


def show_registries(*, as_json: bool) -> None:
    """Print a row for each registry that was asked."""
    from attribution.lookup.ledger import Ledger
    from attribution.settings import load_settings

    ledger = Ledger(load_settings().cache_path)
    rows = [_row(name, budget) for name, budget in ledger.all().items()]
    ledger.close()
    if as_json:
        for row in rows:
            typer.echo(escaped_json(json.dumps(row, ensure_ascii=False)))
        return
    if not rows:
        say("attribution: no registry was asked yet")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("service", overflow="fold", ratio=1)
    table.add_column("state", overflow="fold", ratio=1)
    for head in ("a second", "asked", "refused", "failed"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        state = Text("open", style="green")
        if row["closed_until"]:
            state = Text(shown(f"{row['why']} until {row['closed_until']}: {row['note']}"), style="yellow")
        elif row["last_trouble"]:
            state.append(shown(f", last trouble: {row['last_trouble']}"), style="dim")
        if row["people_limit"]:
            state.append(f", {row['people_today']} of {row['people_limit']} people today", style="dim")
        rate = f"{row['rate']:g} of {row['rate_limit']:g}"
        table.add_row(shown(row["service"]), state, rate, f"{row['asked']}", f"{row['refused']}", f"{row['failed']}")
    results().print(table)


def _row(name: str, budget: Any) -> dict[str, Any]:
    from attribution.lookup.pace import Service

    now = time.time()
    limits = Service(*name.split(" ", 1)).limits
    closed = budget.closed(now)
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    return {
        "service": name, "closed_until": _time(closed.until) if closed else None, "why": closed.kind if closed else None,
        "note": closed.note if closed else None, "last_trouble": budget.note or None, "rate": round(min(budget.rate, limits.rate), 2), "rate_limit": limits.rate,
        "burst": limits.burst, "in_the_air": budget.in_the_air(now), "concurrent": limits.concurrent, "asked": budget.asked,
        "refused": budget.refused, "failed": budget.failed, "people_today": budget.personal if budget.day == today else 0,
        "people_limit": limits.personal, "last_asked": _time(budget.last_asked) if budget.last_asked else None,
    }  # fmt: skip


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
