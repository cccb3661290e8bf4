"""The demo world's servers: DNS over UDP and TCP, HTTP for RDAP and its bootstrap, WHOIS. Loopback
only.
"""

from __future__ import annotations

import ipaddress
import json
import socketserver
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from attribution.demo import world
from attribution.settings import Settings, load_settings

_LOOPBACK = "127.0.0.1"
_RIRS = ("arin", "ripe", "apnic", "lacnic", "afrinic")
_FIRST_OCTETS = {
    "192.0.0.0/8": "arin",
    "198.0.0.0/8": "ripe",
    "203.0.113.0/26": "apnic",
    "203.0.113.64/26": "lacnic",
    "203.0.113.128/26": "afrinic",
    "203.0.113.192/26": "apnic",
}


class DemoWorld:
    """Runs the servers while the `with` block lasts; `settings()` and `environment()` point the
    library at them.
    """

    def __init__(self, *, cache_folder: Path | None = None) -> None:
        self.queries: Counter[str] = Counter()
        """Number of questions to each server."""
        self._servers: list[socketserver.BaseServer] = []
        self._folder = tempfile.TemporaryDirectory(prefix="attribution-demo-")
        self._cache = cache_folder or Path(self._folder.name) / "cache"
        self._ports: dict[str, int] = {}
        self._refused: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._ports["http"] = self._serve(_Web, _handler(_WebHandler, self))
        self._ports["iana"] = self._serve(_Tcp, _handler(_RootHandler, self))
        for name in _RIRS:
            if name != world.DEAD:
                self._ports[name] = self._serve(_Tcp, _handler(_WhoisHandler, self, name))
        self._ports[world.DEAD] = 9  # the discard port: nobody listens
        self._ports["dns"] = self._serve_dns()
        tables = Path(self._folder.name)
        rows = [
            f"{suffix},{company},{provider}"
            for suffix, (company, provider) in world.PLATFORMS.items()
        ]
        (tables / "platforms.csv").write_text(
            "\n".join(["suffix,company,provider", *rows]) + "\n", "utf-8"
        )
        lists = [
            f"list,{name},{kind},{company},demo list,2026"
            for name, (kind, company, _) in world.REVERSE_PROXIES.items()
        ]
        prefixes = [
            f"{prefix},{name}"
            for name, (_, _, blocks) in world.REVERSE_PROXIES.items()
            for prefix in blocks
        ]
        (tables / "fronts.csv").write_text("\n".join(lists + prefixes) + "\n", "utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Return the variables that point the command at this world."""
        return {
            "ATTRIBUTION_NAMESERVERS": f"{_LOOPBACK}:{self._ports['dns']}",
            "ATTRIBUTION_RDAP_BOOTSTRAP_URL": f"{self.base}bootstrap/",
            "ATTRIBUTION_WHOIS_ROOT": f"{_LOOPBACK}:{self._ports['iana']}",
            "ATTRIBUTION_WHOIS_OVERRIDES": ",".join(
                f"whois.{name}.net={_LOOPBACK}:{self._ports[name]}" for name in _RIRS
            ),
            "ATTRIBUTION_ALLOW_LOOPBACK_REGISTRIES": "true",
            "ATTRIBUTION_ALLOW_DOCUMENTATION_ADDRESSES": "true",
            "ATTRIBUTION_CACHE_FOLDER": str(self._cache),
            "ATTRIBUTION_DATA_FOLDER": self._folder.name,
            "ATTRIBUTION_WAIT": "0",
        }

    def settings(self, **changes: Any) -> Settings:
        """Return settings that point the library at this world."""
        values = {
            name.removeprefix("ATTRIBUTION_").lower(): value
            for name, value in self.environment().items()
        }
        return load_settings(**(values | changes))

    @property
    def base(self) -> str:
        """URL of the RDAP server."""
        return f"http://{_LOOPBACK}:{self._ports['http']}/"

    def throttles(self, registry: str) -> bool:
        """Whether the registry refuses this question: the throttling one refuses every second."""
        if registry != world.THROTTLING:
            return False
        self._refused[registry] += 1
        return self._refused[registry] % 2 == 1

    def _serve(self, server: type[socketserver.TCPServer], handler: Callable[..., Any]) -> int:
        instance = server((_LOOPBACK, 0), handler)
        self._start(instance)
        return int(instance.server_address[1])

    def _serve_dns(self) -> int:
        """Bind UDP and TCP to one port."""
        for _ in range(20):
            tcp = _Tcp((_LOOPBACK, 0), _handler(_DnsTcpHandler, self))
            port = int(tcp.server_address[1])
            try:
                udp = _Udp((_LOOPBACK, port), _handler(_DnsUdpHandler, self))
            except OSError:
                tcp.server_close()
                continue
            self._start(tcp)
            self._start(udp)
            return port
        raise OSError("no port is free for both UDP and TCP")

    def _start(self, server: socketserver.BaseServer) -> None:
        self._servers.append(server)
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that goes away in the middle: a demo's batch may be interrupted."""


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class _Udp(socketserver.ThreadingUDPServer):
    daemon_threads = True
    max_packet_size = 4096


class _Handler:
    """What every handler knows: the world, and for a registry its name."""

    def __init__(self, demo: DemoWorld, name: str, *arguments: Any) -> None:
        self._demo, self._name = demo, name
        super().__init__(*arguments)


def _handler(kind: type[Any], demo: DemoWorld, name: str = "") -> Callable[..., Any]:
    return lambda *arguments: kind(demo, name, *arguments)


class _WebHandler(_Handler, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one question."""
        service, _, rest = self.path.strip("/").partition("/")
        self._demo.queries[f"rdap {service}"] += 1
        if service == "bootstrap":
            self._send(200, _bootstrap(rest.removesuffix(".json"), self._demo.base))
        elif service == world.DEAD:
            self.close_connection = True
            self.connection.close()
        elif self._demo.throttles(service):
            self._send(429, {"errorCode": 429, "title": "Too many requests"}, {"Retry-After": "1"})
        else:
            answer = _rdap(service, rest, self._demo.base)
            self._send(200 if answer else 404, answer or {"errorCode": 404, "title": "Not found"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Log nothing."""

    def _send(
        self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        body = json.dumps(answer).encode("utf-8")
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/rdap+json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _RootHandler(_Handler, socketserver.StreamRequestHandler):
    """IANA's WHOIS: refers to the registry of the address."""

    def handle(self) -> None:
        self._demo.queries["whois iana"] += 1
        query = self.rfile.readline(1024).decode("ascii", "replace").strip()
        registry = _registry_of(query)
        self.wfile.write(f"refer: whois.{registry}.net\n".encode() if registry else b"% no match\n")


class _WhoisHandler(_Handler, socketserver.StreamRequestHandler):
    """A registry's port 43: `ADDRESS`, `-L ADDRESS` and
    `n + ADDRESS` (what lies above too), `ASn`, `a + n`.
    """

    def handle(self) -> None:
        self._demo.queries[f"whois {self._name}"] += 1
        query = self.rfile.readline(1024).decode("ascii", "replace").split()
        self.wfile.write((self._answer(query) or "% no match\n").encode())

    def _answer(self, query: list[str]) -> str:
        about = query[-1] if query else ""
        number = about.upper().removeprefix("AS")
        if number.isdigit():
            registry, _ = world.SYSTEMS.get(int(number), ("", None))
            return world.whois_system_text(int(number)) if registry == self._name else ""
        try:
            block = world.block_at(ipaddress.ip_address(about))
        except ValueError:
            return ""
        if block is None or block.registry != self._name or block is world.PLACEHOLDER:
            return ""
        return world.whois_text(block, upwards="-L" in query or "+" in query)


class _DnsUdpHandler(_Handler, socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self._demo.queries["dns"] += 1
        data, channel = self.request
        channel.sendto(_dns_answer(data), self.client_address)


class _DnsTcpHandler(_Handler, socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._demo.queries["dns"] += 1
        size = int.from_bytes(self.rfile.read(2), "big")
        answer = _dns_answer(self.rfile.read(size))
        self.wfile.write(len(answer).to_bytes(2, "big") + answer)


def _bootstrap(name: str, base: str) -> dict[str, Any]:
    """Return one of IANA's bootstrap files (RFC 9224) for this world."""
    services: list[list[list[str]]] = []
    if name == "ipv4":
        services = [
            [[prefix], [f"{base}{registry}/"]] for prefix, registry in _FIRST_OCTETS.items()
        ]
    elif name == "ipv6":
        services = [[["2001:db8::/32"], [f"{base}ripe/"]]]
    elif name == "asn":
        services = [
            [[f"{number}-{number}"], [f"{base}{registry}/"]]
            for number, (registry, _) in world.SYSTEMS.items()
        ]
    elif name == "dns":
        services = [[["example"], [f"{base}names/"]]]
    return {"version": "1.0", "publication": "2026-01-01T00:00:00Z", "services": services}


def _rdap(service: str, path: str, base: str) -> dict[str, Any] | None:
    kind, _, value = path.partition("/")
    if service == "names" and kind == "domain":
        return world.domain_answer(value.lower())
    if kind == "autnum" and value.isdigit() and int(value) in world.SYSTEMS:
        return world.system_answer(int(value), base)
    if kind != "ip":
        return None
    try:
        block = (
            world.block_named(value)
            if "/" in value
            else world.block_at(ipaddress.ip_address(value))
        )
    except ValueError:
        return None
    return world.network_answer(block, base) if block and block.registry == service else None


def _registry_of(text: str) -> str | None:
    try:
        block = world.block_at(ipaddress.ip_address(text))
    except ValueError:
        return None
    return block.registry if block else None


def _dns_answer(data: bytes) -> bytes:
    query = dns.message.from_wire(data)
    answer = dns.message.make_response(query, recursion_available=True)
    question = query.question[0]
    name, kind = (
        question.name.to_text(omit_final_dot=True).lower(),
        dns.rdatatype.to_text(question.rdtype),
    )
    if kind == "TXT" and name.endswith(".asn.cymru.com"):
        _answer_origin(answer, name)
        return answer.to_wire()
    if kind == "MX" and name in world.MAIL:
        answer.answer.append(dns.rrset.from_text(name + ".", 300, "IN", "MX", world.MAIL[name]))
        return answer.to_wire()
    host = world.HOSTS.get(name)
    while host and host.alias:
        answer.answer.append(dns.rrset.from_text(name + ".", 300, "IN", "CNAME", host.alias + "."))
        name = host.alias
        host = world.HOSTS.get(name)
    if host is None:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif host.failure:
        answer.set_rcode(dns.rcode.SERVFAIL)
    else:
        version = {"A": 4, "AAAA": 6}.get(kind)
        addresses = [
            text for text in host.addresses if ipaddress.ip_address(text).version == version
        ]
        if addresses:
            answer.answer.append(dns.rrset.from_text(name + ".", 300, "IN", kind, *addresses))
    return answer.to_wire(want_shuffle=False)


def _answer_origin(answer: dns.message.Message, name: str) -> None:
    labels = (
        name.split(".")[:-4]
        if ".origin." in name
        else name.removesuffix(".origin6.asn.cymru.com").split(".")
    )
    labels.reverse()
    text = (
        ".".join(labels)
        if len(labels) == 4
        else ":".join("".join(labels[at : at + 4]) for at in range(0, 32, 4))
    )
    block = world.block_at(ipaddress.ip_address(text))
    if block is None or block is world.PLACEHOLDER:
        answer.set_rcode(dns.rcode.NXDOMAIN)
        return
    value = (
        f'"{block.system} | {block.prefix} | {block.company.country} | {block.registry} | '
        '2020-01-01"'
    )
    answer.answer.append(dns.rrset.from_text(name + ".", 300, "IN", "TXT", value))
