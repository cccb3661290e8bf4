"""State of each registry's rate limit, for display and for programs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attribution.lookup.budgets.budget import Budget
from attribution.lookup.budgets.ledger import Ledger
from attribution.lookup.budgets.pace import Service


def registry_rows(cache_folder: Path) -> list[dict[str, Any]]:
    """Return a row for each registry that was asked by any
    process of this cache folder; rates in questions a second.
    """
    ledger = Ledger(cache_folder)
    try:
        return [_row(name, budget) for name, budget in ledger.all().items()]
    finally:
        ledger.close()


def _row(name: str, budget: Budget) -> dict[str, Any]:
    now = time.time()
    limits = Service(*name.split(" ", 1)).limits
    closed = budget.closed(now)
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    return {
        "service": name,
        "closed_until": _time(closed.until) if closed else None,
        "why": closed.kind if closed else None,
        "note": closed.note if closed else None,
        "last_trouble": budget.note or None,
        "rate": round(min(budget.rate, limits.rate), 2),
        "rate_limit": limits.rate,
        "burst": limits.burst,
        "in_the_air": budget.in_flight(now),
        "concurrent": limits.concurrent,
        "asked": budget.asked,
        "refused": budget.refused,
        "failed": budget.failed,
        "people_today": budget.personal if budget.day == today else 0,
        "people_limit": limits.personal,
        "last_asked": _time(budget.last_asked) if budget.last_asked else None,
    }


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
