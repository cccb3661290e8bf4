"""A generated world, looked at without a network: what each library reads of the answer that the registry gives.

This project asks for more where its rules want it (the network above, the origin AS); the answers come from the
world too. The others read the one answer about the address, which is all that they ask for.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attribution import Evidence
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.decide.plan import next_questions
from attribution.evidence import Record
from attribution.questions import NetworkAbove, NetworkAt
from readers import AT, Named, named_by


@dataclass
class World:
    """Networks, hosts and what is right, as the laboratory's world.json and truth.jsonl hold them."""

    hosts: dict[str, str]
    truth: dict[str, Named]
    parents: dict[str, str]
    """The mailbox of the network above, by host: also the holder's side, though not the first to write to."""
    systems: dict[int, Named]
    """Who holds each AS."""
    _documents: dict[str, dict[tuple[int, int], dict[str, Any]]] = field(default_factory=dict)
    _origins: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> World:
        """Read a folder that the laboratory generated."""
        world = json.loads((folder / "world.json").read_text("utf-8"))
        rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
        made = cls(
            {row["host"]: world["hosts"][row["host"]]["A"][0] for row in rows},
            {row["host"]: Named(row["provider"], row["abuse"]) for row in rows},
            {},
            {},
        )
        for network in world["networks"]:
            low, high = (int(ipaddress.ip_address(network[end])) for end in ("start", "end"))
            made._documents.setdefault(network["registry"], {})[low, high] = network["rdap"]
        for prefix, asn, *_ in world["origins"]:
            block = ipaddress.ip_network(prefix)
            low, high = int(block[0]), int(block[-1])
            made._origins[low, high] = int(asn)
            document = next(held[low, high] for held in made._documents.values() if (low, high) in held)
            made.systems[int(asn)] = _holder(document)
        for host, address in made.hosts.items():
            widest = list(made.around(address))[-1][1]
            made.parents[host] = _holder(widest).mailbox or ""
        return made

    def around(self, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (registry, RDAP answer) of every network around an address, most specific first."""
        number = int(ipaddress.ip_address(address))
        found = [
            (high - low, registry, document)
            for registry, held in self._documents.items()
            for (low, high), document in held.items()
            if low <= number <= high
        ]
        yield from ((registry, document) for _, registry, document in sorted(found, key=lambda one: one[0]))

    def origin(self, address: str) -> int | None:
        """Return the AS that announces an address."""
        number = int(ipaddress.ip_address(address))
        return next((asn for (low, high), asn in self._origins.items() if low <= number <= high), None)

    def with_attribution(self, address: str) -> Named:
        """Let this project ask for what it wants of this world, and decide."""
        facts = Facts.of(Evidence(address, AT, documentation_is_special=False))
        answers = list(self.around(address))
        while questions := next_questions(facts, ask_registrar=False):
            for question in questions:
                facts.asked.add(question.text)
                if isinstance(question, NetworkAt):
                    facts.learn(_record(question.text, *answers[0]))
                elif isinstance(question, NetworkAbove):
                    above = [one for one in answers if question.url.endswith(f"/ip/{_block(one[1])}")]
                    for one in above[:1]:
                        facts.learn(_record(question.text, *one))
        return named_by(decide_from(facts).attribution)

    def by_origin_as(self, address: str) -> Named:
        """The rule that hotlines' own tools use: the holder of the origin AS is the company."""
        asn = self.origin(address)
        return self.systems.get(asn, Named(None, None)) if asn is not None else Named(None, None)


def _record(question: str, registry: str, document: dict[str, Any]) -> Record:
    url = f"https://rdap.{registry}.net/ip/{_block(document)}"
    return Record("rdap", question, f"rdap.{registry}.net", AT, "answered", json.dumps(document).encode(), url=url)


def _block(document: dict[str, Any]) -> str:
    cidr = document["cidr0_cidrs"][0]
    return f"{cidr.get('v4prefix') or cidr.get('v6prefix')}/{cidr['length']}"


def _holder(document: dict[str, Any]) -> Named:
    """Return what the generator wrote into a network: the organisation, and the only mailbox."""
    name = mailbox = None
    stack = list(document["entities"])
    while stack:
        one = stack.pop(0)
        stack += one.get("entities", [])
        card = {row[0]: row[3] for row in one.get("vcardArray", [None, []])[1]}
        mailbox = mailbox or card.get("email")
        if card.get("kind") == "org":
            name = name or card["fn"]
    return Named(name, mailbox)
