"""Readers on answers that were mutated: never an exception but their own, never a mailbox that is
not there.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.decide import decide
from attribution.demo import world
from attribution.demo.world import BLOCKS, network_answer, whois_text
from attribution.evidence import Evidence
from attribution.registry.contact_card import read_card
from attribution.registry.domain_answer import read_domain, read_domain_text
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.readers import (
    read_autnum,
    read_entity,
    read_networks,
    read_referral,
    read_refusal,
    referred_registry,
)
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import placeholder_of
from attribution.registry.servers import Server, server_for_url, whois_server
from bundles import (
    DESK,
    HOLDER,
    PARENT,
    TARGET,
    above,
    at,
    customer,
    decided,
    entity,
    network,
    nobody_vouches,
    rdap,
    shown,
    text_at,
    whois,
)
from fuzz import mutate, mutate_text

RDAP = [
    server_for_url(f"https://{host}/")
    for host in (
        "rdap.arin.net",
        "rdap.db.ripe.net",
        "rdap.apnic.net",
        "rdap.lacnic.net",
        "rdap.afrinic.net",
        "rdap.registro.br",
        "rdap.mx",
        "krnic.rdap.apnic.net",
    )
]
TEXT = [
    whois_server(host)
    for host in (
        "whois.ripe.net",
        "whois.arin.net",
        "whois.apnic.net",
        "whois.lacnic.net",
        "whois.afrinic.net",
        "whois.twnic.net",
        "whois.registro.br",
    )
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
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
        record = rdap(document, at(address), rng.choice(RDAP).host)
        answer = decided(record, target=address)
        named = {party.abuse_contact.email for party in answer.parties if party.abuse_contact.email}
        written = mailboxes_in(json.dumps(document).replace("\\u0000", " "))
        assert {one.lower() for one in named} <= written
        assert not any(placeholder_of(one) for one in named)


@given(JSON, st.sampled_from(RDAP))
def test_any_json_is_read_or_unreadable(value: Any, server: Server) -> None:
    body = json.dumps(value).encode()
    read_refusal(server, body, status=200)
    with contextlib.suppress(UnreadableAnswer):
        read_networks(body, server)
    with contextlib.suppress(UnreadableAnswer):
        read_autnum(body, server, 64500)
    with contextlib.suppress(UnreadableAnswer):
        read_entity(body, server)
    with contextlib.suppress(UnreadableAnswer):
        read_domain(body)


@given(st.dictionaries(st.sampled_from(["vcardArray", "jscard", "jscard_0"]), JSON))
def test_any_card_is_read(value: dict[str, Any]) -> None:
    read_card(value)


@given(st.binary(max_size=400), st.sampled_from(TEXT))
def test_any_bytes_are_read_or_unreadable(body: bytes, server: Server) -> None:
    read_refusal(server, body)
    read_referral(body, server)
    with contextlib.suppress(UnreadableAnswer):
        read_networks(body, server)
    with contextlib.suppress(UnreadableAnswer):
        referred_registry(body, server)
    with contextlib.suppress(UnreadableAnswer):
        read_autnum(body, server, 64500)
    read_domain_text(body.decode("latin-1"), "site.example")
    with contextlib.suppress(UnreadableAnswer):
        read_networks(body, RDAP[0])


@given(st.randoms(use_true_random=False), st.sampled_from(BLOCKS))
@settings(max_examples=150)
def test_mutated_text_raises_nothing(rng: random.Random, block: world.Block) -> None:
    lines = whois_text(block, upwards=True).splitlines()
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(lines))
        line = lines[place]
        lines[place] = rng.choice(
            [line * 2, line[: len(line) // 2], "", ":", "inetnum:", rng.choice(lines)]
        )
    address = str(ipaddress.ip_network(block.prefix)[7])
    for server in TEXT:
        decided(whois("\n".join(lines), server.host, text_at(address)), target=address)


OFFENDER = entity("ORG-CU1-RIPE", ["registrant"], "Some Customer")
OFFENDERS_DESK = entity("AR9-RIPE", ["abuse"], "Abuse", "abuse@customer.example")
OFFENDERS_TEXT = """inetnum: 192.0.2.0 - 192.0.2.7
netname: CUST-7
descr: Some Customer
org: ORG-CU1-RIPE
abuse-c: AR9-RIPE
status: ASSIGNED PA
mnt-by: CUSTOMER-MNT
source: RIPE

organisation: ORG-CU1-RIPE
org-name: Some Customer
abuse-c: AR9-RIPE
source: RIPE

role: Abuse
nic-hdl: AR9-RIPE
abuse-mailbox: abuse@customer.example
source: RIPE
"""
FREE = ("handle", "name", "remarks", "country", "entities", "events", "port43")
"""Members of an answer that a customer writes; range, type and links are the registry's."""


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_what_a_customer_writes_never_make_it_an_addressee(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(150):
        leaf = customer(OFFENDER, OFFENDERS_DESK)
        free = {name: leaf[name] for name in FREE if name in leaf}
        for _ in range(rng.randrange(1, 8)):
            mutant = mutate(free, rng)
            free = mutant if isinstance(mutant, dict) else free
        changed = {name: value for name, value in leaf.items() if name not in FREE}
        document = {**free, **changed}
        answer = decided(rdap(document), above(PARENT, leaf), *nobody_vouches(OFFENDER))
        assert "customer.example" not in shown(answer), document
        for party in answer.parties:
            assert not party.addressee or party.provider.id == "ripe:ORG-PA1-RIPE", document


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_a_customers_text_alone_name_nobody(seed: int) -> None:
    """Without the network above; range and type stay as the registry checks them."""
    rng = random.Random(seed)
    head, _, rest = OFFENDERS_TEXT.partition("\n")
    for _ in range(150):
        text = rest.replace("status: ASSIGNED PA\n", "")
        for _ in range(rng.randrange(1, 8)):
            text = mutate_text(text, rng)
        text = text.replace("inetnum:", "descr:")
        answer = decided(whois(f"{head}\nstatus: ASSIGNED PA\n{text}"))
        assert not any(party.addressee for party in answer.parties), text
        assert answer.write_order == []


@given(st.text(max_size=60))
def test_mailboxes_found_are_well_formed(text: str) -> None:
    for box in read_mailboxes(text):
        local, _, domain = box.rpartition("@")
        assert local
        assert domain == domain.lower()
        assert not set(box) & set("<>:, \"'()")


def test_deciding_is_the_same_byte_for_byte() -> None:
    evidence = Evidence(
        TARGET,
        rdap({}).fetched_at,
        documentation_is_special=False,
        records=[rdap(network(HOLDER, DESK))],
    )
    again = Evidence.from_bytes(evidence.to_bytes())
    assert (
        decide(evidence).attribution.model_dump_json()
        == decide(again).attribution.model_dump_json()
    )


def test_deep_nesting_is_unreadable_not_fatal() -> None:
    deep: dict[str, Any] = entity("X", ["registrant"], "X")
    for _ in range(60):
        deep = {"entities": [deep], "roles": ["registrant"]}
    with pytest.raises(UnreadableAnswer, match="deeper"):
        read_networks(json.dumps(network(deep)).encode(), RDAP[1])
