"""The registry's own objects are told by what no customer can write."""

from __future__ import annotations

from typing import Any

import pytest

from attribution.registry.stubs import is_registry_object, national_registry, runs_itself
from registry_samples import DESK, HOLDER, RDAP, RPSL, WHOIS, entity, mail, named, network, read

REGISTRY_TEXT = """inetnum: 192.0.2.0 - 192.0.2.255
netname: {netname}
descr: {descr}
country: EU
admin-c: IANA1-RIPE
tech-c: IANA1-RIPE
status: {status}
mnt-by: {maintainer}
source: RIPE
"""


def whole(**more: Any) -> bytes:
    return network(startAddress="0.0.0.0", endAddress="255.255.255.255", **more)


@pytest.mark.parametrize(
    ("registry", "kind"),
    [
        ("arin", "ALLOCATED TO RIPE NCC"),
        ("arin", "TRANSFERRED TO APNIC"),
        ("arin", "EARLY REGISTRATIONS, TRANSFERRED TO RIPE NCC"),
        ("arin", "VARIOUS REGISTRIES"),
        ("ripe", "ALLOCATED UNSPECIFIED"),
        ("afrinic", "ALLOCATED UNSPECIFIED"),
        ("apnic", "IANA RESERVED"),
    ],
)
def test_type_that_only_a_registry_sets(registry: str, kind: str) -> None:
    assert is_registry_object(read(network(kind=kind), RDAP[registry]))


def test_whole_address_space_and_delegated_blocks() -> None:
    assert is_registry_object(read(whole(), RDAP["apnic"]))
    assert is_registry_object(read(whole(kind=None), RDAP["ripe"]))
    root = {"startAddress": "5.0.0.0", "endAddress": "5.255.255.255"}
    assert is_registry_object(read(network(kind="ALLOCATED PA", **root), RDAP["ripe"]))
    assert not is_registry_object(read(network(kind="ALLOCATED PA", **root), RDAP["apnic"]))
    v6 = {"startAddress": "2001:600::", "endAddress": "2001:7ff:ffff:ffff:ffff:ffff:ffff:ffff"}
    assert is_registry_object(read(network(kind="ALLOCATED-BY-RIR", **v6), RDAP["ripe"]))


def test_company_that_holds_a_whole_delegation_is_no_registry() -> None:
    holder = entity("EXHO", ["registrant"], *named("Example Inc."))
    block = {"startAddress": "17.0.0.0", "endAddress": "17.255.255.255"}
    assert not is_registry_object(
        read(network(holder, kind="DIRECT ALLOCATION", **block), RDAP["arin"])
    )


@pytest.mark.parametrize(
    ("registry", "handle"),
    [
        ("ripe", "ORG-NCC1-RIPE"),
        ("ripe", "ORG-IANA1-RIPE"),
        ("apnic", "ORG-APNIC1-AP"),
        ("arin", "APNIC"),
    ],
)
def test_registrys_organisation_on_space_to_give_out(registry: str, handle: str) -> None:
    holder = entity(handle, ["registrant"], *named("Registry"))
    found = read(network(holder, kind="ALLOCATED PA"), RDAP[registry])
    assert is_registry_object(found)
    assert not runs_itself(found)


def test_network_that_the_registry_runs_itself() -> None:
    holder = entity("ORG-NCC1-RIPE", ["registrant"], *named("Registry"))
    found = read(network(holder, kind="ASSIGNED PI"), RDAP["ripe"])
    assert runs_itself(found)
    assert not is_registry_object(found)
    irt = entity("IRT-APNIC-AP", ["abuse"], mail("abuse@registry.example"))
    assert runs_itself(read(network(irt, kind="ASSIGNED PORTABLE"), RDAP["apnic"]))
    both = entity("IRT-EX-SG", ["abuse"], mail("abuse@hosting.example"))
    assert not runs_itself(read(network(irt, both, kind="ASSIGNED PORTABLE"), RDAP["apnic"]))


@pytest.mark.parametrize("name", ["RIPE NCC", "American Registry for Internet Numbers", "APNIC"])
@pytest.mark.parametrize("registry", ["ripe", "apnic", "afrinic"])
def test_organisation_with_a_registrys_name_is_an_ordinary_customer(
    name: str, registry: str
) -> None:
    holder = entity("ORG-CU1-X", ["registrant"], *named(name))
    found = read(network(holder, kind="ASSIGNED PA"), RDAP[registry])
    assert not is_registry_object(found)
    assert not runs_itself(found)
    assert national_registry(found) is None


CUSTOMERS_WORDS = [
    ("ERX-1", "server of a customer"),
    ("RESERVED-1", "server of a customer"),
    ("NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK", "x"),
    ("IANA-BLK", "x"),
    ("S-NET", "address block not managed by the RIPE NCC"),
    ("S-NET", "transferred to APNIC"),
    ("S-NET", "Various Registries"),
    ("S-NET", "RIPE NCC"),
]


@pytest.mark.parametrize(("netname", "descr"), CUSTOMERS_WORDS)
@pytest.mark.parametrize("title", ["description", "remarks"])
@pytest.mark.parametrize(
    ("registry", "kind"),
    [
        ("ripe", "ASSIGNED PA"),
        ("ripe", "SUB-ALLOCATED PA"),
        ("apnic", "ASSIGNED NON-PORTABLE"),
        ("afrinic", "ASSIGNED PA"),
        ("arin", "REASSIGNMENT"),
        ("lacnic", "REASSIGNED"),
        ("ripe", None),
    ],
)
def test_words_of_a_customer_make_no_registrys_object(
    netname: str, descr: str, title: str, registry: str, kind: str | None
) -> None:
    remarks = [{"title": title, "description": [descr]}]
    bare = network(kind=kind, name=netname, remarks=remarks)
    assert not is_registry_object(read(bare, RDAP[registry]))
    maintainer = entity("CUSTOMER-MNT", ["registrant"], *named("CUSTOMER-MNT"))
    contact = entity("PP1-RIPE", ["technical"], *named("Somebody", "individual"))
    direct = network(maintainer, contact, kind="ASSIGNED PI", name=netname, remarks=remarks)
    assert not is_registry_object(read(direct, RDAP["ripe"]))


@pytest.mark.parametrize(("netname", "descr"), CUSTOMERS_WORDS[:-1])
def test_the_same_words_count_where_only_the_registry_writes(netname: str, descr: str) -> None:
    text = REGISTRY_TEXT.format(
        netname=netname, descr=descr, status="ALLOCATED PA", maintainer="RIPE-NCC-HM-MNT"
    )
    says_so = not (descr.startswith("server") and netname == "S-NET")
    assert is_registry_object(read(text, WHOIS["ripe"])) == says_so
    by_customer = text.replace("RIPE-NCC-HM-MNT", "CUSTOMER-MNT")
    assert not is_registry_object(read(by_customer, WHOIS["ripe"]))
    both = text.replace("mnt-by:", "mnt-by: CUSTOMER-MNT\nmnt-by:")
    assert not is_registry_object(read(both, WHOIS["ripe"]))
    of_holder = text.replace("tech-c: IANA1-RIPE", "tech-c: PP1-RIPE")
    assert not is_registry_object(read(of_holder, WHOIS["ripe"]))


def test_direct_block_of_a_holder_is_no_registrys_object() -> None:
    """RIPE maintains it too, beside the holder."""
    assert not is_registry_object(read(RPSL, WHOIS["ripe"]))
    assert not is_registry_object(read(network(HOLDER, DESK, kind="ALLOCATED PA"), RDAP["ripe"]))


APNIC_TEXT = """inetnum: 192.0.2.0 - 192.0.2.255
netname: EX-NET
descr: Example Hosting Co
country: KR
admin-c: EX1-AP
tech-c: {contact}
status: {status}
mnt-by: {maintainer}
{more}source: APNIC
"""


@pytest.mark.parametrize(
    ("handle", "registry"),
    [
        ("IRT-KRNIC-KR", "krnic"),
        ("IRT-JPNIC-JP", "jpnic"),
        ("IRT-TWNIC-AP", "twnic"),
        ("IRT-IDNIC-ID", "idnic"),
        ("IRT-VNNIC-AP", "vnnic"),
        ("IRT-CNNIC-CN", "cnnic"),
        ("IRT-IRINN-IN", "irinn"),
    ],
)
def test_national_registry_by_its_irt(handle: str, registry: str) -> None:
    irt = entity(handle, ["abuse"], *named(handle, "group"))
    contact = entity("EX1-AP", ["technical"], *named("Somebody", "group"))
    found = read(network(irt, contact, kind="ALLOCATED PORTABLE"), RDAP["apnic"])
    assert (national_registry(found), found.handle_space) == (registry, registry)


@pytest.mark.parametrize(
    ("maintainer", "contact", "status", "more", "registry"),
    [
        ("MNT-KRNIC-AP", "EX1-AP", "ALLOCATED PORTABLE", "", "krnic"),
        ("MNT-KRNIC-AP", "EX1-AP", "ASSIGNED NON-PORTABLE", "", "krnic"),
        ("APNIC-HM", "EX1-AP", "ALLOCATED PORTABLE", "mnt-irt: IRT-KRNIC-KR\n", "krnic"),
        ("APNIC-HM", "IM574-AP", "ALLOCATED PORTABLE", "", "krnic"),
        ("APNIC-HM", "EX1-AP", "ALLOCATED PORTABLE", "", None),
        # What a customer can write: another account beside, a contact, a lower maintainer, words.
        ("MAINT-EX", "EX1-AP", "ASSIGNED NON-PORTABLE", "mnt-by: MNT-KRNIC-AP\n", None),
        ("MAINT-EX", "IM574-AP", "ASSIGNED NON-PORTABLE", "", None),
        ("MAINT-EX", "IM574-AP", "ALLOCATED PORTABLE", "", None),
        ("MAINT-EX", "EX1-AP", "ASSIGNED NON-PORTABLE", "mnt-lower: MNT-KRNIC-AP\n", None),
        ("MAINT-EX", "EX1-AP", "ASSIGNED NON-PORTABLE", "remarks: mirrored from KRNIC\n", None),
        ("MAINT-EX", "EX1-AP", "ASSIGNED NON-PORTABLE", "source: KRNIC\n", None),
    ],
)
def test_national_registry_in_apnics_text(
    maintainer: str, contact: str, status: str, more: str, registry: str | None
) -> None:
    text = APNIC_TEXT.format(maintainer=maintainer, contact=contact, status=status, more=more)
    assert national_registry(read(text, WHOIS["apnic"])) == registry


def test_contact_of_another_country_points_nowhere() -> None:
    text = APNIC_TEXT.format(
        maintainer="APNIC-HM", contact="JNIC1-AP", status="ALLOCATED PORTABLE", more=""
    )
    assert national_registry(read(text, WHOIS["apnic"])) is None


def test_national_registrys_own_server() -> None:
    assert national_registry(read(network(HOLDER), RDAP["nicbr"])) == "nicbr"
    assert national_registry(read(network(HOLDER), RDAP["ripe"])) is None
