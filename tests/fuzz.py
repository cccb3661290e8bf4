"""Mutate registry answers, the demo world's and (where the folder is there) captured ones, and
decide on each mutant.

    python tests/fuzz.py --mutants 100000 --captures ../shared/captures

Three things must hold for every mutant: no exception leaves the pure core; no mailbox is named that
the answer does not hold; no registry's placeholder is named for a network that the registry does
not run.
"""

from __future__ import annotations

import argparse
import copy
import ipaddress
import json
import random
import sys
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attribution import Evidence
from attribution.decide import decide
from attribution.demo.world import BLOCKS, network_answer, whois_text
from attribution.evidence import Record
from attribution.evidence.question import NetworkAt, WhoisAt
from attribution.net.addresses import read_address
from attribution.registry.readers import read_networks
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import placeholder_of, registry_named, registry_with_handle
from attribution.registry.servers import whois_server

AT = datetime(2026, 1, 1, tzinfo=UTC)
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "\x00",
    "\u202e",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    "abuse@",
    "@",
]
SERVERS = [
    "rdap.arin.net",
    "rdap.db.ripe.net",
    "rdap.apnic.net",
    "rdap.lacnic.net",
    "rdap.afrinic.net",
]


def mutate(document: Any, rng: random.Random) -> Any:
    """Return a copy with one part removed, retyped, nested, duplicated or replaced by another."""
    changed = copy.deepcopy(document)
    places: list[tuple[Any, Any]] = []
    stack = [changed]
    while stack:
        node = stack.pop()
        keys: list[Any] = list(node) if isinstance(node, dict) else list(range(len(node)))
        places += [(node, key) for key in keys]
        stack += [node[key] for key in keys if isinstance(node[key], dict | list)]
    if not places:
        return {}
    node, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del node[key]
    elif kind == 1:
        node[key] = rng.choice(ODD)
    elif kind == 2:
        node[key] = [node[key]]
    elif kind == 3:
        node[key] = {"x": node[key]}
    elif kind == 4 and isinstance(node, list):
        node.insert(key, copy.deepcopy(node[key]))
    else:
        other, where = rng.choice(places)
        node[key] = copy.deepcopy(other[where])
    return changed


def mutate_text(text: str, rng: random.Random) -> str:
    """Return the text with one line removed, doubled, cut, moved or replaced."""
    lines = text.splitlines() or [""]
    at = rng.randrange(len(lines))
    kind = rng.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(at, lines[at])
    elif kind == 2:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif kind == 3:
        lines.insert(rng.randrange(len(lines)), lines.pop(at))
    else:
        lines[at] = rng.choice(
            ["", ":", "inetnum:", "NetRange:", "e-mail: x", "\x00\xff", "owner:"]
        )
    return "\n".join(lines)


def seeds(captures: Path) -> list[tuple[str, Any]]:
    """Return (address, answer) of the demo world and of the captures: JSON objects, or text."""
    found: list[tuple[str, Any]] = []
    for block in BLOCKS:
        address = str(ipaddress.ip_network(block.prefix)[7])
        found += [
            (address, network_answer(block, "https://rdap.example/")),
            (address, whois_text(block, upwards=True)),
        ]
    for path in sorted(captures.rglob("*")) if captures.is_dir() else []:
        if path.suffix == ".txt" and "referrals" in path.parts:
            text = path.read_text("utf-8", "replace")
            found += _networks_of(text)
        try:
            document = json.loads(path.read_text("utf-8")) if path.is_file() else None
        except (ValueError, OSError):
            continue
        found += _answers_in(document)
    return found


def _networks_of(text: str) -> list[tuple[str, Any]]:
    try:
        networks = read_networks(text.encode(), whois_server("whois.arin.net"))
    except UnreadableAnswer:
        return []
    return [(str(network.first), text) for network in networks]


def _answers_in(document: Any) -> list[tuple[str, Any]]:
    """Return (address, answer) of every network in a captured file, however deep: JSON objects, and
    texts beside them.
    """
    found: list[tuple[str, Any]] = []
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        key, node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("startAddress"), str):
                found.append((str(read_address(node["startAddress"])), node))
            if isinstance(node.get("response"), str) and "asn_data" in node:
                found.append((key, node["response"]))
            stack += node.items()
        elif isinstance(node, list):
            stack += [(key, one) for one in node]
    return found


def fault_of(address: str, answer: Any, server: str) -> str | None:
    """Decide on one answer; return what is wrong with the decision, or None."""
    asked = read_address(address)
    if isinstance(answer, str):
        written, body = answer, answer.encode("utf-8", "replace")
        record = Record("whois", WhoisAt(asked), server, AT, "answered", body)
    else:
        written, body = json.dumps(answer, ensure_ascii=False), json.dumps(answer).encode()
        url = f"https://{server}/ip/{address}"
        record = Record("rdap", NetworkAt(asked), server, AT, "answered", body, url=url, tls=True)
    try:
        decision = decide(Evidence(address, AT, documentation_is_special=False, records=[record]))
    except Exception:
        return traceback.format_exc(limit=-3)
    for party in decision.attribution.parties:
        box = party.abuse_contact.email
        if box and box.lower() not in written.lower():
            return f"names {box}, which the answer does not hold"
        registry = placeholder_of(box) if box else None
        if registry and not (
            registry_named(party.provider.name)
            or registry_with_handle(party.provider.id.partition(":")[2])
        ):
            return f"names the placeholder {box}"
    return None


def main() -> int:
    """Run the mutants; return 1 when one shows a fault."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--mutants", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument(
        "--captures", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "captures"
    )
    given = arguments.parse_args()
    rng = random.Random(given.seed)
    starts, faults, began = seeds(given.captures), Counter[str](), time.monotonic()
    for number in range(given.mutants):
        address, answer = rng.choice(starts)
        for _ in range(rng.randrange(1, 5)):
            answer = mutate_text(answer, rng) if isinstance(answer, str) else mutate(answer, rng)
        server = rng.choice(SERVERS)
        if isinstance(answer, str):
            server = server.replace("rdap.db.", "rdap.").replace("rdap.", "whois.")
        fault = fault_of(address, answer, server)
        if fault:
            faults[fault] += 1
        if number % 10_000 == 9_999:
            sys.stderr.write(f"{number + 1} mutants, {time.monotonic() - began:.0f} s\n")
    sys.stdout.write(f"{given.mutants} mutants of {len(starts)} answers, {faults.total()} faults\n")
    for fault, count in faults.most_common(10):
        sys.stdout.write(f"{count} times: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
