"""National registries: the provider is named, never the registry, by RDAP where they serve it, else
by their text.
"""

from __future__ import annotations

from typing import Any

import pytest

from attribution.evidence import Record
from attribution.evidence.question import NationalNetwork, NationalPage, NetworkAbove
from attribution.registry.registries import registries
from bundles import (
    DESK,
    TARGET,
    UNANNOUNCED,
    address_of,
    below_parent,
    customer,
    decided,
    described,
    entity,
    failure,
    network,
    planned,
    rdap,
    shown,
    text_at,
    whois,
)


def pointer(registry: str, handle: str, mailbox: str, **more: Any) -> Record:
    """What the regional registry says of a block that the national one registers."""
    irt = entity(handle, ["abuse"], handle, mailbox)
    country = registries()[registry].country
    block = network(irt, kind="ALLOCATED PORTABLE", last="192.0.3.255", country=country, **more)
    return rdap(block, server="rdap.apnic.net")


RPSL = """% database
inetnum:        192.0.2.0 - 192.0.2.255
netname:        HOSTING-EX
descr:          Example Hosting Co
country:        {country}
mnt-irt:        IRT-HOSTING-{country}
tech-c:         EX1-AP
status:         ALLOCATED PORTABLE
source:         {source}

irt:            IRT-HOSTING-{country}
e-mail:         irt@hosting.example
abuse-mailbox:  abuse@hosting.example
source:         {source}

person:         NOC
nic-hdl:        EX1-AP
e-mail:         noc@hosting.example
source:         {source}
"""
TWNIC = """
   Netname: HOSTING-EX
   Netblock: 192.0.2.0/24
   Organization: Example Hosting Co

   Administrator contact:
      admin@hosting.example

   Technical contact:
      noc@hosting.example

   Abuse contact:
      abuse@hosting.example
"""
LACNIC_STYLE = """
inetnum:     192.0.2.0/24
status:      assigned
owner:       Example Hosting Co
ownerid:     MX-EXHO-LACNIC
country:     MX
abuse-c:     ABC
tech-c:      DEF

nic-hdl:     ABC
person:      Mesa de ayuda
e-mail:      abuse@hosting.example

nic-hdl:     DEF
person:      Centro de operaciones
e-mail:      noc@hosting.example
"""


@pytest.mark.parametrize(
    ("registry", "handle", "placeholder", "text"),
    [
        ("cnnic", "IRT-CNNIC-CN", "ipas@cnnic.cn", RPSL.format(country="CN", source="CNNIC")),
        ("idnic", "IRT-IDNIC-ID", "abuse@idnic.net", RPSL.format(country="ID", source="IDNIC")),
        ("vnnic", "IRT-VNNIC-AP", "hm-changed@vnnic.vn", RPSL.format(country="VN", source="VNNIC")),
        ("irinn", "IRT-IRINN-IN", "helpdesk@irinn.in", RPSL.format(country="IN", source="IRINN")),
        ("twnic", "IRT-TWNIC-AP", "hostmaster@twnic.net", TWNIC),
    ],
)
def test_text_of_the_national_registry_names_the_provider(
    registry: str, handle: str, placeholder: str, text: str
) -> None:
    server = registries()[registry].whois
    copy = pointer(registry, handle, placeholder)
    answer = decided(copy, whois(text, server, text_at(server=server)))
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting Co"
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"
    assert placeholder not in shown(answer)
    assert len(answer.parties) == 1


def test_customers_block_is_nobodys_where_the_national_registry_shows_nothing_above() -> None:
    """The topmost block shown is direct by its place
    only where its type does not say whose it is.
    """
    server = registries()["vnnic"].whois
    text = RPSL.format(country="VN", source="VNNIC").replace(
        "ALLOCATED PORTABLE", "ASSIGNED NON-PORTABLE"
    )
    copy = pointer("vnnic", "IRT-VNNIC-AP", "hm-changed@vnnic.vn")
    answer = decided(copy, whois(text, server, text_at(server=server)))
    assert answer.primary is None
    assert "abuse@hosting.example" not in shown(answer)


@pytest.mark.parametrize("registry", ["nicmx", "nicbr"])
def test_text_of_the_national_registries_of_latin_america_names_the_provider(
    registry: str,
) -> None:
    server = registries()[registry].whois
    silent = failure("unreachable", server="rdap.lacnic.net")
    answer = decided(silent, whois(LACNIC_STYLE, server, text_at(server=server)))
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting Co"
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"


def test_customer_of_a_national_registrys_member_is_a_customer() -> None:
    """The regional copy names the member; the national registry's own answer names the customer."""
    server = registries()["vnnic"].whois
    copy = pointer("vnnic", "IRT-VNNIC-AP", "hm-changed@vnnic.vn", **described("Song Telecom JSC"))
    text = RPSL.format(country="VN", source="VNNIC").replace(
        "ALLOCATED PORTABLE", "ASSIGNED NON-PORTABLE"
    )
    answer = decided(copy, whois(text, server, text_at(server=server)), UNANNOUNCED)
    assert answer.primary
    assert answer.primary.provider.name == "Song Telecom JSC"
    assert "hosting.example" not in shown(answer)


def test_network_above_a_customers_is_asked_for_at_the_national_registry() -> None:
    base = "https://idnic.rdap.apnic.net/"
    link = [{"rel": "up", "href": f"{base}ip/192.0.2.0/23"}]
    leaf = network(DESK, last="192.0.2.7", kind="ASSIGNED NON-PORTABLE", links=link)
    copy = pointer("idnic", "IRT-IDNIC-ID", "abuse@idnic.net")
    question = NationalNetwork("idnic", address_of(TARGET), base)
    national = rdap(leaf, question, "idnic.rdap.apnic.net")
    above = NetworkAbove(link[0]["href"], address_of("192.0.2.0"), address_of("192.0.2.7"))
    assert planned(copy, national) == [above]
    silent = failure("unreachable", above, "idnic.rdap.apnic.net")
    answer = decided(copy, national, silent)
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert "hosting.example" not in shown(answer)
    member = entity("ORG-ME1-AP", ["registrant"], "Member PT", "abuse@member.example")
    whole = network(member, last="192.0.3.255", kind="ALLOCATED PORTABLE")
    answer = decided(copy, national, rdap(whole, above, "idnic.rdap.apnic.net"))
    assert answer.primary
    assert answer.primary.provider.name == "Member PT"
    assert "hosting.example" not in shown(answer)


@pytest.mark.parametrize(
    ("registry", "server"),
    [
        ("nicbr", "rdap.registro.br"),
        ("twnic", "ccrdap.twnic.tw"),
        ("idnic", "rdap.idnic.net"),
        ("cnnic", "rdap.cnnic.cn"),
        ("irinn", "rdap.irinn.in"),
        ("nicmx", "rdap.mx"),
    ],
)
def test_rdap_of_the_national_registry_names_the_provider(registry: str, server: str) -> None:
    known = {"nicbr": "00000000000100", "nicmx": "MX-EXHO-LACNIC"}
    holder = entity(known.get(registry, "EXHO-1"), ["registrant"], "Example Hosting Co")
    answer = decided(rdap(network(holder, DESK), server=server))
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting Co"
    assert answer.primary.provider.id == {
        "nicbr": "nicbr:00000000000100",
        "nicmx": "lacnic:MX-EXHO-LACNIC",
    }.get(registry, f"{registry}:network:192.0.2.0 - 192.0.2.255")
    assert answer.primary.provider.provisional == (registry not in known)
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"


@pytest.mark.parametrize("registry", [one.id for one in registries().values() if one.national])
def test_national_registry_itself_is_never_the_provider(registry: str) -> None:
    known = registries()[registry]
    for name in sorted(known.names):
        for handle in (None, *sorted(known.handles)):
            irt = entity(handle, ["registrant", "abuse"], name, *sorted(known.mailboxes))
            block = network(irt, kind="ALLOCATED PORTABLE", country=known.country)
            answer = decided(rdap(block, server="rdap.apnic.net"))
            assert name not in [party.provider.name for party in answer.parties]
            assert not any(box in shown(answer) for box in known.mailboxes)


@pytest.mark.parametrize("name", ["Japan Network Information Center", "JPNIC"])
def test_pointer_that_is_described_by_the_registrys_name_names_nobody(name: str) -> None:
    tech = entity("JNIC1-AP", ["technical"], name)
    block = network(tech, kind="ALLOCATED PORTABLE", country="JP", **described(name))
    answer = decided(rdap(block, server="rdap.apnic.net"))
    assert (answer.primary, answer.parties) == (None, [])
    assert "stub" in {doubt.code for doubt in answer.doubts}
    assert any(
        isinstance(one, NationalNetwork | NationalPage) and one.registry == "jpnic"
        for one in planned(rdap(block, server="rdap.apnic.net"))
    )


def test_customer_that_is_described_by_a_registrys_name_is_no_pointer() -> None:
    """Anybody may write a national registry's name into a description."""
    leaf = customer(**described("Japan Network Information Center"))
    answer = decided(*below_parent(leaf))
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"


def test_twnic_text_without_an_organisation_still_gives_its_mailboxes_as_what_they_are() -> None:
    text = (
        "   Netname: HOSTING-EX\n   Netblock: 192.0.2.0/24\n\n"
        "   Technical contact:\n      noc@hosting.example\n"
    )
    answer = decided(whois(text, "whois.twnic.net"))
    for party in answer.parties:
        assert party.abuse_contact.email is None
        assert [one.email for one in party.abuse_contact.fallback] == ["noc@hosting.example"]
