"""Who names the company and the mailbox that a registry's answer really publishes.

Run by `make accuracy`. Two tables, made anew each time: over captured answers of the real
registries (RDAP and
port-43 text), whose right reading was written down by hand in accuracy.csv, each with its reason;
and over generated
worlds of three seeds. Libraries: this project, ipwhois, whoisit, asyncwhois; and the rule that
hotlines' own tools use
(the holder of the AS that announces the first IPv4 address).

  found         the mailbox to use first
  other         another mailbox of the network's holder or of the network above it
  rightly none  no mailbox, and the answer publishes none
  missed        no mailbox, and the answer publishes one
  wrong         a mailbox that the answer does not give for the holder or the network above: a
  registry's placeholder,
                a technical contact, one that is only mentioned
  failed        an exception
  other company a company named that is not the one that holds the network, or not the one to write
  to
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from attribution.registry.organisations import plain_name
from readers import READERS, Named
from synthetic import World

HERE = Path(__file__).parent
COLUMNS = ["found", "rightly none", "other", "missed", "wrong", "failed", "other company"]
ORIGIN_RULE = "holder of the origin AS"
Table = dict[tuple[str, str], Counter[str]]


def main() -> int:
    """Print the tables and every difference; write the same as JSON. 1 when this project misses, is
    wrong or fails.
    """
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    arguments.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    arguments.add_argument("--urls", type=int, default=2000)
    options = arguments.parse_args()
    if not options.shared.is_dir():
        sys.stderr.write(
            f"no captures and laboratory in {options.shared}: name their folder with --shared\n"
        )
        return 2
    captured, differences = over_captures(options.shared / "captures")
    generated, more = over_worlds(options.shared / "lab" / "lab.py", options.seeds, options.urls)
    _print("captured answers", captured)
    _print(
        f"generated worlds, seeds {', '.join(map(str, options.seeds))}, {options.urls} URLs each",
        generated,
    )
    sys.stdout.write("\n" + "\n".join(differences + more) + "\n")
    rows = [
        {"over": name, "library": library, "protocol": protocol, **counts}
        for name, table in (("captures", captured), ("worlds", generated))
        for (library, protocol), counts in table.items()
    ]
    (HERE / "accuracy.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    own = [row for row in rows if row["library"] == "attribution"]
    return (
        1
        if any(
            row.get(bad)
            for row in own
            for bad in ("missed", "wrong", "failed", "other", "other company")
        )
        else 0
    )


def over_captures(folder: Path) -> tuple[Table, list[str]]:
    """Judge every library on every captured answer."""
    table: Table = {}
    differences: list[str] = []
    for row in _expected():
        answer, registry = _captured(folder, row)
        for name, (read, protocols) in READERS.items():
            if row["protocol"] not in protocols:
                continue
            verdicts, detail = _judged_capture(read, row, answer, registry)
            table.setdefault((name, row["protocol"]), Counter()).update(verdicts)
            if detail:
                differences.append(f"{name}, {row['protocol']} {row['address']}: {detail}")
    return table, differences


def over_worlds(laboratory: Path, seeds: list[int], urls: int) -> tuple[Table, list[str]]:
    """Judge every library that reads RDAP, and the origin-AS rule, on every host of generated
    worlds.
    """
    table: Table = {}
    kinds: Counter[tuple[str, str, str]] = Counter()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [
                    sys.executable,
                    str(laboratory),
                    "synthetic",
                    "--rules",
                    "2",
                    "--dir",
                    folder,
                    "--seed",
                    str(seed),
                    "--urls",
                    str(urls),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            world = World.load(Path(folder))
        for host, address in world.hosts.items():
            readings = _readings(world, address)
            for name, reading in readings.items():
                try:
                    verdicts = _judged(reading(), world.truth[host], world.parents[host])
                except Exception as error:
                    verdicts = ["failed"]
                    kinds[name, "failed", f"{type(error).__name__} {error}"[:80]] += 1
                table.setdefault((name, "rdap"), Counter()).update(verdicts)
                for verdict in verdicts:
                    if verdict in ("missed", "wrong", "other", "other company"):
                        kinds[name, verdict, _kind_of_block(world, address)] += 1
    return table, [
        f"{name}, worlds: {verdict}, {count} times: {what}"
        for (name, verdict, what), count in sorted(kinds.items())
    ]


def _readings(world: World, address: str) -> dict[str, Callable[[], Named]]:
    """Return what each library, and the origin-AS rule, is to do about an address."""
    registry, answer = next(world.around(address))
    readings: dict[str, Callable[[], Named]] = {
        "attribution": partial(world.with_attribution, address),
        ORIGIN_RULE: partial(world.by_origin_as, address),
    }
    for name, (read, protocols) in READERS.items():
        if "rdap" in protocols and name not in readings:
            readings[name] = partial(read, address, answer, registry)
    return readings


def _kind_of_block(world: World, address: str) -> str:
    registry, answer = next(world.around(address))
    return f"a block of type {answer['type']} ({registry})"


def _expected() -> list[dict[str, str]]:
    lines = (HERE / "accuracy.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def captured_answers(folder: Path) -> list[tuple[dict[str, str], Any]]:
    """Return each row of accuracy.csv with its answer."""
    return [(row, _captured(folder, row)[0]) for row in _expected()]


def _captured(folder: Path, row: dict[str, str]) -> tuple[Any, str]:
    """Return the answer (a JSON object or text) and the registry that gave it."""
    text = (folder / row["file"]).read_text("utf-8", "replace")
    if row["file"].endswith(".txt"):
        return text, row["registry"]
    answer = json.loads(text)
    for key in row["key"].split(" ") if row["key"] else []:
        answer = answer[int(key)] if isinstance(answer, list) else answer[key]
    return answer.get("response", answer), row["registry"]


def _judged_capture(
    read: Any, row: dict[str, str], answer: Any, registry: str
) -> tuple[list[str], str]:
    try:
        named = read(row["address"], answer, registry)
    except Exception as error:
        return ["failed"], f"{type(error).__name__} {error}"[:140]
    local, _, domain = (named.mailbox or "").rpartition("@")
    digest = hashlib.sha256(f"{local}@{domain.lower()}".encode()).hexdigest()
    if not named.mailbox:
        verdict = "missed" if row["mailbox_sha256"] else "rightly none"
    else:
        verdict = (
            "found"
            if digest == row["mailbox_sha256"]
            else "other"
            if digest in row["others_sha256"].split()
            else "wrong"
        )
    verdicts, detail = (
        [verdict],
        "" if verdict in ("found", "rightly none") else f"{verdict}; {row['why']}",
    )
    if row["company"] and named.company and plain_name(named.company) != plain_name(row["company"]):
        verdicts.append("other company")
        detail += f"{'; ' if detail else ''}names another company than {row['company']}"
    return verdicts, detail


def _judged(named: Named, right: Named, parent: str) -> list[str]:
    """Judge a look at a generated world, where every host has a mailbox to find."""
    if not named.mailbox:
        mailbox = "missed"
    else:
        mailbox = (
            "found"
            if named.mailbox == right.mailbox
            else "other"
            if named.mailbox == parent
            else "wrong"
        )
    return (
        [mailbox, "other company"]
        if named.company and named.company != right.company
        else [mailbox]
    )


def _print(title: str, table: Table) -> None:
    sys.stdout.write(
        f"\n{title}\n{'library':26}{'answers':9}"
        + "".join(f"{column:>14}" for column in COLUMNS)
        + "\n"
    )
    for (name, protocol), counts in table.items():
        distribution = "hosting-attribution" if name == "attribution" else name
        label = name if name == ORIGIN_RULE else f"{name} {metadata.version(distribution)}"
        sys.stdout.write(
            f"{label:26}{protocol:9}"
            + "".join(f"{counts[column]:>14}" for column in COLUMNS)
            + "\n"
        )


if __name__ == "__main__":
    sys.exit(main())
