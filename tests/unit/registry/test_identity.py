"""One network has one identity by every protocol and on every path."""

from __future__ import annotations

import pytest

from attribution.registry.organisations import organisation_of
from attribution.registry.registration import Network
from registry_samples import LACNIC, RDAP, RPSL, WHOIS, entity, mail, named, network, read

ARIN = """NetRange: 192.0.2.0 - 192.0.2.255
NetHandle: NET-192-0-2-0-1
NetType: Direct Allocation
Organization: Example Hosting Inc. (EXHO)

OrgName: Example Hosting Inc.
OrgId: EXHO
"""
KRNIC = """inetnum: 192.0.2.0 - 192.0.2.255
netname: EX-KR
descr: Example Hosting Co
country: KR
admin-c: {contact}
tech-c: {contact}
status: ALLOCATED PORTABLE
{marks}source: {source}
"""


def identity(found: Network) -> tuple[str, str | None]:
    organisation = organisation_of(found)
    return found.handle_space, organisation.handle if organisation else None


def holder(handle: str) -> bytes:
    return network(entity(handle, ["registrant"], *named("Example Hosting")), kind="ASSIGNED")


def rpsl(suffix: str) -> str:
    return RPSL.replace("-RIPE", f"-{suffix}").replace("RIPE-NCC-END-MNT", "REGISTRY-MNT")


CNPJ = "00.000.000/0001-00"


@pytest.mark.parametrize(
    ("by_rdap", "by_text", "expected"),
    [
        (
            read(holder("ORG-EX1-RIPE"), RDAP["ripe"]),
            read(RPSL, WHOIS["ripe"]),
            ("ripe", "ORG-EX1-RIPE"),
        ),
        (read(holder("EXHO"), RDAP["arin"]), read(ARIN, WHOIS["arin"]), ("arin", "EXHO")),
        (
            read(holder("ORG-EX1-AP"), RDAP["apnic"]),
            read(rpsl("AP"), WHOIS["apnic"]),
            ("apnic", "ORG-EX1-AP"),
        ),
        (
            read(holder("ORG-EX1-AFRINIC"), RDAP["afrinic"]),
            read(rpsl("AFRINIC"), WHOIS["afrinic"]),
            ("afrinic", "ORG-EX1-AFRINIC"),
        ),
        (
            read(holder("AR-EXHO-LACNIC"), RDAP["lacnic"]),
            read(LACNIC.format(owner="AR-EXHO-LACNIC", country="AR"), WHOIS["lacnic"]),
            ("lacnic", "AR-EXHO-LACNIC"),
        ),
        (
            read(holder("00000000000100"), RDAP["nicbr"]),
            read(LACNIC.format(owner=CNPJ, country="BR"), WHOIS["nicbr"]),
            ("nicbr", "00000000000100"),
        ),
        (
            read(holder(CNPJ), RDAP["lacnic"]),
            read(LACNIC.format(owner=CNPJ, country="BR"), WHOIS["lacnic"]),
            ("nicbr", "00000000000100"),
        ),
        (
            read(holder("MX-EXHO-LACNIC"), RDAP["nicmx"]),
            read(LACNIC.format(owner="MX-EXHO-LACNIC", country="MX"), WHOIS["nicmx"]),
            ("lacnic", "MX-EXHO-LACNIC"),
        ),
        (
            read(holder("MX-EXHO-LACNIC"), RDAP["lacnic"]),
            read(LACNIC.format(owner="MX-EXHO-LACNIC", country="MX"), WHOIS["lacnic"]),
            ("lacnic", "MX-EXHO-LACNIC"),
        ),
    ],
    ids=[
        "ripe",
        "arin",
        "apnic",
        "afrinic",
        "lacnic",
        "nicbr",
        "nicbr-mirror",
        "nicmx",
        "nicmx-mirror",
    ],
)
def test_rdap_and_port_43_give_one_identity(
    by_rdap: Network, by_text: Network, expected: tuple[str, str]
) -> None:
    assert identity(by_rdap) == identity(by_text) == expected


def test_krnics_copy_has_one_handle_space_on_every_path() -> None:
    irt = entity("IRT-KRNIC-KR", ["abuse"], mail("irt@registry.example"))
    contact = entity("EX1-AP", ["technical"], *named("Example Hosting", "group"))
    answers = [
        read(network(irt, contact, kind="ALLOCATED PORTABLE"), RDAP["apnic"]),
        read(network(contact, kind="ALLOCATED PORTABLE"), RDAP["krnic"]),
        read(
            KRNIC.format(
                contact="EX1-AP", marks="mnt-by: APNIC-HM\nmnt-irt: IRT-KRNIC-KR\n", source="APNIC"
            ),
            WHOIS["apnic"],
        ),
        read(
            KRNIC.format(contact="EX1-KR", marks="mnt-by: MNT-KRNIC-AP\n", source="KRNIC"),
            WHOIS["apnic"],
        ),
    ]
    assert [one.handle_space for one in answers] == ["krnic"] * 4


def test_jpnics_pointer_and_copy_have_one_handle_space() -> None:
    contact = entity("JNIC1-AP", ["technical", "administrative"], *named("Registry", "group"))
    marks = "mnt-by: MAINT-JPNIC\n"
    answers = [
        read(network(contact, kind="ALLOCATED PORTABLE", country="JP"), RDAP["apnic"]),
        read(KRNIC.format(contact="JNIC1-AP", marks=marks, source="APNIC"), WHOIS["apnic"]),
        read(KRNIC.format(contact="EX1JP", marks="", source="JPNIC"), WHOIS["apnic"]),
    ]
    assert [one.handle_space for one in answers] == ["jpnic"] * 3


@pytest.mark.parametrize(
    "marks",
    ["mnt-by: MAINT-EX\n", "mnt-by: MAINT-EX\nmnt-by: MNT-KRNIC-AP\n", "mnt-by: APNIC-HM\n"],
)
def test_customers_object_stays_apnics(marks: str) -> None:
    found = read(KRNIC.format(contact="EX1-AP", marks=marks, source="APNIC"), WHOIS["apnic"])
    assert found.handle_space == "apnic"


def test_source_counts_for_nothing_beside_a_customers_account() -> None:
    text = KRNIC.format(contact="EX1-AP", marks="mnt-by: MAINT-EX\n", source="KRNIC")
    assert read(text, WHOIS["apnic"]).handle_space == "apnic"
    elsewhere = KRNIC.format(contact="EX1-AP", marks="mnt-by: MNT-KRNIC-AP\n", source="KRNIC")
    assert read(elsewhere, WHOIS["ripe"]).handle_space == "ripe"
