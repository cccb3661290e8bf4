"""Reading RDAP answers: what of them the registry wrote, and what a customer did."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest

from attribution.registry.organisations import organisation_of
from attribution.registry.readers import read_autnum, read_entity, read_networks
from attribution.registry.registration import HeldNetwork, UnreadableAnswer
from registry_samples import DESK, HOLDER, RDAP, entity, mail, named, network, read

NOTICE = (
    "Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'\n"
    "Abuse-mailbox validation failed. Please refer to ORG-EX1-RIPE for further information.\n"
)


def test_registry_is_the_servers_whatever_the_answer_claims() -> None:
    link = {"rel": "self", "href": "https://rdap.arin.net/registry/ip/192.0.2.0"}
    found = read(network(HOLDER, port43="whois.arin.net", links=[link]), RDAP["ripe"])
    assert (found.registry, found.handle_space, found.server) == (
        "ripe",
        "ripe",
        "rdap.db.ripe.net",
    )


@pytest.mark.parametrize("handle", ["EXAMPLE-MNT", "HOS-GUN", "mnt-example", "VUSAM"])
@pytest.mark.parametrize("kind", ["individual", "org"])
def test_ripes_maintainers_are_set_apart(handle: str, kind: str) -> None:
    maintainer = entity(handle, ["registrant"], *named(handle, kind))
    found = read(network(maintainer, HOLDER, DESK), RDAP["ripe"])
    assert found.maintainers == (handle,)
    assert [one.handle for one in found.entities] == ["ORG-EX1-RIPE", "AR1-RIPE"]
    alone = read(network(maintainer, DESK), RDAP["ripe"])
    assert organisation_of(alone) is None


def test_maintainer_without_a_card_and_one_with_another_role() -> None:
    bare = {"handle": "HOS-GUN", "roles": ["registrant"]}
    both = entity("NOC1", ["registrant", "technical"], *named("NOC1"), mail("noc@hosting.example"))
    found = read(network(bare, both), RDAP["ripe"])
    assert found.maintainers == ("HOS-GUN", "NOC1")
    assert [(one.handle, one.roles) for one in found.entities] == [
        ("NOC1", frozenset(["technical"]))
    ]


@pytest.mark.parametrize("relation", ["up", "rdap-up", "UP"])
def test_network_above_by_link_and_by_handle(relation: str) -> None:
    link = {"rel": relation, "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}
    found = read(network(links=[link], parentHandle="192.0.2.0 - 192.0.3.255"), RDAP["ripe"])
    assert found.up == link["href"]
    assert found.parent_handle == "192.0.2.0 - 192.0.3.255"
    assert found.parent == (
        ipaddress.ip_address("192.0.2.0"),
        ipaddress.ip_address("192.0.3.255"),
    )


@pytest.mark.parametrize("handle", ["NET-192-0-2-0-1", "198.51.100.0 - 198.51.100.255", "x - y"])
def test_parent_that_does_not_enclose_the_network_is_no_range(handle: str) -> None:
    found = read(network(parentHandle=handle), RDAP["arin"])
    assert (found.parent, found.parent_handle) == (None, handle)


def test_parent_as_a_prefix() -> None:
    body = network(
        startAddress="2001:db8:7::",
        endAddress="2001:db8:7:ffff:ffff:ffff:ffff:ffff",
        parentHandle="2001:0db8::/32",
    )
    parent = read(body, RDAP["ripe"]).parent
    assert parent
    assert str(parent[0]) == "2001:db8::"


def test_sponsor_is_not_the_holder() -> None:
    sponsor = entity("ORG-SP1-RIPE", ["sponsor"], *named("Sponsor B.V."))
    found = read(network(HOLDER, sponsor), RDAP["ripe"])
    organisation = organisation_of(found)
    assert organisation
    assert organisation.handle == "ORG-EX1-RIPE"


def test_ripes_notice_of_a_failed_validation() -> None:
    found = read(network(HOLDER, DESK, remarks=[{"description": [NOTICE]}]), RDAP["ripe"])
    assert found.abuse_comment == "abuse@hosting.example"
    assert found.mailbox_warning
    assert "validation failed" in found.mailbox_warning
    assert found.descriptions == ()


@pytest.mark.parametrize(
    "remark",
    [
        {"description": NOTICE.splitlines()},  # two lines of a customer's `descr`
        {"description": [NOTICE.splitlines()[0]]},
        {"description": [NOTICE.replace("192.0.2.255", "192.0.2.7")]},  # about another block
        {"title": "description", "description": [NOTICE]},
    ],
)
def test_customer_cannot_write_ripes_notice(remark: dict[str, Any]) -> None:
    found = read(network(HOLDER, DESK, remarks=[remark]), RDAP["ripe"])
    assert (found.abuse_comment, found.mailbox_warning) == (None, None)


def test_notice_of_ripe_means_nothing_elsewhere() -> None:
    found = read(network(HOLDER, remarks=[{"description": [NOTICE]}]), RDAP["apnic"])
    assert found.abuse_comment is None


def test_arins_unvalidated_contact_is_a_warning_by_its_title_only() -> None:
    remark = {"title": "Unvalidated POC", "description": ["ARIN has received no response"]}
    desk = entity("ABUSE1-ARIN", ["abuse"], mail("abuse@hosting.example"), remarks=[remark])
    holder = entity("EXHO", ["registrant"], *named("Example Hosting Inc."), entities=[desk])
    found = read(network(holder), RDAP["arin"])
    assert found.mailbox_warning == "Unvalidated POC ARIN has received no response"
    own = entity("ABUSE2-ARIN", ["abuse"], mail("abuse@network.example"))
    assert read(network(holder, own), RDAP["arin"]).mailbox_warning is None
    words = {"title": "Registration Comments", "description": ["Unvalidated POC"]}
    claimed = entity("ABUSE1-ARIN", ["abuse"], mail("abuse@hosting.example"), remarks=[words])
    assert read(network(claimed), RDAP["arin"]).mailbox_warning is None


@pytest.mark.parametrize(
    ("remark", "warned"),
    [
        ("abuse@hosting.example is invalid", True),
        ("abuse@hosting.example has been marked as invalid", True),
        ("abuse@hosting.example was validated on 2026-01-01", False),
        ("other@hosting.example is invalid", False),
        ("invalid requests are ignored", False),
    ],
)
def test_apnics_invalid_mailbox(remark: str, warned: bool) -> None:
    remarks = [{"title": "remarks", "description": [remark]}]
    irt = entity("IRT-EX-SG", ["abuse"], mail("abuse@hosting.example"), remarks=remarks)
    assert (read(network(irt), RDAP["apnic"]).mailbox_warning is not None) == warned


def test_arins_own_contact_and_the_organisations_are_kept_apart() -> None:
    nested = entity("ABUSE1-ARIN", ["abuse"], mail("abuse@organisation.example"))
    holder = entity("EXHO", ["registrant"], *named("Example Hosting Inc."), entities=[nested])
    own = entity("ABUSE2-ARIN", ["abuse"], mail("abuse@network.example"))
    found = read(network(holder, own), RDAP["arin"])
    assert [one.handle for one in found.entities] == ["EXHO", "ABUSE2-ARIN"]
    assert [one.handle for one in found.entities[0].entities] == ["ABUSE1-ARIN"]


@pytest.mark.parametrize("text", ["***@hosting.example", "a***e@hosting.example"])
def test_masked_mailbox_is_redacted(text: str) -> None:
    desk = read(network(entity("AR1-RIPE", ["abuse"], mail(text))), RDAP["ripe"]).entities[0]
    assert (desk.mailboxes, desk.redacted) == ((), True)


@pytest.mark.parametrize(
    "text", ["“abuse@hosting.example”", "mailto:abuse@hosting.example?subject=abuse"]
)
def test_quoted_and_mailto_mailboxes_are_read(text: str) -> None:
    desk = read(network(entity("AR1-RIPE", ["abuse"], mail(text))), RDAP["ripe"]).entities[0]
    assert [box.email for box in desk.mailboxes] == ["abuse@hosting.example"]
    assert not desk.redacted


def test_unusable_mailbox_is_published_all_the_same() -> None:
    desk = entity("AR1-RIPE", ["abuse"], mail("abuse@my_host.example"))
    found = read(network(desk), RDAP["ripe"]).entities[0]
    assert (found.mailboxes, found.unusable) == ((), ("abuse@my_host.example",))


def test_mailbox_as_contact_uri() -> None:
    row = ["contact-uri", {}, "uri", "mailto:abuse@hosting.example"]
    found = read(network(entity("AR1-RIPE", ["abuse"], row)), RDAP["ripe"]).entities[0]
    assert [box.email for box in found.mailboxes] == ["abuse@hosting.example"]


def test_raw_tab_latin_1_and_byte_order_mark() -> None:
    body = network(HOLDER, DESK)
    tab = body.replace(b"Example Hosting", b"Example\tHosting")
    latin = body.replace(b"Example Hosting", "Beispiel Größe".encode("latin-1"))
    for variant, name in (
        (tab, "Example Hosting B.V."),
        (latin, "Beispiel Größe B.V."),
        (b"\xef\xbb\xbf" + body, "Example Hosting B.V."),
    ):
        organisation = organisation_of(read(variant, RDAP["ripe"]))
        assert organisation
        assert organisation.name == name


@pytest.mark.parametrize("server", ["lacnic", "nicbr"])
def test_brazilian_company_number_is_nicbrs(server: str) -> None:
    holder = entity("00.000.000/0001-00", ["registrant"], *named("Hospedagem Ltda"))
    found = read(network(holder), RDAP[server])
    organisation = organisation_of(found)
    assert organisation
    assert (found.handle_space, organisation.handle) == ("nicbr", "00000000000100")


def test_customers_inherited_contact_stays_the_networks() -> None:
    """The contact of r06: whose it is, deciding says; the maintainer is no holder."""
    customer = entity("SC1-RIPE", ["administrative"], *named("Some Customer", "individual"))
    maintainer = entity("PARENT-MNT", ["registrant"], *named("PARENT-MNT"))
    desk = entity("AR2-RIPE", ["abuse"], mail("abuse@parent.example"))
    found = read(network(customer, desk, maintainer, kind="ASSIGNED PA"), RDAP["ripe"])
    assert organisation_of(found) is None
    assert found.maintainers == ("PARENT-MNT",)


def autnum(**more: Any) -> bytes:
    return json.dumps(
        {"startAutnum": 64496, "endAutnum": 64496, "entities": [HOLDER]} | more
    ).encode()


def test_autnum_must_hold_the_number_that_was_asked_about() -> None:
    assert read_autnum(autnum(), RDAP["ripe"], 64496).asn == 64496
    assert read_autnum(autnum(endAutnum=64511), RDAP["ripe"], 64500).asn == 64500
    with pytest.raises(UnreadableAnswer, match="not about AS64497"):
        read_autnum(autnum(), RDAP["ripe"], 64497)
    with pytest.raises(UnreadableAnswer, match="startAutnum"):
        read_autnum(b"{}", RDAP["ripe"], 64497)


def test_entity_lists_its_networks_systems_and_maintainers() -> None:
    document = HOLDER | {
        "networks": [
            {
                "handle": "192.0.2.0 - 192.0.2.255",
                "startAddress": "192.0.2.0",
                "endAddress": "192.0.2.255",
                "type": "ALLOCATED PA",
            },
            {"startAddress": "nonsense"},
        ],
        "autnums": [{"startAutnum": 64496, "endAutnum": 64497}, {"startAutnum": None}],
        "entities": [
            entity("RIPE-NCC-HM-MNT", ["registrant"], *named("RIPE-NCC-HM-MNT", "individual")),
            DESK,
        ],
    }
    found = read_entity(json.dumps(document).encode(), RDAP["ripe"])
    assert found.maintainers == ("RIPE-NCC-HM-MNT",)
    assert [one.handle for one in found.entities] == ["AR1-RIPE"]
    assert found.networks == (
        HeldNetwork(
            ipaddress.ip_address("192.0.2.0"),
            ipaddress.ip_address("192.0.2.255"),
            "ALLOCATED PA",
        ),
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"nonsense", b'{"startAddress": "192.0.2.0"}'])
def test_what_is_no_network_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        read_networks(body, RDAP["ripe"])
    with pytest.raises(UnreadableAnswer):
        read_entity(body, RDAP["ripe"])


def test_half_a_surrogate_pair_can_be_written_again() -> None:
    holder = entity("ORG-EX1-RIPE", ["registrant"], *named("Example \ud800 B.V."))
    organisation = organisation_of(read(network(holder), RDAP["ripe"]))
    assert organisation
    assert organisation.name == "Example ? B.V."
