"""Which mailbox or form a registration publishes for abuse: the order of the rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from attribution.decide.abuse_contact import (
    RULES,
    Publication,
    entity_to_fetch,
    fallback_contacts,
    published_contact,
)
from attribution.models import AbuseContact
from attribution.registry.readers import read_entity, read_networks
from attribution.registry.registration import Network
from attribution.registry.servers import server_for_url, whois_server
from bundles import (
    DESK,
    HOLDER,
    PARENT_HOLDER,
    UNANNOUNCED,
    announced,
    below_parent,
    codes,
    customer,
    decided,
    described,
    entity,
    network,
    rdap,
    system,
    whois,
)

RIPE = server_for_url("https://rdap.db.ripe.net/")
ARIN = server_for_url("https://rdap.arin.net/")


def read(document: dict[str, Any], server: Any = RIPE) -> Network:
    return read_networks(json.dumps(document).encode(), server)[0]


def published(document: dict[str, Any], server: Any = RIPE) -> Publication:
    return published_contact(read(document, server), {})


def contact(document: dict[str, Any]) -> AbuseContact:
    answer = decided(rdap(document))
    assert answer.primary
    return answer.primary.abuse_contact


# The order


def abuse_role(box: str) -> dict[str, Any]:
    return {"entities": [entity("AR1-RIPE", ["abuse"], "Abuse", box)]}


def organisations_role(box: str) -> dict[str, Any]:
    nested = entity("AR2-RIPE", ["abuse"], "Abuse", box)
    return {"entities": [{**HOLDER, "entities": [nested]}]}


def registrys_line(box: str) -> dict[str, Any]:
    notice = f"Abuse contact for '192.0.2.0 - 192.0.2.255' is '{box}'\nThis is the inherited one."
    return described(notice)


def marked(box: str) -> dict[str, Any]:
    noc = entity("NOC1-RIPE", ["technical"], "NOC")
    noc["vcardArray"][1].append(["email", {"type": "abuse"}, "text", box])
    return {"entities": [noc]}


IN_ORDER: list[Callable[[str], dict[str, Any]]] = [
    abuse_role,
    organisations_role,
    registrys_line,
    marked,
]
"""Documents that each rule reads, in the order of the rules."""


def merged(*documents: dict[str, Any]) -> dict[str, Any]:
    entities = [one for document in documents for one in document.get("entities", [])]
    remarks = [one for document in documents for one in document.get("remarks", [])]
    return network(*entities, remarks=remarks)


def test_rules_are_these_in_this_order() -> None:
    """A change of the order is a change of who gets the notice."""
    assert [(rule.name, rule.only_own_space) for rule in RULES] == [
        ("the network's abuse role", False),
        ("the organisation's abuse role", False),
        ("the registry's line on the abuse contact, which follows its inheritance", False),
        ("a contact of the network that publishes a mailbox for abuse", True),
        ("a web form named in remarks", True),
    ]


@pytest.mark.parametrize("place", range(len(IN_ORDER)))
def test_first_rule_that_gives_a_mailbox_wins(place: int) -> None:
    documents = [make(f"box{number}@hosting.example") for number, make in enumerate(IN_ORDER)]
    found = published_contact(read(merged(*documents[place:][::-1])), {}, RULES)
    assert found.email == f"box{place}@hosting.example"
    assert found.rule == RULES[place].name


def test_marked_mailbox_of_another_contact_is_no_rule_for_customers() -> None:
    assert published(merged(marked("abuse@customer.example"))) == Publication()


@pytest.mark.parametrize(
    ("make", "scope"), [(abuse_role, "network"), (organisations_role, "organisation")]
)
def test_scope_says_whose_it_is(make: Callable[[str], dict[str, Any]], scope: str) -> None:
    assert published(merged(make("abuse@hosting.example"))).scope == scope


def test_apnics_irt_is_the_networks_abuse_role() -> None:
    text = (
        "inetnum: 192.0.2.0 - 192.0.2.255\nnetname: EX\nmnt-irt: IRT-EX-SG\nsource: APNIC\n\n"
        "irt: IRT-EX-SG\nabuse-mailbox: abuse@hosting.example\nsource: APNIC\n"
    )
    found = read_networks(text.encode(), whois_server("whois.apnic.net"))[0]
    assert published_contact(found, {}).email == "abuse@hosting.example"


def test_registrar_and_technical_contacts_are_never_opened() -> None:
    nested = entity("X", ["abuse"], "Abuse", "abuse@elsewhere.example")
    for role in ("registrar", "technical", "administrative", "noc", "sponsor"):
        block = network(entity("Y-RIPE", [role], "Y", entities=[nested]))
        assert published(block).email is None


def test_parents_contact_comes_after_the_networks_and_before_the_as() -> None:
    """Of one company: its own block's, then the network above, then its AS."""
    own = entity("AR3-RIPE", ["abuse"], "Abuse", "own@parent.example")
    above_desk = entity("AR2-RIPE", ["abuse"], "Abuse", "above@parent.example")
    of_as = entity("AR4-RIPE", ["abuse"], "Abuse", "as@parent.example")
    announcing = announced("192.0.2.0/23", 64500), system(64500, PARENT_HOLDER, of_as)

    def found(*desks: Any, parent: tuple[Any, ...]) -> AbuseContact:
        leaf = customer(PARENT_HOLDER, *desks, kind="ASSIGNED PI")
        whole = network(PARENT_HOLDER, *parent, kind="ALLOCATED PA", last="192.0.3.255")
        answer = decided(*below_parent(leaf, whole), *announcing)
        assert answer.primary
        return answer.primary.abuse_contact

    assert found(own, parent=(above_desk,)).email == "own@parent.example"
    by_parent = found(parent=(above_desk,))
    assert (by_parent.email, by_parent.scope) == ("above@parent.example", "parent_network")
    by_as = found(parent=())
    assert (by_as.email, by_as.scope) == ("as@parent.example", "autonomous_system")


def test_contact_of_another_companys_as_is_never_taken() -> None:
    of_as = entity("AR4-RIPE", ["abuse"], "Abuse", "as@transit.example")
    transit = entity("ORG-TR1-RIPE", ["registrant"], "Example Hosting B.V.")
    answer = decided(
        rdap(network(HOLDER)), announced("192.0.2.0/24", 64500), system(64500, transit, of_as)
    )
    assert answer.primary
    assert answer.primary.abuse_contact.status == "not_published"


# What is a mailbox


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("abuse@HOSTING.example", "abuse@hosting.example"),
        ("Abuse@hosting.example", "Abuse@hosting.example"),
        ("mailto:abuse@hosting.example", "abuse@hosting.example"),
        ("mailto:abuse@hosting.example?subject=Abuse", "abuse@hosting.example"),
        ("<abuse@hosting.example>", "abuse@hosting.example"),
        ("\u201cabuse@hosting.example\u201d", "abuse@hosting.example"),
        ("\u00ababuse@hosting.example\u00bb", "abuse@hosting.example"),
        ("'abuse@hosting.example'", "abuse@hosting.example"),
        ("abuse@h\u2019osting.example", None),
        ("ab'use@hosting.example", None),
        ("***@hosting.example", None),
        ("a***e@hosting.example", None),
        ("abuse@hosting", None),
        ("abuse at hosting.example", None),
        ("", None),
    ],
)
def test_mailbox_is_taken_only_when_it_is_one(written: str, read_as: str | None) -> None:
    assert published(merged(abuse_role(written))).email == read_as


def test_masked_mailbox_is_withheld_and_unusable_one_is_malformed() -> None:
    masked, odd = abuse_role("***@hosting.example"), abuse_role("abuse@my_host.example")
    assert published(merged(masked)).redacted
    assert contact(network(HOLDER, *masked["entities"])).status == "redacted"
    assert published(merged(odd)).unusable == "abuse@my_host.example"
    assert contact(network(HOLDER, *odd["entities"])).status == "malformed"


def test_masked_mailbox_does_not_hide_a_readable_one_of_the_next_rule() -> None:
    document = merged(abuse_role("***@hosting.example"), organisations_role("a@hosting.example"))
    assert published(document).email == "a@hosting.example"


def test_no_mailbox_is_guessed_from_a_domain() -> None:
    named = entity("ORG-EX1-RIPE", ["registrant"], "hosting.example")
    answer = decided(rdap(network(named, name="HOSTING-EXAMPLE")))
    assert answer.primary
    assert answer.primary.abuse_contact.status == "not_published"
    assert "abuse@" not in answer.model_dump_json()


def test_placeholder_loses_to_the_next_rule_and_the_explanation_says_so() -> None:
    document = merged(abuse_role("abuse@ripe.net"), organisations_role("a@hosting.example"))
    found = published(document)
    assert found.email == "a@hosting.example"
    assert found.passed_over == ("abuse@ripe.net is a placeholder of ripe, not the holder's",)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("not_published", network(HOLDER)),
        ("redacted", network(HOLDER, redacted=[{"name": {"description": "Abuse email"}}])),
        ("rate_limited", network(HOLDER, notices=[{"type": "truncated due to excessive load"}])),
    ],
)
def test_none_is_said_only_where_the_registry_answered_in_full(
    status: str, answer: dict[str, Any]
) -> None:
    found = contact(answer)
    assert (found.status, found.email) == (status, None)
    assert (found.retry_at is not None) == (status == "rate_limited")


# Forms and fallbacks


def test_form_of_the_abuse_role_is_a_contact() -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse")
    desk["vcardArray"][1].append(["contact-uri", {}, "uri", "https://hosting.example/abuse"])
    found = contact(network(HOLDER, desk))
    assert (found.status, found.email) == ("found", None)
    assert found.form == "https://hosting.example/abuse"


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("Report abuse at https://hosting.example/abuse.", "https://hosting.example/abuse"),
        ("Abuse: see https://hosting.example/terms", None),
        ("Visit https://hosting.example/report for offers", None),
    ],
)
def test_form_in_remarks_counts_where_link_and_line_say_that_it_is_for_abuse(
    line: str, form: str | None
) -> None:
    document = network(HOLDER, remarks=[{"title": "remarks", "description": [line]}])
    assert published_contact(read(document), {}, RULES).form == form
    assert contact(document).form == form


def test_form_in_remarks_loses_to_a_mailbox() -> None:
    line = "Report abuse at https://hosting.example/abuse"
    document = network(HOLDER, DESK, remarks=[{"title": "remarks", "description": [line]}])
    assert contact(document).email == "abuse@hosting.example"


def test_other_abuse_role_of_arin_is_the_first_fallback_and_says_whose_it_is() -> None:
    nested = entity("ABUSE1-ARIN", ["abuse"], "Abuse", "abuse@organisation.example")
    holder = entity("EXHO", ["registrant"], "Example Inc.", entities=[nested])
    own = entity("ABUSE2-ARIN", ["abuse"], "Abuse", "abuse@network.example")
    noc = entity("NOC1-ARIN", ["technical"], "NOC", "noc@network.example")
    block = read(network(holder, own, noc, kind="DIRECT ASSIGNMENT"), ARIN)
    found = fallback_contacts(block, "abuse@network.example", {})
    assert [(one.email, one.why) for one in found] == [
        ("abuse@organisation.example", "the organisation's abuse role"),
        ("noc@network.example", "technical role"),
    ]


def test_second_mailbox_of_the_same_abuse_role_is_no_other_role() -> None:
    desk = entity("AR1-RIPE", ["abuse"], "Abuse", "abuse@hosting.example", "irt@hosting.example")
    assert fallback_contacts(read(network(HOLDER, desk)), "abuse@hosting.example", {}) == []


def test_fallbacks_are_labelled_bounded_and_hold_neither_contact_nor_placeholder() -> None:
    people = [
        entity(f"P{number}-RIPE", ["technical"], "N", f"p{number}@hosting.example")
        for number in range(20)
    ]
    others = [
        entity("Q1-RIPE", ["technical"], "N", "Abuse+tag@hosting.example", "hostmaster@ripe.net"),
        entity("Q2-RIPE", [], "N", "plain@hosting.example"),
        entity("Q3-RIPE", ["registrar"], "N", "registrar@hosting.example"),
    ]
    block = read(network(HOLDER, *others, *people))
    found = fallback_contacts(block, "abuse@hosting.example", {})
    assert len(found) == 6
    assert found[0].email == "plain@hosting.example"
    assert found[0].why == "contact without a role"
    assert all(one.why for one in found)
    assert not {"registrar@hosting.example", "hostmaster@ripe.net"} & {one.email for one in found}


def test_mailbox_in_remarks_is_a_labelled_fallback_never_the_contact() -> None:
    remarks = [{"title": "remarks", "description": ["abuse reports: abuse@hosting.example"]}]
    found = contact(network(HOLDER, remarks=remarks))
    assert (found.status, found.email) == ("not_published", None)
    assert [(one.email, one.why) for one in found.fallback] == [
        ("abuse@hosting.example", "named in remarks")
    ]


# Roles named by their handle only


def test_abuse_role_without_its_card_is_asked_for_by_its_handle() -> None:
    bare = {"handle": "AR1-RIPE", "roles": ["abuse"]}
    assert entity_to_fetch(read(network(HOLDER, bare)), {}) == "AR1-RIPE"
    assert entity_to_fetch(read(network(HOLDER, DESK)), {}) is None


def test_card_that_was_asked_for_counts_for_its_own_registry() -> None:
    block = read(network(HOLDER, {"handle": "ar1-ripe", "roles": ["abuse"]}))
    card = entity("AR1-RIPE", ["abuse"], "Abuse", "abuse@hosting.example")
    fetched = read_entity(json.dumps(card).encode(), RIPE)
    assert published_contact(block, {("ripe", "AR1-RIPE"): fetched}).email == (
        "abuse@hosting.example"
    )
    assert published_contact(block, {("arin", "AR1-RIPE"): fetched}).email is None


# Warnings


@pytest.mark.parametrize(
    ("server", "warning"),
    [
        ("rdap.arin.net", {"title": "Unvalidated POC", "description": ["ARIN has attempted …"]}),
        ("rdap.apnic.net", {"description": ["abuse@hosting.example is invalid"]}),
    ],
)
def test_registrys_own_warning_is_a_doubt_about_the_mailbox(
    server: str, warning: dict[str, Any]
) -> None:
    kind = {"rdap.arin.net": "DIRECT ASSIGNMENT"}.get(server, "ASSIGNED PORTABLE")
    desk = entity("AR1", ["abuse"], "Abuse", "abuse@hosting.example", remarks=[warning])
    answer = decided(rdap(network(HOLDER, desk, kind=kind), server=server))
    assert "mailbox_unvalidated" in codes(answer)
    assert answer.primary
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"


def test_lines_of_ripe_for_two_networks_stay_with_their_networks() -> None:
    text = (
        "% Abuse contact for '192.0.2.0 - 192.0.2.7' is 'abuse@customer.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.2.7\nnetname: CU\ndescr: Some Customer\nstatus: ASSIGNED PA\n"
        "source: RIPE\n\n"
        "% Abuse contact for '192.0.2.0 - 192.0.3.255' is 'abuse@parent.example'\n\n"
        "inetnum: 192.0.2.0 - 192.0.3.255\nnetname: PA\norg: ORG-PA1-RIPE\nstatus: ALLOCATED PA\n"
        "source: RIPE\n\norganisation: ORG-PA1-RIPE\norg-name: Parent Networks B.V.\nsource: RIPE\n"
    )
    answer = decided(whois(text), UNANNOUNCED)
    assert answer.primary
    assert answer.primary.abuse_contact.email == "abuse@parent.example"
    assert "customer.example" not in answer.model_dump_json(exclude={"evidence"})
