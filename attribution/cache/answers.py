"""Which answers are kept, under which key, for how long
(fresh, stale, negative), and who else they serve.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from attribution.cache.json_store import JsonStore
from attribution.cache.scope import Range, blocks_served, object_named
from attribution.errors import EvidenceError
from attribution.evidence import UNANSWERED, Question, Record
from attribution.evidence.question import (
    MailTo,
    NetworkAbove,
    NetworkAt,
    ResolveName,
    question_to_json,
)
from attribution.lookup.budgets.clock import Clock
from attribution.net.addresses import Address
from attribution.registry.dns_answer import read_dns
from attribution.registry.readers import read_networks
from attribution.registry.registration import Network, UnreadableAnswer
from attribution.registry.servers import server_for_url
from attribution.registry.stubs import is_registry_object
from attribution.settings import Settings

FRESH = timedelta(hours=24)
STALE = timedelta(days=7)
NEGATIVE = timedelta(hours=1)
_WITHOUT_TTL = timedelta(minutes=1)
_IN_MEMORY = 4096
_MOST_BLOCKS = 16
_MOST_SPARSE = 50_000


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer from the cache."""

    records: tuple[Record, ...]
    fresh_until: datetime
    usable_until: datetime
    """Until then it serves, marked as stale, while the registry cannot be asked."""
    from_this_run: bool = False
    """Whether this cache object itself kept it, rather than an earlier run."""

    @property
    def asked_at(self) -> datetime:
        """When the oldest of the answers was given."""
        return min(record.fetched_at for record in self.records)

    def marked(self, *, stale: bool) -> list[Record]:
        """Return the records, marked as cached."""
        return [record.as_cached(stale=stale) for record in self.records]


class AnswerCache:
    """Answers by question; a network that can hold
    nothing more specific answers for its whole range.

    An in-process map lies over the store on disk. Answers of other resolvers and registries than
    the settings name (a laboratory, a demo) are kept apart.
    """

    def __init__(self, settings: Settings, clock: Clock, store: JsonStore | None = None) -> None:
        self.store = store or JsonStore(settings.cache_path)
        self._clock = clock
        world = (
            f"{settings.nameservers}{settings.rdap_bootstrap_url}"
            f"{settings.whois_root}{settings.whois_overrides}"
        )
        self._world = hashlib.sha256(world.encode()).hexdigest()[:8]
        self._memory: OrderedDict[str, Kept] = OrderedDict()
        self._files: dict[str, tuple[str, datetime]] = {}
        self._lengths: dict[int, set[int]] = {}

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def find(self, question: Question) -> Kept | None:
        """Return what is kept, fresh or not: the caller decides whether a stale answer serves."""
        kept = self._get(key_of(question))
        if kept is None and isinstance(question, NetworkAt):
            kept = self._around(question.address)
        if kept is None and isinstance(question, NetworkAbove):
            named = object_named(question)
            kept = self._get(_object_key(named)) if named else None
            kept = kept and replace(
                kept, records=tuple(record.about(question) for record in kept.records)
            )
        return kept

    def serves_others(self, address: Address) -> bool:
        """Whether the answer about an address serves the range around it."""
        return self._around(address) is not None

    def is_fresh(self, kept: Kept) -> bool:
        """Whether an answer may be given without asking."""
        return self._clock.now() < kept.fresh_until

    def keep(self, question: Question, records: list[Record]) -> None:
        """Keep an answer, if it is one: refusals, failures and placeholders are not."""
        life = self._life(question, records)
        if not life:
            return
        network = _network(question, records[-1])
        if network and (network.cut_short or is_registry_object(network)):
            return
        now = self._clock.now()
        kept = Kept(
            tuple(records), now + life, now + (STALE if life == FRESH else life), from_this_run=True
        )
        keys = [key_of(question)]
        if network and isinstance(question, NetworkAt):
            blocks = blocks_served(network, question.address, records)
            if blocks and len(blocks) <= _MOST_BLOCKS:
                keys = [f"block {block}" for block in blocks]
                self._note_lengths(network.first.version, {block.prefixlen for block in blocks})
        for key in keys:
            self._put(key, kept)
        if network:
            named = Range(network.registry, network.first, network.last)
            self._put(_object_key(named), replace(kept, records=(records[-1],)))

    def get_file(self, name: str) -> tuple[str, datetime] | None:
        """Return a kept bootstrap file and when it was fetched."""
        if name not in self._files:
            value: Any = self.store.get(f"file {name}")
            try:
                self._files[name] = str(value["text"]), datetime.fromisoformat(value["fetched_at"])
            except (TypeError, KeyError, ValueError):
                return None
        return self._files[name]

    def put_file(self, name: str, text: str, fetched_at: datetime) -> None:
        """Keep a bootstrap file; the newest one serves until a newer one came."""
        self._files[name] = text, fetched_at
        self.store.set(
            f"file {name}",
            {"text": text, "fetched_at": fetched_at.isoformat()},
            timedelta(days=365).total_seconds(),
        )

    def counts(self) -> dict[str, int]:
        """Count what is kept on disk, by kind of question."""
        return dict(sorted(Counter(_kind(key) for key in self.store.all_keys()).items()))

    def _life(self, question: Question, records: list[Record]) -> timedelta | None:
        if isinstance(question, ResolveName | MailTo):
            return min((self._dns_life(record) for record in records), default=None)
        # A service's other URL may have failed before one answered: the last word counts.
        if records[-1].outcome in UNANSWERED:
            return None
        return NEGATIVE if records[-1].outcome == "not_found" else FRESH

    def _dns_life(self, record: Record) -> timedelta:
        if record.outcome in UNANSWERED:
            return timedelta()
        if isinstance(record.question, ResolveName):
            name, rdtype = record.question.host, record.question.rdtype
        else:
            name, _, rdtype = (record.url or "").rpartition(" ")
        ttl = read_dns(record.body, name, rdtype).ttl
        most = FRESH if record.outcome == "answered" else NEGATIVE
        return min(timedelta(seconds=ttl) if ttl is not None else _WITHOUT_TTL, most)

    def _around(self, address: Address) -> Kept | None:
        bits = address.max_prefixlen
        for length in sorted(self._noted_lengths(address.version), reverse=True):
            head = int(address) >> (bits - length) << (bits - length)
            kept = self._get(f"block {type(address)(head)}/{length}")
            if kept:
                return kept
        return None

    def _noted_lengths(self, version: int) -> set[int]:
        if version not in self._lengths:
            self._lengths[version] = self._lengths_on_disk(version)
        return self._lengths[version]

    def _lengths_on_disk(self, version: int) -> set[int]:
        value = self.store.get(f"{self._world} lengths {version}")
        lengths = value if isinstance(value, list) else []
        return {length for length in lengths if isinstance(length, int)}

    def _note_lengths(self, version: int, lengths: set[int]) -> None:
        noted = self._noted_lengths(version)
        if not lengths <= noted:
            noted |= lengths | self._lengths_on_disk(version)
            self.store.set(
                f"{self._world} lengths {version}",
                sorted(noted),
                timedelta(days=365).total_seconds(),
            )

    def _get(self, key: str) -> Kept | None:
        kept = self._memory.get(key)
        if kept is None:
            kept = _read(self.store.get(f"{self._world} {key}"))
            if kept is None:
                return None
            self._remember(key, kept)
        else:
            self._memory.move_to_end(key)
        return kept if self._clock.now() < kept.usable_until else None

    def _put(self, key: str, kept: Kept) -> None:
        self._remember(key, kept)
        value = {
            "fresh_until": kept.fresh_until.isoformat(),
            "usable_until": kept.usable_until.isoformat(),
            "records": [record.to_json() for record in kept.records],
        }
        self.store.set(
            f"{self._world} {key}", value, (kept.usable_until - self._clock.now()).total_seconds()
        )

    def _remember(self, key: str, kept: Kept) -> None:
        self._memory[key] = kept
        if len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)


def _read(value: Any) -> Kept | None:
    try:
        return Kept(
            tuple(Record.from_json(record) for record in value["records"]),
            datetime.fromisoformat(value["fresh_until"]),
            datetime.fromisoformat(value["usable_until"]),
        )
    except (TypeError, KeyError, ValueError, EvidenceError):
        return None


def key_of(question: Question) -> str:
    """Return the key of a question's answer: its fields, without the network below."""
    fields = question_to_json(question)
    if isinstance(question, NetworkAbove):  # one network is above many, and is asked for once
        fields = {"kind": question.kind, "url": question.url}
    values = " ".join(
        f"{name}={json.dumps(value)}" for name, value in fields.items() if name != "kind"
    )
    return f"{question.kind} {values}"


def _object_key(named: Range) -> str:
    return f"object {named.registry} {named.first}-{named.last}"


def _network(question: Question, record: Record) -> Network | None:
    """Return the network of an RDAP answer about an address or the network above one."""
    if (
        not isinstance(question, NetworkAt | NetworkAbove)
        or record.outcome != "answered"
        or not record.url
    ):
        return None
    try:
        return read_networks(record.body, server_for_url(record.url))[0]
    except (UnreadableAnswer, IndexError):
        return None


def _kind(key: str) -> str:
    """Return the kind of question that a key on disk is about."""
    _, _, question = key.partition(" ")
    return "bootstrap" if key.startswith("file ") else question.partition(" ")[0]


class Neighbourhoods:
    """Blocks in which one answer often serves several addresses: there one question at a time is
    asked.

    A /24 or /48 at first. Where an answer served its own address only, more specific blocks are
    small if there are any: a /29 or /64 then; and where that held as well, each address is asked
    for by itself.
    """

    def __init__(self) -> None:
        self._sparse: set[tuple[int, int]] = set()

    def of(self, address: Address) -> tuple[int, int]:
        """Return the block around an address: its first bits, and how many bits follow."""
        blocks = self._blocks(address)
        return next((block for block in blocks if block not in self._sparse), blocks[-1])

    def note_sparse(self, address: Address) -> None:
        """Note that an answer about an address served no other."""
        if len(self._sparse) >= _MOST_SPARSE:
            self._sparse.clear()
        self._sparse.add(self.of(address))

    @staticmethod
    def _blocks(address: Address) -> tuple[tuple[int, int], ...]:
        number = int(address)
        return tuple(
            (number >> bits, bits) for bits in ((8, 3, 0) if address.version == 4 else (80, 64, 0))
        )
