"""Who is an organisation, and what is a name."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from attribution.registry.organisations import (
    described_name,
    is_member,
    organisation_of,
    plain_name,
    usable_name,
)
from attribution.registry.registration import Entity, HeldNetwork
from registry_samples import DESK, HOLDER, RDAP, WHOIS, entity, named, network, read


@pytest.mark.parametrize(
    ("server", "handle", "kind", "counts"),
    [
        ("ripe", "ORG-EX1-RIPE", "org", True),
        ("ripe", "PP1-RIPE", "individual", False),
        ("ripe", "HOS-GUN", "org", False),
        ("ripe", "EXHO", "org", False),
        ("apnic", "ORG-EX1-AP", "org", True),
        ("apnic", "EX1-AP", "group", False),
        ("afrinic", "ORG-EX1-AFRINIC", "org", True),
        ("arin", "EXHO", "org", True),
        ("arin", "EX-123", "org", True),
        ("arin", "C01234567", "org", False),
        ("arin", "c01234567", "org", False),
        ("arin", "JD1-ARIN", "org", False),
        ("arin", "EXHO", "individual", False),
        ("arin", "EXAMPLE-MNT", "org", False),
        ("lacnic", "AR-EXHO-LACNIC", "org", True),
        ("lacnic", "AR-PERS-LACNIC", "individual", False),
        ("lacnic", "000.000.000-00", "org", False),
        ("lacnic", "192.0.2.0/24", "org", False),
        ("nicbr", "00000000000100", "org", True),
        ("nicbr", "00000000000", "org", False),
        ("nicbr", "ABC12", "org", False),
        ("nicmx", "MX-EXHO-LACNIC", "org", True),
    ],
)
def test_only_an_organisation_object_is_one(
    server: str, handle: str, kind: str, counts: bool
) -> None:
    holder = entity(handle, ["registrant"], *named("Example Hosting", kind))
    assert (organisation_of(read(network(holder), RDAP[server])) is not None) == counts


@pytest.mark.parametrize("roles", [["abuse"], ["technical"], [], None, ["sponsor"]])
def test_other_roles_hold_nothing(roles: Any) -> None:
    contact = entity("ORG-EX1-RIPE", roles, *named("Example Hosting B.V."))
    assert organisation_of(read(network(contact), RDAP["ripe"])) is None


def test_afrinics_organisation_without_a_role() -> None:
    holder = entity("ORG-EX1-AFRINIC", None, *named("ORG-EX1-AFRINIC"))
    person = entity("PP1-AFRINIC", None, *named("Somebody", "individual"))
    organisation = organisation_of(read(network(person, holder), RDAP["afrinic"]))
    assert organisation
    assert (organisation.handle, organisation.name) == ("ORG-EX1-AFRINIC", None)


def test_nested_organisation_is_not_the_holder() -> None:
    technical = entity("TR1-RIPE", ["technical"], *named("Role", "group"), entities=[HOLDER])
    assert organisation_of(read(network(technical, DESK), RDAP["ripe"])) is None


def test_name_of_an_organisation_is_used_as_it_is() -> None:
    for name in ("Dynamic Pool Customers", "Support", "RIPE NCC", "1-2-3"):
        holder = entity("ORG-EX1-RIPE", ["registrant"], *named(name))
        organisation = organisation_of(read(network(holder), RDAP["ripe"]))
        assert organisation
        assert organisation.name == name


@pytest.mark.parametrize(
    "text",
    [
        "Example Hosting",
        "Example Hosting B.V.",
        "Dynamic Network Services Inc",
        "1337 Example GmbH",
        "3M",
        "Größe Rechenzentrum",
        "Example Cloud",
        "株式会社例",
        "Université d'Exemple",
        "Liverpool Hosting",
    ],
)
def test_names(text: str) -> None:
    assert usable_name(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "------------",
        "7",
        "139.162.0.0/16",
        "192.0.2.0 - 192.0.2.255",
        "2001:db8::/32",
        "192.0.2.7",
        "Mobile subscribers pool",
        "Pool for Broadband CABLE customers",
        "Subscriber pool 12",
        "Dynamic pool Berlin",
        "INFRASTRUCTURE",
        "Broadband customers",
        "dynamic IP addresses",
        "static-ip",
        "RIPE DBM",
        "LIR Admin",
        "IPAM",
        "Support",
        "Abuse Service",
        "Operations",
        "Customer Care",
        "Abuse desk",
        "Network Operations Centre",
        "Hostmaster",
        "Example Street 12, Floor 3",
        "P.O. Box 12",
        "EXAMPLE-MNT",
        "ORG-EX1-RIPE",
        "abuse@hosting.example",
        "https://hosting.example",
        "Abuse: see website",
        "x" * 300,
    ],
)
def test_what_is_no_name(text: str | None) -> None:
    assert not usable_name(text)


def test_described_name_is_the_first_description_or_nothing() -> None:
    def described(*lines: str) -> str | None:
        remarks = [{"title": "description", "description": list(lines)}]
        return described_name(read(network(remarks=remarks), RDAP["apnic"]))

    assert described("Example Pte Ltd", "Example Street 1") == "Example Pte Ltd"
    assert described("Mobile subscribers pool", "Example Pte Ltd") is None
    assert described() is None
    text = "inetnum: 192.0.2.0 - 192.0.2.255\ndescr: 192.0.2.0/24\nstatus: ASSIGNED PORTABLE\n"
    assert described_name(read(text, WHOIS["apnic"])) is None


def test_plain_name() -> None:
    assert plain_name("Example Hosting, B.V.") == plain_name("EXAMPLE-HOSTING BV")
    assert plain_name("Example Hosting") != plain_name("Example Housing")


HELD = {
    kind: HeldNetwork(ipaddress.ip_address("192.0.2.0"), ipaddress.ip_address("192.0.2.255"), kind)
    for kind in ("ALLOCATED PA", "ASSIGNED PI", "ASSIGNED PA", "SUB-ALLOCATED PA", "LEGACY", "X")
}


@pytest.mark.parametrize(
    ("member", "found"),
    [
        (Entity(org_type="LIR"), True),
        (Entity(org_type="OTHER"), False),
        (Entity(maintainers=("EXAMPLE-MNT", "RIPE-NCC-HM-MNT")), True),
        (Entity(maintainers=("EXAMPLE-MNT",)), False),
        (Entity(maintainers=("AFRINIC-HM-MNT",)), False),
        (Entity(maintainers=("RIPE-NCC-RPSL-MNT",)), False),  # its password is public
        (Entity(networks=(HELD["ALLOCATED PA"],)), True),
        (Entity(networks=(HELD["ASSIGNED PA"], HELD["ASSIGNED PI"])), True),
        (Entity(networks=(HELD["ASSIGNED PA"], HELD["SUB-ALLOCATED PA"], HELD["X"])), False),
        (Entity(networks=(HELD["LEGACY"],)), False),
        (Entity(name="RIPE NCC"), False),
    ],
)
def test_member(member: Entity, found: bool) -> None:
    assert is_member(member, "ripe") == found
