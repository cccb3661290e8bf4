"""Resolvers on loopback: truncation, several servers, and the kinds of failure, told apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from attribution import load_settings
from attribution.evidence.question import ResolveName
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.protocols.dns import DnsClient
from attribution.lookup.transport import Transport
from attribution.registry.dns_answer import read_dns
from servers import EveryServer

Reply = Callable[[dns.message.Message, bool], bytes | None]
Start = Callable[[Reply], Awaitable[str]]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._reply(dns.message.from_wire(data), False)
        if answer:
            self._transport.sendto(answer, addr)  # type: ignore[attr-defined]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start resolvers that answer UDP and TCP on one port as told; return `address:port`."""
    closing: list[Callable[[], None]] = []

    async def serve(reply: Reply) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            size = int.from_bytes(await reader.readexactly(2), "big")
            sent = reply(dns.message.from_wire(await reader.readexactly(size)), True)
            if sent:
                writer.write(len(sent).to_bytes(2, "big") + sent)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        made, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(reply), local_addr=("127.0.0.1", port)
        )
        closing.extend([server.close, made.close])
        return f"127.0.0.1:{port}"

    yield serve
    for close in closing:
        close()
    await asyncio.sleep(0)


_OPENED: list[Transport] = []


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while _OPENED:
        await _OPENED.pop().close()
    await asyncio.sleep(0)


def client(*servers: str, timeout: float = 1.0) -> DnsClient:
    settings = load_settings(nameservers=list(servers), dns_timeout=timeout)
    _OPENED.append(Transport(settings, EveryServer()))
    return DnsClient(settings, _OPENED[-1], Clock())


def answering(*addresses: str, alias: str | None = None) -> Reply:
    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        answer = dns.message.make_response(query, recursion_available=True)
        name = query.question[0].name.to_text()
        if alias:
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", alias))
            name = alias
        answer.answer.append(dns.rrset.from_text(name, 300, "IN", "A", *addresses))
        return answer.to_wire(max_size=65535)

    return reply


def failing(code: dns.rcode.Rcode, *options: dns.edns.Option) -> Reply:
    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        answer = dns.message.make_response(query, recursion_available=True)
        answer.set_rcode(code)
        answer.use_edns(0, options=list(options))
        return answer.to_wire()

    return reply


def silent(query: dns.message.Message, tcp: bool) -> None:
    return None


async def test_answer_with_its_alias_ttl_and_resolver(start: Start) -> None:
    server = await start(answering("192.0.2.7", alias="edge.example."))
    record = await client(server).ask("www.site.example", "A")
    answer = read_dns(record.body, "www.site.example", "A")
    assert (record.outcome, record.server) == ("answered", server)
    assert answer.chain == (("www.site.example", "edge.example"),)
    assert (answer.values, answer.ttl) == (("192.0.2.7",), 60)


async def test_transaction_id_is_not_kept(start: Start) -> None:
    asking = client(await start(answering("192.0.2.7")))
    first, second = (
        await asking.ask("www.site.example", "A"),
        await asking.ask("www.site.example", "A"),
    )
    assert first.sha256 == second.sha256


async def test_truncated_answer_is_asked_for_again_over_tcp(start: Start) -> None:
    asked: list[bool] = []

    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        asked.append(tcp)
        if tcp:
            return answering(*[f"192.0.2.{host}" for host in range(1, 200)])(query, tcp) or b""
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.TC
        return answer.to_wire()

    record = await client(await start(reply)).ask("www.site.example", "A")
    assert asked == [False, True]
    assert len(read_dns(record.body, "www.site.example", "A").values) == 199


@pytest.mark.parametrize("first", [silent, failing(dns.rcode.SERVFAIL), failing(dns.rcode.REFUSED)])
async def test_next_server_is_asked_when_one_gives_nothing(first: Reply, start: Start) -> None:
    good = await start(answering("192.0.2.7"))
    record = await client(await start(first), good).ask("www.site.example", "A")
    assert (record.outcome, record.server) == ("answered", good)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (failing(dns.rcode.NXDOMAIN), "nxdomain"),
        (failing(dns.rcode.NOERROR), "no_data"),
        (failing(dns.rcode.SERVFAIL), "servfail"),
        (failing(dns.rcode.REFUSED), "lame"),
        (
            failing(
                dns.rcode.SERVFAIL, dns.edns.EDEOption(dns.edns.EDECode.NO_REACHABLE_AUTHORITY)
            ),
            "lame",
        ),
        (silent, "timeout"),
        (
            lambda query, tcp: query.id.to_bytes(2, "big") + b"\x80" + b"\x00" * 8 + b"\x01",
            "servfail",
        ),
        (lambda query, tcp: b"\x00" * 12, "timeout"),
    ],
)
async def test_kinds_of_failure_are_told_apart(reply: Reply, outcome: str, start: Start) -> None:
    record = await client(await start(reply), timeout=0.4).ask("www.site.example", "A")
    assert record.outcome == outcome


async def test_both_families_are_asked_together(start: Start) -> None:
    asked: list[str] = []

    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        asked.append(query.question[0].to_text())
        return failing(dns.rcode.NOERROR)(query, tcp) or b""

    records = await client(await start(reply)).query_addresses("www.site.example")
    assert sorted(line.split()[-1] for line in asked) == ["A", "AAAA"]
    asked_for = [ResolveName("www.site.example", rdtype) for rdtype in ("A", "AAAA")]
    assert [record.question for record in records] == asked_for


async def test_validation_is_asked_for(start: Start) -> None:
    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        assert query.flags & dns.flags.AD
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AD
        answer.answer.append(dns.rrset.from_text("www.site.example.", 300, "IN", "A", "192.0.2.7"))
        return answer.to_wire()

    record = await client(await start(reply)).ask("www.site.example", "A")
    assert read_dns(record.body, "www.site.example", "A").values == ("192.0.2.7",)


async def test_honest_resolver_leaves_no_record_of_the_canary(start: Start) -> None:
    assert await client(await start(failing(dns.rcode.NXDOMAIN))).canary() == []
    assert await client(await start(failing(dns.rcode.SERVFAIL))).canary() == []


async def test_canary_is_a_name_that_nobody_has_and_another_in_each_client(start: Start) -> None:
    asked: list[str] = []

    def reply(query: dns.message.Message, tcp: bool) -> bytes:
        asked.append(query.question[0].name.to_text())
        return answering("192.0.2.99")(query, tcp) or b""

    server = await start(reply)
    for _ in range(2):
        asking = client(server)
        (record,) = await asking.canary()
        assert await asking.canary() == [record]
        assert (record.kind, record.outcome, record.url) == (
            "canary",
            "answered",
            f"{asked[-1].rstrip('.')} A",
        )
    assert len(asked) == 2
    assert asked[0] != asked[1]
    assert all(name.endswith(".example.") for name in asked)


async def test_forged_answers_are_not_taken(start: Start) -> None:
    """Another transaction ID, another question, a query instead of an answer: the true answer comes
    last.
    """

    class Forger(_Datagrams):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            query = dns.message.from_wire(data)
            false = answering("192.0.2.66")
            other = dns.message.make_query("www.other.example", "A")
            other.id = query.id
            wrong_id = false(query, False) or b""
            for forged in (
                (query.id ^ 1).to_bytes(2, "big") + wrong_id[2:],
                false(other, False),
                data,
                b"",
                b"\x00",
            ):
                self._transport.sendto(forged or b"", addr)  # type: ignore[attr-defined]
            self._transport.sendto(answering("192.0.2.7")(query, False), addr)  # type: ignore[attr-defined]

    made, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Forger(silent), local_addr=("127.0.0.1", 0)
    )
    server = f"127.0.0.1:{made.get_extra_info('sockname')[1]}"
    record = await client(server).ask("www.site.example", "A")
    assert read_dns(record.body, "www.site.example", "A").values == ("192.0.2.7",)
    made.close()


async def test_questions_go_out_over_several_ports_which_are_replaced(start: Start) -> None:
    ports: list[int] = []

    class Noting(_Datagrams):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            ports.append(addr[1])
            super().datagram_received(data, addr)

    made, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Noting(answering("192.0.2.7")), local_addr=("127.0.0.1", 0)
    )
    asking = client(f"127.0.0.1:{made.get_extra_info('sockname')[1]}")
    for _ in range(40):
        await asyncio.gather(
            *(asking.ask(f"www{number}.site.example", "A") for number in range(50))
        )
    assert len(set(ports[:50])) == 8
    assert len(set(ports)) >= 16
    made.close()


async def test_name_that_the_dns_cannot_hold_is_a_failure_not_an_exception(start: Start) -> None:
    record = await client(await start(answering("192.0.2.7"))).ask("x" * 64 + ".example", "A")
    assert record.outcome == "servfail"


async def test_resolver_that_is_not_there_is_one_that_does_not_answer() -> None:
    record = await client("127.0.0.1:9", timeout=0.5).ask("www.site.example", "A")
    assert record.outcome == "timeout"
