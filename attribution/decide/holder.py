"""Who holds a registered network: an identity that
the registry gives, and a name to show for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from attribution.registry.organisations import (
    Organisation,
    described_name,
    organisation_name,
    organisation_of,
)
from attribution.registry.registration import Entity, Network, Registration

NamedBy = Literal["organisation", "customer record", "description", "network name"]
EntityKey = tuple[str, str]
"""(registry, handle in upper case): a handle alone is another company's in another registry."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The company that a registry says holds a network."""

    id: str
    """`handle space:HANDLE` of an organisation,
    else `registry:network:RANGE` of a block without one.
    """
    name: str
    country: str | None
    named_by: NamedBy
    organisation: Organisation | None = None

    @property
    def certain(self) -> bool:
        """Whether the registry gives this name as the holder's, not merely as a label."""
        return self.named_by == "organisation"

    @property
    def provisional(self) -> bool:
        """Whether the identity is only that of the block:
        the registry names no organisation object.
        """
        return self.organisation is None


def holder_of(registration: Registration, entities: Mapping[EntityKey, Entity]) -> Holder:
    """Name the holder of a network or AS. `entities` are those asked for one by one.

    An organisation object gives the identity; without one the block itself does, named by its
    description where that is a name, else by its netname.
    """
    organisation = organisation_of(registration)
    if organisation:
        fetched = entities.get((registration.registry, organisation.handle.upper()))
        name = organisation.name or (organisation_name(fetched) if fetched else None)
        country = organisation.country or (fetched.country if fetched else None)
        identity = f"{registration.handle_space}:{organisation.handle.upper()}"
        if name and "@" not in name:
            return Holder(identity, name, country, "organisation", organisation)
        label = f"{registration.netname or registration.handle} ({organisation.handle})"
        return Holder(identity, label, country, "network name", organisation)
    identity = f"{registration.registry}:network:{_block(registration)}"
    customer = customer_record(registration)
    if customer and customer.name and "@" not in customer.name:
        return Holder(identity, customer.name, customer.country, "customer record")
    described = described_name(registration)
    if described:
        return Holder(identity, described, registration.country, "description")
    return Holder(
        identity, registration.netname or registration.handle, registration.country, "network name"
    )


def customer_record(registration: Registration) -> Entity | None:
    """Return the registry's record of a holder that is no organisation object.

    ARIN's customer, LACNIC's natural person; the organisation that a national registry prints
    without a handle. RIPE, AFRINIC and APNIC have none: what stands there as registrant beside an
    organisation is a maintainer.
    """
    if registration.registry in ("ripe", "afrinic", "apnic") or organisation_of(registration):
        return None
    registrants = (entity for entity in registration.entities if "registrant" in entity.roles)
    return next((entity for entity in registrants if entity.handle or entity.name), None)


def same_organisation(a: Holder, b: Holder) -> bool:
    """Say whether two networks have one holder, by identity; names join nothing."""
    return a.organisation is not None and a.id == b.id


def _block(registration: Registration) -> str:
    return registration.range if isinstance(registration, Network) else registration.handle
