"""National registries' pages, read by ipwhois from what was kept, without a socket."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from attribution.evidence import Page, Record
from attribution.evidence.question import NationalPage, question_from_json, question_to_json
from attribution.registry.nir_page import PageNeeded, read_nir_pages
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registries
from bundles import AT, TARGET, decided, entity, network, rdap

ADDRESS = ipaddress.ip_address(TARGET)
PAGES = Path(__file__).parent.parent / "fixtures" / "nir"


def first_page(registry: str) -> Page:
    with pytest.raises(PageNeeded) as wanted:
        read_nir_pages(registry, ADDRESS, {})
    return wanted.value.page


def kept(registry: str, body: bytes) -> Record:
    question = NationalPage(registry, ADDRESS, first_page(registry))
    return Record("nir_page", question, "whois.registry.example", AT, "answered", body)


def stub(registry: str, handle: str, mailbox: str) -> Record:
    """What APNIC says of space that a national registry registers."""
    irt = entity(handle, ["abuse"], handle, mailbox)
    country = registries()[registry].country
    document = network(irt, kind="ALLOCATED PORTABLE", country=country, last="192.0.3.255")
    return rdap(document, server="rdap.apnic.net")


@pytest.mark.parametrize("registry", ["krnic", "jpnic"])
def test_page_to_fetch_survives_its_question(registry: str) -> None:
    page = first_page(registry)
    question = NationalPage(registry, ADDRESS, page)
    assert question_from_json(question_to_json(question)) == question


def test_krnic_page_names_the_provider_and_its_customer() -> None:
    found = read_nir_pages(
        "krnic", ADDRESS, {first_page("krnic"): (PAGES / "krnic.html").read_text()}
    )
    names = {
        entity.name for one in found for entity in one.entities if "registrant" in entity.roles
    }
    assert names == {"Hangang Example Telecom", "Example Customer"}
    assert {str(one.first) for one in found} == {"192.0.2.0"}


@pytest.mark.parametrize(
    ("registry", "placeholder", "handle", "company"),
    [
        ("krnic", "irt@nic.or.kr", "IRT-KRNIC-KR", "Hangang Example Telecom"),
        ("jpnic", "hostmaster@nic.ad.jp", "JNIC1-AP", "Sakura Example Hosting Inc."),
    ],
)
def test_company_of_the_page_is_named_instead_of_the_registry(
    registry: str, placeholder: str, handle: str, company: str
) -> None:
    body = (PAGES / f"{registry}.html").read_bytes()
    answer = decided(stub(registry, handle, placeholder), kept(registry, body))
    assert placeholder not in answer.model_dump_json(exclude={"evidence"})
    assert answer.primary
    assert answer.primary.provider.name == company
    assert {one.provider.name for one in answer.parties} <= {company, "Example Customer"}
    assert not any(one.addressee for one in answer.parties if one.role == "tenant")
    assert "customer@hangang.example" not in answer.model_dump_json(exclude={"evidence"})


@pytest.mark.parametrize("text", ["", "<html>maintenance</html>", "Organization Name  : \n" * 50])
def test_page_that_names_no_network_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableAnswer):
        read_nir_pages("krnic", ADDRESS, {first_page("krnic"): text})
