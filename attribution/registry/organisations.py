"""Organisations as registries know them, and which texts are names.

Persons, roles and maintainers are no organisations; addresses, prefixes and pools no names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from attribution.registry.dialects.common import is_maintainer
from attribution.registry.registration import Entity, Registration
from attribution.registry.registries import registry as registry_of
from attribution.registry.spaces import company_number, is_personal_number
from attribution.registry.types import BlockKind, block_type

_LONGEST_NAME = 200
_ARIN_CUSTOMER = re.compile(r"C[0-9]+", re.IGNORECASE)
_HANDLE = re.compile(
    r"[A-Z0-9]+(?:-[A-Z0-9]+)*-(?:RIPE|ARIN|APNIC|AP|LACNIC|AFRINIC)", re.IGNORECASE
)
_OWNER_ID = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_LEGAL_FORM = re.compile(
    r"\b(?:inc|llc|ltd|limited|gmbh|b\.?v|n\.?v|s\.?a|s\.?l|s\.?r\.?l|ag|oy|ab|a/?s|plc|corp|corporation"
    r"|co|company|pty|pte|s\.?a\.?s|ltda|kg)\b\.?",
    re.IGNORECASE,
)
_WORKING_NAMES = frozenset(
    [
        "abuse service",
        "customer care",
        "customer service",
        "dns admin",
        "hostmaster",
        "ip admin",
        "ip management",
        "ip services",
        "ipam",
        "lir",
        "lir admin",
        "noc",
        "network operation center",
        "network operation centre",
        "network operations center",
        "network operations centre",
        "operations",
        "postmaster",
        "ripe dbm",
        "ripe manager",
        "service desk",
        "support",
        "support team",
        "sysadmin",
        "tech support",
        "technical support",
    ]
)
_ROLE_WORDS = frozenset(
    [
        "abuse",
        "account",
        "admin",
        "administration",
        "administrator",
        "administrators",
        "c",
        "center",
        "centre",
        "contact",
        "department",
        "dept",
        "desk",
        "handler",
        "handling",
        "hostmaster",
        "internet",
        "ip",
        "irt",
        "management",
        "network",
        "noc",
        "object",
        "operation",
        "operations",
        "role",
        "security",
        "team",
        "technical",
        "the",
        "our",
    ]
)
_POOL_WORDS = frozenset(
    [
        "access",
        "address",
        "addresses",
        "adsl",
        "allocation",
        "and",
        "assigned",
        "assignment",
        "backbone",
        "block",
        "blocks",
        "broadband",
        "business",
        "cable",
        "cgn",
        "cgnat",
        "client",
        "clients",
        "customer",
        "customers",
        "dhcp",
        "dialup",
        "dsl",
        "dynamic",
        "end",
        "fiber",
        "fibre",
        "for",
        "ftth",
        "home",
        "infrastructure",
        "internal",
        "internet",
        "ip",
        "ips",
        "ipv4",
        "ipv6",
        "lan",
        "link",
        "links",
        "loopback",
        "loopbacks",
        "lte",
        "mobile",
        "nat",
        "net",
        "network",
        "networks",
        "of",
        "point",
        "pool",
        "pools",
        "ppp",
        "pppoe",
        "private",
        "public",
        "range",
        "ranges",
        "reserved",
        "residential",
        "server",
        "servers",
        "space",
        "static",
        "subscriber",
        "subscribers",
        "test",
        "the",
        "to",
        "user",
        "users",
        "vdsl",
        "vpn",
        "wan",
        "wifi",
        "wireless",
    ]
)
_POOLS = frozenset(["pool", "pools", "customers", "subscribers"])
_STREET = re.compile(
    r"\b(?:street|road|avenue|ave|boulevard|blvd|lane|drive|suite|floor|building|box|rue|via|calle|avenida|rua"
    r"|platz)\b|stra(?:ss|ß)e\b|straat\b|\bstr\.|weg\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation object of a registry; with the answer's handle space it is an identity."""

    handle: str
    name: str | None
    """None where the answer names it by its handle only."""
    country: str | None
    entity: Entity


def organisation_of(registration: Registration) -> Organisation | None:
    """Return the organisation that the registry names as holder, or None.

    Only an organisation object counts: RIPE, AFRINIC and APNIC `ORG-…`, ARIN's OrgID, LACNIC's
    and NIC.br's ownerid of a company; never a person, role, maintainer or customer record.
    """
    for entity in registration.entities:
        is_holder = "registrant" in entity.roles or _is_afrinics(registration, entity)
        if is_holder and entity.handle and _is_organisation(registration, entity, entity.handle):
            return Organisation(entity.handle, organisation_name(entity), entity.country, entity)
    return None


def organisation_name(entity: Entity) -> str | None:
    """Return an organisation object's name as it stands there; None for a handle in its place."""
    for name in (entity.name, entity.organisation):
        if not name or name.upper() == (entity.handle or "").upper():
            continue
        if not _HANDLE.fullmatch(name[:_LONGEST_NAME]) and not is_maintainer(name[:_LONGEST_NAME]):
            return name
    return None


def described_name(registration: Registration) -> str | None:
    """Return the first description where it can be a name, for a holder without organisation."""
    name = next(iter(registration.descriptions), None)
    return name if usable_name(name) else None


@lru_cache(maxsize=4096)
def usable_name(text: str | None) -> bool:
    """Say whether a description or a role's name can be a company's.

    None are an address, a prefix, a link, a working name (`LIR Admin`), nor a text of nothing but
    terms for a pool of addresses.
    """
    if not text or len(text) > _LONGEST_NAME:
        return False
    if "@" in text or ":" in text:
        return False
    tokens = [token.lower() for token in _WORD.findall(text)]
    letters = [token for token in tokens if not token.isdigit()]
    if not letters or sum(map(len, letters)) < 2 or _HANDLE.fullmatch(text) or is_maintainer(text):
        return False
    if " ".join(tokens) in _WORKING_NAMES or _ROLE_WORDS.issuperset(letters):
        return False
    if _LEGAL_FORM.search(text):
        return True
    if _STREET.search(text) and any(character.isdigit() for character in text):
        return False
    return not _POOL_WORDS.issuperset(letters) and _POOLS.isdisjoint(letters)


def plain_name(name: str) -> str:
    """Fold a company's name for comparison: lower case, no legal form, no punctuation."""
    folded = _LEGAL_FORM.sub(" ", name[: 2 * _LONGEST_NAME].lower())
    return re.sub(r"[^\w]+", " ", folded).strip()


def is_member(entity: Entity, registry: str) -> bool:
    """Say whether the registry itself calls an organisation its member or lists direct space of it.

    Legacy space counts for neither: blocks that others made inside it have the same type.
    """
    if entity.org_type == "LIR":
        return True
    row = registry_of(registry)
    if row and any(name.upper() in row.maintainers for name in entity.maintainers):
        return True
    types = (
        block_type(registry, network.type, network.first.version) for network in entity.networks
    )
    return any(
        block.kind is BlockKind.DIRECT and block.direct_as != "legacy" for block in types if block
    )


def _is_afrinics(registration: Registration, entity: Entity) -> bool:
    """AFRINIC's RDAP leaves roles out; an organisation shows by its handle."""
    return registration.registry == "afrinic" and not entity.roles


def _is_organisation(registration: Registration, entity: Entity, handle: str) -> bool:
    if is_maintainer(handle):
        return False
    match registration.handle_space:
        case "arin":
            contact = handle.upper().endswith("-ARIN") or _ARIN_CUSTOMER.fullmatch(handle)
            return not contact and entity.kind != "individual"
        case "lacnic":
            is_person = is_personal_number(handle) or entity.kind == "individual"
            return not is_person and _OWNER_ID.fullmatch(handle[:_LONGEST_NAME]) is not None
        case "nicbr":
            return company_number(handle, "nicbr") is not None
        case space:
            return registry_of(space) is not None and handle.upper().startswith("ORG-")
