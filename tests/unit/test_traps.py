"""The traps of real registry data, by their numbers, each on an answer of invented companies."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from attribution import Attribution, Party
from attribution.decide import decide
from attribution.decide.facts import Facts
from attribution.evidence import Outcome, Record
from attribution.evidence.question import (
    DomainNamed,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    RegistryAddress,
    WhoisAt,
)
from attribution.registry.domain_answer import read_domain
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.readers import (
    read_networks,
    read_referral,
    read_refusal,
    referred_registry,
)
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registries
from attribution.registry.servers import server_for_url, whois_server
from attribution.registry.text import decode
from bundles import (
    AT,
    DESK,
    HOLDER,
    HOST,
    LINK_UP,
    PARENT_DESK,
    PARENT_HOLDER,
    TARGET,
    UNANNOUNCED,
    above,
    above_of,
    address_of,
    announced,
    at,
    below_parent,
    canary,
    codes,
    customer,
    decided,
    described,
    entity,
    evidence,
    failure,
    listed,
    network,
    nobody_vouches,
    organisation,
    planned,
    rdap,
    resolved,
    shown,
    suffix,
    system,
    text_at,
    whois,
)

RIPE = server_for_url("https://rdap.db.ripe.net/")
RIPE_TEXT = whois_server("whois.ripe.net")
CUSTOMER = entity("ORG-CU1-RIPE", ["registrant"], "Some Customer")
CUSTOMER_DESK = entity("AR9-RIPE", ["abuse"], "Abuse", "abuse@customer.example", kind="group")


def primary(*records: Record, target: str = TARGET) -> Party:
    answer = decided(*records, target=target)
    assert answer.primary, answer.doubts
    return answer.primary


def email(*records: Record) -> str | None:
    return primary(*records).abuse_contact.email


def is_parents(answer: Attribution) -> None:
    """Hold that the notice goes to the network above, and the customer's mailbox nowhere."""
    assert answer.primary, answer.doubts
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert answer.primary.abuse_contact.email == "abuse@parent.example"
    for party in answer.parties:
        assert party.addressee == (party.role != "tenant")
        if party.role == "tenant":
            assert party.abuse_contact.email is party.abuse_contact.form is None
            assert party.abuse_contact.fallback == []
    assert "customer.example" not in shown(answer)


# 1


def test_01_server_that_answers_is_trusted_not_a_table_of_blocks() -> None:
    """192.0.0.0/8 is ARIN's by old tables; RIPE answers for a transferred block."""
    answer = decided(rdap(network(HOLDER, DESK)))
    assert answer.addresses[0].network
    assert answer.addresses[0].network.registry == "ripe"
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-EX1-RIPE"


# 2


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ("rdap.db.ripe.net", "OTHER"),
        ("rdap.db.ripe.net", "ALLOCATED UNSPECIFIED"),
        ("rdap.arin.net", "TRANSFERRED TO APNIC"),
        ("rdap.arin.net", "ALLOCATED TO RIPE NCC"),
        ("rdap.arin.net", "VARIOUS REGISTRIES"),
        ("rdap.arin.net", "EARLY REGISTRATION"),
    ],
)
def test_02_stub_is_nobody(server: str, kind: str) -> None:
    answer = decided(rdap(network(kind=kind), server=server))
    assert (answer.status, answer.primary, answer.parties) == ("partial", None, [])
    assert "stub" in codes(answer)


def test_02_stub_by_its_registrant_is_nobody() -> None:
    holder = entity("ORG-NCC1-RIPE", ["registrant"], "RIPE NCC", "abuse@ripe.net")
    assert decided(rdap(network(holder, kind="ALLOCATED PA"))).primary is None


def test_02_words_of_a_stub_count_only_where_the_registry_alone_can_write_them() -> None:
    kept = entity("IANA1-AP", ["technical"], "IANA", kind="group")
    block = network(kept, name="APNIC-ERX-192-0-2-0", kind="ALLOCATED PORTABLE")
    assert "stub" in codes(decided(rdap(block, server="rdap.apnic.net")))


# 3


@pytest.mark.parametrize(
    "placeholder",
    [
        "abuse@ripe.net",
        "abuse@lacnic.net",
        "abusepoc@afrinic.net",
        "search-apnic-not-arin@apnic.net",
        "no-email@apnic.net",
        "hm-changed@vnnic.vn",
        "hostmaster@nic.or.kr",
        "irt@nic.or.kr",
        "removed@lacnic.net",
        "abuse@iana.org",
        "cert@cert.br",
    ],
)
def test_03_placeholder_mailbox_is_never_a_contact(placeholder: str) -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", placeholder)
    technical = entity("TR1-RIPE", ["technical"], "Technik", placeholder)
    assert placeholder not in shown(decided(rdap(network(HOLDER, desk, technical))))


def test_03_registrys_mailbox_is_true_on_its_own_network() -> None:
    name = "Asia Pacific Network Information Centre"
    holder = entity("ORG-APNIC1-AP", ["registrant"], name)
    desk = entity("IRT-APNIC-AP", ["abuse"], "IRT-APNIC-AP", "abuse@apnic.net")
    found = primary(rdap(network(holder, desk, kind="ASSIGNED PORTABLE"), server="rdap.apnic.net"))
    assert found.provider.name == name
    assert found.abuse_contact.email == "abuse@apnic.net"


# 4


@pytest.mark.parametrize(
    ("registry", "handle", "mailbox"),
    [
        ("krnic", "IRT-KRNIC-KR", "irt@nic.or.kr"),
        ("jpnic", "JNIC1-AP", "hostmaster@nic.ad.jp"),
        ("twnic", "IRT-TWNIC-AP", "hostmaster@twnic.net"),
        ("idnic", "IRT-IDNIC-ID", "abuse@idnic.net"),
        ("vnnic", "IRT-VNNIC-AP", "hm-changed@vnnic.vn"),
        ("cnnic", "IRT-CNNIC-CN", "ipas@cnnic.cn"),
        ("irinn", "IRT-IRINN-IN", "helpdesk@irinn.in"),
    ],
)
def test_04_national_registry_is_asked_not_named(registry: str, handle: str, mailbox: str) -> None:
    irt = entity(handle, ["abuse"], handle, mailbox)
    country = registries()[registry].country
    block = network(irt, kind="ALLOCATED PORTABLE", country=country)
    answer = rdap(block, server="rdap.apnic.net")
    assert mailbox not in shown(decided(answer))
    asked = planned(answer)
    assert any(
        (isinstance(one, NationalPage | NationalNetwork) and one.registry == registry)
        or (isinstance(one, WhoisAt) and one.server == registries()[registry].whois)
        for one in asked
    )


# 5


def test_05_customer_block_is_a_tenant_whatever_it_publishes() -> None:
    for desks in ((), (CUSTOMER_DESK,)):
        leaf = customer(CUSTOMER, *desks)
        answer = decided(*below_parent(leaf), *nobody_vouches(CUSTOMER))
        is_parents(answer)
        (tenant,) = [party for party in answer.parties if party.role == "tenant"]
        assert (tenant.provider.name, tenant.addressee) == ("Some Customer", False)
        assert tenant.accountable is None


def test_05_tenant_without_a_known_parent_is_nobody() -> None:
    leaf = customer(CUSTOMER, CUSTOMER_DESK)
    answer = decided(rdap(leaf), failure("unreachable", above_of(leaf)))
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert not any(party.addressee for party in answer.parties)
    assert "customer.example" not in shown(answer)


def test_05_parent_is_asked_for_by_the_up_link() -> None:
    asked = planned(rdap(customer(CUSTOMER)))
    assert [one.url for one in asked if isinstance(one, NetworkAbove)] == [LINK_UP[0]["href"]]


# 6 is about what is sent: tests/contract/test_rdap_http.py asks for `ip/192.0.2.7`, never a CIDR.


def test_06_answer_about_an_enclosing_object_only_is_taken_for_what_it_is() -> None:
    found = primary(rdap(network(HOLDER, DESK, kind="ALLOCATED PA")))
    assert (found.role, found.accountable) == ("allocation_holder", "direct_allocation")


# 7


ARIN_TEXT = """
NetRange:       192.0.2.0 - 192.0.3.255
CIDR:           192.0.2.0/23
NetName:        PARENT-NET
NetHandle:      NET-192-0-2-0-1
NetType:        Direct Allocation
Organization:   Parent Networks Inc. (PANE)
ReferralServer: rwhois://rwhois.parent.example:4321

OrgName:        Parent Networks Inc.
OrgId:          PANE
Country:        US

OrgAbuseHandle: ABUSE1-ARIN
OrgAbuseName:   Abuse
OrgAbuseEmail:  abuse@parent.example

NetRange:       192.0.2.0 - 192.0.2.63
CIDR:           192.0.2.0/26
NetName:        CHILD-NET
NetHandle:      NET-192-0-2-0-2
Parent:         PARENT-NET (NET-192-0-2-0-1)
NetType:        Reassigned
Organization:   Child Servers LLC (CHSE)
ReferralServer: whois://whois.child.example:43

OrgName:        Child Servers LLC
OrgId:          CHSE
Country:        US

OrgAbuseHandle: ABUSE2-ARIN
OrgAbuseName:   Abuse
OrgAbuseEmail:  abuse@child.example
"""


def test_07_parent_and_child_in_one_text_are_two_networks() -> None:
    answer = decided(whois(ARIN_TEXT, "whois.arin.net"), UNANNOUNCED)
    assert answer.primary
    assert answer.primary.provider.name == "Parent Networks Inc."
    assert answer.primary.abuse_contact.email == "abuse@parent.example"
    assert answer.addresses[0].network
    assert answer.addresses[0].network.range == "192.0.2.0 - 192.0.2.63"
    assert [one.provider.name for one in answer.parties if not one.addressee] == [
        "Child Servers LLC"
    ]
    assert "abuse@child.example" not in shown(answer)


def test_07_last_referral_counts() -> None:
    server = whois_server("whois.arin.net")
    assert read_referral(ARIN_TEXT.encode(), server) == "whois://whois.child.example:43"


# 8


@pytest.mark.parametrize(
    ("line", "referral", "registry"),
    [
        ("ReferralServer: whois://whois.ripe.net:43", "whois://whois.ripe.net:43", "ripe"),
        ("ReferralServer: whois://whois.ripe.net", "whois://whois.ripe.net", "ripe"),
        ("ReferralServer:  rwhois://r.two.example:4321", "rwhois://r.two.example:4321", None),
        ("refer:        whois.apnic.net", "whois.apnic.net", "apnic"),
        ("whois:        whois.four.example", "whois.four.example", None),
        ("REFER: WHOIS.RIPE.NET.", "WHOIS.RIPE.NET.", "ripe"),
    ],
)
def test_08_spellings_of_referrals_lead_to_listed_servers_only(
    line: str, referral: str, registry: str | None
) -> None:
    server, body = whois_server("whois.arin.net"), f"% text\n{line}\n".encode()
    assert read_referral(body, server) == referral
    assert referred_registry(body, server) == registry


# 9


@pytest.mark.parametrize("server", ["rwhois.customer.example", "whois.customer.example"])
def test_09_server_of_the_network_itself_only_claims(server: str) -> None:
    """Whoever holds a block names its referral server: it could name an innocent company."""
    lie = (
        "inetnum: 192.0.2.7 - 192.0.2.7\nnetname: X\norg: ORG-IN1-RIPE\nstatus: ASSIGNED PI\n"
        "source: RIPE\n\norganisation: ORG-IN1-RIPE\norg-name: Innocent Ltd\nsource: RIPE\n"
    )
    answer = decided(rdap(network(HOLDER, kind="ALLOCATED PA")), whois(lie, server))
    assert "Innocent" not in shown(answer)
    assert "claim" in codes(answer)


# 10


OF_ORGANISATION = entity(
    "EXHO",
    ["registrant"],
    "Example Hosting Inc.",
    entities=[entity("ABUSE1-ARIN", ["abuse"], "Abuse", "abuse@organisation.example")],
)


def at_arin(*entities: dict[str, Any]) -> Record:
    return rdap(network(*entities, kind="DIRECT ASSIGNMENT"), server="rdap.arin.net")


def test_10_arin_networks_own_contact_beats_the_organisations() -> None:
    own = entity("ABUSE2-ARIN", ["abuse"], "Abuse", "abuse@network.example")
    contact = primary(at_arin(OF_ORGANISATION, own)).abuse_contact
    assert (contact.email, contact.scope) == ("abuse@network.example", "network")
    assert contact.fallback[0].email == "abuse@organisation.example"


def test_10_arin_abuse_role_nested_in_the_registrant() -> None:
    contact = primary(at_arin(OF_ORGANISATION)).abuse_contact
    assert (contact.email, contact.scope) == ("abuse@organisation.example", "organisation")


def test_10_apnic_irt_is_the_abuse_role() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX-SG\ndescr: Example Pte Ltd\ncountry: SG\n"
        "mnt-irt: IRT-EX-SG\ntech-c: EX1-AP\nstatus: ASSIGNED PORTABLE\nsource: APNIC\n\n"
        "irt: IRT-EX-SG\ne-mail: irt@hosting.example\nabuse-mailbox: abuse@hosting.example\n"
        "source: APNIC\n\n"
        "role: Example NOC\nnic-hdl: EX1-AP\ne-mail: noc@hosting.example\nsource: APNIC\n"
    )
    contact = primary(whois(text, "whois.apnic.net")).abuse_contact
    assert contact.email == "abuse@hosting.example"
    assert [one.email for one in contact.fallback] == ["noc@hosting.example"]


def test_10_lacnic_technical_person_with_the_abuse_role() -> None:
    box = "abuso@hosting.example"
    person = entity("ABC", ["technical, abuse"], "Mesa de ayuda", box, kind="individual")
    owner = entity("AR-EXHO-LACNIC", ["registrant"], "Ejemplo S.A.")
    found = rdap(network(owner, person, kind="ASSIGNED"), server="rdap.lacnic.net")
    assert email(found) == box


def test_10_afrinic_without_any_abuse_role_is_not_published() -> None:
    holder = entity("ORG-EX1-AFRINIC", ["registrant"], "Example Ltd")
    contact = primary(rdap(network(holder), server="rdap.afrinic.net")).abuse_contact
    assert (contact.status, contact.email) == ("not_published", None)


# 11


def test_11_registrars_abuse_desk_is_under_the_registrar_only() -> None:
    desk = entity(None, ["abuse"], "Abuse", "abuse@wharf.example")
    registrar = entity("9999", ["registrar"], "Wharf Registrar Ltd", entities=[desk])
    offender = entity(None, ["abuse"], "A", "me@offender.example")
    registrant = entity("X", ["registrant"], "Somebody", entities=[offender])
    document = {"ldhName": "offender.example", "entities": [registrant, registrar]}
    found = read_domain(json.dumps(document).encode()).registrar
    assert found
    assert (found.name, found.email) == ("Wharf Registrar Ltd", "abuse@wharf.example")


def test_11_technical_contacts_nested_abuse_role_is_not_the_networks() -> None:
    desk = entity("AR7-RIPE", ["abuse"], "Abuse", "abuse@elsewhere.example")
    technical = entity("TR1-RIPE", ["technical"], "Upstream", entities=[desk])
    assert email(rdap(network(HOLDER, technical))) is None


# 12


def test_12_maintainer_is_never_a_company() -> None:
    maintainers = [
        entity(handle, ["registrant"], handle)
        for handle in ("EXAMPLE-MNT", "MNT-EXAMPLE", "RIPE-NCC-MNT")
    ]
    found = primary(rdap(network(*maintainers, HOLDER, DESK)))
    assert found.provider.name == "Example Hosting B.V."
    answer = decided(rdap(network(*maintainers, DESK)))
    assert answer.parties
    assert "MNT" not in str([party.provider for party in answer.parties])


# 13


@pytest.mark.parametrize(
    "roles", [["Abuse"], "abuse", ["technical, abuse"], ["ABUSE", None], ["abuse", 7]]
)
def test_13_roles_in_every_spelling(roles: Any) -> None:
    desk = entity("AR1-RIPE", roles, "Abuse", "abuse@hosting.example")
    assert email(rdap(network(HOLDER, desk))) == "abuse@hosting.example"


@pytest.mark.parametrize("roles", [None, [], {}, 7, [None]])
def test_13_missing_roles_are_no_abuse_role(roles: Any) -> None:
    desk = entity("AR1-RIPE", roles, "Abuse", "abuse@hosting.example")
    assert email(rdap(network(HOLDER, desk))) is None


# 14


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"roles": ["abuse"]},
        {"vcardArray": None},
        {"handle": None, "roles": None},
        None,
        "x",
        [1],
    ],
)
def test_14_odd_entity_does_not_drop_the_others(odd: Any) -> None:
    assert email(rdap(network(odd, HOLDER, odd, DESK, DESK))) == "abuse@hosting.example"


# 15


def desk_with(*rows: list[Any]) -> dict[str, Any]:
    card = ["vcard", [["fn", {}, "text", "Abuse"], *rows]]
    return {"handle": "AR1-RIPE", "roles": ["abuse"], "vcardArray": card}


@pytest.mark.parametrize(
    "row",
    [
        ["email", {}, "text", "abuse@hosting.example"],
        ["email", {}, "text", ["abuse@hosting.example"]],
        ["email", {}, "text", [["abuse@hosting.example"]]],
        ["email", {}, "text", "", "abuse@hosting.example"],
        ["EMAIL", {"type": ["work", "abuse"]}, "text", "Abuse Desk <abuse@HOSTING.example>"],
        ["email", None, "text", "mailto:abuse@hosting.example"],
        ["email", {}, "uri", "mailto:abuse@hosting.example"],
        ["contact-uri", {}, "uri", "mailto:abuse@hosting.example?subject=Report"],
    ],
)
def test_15_shapes_of_a_mailbox_in_a_card(row: list[Any]) -> None:
    assert email(rdap(network(HOLDER, desk_with(row)))) == "abuse@hosting.example"


def test_15_mailbox_typed_abuse_goes_before_the_preferred_before_the_first() -> None:
    first = ["email", {}, "text", "one@x.example"]
    plain = ["email", {}, "text", "two@x.example"]
    preferred = ["email", {"pref": "1"}, "text", "two@x.example"]
    typed = ["email", {"type": "abuse"}, "text", "three@x.example"]
    assert email(rdap(network(HOLDER, desk_with(first, preferred, typed)))) == "three@x.example"
    assert email(rdap(network(HOLDER, desk_with(first, preferred)))) == "two@x.example"
    assert email(rdap(network(HOLDER, desk_with(first, plain)))) == "one@x.example"


def test_15_registrar_named_on_its_abuse_entity_only_with_a_form() -> None:
    desk = desk_with(
        ["fn", {}, "text", "Wharf Registrar Ltd"],
        ["contact-uri", {}, "uri", "https://wharf.example/abuse"],
        ["tel", {}, "uri", ["tel:+31-20-0000000"]],
    )
    del desk["vcardArray"][1][0]
    registrar = {"handle": "9999", "roles": ["registrar"], "entities": [desk]}
    document = {"ldhName": "site.example", "entities": [registrar]}
    found = read_domain(json.dumps(document).encode()).registrar
    assert found
    assert (found.name, found.email) == ("Wharf Registrar Ltd", None)
    assert found.form == "https://wharf.example/abuse"


# 16


@pytest.mark.parametrize("key", ["jscard", "jscard_0"])
def test_16_jscontact_instead_of_a_jcard(key: str) -> None:
    card = {
        "@type": "Card",
        "version": "1.0",
        "kind": "group",
        "name": {"full": "Abuse desk"},
        "emails": {"e1": {"address": "abuse@hosting.example", "contexts": {"work": True}}},
    }
    desk = {"handle": "AR1", "roles": ["abuse"], key: card}
    assert email(rdap(network(HOLDER, desk))) == "abuse@hosting.example"


# 17


@pytest.mark.parametrize(
    ("name", "place", "path", "method"),
    [
        ("Abuse contact email", "prePath", "$.entities[0].vcardArray[1][3]", "removal"),
        ("Abuse Email", "postPath", "$.entities[0].vcardArray[1][3][3]", "emptyValue"),
        ("Abuse email", "postPath", "$.entities[0]", "partialValue"),
        ("Abuse email", "replacementPath", "$.entities[0].contact-uri", "replacementValue"),
    ],
)
def test_17_rfc_9537_redaction_is_not_absence(
    name: str, place: str, path: str, method: str
) -> None:
    redacted = {"name": {"description": name}, place: path, "method": method}
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "")
    contact = primary(rdap(network(HOLDER, desk, redacted=[redacted]))).abuse_contact
    assert contact.status == "redacted"


@pytest.mark.parametrize("text", ["REDACTED FOR PRIVACY", "Data withheld", "not disclosed"])
def test_17_redaction_in_words_is_not_absence(text: str) -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", text)
    assert primary(rdap(network(HOLDER, desk))).abuse_contact.status == "redacted"


def test_17_mailbox_whose_domain_sounds_like_privacy_is_a_mailbox() -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "abuse@privacy-protect.example")
    assert email(rdap(network(HOLDER, desk))) == "abuse@privacy-protect.example"


# 18


TEXT = (
    "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'\n\n"
    "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: DEMO-NET\ncountry: NL\norg: ORG-EX1-RIPE\n"
    "status: ASSIGNED PI\nsource: RIPE # Filtered\n\n"
    "organisation: ORG-EX1-RIPE\norg-name: Example Hosting B.V.\nsource: RIPE # Filtered\n"
)


def test_18_ripe_comment_on_the_abuse_contact_counts() -> None:
    assert email(whois(TEXT)) == "abuse@hosting.example"


def test_18_text_in_latin_1_is_read_whole() -> None:
    text = TEXT.replace("Example Hosting B.V.", "Müller Hosting")
    assert "Müller Hosting" in decode(text.encode("latin-1"))
    assert primary(whois(text.encode("latin-1"))).provider.name == "Müller Hosting"
    assert primary(whois(text)).provider.name == "Müller Hosting"


# 19


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("192.000.002.000", "192.000.002.255"),
        ("192.0.2.0/32", "192.0.2.255/32"),
        ("192.0.2.255", "192.0.2.0"),
        ("192.0.2.3", "192.0.2.11"),
    ],
)
def test_19_ranges_in_every_spelling(first: str, last: str) -> None:
    (found,) = read_networks(json.dumps(network(first=first, last=last)).encode(), RIPE)
    assert found.covers(ipaddress.ip_address("192.0.2.7"))


def test_19_answer_about_another_network_names_nobody() -> None:
    other = network(HOLDER, DESK, first="198.51.100.0", last="198.51.100.255")
    assert decided(rdap(other)).primary is None


# 20


def test_20_proxy_is_named_as_a_proxy() -> None:
    answer = decided(listed(("cdn", "Example Proxy")), rdap(network(HOLDER, DESK)))
    assert answer.primary
    assert (answer.primary.role, answer.fronted) == ("cdn", True)
    assert answer.primary.accountable == "listed"
    assert codes(answer) == {"fronted"}


def test_20_cloud_is_a_host_and_one_company_can_be_both_by_range() -> None:
    block = rdap(network(HOLDER, DESK))
    cloud = decided(listed(("cloud", "Example Cloud")), block)
    both = decided(listed(("cdn", "Example Front"), ("cloud", "Example Cloud")), block)
    assert cloud.primary
    assert both.primary
    assert (cloud.primary.role, cloud.fronted) == ("hosting", False)
    assert (both.primary.role, both.fronted) == ("cdn", True)
    assert cloud.primary.provider == both.primary.provider


def test_20_proxy_that_stands_in_another_companys_network_is_a_doubt() -> None:
    answer = decided(listed(("cdn", "Veil")), rdap(network(HOLDER, DESK)))
    assert codes(answer) == {"fronted", "front_in_other_network"}


# 21


TRANSIT = entity("ORG-TR1-RIPE", ["registrant"], "Transit Ltd")
TRANSIT_DESK = entity("AR5-RIPE", ["abuse"], "A", "abuse@transit.example")


def test_21_origin_as_is_evidence_not_the_host() -> None:
    answer = decided(
        rdap(network(HOLDER)),
        announced("192.0.2.0/24", 64500),
        system(64500, TRANSIT, TRANSIT_DESK),
    )
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting B.V."
    assert answer.primary.abuse_contact.email is None
    assert [party.role for party in answer.parties] == ["hosting", "network"]


def test_21_several_origins_are_a_doubt() -> None:
    answer = decided(rdap(network(HOLDER, DESK)), announced("192.0.2.0/24", 64500, 64501))
    assert "several_origins" in codes(answer)


# 22 is about what is kept: tests/unit/test_cache_scope.py.


# 23


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (429, b"", "rate_limited"),
        (429, b"<html>slow down</html>", "rate_limited"),
        (200, b"<html>Rate Limit Notice</html>", "rate_limited"),
        (200, b"%ERROR:201: access denied for 192.0.2.1", "rate_limited"),
        (403, b"Forbidden", "rate_limited"),
        (200, b"", "unreachable"),
    ],
)
def test_23_throttling_in_disguise_is_never_none(status: int, body: bytes, outcome: str) -> None:
    found = read_refusal(RIPE, body, status=status, content_type="text/html")
    assert found.outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome", "permanent"),
    [
        ("%ERROR:201: access denied for 192.0.2.1\n%\n% limit exceeded", "rate_limited", False),
        ("%ERROR:201: access permanently denied for 192.0.2.1", "rate_limited", True),
        ("% Query rate limit exceeded. Reduced information.", "rate_limited", False),
        ("", "unreachable", False),
        ("% no match", "not_found", False),
        ("%ERROR:101: no entries found", "not_found", False),
    ],
)
def test_23_refusals_on_port_43(text: str, outcome: str, permanent: bool) -> None:
    found = read_refusal(RIPE_TEXT, text.encode())
    assert (found.outcome, found.permanent) == (outcome, permanent)


@pytest.mark.parametrize("outcome", ["rate_limited", "unreachable", "malformed"])
def test_23_unanswered_question_is_asked_again_later(outcome: Outcome) -> None:
    answer = decided(failure(outcome), failure(outcome, text_at()))
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert answer.failures[0].retry_at


@pytest.mark.parametrize(("seconds", "asked"), [(2, False), (60, False), (900, True)])
def test_23_registry_that_asks_for_a_moments_patience_is_not_asked_for_its_text_instead(
    seconds: int, asked: bool
) -> None:
    refused = failure("rate_limited")
    refused = replace(refused, retry_at=refused.fetched_at + timedelta(seconds=seconds))
    assert planned(refused) == ([text_at(server="whois.ripe.net")] if asked else [])


# 24


def hosted_at(first: str, last: str, number: int) -> dict[str, Any]:
    return network(
        entity(f"ORG-C{number}-RIPE", ["registrant"], f"Company {number} Ltd"),
        entity(f"AR{number}-RIPE", ["abuse"], "Abuse", f"abuse@company{number}.example"),
        first=first,
        last=last,
    )


FIRST = rdap(hosted_at("192.0.2.0", "192.0.2.255", 1))
SECOND = rdap(hosted_at("198.51.100.0", "198.51.100.255", 2), at("198.51.100.7"))


def names_of(answer: Attribution) -> set[str]:
    return {candidate.name for candidate in answer.candidates}


def test_24_several_addresses_at_several_companies_are_all_named_and_none_is_first() -> None:
    answer = decided(resolved(HOST, TARGET, "198.51.100.7"), FIRST, SECOND, target=HOST)
    assert {party.provider.name for party in answer.parties} == {"Company 1 Ltd", "Company 2 Ltd"}
    assert (answer.status, answer.primary) == ("partial", None)
    assert names_of(answer) == {"Company 1 Ltd", "Company 2 Ltd"}
    assert "several_providers" in codes(answer)


def test_24_dual_stack_at_two_companies() -> None:
    answer = decided(
        resolved(HOST, TARGET),
        resolved(HOST, "2001:db8::7"),
        FIRST,
        rdap(hosted_at("2001:db8::", "2001:db8::ffff", 2), at("2001:db8::7")),
        target=HOST,
    )
    assert [(one.ip, one.provider) for one in answer.addresses] == [
        (TARGET, "ripe:ORG-C1-RIPE"),
        ("2001:db8::7", "ripe:ORG-C2-RIPE"),
    ]
    assert "several_providers" in codes(answer)


def test_24_round_robin_over_three_companies_of_which_one_is_silent() -> None:
    answer = decided(
        resolved(HOST, TARGET, "198.51.100.7", "203.0.113.7"),
        FIRST,
        SECOND,
        failure("rate_limited", at("203.0.113.7")),
        failure("rate_limited", text_at("203.0.113.7")),
        target=HOST,
    )
    assert len(answer.addresses) == 3
    assert {party.provider.name for party in answer.parties} == {"Company 1 Ltd", "Company 2 Ltd"}
    assert (answer.status, answer.primary) == ("partial", None)
    assert {"several_providers", "registry_silent"} <= codes(answer)


def test_24_proxy_beside_a_second_address_that_is_none() -> None:
    answer = decided(
        resolved(HOST, TARGET, "198.51.100.7"),
        listed(("cdn", "Veil")),
        FIRST,
        SECOND,
        target=HOST,
    )
    assert answer.fronted
    assert [(party.role, party.provider.name) for party in answer.parties] == [
        ("cdn", "Company 1 Ltd"),
        ("hosting", "Company 2 Ltd"),
    ]


def test_24_name_with_hundreds_of_addresses_does_not_cost_hundreds_of_questions() -> None:
    many = resolved(HOST, *[f"192.0.2.{last}" for last in range(1, 200)])
    answer = decided(many, rdap(network(HOLDER, DESK)), target=HOST)
    assert len(answer.addresses) == 32
    assert answer.status == "partial"
    assert "addresses_left_out" in codes(answer)
    assert "167 addresses" in str(answer.doubts)
    assert len(planned(suffix(HOST, "site.example"), many, target=HOST)) <= 3 * 32 + 1


def test_24_special_address_beside_an_ordinary_one_is_a_doubt() -> None:
    dns = resolved(HOST, TARGET, "10.0.0.1")
    answer = decided(dns, rdap(network(HOLDER, DESK)), target=HOST)
    assert answer.primary
    assert "special_address_in_dns" in codes(answer)


def test_24_resolver_that_rewrites_nxdomain_names_nobody() -> None:
    answer = decided(canary("192.0.2.99"), resolved(HOST, "192.0.2.99"), target=HOST)
    assert (answer.status, answer.parties) == ("not_resolved", [])
    assert codes(answer) == {"nxdomain_rewritten"}


def test_24_ordinary_name_at_a_resolver_that_rewrites_is_attributed_with_a_doubt() -> None:
    answer = decided(
        canary("192.0.2.99"), resolved(HOST, TARGET), rdap(network(HOLDER, DESK)), target=HOST
    )
    assert answer.primary
    assert [one.ip for one in answer.addresses] == [TARGET]
    assert "resolver_rewrites" in codes(answer)


def test_24_wildcard_answer_is_an_answer() -> None:
    found = {
        decided(resolved(name, TARGET), rdap(network(HOLDER, DESK)), target=name).model_dump_json(
            include={"primary"}
        )
        for name in ("a.wild.example", "b.wild.example")
    }
    assert len(found) == 1
    assert "Example Hosting B.V." in next(iter(found))


# 25


def test_25_hostile_text_in_a_name_never_reaches_terminal_or_csv() -> None:
    from attribution.formats.csv_table import answer_line
    from attribution_cli.outputs import json_line
    from attribution_cli.safe_text import shown as safe

    name = "=HYPERLINK(\u202eevil)\x1b]8;;http://x\x07"
    holder = entity("ORG-EX1-RIPE", ["registrant"], name)
    answer = decided(rdap(network(holder, DESK)))
    assert answer.primary
    for line in (answer_line(1, answer), json_line(1, answer)):
        assert safe(line) == line
    assert ",'=HYPER" in answer_line(1, answer) or "\"'=HYPER" in answer_line(1, answer)


# 26


OFFERS: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "an organisation and a mailbox of its own": (customer(CUSTOMER, CUSTOMER_DESK), [CUSTOMER]),
    "a mailbox without an organisation": (customer(CUSTOMER_DESK), []),
    "the host's name as its description": (
        customer(CUSTOMER_DESK, **described("Parent Networks B.V.")),
        [],
    ),
    "an organisation called RIPE NCC": (
        customer(entity("ORG-CU1-RIPE", ["registrant"], "RIPE NCC"), CUSTOMER_DESK),
        [CUSTOMER],
    ),
    "a technical contact with an abuse mailbox": (
        customer(
            entity("TC9-RIPE", ["technical"], "NOC", kind="group")
            | {
                "vcardArray": [
                    "vcard",
                    [["email", {"type": "abuse"}, "text", "abuse@customer.example"]],
                ]
            },
            **described("Some Customer"),
        ),
        [],
    ),
}


@pytest.mark.parametrize("offer", OFFERS)
def test_26_nothing_that_a_customer_says_of_itself_makes_an_addressee(offer: str) -> None:
    leaf, holders = OFFERS[offer]
    known = [record for holder in holders for record in nobody_vouches(holder)]
    is_parents(decided(*below_parent(leaf), *known))


def test_26_hosts_mailbox_in_another_spelling_is_the_hosts() -> None:
    box = "Abuse+block29@PARENT.example"
    leaf = customer(entity("AR9-RIPE", ["abuse"], "Abuse", box), **described("Some Customer"))
    answer = decided(*below_parent(leaf))
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert not [party for party in answer.parties if party.role == "tenant"]


# 27


def hos_gun(kind: str) -> dict[str, Any]:
    return entity("HOS-GUN", ["registrant"], "HOS-GUN", kind=kind)


@pytest.mark.parametrize("kind", ["individual", "org"])
def test_27_maintainer_as_registrant_joins_no_two_customers(kind: str) -> None:
    one = network(hos_gun(kind), DESK, **described("Quay Servers Ltd"))
    two = network(
        hos_gun(kind),
        DESK,
        first="198.51.100.0",
        last="198.51.100.255",
        **described("Harbour Servers Ltd"),
    )
    providers = [
        primary(rdap(one)).provider,
        primary(rdap(two, at("198.51.100.7")), target="198.51.100.7").provider,
    ]
    assert [provider.name for provider in providers] == ["Quay Servers Ltd", "Harbour Servers Ltd"]
    assert providers[0].id != providers[1].id
    assert "HOS-GUN" not in str(providers)
    assert all(provider.provisional for provider in providers)


@pytest.mark.parametrize("relation", ["up", "rdap-up"])
def test_27_network_above_is_found_by_either_relation(relation: str) -> None:
    href = "https://rdap.db.ripe.net/ip/192.0.2.0/23"
    leaf = customer(hos_gun("individual"), links=[{"rel": relation, "href": href}])
    assert planned(rdap(leaf)) == [above_of(leaf)]


# 28


def test_28_holder_without_an_organisation_stands_in_the_description() -> None:
    found = primary(rdap(network(DESK, **described("Quay Servers Ltd"))))
    assert found.provider.name == "Quay Servers Ltd"
    assert found.provider.id == "ripe:network:192.0.2.0 - 192.0.2.255"
    assert found.abuse_contact.email == "abuse@hosting.example"


@pytest.mark.parametrize(
    "description",
    [
        "Mobile subscribers pool",
        "192.0.2.0/24",
        "RIPE DBM",
        "LIR Admin",
        "IPAM",
        "Support",
        "Abuse Service",
        "Operations",
        "Customer Care",
    ],
)
def test_28_description_that_is_no_name_gives_netname_and_handle(description: str) -> None:
    answer = decided(rdap(network(DESK, **described(description))))
    assert answer.primary
    assert answer.primary.provider.name == "DEMO-NET"
    assert "name_uncertain" in codes(answer)


def test_28_inherited_contact_without_an_organisation_is_the_providers_own_block() -> None:
    leaf = customer(PARENT_DESK, **described("Some Customer"))
    answer = decided(*below_parent(leaf))
    is_parents(answer)
    assert [party.role for party in answer.parties] == ["hosting"]


# 29


CUSTOMER_TEXT = """% Abuse contact for '192.0.2.0 - 192.0.2.7' is 'abuse@parent.example'

inetnum: 192.0.2.0 - 192.0.2.7
netname: CUST-7
descr: Some Customer
org: ORG-CU1-RIPE
status: ASSIGNED PA
mnt-by: PARENT-MNT
source: RIPE

organisation: ORG-CU1-RIPE
org-name: Some Customer
org-type: OTHER
mnt-by: PARENT-MNT
source: RIPE
"""
PARENT_TEXT = """% Abuse contact for '192.0.2.0 - 192.0.3.255' is 'abuse@parent.example'

inetnum: 192.0.2.0 - 192.0.3.255
netname: PARENT-NET
org: ORG-PA1-RIPE
status: ALLOCATED PA
mnt-by: PARENT-MNT
source: RIPE

organisation: ORG-PA1-RIPE
org-name: Parent Networks B.V.
org-type: LIR
mnt-by: RIPE-NCC-HM-MNT
source: RIPE
"""


def test_29_network_above_answers_in_the_text_for_an_inherited_contact() -> None:
    answer = decided(failure("unreachable"), whois(f"{CUSTOMER_TEXT}\n{PARENT_TEXT}"), UNANNOUNCED)
    is_parents(answer)
    assert [one.provider.name for one in answer.parties if not one.addressee] == ["Some Customer"]


def test_29_text_without_the_network_above_names_nobody() -> None:
    answer = decided(failure("unreachable"), whois(CUSTOMER_TEXT), UNANNOUNCED)
    assert answer.primary is None
    assert not any(party.addressee for party in answer.parties)


# 30


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_30_line_ends_and_byte_order_marks_are_read(end: str, mark: bytes) -> None:
    assert email(whois(mark + TEXT.replace("\n", end).encode())) == "abuse@hosting.example"
    document = mark + json.dumps(network(HOLDER, DESK)).encode()
    assert email(rdap(document)) == "abuse@hosting.example"


def test_30_raw_tab_and_latin_1_bytes_in_json_are_read() -> None:
    named = entity("ORG-EX1-RIPE", ["registrant"], "M@ller Hosting")
    body = json.dumps(network(named, DESK)).encode()
    found = primary(rdap(body.replace(b"M@ller Hosting", b"M\xfcller\tHosting")))
    assert found.provider.name == "Müller Hosting"


def test_30_entities_by_the_hundred_thousand_cost_no_more_than_their_bound() -> None:
    body = json.dumps(network()).encode().replace(b'"entities": []', b'"entities": [%s]')
    with pytest.raises(UnreadableAnswer):
        read_networks(body % b",".join([b"{}"] * 300_000), RIPE)


# 31


def test_31_refusal_as_json_with_status_200_is_a_refusal() -> None:
    notice = {
        "rdapConformance": ["rdap_level_0"],
        "notices": [
            {
                "title": "Rate Limit Notice",
                "description": ["You have exceeded 10 queries per 1 minutes"],
            }
        ],
    }
    server = server_for_url("https://rdap.lacnic.net/rdap/ip/192.0.2.7")
    found = read_refusal(server, json.dumps(notice).encode(), status=200)
    assert found.outcome == "rate_limited"


# 32


@pytest.mark.parametrize("box", ["***@hosting.example", "a***e@hosting.example"])
def test_32_masked_mailbox_is_withheld(box: str) -> None:
    answer = decided(rdap(network(HOLDER, entity("AR1-RIPE", ["abuse"], "Abuse", box))))
    assert answer.primary
    assert answer.primary.abuse_contact.status == "redacted"
    assert "***" not in shown(answer)


@pytest.mark.parametrize(
    "box",
    [
        "\u201cabuse@hosting.example\u201d",
        "'abuse@hosting.example'",
        "mailto:abuse@hosting.example?subject=Report%20of%20abuse",
        "Abuse <abuse@HOSTING.example>",
    ],
)
def test_32_quotes_and_mailto_around_a_mailbox_are_no_part_of_it(box: str) -> None:
    assert email(rdap(network(HOLDER, entity("AR1-RIPE", ["abuse"], "Abuse", box)))) == (
        "abuse@hosting.example"
    )


# 33


def test_33_partition_of_a_members_allocation_is_no_small_customer() -> None:
    """A /13 that another organisation got for further assignment, with a contact of its own."""
    holder = entity("ORG-SU1-RIPE", ["registrant"], "Subsidiary Networks GmbH")
    desk = entity("AR4-RIPE", ["abuse"], "Abuse", "abuse@subsidiary.example")
    ends = {"first": "192.0.0.0", "last": "192.7.255.255", "kind": "LIR-PARTITIONED PA"}
    leaf = network(holder, desk, links=LINK_UP, **ends)
    parent = network(
        PARENT_HOLDER, PARENT_DESK, first="192.0.0.0", last="192.15.255.255", kind="ALLOCATED PA"
    )
    found = primary(*below_parent(leaf, parent), *nobody_vouches(holder))
    assert (found.provider.id, found.accountable) == ("ripe:ORG-SU1-RIPE", "redistribution")
    assert found.role == "reseller"


# 34


def test_34_handle_of_another_registry_lends_no_contact_and_no_name() -> None:
    """The desk AB1 of one registry says nothing of the desk AB1 that another registry names."""
    bare = {"handle": "AB1", "roles": ["abuse"]}
    fetched = entity("AB1", ["abuse"], "Abuse", "abuse@elsewhere.example")
    elsewhere = organisation(fetched, "arin", "rdap.arin.net")
    block = rdap(network(HOLDER, bare))
    assert email(block, elsewhere) is None
    assert email(block, organisation(fetched)) == "abuse@elsewhere.example"
    facts = Facts.of(evidence(block, elsewhere))
    assert set(facts.entities) == {("arin", "AB1")}


def test_34_one_organisation_by_rdap_and_by_text_of_nicmx_is_one_provider() -> None:
    owner = entity("MX-EXHO-LACNIC", ["registrant"], "Ejemplo Hosting S.A.")
    by_rdap = primary(rdap(network(owner, kind="ASSIGNED"), server="rdap.mx"))
    text = (
        "inetnum: 192.0.2.0/24\nstatus: assigned\nowner: Ejemplo Hosting S.A.\n"
        "ownerid: MX-EXHO-LACNIC\ncountry: MX\n"
    )
    by_text = [primary(whois(text, server)) for server in ("whois.mx", "whois.lacnic.net")]
    assert {one.provider.id for one in (by_rdap, *by_text)} == {"lacnic:MX-EXHO-LACNIC"}


# 35


def test_35_five_addresses_of_an_honest_company_do_not_make_it_the_first() -> None:
    rival = [f"198.51.100.{last}" for last in range(1, 6)]
    block = hosted_at("198.51.100.0", "198.51.100.255", 2)
    answers = [rdap(block, at(address)) for address in rival]
    answer = decided(resolved(HOST, TARGET, *rival), FIRST, *answers, target=HOST)
    assert answer.primary is None
    assert (answer.status, answer.write_order) == ("partial", [])
    assert names_of(answer) == {"Company 1 Ltd", "Company 2 Ltd"}


@pytest.mark.parametrize("key", ["00" * 32, "17" * 32, "ff" * 32])
def test_35_forty_low_addresses_do_not_crowd_the_true_one_out_by_design(key: str) -> None:
    """Which are left out depends on a key that the site's owner does not know."""
    low = [f"192.0.2.{last}" for last in range(1, 41)]
    many = resolved(HOST, *low, "203.0.113.7")
    drawn = [
        set(Facts.of(replace(evidence(many, target=HOST), sample_key=one)).addresses)
        for one in (key, "5a" * 32)
    ]
    assert [len(one) for one in drawn] == [32, 32]
    assert drawn[0] != drawn[1]
    again = Facts.of(replace(evidence(many, target=HOST), sample_key=key)).addresses
    assert list(again) == sorted(drawn[0], key=int)


def test_35_sample_is_fair_over_keys() -> None:
    """An address that sorts last is drawn as often as one that sorts first, within three sigma."""
    low = [f"192.0.2.{last}" for last in range(1, 41)]
    many = evidence(resolved(HOST, *low, "203.0.113.7"), target=HOST)
    keys = [f"{number:064x}" for number in range(400)]
    drawn = [Facts.of(replace(many, sample_key=key)).addresses for key in keys]
    for address in ("192.0.2.1", "203.0.113.7"):
        count = sum(address_of(address) in one for one in drawn)
        assert abs(count - 400 * 32 / 41) < 3 * (400 * 32 / 41 * 9 / 41) ** 0.5


# 36


@pytest.mark.parametrize(
    "words",
    [
        {"name": "ERX-1"},
        {"name": "NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK"},
        described("address block not managed by the RIPE NCC"),
        {"remarks": [{"title": "remarks", "description": ["transferred to APNIC"]}]},
    ],
)
@pytest.mark.parametrize("kind", ["ASSIGNED PA", "SUB-ALLOCATED PA"])
def test_36_stub_words_of_a_customer_leave_the_network_above_to_answer(
    words: dict[str, Any], kind: str
) -> None:
    leaf = customer(CUSTOMER, CUSTOMER_DESK, kind=kind, **words)
    answer = decided(*below_parent(leaf), *nobody_vouches(CUSTOMER))
    is_parents(answer)
    assert answer.addresses[0].network
    assert answer.addresses[0].network.range == "192.0.2.0 - 192.0.2.7"


# 37


@pytest.mark.parametrize("written", ["::ffff:192.0.2.7", "64:ff9b::192.0.2.7", "2002:c000:207::"])
def test_37_address_in_another_form_is_the_same_host(written: str) -> None:
    dns = resolved(HOST, TARGET), resolved(HOST, written)
    answer = decided(*dns, rdap(network(HOLDER, DESK)), target=HOST)
    assert [one.ip for one in answer.addresses] == [TARGET]
    assert answer.status == "attributed"
    assert Facts.of(evidence(target=written)).addresses.keys() == {address_of(TARGET)}


# 38


def test_38_registrys_own_warning_of_a_failed_validation_is_a_doubt() -> None:
    notice = (
        "Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'\n"
        "Abuse-mailbox validation failed. Please refer to ORG-EX1-RIPE for further information.\n"
    )
    answer = decided(rdap(network(HOLDER, DESK, **described(notice))))
    assert (answer.status, codes(answer)) == ("attributed", {"mailbox_unvalidated"})


# 39


@pytest.mark.parametrize(("name", "handle"), [("vnnic", "IRT-VNNIC-AP"), ("krnic", "IRT-KRNIC-KR")])
def test_39_silent_national_registry_leaves_holder_and_contact_apart(
    name: str, handle: str
) -> None:
    known = registries()[name]
    irt = entity(handle, ["abuse"], handle, sorted(known.mailboxes)[0])
    regional = rdap(
        network(
            irt, kind="ALLOCATED PORTABLE", country=known.country, **described("Song Hosting JSC")
        ),
        server="rdap.apnic.net",
    )
    answer = decided(
        regional, failure("unreachable", text_at(server=known.whois), server=known.whois)
    )
    assert answer.primary
    assert answer.status == "partial"
    assert answer.primary.provider.name == "Song Hosting JSC"
    assert answer.primary.abuse_contact.status == "unreachable"
    assert not set(known.mailboxes) & set(read_mailboxes(shown(answer)))


# 40


def test_40_unusable_mailbox_is_a_contact_all_the_same() -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "abuse@my_host.example")
    answer = decided(rdap(network(HOLDER, desk)))
    assert answer.primary
    assert answer.primary.abuse_contact.status == "malformed"
    assert answer.primary.abuse_contact.email is None
    assert "mailbox_unusable" in codes(answer)
    assert "abuse@my_host.example" in str(answer.doubts)


# 41


UNIVERSITY = entity("ORG-UN1-RIPE", ["registrant"], "Example University")
UNIVERSITY_DESK = entity("AR6-RIPE", ["abuse"], "Abuse", "abuse@parent.example")
LEGACY = network(UNIVERSITY, UNIVERSITY_DESK, kind="LEGACY", last="192.0.3.255")


def test_41_legacy_below_legacy_is_a_customers() -> None:
    leaf = customer(CUSTOMER, CUSTOMER_DESK, kind="LEGACY")
    answer = decided(*below_parent(leaf, LEGACY), *nobody_vouches(CUSTOMER))
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-UN1-RIPE"
    assert answer.primary.accountable == "legacy"
    assert "customer.example" not in shown(answer)


# 42


def test_42_answer_of_the_registry_that_another_redirected_to_counts_for_that_address() -> None:
    server = "rdap.arin.net"
    location = "https://rdap.db.ripe.net/ip/192.0.2.7"
    turned = replace(
        failure("redirected", server=server), location=location, retry_at=None, note=None
    )
    answer = decided(turned, rdap(network(HOLDER, DESK)))
    assert answer.status == "attributed"
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-EX1-RIPE"


# 43


def test_43_leased_space_has_the_announcing_company_as_next_party() -> None:
    leaf = customer(CUSTOMER, CUSTOMER_DESK)
    answer = decided(
        *below_parent(leaf),
        announced("192.0.2.0/24", 64500),
        system(64500, TRANSIT, TRANSIT_DESK),
        organisation(CUSTOMER),
    )
    is_parents(answer)
    assert "perhaps_leased" in codes(answer)
    second = [party for party in answer.parties if party.addressee][1]
    assert (second.role, second.provider.id) == ("network", "ripe:ORG-TR1-RIPE")
    assert [(one.to, one.when) for one in answer.write_order[:2]] == [
        ("Parent Networks B.V.", "now"),
        ("Transit Ltd", "now"),
    ]


# 44


def test_44_direct_holder_without_an_organisation_is_provisional() -> None:
    irt = entity("IRT-EX-SG", ["abuse"], "IRT-EX-SG", "abuse@hosting.example")
    block = network(irt, kind="ALLOCATED PORTABLE", **described("Example Pte Ltd"))
    found = primary(rdap(block, server="rdap.apnic.net"))
    assert found.provider.provisional
    assert found.provider.id == "apnic:network:192.0.2.0 - 192.0.2.255"
    assert found.provider.name == "Example Pte Ltd"
    assert found.accountable == "direct_allocation"


# 45


def test_45_direct_holders_mailbox_in_the_sites_domain_stays_with_a_doubt() -> None:
    host = "img.hosting.example"
    records = (
        suffix(host, "hosting.example"),
        resolved(host, TARGET),
        rdap(network(HOLDER, DESK)),
    )
    answer = decided(*records, target=host)
    assert answer.primary
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"
    assert "mailbox_of_the_site" in codes(answer)


# 46


def test_46_a_registrys_address_in_the_zone_is_a_doubt_and_nothing_is_switched_off() -> None:
    other = address_of("198.51.100.7")
    shared = Record("registry_address", RegistryAddress(other), "server table", AT, "answered")
    answer = decided(
        resolved(HOST, TARGET, str(other)),
        rdap(network(HOLDER, DESK)),
        rdap(hosted_at("198.51.100.0", "198.51.100.255", 2), at(str(other))),
        shared,
        target=HOST,
    )
    assert "registry_address" in codes(answer)
    assert len(answer.addresses) == 2


# 47


def test_47_arins_customer_record_is_no_organisation() -> None:
    record = entity("C01234567", ["registrant"], "Some Customer")
    leaf = network(record, last="192.0.2.7", kind="REASSIGNMENT", links=LINK_UP)
    parent = network(OF_ORGANISATION, last="192.0.3.255", kind="DIRECT ALLOCATION")
    above_it = above(parent, leaf, "rdap.arin.net")
    question = replace(above_of(leaf), url=LINK_UP[0]["href"])
    answer = decided(
        rdap(leaf, server="rdap.arin.net"), replace(above_it, question=question), UNANNOUNCED
    )
    assert answer.primary
    assert answer.primary.provider.id == "arin:EXHO"
    (tenant,) = [party for party in answer.parties if party.role == "tenant"]
    assert tenant.provider.id == "arin:network:192.0.2.0 - 192.0.2.7"
    assert not tenant.addressee


def test_47_every_registrant_of_ripe_is_kind_org_and_none_but_an_organisation_is_one() -> None:
    person = entity("JD1-RIPE", ["registrant"], "Jan Example", "jan@customer.example", kind="org")
    found = primary(rdap(network(person, DESK, **described("Quay Servers Ltd"))))
    assert found.provider.name == "Quay Servers Ltd"
    assert found.provider.provisional


# 48


def test_48_country_of_a_customers_block_routes_nothing() -> None:
    leaf = customer(CUSTOMER, CUSTOMER_DESK, country="KP")
    answer = decided(*below_parent(leaf), *nobody_vouches(CUSTOMER))
    assert (answer.country.registered, answer.country.holder) == ("KP", "NL")
    assert "countries_differ" in codes(answer)


# Of several traps at once


def test_all_rdap_down_and_no_text_names_nobody() -> None:
    answer = decided(
        failure("unreachable"), failure("unreachable", text_at(server="whois.ripe.net"))
    )
    assert (answer.status, answer.primary, answer.parties) == ("retry_later", None, [])
    assert codes(answer) == {"registry_silent"}


def test_all_rdap_down_asks_for_the_text_with_the_network_above() -> None:
    assert planned(failure("unreachable")) == [text_at(server="whois.ripe.net")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Abuse Desk <abuse@Hosting.Example>", ["abuse@hosting.example"]),
        ("mailto:abuse@hosting.example", ["abuse@hosting.example"]),
        ("abuse@bücher.example", ["abuse@xn--bcher-kva.example"]),
        ("abuse[at]hosting.example", []),
        ("abuse@localhost", []),
        ("abuse@@hosting.example", []),
        ("abuse@hosting..example", []),
        ("", []),
        (None, []),
    ],
)
def test_mailboxes_are_checked_for_form(text: Any, found: list[str]) -> None:
    assert read_mailboxes(text) == found


def test_rdap_and_text_of_one_network_give_the_same_company_and_mailbox() -> None:
    by_rdap, by_text = primary(rdap(network(HOLDER, DESK))), primary(whois(TEXT))
    assert by_rdap.provider == by_text.provider
    assert by_rdap.abuse_contact.email == by_text.abuse_contact.email


def test_answer_without_tls_is_a_doubt_unless_it_never_left_the_machine() -> None:
    plain = replace(rdap(network(HOLDER, DESK)), tls=False)
    assert "unencrypted" in codes(decided(plain))
    assert "unencrypted" in codes(decided(failure("unreachable"), whois(TEXT)))
    local = replace(plain, server="127.0.0.1:8300", url="http://127.0.0.1:8300/ripe/ip/192.0.2.7")
    assert "unencrypted" not in codes(decided(local))
    assert decided(local).primary


def test_explanation_of_the_primary_says_why_the_others_were_passed_over() -> None:
    records = (*below_parent(customer(CUSTOMER)), *nobody_vouches(CUSTOMER))
    steps = decide(evidence(*records)).steps
    (step,) = [step for step in steps if step.rule == "primary"]
    assert step.lost == ("Some Customer: a customer, who may be the offender, is never written to",)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("object truncated due to authorization", "redacted"),
        ("result set truncated due to authorization", "redacted"),
        ("object truncated due to excessive load", "rate_limited"),
        ("object truncated due to unexplainable reasons", "unreachable"),
    ],
)
@pytest.mark.parametrize("place", ["notices", "remarks"])
def test_truncated_answer_without_a_contact_is_not_taken_for_none(
    kind: str, status: str, place: str
) -> None:
    notice = {"title": "Incomplete", "type": kind, "description": ["Part was left out."]}
    more: dict[str, Any] = {place: [notice]}
    answer = decided(rdap(network(HOLDER, **more)))
    assert answer.primary
    assert answer.primary.abuse_contact.status == status
    assert "truncated" in codes(answer)
    assert email(rdap(network(HOLDER, DESK, **more))) == "abuse@hosting.example"


def test_answer_that_is_no_network_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        read_networks(b'{"objectClassName": "entity"}', RIPE)
    assert read_networks(b"% nothing", RIPE_TEXT) == []
    assert DomainNamed("site.example").text != DomainNamed("site.example", whois=True).text


def test_mailbox_marked_for_abuse_on_a_direct_holders_technical_contact_is_taken_last() -> None:
    noc = entity("NOC1-RIPE", ["technical"], "NOC", "noc@hosting.example")
    noc["vcardArray"][1].append(["email", {"type": "abuse"}, "text", "marked@hosting.example"])
    assert email(rdap(network(HOLDER, noc))) == "marked@hosting.example"
    assert email(rdap(network(HOLDER, noc, DESK))) == "abuse@hosting.example"
