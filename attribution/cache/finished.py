"""Whole answers, kept by host for as long as every answer
of a resolver or registry that they rest on is fresh.

An archive names the same sites over and over: for those nothing is asked, read or decided again.
What is kept is the answer's JSON without its input and the time of the look, which are the only
parts that a further look changes.
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
from attribution.cache.peek import Peek
from attribution.files.shown_text import escaped_json
from attribution.lookup.budgets.clock import Clock
from attribution.models import Attribution
from attribution.settings import Settings

_IN_MEMORY = 4096
_FORMAT = 2
# Settings that change how one asks, not what is answered.
_WITHOUT_EFFECT = {
    "cache_folder",
    "data_folder",
    "dns_timeout",
    "connect_timeout",
    "rdap_timeout",
    "whois_timeout",
    "patience",
    "wait",
    "proxy",
    "registry_concurrency",
    "jobs",
    "cloudflare_access_secret",
    "store",
    "key_file",
    "time_stamp_url",
    "time_stamp_roots",
    "stamps_folder",
    "keep_urls",
    "analyst",
    "hotline_name",
    "hotline_mailbox",
    "hotline_country",
    "grouping_hours",
    "reminder_hours",
    "notice_language",
    "notice_urls",
    "templates_folder",
    "public_url",
    "trusted_proxies",
    "rate_limit",
    "session_hours",
    "oidc_issuer",
    "oidc_client_id",
    "oidc_client_secret",
}


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer but for its input and the time of the look."""

    status: str
    head: str
    """JSON from `"host"` up to the time of the look."""
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
        """Return the same without the opening brace,
        from the time as text: what a line of an archive costs.
        """
        given = escaped_json(json.dumps(text, ensure_ascii=False))
        return f'"input":{given},{self.head}{observed_at}{self.tail}'


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
        self._peek = Peek(settings.cache_path)
        self._memory: OrderedDict[str, Finished] = OrderedDict()
        self.answer_for(())

    def answer_for(self, vouched: Iterable[str]) -> None:
        """Keep apart what was answered for other vouchings,
        each given as a text that says all of it.
        """
        mark = fingerprint(self._settings, check_mailboxes=self._check_mailboxes, vouched=vouched)
        self._prefix = f"finished {mark} "
        self._memory.clear()

    def find(self, host: str) -> Finished | None:
        """Return what was answered for a host, if it is fresh."""
        now = self._clock.time()
        found = self._memory.get(host)
        if found is None:
            found = read_finished(self._peek.get(self._prefix + host))
            if found is None or found.until <= now:
                return None
            self._remember(host, found)
        elif found.until <= now:
            del self._memory[host]
            return None
        return found

    def close(self) -> None:
        """Close the file that is read; the store is its owner's."""
        self._peek.close()

    @property
    def prefix(self) -> str:
        """What every key on disk begins with."""
        return self._prefix

    def keep(
        self, answer: Attribution, until: datetime, steps: Iterable[tuple[str, str]] | None = None
    ) -> None:
        """Keep an answer that rests on nothing but fresh answers;
        with the rules applied where they may be shown.
        """
        seconds = until.timestamp() - self._clock.time()
        if answer.host is None or seconds <= 0:
            return
        evidence = [
            one
            if one.kind in ("suffix", "front", "desk")
            else one.model_copy(update={"cached": True})
            for one in answer.evidence
        ]
        text = answer.model_copy(update={"input": "", "evidence": evidence}).model_dump_json()
        text = escaped_json(text)
        time = f'"observed_at":"{answer.observed_at:%Y-%m-%dT%H:%M:%SZ}"'
        before, found, after = text.removeprefix('{"input":"",').partition(time)
        if not found:
            return
        head, tail = f'{before}"observed_at":"', f'"{after}'
        kept = None if steps is None else tuple(steps)
        self._remember(answer.host, Finished(answer.status, head, tail, until.timestamp(), kept))
        self._store.set(
            self._prefix + answer.host,
            [until.timestamp(), answer.status, head, tail, kept],
            seconds,
        )

    def _remember(self, host: str, finished: Finished) -> None:
        self._memory[host] = finished
        if len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)


def fingerprint(settings: Settings, *, check_mailboxes: bool, vouched: Iterable[str] = ()) -> str:
    """Return a short text that is another one whenever
    the same question could have another answer.
    """
    values = settings.model_dump(mode="json", exclude=_WITHOUT_EFFECT)
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
    """Return the tables of the user's own that answers depend on, whether they are there or not."""
    return [
        settings.data_path / name
        for name in ("fronts.csv", "fronts-refreshed.csv", "platforms.csv")
    ]


def stamp(path: Path) -> list[int]:
    """Return a mark that changes with the file; empty for none."""
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]
