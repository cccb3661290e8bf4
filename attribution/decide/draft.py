"""The answer while it is being put together, with the rules applied so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from attribution.codes import DoubtCode, Rule
from attribution.evidence import Record
from attribution.models import AddressAnswer, Country, Party, Role

ROLE_NAMES: dict[Role, str] = {
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
    """A code of `attribution.codes.Rule`."""
    conclusion: str
    rests_on: str | None = None
    """The fields of the registry's answer."""
    server: str | None = None
    sha256: str | None = None
    """Hash of the answer's body in the evidence."""
    lost: tuple[str, ...] = ()
    """Alternatives that were passed over, each with the reason."""


@dataclass(slots=True)
class Draft:
    """What the addresses have yielded so far."""

    parties: dict[tuple[Role, str], Party] = field(default_factory=dict)
    """By role and the provider's id."""
    addresses: list[AddressAnswer] = field(default_factory=list)
    doubts: dict[DoubtCode, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    countries: dict[str, Country] = field(default_factory=dict)
    """By address."""
    unknown: int = 0
    """How many addresses nobody is named for, though the registries answered."""
    waiting: int = 0
    """How many addresses wait for a registry."""
    fronted: bool = False
    """Whether some address is a reverse proxy's."""
    at_once: set[str] = field(default_factory=set)
    """Ids of companies besides the hosts that are written to in the same hour."""

    def doubt(self, code: DoubtCode, text: str) -> None:
        """Note a doubt; of one code the first stays."""
        self.doubts.setdefault(code, text)

    def step(
        self,
        rule: Rule,
        conclusion: str,
        source: Record | None = None,
        rests_on: str | None = None,
        lost: tuple[str, ...] = (),
    ) -> None:
        """Note a rule as it was applied, with the answer and field that it rests on."""
        server, sha256 = (source.server, source.sha256) if source else (None, None)
        self.steps.append(Step(rule, conclusion, rests_on, server, sha256, lost))

    def add(self, party: Party) -> None:
        """Add a party, joining its addresses with those of the same company in the same role."""
        key = party.role, party.provider.id
        earlier = self.parties.get(key)
        if earlier:
            addresses = list(dict.fromkeys([*earlier.addresses, *party.addresses]))
            party = earlier.model_copy(update={"addresses": addresses})
        self.parties[key] = party

    def take_over(self, party: Party, role: Role) -> None:
        """Take a party out whose company is listed in another role instead."""
        del self.parties[party.role, party.provider.id]
        self.addresses = [
            address.model_copy(update={"role": role})
            if self.answers_for(party, address)
            else address
            for address in self.addresses
        ]

    @staticmethod
    def answers_for(party: Party, address: AddressAnswer) -> bool:
        """Say whether a party is the one named for an address."""
        return (address.role, address.provider) == (party.role, party.provider.id)

    def is_host(self, party: Party) -> bool:
        """Say whether a party is the one named for some address."""
        return any(self.answers_for(party, address) for address in self.addresses)
