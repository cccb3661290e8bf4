"""The conductor: asks what the rules need, each question once, and lets them decide."""

from __future__ import annotations

import asyncio
import re
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Iterable,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from attribution.asking import LOCAL_QUESTIONS, CachedAsker
from attribution.cache.answers import AnswerCache
from attribution.cache.finished import Finished, FinishedAnswers
from attribution.cache.secret import LocalSecret
from attribution.decide.answer import Decision, decide, decide_from
from attribution.decide.draft import Step
from attribution.decide.facts import Facts
from attribution.decide.holder import holder_of
from attribution.decide.plan import Wishes, next_questions
from attribution.errors import InvalidTarget
from attribution.evidence import UNANSWERED, Evidence, EvidenceFolder, Question, Record
from attribution.evidence.question import (
    RegistryAddress,
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
from attribution.lookup.protocols.origins import OriginSources
from attribution.lookup.transport import OnConnect, ReportedAddresses, TargetInWork
from attribution.models import Attribution, is_text
from attribution.settings import Settings, load_settings
from attribution.target import Target, may_wrap, parse_target

_PLAIN_URL = re.compile(r"https?://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?:[/?#]|$)")
"""A URL whose host stands in it as `parse_target` would return it, if it returns it at all."""
_PLAIN_LENGTH = 2048
"""Characters of a text that in no encoding is above the bound of `parse_target`."""
_NEVER = datetime.max.replace(tzinfo=UTC)


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
class _Lookup:
    """The lookup of one target."""

    evidence: Evidence
    facts: Facts
    site: TargetInWork
    heard: Callable[[Record], None] | None

    def learn(self, records: Iterable[Record]) -> None:
        """Add records to the evidence and to the facts read from it."""
        for record in records:
            self.evidence.add(record)
            self.facts.learn(record)


class Attributor:
    """Finds the responsible company and its abuse contact, for many tasks of one event loop.

    Use as `async with Attributor() as attributor:`; leaving the block closes every connection.
    `evidence` names a folder in which a bundle of each answer is kept. `check_mailboxes` also asks
    DNS whether the mailboxes' domains take mail; no mail server is asked. `keep_steps` keeps the
    rules applied beside each kept answer. `max_age` bounds the age of kept answers (zero asks every
    question anew, once); `offline` asks no server and gives what is kept, stale answers too.
    `origin_sources` are asked for origins behind reverse proxies; without them those that are
    installed. `vouched` are customers of whom a person of the hotline vouches that they answer for
    what they host. `on_connect` is called before every connection.
    """

    def __init__(  # noqa: PLR0913 - options of the public interface, each by its name
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
        self._origins = OriginSources(sources, self._clock, self._settings.rdap_timeout)
        self._max_age = max_age
        self._cached_asker = CachedAsker(
            self._asker, self._cache, self._clock, max_age=max_age, offline=offline
        )
        self._folder = EvidenceFolder(evidence) if evidence else None
        self._prepared = False

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
        """Replace the vouchings; answers kept for others are not given any more.

        A block without an organisation has no identity: a vouching for it is ignored.
        """
        self._vouched = {
            vouching.provider: vouching
            for vouching in vouched
            if VouchedFor(vouching.provider).names_organisation
        }
        self._finished.answer_for(
            f"{vouching.provider} {vouching.by} {vouching.at.isoformat()} {vouching.why}"
            for vouching in self._vouched.values()
        )

    @property
    def reported_addresses(self) -> ReportedAddresses:
        """The hosts that no connection may go to: targets in work, and those of the last hour."""
        return self._reported

    async def close(self) -> None:
        """Close connections and the cache."""
        await self._origins.close()
        await self._asker.close()
        self._cache.close()

    async def attribute(self, target: str) -> Attribution:
        """Answer for one URL, host name or address; never raises for a target or a registry.

        What is no text is `invalid_input`, with its type and value as the answer's `input`.
        """
        finished = self.recall(target)
        if finished:
            return Attribution.model_validate_json(finished.as_json(target, self._clock.now()))
        return (await self.investigate(target)).attribution

    def recall(self, target: str) -> Finished | None:
        """Return the kept answer for the target's host while every part of it is fresh.

        None where a question has to be asked, or where evidence is to be kept.
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
        """Answer for one target, with the rules applied and the evidence.

        `origins` are addresses that a proxy's operator disclosed: evidence that ages (12 hours).
        `served_from` is the address that was seen to serve the content, where DNS leads to several
        companies. `heard` is called with each record as it comes. Raises EvidenceError if the
        evidence cannot be kept.
        """
        if not is_text(target):
            answer = Attribution.of_no_text(target, self._clock.now())
            return Investigation(answer, [], Evidence(answer.input, answer.observed_at))
        evidence = Evidence(
            # JSON cannot hold lone surrogates.
            target.encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
            self._clock.now(),
            not self._settings.allow_documentation_addresses,
        )
        evidence.records += [origin.as_record() for origin in origins]
        if served_from:
            evidence.records.append(served_from.as_record())
        facts = Facts.of(evidence)
        if facts.target:
            evidence.sample_key = self._secret.key_of(facts.target.host)
            self._prepare(facts.target)
        with self._reported.in_work(facts.target.host if facts.target else "") as site:
            site.add(facts.addresses)
            lookup = _Lookup(evidence, facts, site, heard)
            until = await self._learn_all(lookup)
            disclosed = await self._disclosed_origins(facts)
            if disclosed:
                lookup.learn(disclosed)
                site.add(facts.addresses)
                await self._learn_all(lookup)
        await self._turns.take()
        decision = decide_from(facts)
        if until and not (evidence.holds("told_origin") or evidence.holds("served_from")):
            self._keep(decision, until)
        if self._folder:
            await asyncio.to_thread(self._folder.append, evidence)
        return Investigation(decision.attribution, decision.steps, evidence)

    def _prepare(self, target: Target) -> None:
        """Load what lookups need, before the first one that asks a server."""
        if not (self._prepared or self._offline or target.not_attributable):
            self._prepared = True
            self._asker.prepare()

    def _keep(self, decision: Decision, until: datetime) -> None:
        """Keep a finished answer, unless its host wraps URLs: the next link there may be one."""
        if may_wrap(decision.attribution.host or ""):
            return
        steps = [(step.rule, step.conclusion) for step in decision.steps]
        self._finished.keep(decision.attribution, until, steps if self._keep_steps else None)

    async def _learn_all(self, lookup: _Lookup) -> datetime | None:
        """Ask what the rules need, round after round, until they need no more.

        Returns until when all of the answers are fresh; None where some are not kept, or stale.
        """
        until: datetime | None = _NEVER
        facts = lookup.facts
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
            answers = await self._cached_asker.answers(questions, lookup.site)
            await self._turns.take()
            for question, records in zip(questions, answers, strict=True):
                facts.asked.add(question)
                until = self._earlier(until, question, records)
                lookup.learn(records)
                if lookup.heard:
                    for record in records:
                        lookup.heard(record)
            lookup.learn(self._statements(facts))
        return None if until is _NEVER else until

    def _statements(self, facts: Facts) -> list[Record]:
        """Return new records on the networks and addresses learnt: vouchings, and addresses of
        registries.
        """
        named = {holder_of(source.registration, facts.entities).id for source in facts.networks}
        records = [
            self._vouched[provider].as_record()
            for provider in named & self._vouched.keys() - facts.vouched.keys()
        ]
        shared = self._asker.registry_addresses(facts.addresses) - facts.registry_addresses
        now = self._clock.now()
        return records + [
            Record("registry_address", RegistryAddress(address), "server table", now, "answered")
            for address in sorted(shared, key=int)
        ]

    def _earlier(
        self, until: datetime | None, question: Question, records: list[Record]
    ) -> datetime | None:
        """Return the earlier of a time and an answer's end of freshness; None if it is not kept."""
        if until is None or isinstance(question, LOCAL_QUESTIONS):
            return until
        kept = (
            None
            if any(record.stale or record.outcome in UNANSWERED for record in records)
            else self._cache.find(question)
        )
        return min(until, kept.fresh_until) if kept else None

    async def _disclosed_origins(self, facts: Facts) -> list[Record]:
        """Ask the origin sources about each reverse proxy that the name leads to."""
        if self._offline or facts.target is None or facts.target.address:
            return []
        proxies = [
            ReverseProxy(str(address), block.company)
            for address, blocks in facts.listed.items()
            for block, _ in blocks
            if block.kind == "cdn"
        ]
        return await self._origins.ask(facts.target.host, proxies)


def attribute(target: str, settings: Settings | None = None) -> Attribution:
    """Answer for one URL, host name or address, and wait for it.

    Where an event loop runs, it works in a thread of its own and blocks the caller: use
    `Attributor` inside coroutines. Raises SettingsError.
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
