"""Whole answers, kept by host for as long as every answer
of a resolver or registry that they rest on is fresh.

An archive names the same sites over and over: for those nothing is asked, read or decided again.
What is kept is the answer's JSON without its input and the time of the lookup, which are the only
parts that a further lookup changes.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from attribution._version import __version__
from attribution.cache.json_store import JsonStore
from attribution.files.shown_text import escaped_json
from attribution.lookup.budgets.clock import Clock
from attribution.models import Attribution
from attribution.settings import AnswerSettings, Settings

_IN_MEMORY = 4096
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer without its input and the time of the lookup."""

    status: str
    head: str
    """JSON from `"host"` up to the time of the lookup."""
    tail: str
    """JSON from after that time to the end."""
    until: float
    """Until when it may be given without asking, in seconds since 1970."""
    steps: tuple[tuple[str, str], ...] | None = None
    """The rules applied, each with its conclusion; None where they were not kept."""

    def as_json(self, text: str, observed_at: datetime) -> str:
        """Return the answer for an input, as JSON."""
        return "{" + self.fields(text, f"{observed_at:%Y-%m-%dT%H:%M:%SZ}")

    def fields(self, text: str, observed_at: str) -> str:
        """Return the same without the opening brace; `observed_at` is the time as JSON has it."""
        target = escaped_json(json.dumps(text, ensure_ascii=False))
        return f'"input":{target},{self.head}{observed_at}{self.tail}'


class FinishedAnswers:
    """An in-process map over the store on disk. Answers for
    other settings, tables or versions are kept apart.
    """

    def __init__(
        self,
        store: JsonStore,
        settings: Settings,
        clock: Clock,
        *,
        check_mailboxes: bool,
    ) -> None:
        self._store, self._clock, self._settings = store, clock, settings
        self._check_mailboxes = check_mailboxes
        self._memory: OrderedDict[str, Finished] = OrderedDict()
        self.answer_for(())

    def answer_for(self, vouched: Iterable[str]) -> None:
        """Keep answers for these vouchings apart from others; each is a text of all its fields."""
        answer_key = fingerprint(
            self._settings, check_mailboxes=self._check_mailboxes, vouched=vouched
        )
        self.prefix = f"finished {answer_key} "
        """What every key on disk begins with."""
        self._memory.clear()

    def find(self, host: str) -> Finished | None:
        """Return what was answered for a host, if it is fresh."""
        now = self._clock.time()
        finished = self._memory.get(host)
        if finished is None:
            finished = read_finished(self._store.get(self.prefix + host))
            if finished is None or finished.until <= now:
                return None
            self._remember(host, finished)
        elif finished.until <= now:
            del self._memory[host]
            return None
        return finished

    def keep(
        self, answer: Attribution, until: datetime, steps: Iterable[tuple[str, str]] | None = None
    ) -> None:
        """Keep an answer of which every part is fresh until `until`; `steps`: the rules."""
        seconds = until.timestamp() - self._clock.time()
        if answer.host is None or seconds <= 0:
            return
        evidence = [
            item
            if item.kind in ("suffix", "front", "desk")
            else item.model_copy(update={"cached": True})
            for item in answer.evidence
        ]
        text = answer.model_copy(update={"input": "", "evidence": evidence}).model_dump_json()
        text = escaped_json(text)
        time = f'"observed_at":"{answer.observed_at:%Y-%m-%dT%H:%M:%SZ}"'
        before, separator, after = text.removeprefix('{"input":"",').partition(time)
        if not separator:
            return
        head, tail = f'{before}"observed_at":"', f'"{after}'
        kept = None if steps is None else tuple(steps)
        self._remember(answer.host, Finished(answer.status, head, tail, until.timestamp(), kept))
        self._store.set(
            self.prefix + answer.host,
            [until.timestamp(), answer.status, head, tail, kept],
            seconds,
        )

    def _remember(self, host: str, finished: Finished) -> None:
        self._memory[host] = finished
        if len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)


def fingerprint(settings: Settings, *, check_mailboxes: bool, vouched: Iterable[str] = ()) -> str:
    """Return a hash of everything but the host that an answer depends on."""
    values = settings.model_dump(mode="json", include=set(AnswerSettings.model_fields))
    tables = [stamp(path) for path in user_tables(settings)]
    whole = json.dumps(
        [_FORMAT, __version__, values, tables, check_mailboxes, sorted(vouched)], sort_keys=True
    )
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def read_finished(value: Any) -> Finished | None:
    """Read what `keep` wrote; None for anything else."""
    match value:
        case [int() | float() as until, str(status), str(head), str(tail), None | list() as steps]:
            kept = None if steps is None else tuple((str(rule), str(text)) for rule, text in steps)
            return Finished(status, head, tail, until, kept)
    return None


def user_tables(settings: Settings) -> list[Path]:
    """Return the paths of the user's own tables that answers depend on; they may not exist."""
    return [
        settings.data_path / name
        for name in ("fronts.csv", "fronts-refreshed.csv", "platforms.csv")
    ]


def stamp(path: Path) -> list[int]:
    """Return modification time (ns) and size of a file; empty where there is none."""
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]
