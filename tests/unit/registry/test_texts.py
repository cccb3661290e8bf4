"""Reading port-43 text by the server's dialect: a customer's words stay a customer's."""

from __future__ import annotations

import pytest

from attribution.registry.organisations import described_name, organisation_of
from attribution.registry.readers import (
    read_autnum,
    read_entity,
    read_networks,
    read_referral,
    referred_registry,
)
from attribution.registry.registration import Entity, Network, UnreadableAnswer
from attribution.registry.servers import whois_server
from registry_samples import ARIN, LACNIC, RPSL, WHOIS, read


def emails(entities: tuple[Entity, ...]) -> list[str]:
    return [box.email for one in entities for box in one.mailboxes]


def test_rpsl_network_with_organisation_contacts_and_inherited_mailbox() -> None:
    found = read(RPSL, WHOIS["ripe"])
    organisation = organisation_of(found)
    assert organisation
    assert (organisation.handle, organisation.name) == ("ORG-EX1-RIPE", "Example Hosting B.V.")
    assert organisation.entity.org_type == "OTHER"
    assert organisation.entity.maintainers == ("EXAMPLE-MNT",)
    assert emails(organisation.entity.entities) == ["abuse@hosting.example"]
    assert found.maintainers == ("RIPE-NCC-END-MNT", "EXAMPLE-MNT")
    assert found.abuse_comment == "abuse@hosting.example"
    assert emails(found.entities[1:]) == ["noc@hosting.example"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_line_ends_and_byte_order_mark(end: str) -> None:
    text = "\ufeff" + RPSL.replace("\n", end)
    assert read(text, WHOIS["ripe"]) == read(RPSL, WHOIS["ripe"])


def test_latin_1() -> None:
    body = RPSL.replace("Example Hosting B.V.", "Größe B.V.").encode("latin-1")
    (found,) = read_networks(body, WHOIS["ripe"])
    organisation = organisation_of(found)
    assert organisation
    assert organisation.name == "Größe B.V."


def test_chain_in_one_answer_with_a_comment_for_each() -> None:
    above = RPSL.replace("192.0.2.255", "192.0.3.255").replace("abuse@hosting", "abuse@parent")
    found = read_networks((above + "\n" + RPSL).encode(), WHOIS["ripe"])
    assert [one.abuse_comment for one in found] == ["abuse@parent.example", "abuse@hosting.example"]


@pytest.mark.parametrize("separator", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\r"])
def test_no_other_character_ends_a_line(separator: str) -> None:
    """A customer could else write a comment of the registry's, or an object, into a description."""
    lie = "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'lie@customer.example'"
    text = RPSL.replace(
        "Example Hosting\n", f"Example{separator}{lie}{separator}mnt-by: RIPE-NCC-HM-MNT\n"
    )
    found = read(text, WHOIS["ripe"])
    assert found.abuse_comment == "abuse@hosting.example"
    assert found.maintainers == ("RIPE-NCC-END-MNT", "EXAMPLE-MNT")


def test_line_of_white_space_does_not_end_an_object() -> None:
    text = RPSL.replace(
        "descr:          Example Hosting\n", "descr:          Example\n \n+\n  Hosting\n"
    )
    found = read(text, WHOIS["ripe"])
    assert found.descriptions == ("Example Hosting",)
    assert found.type == "ASSIGNED PI"


def test_failed_validation_is_a_warning_for_its_network() -> None:
    line = (
        "% Abuse-mailbox validation failed. Please refer to ORG-EX1-RIPE for further information."
    )
    text = RPSL.replace("\n\ninetnum", f"\n{line}\n\ninetnum")
    assert read(text, WHOIS["ripe"]).mailbox_warning == line.removeprefix("% ")
    assert read(RPSL, WHOIS["ripe"]).mailbox_warning is None
    described = RPSL.replace("Example Hosting\n", "Abuse-mailbox validation failed\n")
    assert read(described, WHOIS["ripe"]).mailbox_warning is None


def test_source_decides_nothing() -> None:
    found = read(RPSL.replace("source:         RIPE", "source:         ARIN"), WHOIS["ripe"])
    assert (found.registry, found.handle_space) == ("ripe", "ripe")


def test_customer_with_an_inherited_contact_and_no_organisation() -> None:
    text = (
        "% Abuse contact for '192.0.2.0 - 192.0.2.7' is 'abuse@parent.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.2.7\nnetname: CUST-7\ndescr: Some Customer\ncountry: NL\n"
        "admin-c: SC1-RIPE\nstatus: ASSIGNED PA\nmnt-by: PARENT-MNT\nsource: RIPE\n\n"
        "person: Some Customer\nnic-hdl: SC1-RIPE\nsource: RIPE\n"
    )
    found = read(text, WHOIS["ripe"])
    assert organisation_of(found) is None
    assert described_name(found) == "Some Customer"
    assert found.abuse_comment == "abuse@parent.example"
    assert found.maintainers == ("PARENT-MNT",)


def test_masked_mailbox_of_a_role_is_redacted() -> None:
    text = RPSL.replace("abuse-mailbox:  abuse@", "abuse-mailbox:  ***@")
    organisation = organisation_of(read(text, WHOIS["ripe"]))
    assert organisation
    (desk,) = organisation.entity.entities
    assert (desk.mailboxes, desk.redacted) == ((), True)


def test_parent_and_geofeed() -> None:
    more = (
        "sponsoring-org: ORG-SP1-RIPE\nparent: 192.0.2.0 - 192.0.3.255\ngeofeed: "
        "https://geo.example/f\n"
    )
    found = read(
        RPSL.replace("mnt-by:         EXAMPLE-MNT\nsource", more + "source", 1), WHOIS["ripe"]
    )
    assert found.parent_handle == "192.0.2.0 - 192.0.3.255"
    assert found.parent
    assert found.geofeed == "https://geo.example/f"


def test_organisation_by_port_43() -> None:
    found = read_entity(RPSL.partition("source:         RIPE\n\n")[2].encode(), WHOIS["ripe"])
    assert (found.handle, found.name, found.org_type) == (
        "ORG-EX1-RIPE",
        "Example Hosting B.V.",
        "OTHER",
    )
    with pytest.raises(UnreadableAnswer):
        read_entity(b"% no entries found\n", WHOIS["ripe"])


def arin() -> tuple[Network, Network]:
    parent, child = read_networks(ARIN.encode(), WHOIS["arin"])
    return parent, child


def test_arin_lists_parent_and_child_with_contacts_apart() -> None:
    parent, child = arin()
    organisation = organisation_of(parent)
    assert organisation
    assert (organisation.handle, organisation.name, organisation.country) == (
        "PANE",
        "Parent Networks Inc.",
        "US",
    )
    assert emails(organisation.entity.entities) == ["abuse@parent.example"]
    assert emails(parent.entities[1:]) == ["network-abuse@parent.example"]
    assert parent.parent_handle == "NET-192-0-0-0-0"
    assert child.parent_handle == parent.handle


def test_arins_customer_is_no_organisation() -> None:
    _, child = arin()
    assert child.entities[0].handle == "C01234567"
    assert child.entities[0].name == "Some Customer"
    assert organisation_of(child) is None


def test_arins_organisation_is_the_one_that_the_network_names() -> None:
    text = ARIN.replace("Parent Networks Inc. (PANE)", "Parent (EVIL) Networks Inc. (PANE)")
    other = text.replace("OrgId:          PANE", "OrgId:          EVIL")
    for answer in (text, other):
        organisation = organisation_of(read_networks(answer.encode(), WHOIS["arin"])[0])
        assert organisation
        assert organisation.handle == "PANE"


def test_referral_is_recorded_and_counts_only_where_the_registry_wrote_it() -> None:
    body = ARIN.encode()
    assert read_referral(body, WHOIS["arin"]) == "rwhois://rwhois.parent.example:4321"
    assert referred_registry(body, WHOIS["arin"]) is None
    listed = ARIN.replace("rwhois://rwhois.parent.example:4321", "whois://whois.ripe.net")
    assert read_referral(listed.encode(), WHOIS["arin"]) == "whois://whois.ripe.net"
    assert referred_registry(listed.encode(), WHOIS["arin"]) is None
    transferred = listed.replace(
        "Direct Allocation", "Early Registrations, Transferred to RIPE NCC"
    )
    assert referred_registry(transferred.encode(), WHOIS["arin"]) == "ripe"


@pytest.mark.parametrize(
    ("server", "text", "registry"),
    [
        ("arin", "# no match\nReferralServer: whois://whois.ripe.net:43\n", "ripe"),
        ("arin", "ReferralServer:  https://rdap.db.ripe.net/\n", "ripe"),
        ("arin", "ReferralServer: whois://whois.customer.example\n", None),
        ("arin", "ReferralServer: rwhois://rwhois.customer.example:4321\n", None),
        ("arin", "ReferralServer: whois://whois.ripe.net:4321\n", None),
        ("arin", "ReferralServer: whois://whois.arin.net\n", None),
        (
            "iana",
            "refer:        whois.apnic.net\n\ninetnum: 192.0.0.0 - 192.255.255.255\n",
            "apnic",
        ),
        ("iana", "whois: WHOIS.LACNIC.NET.\n", "lacnic"),
        ("ripe", "% no match\nrefer: whois.arin.net\n", "arin"),
        ("ripe", RPSL + "\nrefer: whois.arin.net\n", None),
        ("iana", "refer: 169.254.169.254\n", None),
    ],
)
def test_referred_registry(server: str, text: str, registry: str | None) -> None:
    assert referred_registry(text.encode(), WHOIS[server]) == registry


def test_unlisted_server_refers_nobody() -> None:
    server = whois_server("whois.customer.example")
    assert referred_registry(b"refer: whois.ripe.net\n", server) is None


def test_lacnic_owner_people_and_network_above() -> None:
    text = LACNIC.format(owner="AR-EXHO-LACNIC", country="AR")
    found = read(text, WHOIS["lacnic"])
    organisation = organisation_of(found)
    assert organisation
    assert (organisation.handle, organisation.name) == ("AR-EXHO-LACNIC", "Ejemplo Hosting S.A.")
    assert [(sorted(one.roles), emails((one,))) for one in found.entities[1:]] == [
        (["abuse"], ["abuso@hosting.example"]),
        (["administrative"], ["noc@hosting.example"]),
    ]
    assert found.parent_handle == "192.0.2/23"
    assert found.parent
    assert str(found.parent[1]) == "192.0.3.255"


@pytest.mark.parametrize("owner", ["000.000.000-00", "***.000.000-**", "00000000000"])
@pytest.mark.parametrize("server", ["lacnic", "nicbr"])
def test_natural_person_is_no_organisation(owner: str, server: str) -> None:
    found = read(LACNIC.format(owner=owner, country="BR"), WHOIS[server])
    assert organisation_of(found) is None


def test_reduced_answer_is_cut_short() -> None:
    notice = "% Query rate limit exceeded. Reduced information.\n"
    found = read(notice + LACNIC.format(owner="AR-EXHO-LACNIC", country="AR"), WHOIS["lacnic"])
    assert found.cut_short
    described = LACNIC.format(owner="AR-EXHO-LACNIC", country="AR").replace(
        "Ejemplo Hosting", "rate limit exceeded"
    )
    assert not read(described, WHOIS["lacnic"]).cut_short


TWNIC = """
   Netname: HOSTING-EX
   Netblock: 192.0.2.0/24
   Organization: Example Hosting Co

   Administrator contact:
      admin@hosting.example

   Technical contact: noc@hosting.example

   Abuse contact:
      abuse@hosting.example
   Registrar: reg@registrar.example
"""


def test_twnic() -> None:
    found = read(TWNIC, WHOIS["twnic"])
    assert (found.registry, found.netname, str(found.last)) == (
        "twnic",
        "HOSTING-EX",
        "192.0.2.255",
    )
    assert {next(iter(one.roles)): emails((one,)) for one in found.entities} == {
        "registrant": [],
        "administrative": ["admin@hosting.example"],
        "technical": ["noc@hosting.example"],
        "abuse": ["abuse@hosting.example"],
    }


@pytest.mark.parametrize(
    ("server", "text"),
    [
        ("ripe", "aut-num: AS64496\nas-name: EX\norg: ORG-EX1-RIPE\nsource: RIPE\n"),
        (
            "arin",
            "ASNumber: 64496\nASName: EX\nASHandle: AS64496\n\nOrgName: Example\nOrgId: EXHO\n",
        ),
        ("lacnic", "aut-num: AS64496\nowner: Ejemplo\nownerid: AR-EXHO-LACNIC\n"),
    ],
)
def test_systems_by_port_43(server: str, text: str) -> None:
    found = read_autnum(text.encode(), WHOIS[server], 64496)
    organisation = organisation_of(found)
    assert (found.asn, found.registry) == (64496, server)
    assert organisation
    assert organisation.handle in ("ORG-EX1-RIPE", "EXHO", "AR-EXHO-LACNIC")
    with pytest.raises(UnreadableAnswer):
        read_autnum(text.encode(), WHOIS[server], 64497)
