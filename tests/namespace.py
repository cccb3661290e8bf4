"""Run under `unshare --map-root-user --net`: a reported host that can be reached, and ways to it.

Prints JSON: what each answer that leads to the host became (outcome and note), how many packets
went to the host meanwhile, and whether packets are seen when it is connected to on purpose.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import socket
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from attribution import load_settings
from attribution.evidence import Record
from attribution.evidence.question import NationalNetwork, WhoisAt
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.budgets.pace import Pace
from attribution.lookup.concurrency.attempt import Attempts
from attribution.lookup.protocols.bootstrap import Bootstrap
from attribution.lookup.protocols.listed import ListedServers
from attribution.lookup.protocols.rdap import RdapClient
from attribution.lookup.protocols.whois import WhoisClient
from attribution.lookup.transport import ReportedAddresses, Transport, guard
from servers import Listed

HOST = "198.51.100.7"
FORMS = [
    HOST,
    "64:ff9b::c633:6407",
    "64:ff9b:1::c633:6407",
    "2002:c633:6407::1",
    "::ffff:0:c633:6407",
]
MAPPED = f"::ffff:{HOST}"
SERVERS: list[asyncio.Server] = []
QUESTION = ipaddress.ip_address("192.0.2.1")


class Packets(threading.Thread):
    """Counts packets to the host, in every form of its address, on every port."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.count = 0
        self._to = {ipaddress.ip_address(form).packed for form in FORMS}
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self._socket.bind(("lo", 0))

    def run(self) -> None:
        while frame := self._socket.recv(65536):
            to = frame[30:34] if frame[12:14] == b"\x08\x00" else frame[38:54]
            self.count += to in self._to


class NoFiles:
    def get_file(self, name: str) -> tuple[str, datetime] | None:
        return None

    def put_file(self, name: str, text: str, fetched_at: datetime) -> None: ...


async def serve(answer: bytes, until: bytes) -> int:
    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(until)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    SERVERS.append(server)
    return int(server.sockets[0].getsockname()[1])


async def ask(way: str, leads_to: str, name_of: dict[str, list[str]]) -> Record:
    """Ask a listed server whose answer leads to the host,
    while the host is another task's target.
    """
    reported = ReportedAddresses()
    root = await serve(f"refer: {leads_to}\n".encode(), b"\r\n")
    place = f"[{leads_to}]" if ":" in leads_to else leads_to
    redirect = (
        f"HTTP/1.1 302 Found\r\nlocation: {way}://{place}/ip/192.0.2.1\r\ncontent-length: 0\r\n\r\n"
    )
    registry = await serve(redirect.encode(), b"\r\n\r\n")
    settings = load_settings(
        allow_loopback_registries=True,
        whois_root=f"127.0.0.1:{root}",
        connect_timeout=2,
        patience=0,
    )
    listed = ListedServers(settings)
    table = Listed(("127.0.0.1", registry))
    transport = Transport(settings, table, reported=reported, ask_unlisted=True)

    async def resolve(host: str) -> list[str]:
        return name_of.get(host, [])

    transport.resolve_names_by(resolve)
    clock = Clock()
    attempts = Attempts(Pace(8, 0, clock), clock)
    with reported.in_work("site.example") as other:
        other.add([HOST])
        if way == "whois":
            whois = WhoisClient(settings, transport, listed, attempts, clock)
            records = await whois.network_at(WhoisAt(QUESTION))
        else:
            bootstrap = Bootstrap(settings, transport, clock, NoFiles())
            rdap = RdapClient(transport, bootstrap, listed, attempts, clock)
            base = f"http://127.0.0.1:{registry}/"
            records = await rdap.network_at_service(NationalNetwork("ripe", QUESTION, base))
    await transport.close()
    return records[-1]


async def main() -> None:
    # So that nothing but the comparison stands in the way.
    guard.special_purpose = lambda address: None
    packets = Packets()
    packets.start()
    became = {}
    for form in (*FORMS, MAPPED):
        for way in ("whois", "http", "https"):
            for leads_to in ("elsewhere.example", form):
                if way == "whois" and ":" in leads_to:
                    continue  # no referral is spelt so
                record = await ask(way, leads_to, {"elsewhere.example": [form]})
                became[f"{way} {leads_to} {form}"] = [record.outcome, record.note]
    await asyncio.sleep(0.2)
    seen = packets.count
    reached = []
    for form in (*FORMS, MAPPED):
        before = packets.count
        with contextlib.suppress(OSError), socket.create_connection((form, 80), timeout=2):
            pass
        await asyncio.sleep(0.05)
        reached.append(packets.count > before)
    print(json.dumps({"became": became, "seen": seen, "reached": reached}))  # noqa: T201


if __name__ == "__main__":
    for command in (
        ["link", "set", "lo", "up"],
        *(
            ["address", "add", f"{form}/{128 if ':' in form else 32}", "dev", "lo"]
            for form in FORMS
        ),
    ):
        subprocess.run(["ip", *command], check=True)
    asyncio.run(main())
