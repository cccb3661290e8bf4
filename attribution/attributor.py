"""The conductor: asks what the rules want to know, each thing once, and lets them decide."""

from __future__ import annotations

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self
from weakref import WeakValueDictionary

from attribution.cache.answers import AnswerCache, Kept, Neighbourhoods, key_of
from attribution.cache.finished import Finished, FinishedAnswers
from attribution.cache.scope import object_named
from attribution.cache.secret import LocalSecret
from attribution.decide.answer import decide, decide_from
from attribution.decide.draft import Step
from attribution.decide.facts import Facts
from attribution.decide.holder import holder_of
from attribution.decide.plan import Wishes, next_questions
from attribution.errors import InvalidTarget
from attribution.evidence import UNANSWERED, Evidence, EvidenceFolder, Question, Record
from attribution.evidence.question import (
    HotlinesAndAuthorityOf,
    NetworkAbove,
    NetworkAt,
    RegistryAddress,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
    VouchedFor,
)
from attribution.evidence.statements import ServedStatement, Vouching
from attribution.lookup.asker import Asker
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.lookup.protocols.origin import (
    DisclosedOrigin,
    OriginSource,
    ReverseProxy,
    installed_sources,
)
from attribution.lookup.protocols.origins import OriginDesk
from attribution.lookup.transport import OnConnect, ReportedAddresses, TargetInWork
from attribution.models import Attribution, is_text
from attribution.net.addresses import Address
from attribution.registry.dns_answer import read_dns
from attribution.settings import Settings, load_settings
from attribution.target import may_wrap, parse_target

_PLAIN_URL = re.compile(r"https?://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?:[/?#]|$)")
"""A URL whose host stands in it as `parse_target` would return it, if it returns it at all."""
_PLAIN_LENGTH = 2048
"""Characters of a text that in no encoding is above the bound of `parse_target`."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_OFFLINE = "nothing is kept, and offline nobody is asked"


@dataclass(frozen=True, slots=True)
class Investigation:
    """An answer, the rules that led to it, and the evidence that it rests on."""

    attribution: Attribution
    steps: list[Step]
    evidence: Evidence

    @classmethod
    def of(cls, evidence: Evidence) -> Investigation:
        """Return the answer that evidence gives, decided anew from it alone."""
        decision = decide(evidence)
        return cls(decision.attribution, decision.steps, evidence)


@dataclass(frozen=True, slots=True)
class _Work:
    """One target's look-up under way."""

    evidence: Evidence
    facts: Facts
    site: TargetInWork
    heard: Callable[[Record], None] | None


class Attributor:
    """Finds the responsible company and its abuse contact. One serves many tasks of one event loop.

    Use as `async with Attributor() as attributor:`; leaving the block closes every connection.
    `evidence` names a folder in which a bundle of each answer is kept. `check_mailboxes` also asks
    DNS whether the mailboxes' domains take mail; no mail server is asked. `keep_steps` keeps the
    rules applied beside each kept answer. `max_age` bounds the age of kept answers (zero asks
    everything anew, each thing once); `offline` asks nobody, and takes what is kept, stale answers
    too. `origin_sources` are asked for origins where a proxy is in front; without them those that
    are installed. `vouched` are customers that a person of the hotline vouches for: they answer for
    what they host.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        evidence: Path | None = None,
        check_mailboxes: bool = False,
        keep_steps: bool = False,
        max_age: timedelta | None = None,
        offline: bool = False,
        origin_sources: Sequence[OriginSource] | None = None,
        vouched: Iterable[Vouching] = (),
        clock: Clock | None = None,
        on_connect: OnConnect | None = None,
    ) -> None:
        self._settings = settings or load_settings()
        self._clock = clock or Clock()
        self._cache = AnswerCache(self._settings, self._clock)
        self._secret = LocalSecret(self._settings.cache_path)
        self._reported = ReportedAddresses(self._clock.monotonic)
        self._asker = Asker(self._settings, self._clock, self._cache, self._reported, on_connect)
        self._turns = self._asker.turns
        self._check_mailboxes = check_mailboxes
        self._keep_steps = keep_steps
        self._vouched: dict[str, Vouching] = {}
        self._finished = FinishedAnswers(
            self._cache.store, self._settings, self._clock, check_mailboxes=check_mailboxes
        )
        self.set_vouched(vouched)
        self._offline = offline
        sources = (
            installed_sources(self._settings, self._asker.fetch)
            if origin_sources is None
            else origin_sources
        )
        self._desk = OriginDesk(sources, self._clock, self._settings.rdap_timeout)
        self._max_age = max_age
        self._folder = EvidenceFolder(evidence) if evidence else None
        self._prepared = False
        self._flights: dict[str, asyncio.Future[list[Record]]] = {}
        self._near = Neighbourhoods()
        self._leaves: dict[Address, list[asyncio.Event]] = {}
        self._neighbourhoods: WeakValueDictionary[tuple[int, int], asyncio.Lock] = (
            WeakValueDictionary()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def set_vouched(self, vouched: Iterable[Vouching]) -> None:
        """Take these vouchings from now on, in place of those before;
        answers kept for others are not given.

        A block without an organisation has no identity: a vouching for one counts for nothing.
        """
        self._vouched = {
            vouching.provider: vouching
            for vouching in vouched
            if VouchedFor(vouching.provider).names_organisation
        }
        marks = [
            f"{one.provider} {one.by} {one.at.isoformat()} {one.why}"
            for one in self._vouched.values()
        ]
        self._finished.answer_for(marks)

    @property
    def reported_addresses(self) -> ReportedAddresses:
        """The hosts that no connection may go to: targets in work, and those of the last hour."""
        return self._reported

    async def close(self) -> None:
        """Close connections and the cache."""
        await self._desk.close()
        await self._asker.close()
        self._finished.close()
        self._cache.close()

    async def attribute(self, target: str) -> Attribution:
        """Answer for one URL, host name or address;
        never raises for what a target or registry holds.

        What is no text is `invalid_input`, with its type and value as the answer's `input`.
        """
        if not is_text(target):
            return (await self.investigate(target)).attribution
        finished = self.recall(target)
        if finished:
            return Attribution.model_validate_json(finished.as_json(target, self._clock.now()))
        return (await self.investigate(target)).attribution

    def recall(self, target: str) -> Finished | None:
        """Return the answer for the same host from before,
        while every answer that it rests on is fresh.

        None where something has to be asked, or where evidence is to be kept.
        """
        if self._folder is not None or self._max_age is not None or not is_text(target):
            return None
        plain = _PLAIN_URL.match(target) if len(target) <= _PLAIN_LENGTH else None
        if plain:
            return self._finished.find(plain[1])
        try:
            return self._finished.find(parse_target(target).host)
        except InvalidTarget:
            return None

    async def attribute_many(
        self, targets: Iterable[str] | AsyncIterable[str], *, jobs: int | None = None
    ) -> AsyncGenerator[Attribution, None]:
        """Answer for many, `jobs` at a time, in the order of completion."""
        async with aclosing(
            in_order_of_completion(targets, jobs or self._settings.jobs, self.attribute)
        ) as answers:
            async for answer in answers:
                yield answer

    async def investigate(
        self,
        target: str,
        *,
        origins: Iterable[DisclosedOrigin] = (),
        served_from: ServedStatement | None = None,
        heard: Callable[[Record], None] | None = None,
    ) -> Investigation:
        """Answer for one target, with the rules applied and the
        evidence. Raises EvidenceError if it cannot be kept.

        `origins` are addresses behind a proxy that the proxy's operator told: evidence that ages
        (12 hours). `served_from` says which address was seen to serve the content, where DNS leads
        to several companies. `heard` is called with each record as it is learnt, for somebody who
        waits.
        """
        if not is_text(target):
            answer = Attribution.of_no_text(target, self._clock.now())
            return Investigation(answer, [], Evidence(answer.input, answer.observed_at))
        # What JSON cannot hold.
        target = target.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        evidence = Evidence(
            target, self._clock.now(), not self._settings.allow_documentation_addresses
        )
        evidence.records += [origin.as_record() for origin in origins]
        if served_from:
            evidence.records.append(served_from.as_record())
        facts = Facts.of(evidence)
        if facts.target:
            evidence.sample_key = self._secret.key_of(facts.target.host)
        if (
            not self._prepared
            and not self._offline
            and facts.target
            and not facts.target.not_attributable
        ):
            self._prepared = True
            self._asker.prepare()
        with self._reported.in_work(facts.target.host if facts.target else "") as site:
            site.add(facts.addresses)
            work = _Work(evidence, facts, site, heard)
            until = await self._learn_all(work)
            told = await self._told_origins(facts)
            if told:
                for record in told:
                    evidence.add(record)
                    facts.learn(record)
                site.add(facts.addresses)
                await self._learn_all(work)
        await self._turns.take()
        decision = decide_from(facts)
        # Of a host with wrappers an answer is not kept: the next link there may be one.
        wraps = may_wrap(decision.attribution.host or "")
        if until and not (wraps or evidence.holds("told_origin") or evidence.holds("served_from")):
            steps = (
                [(step.rule, step.conclusion) for step in decision.steps]
                if self._keep_steps
                else None
            )
            self._finished.keep(decision.attribution, until, steps)
        if self._folder:
            await asyncio.to_thread(self._folder.append, evidence)
        return Investigation(decision.attribution, decision.steps, evidence)

    async def _learn_all(self, work: _Work) -> datetime | None:
        """Ask what the rules want to know, round after round, until they want no more.

        Returns until when all of the answers are fresh; None where some are not kept, or stale.
        """
        until: datetime | None = _NEVER
        facts = work.facts
        wishes = Wishes(
            registrar=self._settings.ask_registrar,
            systems=self._settings.ask_systems,
            mailboxes=self._check_mailboxes,
        )
        while True:
            await self._turns.take()
            questions = next_questions(facts, wishes)
            if not questions:
                break
            answers = await self._answers(questions, work.site)
            await self._turns.take()
            for question, records in zip(questions, answers, strict=True):
                facts.asked.add(question)
                until = self._earlier(until, question, records)
                for record in records:
                    work.evidence.add(record)
                    facts.learn(record)
                    if work.heard:
                        work.heard(record)
            self._add_statements(work)
        return None if until is _NEVER else until

    def _add_statements(self, work: _Work) -> None:
        """Note what bears on the networks and addresses learnt:
        who is vouched for, and whose address a registry has.
        """
        facts = work.facts
        named = {holder_of(source.registration, facts.entities).id for source in facts.networks}
        records = [
            self._vouched[provider].as_record()
            for provider in named & self._vouched.keys() - facts.vouched.keys()
        ]
        shared = self._asker.registry_addresses(facts.addresses) - facts.registry_addresses
        now = self._clock.now()
        records += [
            Record("registry_address", RegistryAddress(address), "server table", now, "answered")
            for address in sorted(shared, key=int)
        ]
        for record in records:
            work.evidence.add(record)
            facts.learn(record)

    def _earlier(
        self, until: datetime | None, question: Question, records: list[Record]
    ) -> datetime | None:
        """Return the earlier of a time and the one until
        which an answer is fresh; None where it is not kept.
        """
        if until is None or isinstance(
            question, SuffixOf | ReverseProxyAt | HotlinesAndAuthorityOf
        ):
            return until
        kept = (
            None
            if any(one.stale or one.outcome in UNANSWERED for one in records)
            else self._cache.find(question)
        )
        return min(until, kept.fresh_until) if kept else None

    async def _told_origins(self, facts: Facts) -> list[Record]:
        """Ask the origin sources about each proxy in front."""
        if self._offline or facts.target is None or facts.target.address:
            return []
        fronts = [
            ReverseProxy(str(address), listed.company)
            for address, lists in facts.fronts.items()
            for listed, _ in lists
            if listed.kind == "cdn"
        ]
        return await self._desk.ask(facts.target.host, fronts)

    async def _answers(self, questions: list[Question], site: TargetInWork) -> list[list[Record]]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._resolve(question, site)
                    if isinstance(question, ResolveName)
                    else self._answer(question)
                )
                for question in questions
            ]
        return [
            [_as_asked(question, record) for record in task.result()]
            for question, task in zip(questions, tasks, strict=True)
        ]

    async def _resolve(self, question: ResolveName, site: TargetInWork) -> list[Record]:
        """Resolve a reported name, and note at once every address that it leads to as reported."""
        records = await self._answer(question)
        for record in records:
            site.add(_addresses_in(record))
        return records

    async def _answer(self, question: Question) -> list[Record]:
        # Tables on this machine: nothing to share or keep.
        if isinstance(question, SuffixOf | ReverseProxyAt | HotlinesAndAuthorityOf):
            return await self._asker.ask(question)
        await self._turns.take()
        kept = self._kept(question)
        if kept:
            return kept
        if isinstance(question, NetworkAbove):
            await self._let_leaves_answer(question)
            kept = self._kept(question)
            if kept:
                return kept
        if not isinstance(question, NetworkAt):
            return await self._once(key_of(question), lambda: self._ask(question))
        with self._asking_leaf(question.address):
            return await self._answer_leaf(question)

    async def _answer_leaf(self, question: NetworkAt) -> list[Record]:
        while True:
            place = self._near.of(question.address)
            async with self._alone_in(place):
                if place != self._near.of(question.address):
                    # An answer meanwhile showed that there is no use in waiting for all of these.
                    continue
                kept = self._kept(question)
                if kept:
                    return kept
                records = await self._once(key_of(question), lambda: self._ask(question))
                if not self._cache.serves_others(question.address):
                    self._near.note_sparse(question.address)
                return records

    @contextmanager
    def _asking_leaf(self, address: Address) -> Iterator[None]:
        """Note that a network around an address is being asked for."""
        answered = asyncio.Event()
        self._leaves.setdefault(address, []).append(answered)
        try:
            yield
        finally:
            answered.set()
            waiting = self._leaves[address]
            waiting.remove(answered)
            if not waiting:
                del self._leaves[address]

    async def _let_leaves_answer(self, question: NetworkAbove) -> None:
        """Wait for questions about addresses within the network above:
        one of their answers may be that network.
        """
        named = object_named(question)
        if named is None:
            return
        low, high = int(named.first), int(named.last)
        pending = [
            answered.wait()
            for address, waiting in self._leaves.items()
            if address.version == named.first.version and low <= int(address) <= high
            for answered in waiting
        ]
        await asyncio.gather(*pending)

    def _kept(self, question: Question) -> list[Record] | None:
        """Return the answer from the cache where it may be given without asking."""
        kept = self._cache.find(question)
        if kept and self._cache.is_fresh(kept) and self._is_young_enough(kept):
            return kept.marked(stale=False)
        if not self._offline:
            return None
        return kept.marked(stale=True) if kept else [self._unasked(question)]

    def _is_young_enough(self, kept: Kept) -> bool:
        if self._max_age is None or kept.from_this_run:
            return True
        return self._clock.now() - kept.asked_at < self._max_age

    def _unasked(self, question: Question) -> Record:
        if isinstance(question, ResolveName):
            return Record("dns", question, "cache", self._clock.now(), "timeout", note=_OFFLINE)
        return Record("rdap", question, "cache", self._clock.now(), "unreachable", note=_OFFLINE)

    async def _ask(self, question: Question) -> list[Record]:
        records = await self._asker.ask(question)
        self._cache.keep(question, records)
        if records[-1].outcome in UNANSWERED and not isinstance(question, ResolveName):
            kept = self._cache.find(question)
            if kept:
                return [*records, *kept.marked(stale=True)]
        return records

    async def _once(self, key: str, ask: Callable[[], Awaitable[list[Record]]]) -> list[Record]:
        """Let one task ask and the others wait for its answer;
        if it is cancelled, another takes over.
        """
        while True:
            flight = self._flights.get(key)
            if flight is None:
                flight = self._flights[key] = asyncio.get_running_loop().create_future()
                try:
                    records = await ask()
                except BaseException:
                    flight.cancel()
                    raise
                else:
                    flight.set_result(records)
                    return records
                finally:
                    del self._flights[key]
            await asyncio.wait([flight])
            if not flight.cancelled():
                return flight.result()

    @asynccontextmanager
    async def _alone_in(self, place: tuple[int, int]) -> AsyncIterator[None]:
        """Let one question at a time ask about a neighbourhood:
        its answer often serves the next.
        """
        lock = self._neighbourhoods.setdefault(place, asyncio.Lock())
        async with lock:
            yield


def _addresses_in(record: Record) -> tuple[str, ...]:
    """Return the addresses of a DNS answer:
    all of them, also those that are too many to look up.
    """
    if record.kind != "dns" or record.outcome != "answered":
        return ()
    assert isinstance(record.question, ResolveName)
    return read_dns(record.body, record.question.host, record.question.rdtype).values


def _as_asked(question: Question, record: Record) -> Record:
    """Return an answer that was asked for by somebody else as one to this question."""
    return record.about(question) if isinstance(question, NetworkAbove) else record


def attribute(target: str, settings: Settings | None = None) -> Attribution:
    """Answer for one URL, host name or address, and wait for it.

    Also usable where an event loop runs (it then works in a thread of its own, and blocks the
    caller); inside coroutines `Attributor` is the better choice. Raises SettingsError for settings
    that cannot be used.
    """

    async def once() -> Attribution:
        async with Attributor(settings) as attributor:
            return await attributor.attribute(target)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(once())
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, once()).result()
