"""A generated world, looked at without a network: what each library reads of the answer that the
registry gives.

This project asks for more where its rules want it (the network above, the origin AS); the answers
come from the world too. The others read the one answer about the address, which is all that they
ask for.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.message
import dns.rrset

from attribution import Evidence
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.decide.plan import Wishes, next_questions
from attribution.evidence import Kind, Question, Record
from attribution.evidence.question import (
    EntityNamed,
    NetworkAbove,
    NetworkAt,
    OriginOf,
    SystemNumbered,
)
from attribution.registry.servers import servers_of
from readers import AT, Named, named_by


@dataclass
class World:
    """Networks, hosts and what is right, as the laboratory's world.json and truth.jsonl hold
    them.
    """

    hosts: dict[str, str]
    truth: dict[str, Named]
    parents: dict[str, str]
    """The mailbox of the network above, by host: also the holder's side, though not the first to
    write to.
    """
    systems: dict[int, Named]
    """Who holds each AS."""
    autnums: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    """(registry, RDAP answer) of each AS, in worlds that have them."""
    entities: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """RDAP answers about organisations, by registry and handle."""
    _documents: dict[str, dict[tuple[int, int], dict[str, Any]]] = field(default_factory=dict)
    _origins: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> World:
        """Read a folder that the laboratory generated."""
        world = json.loads((folder / "world.json").read_text("utf-8"))
        rows = [
            json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()
        ]
        loaded = cls(
            {row["host"]: _address(world["hosts"], row["host"]) for row in rows},
            {row["host"]: Named(row.get("provider"), row.get("abuse")) for row in rows},
            {},
            {},
        )
        for network in world["networks"]:
            low, high = (int(ipaddress.ip_address(network[end])) for end in ("start", "end"))
            loaded._documents.setdefault(network["registry"], {})[low, high] = network["rdap"]
        loaded.autnums = {
            int(asn): (row["registry"], row["rdap"])
            for asn, row in world.get("autnums", {}).items()
        }
        for key, document in world.get("entities", {}).items():
            registry, _, handle = key.partition(":")
            loaded.entities[registry, handle] = document
        for prefix, asn, *_ in world["origins"]:
            block = ipaddress.ip_network(prefix)
            low, high = int(block[0]), int(block[-1])
            loaded._origins[low, high] = int(asn)
            document = next(
                documents[low, high]
                for documents in loaded._documents.values()
                if (low, high) in documents
            )
            loaded.systems[int(asn)] = _holder(document)
        for host, address in loaded.hosts.items():
            widest = list(loaded.around(address))[-1][1]
            loaded.parents[host] = _holder(widest).mailbox or ""
        return loaded

    def around(self, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (registry, RDAP answer) of every network around an address, most specific first."""
        number = int(ipaddress.ip_address(address))
        networks = [
            (high - low, registry, document)
            for registry, documents in self._documents.items()
            for (low, high), document in documents.items()
            if low <= number <= high
        ]
        yield from (
            (registry, document)
            for _, registry, document in sorted(networks, key=lambda network: network[0])
        )

    def origin(self, address: str) -> int | None:
        """Return the AS that announces an address."""
        number = int(ipaddress.ip_address(address))
        return next(
            (asn for (low, high), asn in self._origins.items() if low <= number <= high), None
        )

    def with_attribution(self, address: str) -> Named:
        """Let this project ask for what it wants of this world, and decide."""
        facts = Facts.of(Evidence(address, AT, documentation_is_special=False))
        while questions := next_questions(facts, Wishes(registrar=False)):
            for question in questions:
                facts.asked.add(question)
                record = self._answer(question, address)
                if record:
                    facts.learn(record)
        return named_by(decide_from(facts).attribution)

    def _answer(self, question: Question, address: str) -> Record | None:
        """Return this world's answer; None where it has no such thing, as of domains and lists."""
        answers = list(self.around(address))
        if isinstance(question, NetworkAt):
            return _record(question, *answers[0])
        if isinstance(question, NetworkAbove):
            above = (
                answer for answer in answers if question.url.endswith(f"/ip/{_block(answer[1])}")
            )
            return next((_record(question, *answer) for answer in above), _absent(question, "rdap"))
        if isinstance(question, OriginOf):
            return self._announcement(question)
        if isinstance(question, SystemNumbered):
            autnum = self.autnums.get(question.asn)
            return _record(question, *autnum) if autnum else _absent(question, "rdap")
        if isinstance(question, EntityNamed):
            document = self.entities.get((question.registry, question.handle.upper()))
            return (
                _record(question, question.registry, document)
                if document
                else _absent(question, "rdap")
            )
        return None

    def _announcement(self, question: OriginOf) -> Record:
        number = int(question.address)
        around = [
            (high - low, low, asn)
            for (low, high), asn in self._origins.items()
            if low <= number <= high
        ]
        if not around:
            return _absent(question, "origin_as")
        size, low, asn = min(around)
        first = type(question.address)(low)
        prefix = f"{first}/{first.max_prefixlen - size.bit_length()}"
        name = "origin.asn.cymru.com"
        answer = dns.message.make_response(dns.message.make_query(name, "TXT"))
        answer.answer.append(
            dns.rrset.from_text(
                f"{name}.", 300, "IN", "TXT", f'"{asn} | {prefix} | NL | ripencc | 2020-01-01"'
            )
        )
        return Record(
            "origin_as", question, "laboratory", AT, "answered", answer.to_wire(), url=name
        )

    def by_origin_as(self, address: str) -> Named:
        """The rule that hotlines' own tools use: the holder of the origin AS is the company."""
        asn = self.origin(address)
        return self.systems.get(asn, Named(None, None)) if asn is not None else Named(None, None)


def _address(hosts: dict[str, dict[str, Any]], host: str) -> str:
    """Return a host's first address, by way of its aliases."""
    records = hosts[host]
    while "CNAME" in records:
        records = hosts[str(records["CNAME"])]
    return str((records.get("A") or records["AAAA"])[0])


def _record(question: Question, registry: str, document: dict[str, Any]) -> Record:
    server = next(server.host for server in servers_of(registry) if server.protocol == "rdap")
    path = "ip/" if isinstance(question, NetworkAt | NetworkAbove) else "other/"
    body = json.dumps(document).encode()
    return Record(
        "rdap", question, server, AT, "answered", body, url=f"https://{server}/{path}", tls=True
    )


def _absent(question: Question, kind: Kind) -> Record:
    return Record(kind, question, "laboratory", AT, "not_found")


def _block(document: dict[str, Any]) -> str:
    cidr = document["cidr0_cidrs"][0]
    return f"{cidr.get('v4prefix') or cidr.get('v6prefix')}/{cidr['length']}"


def _holder(document: dict[str, Any]) -> Named:
    """Return what the generator wrote into a network: the organisation, and the only mailbox."""
    name = mailbox = None
    stack = list(document["entities"])
    while stack:
        entity = stack.pop(0)
        stack += entity.get("entities", [])
        card = {row[0]: row[3] for row in entity.get("vcardArray", [None, []])[1]}
        mailbox = mailbox or card.get("email")
        if card.get("kind") == "org":
            name = name or card["fn"]
    return Named(name, mailbox)
