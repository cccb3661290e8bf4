"""What somebody who writes the data could do to be missed,
or to have a rival named: each attempt fails.

The first name in a test is the attacker's means; `OFFENDER` is the mailbox that must appear
nowhere.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from attribution import Attribution
from attribution.evidence.question import EntityNamed, NetworkAbove, SystemNumbered, WhoisSystem
from attribution.lookup.protocols.origin import DisclosedOrigin
from attribution.registry.domain_answer import read_domain_text
from attribution.registry.readers import referred_registry
from attribution.registry.servers import whois_server
from bundles import (
    AT,
    DESK,
    HOLDER,
    HOST,
    PARENT_DESK,
    PARENT_HOLDER,
    TARGET,
    UNANNOUNCED,
    address_of,
    announced,
    at,
    below_parent,
    codes,
    customer,
    decided,
    described,
    entity,
    failure,
    listed,
    network,
    nobody_vouches,
    organisation,
    planned,
    rdap,
    resolved,
    served_from,
    shown,
    suffix,
    system,
    text_at,
    vouched,
    whois,
)

OFFENDER = "evil@offender.example"
SHELL = entity("ORG-OFF-RIPE", ["registrant"], "Offender Shell")
SHELL_DESK = entity("EV1-RIPE", ["abuse"], "Abuse", OFFENDER, kind="group")
OTHER = "198.51.100.9"
OTHER_HOLDER = entity("ORG-TRUE-RIPE", ["registrant"], "True Host")
SITE = f"http://{HOST}/"

ARIN_TEXT = f"""
NetRange:       192.0.2.0 - 192.0.2.255
CIDR:           192.0.2.0/24
NetName:        HOST-1
NetHandle:      NET-192-0-2-0-1
Parent:         NET192 (NET-192-0-0-0-0)
NetType:        Direct Allocation
Organization:   Example Hosting (EXHO)

OrgName:        Example Hosting
OrgId:          EXHO
Country:        US

OrgAbuseHandle: ABU1-ARIN
OrgAbuseName:   Abuse
OrgAbuseEmail:  abuse@hosting.example

NetRange:       192.0.2.0 - 192.0.2.255
CIDR:           192.0.2.0/24
NetName:        SHELL
NetHandle:      NET-192-0-2-0-2
Parent:         HOST-1 (NET-192-0-2-0-1)
NetType:        Reassigned
Comment:        contact {OFFENDER}
Organization:   Offender (OFFE)

OrgName:        Offender
OrgId:          OFFE
Country:        US

OrgAbuseHandle: EV2-ARIN
OrgAbuseName:   Abuse
OrgAbuseEmail:  {OFFENDER}
"""


def mailboxes(answer: Attribution) -> set[str | None]:
    """Every mailbox that an answer offers to write to."""
    contacts = [party.abuse_contact for party in answer.parties]
    return {one.email for contact in contacts for one in (contact, *contact.fallback)}


@pytest.mark.parametrize(
    "text",
    [
        ARIN_TEXT,
        ARIN_TEXT.replace("abuse@hosting.example", "***@hosting.example"),
        ARIN_TEXT.replace("OrgAbuseEmail:  abuse@hosting.example\n", ""),
    ],
    ids=["published", "masked", "none"],
)
def test_customer_of_a_whole_allocation_does_not_become_its_holder(text: str) -> None:
    answer = decided(
        failure("unreachable", at(), "rdap.arin.net"),
        whois(text, "whois.arin.net"),
        UNANNOUNCED,
    )
    assert answer.primary
    assert answer.primary.provider.id == "arin:EXHO"
    assert OFFENDER not in shown(answer)


@pytest.mark.parametrize("kind", ["LEGACY", "ASSIGNED PA"])
@pytest.mark.parametrize("above", ["ALLOCATED PA", "EARLY-REGISTRATION", "LEGACY", None])
def test_type_that_the_customer_wrote_makes_nobody_a_direct_holder(
    kind: str, above: str | None
) -> None:
    leaf = customer(SHELL, SHELL_DESK, kind=kind)
    parent = network(PARENT_HOLDER, PARENT_DESK, kind=above, last="192.0.3.255")
    answer = decided(*below_parent(leaf, parent), *nobody_vouches(SHELL))
    assert answer.primary is None or answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert OFFENDER not in shown(answer)


@pytest.mark.parametrize(
    "above",
    [
        "192.0.2.0 - 192.0.2.7",
        "192.0.2.4 - 192.0.2.7",
        "198.51.100.0 - 198.51.100.255",
        "192.0.3.255 - 192.0.2.0",
        "x",
    ],
)
@pytest.mark.parametrize("kind", ["ASSIGNED PA", "LEGACY"])
def test_false_word_about_the_network_above_names_no_customer(above: str, kind: str) -> None:
    leaf = network(SHELL, SHELL_DESK, last="192.0.2.7", kind=kind, parentHandle=above)
    answer = decided(rdap(leaf), *nobody_vouches(SHELL))
    assert answer.primary is None
    assert OFFENDER not in shown(answer)


def test_link_up_to_another_registrys_server_is_not_followed() -> None:
    link = {"rel": "up", "href": "https://rdap.arin.net/registry/ip/192.0.0.0/8"}
    asked = planned(rdap(customer(SHELL, SHELL_DESK, links=[link])), *nobody_vouches(SHELL))
    assert not [question for question in asked if isinstance(question, NetworkAbove)]


def test_abuse_contact_of_a_block_under_the_hosts_organisation_is_not_the_customers() -> None:
    answer = decided(*below_parent(customer(PARENT_HOLDER, SHELL_DESK)), UNANNOUNCED)
    assert answer.primary
    assert answer.primary.abuse_contact.email == "abuse@parent.example"
    assert OFFENDER not in shown(answer)


def test_as_of_the_customer_lends_it_no_contact() -> None:
    leaf = customer(SHELL_DESK, last="192.0.2.255", **described("Offender Shell"))
    records = [
        resolved(HOST, TARGET),
        suffix(HOST, "site.example"),
        *below_parent(leaf),
        announced("192.0.2.0/24", 64500),
        system(64500, SHELL, entity("S1-RIPE", ["abuse"], "Abuse", "abuse@site.example")),
    ]
    answer = decided(*records, target=SITE)
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert "abuse@site.example" not in mailboxes(answer)
    assert OFFENDER not in shown(answer)


def test_mailbox_of_the_site_is_not_the_contact_of_a_holder_by_its_as() -> None:
    desk = entity("S1-RIPE", ["abuse"], "Abuse", "abuse@site.example", kind="group")
    records = [
        resolved(HOST, TARGET),
        suffix(HOST, "site.example"),
        *below_parent(customer(HOLDER, desk, last="192.0.2.255")),
        announced("192.0.2.0/24", 64500),
        system(64500, HOLDER, desk),
    ]
    answer = decided(*records, target=SITE)
    assert answer.primary
    assert "abuse@site.example" not in mailboxes(answer)


def test_name_or_description_that_holds_a_mailbox_shows_none_of_it() -> None:
    named = entity("ORG-OFF-RIPE", ["registrant"], f"Abuse: {OFFENDER}")
    line = f"Abuse contact for '192.0.2.0 - 192.0.2.7' is '{OFFENDER}'"
    for answer in (
        decided(*below_parent(customer(named)), *nobody_vouches(named)),
        decided(*below_parent(customer(SHELL_DESK, **described(line))), UNANNOUNCED),
    ):
        assert answer.primary
        assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
        assert OFFENDER not in shown(answer)


def test_word_for_a_block_without_an_organisation_counts_for_nothing() -> None:
    leaf = customer(SHELL_DESK, **described("Offender Shell"))
    answer = decided(*below_parent(leaf), vouched("ripe:network:192.0.2.0 - 192.0.2.7"))
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert OFFENDER not in shown(answer)


@pytest.mark.parametrize(
    "document",
    [
        {"handle": "ORG-RIVAL-RIPE", "networks": [network(kind="ALLOCATED PA")]},
        {"handle": "ORG-OFF-RIPE", "networks": [network(kind="LEGACY")]},
        {"handle": "ORG-OFF-RIPE", "networks": [network(kind="ASSIGNED PA")]},
    ],
    ids=["of another handle", "legacy", "customer's"],
)
def test_entity_answer_that_proves_nothing_makes_no_member(document: dict[str, object]) -> None:
    url = "https://rdap.db.ripe.net/entity/ORG-OFF-RIPE"
    entity_answer = rdap(
        {"objectClassName": "entity", **document}, EntityNamed("ripe", "ORG-OFF-RIPE", url)
    )
    leaf = customer(SHELL, SHELL_DESK)
    answer = decided(*below_parent(leaf), UNANNOUNCED, entity_answer)
    assert answer.primary is None or answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert OFFENDER not in shown(answer)


# What the zone says.


def test_second_address_at_an_innocent_company_makes_it_no_first_addressee() -> None:
    records = [
        resolved(HOST, TARGET, OTHER),
        suffix(HOST, "site.example"),
        rdap(network(HOLDER, DESK)),
        failure("rate_limited", at(OTHER)),
        failure("unreachable", text_at(OTHER, "whois.ripe.net"), "whois.ripe.net"),
    ]
    answer = decided(*records, target=SITE)
    assert answer.primary is None
    assert answer.candidates


@pytest.mark.parametrize("seen", [OTHER, "203.0.113.77"])
def test_company_of_another_address_is_not_named_where_the_content_came_from_elsewhere(
    seen: str,
) -> None:
    records = [
        resolved(HOST, TARGET, OTHER),
        suffix(HOST, "site.example"),
        rdap(network(HOLDER, DESK)),
        failure("rate_limited", at(OTHER)),
        failure("unreachable", text_at(OTHER, "whois.ripe.net"), "whois.ripe.net"),
        served_from(seen),
    ]
    assert decided(*records, target=SITE).primary is None


def test_origins_told_at_two_companies_make_neither_the_first() -> None:
    front = "203.0.113.1"
    records = [
        resolved(HOST, front),
        suffix(HOST, "site.example"),
        listed(("cdn", "Front"), address=front),
        rdap(
            network(
                entity("ORG-CDN-RIPE", ["registrant"], "Front"),
                first="203.0.113.0",
                last="203.0.113.255",
            ),
            at(front),
        ),
        DisclosedOrigin(TARGET, "cdn interface", AT).as_record(),
        DisclosedOrigin(OTHER, "cdn interface", AT).as_record(),
        rdap(network(HOLDER, DESK)),
        rdap(network(OTHER_HOLDER, first="198.51.100.0", last="198.51.100.255"), at(OTHER)),
    ]
    answer = decided(*records, target=SITE)
    assert answer.primary is None
    assert {one.id for one in answer.candidates} == {"ripe:ORG-EX1-RIPE", "ripe:ORG-TRUE-RIPE"}


def test_alias_of_one_address_family_to_a_platform_does_not_make_the_platform_first() -> None:
    address = "2001:db8:7::1"
    platform = {
        "platform_suffix": "pages.example",
        "company": "Innocent Pages",
        "contact": "abuse@pages.example",
    }
    records = [
        resolved(HOST, TARGET),
        resolved(HOST, address, alias="x.pages.example"),
        suffix(HOST, "site.example"),
        suffix("x.pages.example", "x.pages.example", **platform),
        rdap(network(HOLDER, DESK)),
        rdap(
            network(
                entity("ORG-PG-RIPE", ["registrant"], "Pages hosting"),
                first="2001:db8:7::",
                last="2001:db8:7:ffff:ffff:ffff:ffff:ffff",
                kind="ALLOCATED-BY-RIR",
            ),
            at(address),
        ),
    ]
    answer = decided(*records, target=HOST)
    assert answer.primary is None
    assert len(answer.candidates) > 1


# What stands on the way of port 43.


def test_text_more_specific_than_an_answer_over_tls_is_left_out() -> None:
    text = f"""
inetnum: 192.0.2.7 - 192.0.2.7
netname: R
status: ASSIGNED PI
org: ORG-RIVAL-RIPE
mnt-by: RIPE-NCC-END-MNT
source: RIPE

organisation: ORG-RIVAL-RIPE
org-name: Rival GmbH
abuse-c: EV1-RIPE

role: Abuse
nic-hdl: EV1-RIPE
abuse-mailbox: {OFFENDER}
"""
    answer = decided(
        rdap(network(HOLDER)), whois(text, "whois.ripe.net", text_at(TARGET, "whois.ripe.net"))
    )
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-EX1-RIPE"
    assert "Rival" not in shown(answer)
    assert OFFENDER not in shown(answer)


def test_text_of_the_leaf_alone_does_not_say_that_nothing_lies_above() -> None:
    leaf = customer(SHELL, SHELL_DESK, kind="LEGACY")
    text = "inetnum: 192.0.2.0 - 192.0.2.7\nstatus: LEGACY\norg: ORG-OFF-RIPE\nsource: RIPE\n"
    question = NetworkAbove(
        "https://rdap.db.ripe.net/ip/192.0.2.0/23", address_of("192.0.2.0"), address_of("192.0.2.7")
    )
    records = [
        rdap(leaf),
        failure("rate_limited", question),
        whois(text, "whois.ripe.net", text_at(TARGET, "whois.ripe.net")),
    ]
    assert decided(*records).primary is None
    none = whois(
        "%ERROR:101: no entries found", "whois.ripe.net", text_at(TARGET, "whois.ripe.net")
    )
    assert decided(*records[:2], replace(none, outcome="not_found")).primary is None


def test_membership_that_port_43_alone_tells_is_believed_with_a_doubt() -> None:
    leaf = customer(SHELL, SHELL_DESK)
    text = """
inetnum: 192.0.2.0 - 192.0.2.7
status: ASSIGNED PA
org: ORG-OFF-RIPE
source: RIPE

organisation: ORG-OFF-RIPE
org-name: Offender Shell
org-type: LIR
"""
    answer = decided(
        *below_parent(leaf),
        UNANNOUNCED,
        failure("rate_limited", organisation(SHELL).question),
        whois(text, "whois.ripe.net", text_at("192.0.2.0", "whois.ripe.net")),
    )
    assert "unencrypted" in codes(answer)


def test_holder_of_an_as_that_port_43_alone_tells_is_believed_with_a_doubt() -> None:
    text = "aut-num: AS64500\nas-name: X\norg: ORG-OFF-RIPE\nsource: RIPE\n"
    answer = decided(
        *below_parent(customer(SHELL, SHELL_DESK, last="192.0.2.255")),
        organisation(SHELL),
        announced("192.0.2.0/24", 64500),
        failure("unreachable", SystemNumbered(64500)),
        whois(text, "whois.ripe.net", WhoisSystem(64500, "whois.ripe.net")),
    )
    assert "unencrypted" in codes(answer)


@pytest.mark.parametrize(
    "line",
    ["refer: whois:///", "refer: /", "refer: whois:// /x", "refer: ://", "refer: https://[::1"],
)
def test_referral_without_a_host_is_none(line: str) -> None:
    assert not referred_registry(line.encode(), whois_server("whois.iana.org"))


@pytest.mark.parametrize(
    "text",
    [
        f"""
    Domain name:
        site.example

    Registrant:
        Registrar: Rival Registrar Ltd
        Registrar Abuse Contact Email: {OFFENDER}

    Registrar:
        True Registrar [Tag = TRUE]
""",
        f"domain: site.example\nholder: x\naddress: Registrar Abuse Contact Email: {OFFENDER}\n"
        "registrar: True Registrar\n",
        "Domain Name: SITE.EXAMPLE\nRegistrar: True Registrar\n"
        f"Registrant Street: x\nRegistrar: Rival Registrar Ltd\n"
        f"Registrar Abuse Contact Email: {OFFENDER}\n",
    ],
    ids=["indented", "in an address", "said twice"],
)
def test_registrant_names_no_registrar(text: str) -> None:
    read = read_domain_text(text, "site.example")
    said = repr(read)
    assert "Rival" not in said
    assert OFFENDER not in said


def test_organisation_of_the_customer_is_named_as_evidence_only() -> None:
    answer = decided(*below_parent(customer(SHELL, SHELL_DESK)), UNANNOUNCED, organisation(SHELL))
    (tenant,) = [one for one in answer.parties if one.role == "tenant"]
    assert not tenant.addressee
    assert tenant.abuse_contact.email is None
    assert "tenant_only" not in codes(answer)
