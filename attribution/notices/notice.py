"""What a notice says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from attribution.notices.legal import LegalGround


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierNotice:
    """A company that was written to about a case, and when."""

    company: str
    days: tuple[str, ...]
    """ISO dates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineOn:
    """How many of a case's URLs were online at their last check, which was on one day."""

    day: str
    """ISO date."""
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeCase:
    """One case of a notice: only what is true of it for this addressee."""

    case: str
    site: str
    urls: tuple[str, ...]
    """As they are to be shown: whole or defanged."""
    reply_to: str
    """The hotline's address with the case's token."""
    token: str
    written_to_you: tuple[str, ...] = ()
    """The days on which notices went to this very mailbox and did not come back, as ISO dates."""
    written_to_others: tuple[EarlierNotice, ...] = ()
    """The same of other companies, in the order to write."""
    online: tuple[OnlineOn, ...] = ()
    """Checks after the last of these notices, by day."""
    analyst: bool = False
    """Whether a person looked at the content of each URL, by the log."""

    @property
    def reminder(self) -> bool:
        """Whether this addressee was written to before."""
        return bool(self.written_to_you)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a notice says. Each field is a variable of its template, as are those of `variables`."""

    to: str
    """The provider's name."""
    role_code: str
    """In what role the provider can act, such as `hosting`: a role of `models.WriteStep`."""
    hotline: str
    mailbox: str
    """The hotline's, without a token."""
    postal_address: tuple[str, ...] = ()
    """The hotline's, by line."""
    telephone: str = ""
    """The hotline's."""
    anonymous: bool = False
    """Whether the hotline is not named."""
    urls_given: bool
    """Whether the URLs are named; they are left out for a mailbox that is not approved."""
    defanged: bool
    legal: LegalGround = field(default_factory=LegalGround)
    laws: tuple[str, ...] = ()
    """What the notice rests on in one list: law, article and first day of each."""
    cases: tuple[NoticeCase, ...]
    """One; several of a digest."""

    def variables(self) -> Mapping[str, Any]:
        """Return what its template may use: of several cases `urls` has all, and texts are joined
        with commas.
        """
        own = {name.name: getattr(self, name.name) for name in fields(self)}
        days = [day for case in self.cases for day in case.written_to_you]
        seen = [check.day for case in self.cases for check in case.online]
        return own | {
            **{
                name: ", ".join(getattr(case, name) for case in self.cases)
                for name in ("case", "site", "reply_to", "token")
            },
            "urls": tuple(url for case in self.cases for url in case.urls),
            "reminder": all(case.reminder for case in self.cases),
            "first_sent": min(days, default=""),
            "last_seen": max(seen, default=""),
        }


VARIABLES = frozenset(
    [field.name for field in fields(Notice)]
    + ["case", "site", "reply_to", "token", "urls", "reminder", "first_sent", "last_seen"]
)
"""What a hotline's own template may use."""
