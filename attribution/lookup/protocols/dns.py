"""DNS client (RFC 1034, 1035): several resolvers, A and AAAA at once, five kinds of failure."""

from __future__ import annotations

import asyncio
import secrets
import struct
from dataclasses import replace

import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver

from attribution.errors import SettingsError
from attribution.evidence import Outcome, Record
from attribution.evidence.question import MailTo, NonexistentName, ResolveName
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.concurrency.attempt import SOON
from attribution.lookup.transport import Transport
from attribution.lookup.transport.errors import reason
from attribution.registry.dns_answer import read_dns
from attribution.registry.registration import UnreadableAnswer
from attribution.settings import DNS_PORT, Settings, split_host_port

_PAYLOAD = 1232  # the size that crosses every path unfragmented (DNS Flag Day 2020)
# Asks for the AD flag in the answer (RFC 6840, section 5.7).
_FLAGS = int(dns.flags.RD | dns.flags.AD)
# Extended errors (RFC 8914): no reachable authority, network error.
_LAME_CODES = frozenset([22, 23])
_CANARY_FOR = 600.0
_AGAIN = frozenset(["servfail", "timeout", "lame"])


class DnsClient:
    """Asks the configured resolvers in turn until one gives a usable answer."""

    def __init__(self, settings: Settings, transport: Transport, clock: Clock) -> None:
        self._transport, self._clock = transport, clock
        self._timeout = settings.dns_timeout
        # `.example` exists nowhere, and resolvers do not treat it as special (RFC 6761, section
        # 6.5).
        self._nobody = f"www.{secrets.token_hex(10)}.example"
        self._canary: list[Record] = []
        self._canary_until, self._canary_lock = float("-inf"), asyncio.Lock()
        self._servers = [
            split_host_port(server, DNS_PORT) for server in settings.nameservers
        ] or _system_servers()
        for server, port in self._servers:
            transport.allow_resolver(server, port)

    async def resolve(self, question: ResolveName) -> list[Record]:
        """Ask for A and AAAA of a reported host, and whether the resolver invents answers."""
        canary, records = await asyncio.gather(self.canary(), self.query_addresses(question.host))
        return [*canary, *records]

    async def query_addresses(self, host: str) -> list[Record]:
        """Ask for A and AAAA of a host together."""
        return list(await asyncio.gather(self.ask(host, "A"), self.ask(host, "AAAA")))

    async def addresses_of(self, host: str) -> list[str]:
        """Return the addresses of a registry's server, IPv4 first; empty when it has none."""
        addresses: list[str] = []
        for record in await self.query_addresses(host):
            if record.outcome == "answered" and isinstance(record.question, ResolveName):
                addresses += read_dns(
                    record.body, record.question.host, record.question.rdtype
                ).values
        return addresses

    async def mail_exchange(self, question: MailTo) -> list[Record]:
        """Ask whether a domain takes mail: for MX, else for addresses. No mail server is asked."""
        records = [await self.ask(question.domain, "MX")]
        if records[0].outcome == "no_data":
            records += await self.query_addresses(question.domain)
        return [
            replace(record, kind="mail", question=question, url=record.question.text)
            for record in records
        ]

    async def canary(self) -> list[Record]:
        """Return an answer about a name that does not exist; empty if the resolver gives none.

        A resolver that answers with an address of its own (NXDOMAIN hijacking) would make every
        name that is gone look like a site there. Asked once in ten minutes.
        """
        async with self._canary_lock:
            if self._clock.monotonic() >= self._canary_until:
                record = await self.ask(self._nobody, "A")
                invented = replace(
                    record,
                    kind="canary",
                    question=NonexistentName(record.server),
                    url=record.question.text,
                )
                self._canary = [invented] if record.outcome == "answered" else []
                self._canary_until = self._clock.monotonic() + _CANARY_FOR
            return self._canary

    async def ask(self, host: str, rdtype: str) -> Record:
        """Ask for one type; the record's outcome is `answered` or the kind of failure."""
        question = ResolveName(host, rdtype)
        last = Record(
            "dns",
            question,
            "no resolver",
            self._clock.now(),
            "timeout",
            note="no resolver is configured",
        )
        share = self._timeout / (2 if len(self._servers) == 1 else len(self._servers))
        tries = self._servers * 2 if len(self._servers) == 1 else self._servers
        for server, port in tries:
            last = await self._ask_resolver(host, rdtype, server, port, share)
            if last.outcome not in _AGAIN:
                break
        return last

    async def _ask_resolver(
        self, host: str, rdtype: str, server: str, port: int, timeout: float
    ) -> Record:
        name = f"{server}:{port}" if ":" not in server else f"[{server}]:{port}"
        question = ResolveName(host, rdtype)
        try:
            query = _query(host, rdtype)
            answer = await self._transport.exchange_dns(query, server, port, timeout)
        except TimeoutError:  # an OSError too, so it stands first
            return self._timed_out(question, name, f"no answer in {timeout:g} s")
        except OSError as error:  # no server listens
            return self._timed_out(question, name, reason(error))
        except dns.exception.DNSException as error:
            return Record("dns", question, name, self._clock.now(), "servfail", note=reason(error))
        body = b"\x00\x00" + answer[2:]  # the transaction ID says nothing
        outcome, note = _outcome(body, host, rdtype)
        return Record("dns", question, name, self._clock.now(), outcome, body, note=note)

    def _timed_out(self, question: ResolveName, server: str, note: str) -> Record:
        now = self._clock.now()
        return Record("dns", question, server, now, "timeout", retry_at=now + SOON, note=note)


def _query(host: str, rdtype: str) -> bytes:
    """Return a query in wire form (RFC 1035, section 4.1) with RD, AD and EDNS (RFC 6891)."""
    head = struct.pack("!HHHHHH", secrets.randbits(16), _FLAGS, 1, 0, 0, 1)
    question = (dns.name.from_text(host).to_wire() or b"") + struct.pack(
        "!HH", dns.rdatatype.from_text(rdtype), dns.rdataclass.IN
    )
    return head + question + struct.pack("!BHHIH", 0, dns.rdatatype.OPT, _PAYLOAD, 0, 0)


def _outcome(body: bytes, host: str, rdtype: str) -> tuple[Outcome, str | None]:
    """Return the kind of answer, and the name of the response code of a failure."""
    try:
        answer = read_dns(body, host, rdtype)
    except UnreadableAnswer as error:
        return "servfail", str(error)
    code_name = dns.rcode.to_text(dns.rcode.Rcode(answer.code))
    if answer.code == dns.rcode.NXDOMAIN:
        return "nxdomain", None
    if answer.code == dns.rcode.REFUSED or answer.extended & _LAME_CODES:
        return "lame", code_name
    if answer.code != dns.rcode.NOERROR:
        return "servfail", code_name
    if answer.values:
        return "answered", None
    return ("lame", code_name) if answer.referral else ("no_data", None)


def _system_servers() -> list[tuple[str, int]]:
    try:
        return [(str(server), 53) for server in dns.resolver.Resolver().nameservers]
    except dns.resolver.NoResolverConfiguration:
        raise SettingsError(
            "no DNS resolver: the system names none. Set ATTRIBUTION_NAMESERVERS to address[:port]."
        ) from None
