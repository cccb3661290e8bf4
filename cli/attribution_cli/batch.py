"""Runs a batch: a list of URLs is read, looked up at once, and written as answers come."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from attribution.files.text_files import Encoding
from attribution_cli.batch_output import BatchOutput
from attribution_cli.inputs import InputFormat, Item, read_items
from attribution_cli.lookup_options import Asking
from attribution_cli.outputs import Recalled
from attribution_cli.parked import Parked
from attribution_cli.waiting_input import as_they_come

if TYPE_CHECKING:
    from attribution.attributor import Attributor
    from attribution.models import Attribution, Status
    from attribution.settings import Settings

_MOST_WAITING = 10_000
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_RECALLED_AT_ONCE = 256
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a batch does."""

    source: str
    """File of the list, or `-` for stdin."""
    form: InputFormat
    column: str | None
    """Column or field that holds the URL."""
    encoding: Encoding
    jobs: int
    """Lookups at once."""
    ordered: bool
    """Whether answers keep the order of the list."""
    asking: Asking
    deadline: float | None
    """Seconds after which nothing more is asked."""


def run_batch(order: Order, settings: Settings, output: BatchOutput) -> bool:
    """Answer every line that has no result yet; return False when the deadline left lines that were
    not begun.

    Raises KeyboardInterrupt when interrupted, with whole lines written.
    """
    return asyncio.run(_run(order, settings, output))


async def _run(order: Order, settings: Settings, output: BatchOutput) -> bool:
    task = asyncio.current_task()
    # The event loop of Windows takes no signal handlers: Ctrl-C stops a batch there.
    if task and sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    # A longer pause is not waited for in place: the line is parked, and comes back.
    settings = settings.model_copy(update={"patience": min(settings.patience, _PATIENCE)})
    async with order.asking.attributor(settings) as attributor:
        with Parked() as parked:
            batch = _Batch(order, attributor, output, parked)
            try:
                async with asyncio.timeout(order.deadline):
                    await batch.all_lines()
                    await batch.parked_lines(settings.wait)
            except TimeoutError:
                batch.give_up()
                return batch.all_begun
    return True


class _Batch:
    """One run over the list: what is in hand, what waits for a registry, and what comes next."""

    def __init__(
        self, order: Order, attributor: Attributor, output: BatchOutput, parked: Parked
    ) -> None:
        self._order, self._attributor = order, attributor
        self._output, self._parked = output, parked
        self._turns = _Turns() if order.ordered else None
        self._in_hand: dict[int, Item] = {}
        self.all_begun = False

    async def all_lines(self) -> None:
        """Answer the list; a line that waits for a registry is parked. In the input's order nothing
        can be.
        """
        await self._answer_all(
            self._unanswered(), lambda answer: not self._order.ordered and _retry_at(answer)
        )
        self.all_begun = True

    async def parked_lines(self, wait: float) -> None:
        """Ask for parked lines again until each is answered, or as long as one waits for
        registries.
        """
        seconds = wait if self._order.deadline is None else max(self._order.deadline, wait)
        ends = time.time() + seconds
        if self._parked.count and seconds:
            self._output.show_waiting(self._parked.count, seconds)
        while self._parked.count:
            left = max(ends - time.time(), 0)
            pause = min(
                max(self._parked.earliest - time.time(), _SHORTEST_PAUSE), _LONGEST_PAUSE, left
            )
            await asyncio.sleep(pause)

            def soon(answer: Attribution) -> datetime | None:
                at = _retry_at(answer)
                return at if at and at.timestamp() < ends - _SHORTEST_PAUSE else None

            await self._answer_all(self._parked.taken(), soon)

    def give_up(self) -> None:
        """Write what is in hand and parked as not answered before the deadline."""
        for item in [*self._in_hand.values(), *self._parked.taken()]:
            self._write(item.line, _not_in_time(item))
        self._output.flush()

    async def _answer_all(
        self,
        items: AsyncIterable[Item] | Iterable[Item],
        park_until: Callable[[Attribution], datetime | Literal[False] | None],
    ) -> None:
        from attribution.lookup.concurrency.completion import in_order_of_completion

        async with aclosing(in_order_of_completion(items, self._order.jobs, self._work)) as answers:
            async for item, answer in answers:
                del self._in_hand[item.line]
                at = park_until(answer)
                if at:
                    self._parked.put(item, at)
                else:
                    self._write(item.line, answer)
                    self._output.flush()

    async def _work(self, item: Item) -> tuple[Item, Attribution]:
        self._in_hand[item.line] = item
        return item, await _answer(self._attributor, item)

    async def _unanswered(self) -> AsyncIterator[Item]:
        """Yield the lines that have to be looked up; those whose host was answered before are
        written at once.
        """
        order = self._order
        items = read_items(order.source, order.form, order.column, order.encoding)
        recalled = 0
        # A pipe may keep one waiting; a file is read at once.
        async for item in as_they_come(items) if order.source == "-" else _at_once(items):
            if self._output.has(item):
                continue
            if self._turns:
                await self._turns.expect(item.line)
            finished = None if item.fault else self._attributor.recall(item.text)
            if finished:
                self._write(item.line, Recalled(item.text, finished))
                recalled += 1
                if recalled % _RECALLED_AT_ONCE == 0:
                    self._output.flush()
                    await asyncio.sleep(0)
                continue
            self._output.flush()
            yield item
        self._output.flush()

    def _write(self, line: int, answer: Attribution | Recalled) -> None:
        ready = self._turns.after(line, answer) if self._turns else [(line, answer)]
        for number, ready_answer in ready:
            self._output.write(number, ready_answer)


async def _at_once(items: Iterator[Item]) -> AsyncIterator[Item]:
    for item in items:
        yield item


def _retry_at(answer: Attribution) -> datetime | None:
    """Return when another lookup may find more: a name, company or mailbox is missing for want of
    an answer.
    """
    contact = answer.primary.abuse_contact.status if answer.primary else None
    may_change = (
        answer.status == "retry_later"
        or contact in ("rate_limited", "unreachable")
        or (
            answer.status == "not_resolved"
            and any(failure.kind == "timeout" for failure in answer.failures)
        )
    )
    if not may_change:
        return None
    return min((failure.retry_at for failure in answer.failures if failure.retry_at), default=None)


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


def _not_in_time(item: Item) -> Attribution:
    from attribution.models import Failure

    answer = _without_lookup(
        item, "retry_later", "deadline", "not answered before the deadline: ask again"
    )
    failure = Failure(
        server="deadline",
        kind="unreachable",
        retry_at=answer.observed_at,
        text="the deadline passed",
    )
    return answer.model_copy(update={"failures": [failure]})


def _without_lookup(item: Item, status: Status, code: str, text: str) -> Attribution:
    from attribution.models import Attribution, Doubt

    now = datetime.now(UTC).replace(microsecond=0)
    return Attribution(
        input=item.text,
        host=None,
        status=status,
        observed_at=now,
        doubts=[Doubt(code=code, text=text)],
    )


class _Turns:
    """Holds answers back until every line before theirs is written."""

    def __init__(self) -> None:
        self._expected: deque[int] = deque()
        self._waiting: dict[int, Attribution | Recalled] = {}
        self._room = asyncio.Event()
        self._room.set()

    async def expect(self, line: int) -> None:
        """Note the next line of the input; waits while too many answers wait."""
        if len(self._waiting) >= _MOST_WAITING:
            self._room.clear()
        await self._room.wait()
        self._expected.append(line)

    def after(
        self, line: int, answer: Attribution | Recalled
    ) -> list[tuple[int, Attribution | Recalled]]:
        """Take an answer; return those whose turn has come."""
        self._waiting[line] = answer
        ready = []
        while self._expected and self._expected[0] in self._waiting:
            first = self._expected.popleft()
            ready.append((first, self._waiting.pop(first)))
            self._room.set()
        return ready
