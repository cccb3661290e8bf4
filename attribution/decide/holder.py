"""Who holds a registered network, by what name, and whether the answer is only a registry's placeholder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from attribution.registry.registration import Entity, Network, Registration
from attribution.registry.registries import Registry, placeholder_of, registries, registry_named, registry_with_handle

NamedBy = Literal[
    "registrant", "organisation entity", "description", "abuse role", "abuse role's address", "network name"
]

_MAINTAINER = re.compile(r"(?:-MNT$|^MNT-|^MAINT-|-MNT-)", re.IGNORECASE)
_HANDLE = re.compile(r"^[A-Z0-9]+(?:-[A-Z0-9]+)*-(?:RIPE|ARIN|APNIC|AP|LACNIC|AFRINIC)$", re.IGNORECASE)
_GENERIC_ROLE = re.compile(
    r"^(?:(?:the|our)\s+)?(?:abuse(?:-c)?|noc|network|internet|security|hostmaster|admin(?:istration)?|technical|role|ip|irt|contact)"
    r"(?:[\s/-]+(?:abuse|role|contact|desk|team|department|dept\.?|handler|handling|operations?|cent(?:er|re)|management|object|c|noc|account|administrators?))*$",
    re.IGNORECASE,
)
_STUB_NETNAME = re.compile(
    r"^(?:NON-RIPE-NCC-MANAGED-ADDRESS-BLOCK|IANA-|RIPE-CIDR-BLOCK|EU-ZZ-|APNIC-(?:ERX-|AP-ERX|\d)|ERX-|LACNIC-ERX|AFRINIC-ERX"
    r"|NET\d+$|RESERVED-|STUB-|NOT-MANAGED)", re.IGNORECASE
)  # fmt: skip
_STUB_TYPE = re.compile(
    r"^(?:allocated to|transferred to|early registration|various registries|maintained by|delegated to|iana (?:reserved|special)"
    r"|reserved|allocated unspecified|not (?:managed|allocated))", re.IGNORECASE
)  # fmt: skip
_STUB_TEXT = re.compile(
    r"not (?:managed|allocated|registered|fully allocated|maintained)\b.{0,40}\b(?:by|to|in)\b.{0,20}(?:ripe|apnic|arin|lacnic|afrinic)"
    r"|address block not managed|transferred to (?:the )?(?:ripe|apnic|arin|lacnic|afrinic)|various registries"
    r"|early registration addresses|these addresses are in use by many",
    re.IGNORECASE,
)  # fmt: skip
_OWN_NETWORK_TYPE = re.compile(r"assign|legacy", re.IGNORECASE)
_LEGAL_FORM = re.compile(
    r"\b(?:inc|llc|ltd|limited|gmbh|b\.?v|n\.?v|s\.?a|s\.?l|s\.?r\.?l|ag|oy|ab|a/?s|plc|corp|corporation|co|company|pty|pte|s\.?a\.?s|ltda|kg)\b\.?",
    re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holder:
    """The company or person that a registry names as holding a network."""

    id: str
    name: str
    country: str | None
    named_by: NamedBy
    handle: str | None = None

    @property
    def certain(self) -> bool:
        """Whether the registry gives this name as the holder's, not merely as a label or contact."""
        return self.named_by in ("registrant", "organisation entity")


@lru_cache(maxsize=4096)
def is_maintainer(handle: str | None) -> bool:
    """Say whether a handle is a maintainer object: an account that edits records, never a company."""
    return bool(handle and _MAINTAINER.search(handle))


def holder_of(registration: Registration, fetched: dict[str, Entity] | None = None) -> Holder | None:
    """Name the holder of a network, or None when the answer names nobody but a registry that does not run it.

    `fetched` holds entities that were asked for one by one, by upper-case handle.
    """
    fetched = fetched or {}
    own = runs_itself(registration)
    for entity in _registrants(registration):
        name = _good_name(entity)
        if name and (own or not _is_registry(entity, name)):
            return _holder(registration, entity, name, "registrant")
        known = fetched.get((entity.handle or "").upper())
        name = _good_name(known) if known else None
        if known and name and not _is_registry(known, name):
            return _holder(registration, entity, name, "organisation entity")
    named = _fallback_name(registration)
    if named is None or (registry_named(named[0]) and not own):
        return None
    organisation = next((one for one in _registrants(registration) if one.handle), None)
    return _holder(registration, organisation, *named)


def unnamed_organisation(registration: Registration) -> str | None:
    """Return the handle of a registrant organisation that the answer names by its handle only."""
    registrants = _registrants(registration)
    if any(_good_name(entity) for entity in registrants):
        return None
    return next((one.handle for one in registrants if one.handle and not registry_with_handle(one.handle)), None)


def is_stub(registration: Network) -> bool:
    """Say whether the answer is a placeholder of a registry that does not manage this space (trap 2).

    A network that a registry runs for itself is none.
    """
    if registration.size == 2**registration.first.max_prefixlen:
        return True
    if registration.netname and _STUB_NETNAME.match(registration.netname) and not _has_company(registration):
        return True
    if registration.type and _STUB_TYPE.match(registration.type):
        return True
    if any(_STUB_TEXT.search(line) for line in (*registration.descriptions, *registration.remarks[:6])):
        return not _has_company(registration)
    return registrant_registry(registration) is not None and not runs_itself(registration)


def runs_itself(registration: Registration) -> bool:
    """Say whether this is a network that a registry operates: its mailbox is then a real one (trap 3)."""
    if registrant_registry(registration) is None:
        return False
    if not isinstance(registration, Network):
        return True
    small = registration.size <= (2**16 if registration.first.version == 4 else 2**96)
    return small and bool(registration.type and _OWN_NETWORK_TYPE.search(registration.type))


def registrant_registry(registration: Registration) -> Registry | None:
    """Return the registry that the answer names as registrant, or that its description names alone."""
    registrants = _registrants(registration)
    for entity in registrants:
        found = registry_with_handle(entity.handle) or registry_named(entity.name)
        if found:
            return found
    if registrants:
        return None
    return next((one for line in registration.descriptions[:1] if (one := registry_named(line))), None)


def national_registry(registration: Registration) -> Registry | None:
    """Return the national registry to ask when this answer only points at it (trap 4), or None."""
    source = registries().get(registration.registry)
    if source and source.national:
        return source
    marks = [registry_with_handle(entity.handle) for entity in registration.walk()]
    marks += [registry_named(entity.name) for entity in registration.walk()]
    marks += [placeholder_of(box.email) for entity in registration.walk() for box in entity.mailboxes]
    marks.append(registrant_registry(registration))
    return next((one for one in marks if one and one.national), None)


def same_company(one: Holder, other: Holder) -> bool:
    """Say whether two networks of one registry have one holder: by handle where both have one, else by name.

    Legal forms and case are set aside. Used only inside one answer's chain, never to join histories.
    """
    if one.handle and other.handle:
        return one.handle.upper() == other.handle.upper()
    return plain_name(one.name) == plain_name(other.name)


def plain_name(name: str) -> str:
    """Fold a company's name for comparison: lower case, no legal form, no punctuation."""
    return re.sub(r"[^\w]+", " ", _LEGAL_FORM.sub(" ", name.lower())).strip()


def _registrants(registration: Registration) -> list[Entity]:
    """Return candidates for the holder, organisations before people; maintainers are none (trap 12)."""
    named = [one for one in registration.entities if "registrant" in one.roles and not is_maintainer(one.handle)]
    if not named:  # AFRINIC leaves roles out; an organisation shows by its handle
        named = [
            one for one in registration.entities if not one.roles and (one.handle or "").upper().startswith("ORG-")
        ]
    return sorted(named, key=lambda one: (one.kind == "individual", _good_name(one) is None))


def _good_name(entity: Entity) -> str | None:
    for name in (entity.name, entity.organisation):
        if (
            name
            and name.upper() != (entity.handle or "").upper()
            and not _HANDLE.match(name)
            and not is_maintainer(name)
        ):
            return name
    return None


def _has_company(registration: Registration) -> bool:
    return any((name := _good_name(one)) and not _is_registry(one, name) for one in _registrants(registration))


def _is_registry(entity: Entity, name: str) -> bool:
    return registry_with_handle(entity.handle) is not None or registry_named(name) is not None


def _holder(registration: Registration, entity: Entity | None, name: str, named_by: NamedBy) -> Holder:
    handle = entity.handle if entity else None
    key = handle or f"network:{registration.handle}"
    return Holder(f"{registration.registry}:{key}", name, entity.country if entity else None, named_by, handle)


def _fallback_name(registration: Registration) -> tuple[str, NamedBy] | None:
    """Find a name where no registrant has one. RIPE's descriptions are free text, elsewhere they name the holder."""
    description = next(iter(registration.descriptions), None)
    if description and registration.registry != "ripe":
        return description, "description"
    for entity in registration.entities:
        marked = "abuse" in entity.roles or any("abuse" in box.types for box in entity.mailboxes)
        if marked and not registry_with_handle(entity.handle) and not is_maintainer(entity.handle):
            name = _good_name(entity)
            if name and not _GENERIC_ROLE.match(name) and not name.upper().startswith("IRT-"):
                return name, "abuse role"
            first_line = entity.address[0] if entity.address else ""
            if first_line and not any(character.isdigit() for character in first_line):
                return first_line, "abuse role's address"
    if description:
        return description, "description"
    netname = registration.netname
    if netname and not _HANDLE.match(netname) and not national_registry(registration):
        return netname, "network name"
    return None
