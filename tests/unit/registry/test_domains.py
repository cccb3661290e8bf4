"""Registrars in answers about domains, as registries misspell them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attribution.registry.domain_answer import Registrar, read_domain, read_domain_text


def domain(registrar: dict[str, Any]) -> Registrar | None:
    document = {"ldhName": "site.example", "entities": [registrar]}
    return read_domain(json.dumps(document).encode()).registrar


def desk(*rows: list[Any], flat: bool = False) -> dict[str, Any]:
    return {"roles": ["abuse"], "vcardArray": ["vcard", *rows] if flat else ["vcard", list(rows)]}


MAIL = ["email", {}, "text", "abuse@wharf.example"]
ABUSE = ["fn", {}, "text", "Abuse"]
NAME = ["fn", {}, "text", "Wharf Registrar Ltd"]


def test_flat_card() -> None:
    found = domain(
        {
            "handle": "9999",
            "roles": ["registrar"],
            "vcardArray": ["vcard", ["version", {}, "text", "4.0"], NAME],
            "entities": [desk(ABUSE, MAIL, flat=True)],
        }
    )
    assert found == Registrar("registrar:9999", "Wharf Registrar Ltd", "abuse@wharf.example")


@pytest.mark.parametrize(
    "rows", [[NAME, MAIL], [ABUSE, ["org", {}, "text", "Wharf Registrar Ltd"], MAIL]]
)
def test_registrar_named_only_on_its_abuse_desk(rows: list[list[Any]]) -> None:
    found = domain({"handle": "9999", "roles": ["registrar"], "entities": [desk(*rows)]})
    assert found
    assert found.name == "Wharf Registrar Ltd"


def test_abuse_desk_called_abuse_names_no_registrar() -> None:
    assert (
        domain({"handle": "9999", "roles": ["registrar"], "entities": [desk(ABUSE, MAIL)]}) is None
    )


@pytest.mark.parametrize("text", ["abuse@wharf.example", "mailto:abuse@wharf.example?subject=x"])
def test_contact_uri_that_is_a_mailbox(text: str) -> None:
    rows = [["fn", {}, "text", ""], ["contact-uri", {}, "uri", text]]
    found = domain(
        {
            "handle": "9999",
            "roles": ["registrar"],
            "vcardArray": ["vcard", [NAME]],
            "entities": [desk(*rows)],
        }
    )
    assert found
    assert (found.email, found.form) == ("abuse@wharf.example", None)


def test_value_below_its_key_and_status_after_an_empty_value() -> None:
    text = (
        "    Domain name:\n        site.example\n\n"
        "    Registrar:\n        Wharf Registrar Ltd [Tag]\n"
        "Fax:\nDomain Status: clientHold\nRegistrar Abuse Contact Email: abuse@wharf.example\n"
        "Name Server: ns1.wharf.example\n"
    )
    found = read_domain_text(text, "site.example")
    assert found
    assert found.registrar
    assert found.registrar.name == "Wharf Registrar Ltd [Tag]"
    assert found.registrar.email == "abuse@wharf.example"
    assert found.status == {"client hold"}
    assert found.nameservers == ("ns1.wharf.example",)
    assert read_domain_text(text, "other.example") is None
