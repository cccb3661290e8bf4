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
    pairs: list[tuple[str, str, str]] = [
        ("host", before.host or "none", after.host or "none"),
        ("status", before.status, after.status),
        ("addresses", _addresses(before), _addresses(after)),
        ("company", _company(before), _company(after)),
        ("mailbox", _mailbox(before), _mailbox(after)),
        ("role", _role(before), _role(after)),
        ("fronted", str(before.fronted).lower(), str(after.fronted).lower()),
        ("parties", _parties(before), _parties(after)),
    ]
    holders = [
        {one.ip: one.provider or "nobody" for one in answer.addresses} for answer in (before, after)
    ]
    pairs += [
        (f"holder of {ip}", holders[0][ip], holders[1][ip])
        for ip in sorted(holders[0].keys() & holders[1].keys())
    ]
    return [Change(what, old, new) for what, old, new in pairs if old != new]


def _addresses(answer: Attribution) -> str:
    return " ".join(sorted(one.ip for one in answer.addresses)) or "none"


def _company(answer: Attribution) -> str:
    return (
        f"{answer.primary.provider.name} ({answer.primary.provider.id})"
        if answer.primary
        else "nobody"
    )


def _mailbox(answer: Attribution) -> str:
    if answer.primary is None:
        return "none"
    contact = answer.primary.abuse_contact
    return contact.email or contact.form or contact.status


def _role(answer: Attribution) -> str:
    return answer.primary.role if answer.primary else "none"


def _parties(answer: Attribution) -> str:
    return ", ".join(f"{one.role} {one.provider.id}" for one in answer.parties) or "none"
