"""What a look costs, beside other libraries and beside the least that it could cost, on the
laboratory.

Run by `make bench`. One table, the same as bench.json beside it; medians of at least five runs with
their spread. Peers are really installed and changed in nothing but their servers' addresses; they
run in the same run on the same laboratory, with 20 ms to resolvers and 150 ms to registries.
`--only NAME` measures one figure, `--runs N` other than five times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
AT_ONCE = 128
PEERS = ("ipwhois", "whoisit", "asyncwhois", "whodap")


@dataclass
class Figure:
    """One row of the table: what was measured, in runs, and the bar that it is held against."""

    name: str
    runs: list[float]
    unit: str
    bar: str = ""
    met: bool | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.runs)

    def row(self) -> str:
        """The figure as a line of the table."""
        spread = f"{min(self.runs):.3g} to {max(self.runs):.3g}"
        verdict = "" if self.met is None else "yes" if self.met else "NO"
        return (
            f"{self.name:66} {self.median:>9.3g} {self.unit:5} {spread:>20}  {self.bar:>8} "
            f"{verdict:4} {self.note}"
        ).rstrip()


class Bench:
    """Worlds of the laboratory, and commands run inside it."""

    def __init__(self, shared: Path, folder: Path, runs: int) -> None:
        self._lab = shared / "lab" / "lab.py"
        self.folder, self.runs = folder, runs
        self._worlds: dict[int, Path] = {}
        self.last_error = ""

    def world(self, urls: int) -> Path:
        """Return the folder of a generated world with so many URLs."""
        if urls not in self._worlds:
            folder = self.folder / f"world-{urls}"
            command = [
                sys.executable,
                str(self._lab),
                "synthetic",
                "--rules",
                "2",
                "--dir",
                str(folder),
                "--seed",
                "1",
                "--urls",
                str(urls),
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self._worlds[urls] = folder
        return self._worlds[urls]

    def serve(
        self, world: Path, command: list[str], *options: str, env: dict[str, str] | None = None
    ) -> tuple[str, dict[str, int], float]:
        """Run a command inside the laboratory; return its output, the queries that servers
        answered, and its seconds.
        """
        began = time.perf_counter()
        done = subprocess.run(
            [
                sys.executable,
                str(self._lab),
                "serve",
                "--dir",
                str(world),
                *options,
                "--",
                *command,
            ],
            capture_output=True,
            text=True,
            env={**os.environ, **(env or {})},
            check=False,
        )
        self.last_error = done.stderr
        if done.returncode not in (0, 1) or not (world / "queries.json").is_file():
            raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
        return (
            done.stdout,
            json.loads((world / "queries.json").read_text("utf-8")),
            time.perf_counter() - began,
        )

    def inside(
        self, figure: str, library: str, world: Path, *rest: object
    ) -> tuple[dict[str, Any], int]:
        """Measure one figure of one library in a process of its own; return it, and how often
        registries were asked.
        """
        command = [
            sys.executable,
            str(HERE / "inside.py"),
            figure,
            library,
            str(world),
            *map(str, rest),
        ]
        output, queries, _ = self.serve(world, command)
        if not output:
            raise RuntimeError(f"{library} failed at {figure}: {self.last_error[-2000:]}")
        return json.loads(output), count_questions(queries)


def count_questions(queries: dict[str, int]) -> int:
    """Count the questions that registries answered."""
    return sum(
        count
        for name, count in queries.items()
        if name.startswith(("rdap.", "whois.")) and "bootstrap" not in name
    )


def over(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Return their time over ours, run by run."""
    return [their / our for our, their in zip(ours, theirs, strict=True)]


def under(ours: Iterable[float], theirs: Iterable[float]) -> list[float]:
    """Return our time over theirs, run by run."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def cold_one(bench: Bench) -> list[Figure]:
    """One cold URL: beside the round trips that cannot be avoided, and beside each peer where all
    have the same to do.
    """
    world = bench.world(1000)
    urls = (world / "urls.txt").read_text("utf-8").splitlines()
    long_way = next(
        url for url in urls if "REASSIGN" in _networks_around(world, url.split("/")[2])[0]["type"]
    )
    short_way = next(
        url
        for url in urls
        if _networks_around(world, url.split("/")[2])[0]["type"] == "DIRECT ASSIGNMENT"
    )
    other = next(
        url
        for url in urls
        if _networks_around(world, url.split("/")[2])[0]["port43"] == "whois.ripe.net"
    )
    first: list[float] = []
    later: list[float] = []
    peers: dict[str, list[float]] = {}
    for _ in range(bench.runs):
        first.append(bench.inside("one", "attribution", world, long_way, "")[0]["seconds"])
        later.append(bench.inside("one", "attribution", world, short_way, other)[0]["seconds"])
        for peer in PEERS:
            peers.setdefault(peer, []).append(
                bench.inside("one", peer, world, short_way, "")[0]["seconds"]
            )
    figures = []
    # Beside the name's address: the bootstrap file, then the network, then the one above it.
    for name, runs, unavoidable in (
        ("the first ever, with a network above to ask for", first, 0.150 * 3),
        ("a later one, without", later, 0.020 + 0.150),
    ):
        figures.append(Figure(f"one cold URL: {name}", runs, "s"))
        ratio = [run / unavoidable for run in runs]
        figures.append(
            Figure(
                f"  over its unavoidable round trips ({unavoidable:g} s)",
                ratio,
                "times",
                "<= 1.3",
                statistics.median(ratio) <= 1.3,
            )
        )
    for peer, runs in peers.items():
        ratio = over(later, runs)
        figures.append(
            Figure(
                f"  {peer} with the latter, over ours",
                ratio,
                "times",
                "> 1",
                statistics.median(ratio) > 1,
                details={"seconds": runs},
            )
        )
    return figures


def cold_many(bench: Bench) -> list[Figure]:
    """1,000 cold URLs: beside each peer in a loop, and with as many at once as ours."""
    world = bench.world(1000)
    ours, queries = [], []
    least: dict[str, list[float]] = {}
    questions = bench.folder / "questions.txt"
    at_once: dict[str, list[float]] = {}
    loops: dict[str, list[float]] = {}
    peer_queries: dict[str, int] = {}
    failed: dict[str, int] = {}
    questions.write_text("\n".join(_least_questions(world)) + "\n", "utf-8")
    for _ in range(bench.runs):
        result, count = bench.inside("many", "attribution", world, 1000, AT_ONCE)
        ours.append(result["seconds"])
        queries.append(count)
        for library in ("httpx", "httpx2"):
            result, _ = bench.inside("least", library, world, 1000, AT_ONCE, questions)
            least.setdefault(library, []).append(result["seconds"])
        for peer in PEERS:
            result, peer_queries[peer] = bench.inside("many", peer, world, 1000, AT_ONCE)
            at_once.setdefault(peer, []).append(result["seconds"])
            failed[peer] = result["failed"]
            # A loop keeps nothing, so its time grows with the list: fifty URLs tell what a thousand
            # cost.
            result, _ = bench.inside("many", peer, world, 50, 1)
            loops.setdefault(peer, []).append(result["seconds"] * 20)
    figures = [
        Figure(
            f"1,000 cold URLs, this project, {AT_ONCE} at once",
            ours,
            "s",
            note=f"{max(queries)} questions to registries",
        )
    ]
    figures += [
        Figure(f"  the same questions by {library} and dnspython alone, none read", runs, "s")
        for library, runs in least.items()
    ]
    for peer in PEERS:
        ratio = over(ours, loops[peer])
        figures.append(
            Figure(
                f"  {peer} in a loop (50 URLs, times 20), over ours",
                ratio,
                "times",
                ">= 20",
                statistics.median(ratio) >= 20,
            )
        )
    for peer in PEERS:
        ratio = over(ours, at_once[peer])
        note = f"{peer_queries[peer]} questions" + (
            f", {failed[peer]} URLs failed" if failed[peer] else ""
        )
        figure = Figure(
            f"  {peer}, {AT_ONCE} at once, over ours",
            ratio,
            "times",
            ">= 3",
            statistics.median(ratio) >= 3,
            note,
        )
        figure.details["seconds"] = at_once[peer]
        figures.append(figure)
    return figures


def queries_over_floor(bench: Bench) -> list[Figure]:
    """20,000 URLs through the command: questions over the least that is possible, calm and with one
    in 50 throttled.
    """
    world = bench.world(20000)
    floor = len(_least_questions(world))
    figures = []
    for name, options in (("calm", ()), ("one answer in 50 throttled", ("--throttle-every", "50"))):
        ratios, seconds = [], []
        for run in range(min(bench.runs, 2)):  # a minute or two each, and the count hardly differs
            output, cache = (
                bench.folder / f"out-{run}.jsonl",
                bench.folder / f"cache-{name[:4]}-{run}",
            )
            output.unlink(missing_ok=True)
            _, queries, took = bench.serve(
                world,
                [*_command(), "batch", str(world / "urls.txt"), "--output", str(output), "--quiet"],
                *options,
                env={"ATTRIBUTION_CACHE_FOLDER": str(cache)},
            )
            ratios.append((count_questions(queries) - queries.get("throttled", 0)) / floor)
            seconds.append(took)
            wrong = _wrong(world, output)
            if wrong:
                raise RuntimeError(f"{wrong} answers of the batch are wrong")
        figure = Figure(
            f"questions to registries over the floor, 20,000 URLs, {name}",
            ratios,
            "times",
            "<= 1.05",
            max(ratios) <= 1.05,
        )
        figure.note = f"floor {floor}; {statistics.median(seconds):.0f} s; 0 wrong"
        figures.append(figure)
    return figures


def warm(bench: Bench) -> list[Figure]:
    """What a URL costs whose host was answered before: from the map in memory, and from disk in a
    new process.
    """
    world, cache = bench.world(1000), bench.folder / "cache-warm"
    wide = bench.world(20000)
    env = {"ATTRIBUTION_CACHE_FOLDER": str(cache)}
    urls = (world / "urls.txt").read_text("utf-8").splitlines()
    lists = {count: bench.folder / f"warm-{count}.txt" for count in (10_000, 200_000, 1_000_000)}
    for count, path in lists.items():
        path.write_text(
            "".join(f"{urls[number % len(urls)]}\n" for number in range(count)), "utf-8"
        )
    script = HERE / "warm.py"
    bench.serve(
        world,
        [sys.executable, str(script), "fill", str(world / "urls.txt"), str(bench.folder)],
        env=env,
    )
    memory, per_url, tld = {}, [], []
    for _ in range(bench.runs):
        output, _, _ = bench.serve(
            world,
            [
                sys.executable,
                str(script),
                "run",
                str(lists[10_000]),
                str(lists[200_000]),
                str(bench.folder),
            ],
            env=env,
        )
        small, large = json.loads(output)
        per_url.append((large["seconds"] - small["seconds"]) / 190_000)
        tld.append(_tldextract(urls))
    output, _, _ = bench.serve(
        world,
        [
            sys.executable,
            str(script),
            "run",
            str(lists[10_000]),
            str(lists[1_000_000]),
            str(bench.folder),
        ],
        env=env,
    )
    memory = json.loads(output)
    wide_cache = {"ATTRIBUTION_CACHE_FOLDER": str(bench.folder / "cache-wide")}
    hosts = bench.folder / "hosts.txt"
    names = list(
        dict.fromkeys(
            url.split("/")[2] for url in (wide / "urls.txt").read_text("utf-8").splitlines()
        )
    )[:4_000]
    hosts.write_text("".join(f"http://{name}/\n" for name in names), "utf-8")
    few = bench.folder / "few.txt"
    few.write_text("".join(f"http://{name}/\n" for name in names[:10]), "utf-8")
    from_disk = []
    for _ in range(bench.runs):
        # Anew each time, and so many that it takes half a minute: that a name has no IPv6 address
        # is known for one minute.
        bench.serve(
            wide,
            [sys.executable, str(script), "fill", str(hosts), str(bench.folder)],
            env=wide_cache,
        )
        output, queries, _ = bench.serve(
            wide,
            [sys.executable, str(script), "run", str(few), str(hosts), str(bench.folder)],
            env=wide_cache,
        )
        small, large = json.loads(output)
        from_disk.append((large["seconds"] - small["seconds"]) / (len(names) - 10))
    figures = [
        Figure("tldextract's parse of one URL", [seconds * 1e6 for seconds in tld], "us"),
        Figure("  a warm URL in a batch, over that", under(per_url, tld), "times", "<= 10"),
        Figure(
            "  from disk in a new process, over that",
            under(from_disk, tld),
            "times",
            "<= 40",
            note=f"{len(names)} hosts, {count_questions(queries)} questions",
        ),
        Figure(
            "resident memory, 1,000,000 warm URLs over 10,000",
            [memory[1]["kilobytes"] / memory[0]["kilobytes"]],
            "times",
            "<= 1.2",
        ),
    ]
    for figure, most in zip(figures[1:], (10, 40, 1.2), strict=True):
        figure.met = figure.median <= most
    figures[
        3
    ].note = f"{memory[1]['kilobytes'] // 1024} MB; 1,000,000 in {memory[1]['seconds']:.1f} s"
    return figures


def names(bench: Bench) -> list[Figure]:
    """1,000 fresh names, both address types, with as many at once: beside the best of aiodns and
    dnspython.
    """
    world = bench.world(20000)
    seconds: dict[str, list[float]] = {}
    for _ in range(bench.runs):
        for library in ("attribution", "aiodns", "dnspython"):
            seconds.setdefault(library, []).append(
                bench.inside("names", library, world, 1000, AT_ONCE)[0]["seconds"]
            )
    best = min(("aiodns", "dnspython"), key=lambda name: statistics.median(seconds[name]))
    ratio = under(seconds["attribution"], seconds[best])
    return [
        Figure("resolving 1,000 fresh names, this project", seconds["attribution"], "s"),
        Figure(
            f"  over the best ({best})", ratio, "times", "<= 1.5", statistics.median(ratio) <= 1.5
        ),
    ]


def starts(bench: Bench) -> list[Figure]:
    """How long the command takes to start, beside a Python that does nothing."""
    world, cache = bench.world(1000), bench.folder / "cache-start"
    url = (world / "urls.txt").read_text("utf-8").splitlines()[0]
    env = {"ATTRIBUTION_CACHE_FOLDER": str(cache)}
    output, _, _ = bench.serve(
        world, [sys.executable, str(HERE / "starts.py"), str(max(bench.runs, 9)), url], env=env
    )
    result = json.loads(output)
    figures = [Figure("python -c pass", result["pass"], "s")]
    for name, most in (("--version", 3), ("--help", 6), ("check", 12)):
        ratio = under(result[name], result["pass"])
        figures.append(
            Figure(
                f"  attribution {name}{' (warm)' if name == 'check' else ''}, over that",
                ratio,
                "times",
                f"<= {most}",
                statistics.median(ratio) <= most,
            )
        )
    return figures


def deciding(bench: Bench) -> list[Figure]:
    """From the bytes of one RDAP answer to an Attribution, beside json.loads of the same bytes."""
    output = subprocess.run(
        [sys.executable, str(HERE / "deciding.py"), str(bench.world(20000)), str(bench.runs)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    result = json.loads(output)
    return [
        Figure(
            f"deciding {name}, over json.loads of it",
            ratios,
            "times",
            "<= 15",
            statistics.median(ratios) <= 15,
            f"{result['bytes'][name]} bytes on average",
        )
        for name, ratios in result["ratios"].items()
    ]


FIGURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "one": cold_one,
    "many": cold_many,
    "floor": queries_over_floor,
    "warm": warm,
    "names": names,
    "starts": starts,
    "deciding": deciding,
}


def main() -> int:
    """Measure, print the table, and write it as JSON."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    arguments.add_argument("--only", choices=[*FIGURES], action="append")
    arguments.add_argument("--runs", type=int, default=5)
    options = arguments.parse_args()
    if not options.shared.is_dir():
        sys.stderr.write(f"no laboratory in {options.shared}: name its folder with --shared\n")
        return 2
    import tempfile

    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="attribution-bench-") as folder:
        bench = Bench(options.shared, Path(folder), options.runs)
        for name in options.only or FIGURES:
            sys.stderr.write(f"measuring: {name}\n")
            figures += FIGURES[name](bench)
    machine = {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": {
            name: metadata.version(name)
            for name in ("attribution", *PEERS, "aiodns", "dnspython", "tldextract")
        },
    }
    sys.stdout.write(
        f"{machine}\n20 ms to resolvers, 150 ms to registries; medians of {options.runs} runs\n\n"
    )
    sys.stdout.write(f"{'figure':66} {'median':>9} {'':5} {'least to most':>20}  {'bar':>8} met\n")
    sys.stdout.write("\n".join(figure.row() for figure in figures) + "\n")
    rows = [{**vars(figure), "median": figure.median} for figure in figures]
    (HERE / "bench.json").write_text(
        json.dumps({"machine": machine, "figures": rows}, indent=1) + "\n", "utf-8"
    )
    return 0


def _command() -> list[str]:
    return [sys.executable, "-m", "attribution_cli.entry"]


def _tldextract(urls: list[str]) -> float:
    """Return the seconds that tldextract takes to parse one of these URLs."""
    import tldextract

    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)
    extract(urls[0])
    began = time.perf_counter()
    for _ in range(20):
        for url in urls:
            extract(url)
    return (time.perf_counter() - began) / (20 * len(urls))


def _networks_around(world: Path, host: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    from synthetic import World

    if world not in _WORLDS:
        _WORLDS[world] = World.load(world)
    networks = [answer for _, answer in _WORLDS[world].around(_WORLDS[world].hosts[host])]
    return networks[0], networks[1] if len(networks) > 1 else None


_WORLDS: dict[Path, Any] = {}


def _least_questions(world: Path) -> list[str]:
    """Return the fewest questions that answer the list, as paths below the laboratory's RDAP
    service: one for each leaf that can hold nothing more specific, or other address, and one for
    each network above that the rules need.
    """
    from attribution.registry.types import BlockKind, block_type

    questions: dict[object, str] = {}
    hosts = {url.split("/")[2] for url in (world / "urls.txt").read_text("utf-8").splitlines()}
    for host in sorted(hosts):
        leaf, above = _networks_around(world, host)
        address, registry = _WORLDS[world].hosts[host], leaf["port43"].split(".")[1]
        kind = block_type(registry, leaf["type"], 4)
        covered = (leaf["startAddress"], leaf["endAddress"]) if kind and kind.terminal else address
        questions.setdefault(covered, f"{registry}/ip/{address}")
        if above and not (kind and kind.kind is BlockKind.DIRECT):
            block = above["cidr0_cidrs"][0]
            path = f"{block.get('v4prefix') or block.get('v6prefix')}/{block['length']}"
            questions.setdefault(
                ("above", above["startAddress"], above["endAddress"]), f"{registry}/ip/{path}"
            )
    return list(questions.values())


def _wrong(world: Path, output: Path) -> int:
    """Count answers of a batch whose company or mailbox is not the right one."""
    truth = {
        row["host"]: row
        for row in map(json.loads, (world / "truth.jsonl").read_text("utf-8").splitlines())
    }
    wrong = 0
    for row in map(json.loads, output.read_text("utf-8").splitlines()):
        right, primary = truth[row["host"]], row["primary"]
        wrong += (
            not primary
            or primary["provider"]["name"] != right["provider"]
            or primary["abuse_contact"]["email"] != right["abuse"]
        )
    return wrong


if __name__ == "__main__":
    sys.exit(main())
