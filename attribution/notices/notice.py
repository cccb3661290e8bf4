"""What a notice says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notice says. Each field is a variable of its template."""

    case: str
    to: str
    """The provider's name."""
    role_code: str
    """In what role the provider can act, such as `hosting`: a role of `models.WriteStep`."""
    site: str
    hotline: str
    urls: tuple[str, ...]
    """As they are to be shown: whole or defanged."""
    urls_given: bool
    """Whether the URLs are named; they are left out for a mailbox that is not approved."""
    defanged: bool
    laws: tuple[str, ...]
    reply_to: str
    """The hotline's address with the case's token."""
    token: str
    reminder: bool
    first_sent: str
    """The day of the first notice, as an ISO date; empty where none was sent."""
    last_seen: str
    """The day on which a check last saw a URL online, as an ISO date; empty where none did."""


VARIABLES = frozenset(field.name for field in fields(Notice))
"""What a hotline's own template may use."""
