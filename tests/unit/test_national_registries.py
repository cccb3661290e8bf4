"""National registries: the provider is named, never the registry, by RDAP where they serve it, else by their text."""

from __future__ import annotations

import pytest

from attribution.evidence import Record
from attribution.registry.registries import registries
from bundles import DESK, decided, entity, network, rdap, whois


def pointer(handle: str, mailbox: str) -> Record:
    """What the regional registry says of a block that the national one registers."""
    irt = entity(handle, ["abuse"], handle, mailbox)
    return rdap(
        network(irt, kind="ALLOCATED PORTABLE", last="192.0.3.255", port43="whois.apnic.net"), server="rdap.apnic.net"
    )


RPSL = """% database
inetnum:        192.0.2.0 - 192.0.2.255
netname:        HOSTING-EX
descr:          Example Hosting Co
country:        {country}
mnt-irt:        IRT-HOSTING-{country}
tech-c:         EX1-AP
status:         ASSIGNED NON-PORTABLE
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
        ("nicmx", "IRT-X", "hostmaster@nic.mx", LACNIC_STYLE),
        ("nicbr", "IRT-X", "cert@cert.br", LACNIC_STYLE),
    ],
)
def test_text_of_the_national_registry_names_the_provider(
    registry: str, handle: str, placeholder: str, text: str
) -> None:
    server = registries()[registry].whois
    answer = decided(pointer(handle, placeholder), whois(text, server, f"whois 192.0.2.7 at {server}"))
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting Co"
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"
    assert placeholder not in answer.model_dump_json(exclude={"evidence"})


@pytest.mark.parametrize(
    ("registry", "server"),
    [("nicbr", "rdap.registro.br"), ("twnic", "ccrdap.twnic.tw"), ("idnic", "rdap.idnic.net"), ("cnnic", "rdap.cnnic.cn"),
     ("irinn", "rdap.irinn.in"), ("nicmx", "rdap.mx")],
)  # fmt: skip
def test_rdap_of_the_national_registry_names_the_provider(registry: str, server: str) -> None:
    holder = entity("00000000000100", ["registrant"], "Example Hosting Co")
    answer = decided(rdap(network(holder, DESK, port43=registries()[registry].whois), server=server))
    assert answer.primary
    assert answer.primary.provider.name == "Example Hosting Co"
    assert answer.primary.provider.id == f"{registry}:00000000000100"
    assert answer.primary.abuse_contact.email == "abuse@hosting.example"


@pytest.mark.parametrize("registry", [one.id for one in registries().values() if one.national])
def test_national_registry_itself_is_never_the_provider(registry: str) -> None:
    known = registries()[registry]
    for name in sorted(known.names):
        irt = entity(None, ["registrant"], name)
        answer = decided(
            rdap(network(irt, kind="ALLOCATED PORTABLE", port43="whois.apnic.net"), server="rdap.apnic.net")
        )
        assert answer.parties == []


def test_twnic_text_without_an_organisation_still_gives_its_mailboxes_as_what_they_are() -> None:
    text = "   Netname: HOSTING-EX\n   Netblock: 192.0.2.0/24\n\n   Technical contact:\n      noc@hosting.example\n"
    answer = decided(whois(text, "whois.twnic.net"))
    for party in answer.parties:
        assert party.abuse_contact.email is None
        assert [one.email for one in party.abuse_contact.fallback] == ["noc@hosting.example"]
