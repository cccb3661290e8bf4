"""The table of types against each registry's documented list."""

from __future__ import annotations

import pytest

from attribution.registry.types import BlockKind, block_type

D, H, C, R = BlockKind.DIRECT, BlockKind.HANDED_ON, BlockKind.CUSTOMER, BlockKind.REGISTRY

# RIPE Database Documentation, "Description of the inetnum object", status.
RIPE_4 = {
    "ALLOCATED PA": D,
    "ALLOCATED-ASSIGNED PA": D,
    "ALLOCATED UNSPECIFIED": R,
    "LIR-PARTITIONED PA": H,
    "SUB-ALLOCATED PA": H,
    "ASSIGNED PA": C,
    "AGGREGATED-BY-LIR": C,
    "ASSIGNED ANYCAST": D,
    "ASSIGNED PI": D,
    "LEGACY": D,
    # Until 2014 and 2022 (RIPE-604, RIPE-785), still in answers that were kept:
    "EARLY-REGISTRATION": D,
    "NOT-SET": D,
    "ALLOCATED PI": D,
    "LIR-PARTITIONED PI": H,
}
# RIPE Database Documentation, "Description of the inet6num object", status.
RIPE_6 = {
    "ALLOCATED-BY-RIR": D,
    "ALLOCATED-BY-LIR": H,
    "AGGREGATED-BY-LIR": C,
    "ASSIGNED": C,
    "ASSIGNED ANYCAST": D,
    "ASSIGNED PI": D,
}
# APNIC, "Recording network assignments" (four values for both families).
APNIC = {
    "ALLOCATED PORTABLE": D,
    "ASSIGNED PORTABLE": D,
    "ALLOCATED NON-PORTABLE": H,
    "ASSIGNED NON-PORTABLE": C,
}
# AFRINIC WHOIS database, status of inetnum.
AFRINIC_4 = {
    "ALLOCATED PA": D,
    "ALLOCATED UNSPECIFIED": R,
    "SUB-ALLOCATED PA": H,
    "LIR-PARTITIONED": H,
    "ASSIGNED PA": C,
    "ASSIGNED PI": D,
    "ASSIGNED ANYCAST": D,
    "EARLY-REGISTRATION": D,
}
# AFRINIC WHOIS database, status of inet6num.
AFRINIC_6 = {
    "ALLOCATED-BY-RIR": D,
    "ALLOCATED-BY-LIR": H,
    "ASSIGNED": C,
    "ASSIGNED PI": D,
    "ASSIGNED ANYCAST": D,
}
# ARIN, NRPM 2.5 and the Net Types of RDAP and of port 43.
ARIN = {
    "DIRECT ALLOCATION": D,
    "Direct Allocation": D,
    "DIRECT ASSIGNMENT": D,
    "Direct Assignment": D,
    "REALLOCATION": H,
    "Reallocated": H,
    "REASSIGNMENT": C,
    "Reassigned": C,
    "Allocated to RIPE NCC": R,
    "Transferred to APNIC": R,
    "Early Registrations, Transferred to AFRINIC": R,
    "Early Registrations, Maintained by ARIN": R,
    "Various Registries (Maintained by ARIN)": R,
    "IANA Reserved": R,
    "IANA Special Use": R,
}
# LACNIC policy manual, 2.3; lower case on port 43.
LACNIC = {"ALLOCATED": D, "ASSIGNED": D, "REALLOCATED": H, "REASSIGNED": C}
LACNIC |= {word.lower(): kind for word, kind in LACNIC.items()}

LISTS = [
    ("ripe", 4, RIPE_4),
    ("ripe", 6, RIPE_6),
    ("apnic", 4, APNIC),
    ("apnic", 6, APNIC),
    ("afrinic", 4, AFRINIC_4),
    ("afrinic", 6, AFRINIC_6),
    ("arin", 4, ARIN),
    ("arin", 6, ARIN),
    ("lacnic", 4, LACNIC),
    ("lacnic", 6, LACNIC),
    *((name, 4, APNIC) for name in ("jpnic", "krnic", "twnic", "cnnic", "idnic", "vnnic", "irinn")),
]


@pytest.mark.parametrize(
    ("registry", "version", "type_text", "kind"),
    [
        (registry, version, text, kind)
        for registry, version, documented in LISTS
        for text, kind in documented.items()
    ],
)
def test_every_documented_type_has_its_kind(
    registry: str, version: int, type_text: str, kind: BlockKind
) -> None:
    found = block_type(registry, type_text, version)
    assert found
    assert found.kind is kind
    assert (found.direct_as is not None) == (kind is D)


# RIPE Database Documentation, hierarchy of statuses; APNIC: "assigned: no further delegation".
TERMINAL = {
    (registry, text, version)
    for registry, versions, texts in [
        ("ripe", (4,), ("ASSIGNED PA", "ALLOCATED-ASSIGNED PA")),
        ("ripe", (6,), ("ASSIGNED",)),
        ("ripe", (4, 6), ("ASSIGNED PI", "ASSIGNED ANYCAST")),
        ("apnic", (4, 6), ("ASSIGNED PORTABLE", "ASSIGNED NON-PORTABLE")),
        ("afrinic", (4,), ("ASSIGNED PA",)),
        ("afrinic", (6,), ("ASSIGNED",)),
        ("afrinic", (4, 6), ("ASSIGNED PI", "ASSIGNED ANYCAST")),
        ("arin", (4, 6), ("REASSIGNMENT", "Reassigned")),
        ("lacnic", (4, 6), ("ASSIGNED", "assigned", "REASSIGNED", "reassigned")),
    ]
    for version in versions
    for text in texts
}


def test_only_types_below_which_nothing_is_registered_are_terminal() -> None:
    regional = ("ripe", "apnic", "afrinic", "arin", "lacnic")
    found = {
        (registry, text, version)
        for registry, version, documented in LISTS
        if registry in regional
        for text in documented
        if (row := block_type(registry, text, version)) and row.terminal
    }
    assert found == TERMINAL


@pytest.mark.parametrize(
    ("registry", "type_text", "version", "direct_as"),
    [
        ("ripe", "ALLOCATED PA", 4, "direct_allocation"),
        ("ripe", "ASSIGNED PI", 6, "direct_assignment"),
        ("ripe", "LEGACY", 4, "legacy"),
        ("arin", "DIRECT ASSIGNMENT", 4, "direct_assignment"),
        ("lacnic", "allocated", 4, "direct_allocation"),
    ],
)
def test_direct_blocks_say_how(registry: str, type_text: str, version: int, direct_as: str) -> None:
    found = block_type(registry, type_text, version)
    assert found
    assert found.direct_as == direct_as


@pytest.mark.parametrize(
    "type_text", [None, "", "  ", "LIIR-PARTITIONED PA", "assigned pa x", "PA"]
)
def test_missing_and_unknown_types_are_nothing(type_text: str | None) -> None:
    assert block_type("ripe", type_text, 4) is None
    assert block_type("rdap.customer.example", "ALLOCATED PA", 4) is None


def test_case_and_spaces_do_not_matter() -> None:
    assert block_type("ripe", " assigned   pa ", 4) == block_type("ripe", "ASSIGNED PA", 4)
    assert block_type("ripe", "Assigned", 6) is not None
    assert block_type("ripe", "ASSIGNED", 4) is None
