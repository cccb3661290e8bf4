"""Asking WHOIS servers on port 43 (RFC 3912): from IANA's root along the referrals."""

from __future__ import annotations

from datetime import timedelta

from attribution.addresses import Address
from attribution.evidence import Outcome, Record
from attribution.lookup.clock import Clock
from attribution.lookup.guard import DestinationRefused
from attribution.lookup.pace import NotNow, Pace
from attribution.lookup.transport import TooLarge, Transport, Unreachable
from attribution.registry.refusal import read_whois_outcome
from attribution.registry.whois_text import Referral, mentioned_server, read_referral, read_whois
from attribution.settings import Settings, split_host_port

_MOST_HOPS = 5
_LATER = timedelta(minutes=15)
_MUCH_LATER = timedelta(days=1)
_RWHOIS_BYTES = 64 * 1024
# How each server wants to be asked for one address in full, from its own help text.
_QUERIES = {"whois.arin.net": "n + {0}", "whois.nic.ad.jp": "{0}/e", "whois.jprs.jp": "{0}/e"}


class WhoisClient:
    """Asks one server after another; each answer is a record."""

    def __init__(self, settings: Settings, transport: Transport, pace: Pace, clock: Clock) -> None:
        self._transport, self._pace, self._clock = transport, pace, clock
        self._overrides = {
            name.lower(): split_host_port(target, 43) for name, target in settings.whois_overrides.items()
        }
        self._root = settings.whois_root

    async def network_at(self, address: Address, question: str, server: str | None) -> list[Record]:
        """Ask IANA's root, or the server named, and follow referrals from there."""
        records: list[Record] = []
        seen: set[str] = set()
        step: Referral | None = Referral(*split_host_port(server or self._root, 43))
        while step is not None:
            if step.host in seen and len(records) > 1:
                records.append(self._failure(question, step.host, "malformed", "the referrals run in a circle"))
                break
            if len(records) >= _MOST_HOPS:
                records.append(self._failure(question, step.host, "malformed", f"more than {_MOST_HOPS} referrals"))
                break
            seen.add(step.host)
            record = await self._ask(step, address, question)
            records.append(record)
            step = self._next(record, address) if record.outcome in ("answered", "not_found", "redirected") else None
        return records

    def _next(self, record: Record, address: Address) -> Referral | None:
        """Follow an instruction; a server only mentioned in remarks just where the answer holds nothing else."""
        referral = read_referral(record.body)
        if referral:
            return referral
        if any(network.covers(address) for network in read_whois(record.body, record.server)):
            return None
        mentioned = mentioned_server(record.body)
        return Referral(mentioned, 43) if mentioned and mentioned != record.server else None

    async def _ask(self, step: Referral, address: Address, question: str) -> Record:
        host, port = self._overrides.get(step.host, (step.host, step.port))
        line = _QUERIES.get(step.host, "{0}").format(address)
        limit = {"most_bytes": _RWHOIS_BYTES} if step.rwhois else {}

        async def attempt() -> Record:
            try:
                body = await self._transport.ask_line(host, port, line, **limit)
            except DestinationRefused as error:
                return self._failure(question, step.host, "refused", str(error))
            except TooLarge as error:
                return self._failure(question, step.host, "malformed", str(error))
            except TimeoutError:
                return self._failure(question, step.host, "unreachable", "no whole answer within the time limit")
            except Unreachable as error:
                return self._failure(question, step.host, "unreachable", str(error))
            return self._read(body, step, address, question)

        try:
            return await self._pace.ask(f"whois {step.host}", attempt)
        except NotNow as error:
            outcome: Outcome = "rate_limited" if error.kind == "rate_limited" else "unreachable"
            return Record(
                "whois", question, step.host, self._clock.now(), outcome, retry_at=error.retry_at, note=str(error)
            )

    def _read(self, body: bytes, step: Referral, address: Address, question: str) -> Record:
        now = self._clock.now()
        outcome, note, permanent = read_whois_outcome(body)
        networks = read_whois(body, step.host) if outcome == "answered" else []
        if outcome in ("answered", "malformed") and not networks and read_referral(body):
            outcome, note = "redirected", None
        elif outcome == "answered" and not any(network.covers(address) for network in networks):
            outcome, note = ("not_found", "no network in the answer") if not networks else ("malformed", "the answer is about another network")  # fmt: skip
        retry_at = None
        if outcome == "rate_limited":
            retry_at = now + _MUCH_LATER if permanent else None
        elif outcome in ("unreachable", "malformed"):
            retry_at = now + _LATER
        if step.rwhois:
            note = "an rwhois server, run by the network itself: a claim"
        return Record("whois", question, step.host, now, outcome, body, retry_at=retry_at, note=note)

    def _failure(self, question: str, server: str, outcome: Outcome, note: str) -> Record:
        now = self._clock.now()
        return Record("whois", question, server, now, outcome, retry_at=now + _LATER, note=note)
