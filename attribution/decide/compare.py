"""What changed between two answers about one target: moved, sold, renamed, another mailbox."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.models import Attribution


@dataclass(frozen=True, slots=True)
class Change:
    """One difference."""

    what: str
    """`host`, `status`, `addresses`, `company`, `mailbox`,
    `role`, `holder of ADDRESS`, `parties`, `fronted`.
    """
    before: str
    after: str


def changes_between(before: Attribution, after: Attribution) -> list[Change]:
    """Compare two answers. Pure; times and evidence do not count."""
    old, new = _compared(before), _compared(after)
    return [
        Change(what, old[what], new[what]) for what in old if what in new and old[what] != new[what]
    ]


def _compared(answer: Attribution) -> dict[str, str]:
    """Return what is compared, in the order in which changes are listed."""
    primary = answer.primary
    contact = primary.abuse_contact if primary else None
    holders = {address.ip: address.provider or "nobody" for address in answer.addresses}
    return {
        "host": answer.host or "none",
        "status": answer.status,
        "addresses": " ".join(sorted(holders)) or "none",
        "company": f"{primary.provider.name} ({primary.provider.id})" if primary else "nobody",
        "mailbox": contact.email or contact.form or contact.status if contact else "none",
        "role": primary.role if primary else "none",
        "fronted": str(answer.fronted).lower(),
        "parties": ", ".join(f"{party.role} {party.provider.id}" for party in answer.parties)
        or "none",
        **{f"holder of {ip}": holders[ip] for ip in sorted(holders)},
    }
