"""In which order to write, what to ask, and who takes the case in the country."""

from __future__ import annotations

import asyncio
import csv
import json
from importlib import resources

import pytest

from attribution import Attribution
from attribution.data.authorities import hotlines_and_authority
from attribution.evidence import Record
from attribution.evidence.question import HotlinesAndAuthorityOf
from attribution.lookup.budgets.clock import Clock
from attribution.lookup.tables import Tables
from attribution.settings import load_settings
from bundles import (
    AT,
    DESK,
    HOLDER,
    HOST,
    TARGET,
    announced,
    at,
    below_parent,
    codes,
    customer,
    decided,
    entity,
    listed,
    network,
    nobody_vouches,
    rdap,
    resolved,
    served_from,
    system,
)

TRANSIT = entity("ORG-TR1-RIPE", ["registrant"], "Transit Example GmbH")
TRANSIT_DESK = entity("AR3-RIPE", ["abuse"], "Abuse", "abuse@transit.example")
LEAF, ABOVE = below_parent(customer(HOLDER, DESK, kind="SUB-ALLOCATED PA", last="192.0.2.255"))
SYSTEM = system(64500, TRANSIT, TRANSIT_DESK)
ORIGIN = announced("192.0.2.0/24", 64500)
OTHER = rdap(
    network(
        entity("ORG-OT1-RIPE", ["registrant"], "Other Hosting Ltd"),
        entity("AR9-RIPE", ["abuse"], "Abuse", "abuse@other.example"),
        first="198.51.100.0",
        last="198.51.103.255",
    ),
    at("198.51.100.7"),
)
TWO = resolved(HOST, TARGET, "198.51.100.7")


def desk(country: str) -> Record:
    tables = Tables(load_settings(), Clock())
    return asyncio.run(tables.hotlines_and_authority(HotlinesAndAuthorityOf(country)))[0]


def turns(answer: Attribution) -> list[tuple[str, str, str | None, str]]:
    return [(one.to, one.role, one.contact, one.when) for one in answer.write_order]


def test_primary_then_parent_then_announcing_network_then_authority() -> None:
    """The parent is told in the same hour: being handed a block is cheap."""
    atkm = "Autoriteit online Terroristisch en Kinderpornografisch Materiaal (ATKM)"
    dutch = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
    dutch["vcardArray"][1].append(["adr", {"cc": "NL"}, "text", [""] * 7])
    leaf, above = below_parent(customer(dutch, DESK, kind="SUB-ALLOCATED PA", last="192.0.2.255"))
    assert turns(decided(leaf, above, ORIGIN, SYSTEM, desk("NL"))) == [
        ("Example Hosting B.V.", "reseller", "abuse@hosting.example", "now"),
        ("Parent Networks B.V.", "allocation_holder", "abuse@parent.example", "now"),
        ("Transit Example GmbH", "network", "abuse@transit.example", "if_silent"),
        (atkm, "authority", "https://www.atkm.nl/", "if_silent"),
    ]


def test_announcing_network_is_listed_by_its_number_until_its_holder_is_known() -> None:
    last = turns(decided(LEAF, ABOVE, ORIGIN))[-1]
    assert last == ("AS64500", "network", None, "if_silent")


def test_announcing_network_of_the_same_company_is_no_step_of_its_own() -> None:
    answer = decided(LEAF, ABOVE, ORIGIN, system(64500, HOLDER, DESK))
    assert [one.role for one in answer.write_order] == ["reseller", "allocation_holder"]


def test_companies_of_all_addresses_wait_for_who_served_it() -> None:
    """DNS alone, which the site's owner writes, never decides between companies."""
    answer = decided(TWO, LEAF, ABOVE, OTHER, target=HOST)
    assert (answer.status, answer.primary, answer.write_order) == ("partial", None, [])
    assert {one.name for one in answer.candidates} == {
        "Example Hosting B.V.",
        "Other Hosting Ltd",
    }


def test_company_whose_address_was_seen_to_serve_is_first_and_the_others_are_told_too() -> None:
    answer = decided(TWO, LEAF, ABOVE, OTHER, served_from("198.51.100.7"), target=HOST)
    assert answer.primary
    assert answer.primary.provider.name == "Other Hosting Ltd"
    assert (answer.served_from, answer.candidates) == ("198.51.100.7", [])
    assert {one.to for one in answer.write_order if one.when == "now"} >= {"Other Hosting Ltd"}
    assert answer.write_order[0].to == "Other Hosting Ltd"


def test_address_that_dns_does_not_give_decides_nothing() -> None:
    answer = decided(TWO, LEAF, ABOVE, OTHER, served_from("203.0.113.7"), target=HOST)
    assert (answer.primary, answer.served_from) == (None, None)
    assert {"several_providers", "served_from_elsewhere"} <= codes(answer)


def test_proxy_is_asked_for_the_origin_of_the_host_behind_its_address() -> None:
    front = listed(("cdn", "Veil Proxy"))
    answer = decided(resolved(HOST, TARGET), front, LEAF, ABOVE, target=HOST)
    asked = answer.write_order[0].ask
    assert answer.fronted
    assert all(part in asked for part in (HOST, TARGET, "address and company"))


def test_tenant_registrar_and_name_servers_are_in_no_turn() -> None:
    someone = entity("ORG-CU1-RIPE", ["registrant"], "Some Customer")
    answer = decided(*below_parent(customer(someone)), *nobody_vouches(someone))
    assert "tenant" in {one.role for one in answer.parties}
    assert [one.to for one in answer.write_order] == ["Parent Networks B.V."]


def test_nobody_is_in_turn_when_nobody_is_named() -> None:
    assert decided(target="10.0.0.1").write_order == []


def test_hotline_is_that_of_the_accountable_holder_and_a_block_elsewhere_is_a_doubt() -> None:
    holder = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
    holder["vcardArray"][1].append(["adr", {"cc": "DE"}, "text", [""] * 7])
    answer = decided(rdap(network(holder, DESK)), desk("NL"), desk("DE"))
    assert (answer.country.registered, answer.country.holder) == ("NL", "DE")
    assert answer.country.hotline
    assert "eco Beschwerdestelle" in answer.country.hotline
    assert "countries_differ" in codes(answer)


def test_direct_block_of_a_holder_without_an_address_is_its_own_registration() -> None:
    answer = decided(rdap(network(HOLDER, DESK)), desk("NL"))
    assert answer.country.hotline == "Offlimits (Meldpunt Kinderporno)"
    assert "countries_differ" not in codes(answer)


def test_country_without_a_hotline_says_none() -> None:
    country = decided(rdap(network(HOLDER, DESK, country="SC")), desk("SC")).country
    assert (country.registered, country.hotline, country.authority) == ("SC", None, None)


def test_answer_does_not_depend_on_the_tables_of_the_day() -> None:
    hotlines = [{"name": "Former Hotline", "url": "https://hotline.example/"}]
    body = {"hotlines": hotlines, "authority": None, "compiled": "2020-01-01"}
    kept = Record(
        "desk", HotlinesAndAuthorityOf("NL"), "tables", AT, "answered", json.dumps(body).encode()
    )
    assert decided(rdap(network(HOLDER, DESK)), kept).country.hotline == "Former Hotline"


@pytest.mark.parametrize("table", ["hotlines.csv", "authorities.csv"])
def test_tables_carry_source_licence_and_date_and_name_countries(table: str) -> None:
    text = resources.files("attribution.data").joinpath(table).read_text("utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any("Source" in line for line in head)
    assert any("CC0-1.0, 2026-11-28" in line for line in head)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert all(
        len(row["country"]) == 2 and row["country"].isupper() and row["name"] for row in rows
    )
    assert all(row["url"].startswith("https://") for row in rows)
    assert [row["country"] for row in rows] == sorted(row["country"] for row in rows)


def test_desk_of_a_country_that_the_tables_do_not_know_is_empty_and_dated() -> None:
    assert (
        hotlines_and_authority("zz").hotlines,
        hotlines_and_authority("zz").authority,
        hotlines_and_authority("zz").compiled,
    ) == (
        (),
        None,
        "2026-11-25",
    )
    assert [one.name for one in hotlines_and_authority("de").hotlines] == [
        "eco Beschwerdestelle",
        "FSM Beschwerdestelle",
        "jugendschutz.net",
    ]


@pytest.mark.parametrize(
    "remark",
    ["Geofeed https://hosting.example/geofeed.csv", "geofeed: https://hosting.example/geofeed.csv"],
)
def test_geofeed_is_recorded_and_not_fetched(remark: str) -> None:
    remarks = [{"title": "remarks", "description": ["Other text", remark]}]
    by_remark = decided(rdap(network(HOLDER, DESK, remarks=remarks)))
    by_link = decided(
        rdap(
            network(
                HOLDER,
                DESK,
                links=[{"rel": "geofeed", "href": "https://hosting.example/geofeed.csv"}],
            )
        )
    )
    for answer in (by_remark, by_link):
        assert answer.addresses[0].network
        assert answer.addresses[0].network.geofeed == "https://hosting.example/geofeed.csv"
