"""Readers on answers that were mutated: never an exception but their own, never a mailbox that is not there."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import random
from typing import Any

import pytest
from attribution.registry.rdap_answer import read_autnum, read_entity, read_network
from attribution.registry.whois_text import read_referral, read_whois
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.decide import decide
from attribution.demo import world
from attribution.demo.world import BLOCKS, network_answer, whois_text
from attribution.evidence import Evidence
from attribution.registry.contact_card import read_card
from attribution.registry.domain_answer import read_domain, read_domain_text
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import placeholder_of
from bundles import DESK, HOLDER, TARGET, decided, entity, network, rdap, whois
from fuzz import mutate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def mailboxes_in(text: str) -> set[str]:
    return {box.lower() for box in read_mailboxes(text)}


@pytest.mark.parametrize("seed", range(8))
def test_mutants_of_answers_raise_nothing_and_invent_no_mailbox(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(250):
        block = rng.choice(BLOCKS)
        document = network_answer(block, "https://rdap.example/")
        for _ in range(rng.randrange(1, 6)):
            document = mutate(document, rng) if document else {}
        address = str(ipaddress.ip_network(block.prefix)[7])
        record = rdap(document, f"ip {address}", rng.choice(["rdap.arin.net", "rdap.db.ripe.net", "rdap.apnic.net"]))
        answer = decided(record, target=address)
        named = {party.abuse_contact.email for party in answer.parties if party.abuse_contact.email}
        written = mailboxes_in(json.dumps(document).replace("\\u0000", " "))
        assert {one.lower() for one in named} <= written
        assert not any(placeholder_of(one) for one in named)


@given(JSON)
def test_any_json_is_read_or_unreadable(value: Any) -> None:
    body = json.dumps(value).encode()
    for read in (read_network, read_autnum):
        try:
            read(body, "rdap.example")
        except UnreadableAnswer:
            continue
    for plain in (read_entity, read_domain):
        try:
            plain(body)
        except UnreadableAnswer:
            continue


@given(st.dictionaries(st.sampled_from(["vcardArray", "jscard", "jscard_0"]), JSON))
def test_any_card_is_read(value: dict[str, Any]) -> None:
    read_card(value)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_unreadable(body: bytes) -> None:
    read_whois(body, "whois.ripe.net")
    read_referral(body)
    read_domain_text(body.decode("latin-1"), "site.example")
    with contextlib.suppress(UnreadableAnswer):
        read_network(body, "rdap.example")


@given(st.randoms(use_true_random=False), st.sampled_from(BLOCKS))
@settings(max_examples=150)
def test_mutated_text_raises_nothing(rng: random.Random, block: world.Block) -> None:
    lines = whois_text(block).splitlines()
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(lines))
        lines[at] = rng.choice(
            [lines[at] * 2, lines[at][: len(lines[at]) // 2], "", ":", "inetnum:", rng.choice(lines)]
        )
    decided(whois("\n".join(lines)), target=TARGET)


@given(st.text(max_size=60))
def test_mailboxes_found_are_well_formed(text: str) -> None:
    for box in read_mailboxes(text):
        local, _, domain = box.rpartition("@")
        assert local
        assert domain == domain.lower()
        assert not set(box) & set("<>:, \"'()")


def test_deciding_is_the_same_byte_for_byte() -> None:
    evidence = Evidence(
        TARGET, rdap({}).fetched_at, documentation_is_special=False, records=[rdap(network(HOLDER, DESK))]
    )
    again = Evidence.from_bytes(evidence.to_bytes())
    assert decide(evidence).attribution.model_dump_json() == decide(again).attribution.model_dump_json()


def test_deep_nesting_is_unreadable_not_fatal() -> None:
    deep: dict[str, Any] = entity("X", ["registrant"], "X")
    for _ in range(60):
        deep = {"entities": [deep], "roles": ["registrant"]}
    with pytest.raises(UnreadableAnswer, match="deeper"):
        read_network(json.dumps(network(deep)).encode(), "rdap.example")
