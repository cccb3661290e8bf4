"""The service under load, beside a bare FastAPI route that gives the same JSON in the same run:
`make bench-web`.

Prints medians over rounds that take turns, so that both have the same machine. Bars: at least 60 %
of the bare route's requests a second; the 95th percentile at most five times the median; 1,000 open
progress streams; memory flat over 100,000 requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from web_server import TARGET

HERE = Path(__file__).parent


class Server:
    """A server process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "web_server.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        start = json.loads(self.process.stdout.readline())
        self.port, self.key = int(start["port"]), str(start["key"])

    def request(self, path: str, body: Any = None, method: str = "POST") -> bytes:
        """Return a request as bytes, ready to be sent over and over."""
        raw = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            f"{self.key}\r\nContent-Type: application/json\r\nContent-Length: "
            f"{len(raw)}\r\n\r\n"
        )
        return head.encode() + raw

    def megabytes(self) -> float:
        """Return how much memory the process has, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def running(*arguments: str) -> Iterator[Server]:
    """Run a server."""
    server = Server(*arguments)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)


async def load(
    port: int, request: bytes, count: int, connections: int
) -> tuple[float, list[float]]:
    """Send `count` requests over some connections, each when the one before is answered; return
    (seconds, each one's seconds).
    """
    times: list[float] = []
    left = count

    async def client() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
            times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(connections)))
    return time.perf_counter() - began, times


async def streams(server: Server, count: int) -> dict[str, Any]:
    """Open many progress streams of one batch; return how long until each had news, and whether
    each saw the end.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(server.request("/api/v1/batches", {"targets": [TARGET] * 4000}))
    head = await reader.readuntil(b"\r\n\r\n")
    batch = json.loads(
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split()[0]))
    )["id"]
    request = server.request(f"/api/v1/batches/{batch}/events", None, "GET")
    first: list[float] = []
    ends = 0
    began = time.perf_counter()

    async def watch() -> None:
        nonlocal ends
        own, out = await asyncio.open_connection("127.0.0.1", server.port)
        out.write(request)
        seen = False
        async for line in own:
            if line.startswith(b"data: "):
                if not seen:
                    seen = True
                    first.append(time.perf_counter() - began)
                if b'"state":"done"' in line:
                    ends += 1
                    break
        out.close()

    watching = [asyncio.create_task(watch()) for _ in range(count)]
    while len(first) < count:  # noqa: ASYNC110 - it is only looked at
        await asyncio.sleep(0.05)
    opened = time.perf_counter() - began
    seconds, times = await load(
        server.port, server.request("/api/v1/attributions", {"target": TARGET}), 4000, 16
    )
    memory = server.megabytes()
    await asyncio.wait_for(asyncio.gather(*watching), 180)
    return {
        "streams": count,
        "all had news after, s": round(opened, 2),
        "requests/s meanwhile": round(4000 / seconds),
        "p95 meanwhile, ms": round(1000 * quantile(times, 0.95), 1),
        "saw the end": ends,
        "MB": round(memory),
    }


def quantile(values: list[float], share: float) -> float:
    """Return a quantile."""
    return sorted(values)[int(share * (len(values) - 1))]


def compare(rounds: int, count: int, connections: int) -> None:
    """Load ours and the bare routes in turns."""
    with running("ours") as ours, running("bare") as plain:
        requests = {
            "ours": (ours.port, ours.request("/api/v1/attributions", {"target": TARGET})),
            "bare, ready bytes": (plain.port, plain.request("/bytes", {"target": TARGET})),
            "bare, values": (plain.port, plain.request("/values", {"target": TARGET})),
            "bare, reads the request": (plain.port, plain.request("/reads", {"target": TARGET})),
        }
        rates: dict[str, list[float]] = {name: [] for name in requests}
        tails: dict[str, list[float]] = {name: [] for name in requests}
        for port, request in requests.values():
            asyncio.run(load(port, request, 2000, connections))  # warm
        for _ in range(rounds):
            for name, (port, request) in requests.items():
                seconds, times = asyncio.run(load(port, request, count, connections))
                rates[name].append(count / seconds)
                tails[name].append(quantile(times, 0.95) / quantile(times, 0.5))
    for name in requests:
        print(
            f"{name:24} {statistics.median(rates[name]):7.0f} requests/s   p95 / median "
            f"{statistics.median(tails[name]):.2f}"
        )
    for name in list(requests)[1:]:
        ratios = [ours / other for ours, other in zip(rates["ours"], rates[name], strict=True)]
        print(f"ours over {name}: {statistics.median(ratios):.2f} (bar 0.60)")


def flat(count: int, connections: int) -> None:
    """See whether memory grows with requests."""
    with running("ours") as ours:
        request = ours.request("/api/v1/attributions", {"target": TARGET})
        asyncio.run(load(ours.port, request, 10_000, connections))
        before = ours.megabytes()
        asyncio.run(load(ours.port, request, count, connections))
        after = ours.megabytes()
    print(
        f"memory: {before:.1f} MB after 10,000 requests, {after:.1f} MB after {count:,} "
        f"more: {after / before:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=10_000, help="a round")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--only", choices=("compare", "streams", "memory"))
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    if options.only in (None, "compare"):
        compare(options.rounds, options.requests, options.connections)
    if options.only in (None, "streams"):
        with running("ours", "--slow", "0.2") as server:
            print(json.dumps(asyncio.run(streams(server, options.streams))))
    if options.only in (None, "memory"):
        flat(100_000, options.connections)


if __name__ == "__main__":
    main()
