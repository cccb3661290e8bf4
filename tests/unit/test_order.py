"""In which order to write, what to ask, and who takes the case in the country."""

from __future__ import annotations

import csv
import json
from importlib import resources

import pytest

from attribution import Attribution
from attribution.data.desks import desk_of
from attribution.evidence import Record
from attribution.lookup.clock import Clock
from attribution.lookup.tables import Tables
from attribution.settings import load_settings
from bundles import AT, DESK, HOLDER, TARGET, decided, entity, network, origin, rdap, resolved

PARENT = network(
    entity("ORG-PA1-RIPE", ["registrant"], "Parent Networks B.V."),
    entity("AR2-RIPE", ["abuse"], "Abuse", "abuse@parent.example"),
    kind="ALLOCATED PA",
    last="192.0.3.255",
)
UP = [{"rel": "up", "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}]
LEAF = rdap(network(HOLDER, DESK, kind="ASSIGNED PA", links=UP))
ABOVE = rdap(PARENT, "ip above 192.0.2.0 - 192.0.2.255: https://rdap.db.ripe.net/ip/192.0.2.0/23")
SYSTEM = rdap(
    {"objectClassName": "autnum", "handle": "AS64500", "startAutnum": 64500, "port43": "whois.ripe.net",
     "entities": [entity("ORG-TR1-RIPE", ["registrant"], "Transit Example GmbH"),
                  entity("AR3-RIPE", ["abuse"], "Abuse", "abuse@transit.example")]},
    "autnum 64500",
)  # fmt: skip
ORIGIN = origin("64500 | 192.0.2.0/24 | DE | ripencc | 2020-01-01")


def desk(country: str) -> Record:
    return Tables(load_settings(), Clock()).desk_of(country, f"desk {country}")


def turns(answer: Attribution) -> list[tuple[str, str, str | None, str]]:
    return [(one.to, one.role, one.contact, one.when) for one in answer.write_order]


def front(address: str) -> Record:
    lists = [{"kind": "cdn", "company": "Veil Proxy", "prefix": f"{address}/32", "source": "list", "published": "2026"}]
    return Record("front", f"front {address}", "published lists", AT, "answered", json.dumps({"lists": lists}).encode())


def test_primary_then_parent_then_announcing_network_then_authority() -> None:
    assert turns(decided(LEAF, ABOVE, ORIGIN, SYSTEM, desk("NL"))) == [
        ("Example Hosting B.V.", "reseller", "abuse@hosting.example", "now"),
        ("Parent Networks B.V.", "allocation_holder", "abuse@parent.example", "if_silent"),
        ("Transit Example GmbH", "network", "abuse@transit.example", "if_silent"),
        ("Autoriteit online Terroristisch en Kinderpornografisch Materiaal (ATKM)", "authority", "https://www.atkm.nl/", "if_silent"),
    ]  # fmt: skip


def test_announcing_network_is_listed_by_its_number_until_its_holder_is_known() -> None:
    assert turns(decided(LEAF, ABOVE, ORIGIN))[-1] == ("AS64500", "network", None, "if_silent")


def test_announcing_network_of_the_same_company_is_no_step_of_its_own() -> None:
    own = json.loads(SYSTEM.body) | {"entities": [HOLDER, DESK]}
    answer = decided(LEAF, ABOVE, ORIGIN, rdap(own, "autnum 64500"))
    assert [one.role for one in answer.write_order] == ["reseller", "allocation_holder"]


def test_companies_of_all_addresses_are_told_at_once() -> None:
    other = rdap(
        network(
            entity("ORG-OT1-RIPE", ["registrant"], "Other Hosting Ltd"),
            entity("AR9-RIPE", ["abuse"], "Abuse", "abuse@other.example"),
            first="198.51.100.0", last="198.51.100.255",
        ),
        "ip 198.51.100.7",
    )  # fmt: skip
    answer = decided(
        resolved("www.site.example", TARGET, "198.51.100.7"), LEAF, ABOVE, other, target="www.site.example"
    )
    assert [(one.to, one.when) for one in answer.write_order] == [
        ("Example Hosting B.V.", "now"), ("Other Hosting Ltd", "now"), ("Parent Networks B.V.", "if_silent"),
    ]  # fmt: skip


def test_proxy_is_asked_for_the_origin_of_the_host_behind_its_address() -> None:
    answer = decided(resolved("www.site.example", TARGET), front(TARGET), LEAF, ABOVE, target="www.site.example")
    asked = answer.write_order[0].ask
    assert answer.fronted
    assert all(part in asked for part in ("www.site.example", TARGET, "address and company"))


def test_tenant_registrar_and_name_servers_are_in_no_turn() -> None:
    tenant = rdap(network(entity("CUST1", ["registrant"], "Some Customer", kind="individual"), kind="ASSIGNED PA", last="192.0.2.7"))  # fmt: skip
    above = rdap(PARENT, "ip above 192.0.2.0 - 192.0.2.7: https://rdap.db.ripe.net/ip/192.0.2.0/23")
    answer = decided(tenant, above)
    assert "tenant" in {one.role for one in answer.parties}
    assert [one.to for one in answer.write_order] == ["Parent Networks B.V."]


def test_nobody_is_in_turn_when_nobody_is_named() -> None:
    assert decided(target="10.0.0.1").write_order == []


def test_hotline_is_that_of_the_block_and_a_holder_elsewhere_is_a_doubt() -> None:
    holder = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
    holder["vcardArray"][1].append(["adr", {"cc": "SC"}, "text", ["", "", "", "", "", "", ""]])
    answer = decided(rdap(network(holder, DESK)), desk("NL"), desk("SC"))
    assert (answer.country.registered, answer.country.holder) == ("NL", "SC")
    assert answer.country.hotline == "Offlimits (Meldpunt Kinderporno)"
    assert "countries_differ" in {one.code for one in answer.doubts}


def test_country_without_a_hotline_says_none() -> None:
    country = decided(rdap(network(HOLDER, DESK, country="SC")), desk("SC")).country
    assert (country.registered, country.hotline, country.authority) == ("SC", None, None)


def test_answer_does_not_depend_on_the_tables_of_the_day() -> None:
    body = {"hotlines": [{"name": "Former Hotline", "url": "https://hotline.example/"}], "authority": None, "compiled": "2020-01-01"}  # fmt: skip
    kept = Record("desk", "desk NL", "tables", AT, "answered", json.dumps(body).encode())
    assert decided(LEAF, ABOVE, kept).country.hotline == "Former Hotline"


@pytest.mark.parametrize("table", ["hotlines.csv", "authorities.csv"])
def test_tables_carry_source_licence_and_date_and_name_countries(table: str) -> None:
    text = resources.files("attribution.data").joinpath(table).read_text("utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert any("Source" in line for line in head)
    assert any("CC0-1.0, 2026-11-25" in line for line in head)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert all(len(row["country"]) == 2 and row["country"].isupper() and row["name"] for row in rows)
    assert all(row["url"].startswith("https://") for row in rows)
    assert [row["country"] for row in rows] == sorted(row["country"] for row in rows)


def test_desk_of_a_country_that_the_tables_do_not_know_is_empty_and_dated() -> None:
    assert (desk_of("zz").hotlines, desk_of("zz").authority, desk_of("zz").compiled) == ((), None, "2026-11-25")
    assert [one.name for one in desk_of("de").hotlines] == ["eco Beschwerdestelle", "FSM Beschwerdestelle", "jugendschutz.net"]  # fmt: skip


@pytest.mark.parametrize("remark", ["Geofeed https://hosting.example/geofeed.csv", "geofeed: https://hosting.example/geofeed.csv"])  # fmt: skip
def test_geofeed_is_recorded_and_not_fetched(remark: str) -> None:
    remarks = [{"title": "remarks", "description": ["Other text", remark]}]
    by_remark = decided(rdap(network(HOLDER, DESK, remarks=remarks)))
    by_link = decided(rdap(network(HOLDER, DESK, links=[{"rel": "geofeed", "href": "https://hosting.example/geofeed.csv"}])))  # fmt: skip
    for answer in (by_remark, by_link):
        assert answer.addresses[0].network
        assert answer.addresses[0].network.geofeed == "https://hosting.example/geofeed.csv"
