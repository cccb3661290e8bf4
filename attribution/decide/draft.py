"""The answer while it is being put together, with the rules applied so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from attribution.evidence import Record
from attribution.models import AddressAnswer, Country, Party, Role

ROLE_WORDS: dict[Role, str] = {
    "platform": "the platform of the page",
    "cdn": "the proxy in front",
    "hosting": "host",
    "reseller": "reseller",
    "allocation_holder": "holder of the allocation",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One rule as it was applied."""

    rule: str
    conclusion: str
    rests_on: str | None = None
    """The field of the answer."""
    server: str | None = None
    sha256: str | None = None
    lost: tuple[str, ...] = ()
    """Alternatives that were passed over, each with the reason."""


@dataclass(slots=True)
class Draft:
    """What the addresses have yielded so far."""

    parties: dict[tuple[Role, str], Party] = field(default_factory=dict)
    addresses: list[AddressAnswer] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    countries: dict[str, Country] = field(default_factory=dict)
    """By address."""
    unknown: int = 0
    """How many addresses nobody is named for, though the registries answered."""
    waiting: int = 0
    """How many addresses wait for a registry."""
    fronted: bool = False
    at_once: set[str] = field(default_factory=set)
    """Ids of companies besides the hosts that are written to in the same hour."""

    def doubt(self, code: str, text: str) -> None:
        """Note a doubt; of one code the first stays."""
        self.doubts.setdefault(code, text)

    def step(
        self,
        rule: str,
        conclusion: str,
        source: Record | None = None,
        rests_on: str | None = None,
        lost: tuple[str, ...] = (),
    ) -> None:
        """Note a rule as it was applied, with the answer and field that it rests on."""
        self.steps.append(
            Step(
                rule,
                conclusion,
                rests_on,
                source.server if source else None,
                source.sha256 if source else None,
                lost,
            )
        )

    def add(self, party: Party) -> None:
        """Add a party, joining its addresses with those of the same company in the same role."""
        key = party.role, party.provider.id
        known = self.parties.get(key)
        if known:
            addresses = [
                *known.addresses,
                *(one for one in party.addresses if one not in known.addresses),
            ]
            party = known.model_copy(update={"addresses": addresses})
        self.parties[key] = party

    def take_over(self, party: Party, role: Role) -> None:
        """Take a party out whose company is listed in another role instead."""
        del self.parties[party.role, party.provider.id]
        self.addresses = [
            one.model_copy(update={"role": role})
            if (one.role, one.provider) == (party.role, party.provider.id)
            else one
            for one in self.addresses
        ]
