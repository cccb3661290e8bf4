"""Who is accountable for a block: whoever others than itself vouch for, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attribution import Attribution, Party
from attribution.decide.accountability import (
    Accountable,
    Proof,
    Undecided,
    accountable_holder,
)
from attribution.decide.facts import Facts
from attribution.decide.levels import chain_of
from attribution.evidence import Question, Record
from attribution.evidence.question import (
    EntityNamed,
    OriginOf,
    SystemNumbered,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
)
from bundles import (
    DESK,
    HOLDER,
    HOST,
    LINK_UP,
    PARENT,
    PARENT_DESK,
    PARENT_HOLDER,
    TARGET,
    UNANNOUNCED,
    above,
    above_of,
    absent,
    address_of,
    announced,
    at,
    below_parent,
    codes,
    customer,
    decided,
    described,
    entity,
    evidence,
    failure,
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
    vouched,
    whois,
)

RESELLER = entity("ORG-RS1-RIPE", ["registrant"], "Reseller Servers Ltd")
RESELLER_DESK = entity("AR8-RIPE", ["abuse"], "Abuse", "abuse@reseller.example", kind="group")
LAST_24 = "192.0.2.255"


def outcome_of(*records: Record, target: str = TARGET) -> Accountable | Undecided:
    facts = Facts.of(evidence(*records, target=target))
    return accountable_holder(facts, chain_of(facts, next(iter(facts.addresses))))


def primary(answer: Attribution) -> Party:
    assert answer.primary, (answer.status, answer.doubts)
    return answer.primary


def way(*records: Record, target: str = TARGET) -> tuple[str, str | None]:
    """Return who is written to first, and why it is accountable."""
    found = primary(decided(*records, target=target))
    return found.provider.id.partition(":")[2], found.accountable


def handed_on(*entities: Any, **more: Any) -> dict[str, Any]:
    """A block that a provider handed on to the reseller, a /24 where nothing else is said."""
    given = entities or (RESELLER, RESELLER_DESK)
    return customer(*given, **{"last": LAST_24, "kind": "SUB-ALLOCATED PA", **more})


def is_customer(answer: Attribution, mailbox: str = "reseller.example") -> None:
    """Hold that the provider above is written to, and that the customer's mailbox is nowhere."""
    assert primary(answer).provider.id == "ripe:ORG-PA1-RIPE"
    assert mailbox not in shown(answer)
    for party in answer.parties:
        if party.provider.id != "ripe:ORG-PA1-RIPE":
            assert (party.role, party.addressee, party.accountable) == ("tenant", False, None)


# Direct blocks


@pytest.mark.parametrize(
    ("server", "kind", "expected"),
    [
        ("rdap.db.ripe.net", "ALLOCATED PA", "direct_allocation"),
        ("rdap.db.ripe.net", "ASSIGNED PI", "direct_assignment"),
        ("rdap.db.ripe.net", "ASSIGNED ANYCAST", "direct_assignment"),
        ("rdap.db.ripe.net", "LEGACY", "legacy"),
        ("rdap.arin.net", "DIRECT ALLOCATION", "direct_allocation"),
        ("rdap.arin.net", "DIRECT ASSIGNMENT", "direct_assignment"),
        ("rdap.apnic.net", "ALLOCATED PORTABLE", "direct_allocation"),
        ("rdap.apnic.net", "ASSIGNED PORTABLE", "direct_assignment"),
        ("rdap.lacnic.net", "ALLOCATED", "direct_allocation"),
        ("rdap.lacnic.net", "ASSIGNED", "direct_assignment"),
        ("rdap.afrinic.net", "ALLOCATED PA", "direct_allocation"),
        ("rdap.afrinic.net", "ASSIGNED PI", "direct_assignment"),
    ],
)
def test_holder_of_a_direct_block_is_accountable(server: str, kind: str, expected: str) -> None:
    found = primary(decided(rdap(network(DESK, kind=kind), server=server)))
    assert found.accountable == expected
    assert found.addressee


@pytest.mark.parametrize("kind", [None, "", "SOMETHING NEW"])
def test_block_of_no_known_type_is_direct_where_nothing_lies_above(kind: str | None) -> None:
    assert way(rdap(network(HOLDER, DESK, kind=kind)))[1] == "direct_allocation"


@pytest.mark.parametrize("kind", [None, "", "SOMETHING NEW"])
def test_block_of_no_known_type_is_a_customers_where_something_lies_above(
    kind: str | None,
) -> None:
    leaf = handed_on(kind=kind)
    is_customer(decided(*below_parent(leaf), *nobody_vouches(RESELLER)))


def test_block_of_no_known_type_waits_for_the_network_above() -> None:
    leaf = handed_on(kind=None)
    answer = decided(rdap(leaf), failure("rate_limited", above_of(leaf)))
    assert (answer.status, answer.primary) == ("retry_later", None)


def test_registrys_own_object_above_is_nobody_above() -> None:
    leaf = handed_on(kind=None)
    root = network(first="0.0.0.0", last="255.255.255.255", kind="ALLOCATED UNSPECIFIED")
    asked = absent(text_at(server="whois.ripe.net"))
    found = way(rdap(leaf), above(root, leaf), asked, *nobody_vouches(RESELLER))
    assert found == ("ORG-RS1-RIPE", "direct_allocation")


# LEGACY


def legacy(*entities: Any, **more: Any) -> dict[str, Any]:
    return network(*entities, kind="LEGACY", **more)


UNIVERSITY = entity("ORG-UN1-RIPE", ["registrant"], "Example University")
OF_REGISTRY = entity("RIPE-NCC-LEGACY-MNT", ["registrant"], "RIPE-NCC-LEGACY-MNT")


def test_topmost_legacy_block_is_direct_once_nothing_lies_above() -> None:
    leaf = legacy(UNIVERSITY, DESK, links=LINK_UP)
    assert isinstance(outcome_of(rdap(leaf)), Undecided)
    assert way(rdap(leaf), absent(above_of(leaf))) == ("ORG-UN1-RIPE", "legacy")


def test_legacy_block_below_another_is_a_customers_unless_the_registry_maintains_it() -> None:
    whole = legacy(UNIVERSITY, PARENT_DESK, last="192.0.3.255")
    leaf = legacy(RESELLER, RESELLER_DESK, links=LINK_UP, last="192.0.2.7")
    known = nobody_vouches(RESELLER)
    answer = decided(*below_parent(leaf, whole), *known)
    assert primary(answer).provider.id == "ripe:ORG-UN1-RIPE"
    assert "reseller.example" not in shown(answer)
    kept = legacy(RESELLER, RESELLER_DESK, OF_REGISTRY, links=LINK_UP, last="192.0.2.7")
    assert way(*below_parent(kept, whole), *known) == ("ORG-RS1-RIPE", "legacy")


@pytest.mark.parametrize("maintainer", ["RIPE-NCC-LOCKED-MNT", "RIPE-NCC-RPSL-MNT", "RESELLER-MNT"])
def test_account_that_others_can_use_maintains_nothing_for_the_registry(maintainer: str) -> None:
    whole = legacy(UNIVERSITY, PARENT_DESK, last="192.0.3.255")
    account = entity(maintainer, ["registrant"], maintainer)
    leaf = legacy(RESELLER, RESELLER_DESK, account, links=LINK_UP, last="192.0.2.7")
    answer = decided(*below_parent(leaf, whole), *nobody_vouches(RESELLER))
    assert primary(answer).provider.id == "ripe:ORG-UN1-RIPE"


# Members


@pytest.mark.parametrize(
    "more",
    [
        {"entities": [entity("RIPE-NCC-HM-MNT", ["registrant"], "RIPE-NCC-HM-MNT")]},
        {
            "networks": [
                network(first="198.51.100.0", last="198.51.100.255", kind="ALLOCATED PA"),
            ]
        },
    ],
)
def test_member_by_its_own_object_is_accountable(more: dict[str, Any]) -> None:
    member = organisation({**RESELLER, **more})
    leaf = customer(RESELLER, RESELLER_DESK)
    assert way(*below_parent(leaf), UNANNOUNCED, member) == ("ORG-RS1-RIPE", "member")


def test_member_by_org_type_in_the_text_is_accountable() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.7\nnetname: RS-7\norg: ORG-RS1-RIPE\nstatus: ASSIGNED PA\n"
        "source: RIPE\n\ninetnum: 192.0.2.0 - 192.0.3.255\nnetname: PA\norg: ORG-PA1-RIPE\n"
        "status: ALLOCATED PA\nsource: RIPE\n\norganisation: ORG-RS1-RIPE\n"
        "org-name: Reseller Servers Ltd\norg-type: {}\nsource: RIPE\n\n"
        "organisation: ORG-PA1-RIPE\norg-name: Parent Networks B.V.\nsource: RIPE\n"
    )
    assert way(whois(text.format("LIR")), UNANNOUNCED) == ("ORG-RS1-RIPE", "member")
    assert way(whois(text.format("OTHER")), UNANNOUNCED) == ("ORG-PA1-RIPE", "direct_allocation")


@pytest.mark.parametrize(
    "more",
    [
        {"networks": [network(first="198.51.100.0", last="198.51.100.255", kind="ASSIGNED PA")]},
        {"networks": [network(first="198.51.100.0", last="198.51.100.255", kind="LEGACY")]},
        {"entities": [entity("RESELLER-MNT", ["registrant"], "RESELLER-MNT")]},
        {"remarks": [{"description": ["org-type: LIR"]}]},
    ],
)
def test_organisation_that_the_registry_does_not_call_a_member_is_a_customer(
    more: dict[str, Any],
) -> None:
    known = organisation({**RESELLER, **more})
    leaf = customer(RESELLER, RESELLER_DESK)
    is_customer(decided(*below_parent(leaf), UNANNOUNCED, known))


def test_membership_is_one_question_to_the_registry_that_named_the_organisation() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    url = "https://rdap.db.ripe.net/entity/ORG-RS1-RIPE"
    wanted: list[Question] = [EntityNamed("ripe", "ORG-RS1-RIPE", url)]
    assert planned(*below_parent(leaf), UNANNOUNCED) == wanted


@pytest.mark.parametrize("server", ["rdap.arin.net", "rdap.apnic.net", "rdap.lacnic.net"])
def test_registries_that_do_not_tell_members_are_not_asked_for_them(server: str) -> None:
    kinds = {
        "rdap.arin.net": ("DIRECT ALLOCATION", "REASSIGNMENT"),
        "rdap.apnic.net": ("ALLOCATED PORTABLE", "ASSIGNED NON-PORTABLE"),
        "rdap.lacnic.net": ("ALLOCATED", "REASSIGNED"),
    }[server]
    space = server.split(".")[1]
    names = {"arin": ("PANE", "RESE"), "apnic": ("ORG-PA1-AP", "ORG-RS1-AP")}
    above_it, below_it = names.get(space, ("AR-PANE-LACNIC", "AR-RESE-LACNIC"))
    holder = entity(below_it, ["registrant"], "Reseller Servers Ltd")
    link = [{"rel": "up", "href": f"https://{server}/ip/192.0.2.0/23"}]
    leaf = network(holder, RESELLER_DESK, last="192.0.2.7", kind=kinds[1], links=link)
    parent = network(
        entity(above_it, ["registrant"], "Parent"), PARENT_DESK, last="192.0.3.255", kind=kinds[0]
    )
    records = rdap(leaf, server=server), above(parent, leaf, server), UNANNOUNCED
    assert not [one for one in planned(*records) if isinstance(one, EntityNamed)]
    answer = decided(*records)
    assert primary(answer).provider.id.endswith(above_it)
    assert "reseller.example" not in shown(answer)


def test_membership_that_is_not_known_yet_names_nobody() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    question = EntityNamed("ripe", "ORG-RS1-RIPE", "https://rdap.db.ripe.net/entity/ORG-RS1-RIPE")
    records = *below_parent(leaf), UNANNOUNCED, failure("unreachable", question)
    found = outcome_of(*records)
    assert isinstance(found, Undecided)
    assert found.missing is Proof.MEMBER
    answer = decided(*records)
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert "reseller.example" not in shown(answer)


def test_organisation_that_the_registry_does_not_know_is_no_member() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    question = EntityNamed("ripe", "ORG-RS1-RIPE", "https://rdap.db.ripe.net/entity/ORG-RS1-RIPE")
    is_customer(decided(*below_parent(leaf), UNANNOUNCED, absent(question)))


# Redistribution


@pytest.mark.parametrize("kind", ["SUB-ALLOCATED PA", "LIR-PARTITIONED PA"])
def test_block_handed_on_for_redistribution_is_its_holders(kind: str) -> None:
    leaf = handed_on(kind=kind)
    answer = decided(*below_parent(leaf))
    found = primary(answer)
    assert (found.role, found.accountable) == ("reseller", "redistribution")
    assert found.abuse_contact.email == "abuse@reseller.example"
    assert [party.provider.name for party in answer.parties] == [
        "Reseller Servers Ltd",
        "Parent Networks B.V.",
    ]


@pytest.mark.parametrize(
    ("first", "last", "enough"),
    [
        ("192.0.2.0", "192.0.2.127", False),
        ("192.0.2.0", "192.0.2.254", False),
        ("192.0.2.0", "192.0.2.255", True),
    ],
)
def test_redistribution_needs_a_24(first: str, last: str, enough: bool) -> None:
    leaf = handed_on(first=first, last=last)
    answer = decided(*below_parent(leaf), *nobody_vouches(RESELLER))
    if enough:
        assert primary(answer).accountable == "redistribution"
    else:
        is_customer(answer)


@pytest.mark.parametrize(
    ("last", "enough"),
    [("2001:db8:0:ffff:ffff:ffff:ffff:ffff", True), ("2001:db8:0:7fff:ffff:ffff:ffff:ffff", False)],
)
def test_redistribution_needs_a_48(last: str, enough: bool) -> None:
    target = "2001:db8::7"
    link = [{"rel": "up", "href": "https://rdap.db.ripe.net/ip/192.0.2.0/23"}]
    leaf = network(
        RESELLER, RESELLER_DESK, first="2001:db8::", last=last, kind="ALLOCATED-BY-LIR", links=link
    )
    whole = network(
        PARENT_HOLDER,
        PARENT_DESK,
        first="2001:db8::",
        last="2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        kind="ALLOCATED-BY-RIR",
    )
    unannounced = absent(OriginOf(address_of(target)))
    known = rdap(leaf, at(target)), above(whole, leaf), unannounced, organisation(RESELLER)
    found = primary(decided(*known, target=target))
    assert found.accountable == ("redistribution" if enough else "direct_allocation")


NO_CONTACT_OF_ITS_OWN: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "the parent's": [PARENT_DESK],
    "the parent's in another spelling": [
        entity("AR8-RIPE", ["abuse"], "Abuse", "ABUSE+rs@Parent.example")
    ],
    "masked": [entity("AR8-RIPE", ["abuse"], "Abuse", "***@reseller.example")],
    "unusable": [entity("AR8-RIPE", ["abuse"], "Abuse", "abuse@reseller_1.example")],
    "a registry's placeholder": [entity("AR8-RIPE", ["abuse"], "Abuse", "abuse@ripe.net")],
    "only a technical one": [entity("TC8-RIPE", ["technical"], "N", "noc@reseller.example")],
}


@pytest.mark.parametrize("contact", NO_CONTACT_OF_ITS_OWN)
def test_redistribution_needs_a_contact_of_its_own(contact: str) -> None:
    leaf = handed_on(RESELLER, *NO_CONTACT_OF_ITS_OWN[contact])
    answer = decided(*below_parent(leaf), *nobody_vouches(RESELLER))
    is_customer(answer)


def form_desk(handle: str, link: str) -> dict[str, Any]:
    desk = entity(handle, ["abuse"], "Abuse")
    desk["vcardArray"][1].append(["contact-uri", {}, "uri", link])
    return desk


def test_form_of_the_provider_above_is_no_contact_of_its_own() -> None:
    link = "https://parent.example/abuse"
    parent = network(
        PARENT_HOLDER, form_desk("AR2-RIPE", link), kind="ALLOCATED PA", last="192.0.3.255"
    )
    leaf = handed_on(RESELLER, form_desk("AR8-RIPE", link))
    answer = decided(*below_parent(leaf, parent), *nobody_vouches(RESELLER))
    assert primary(answer).provider.id == "ripe:ORG-PA1-RIPE"


def test_redistribution_needs_an_organisation_object() -> None:
    leaf = handed_on(RESELLER_DESK, **described("Reseller Servers Ltd"))
    is_customer(decided(*below_parent(leaf)))


SITE_CONTACTS: dict[str, tuple[dict[str, Any], str]] = {
    "mailbox in the host's domain": (
        entity("AR8-RIPE", ["abuse"], "Abuse", "abuse@reseller.example"),
        "www.reseller.example",
    ),
    "mailbox below the host": (
        entity("AR8-RIPE", ["abuse"], "Abuse", "abuse@mail.www.reseller.example"),
        "www.reseller.example",
    ),
    "form at the host": (
        form_desk("AR8-RIPE", "https://www.reseller.example/abuse"),
        "www.reseller.example",
    ),
    "form on the address": (form_desk("AR8-RIPE", f"http://{TARGET}/abuse"), HOST),
    "form on the address as an integer": (form_desk("AR8-RIPE", "http://3221225991/abuse"), HOST),
    "form on the address in IPv6": (form_desk("AR8-RIPE", "http://[::ffff:192.0.2.7]/"), HOST),
    "form at the host in another alphabet": (
        form_desk("AR8-RIPE", "https://www.bücher.example/abuse"),
        "www.bücher.example",
    ),
}


@pytest.mark.parametrize("contact", SITE_CONTACTS)
def test_contact_that_the_site_may_run_is_no_contact_of_its_own(contact: str) -> None:
    desk, host = SITE_CONTACTS[contact]
    name = "www.xn--bcher-kva.example" if "ü" in host else host
    leaf = handed_on(RESELLER, desk)
    dns = suffix(name, name.partition(".")[2]), resolved(name, TARGET)
    answer = decided(*dns, *below_parent(leaf), *nobody_vouches(RESELLER), target=host)
    assert primary(answer).provider.id == "ripe:ORG-PA1-RIPE"
    assert "abuse@reseller.example" not in shown(answer)


def test_mailbox_in_the_domain_of_an_alias_of_the_site_is_refused() -> None:
    alias = "edge.reseller.example"
    leaf = handed_on()
    dns = (
        suffix(HOST, "site.example"),
        suffix(alias, "reseller.example"),
        resolved(HOST, TARGET, alias=alias),
    )
    is_customer(
        decided(*dns, *below_parent(leaf), *nobody_vouches(RESELLER), target=HOST),
        "abuse@reseller.example",
    )


@pytest.mark.parametrize(
    "link", ["https://[abuse", "https://[::1", "http://:::/", "https://\u2100"]
)
def test_form_that_is_no_url_raises_nothing(link: str) -> None:
    leaf = handed_on(RESELLER, form_desk("AR8-RIPE", link))
    answer = decided(*below_parent(leaf), *nobody_vouches(RESELLER))
    assert answer.primary


# The holder of the AS that announces the block


def holds(*systems: Record, prefix: str = "192.0.2.0/24", asns: tuple[int, ...] = (64500,)) -> Any:
    leaf = customer(RESELLER, RESELLER_DESK, last=LAST_24)
    return (*below_parent(leaf), announced(prefix, *asns), *systems)


def test_organisation_that_announces_its_block_by_its_own_as_is_accountable() -> None:
    records = holds(system(64500, RESELLER))
    assert way(*records) == ("ORG-RS1-RIPE", "holds_as")
    found = primary(decided(*records))
    assert (found.role, found.abuse_contact.email) == ("reseller", "abuse@reseller.example")


def test_longest_prefix_within_the_block_counts_too() -> None:
    assert way(*holds(system(64500, RESELLER), prefix="192.0.2.0/25"))[1] == "holds_as"


def test_wider_announcement_than_the_block_proves_nothing() -> None:
    """The reseller announces the provider's whole /23 (it may, or it may have hijacked it)."""
    records = holds(system(64500, RESELLER), organisation(RESELLER), prefix="192.0.2.0/23")
    is_customer(decided(*records), "abuse@reseller.example")


def test_every_as_that_announces_it_must_be_its_own() -> None:
    asns = (64500, 64501)
    own, other = system(64500, RESELLER), system(64501, PARENT_HOLDER)
    records = holds(own, other, organisation(RESELLER), asns=asns)
    is_customer(decided(*records), "abuse@reseller.example")
    assert way(*holds(own, system(64501, RESELLER), asns=asns))[1] == "holds_as"


def test_organisation_of_another_registry_with_the_same_handle_is_another_company() -> None:
    """`RESE` at ARIN announces the block of `RESE` at LACNIC: that proves nothing."""
    at_lacnic, at_arin = "rdap.lacnic.net", "rdap.arin.net"
    holder = entity("RESE", ["registrant"], "Reseller Servers Ltd")
    link = [{"rel": "up", "href": f"https://{at_lacnic}/ip/192.0.2.0/23"}]
    leaf = network(holder, RESELLER_DESK, kind="REASSIGNED", links=link)
    parent = network(
        entity("PANE", ["registrant"], "Parent"), PARENT_DESK, last="192.0.3.255", kind="ALLOCATED"
    )
    known = (
        rdap(leaf, server=at_lacnic),
        above(parent, leaf, at_lacnic),
        announced("192.0.2.0/24", 64500, registry="arin"),
    )
    elsewhere = decided(*known, system(64500, holder, server=at_arin))
    assert primary(elsewhere).provider.id == "lacnic:PANE"
    assert (
        primary(decided(*known, system(64500, holder, server=at_lacnic))).accountable == "holds_as"
    )
    word = vouched("lacnic:RESE")
    found = primary(decided(*known, system(64500, holder, server=at_arin), word))
    assert (found.provider.id, found.accountable) == ("lacnic:RESE", "vouched")


def test_equal_names_prove_nothing() -> None:
    namesake = entity("ORG-NM1-RIPE", ["registrant"], "Reseller Servers Ltd")
    answer = decided(*holds(system(64500, namesake), organisation(RESELLER)))
    assert primary(answer).provider.id == "ripe:ORG-PA1-RIPE"
    assert "namesake" in codes(answer)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ((), SystemNumbered(64500)),
        (
            (failure("unreachable", SystemNumbered(64500)),),
            WhoisSystem(64500, "whois.ripe.net"),
        ),
    ],
)
def test_holder_of_the_as_is_asked_for_where_it_could_change_the_answer(
    known: tuple[Record, ...], wanted: Question
) -> None:
    assert planned(*holds(*known)) == [wanted]


def test_holder_of_the_as_is_not_asked_for_where_the_announcement_is_wider() -> None:
    asked = planned(*holds(prefix="192.0.2.0/23"))
    assert [type(one) for one in asked] == [EntityNamed]


def test_direct_assignment_asks_for_no_as() -> None:
    assert planned(rdap(network(HOLDER, DESK)), announced("192.0.2.0/24", 64500)) == []


@pytest.mark.parametrize("outcome", ["timeout", "servfail"])
def test_announcement_that_is_not_known_names_nobody(outcome: Any) -> None:
    leaf = customer(RESELLER, RESELLER_DESK, last=LAST_24)
    answer = decided(*below_parent(leaf), failure(outcome, OriginOf(address_of(TARGET))))
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert "reseller.example" not in shown(answer)


def test_holder_of_the_as_that_is_not_known_names_nobody() -> None:
    silent = failure("unreachable", SystemNumbered(64500))
    answer = decided(*holds(silent, organisation(RESELLER)))
    assert (answer.status, answer.primary) == ("retry_later", None)


def test_as_that_no_registry_knows_proves_nothing() -> None:
    records = holds(absent(SystemNumbered(64500)), organisation(RESELLER))
    is_customer(decided(*records), "abuse@reseller.example")


def test_each_address_of_the_site_is_judged_by_its_own_announcement() -> None:
    """The reseller announces one half of its block; an address in the other half proves nothing."""
    other = "192.0.2.200"
    leaf = customer(RESELLER, RESELLER_DESK, last=LAST_24)
    known = (
        *below_parent(leaf),
        rdap(leaf, at(other)),
        announced("192.0.2.0/25", 64500),
        announced("192.0.2.0/23", 64501, address=other),
        system(64500, RESELLER),
        system(64501, PARENT_HOLDER),
        organisation(RESELLER),
    )
    answer = decided(resolved(HOST, TARGET, other), *known, target=HOST)
    assert [(one.ip, one.provider) for one in answer.addresses] == [
        (TARGET, "ripe:ORG-RS1-RIPE"),
        (other, "ripe:ORG-PA1-RIPE"),
    ]


def test_mailbox_of_the_site_is_refused_where_the_as_alone_vouches() -> None:
    host = "www.reseller.example"
    dns = suffix(host, "reseller.example"), resolved(host, TARGET)
    answer = decided(*dns, *holds(system(64500, RESELLER)), target=host)
    found = primary(answer)
    assert (found.accountable, found.abuse_contact.email) == ("holds_as", None)
    assert "mailbox_of_the_site" in codes(answer)
    assert answer.status == "partial"
    second = answer.parties[1]
    assert second.abuse_contact.email == "abuse@parent.example"


# Vouched


def test_vouched_company_is_accountable_and_the_provider_above_is_next() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    answer = decided(*below_parent(leaf), *nobody_vouches(RESELLER), vouched("ripe:ORG-RS1-RIPE"))
    assert primary(answer).accountable == "vouched"
    assert [party.provider.id for party in answer.parties if party.addressee] == [
        "ripe:ORG-RS1-RIPE",
        "ripe:ORG-PA1-RIPE",
    ]
    assert any(one.kind == "vouched" for one in answer.evidence)


def test_vouching_needs_no_network_above() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    records = rdap(leaf), failure("unreachable", above_of(leaf)), vouched("ripe:ORG-RS1-RIPE")
    assert way(*records) == ("ORG-RS1-RIPE", "vouched")


@pytest.mark.parametrize("provider", ["arin:ORG-RS1-RIPE", "ripe:ORG-RS11-RIPE", "ripe:ORG-RS1"])
def test_vouching_for_another_company_proves_nothing(provider: str) -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    is_customer(decided(*below_parent(leaf), *nobody_vouches(RESELLER), vouched(provider)))


def test_mailbox_of_the_site_stays_for_a_vouched_company_with_a_doubt() -> None:
    host = "www.reseller.example"
    leaf = customer(RESELLER, RESELLER_DESK)
    dns = suffix(host, "reseller.example"), resolved(host, TARGET)
    answer = decided(*dns, *below_parent(leaf), vouched("ripe:ORG-RS1-RIPE"), target=host)
    assert primary(answer).abuse_contact.email == "abuse@reseller.example"
    assert "mailbox_of_the_site" in codes(answer)


# A provider's own blocks


def test_block_of_the_same_organisation_is_the_providers_own() -> None:
    own_desk = entity("AR3-RIPE", ["abuse"], "Abuse", "dedicated@parent.example")
    leaf = customer(PARENT_HOLDER, own_desk)
    answer = decided(*below_parent(leaf))
    found = primary(answer)
    assert (found.role, found.provider.id) == ("hosting", "ripe:ORG-PA1-RIPE")
    # A customer's accounts may have set the block's own.
    assert found.abuse_contact.email == "abuse@parent.example"
    assert "dedicated@parent.example" not in answer.model_dump_json()
    assert len(answer.parties) == 1


def test_contact_of_an_own_block_counts_only_where_nobody_but_the_holder_edits_it() -> None:
    own_desk = entity("AR3-RIPE", ["abuse"], "Abuse", "dedicated@parent.example")
    silent = PARENT_HOLDER

    def named(*accounts: str) -> str | None:
        leaf = customer(
            PARENT_HOLDER, own_desk, *(entity(name, ["registrant"]) for name in accounts)
        )
        parent = network(
            silent, entity("PA-MNT", ["registrant"]), kind="ALLOCATED PA", last="192.0.3.255"
        )
        return primary(decided(*below_parent(leaf, parent))).abuse_contact.email

    assert named("PA-MNT") == "dedicated@parent.example"
    assert named("PA-MNT", "CUSTOMER-MNT") is None
    assert named() is None


@pytest.mark.parametrize("desks", [(), (PARENT_DESK,)])
def test_block_without_organisation_and_contact_is_the_providers_own(desks: Any) -> None:
    leaf = customer(*desks, **described("Rack 7, for Some Customer"))
    answer = decided(*below_parent(leaf))
    assert [party.role for party in answer.parties] == ["hosting"]
    assert "Some Customer" not in shown(answer)


def test_block_without_organisation_and_with_a_mailbox_of_its_own_is_a_customers() -> None:
    leaf = customer(RESELLER_DESK, **described("Reseller Servers Ltd"))
    answer = decided(*below_parent(leaf))
    is_customer(answer)
    assert [party.provider.name for party in answer.parties if not party.addressee] == [
        "Reseller Servers Ltd"
    ]


def test_customers_own_more_specific_block_leaves_the_customer_a_customer() -> None:
    middle = customer(RESELLER, RESELLER_DESK, last="192.0.2.127")
    leaf = customer(RESELLER, RESELLER_DESK)
    records = rdap(leaf), above(middle, leaf), above(PARENT, middle), *nobody_vouches(RESELLER)
    answer = decided(*records)
    is_customer(answer)
    assert [party.role for party in answer.parties].count("tenant") >= 1


def test_first_accountable_network_above_two_customers_is_the_addressee() -> None:
    other = entity("ORG-OT1-RIPE", ["registrant"], "Other Customer Ltd")
    leaf = customer(other, entity("AR0-RIPE", ["abuse"], "A", "abuse@other.example"))
    middle = handed_on()
    answer = decided(
        rdap(leaf), above(middle, leaf), above(PARENT, middle), UNANNOUNCED, organisation(other)
    )
    found = primary(answer)
    assert (found.provider.id, found.accountable) == ("ripe:ORG-RS1-RIPE", "redistribution")
    assert "other.example" not in shown(answer)
    addressees = [party.provider.id for party in answer.parties if party.addressee]
    assert addressees == ["ripe:ORG-RS1-RIPE", "ripe:ORG-PA1-RIPE"]


# Customers


@pytest.mark.parametrize("remark", ["notices to abuse@reseller.example", "noc@reseller.example"])
def test_no_mailbox_of_a_customer_is_anywhere_in_the_answer(remark: str) -> None:
    people = [
        entity(f"P{number}-RIPE", [role], "N", f"{role}@reseller.example")
        for number, role in enumerate(("technical", "administrative", "noc", "registrant", "x"))
    ]
    holder = {**RESELLER, "entities": [RESELLER_DESK]}
    leaf = customer(holder, RESELLER_DESK, *people, **described("Reseller", remark))
    is_customer(decided(*below_parent(leaf), *nobody_vouches(RESELLER)))


@pytest.mark.parametrize("above_is", ["not_found", "unreachable", "malformed"])
def test_customer_alone_is_never_written_to(above_is: Any) -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    answer = decided(
        rdap(leaf),
        failure(above_is, above_of(leaf)),
        failure(above_is, text_at(server="whois.ripe.net")),
        *nobody_vouches(RESELLER),
    )
    assert answer.primary is None
    assert answer.status == ("partial" if above_is == "not_found" else "retry_later")
    assert answer.write_order == []
    assert not any(party.addressee for party in answer.parties)
    assert "reseller.example" not in shown(answer)


def test_inherited_contact_does_not_name_the_customer_while_the_network_above_is_silent() -> None:
    """Case r06: no organisation, the provider's mailbox, and no word of the provider."""
    leaf = customer(PARENT_DESK, **described("Some Customer"))
    answer = decided(rdap(leaf), failure("unreachable", above_of(leaf)))
    assert (answer.status, answer.primary, answer.parties) == ("retry_later", None, [])


def test_same_case_by_port_43_names_nobody_either() -> None:
    """Case r07: by text alone, without the network above."""
    text = (
        "% Abuse contact for '192.0.2.0 - 192.0.2.7' is 'abuse@parent.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.2.7\nnetname: CUST-7\ndescr: Some Customer\n"
        "status: ASSIGNED PA\nmnt-by: PARENT-MNT\nsource: RIPE\n"
    )
    answer = decided(failure("unreachable"), whois(text, question=text_at(server="whois.ripe.net")))
    assert answer.primary is None
    assert not any(party.addressee for party in answer.parties)


# What is asked about the network above, by port 43


def test_lacnic_is_asked_for_the_exact_block_above() -> None:
    text = (
        "inetnum: 192.0.2.0/29\nstatus: reassigned\nowner: Cliente S.A.\n"
        "ownerid: AR-CLSA-LACNIC\ncountry: AR\ninetnum-up: 192.0.2/23\n"
    )
    server = "whois.lacnic.net"
    silent = failure("unreachable", server="rdap.lacnic.net")
    records = silent, whois(text, server, text_at(server=server)), UNANNOUNCED
    assert planned(*records) == [WhoisAbove("192.0.2.0/23", server)]
    whole = (
        "inetnum: 192.0.2.0/23\nstatus: allocated\nowner: Proveedor S.A.\n"
        "ownerid: AR-PRSA-LACNIC\ncountry: AR\n"
    )
    found = way(*records, whois(whole, server, WhoisAbove("192.0.2.0/23", server)))
    assert found == ("AR-PRSA-LACNIC", "direct_allocation")


def test_silent_network_above_is_asked_for_on_port_43() -> None:
    leaf = customer(RESELLER)
    records = rdap(leaf), failure("unreachable", above_of(leaf)), UNANNOUNCED
    assert planned(*records) == [WhoisAt(address_of(TARGET), "whois.ripe.net")]


# Cheap accountability


def at_once(answer: Attribution) -> list[str]:
    return [step.to for step in answer.write_order if step.when == "now"]


def test_cheap_holder_and_the_provider_above_are_written_to_in_the_same_hour() -> None:
    both = ["Reseller Servers Ltd", "Parent Networks B.V."]
    assert at_once(decided(*below_parent(handed_on()))) == both
    assert at_once(decided(*holds(system(64500, RESELLER)))) == both


def test_member_and_vouched_are_not_cheap() -> None:
    leaf = customer(RESELLER, RESELLER_DESK)
    member = organisation(
        {**RESELLER, "entities": [entity("RIPE-NCC-HM-MNT", ["registrant"], "RIPE-NCC-HM-MNT")]}
    )
    first = ["Reseller Servers Ltd"]
    assert at_once(decided(*below_parent(leaf), UNANNOUNCED, member)) == first
    assert at_once(decided(*below_parent(leaf), vouched("ripe:ORG-RS1-RIPE"))) == first


@pytest.mark.parametrize(("last", "cheap"), [("192.0.2.255", True), ("192.0.5.255", False)])
def test_small_direct_block_is_cheap_and_the_announcing_network_is_written_to_at_once(
    last: str, cheap: bool
) -> None:
    first = "192.0.2.0"
    transit = entity("ORG-TR1-RIPE", ["registrant"], "Transit Ltd")
    desk = entity("AR5-RIPE", ["abuse"], "A", "abuse@transit.example")
    answer = decided(
        rdap(network(HOLDER, DESK, first=first, last=last)),
        announced("192.0.2.0/24", 64500),
        system(64500, transit, desk),
    )
    names = ["Example Hosting B.V.", *(["Transit Ltd"] if cheap else [])]
    assert at_once(answer) == names
    assert primary(answer).provider.name == "Example Hosting B.V."
    assert "perhaps_leased" not in codes(answer)


# Leased space


TRANSIT = entity("ORG-TR1-RIPE", ["registrant"], "Transit Ltd")
TRANSIT_DESK = entity("AR5-RIPE", ["abuse"], "A", "abuse@transit.example")
BROKER = network(PARENT_HOLDER, PARENT_DESK, kind="ALLOCATED PA", last="192.0.3.255")


def test_allocation_without_a_leaf_that_another_announces_is_perhaps_leased() -> None:
    answer = decided(
        rdap(BROKER), announced("192.0.2.0/24", 64500), system(64500, TRANSIT, TRANSIT_DESK)
    )
    assert "perhaps_leased" in codes(answer)
    assert [(one.role, one.addressee) for one in answer.parties] == [
        ("allocation_holder", True),
        ("network", True),
    ]
    assert at_once(answer) == ["Parent Networks B.V.", "Transit Ltd"]


@pytest.mark.parametrize("asn", [19551, 32787])
def test_network_that_filters_attacks_leases_nothing(asn: int) -> None:
    answer = decided(
        rdap(BROKER), announced("192.0.2.0/24", asn), system(asn, TRANSIT, TRANSIT_DESK)
    )
    assert "perhaps_leased" not in codes(answer)
    assert at_once(answer) == ["Parent Networks B.V."]


def test_own_as_of_the_allocations_holder_is_no_lease() -> None:
    answer = decided(rdap(BROKER), announced("192.0.2.0/23", 64500), system(64500, PARENT_HOLDER))
    assert "perhaps_leased" not in codes(answer)
    assert len(answer.parties) == 1


def test_direct_assignment_that_another_announces_is_no_lease() -> None:
    answer = decided(
        rdap(network(HOLDER, DESK)),
        announced("192.0.2.0/24", 64500),
        system(64500, TRANSIT, TRANSIT_DESK),
    )
    assert "perhaps_leased" not in codes(answer)


def test_description_in_the_name_of_the_announcing_company_hides_no_lease() -> None:
    """A customer writes its description: it cannot take the AS's holder off the list by it."""
    leaf = customer(RESELLER_DESK, **described("Transit Ltd"))
    answer = decided(
        *below_parent(leaf, BROKER),
        announced("192.0.2.0/24", 64500),
        system(64500, TRANSIT, TRANSIT_DESK),
    )
    assert "perhaps_leased" in codes(answer)
    own = customer(**described("Transit Ltd"))
    answer = decided(
        *below_parent(own, BROKER),
        announced("192.0.2.0/24", 64500),
        system(64500, TRANSIT, TRANSIT_DESK),
    )
    assert "ripe:ORG-TR1-RIPE" in [party.provider.id for party in answer.parties]


# National registries


def test_topmost_block_of_a_national_registry_is_direct_and_all_below_are_customers() -> None:
    server = "rdap.registro.br"
    holder = entity("00000000000100", ["registrant"], "Exemplo Hospedagem Ltda")
    small = entity("00000000000200", ["registrant"], "Cliente Exemplo Ltda")
    link = [{"rel": "up", "href": f"https://{server}/ip/192.0.2.0/23"}]
    leaf = network(small, RESELLER_DESK, last="192.0.2.15", kind=None, links=link)
    whole = network(holder, PARENT_DESK, last="192.0.3.255", kind=None)
    records = rdap(leaf, server=server), above(whole, leaf, server), UNANNOUNCED
    answer = decided(*records)
    found = primary(answer)
    assert (found.provider.id, found.accountable) == ("nicbr:00000000000100", "direct_allocation")
    assert "reseller.example" not in shown(answer)


def test_claims_of_a_server_that_no_registry_runs_make_nobody_accountable() -> None:
    """Neither its network, nor its word about an AS or an organisation."""
    claimed = system(64500, RESELLER, server="rdap.reseller.example")
    leaf = customer(RESELLER, RESELLER_DESK, last=LAST_24)
    records = *below_parent(leaf), announced("192.0.2.0/24", 64500), claimed, organisation(RESELLER)
    answer = decided(*records)
    assert answer.primary is None or answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert not [party for party in answer.parties if party.role == "network"]
    block = replace(
        rdap(network(RESELLER, RESELLER_DESK, last="192.0.2.7"), server="rdap.reseller.example"),
    )
    answer = decided(rdap(BROKER), block)
    assert primary(answer).provider.id == "ripe:ORG-PA1-RIPE"
    assert "claim" in codes(answer)
