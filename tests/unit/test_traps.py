"""The twenty-five traps of real registry data, each on an answer of invented companies."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from attribution import Attribution, Evidence, Party
from attribution.decide.facts import Facts
from attribution.decide.plan import next_questions
from attribution.evidence import Record
from attribution.questions import DomainNamed, NationalNetwork, NationalPage, NetworkAbove, WhoisAt
from attribution.registry.domain_answer import read_domain
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.rdap_answer import read_network
from attribution.registry.refusal import read_http_outcome, read_whois_outcome
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.whois_text import decode_whois, read_referral, read_whois
from bundles import (
    DESK,
    HOLDER,
    TARGET,
    canary,
    decided,
    entity,
    failure,
    network,
    origin,
    rdap,
    resolved,
    suffix,
    whois,
)


def primary(*records: Record, target: str = TARGET) -> Party:
    answer = decided(*records, target=target)
    assert answer.primary, answer.doubts
    return answer.primary


def email(*records: Record) -> str | None:
    return primary(*records).abuse_contact.email


def codes(answer: Attribution) -> set[str]:
    return {doubt.code for doubt in answer.doubts}


def planned(*records: Record, target: str = TARGET) -> list[object]:
    facts = Facts.of(Evidence(target, records[0].fetched_at, documentation_is_special=False, records=list(records)))
    facts.asked |= {f"origin {TARGET}", f"front {TARGET}"}
    return list(next_questions(facts, ask_registrar=False))


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
    ("netname", "kind"),
    [
        ("NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", "OTHER"),
        ("IANA-BLK", "ALLOCATED UNSPECIFIED"),
        ("DEMO", "TRANSFERRED TO APNIC"),
        ("DEMO", "ALLOCATED TO RIPE NCC"),
        ("DEMO", "VARIOUS REGISTRIES"),
        ("ERX-NETBLOCK", "EARLY REGISTRATION"),
        ("APNIC-ERX-192-0-2-0", "ALLOCATED PORTABLE"),
    ],
)
def test_02_stub_is_nobody(netname: str, kind: str) -> None:
    answer = decided(rdap(network(name=netname, kind=kind)))
    assert answer.primary is None
    assert "stub" in codes(answer)


def test_02_stub_by_its_registrant_is_nobody() -> None:
    registry = entity("ORG-NCC1-RIPE", ["registrant"], "RIPE Network Coordination Centre", "abuse@ripe.net")
    assert decided(rdap(network(registry, kind="ALLOCATED PA"))).primary is None


# 3


@pytest.mark.parametrize(
    "placeholder",
    ["abuse@ripe.net", "abuse@lacnic.net", "abusepoc@afrinic.net", "search-apnic-not-arin@apnic.net", "no-email@apnic.net",
     "hm-changed@vnnic.vn", "hostmaster@nic.or.kr", "irt@nic.or.kr", "removed@lacnic.net", "abuse@iana.org", "cert@cert.br"],
)  # fmt: skip
def test_03_placeholder_mailbox_is_never_a_contact(placeholder: str) -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", placeholder)
    technical = entity("TR1-RIPE", ["technical"], "Technik", placeholder)
    answer = decided(rdap(network(HOLDER, desk, technical)))
    assert placeholder not in answer.model_dump_json(exclude={"evidence"})


def test_03_registrys_mailbox_is_true_on_its_own_network() -> None:
    registry = entity("ORG-APNIC1-AP", ["registrant"], "Asia Pacific Network Information Centre")
    desk = entity("IRT-APNIC-AP", ["abuse"], "IRT-APNIC-AP", "abuse@apnic.net")
    answer = rdap(network(registry, desk, kind="ASSIGNED PORTABLE", port43="whois.apnic.net"), server="rdap.apnic.net")
    found = primary(answer)
    assert found.provider.name == "Asia Pacific Network Information Centre"
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
    answer = rdap(network(irt, kind="ALLOCATED PORTABLE", port43="whois.apnic.net"), server="rdap.apnic.net")
    found = decided(answer)
    assert mailbox not in found.model_dump_json(exclude={"evidence"})
    wanted = planned(answer)
    assert any(
        (isinstance(one, NationalPage | NationalNetwork) and one.registry == registry)
        or (isinstance(one, WhoisAt) and one.server)
        for one in wanted
    )


# 5


PARENT = network(
    entity("ORG-PA1-RIPE", ["registrant"], "Parent Networks B.V."),
    entity("AR2-RIPE", ["abuse"], "Abuse", "abuse@parent.example"),
    kind="ALLOCATED PA",
    last="192.0.3.255",
)
ABOVE = "ip above 192.0.2.0 - 192.0.2.7: https://rdap.db.ripe.net/ip/192.0.2.0/23"


def test_05_customer_block_without_an_abuse_role_is_a_tenant() -> None:
    tenant = network(entity("PP1-RIPE", ["registrant"], "Some Customer"), last="192.0.2.7", kind="ASSIGNED PA")
    answer = decided(rdap(tenant), rdap(PARENT, ABOVE))
    assert answer.primary
    assert answer.primary.provider.name == "Parent Networks B.V."
    (listed,) = [party for party in answer.parties if party.role == "tenant"]
    assert not listed.notify


def test_05_tenant_without_a_known_parent_is_nobody() -> None:
    tenant = network(entity("PP1-RIPE", ["registrant"], "Some Customer"), last="192.0.2.7", kind="ASSIGNED PA")
    link = {"rel": "up", "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}
    answer = decided(rdap(tenant | {"links": [link]}), failure("unreachable", ABOVE))
    assert answer.primary is None
    assert answer.status == "retry_later"


def test_05_parent_is_asked_for_by_the_up_link() -> None:
    link = {"rel": "up", "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}
    leaf = network(entity("PP1-RIPE", ["registrant"], "X"), last="192.0.2.7", kind="ASSIGNED PA", links=[link])
    assert [one.url for one in planned(rdap(leaf)) if isinstance(one, NetworkAbove)] == [link["href"]]


def test_05_customer_whose_mailbox_is_the_reported_sites_own_is_not_warned() -> None:
    leaf = network(
        entity("ORG-OF1-RIPE", ["registrant"], "Offender Ltd"),
        entity("AR9-RIPE", ["abuse"], "Abuse", "abuse@offender.example"),
        last="192.0.2.7",
        kind="ASSIGNED PA",
    )
    host = "www.offender.example"
    answer = decided(
        suffix(host, "offender.example"), resolved(host, TARGET), rdap(leaf), rdap(PARENT, ABOVE), target=host
    )
    assert answer.primary
    assert answer.primary.provider.name == "Parent Networks B.V."
    assert "contact_in_reported_domain" in codes(answer)


# 6 is about what is sent: see tests/contract/test_rdap_http.py, which asks for `ip/192.0.2.7`, never for a CIDR.


def test_06_answer_about_an_enclosing_object_only_is_taken_for_what_it_is() -> None:
    assert primary(rdap(network(HOLDER, DESK, kind="ALLOCATED PA"))).role == "allocation_holder"


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


def test_07_most_specific_of_several_networks_in_one_text() -> None:
    found = primary(whois(ARIN_TEXT, "whois.arin.net"))
    assert (found.role, found.provider.name, found.abuse_contact.email) == (
        "reseller", "Child Servers LLC", "abuse@child.example",
    )  # fmt: skip


def test_07_last_referral_counts() -> None:
    referral = read_referral(ARIN_TEXT.encode())
    assert referral
    assert (referral.host, referral.port) == ("whois.child.example", 43)


# 8


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ReferralServer: whois://whois.one.example:43", ("whois.one.example", 43, False)),
        ("ReferralServer: whois://whois.one.example", ("whois.one.example", 43, False)),
        ("ReferralServer:  rwhois://rwhois.two.example:4321", ("rwhois.two.example", 4321, True)),
        ("ReferralServer:  rwhois://rwhois.two.example", ("rwhois.two.example", 4321, True)),
        ("refer:        whois.three.example", ("whois.three.example", 43, False)),
        ("whois:        whois.four.example", ("whois.four.example", 43, False)),
        ("REFER: WHOIS.FIVE.EXAMPLE.", ("whois.five.example", 43, False)),
    ],
)
def test_08_spellings_of_referrals(line: str, expected: tuple[str, int, bool]) -> None:
    found = read_referral(f"% text\n{line}\n".encode())
    assert found
    assert (found.host, found.port, found.rwhois) == expected


# 9


@pytest.mark.parametrize("server", ["rwhois.customer.example", "whois.customer.example"])
def test_09_server_of_the_network_itself_only_claims(server: str) -> None:
    """Whoever holds a block names its referral server: it could name an innocent company."""
    lie = "inetnum: 192.0.2.7 - 192.0.2.7\nnetname: X\norg: ORG-IN1-RIPE\nstatus: ASSIGNED PI\nsource: RIPE\n\n" + (
        "organisation: ORG-IN1-RIPE\norg-name: Innocent Ltd\nsource: RIPE\n"
    )
    answer = decided(rdap(network(HOLDER, kind="ALLOCATED PA")), whois(lie, server))
    assert "Innocent" not in answer.model_dump_json(exclude={"evidence"})
    assert "claim" in codes(answer)


# 10


def test_10_arin_networks_own_contact_beats_the_organisations() -> None:
    organisation = entity("EXHO", ["registrant"], "Example Hosting Inc.", entities=[
        entity("ABUSE1-ARIN", ["abuse"], "Abuse", "abuse@organisation.example"),
    ])  # fmt: skip
    own = entity("ABUSE2-ARIN", ["abuse"], "Abuse", "abuse@network.example")
    contact = primary(rdap(network(organisation, own, port43="whois.arin.net"), server="rdap.arin.net")).abuse_contact
    assert (contact.email, contact.scope) == ("abuse@network.example", "network")


def test_10_arin_abuse_role_nested_in_the_registrant() -> None:
    organisation = entity("EXHO", ["registrant"], "Example Hosting Inc.", entities=[
        entity("ABUSE1-ARIN", ["abuse"], "Abuse", "abuse@organisation.example"),
    ])  # fmt: skip
    contact = primary(rdap(network(organisation, port43="whois.arin.net"), server="rdap.arin.net")).abuse_contact
    assert (contact.email, contact.scope) == ("abuse@organisation.example", "organisation")


def test_10_apnic_irt_is_the_abuse_role() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX-SG\ndescr: Example Pte Ltd\ncountry: SG\n"
        "mnt-irt: IRT-EX-SG\ntech-c: EX1-AP\nstatus: ASSIGNED PORTABLE\nsource: APNIC\n\n"
        "irt: IRT-EX-SG\ne-mail: irt@hosting.example\nabuse-mailbox: abuse@hosting.example\nsource: APNIC\n\n"
        "role: Example NOC\nnic-hdl: EX1-AP\ne-mail: noc@hosting.example\nsource: APNIC\n"
    )
    contact = primary(whois(text, "whois.apnic.net")).abuse_contact
    assert contact.email == "abuse@hosting.example"
    assert [one.email for one in contact.fallback] == ["noc@hosting.example"]


def test_10_lacnic_technical_person_with_the_abuse_role() -> None:
    person = entity("ABC", ["technical, abuse"], "Mesa de ayuda", "abuso@hosting.example", kind="individual")
    owner = entity("AR-EXHO-LACNIC", ["registrant"], "Ejemplo S.A.")
    found = rdap(network(owner, person, kind="ASSIGNED", port43="whois.lacnic.net"), server="rdap.lacnic.net")
    assert email(found) == "abuso@hosting.example"


def test_10_afrinic_without_any_abuse_role_is_not_published() -> None:
    holder = entity("ORG-EX1-AFRINIC", ["registrant"], "Example Ltd")
    contact = primary(rdap(network(holder, port43="whois.afrinic.net"), server="rdap.afrinic.net")).abuse_contact
    assert (contact.status, contact.email) == ("not_published", None)


# 11


def test_11_registrars_abuse_desk_is_under_the_registrar_only() -> None:
    registrar = entity("9999", ["registrar"], "Wharf Registrar Ltd", entities=[
        entity(None, ["abuse"], "Abuse", "abuse@wharf.example"),
    ])  # fmt: skip
    registrant = entity("X", ["registrant"], "Somebody", entities=[entity(None, ["abuse"], "A", "me@offender.example")])
    document = {"ldhName": "offender.example", "entities": [registrant, registrar]}
    found = read_domain(json.dumps(document).encode()).registrar
    assert found
    assert (found.name, found.email) == ("Wharf Registrar Ltd", "abuse@wharf.example")


def test_11_technical_contacts_nested_abuse_role_is_not_the_networks() -> None:
    technical = entity("TR1-RIPE", ["technical"], "Upstream", entities=[
        entity("AR7-RIPE", ["abuse"], "Abuse", "abuse@elsewhere.example"),
    ])  # fmt: skip
    assert email(rdap(network(HOLDER, technical))) is None


# 12


def test_12_maintainer_is_never_a_company() -> None:
    maintainers = [entity(handle, ["registrant"], handle) for handle in ("EXAMPLE-MNT", "MNT-EXAMPLE", "RIPE-NCC-MNT")]
    assert primary(rdap(network(*maintainers, HOLDER, DESK))).provider.name == "Example Hosting B.V."
    answer = decided(rdap(network(*maintainers, DESK)))
    assert "MNT" not in str([party.provider.name for party in answer.parties])


# 13


@pytest.mark.parametrize("roles", [["Abuse"], "abuse", ["technical, abuse"], ["ABUSE", None], ["abuse", 7]])
def test_13_roles_in_every_spelling(roles: Any) -> None:
    desk = entity("AR1-RIPE", roles, "Abuse", "abuse@hosting.example")
    assert email(rdap(network(HOLDER, desk))) == "abuse@hosting.example"


@pytest.mark.parametrize("roles", [None, [], {}, 7, [None]])
def test_13_missing_roles_are_no_abuse_role(roles: Any) -> None:
    desk = entity("AR1-RIPE", roles, "Abuse", "abuse@hosting.example")
    assert email(rdap(network(HOLDER, desk))) is None


# 14


@pytest.mark.parametrize(
    "odd", [{}, {"roles": ["abuse"]}, {"vcardArray": None}, {"handle": None, "roles": None}, None, "x", [1]]
)
def test_14_odd_entity_does_not_drop_the_others(odd: Any) -> None:
    assert email(rdap(network(odd, HOLDER, odd, DESK, DESK))) == "abuse@hosting.example"


# 15


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
    ],
)
def test_15_shapes_of_a_mailbox_in_a_card(row: list[Any]) -> None:
    desk = {"handle": "AR1-RIPE", "roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse"], row]]}
    assert email(rdap(network(HOLDER, desk))) == "abuse@hosting.example"


def test_15_mailbox_typed_abuse_goes_before_the_preferred_before_the_first() -> None:
    def desk(*rows: tuple[dict[str, Any], str]) -> dict[str, Any]:
        emails = [["email", parameters, "text", box] for parameters, box in rows]
        return {"handle": "A", "roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse"], *emails]]}

    first, preferred, typed = (
        ({}, "one@x.example"),
        ({"pref": "1"}, "two@x.example"),
        ({"type": "abuse"}, "three@x.example"),
    )
    assert email(rdap(network(HOLDER, desk(first, preferred, typed)))) == "three@x.example"
    assert email(rdap(network(HOLDER, desk(first, preferred)))) == "two@x.example"
    assert email(rdap(network(HOLDER, desk(first, ({}, "two@x.example"))))) == "one@x.example"


def test_15_registrar_named_on_its_abuse_entity_only_with_a_form() -> None:
    desk = {
        "roles": ["abuse"],
        "vcardArray": ["vcard", [
            ["fn", {}, "text", "Wharf Registrar Ltd"], ["contact-uri", {}, "uri", "https://wharf.example/abuse"],
            ["tel", {}, "uri", ["tel:+31-20-0000000"]],
        ]],
    }  # fmt: skip
    document = {"ldhName": "site.example", "entities": [{"handle": "9999", "roles": ["registrar"], "entities": [desk]}]}
    found = read_domain(json.dumps(document).encode()).registrar
    assert found
    assert (found.name, found.email, found.form) == ("Wharf Registrar Ltd", None, "https://wharf.example/abuse")


# 16


@pytest.mark.parametrize("key", ["jscard", "jscard_0"])
def test_16_jscontact_instead_of_a_jcard(key: str) -> None:
    card = {"@type": "Card", "version": "1.0", "kind": "group", "name": {"full": "Abuse desk"},
            "emails": {"e1": {"address": "abuse@hosting.example", "contexts": {"work": True}}}}  # fmt: skip
    assert email(rdap(network(HOLDER, {"handle": "AR1", "roles": ["abuse"], key: card}))) == "abuse@hosting.example"


# 17


@pytest.mark.parametrize(
    "redacted",
    [
        {
            "name": {"description": "Abuse contact email"},
            "prePath": "$.entities[0].vcardArray[1][3]",
            "method": "removal",
        },
        {"name": {"type": "Abuse Email"}, "postPath": "$.entities[0].vcardArray[1][3][3]", "method": "emptyValue"},
        {"name": {"description": "Abuse email"}, "postPath": "$.entities[0]", "method": "partialValue"},
        {
            "name": {"description": "Abuse email"},
            "replacementPath": "$.entities[0].contact-uri",
            "method": "replacementValue",
        },
    ],
)
def test_17_rfc_9537_redaction_is_not_absence(redacted: dict[str, Any]) -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "")
    assert primary(rdap(network(HOLDER, desk, redacted=[redacted]))).abuse_contact.status == "redacted"


@pytest.mark.parametrize("text", ["REDACTED FOR PRIVACY", "Data withheld", "not disclosed"])
def test_17_redaction_in_words_is_not_absence(text: str) -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", text)
    assert primary(rdap(network(HOLDER, desk))).abuse_contact.status == "redacted"


# 18


def test_18_ripe_comment_on_the_abuse_contact_counts() -> None:
    text = (
        "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX-NET\norg: ORG-EX1-RIPE\nstatus: ASSIGNED PI\nsource: RIPE # Filtered\n\n"
        "organisation: ORG-EX1-RIPE\norg-name: Example Hosting B.V.\nsource: RIPE # Filtered\n"
    )
    assert email(whois(text)) == "abuse@hosting.example"


def test_18_text_in_latin_1_is_read_whole() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX\norg: ORG-EX1-RIPE\nstatus: ASSIGNED PI\nsource: RIPE\n\n"
        "organisation: ORG-EX1-RIPE\norg-name: Müller Hosting\nsource: RIPE\n"
    )
    assert "Müller Hosting" in decode_whois(text.encode("latin-1"))
    assert "Müller Hosting" in decode_whois(text.encode("utf-8"))


# 19


@pytest.mark.parametrize(
    ("first", "last"),
    [("192.000.002.000", "192.000.002.255"), ("192.0.2.0/32", "192.0.2.255/32"), ("192.0.2.255", "192.0.2.0"), ("192.0.2.3", "192.0.2.11")],
)  # fmt: skip
def test_19_ranges_in_every_spelling(first: str, last: str) -> None:
    found = read_network(json.dumps(network(first=first, last=last)).encode(), "rdap.db.ripe.net")
    assert found.covers(ipaddress.ip_address("192.0.2.7"))


def test_19_answer_about_another_network_names_nobody() -> None:
    assert decided(rdap(network(HOLDER, DESK, first="198.51.100.0", last="198.51.100.255"))).primary is None


# 20


def listed(*kinds: tuple[str, str]) -> Record:
    """Published lists that TARGET is on: (kind, company)."""
    lists = [
        {"prefix": "192.0.2.0/24", "kind": kind, "company": company, "source": "list", "published": "2026"}
        for kind, company in kinds
    ]
    body = json.dumps({"lists": lists}).encode()
    return Record("front", f"front {TARGET}", "lists", rdap({}).fetched_at, "answered", body)


def test_20_proxy_is_named_as_a_proxy() -> None:
    answer = decided(listed(("cdn", "Example Proxy")), rdap(network(HOLDER, DESK)))
    assert answer.primary
    assert (answer.primary.role, answer.fronted) == ("cdn", True)
    assert codes(answer) == {"fronted"}


def test_20_cloud_is_a_host_and_one_company_can_be_both_by_range() -> None:
    cloud = decided(listed(("cloud", "Example Cloud")), rdap(network(HOLDER, DESK)))
    both = decided(listed(("cdn", "Example Front"), ("cloud", "Example Cloud")), rdap(network(HOLDER, DESK)))
    assert cloud.primary
    assert both.primary
    assert (cloud.primary.role, cloud.fronted) == ("hosting", False)
    assert (both.primary.role, both.fronted) == ("cdn", True)
    assert cloud.primary.provider == both.primary.provider


def test_20_proxy_that_stands_in_another_companys_network_is_a_doubt() -> None:
    answer = decided(listed(("cdn", "Veil")), rdap(network(HOLDER, DESK)))
    assert codes(answer) == {"fronted", "front_in_other_network"}


# 21


def test_21_origin_as_is_evidence_not_the_host() -> None:
    system = {"startAutnum": 64500, "handle": "AS64500", "port43": "whois.ripe.net", "entities": [
        entity("ORG-TR1-RIPE", ["registrant"], "Transit Ltd"), entity("AR5-RIPE", ["abuse"], "A", "abuse@transit.example"),
    ]}  # fmt: skip
    answer = decided(
        rdap(network(HOLDER)), origin("64500 | 192.0.2.0/24 | GB | ripencc | 2020-01-01"), rdap(system, "autnum 64500")
    )
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting B.V."
    assert answer.primary.abuse_contact.email is None
    assert [party.role for party in answer.parties] == ["hosting", "network"]


def test_21_several_origins_are_a_doubt() -> None:
    answer = decided(rdap(network(HOLDER, DESK)), origin("64500 64501 | 192.0.2.0/24 | GB | ripencc | 2020-01-01"))
    assert "several_origins" in codes(answer)


# 22 is about the cache: see tests/unit/test_answers.py. The rule itself:


@pytest.mark.parametrize("kind", ["DIRECT ASSIGNMENT", "REALLOCATION", "ALLOCATED PA", "SUB-ALLOCATED PA", None])
def test_22_types_under_which_more_may_be_registered(kind: str | None) -> None:
    from attribution.decide.chain import is_final_type

    assert not is_final_type(kind)


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
    assert read_http_outcome(status, "text/html", body).outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome", "permanent"),
    [
        ("%ERROR:201: access denied for 192.0.2.1\n%\n% Queries from your IP address have exceeded the daily limit", "rate_limited", False),
        ("%ERROR:201: access permanently denied for 192.0.2.1", "rate_limited", True),
        ("% Query rate limit exceeded. Reduced information.", "rate_limited", False),
        ("", "unreachable", False),
        ("% no match", "not_found", False),
        ("%ERROR:101: no entries found", "not_found", False),
    ],
)  # fmt: skip
def test_23_refusals_on_port_43(text: str, outcome: str, permanent: bool) -> None:
    found = read_whois_outcome(text.encode())
    assert (found.outcome, found.permanent) == (outcome, permanent)


@pytest.mark.parametrize("outcome", ["rate_limited", "unreachable", "malformed"])
def test_23_unanswered_question_is_asked_again_later(outcome: Any) -> None:
    answer = decided(failure(outcome), failure(outcome, f"whois {TARGET}"))
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert answer.failures[0].retry_at


# 24


def test_24_several_addresses_at_several_companies_are_all_named() -> None:
    other = network(
        entity("ORG-OT1-RIPE", ["registrant"], "Other Hosting Ltd"), entity("AR3-RIPE", ["abuse"], "A", "abuse@other.example"),
        first="198.51.100.0", last="198.51.100.255",
    )  # fmt: skip
    host = "www.site.example"
    answer = decided(
        resolved(host, TARGET, "198.51.100.7"), rdap(network(HOLDER, DESK)), rdap(other, "ip 198.51.100.7"), target=host
    )
    assert {party.provider.name for party in answer.parties} == {"Example Hosting B.V.", "Other Hosting Ltd"}
    assert "several_providers" in codes(answer)


def hosted_at(first: str, last: str, number: int) -> dict[str, Any]:
    return network(
        entity(f"ORG-C{number}-RIPE", ["registrant"], f"Company {number} Ltd"),
        entity(f"AR{number}-RIPE", ["abuse"], "Abuse", f"abuse@company{number}.example"),
        first=first,
        last=last,
    )


def test_24_dual_stack_at_two_companies() -> None:
    host = "www.site.example"
    answer = decided(
        resolved(host, TARGET),
        resolved(host, "2001:db8::7"),
        rdap(hosted_at("192.0.2.0", "192.0.2.255", 1)),
        rdap(hosted_at("2001:db8::", "2001:db8::ffff", 2), "ip 2001:db8::7"),
        target=host,
    )
    assert [(one.ip, one.provider) for one in answer.addresses] == [
        (TARGET, "ripe:ORG-C1-RIPE"),
        ("2001:db8::7", "ripe:ORG-C2-RIPE"),
    ]
    assert "several_providers" in codes(answer)


def test_24_round_robin_over_three_companies_of_which_one_is_silent() -> None:
    host = "www.site.example"
    answer = decided(
        resolved(host, TARGET, "198.51.100.7", "203.0.113.7"),
        rdap(hosted_at("192.0.2.0", "192.0.2.255", 1)),
        rdap(hosted_at("198.51.100.0", "198.51.100.255", 2), "ip 198.51.100.7"),
        failure("rate_limited", "ip 203.0.113.7"),
        failure("rate_limited", "whois 203.0.113.7"),
        target=host,
    )
    assert len(answer.addresses) == 3
    assert {party.provider.name for party in answer.parties} == {"Company 1 Ltd", "Company 2 Ltd"}
    assert answer.status == "partial"
    assert {"several_providers", "registry_silent"} <= codes(answer)


def test_24_proxy_beside_a_second_address_that_is_none() -> None:
    host = "www.site.example"
    lists = [{"prefix": "192.0.2.0/24", "kind": "cdn", "company": "Veil", "source": "list", "published": "2026"}]
    front = Record(
        "front", f"front {TARGET}", "lists", rdap({}).fetched_at, "answered", json.dumps({"lists": lists}).encode()
    )
    answer = decided(
        resolved(host, TARGET, "198.51.100.7"),
        front,
        rdap(hosted_at("192.0.2.0", "192.0.2.255", 1)),
        rdap(hosted_at("198.51.100.0", "198.51.100.255", 2), "ip 198.51.100.7"),
        target=host,
    )
    assert answer.fronted
    assert [(party.role, party.provider.name) for party in answer.parties] == [
        ("cdn", "Company 1 Ltd"),
        ("hosting", "Company 2 Ltd"),
    ]


def test_24_name_with_hundreds_of_addresses_does_not_cost_hundreds_of_questions() -> None:
    host = "www.site.example"
    many = resolved(host, *[f"192.0.2.{last}" for last in range(1, 200)])
    answer = decided(many, rdap(network(HOLDER, DESK)), target=host)
    assert len(answer.addresses) == 32
    assert answer.status == "partial"
    assert "addresses_left_out" in codes(answer)
    assert len(planned(suffix(host, "site.example"), many, target=host)) <= 3 * 32 + 1


def test_24_special_address_beside_an_ordinary_one_is_a_doubt() -> None:
    host = "www.site.example"
    answer = decided(resolved(host, TARGET, "10.0.0.1"), rdap(network(HOLDER, DESK)), target=host)
    assert answer.primary
    assert "special_address_in_dns" in codes(answer)


def test_24_resolver_that_rewrites_nxdomain_names_nobody() -> None:
    answer = decided(canary("192.0.2.99"), resolved("www.site.example", "192.0.2.99"), target="www.site.example")
    assert (answer.status, answer.parties) == ("not_resolved", [])
    assert codes(answer) == {"nxdomain_rewritten"}


def test_24_ordinary_name_at_a_resolver_that_rewrites_is_attributed_with_a_doubt() -> None:
    answer = decided(
        canary("192.0.2.99"),
        resolved("www.site.example", TARGET),
        rdap(network(HOLDER, DESK)),
        target="www.site.example",
    )
    assert answer.primary
    assert [one.ip for one in answer.addresses] == [TARGET]
    assert "resolver_rewrites" in codes(answer)


def test_24_wildcard_answer_is_an_answer() -> None:
    found = {
        decided(resolved(name, TARGET), rdap(network(HOLDER, DESK)), target=name).model_dump_json(include={"primary"})
        for name in ("a.wild.example", "b.wild.example")
    }
    assert len(found) == 1
    assert "Example Hosting B.V." in next(iter(found))


# 25


def test_25_hostile_text_in_a_name_never_reaches_terminal_or_csv() -> None:
    from attribution_cli.outputs import csv_line, json_line
    from attribution_cli.safe_text import shown

    name = "=HYPERLINK(\u202eevil)\x1b]8;;http://x\x07"
    answer = decided(rdap(network(entity("ORG-EX1-RIPE", ["registrant"], name), DESK)))
    assert answer.primary
    for line in (csv_line(1, answer), json_line(1, answer)):
        assert shown(line) == line
    assert ",'=HYPER" in csv_line(1, answer) or "\"'=HYPER" in csv_line(1, answer)


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
    text = (
        "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: DEMO-NET\ncountry: NL\norg: ORG-EX1-RIPE\nstatus: ASSIGNED PI\nsource: RIPE\n\n"
        "organisation: ORG-EX1-RIPE\norg-name: Example Hosting B.V.\nsource: RIPE\n"
    )
    by_rdap, by_text = primary(rdap(network(HOLDER, DESK))), primary(whois(text))
    assert by_rdap.provider == by_text.provider
    assert by_rdap.abuse_contact.email == by_text.abuse_contact.email


def test_answer_without_tls_is_a_doubt_unless_it_never_left_the_machine() -> None:
    from dataclasses import replace

    plain = replace(rdap(network(HOLDER, DESK)), tls=False)
    assert "unencrypted" in codes(decided(plain))
    assert "unencrypted" not in codes(decided(replace(plain, server="127.0.0.1:8300")))


def test_explanation_of_the_primary_says_why_the_others_were_passed_over() -> None:
    from attribution.decide import decide

    tenant = network(entity("PP1-RIPE", ["registrant"], "Some Customer"), last="192.0.2.7", kind="ASSIGNED PA")
    records = [rdap(tenant), rdap(PARENT, ABOVE)]
    steps = decide(Evidence(TARGET, records[0].fetched_at, documentation_is_special=False, records=records)).steps
    (primary_step,) = [step for step in steps if step.rule == "primary"]
    assert primary_step.lost == ("Some Customer: a tenant, who may be the offender, is never written to",)


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
def test_truncated_answer_without_a_contact_is_not_taken_for_none(kind: str, status: str, place: str) -> None:
    notice = {"title": "Incomplete", "type": kind, "description": ["Part of the answer was left out."]}
    answer = decided(rdap(network(HOLDER, **{place: [notice]})))
    assert answer.primary
    assert answer.primary.abuse_contact.status == status
    assert "truncated" in codes(answer)
    assert email(rdap(network(HOLDER, DESK, **{place: [notice]}))) == "abuse@hosting.example"


def test_answer_that_is_no_network_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        read_network(b'{"objectClassName": "entity"}', "rdap.example")
    assert read_whois(b"% nothing", "whois.ripe.net") == []
    assert DomainNamed("site.example").text != DomainNamed("site.example", whois=True).text


def test_mailbox_marked_for_abuse_on_a_technical_contact_is_the_abuse_contact_where_no_role_is() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: DEMO\nstatus: ASSIGNED PA\ntech-c: NOC1-RIPE\nsource: RIPE\n\n"
        "role: Example Hosting operations\nnic-hdl: NOC1-RIPE\ne-mail: noc@hosting.example\n"
        "abuse-mailbox: abuse@hosting.example\nsource: RIPE\n"
    )
    assert email(whois(text)) == "abuse@hosting.example"
    noc = entity("NOC1-RIPE", ["technical"], "NOC", "noc@hosting.example")
    noc["vcardArray"][1].append(["email", {"type": "abuse"}, "text", "marked@hosting.example"])
    assert email(rdap(network(HOLDER, noc))) == "marked@hosting.example"
    assert email(rdap(network(HOLDER, noc, DESK))) == "abuse@hosting.example"


def test_17_mailbox_whose_domain_sounds_like_privacy_is_a_mailbox() -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "abuse@privacy-protect.example")
    assert email(rdap(network(HOLDER, desk))) == "abuse@privacy-protect.example"


@pytest.mark.parametrize(("seconds", "asked"), [(2, False), (60, False), (900, True)])
def test_registry_that_asks_for_a_moments_patience_is_not_asked_for_its_text_instead(seconds: int, asked: bool) -> None:
    refused = failure("rate_limited")
    refused = replace(refused, retry_at=refused.fetched_at + timedelta(seconds=seconds))
    wanted = planned(refused)
    assert [type(one) for one in wanted] == ([WhoisAt] if asked else [])
    if asked:
        assert wanted == [WhoisAt(ipaddress.ip_address(TARGET), "whois.ripe.net")]
