"""Budgets shared through the cache folder: over processes, over restarts, and without ever stopping
a look-up.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from attribution.data.budgets import Limits
from attribution.evidence import Record
from attribution.lookup.budgets.budget import Budget
from attribution.lookup.budgets.ledger import Ledger
from attribution.lookup.budgets.pace import NotNow, Pace, Service
from clocks import HandClock

LIMITS = Limits(rate=1000, burst=1000, concurrent=4)
SERVICE = Service("rdap", "rdap.example")


def count(budget: Budget) -> tuple[Budget, int]:
    changed, _ = budget.turn(LIMITS, 1e9, "f", 1e9, 10)
    return changed, changed.asked


def people(record: Record) -> int:
    return 0


def refusing(clock: HandClock) -> Record:
    return Record(
        "rdap",
        "ip 192.0.2.1",
        "rdap.example",
        clock.now(),
        "rate_limited",
        retry_at=clock.now() + timedelta(hours=1),
    )


def test_two_ledgers_of_one_folder_are_one(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path), Ledger(tmp_path)
    assert [ledger.change("r", LIMITS, count) for ledger in (one, other, one)] == [1, 2, 3]
    one.close()
    assert Ledger(tmp_path).all()["r"].asked == 3


def test_processes_lose_no_change_of_each_other(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from attribution.lookup.budgets.ledger import "
        "Ledger\n"
        "from attribution.data.budgets import Limits\nlimits = Limits(1000, 1000, 4)\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for _ in range(200): ledger.change('r', limits, lambda b: (b.turn(limits, 1e9, 'f', "
        "1e9, 10)[0], None))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert Ledger(tmp_path).all()["r"].asked == 600


async def test_pause_is_kept_over_a_restart_and_holds_for_other_processes(tmp_path: Path) -> None:
    clock = HandClock()
    first = Pace(8, 0, clock, Ledger(tmp_path))

    async def refuse() -> Record:
        return refusing(clock)

    await first.ask(SERVICE, refuse, people)
    first.close()

    async def never() -> Record:
        raise AssertionError("the registry asked to be left alone")

    with pytest.raises(NotNow) as caught:
        await Pace(8, 0, clock, Ledger(tmp_path)).ask(SERVICE, never, people)
    assert caught.value.retry_at == clock.now() + timedelta(hours=1)


async def test_room_is_shared_by_processes(tmp_path: Path) -> None:
    """A budget of eight in the air: two paces of one folder never have more than that together."""
    clock, in_the_air, most = HandClock(), 0, 0
    gate = asyncio.Event()

    async def attempt() -> Record:
        nonlocal in_the_air, most
        in_the_air += 1
        most = max(most, in_the_air)
        await gate.wait()
        in_the_air -= 1
        return Record("rdap", "ip 192.0.2.1", "rdap.example", clock.now(), "answered")

    class Patient(HandClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(0.001)

    paces = [Pace(32, 0, Patient(), Ledger(tmp_path)) for _ in range(2)]
    tasks = [
        asyncio.create_task(pace.ask(SERVICE, attempt, people)) for pace in paces for _ in range(10)
    ]
    await asyncio.sleep(0.05)
    assert most == SERVICE.limits.concurrent == 8
    gate.set()
    await asyncio.gather(*tasks)
    assert in_the_air == 0


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100])
def test_damaged_file_stops_nothing(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "budgets-1.sqlite3").write_bytes(damage)
    ledger = Ledger(tmp_path)
    assert [ledger.change("r", LIMITS, count) for _ in range(2)] == [1, 2]


def test_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    ledger = Ledger(tmp_path / "file")
    assert [ledger.change("r", LIMITS, count) for _ in range(2)] == [1, 2]
    assert ledger.all()["r"].asked == 2


def test_row_that_is_no_budget_counts_as_none(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.change("r", LIMITS, count)
    ledger._file.execute("UPDATE budgets SET state = ?", (json.dumps({"rate": None}),))  # type: ignore[union-attr]
    assert ledger.change("r", LIMITS, count) == 1
