"""A list of URLs: read, looked up at once, written as they are done."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from attribution_cli.groups import Groups
from attribution_cli.inputs import InputFormat, Item, read_items
from attribution_cli.outputs import Lines

if TYPE_CHECKING:
    from attribution.attributor import Attributor
    from attribution.models import Attribution, Status
    from attribution.settings import Settings

_MOST_HELD = 10_000
_MOST_PARKED = 100_000
_PAUSE = 5.0


class Sink(Protocol):
    """Where answers go."""

    def write(self, line: int, answer: Attribution) -> None:
        """Take one answer."""

    def waiting(self, lines: int, seconds: float) -> None:
        """Hear that lines wait for registries that did not answer."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to do."""

    source: str
    form: InputFormat
    column: str | None
    jobs: int
    ordered: bool
    evidence: Path | None
    asking: dict[str, Any]
    """How the Attributor is to ask: its keyword arguments."""


def run_batch(order: Order, settings: Settings, lines: Lines, sink: Sink) -> None:
    """Answer every line that has no result yet. Raises KeyboardInterrupt when told to stop, with whole lines written."""
    asyncio.run(_run(order, settings, lines, sink))


async def _run(order: Order, settings: Settings, lines: Lines, sink: Sink) -> None:
    from attribution.attributor import Attributor, in_order_of_completion

    task = asyncio.current_task()
    if task:
        with contextlib.suppress(NotImplementedError):  # no signal handlers in Windows' event loop
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    turns = _Turns() if order.ordered else None

    async with Attributor(settings, evidence=order.evidence, **order.asking) as attributor:

        async def work(item: Item) -> tuple[Item, Attribution]:
            return item, await _answer(attributor, item)

        async def answered(items: AsyncIterable[Item] | list[Item], *, park: float) -> list[Item]:
            """Write what is answered; return the lines that may be answered within `park` seconds."""
            parked: list[Item] = []
            async with aclosing(in_order_of_completion(items, order.jobs, work)) as answers:
                async for item, answer in answers:
                    until = datetime.now(UTC) + timedelta(seconds=park)
                    if park and len(parked) < _MOST_PARKED and _waits_for_registry(answer, until):
                        parked.append(item)
                        continue
                    for line, one in turns.after(item.line, answer) if turns else [(item.line, answer)]:
                        sink.write(line, one)
            return parked

        # A line that is held back would hold every later one back in the input's order: there it is written at once.
        wait = 0 if order.ordered else settings.wait
        parked = await answered(_waiting(order, lines, turns), park=wait)
        ends = time.monotonic() + wait
        if parked:
            sink.waiting(len(parked), wait)
        while parked:
            left = max(ends - time.monotonic(), 0)
            await asyncio.sleep(min(left, _PAUSE))
            parked = await answered(parked, park=left if left > _PAUSE else 0)


def _waits_for_registry(answer: Attribution, until: datetime) -> bool:
    """Say whether another look may soon find more: nobody is named, or no mailbox, for want of a registry's answer."""
    contact = answer.primary.abuse_contact.status if answer.primary else None
    if answer.status != "retry_later" and contact not in ("rate_limited", "unreachable"):
        return False
    return any(failure.retry_at and failure.retry_at <= until for failure in answer.failures)


async def _waiting(order: Order, lines: Lines, turns: _Turns | None) -> AsyncIterator[Item]:
    items = read_items(order.source, order.form, order.column)
    while True:
        # Whoever feeds stdin may take its time; a file is read at once.
        item = await asyncio.to_thread(next, items, None) if order.source == "-" else next(items, None)
        if item is None:
            return
        if lines.done.has(item):
            continue
        if turns:
            await turns.expect(item.line)
        yield item


async def _answer(attributor: Attributor, item: Item) -> Attribution:
    from attribution.errors import EvidenceError

    if item.fault is not None:
        return _without_lookup(item, "invalid_input", "invalid_input", item.fault)
    try:
        return await attributor.attribute(item.text)
    except EvidenceError:
        raise
    except Exception as error:  # a fault of ours in one line must not lose the others
        text = f"{type(error).__name__}: {error}; please report it"
        return _without_lookup(item, "retry_later", "internal_error", text)


def _without_lookup(item: Item, status: Status, code: str, text: str) -> Attribution:
    from attribution.models import Attribution, Doubt

    now = datetime.now(UTC).replace(microsecond=0)
    return Attribution(input=item.text, host=None, status=status, observed_at=now, doubts=[Doubt(code=code, text=text)])


class _Turns:
    """Holds answers back until every line before theirs is written."""

    def __init__(self) -> None:
        self._expected: deque[int] = deque()
        self._held: dict[int, Attribution] = {}
        self._room = asyncio.Event()
        self._room.set()

    async def expect(self, line: int) -> None:
        """Note the next line of the input; waits while too many answers are held."""
        if len(self._held) >= _MOST_HELD:
            self._room.clear()
        await self._room.wait()
        self._expected.append(line)

    def after(self, line: int, answer: Attribution) -> list[tuple[int, Attribution]]:
        """Take an answer; return those whose turn has come."""
        self._held[line] = answer
        ready = []
        while self._expected and self._expected[0] in self._held:
            first = self._expected.popleft()
            ready.append((first, self._held.pop(first)))
            self._room.set()
        return ready


def groups_of(path: Path) -> Groups:
    """Group what a file of JSON lines holds, from this run and those before it."""
    import json

    from attribution.models import Attribution

    groups = Groups()
    with path.open("rb") as stored:
        for raw in stored:
            values = json.loads(raw)
            groups.add(values.pop("line"), Attribution.model_validate(values))
    return groups
