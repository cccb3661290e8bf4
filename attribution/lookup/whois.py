"""Asking WHOIS servers on port 43 (RFC 3912): from IANA's root along the referrals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attribution.addresses import Address
from attribution.evidence import Outcome, Record
from attribution.lookup.attempt import LATER, MUCH_LATER, SOON, Attempts
from attribution.lookup.clock import Clock
from attribution.lookup.pace import Service
from attribution.lookup.transport import MOST_BYTES, Kind, Transport
from attribution.registry.domain_answer import read_domain_text
from attribution.registry.refusal import read_whois_outcome
from attribution.registry.registries import registry_of_server
from attribution.registry.whois_text import Referral, decode_whois, mentioned_server, read_referral, read_whois
from attribution.settings import Settings, split_host_port

_MOST_HOPS = 5
_FOLLOWED = frozenset(["answered", "not_found", "redirected"])
_CLAIM_BYTES = 64 * 1024  # of servers that networks run themselves
# How each server wants to be asked for one address in full, from its own help text.
_QUERIES = {"whois.arin.net": "n + {0}", "whois.nic.ad.jp": "{0}/e", "whois.jprs.jp": "{0}/e"}


@dataclass(frozen=True, slots=True)
class _Errand:
    """What to ask every server on the way, and how to take its answer."""

    question: str
    kind: Kind
    line: Callable[[str], str]
    """The query line for a server."""
    judge: Callable[[bytes, str], tuple[Outcome, str | None]]
    """Outcome and note of an answer that is no refusal, from a server."""
    follow: Callable[[Record], Referral | None]


def _people_in(record: Record) -> int:
    """Count the people in an answer: `person` objects, of which registries let one have so many a day."""
    return sum(line.lower().startswith(b"person:") for line in record.body.splitlines())


class WhoisClient:
    """Asks one server after another; each answer is a record."""

    def __init__(self, settings: Settings, transport: Transport, attempts: Attempts, clock: Clock) -> None:
        self._transport, self._attempts, self._clock = transport, attempts, clock
        self._overrides = {
            name.lower(): split_host_port(target, 43) for name, target in settings.whois_overrides.items()
        }
        self._root = settings.whois_root

    async def network_at(self, address: Address, question: str, server: str | None) -> list[Record]:
        """Ask IANA's root, or the server named, and follow referrals from there."""

        def line(host: str) -> str:
            return _QUERIES.get(host, "{0}").format(address)

        def judge(body: bytes, host: str) -> tuple[Outcome, str | None]:
            networks = read_whois(body, host)
            if any(network.covers(address) for network in networks):
                return "answered", None
            if read_referral(body):
                return "redirected", None
            return (
                ("malformed", "the answer is about another network") if networks else ("not_found", "no network in it")
            )

        def follow(record: Record) -> Referral | None:
            """Follow an instruction; a server only mentioned in remarks just where the answer holds nothing else."""
            referral = read_referral(record.body)
            if referral or record.outcome == "answered":
                return referral
            mentioned = mentioned_server(record.body)
            return Referral(mentioned, 43) if mentioned else None

        return await self._walk(server or self._root, _Errand(question, "ip", line, judge, follow))

    async def domain(self, name: str, question: str) -> list[Record]:
        """Ask IANA's root and the registry of the top-level domain; no registrar's own server is asked."""

        def judge(body: bytes, host: str) -> tuple[Outcome, str | None]:
            if read_domain_text(decode_whois(body), name):
                return "answered", None
            return ("redirected", None) if read_referral(body) else ("not_found", "the domain is not in it")

        def follow(record: Record) -> Referral | None:
            return read_referral(record.body) if record.outcome == "redirected" else None

        errand = _Errand(question, "domain", lambda _: name, judge, follow)
        return await self._walk(self._root, errand)

    async def _walk(self, first: str, errand: _Errand) -> list[Record]:
        records: list[Record] = []
        seen: set[str] = set()
        step: Referral | None = Referral(*split_host_port(first, 43))
        while step is not None:
            seen.add(step.host)
            record = await self._ask(step, errand)
            records.append(record)
            step = errand.follow(record) if record.outcome in _FOLLOWED else None
            if step is None or (record.outcome == "answered" and step.host in seen):
                break
            if step.host in seen:
                records.append(
                    self._attempts.failed(self._blank(errand, step.host), "malformed", "the referrals run in a circle")
                )
                break
            if len(records) >= _MOST_HOPS:
                note = f"more than {_MOST_HOPS} referrals"
                records.append(self._attempts.failed(self._blank(errand, step.host), "malformed", note))
                break
        return records

    async def _ask(self, step: Referral, errand: _Errand) -> Record:
        host, port = self._overrides.get(step.host, (step.host, step.port))
        run_by_registry = step.host == split_host_port(self._root, 43)[0] or registry_of_server(step.host)
        most_bytes = MOST_BYTES if run_by_registry else _CLAIM_BYTES

        async def send() -> Record:
            line = errand.line(step.host)
            body = await self._transport.ask_line(host, port, line, kind=errand.kind, most_bytes=most_bytes)
            return self._read(body, step, errand)

        return await self._attempts.ask(
            Service("whois", step.host), self._blank(errand, step.host), send, people=_people_in
        )

    def _read(self, body: bytes, step: Referral, errand: _Errand) -> Record:
        now = self._clock.now()
        outcome, note, permanent = read_whois_outcome(body)
        if outcome == "answered" or (outcome == "malformed" and read_referral(body)):
            outcome, note = errand.judge(body, step.host)
        retry_at = None
        if outcome == "rate_limited":
            retry_at = now + MUCH_LATER if permanent else None
        elif outcome in ("unreachable", "malformed"):
            retry_at = now + (SOON if outcome == "unreachable" else LATER)
        if step.rwhois:
            note = "an rwhois server, run by the network itself: a claim"
        return Record("whois", errand.question, step.host, now, outcome, body, retry_at=retry_at, note=note)

    def _blank(self, errand: _Errand, server: str) -> Record:
        return Record("whois", errand.question, server, self._clock.now(), "unreachable")
