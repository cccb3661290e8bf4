"""Who could open which account, by the log: two accounts that one person could open are one person.

An account is set up by a one-time link. Whoever made the link saw it, and could have used it
instead of the person whose account it is: then, whenever that was, the person's signing keys that
were named afterwards sign nothing until somebody else confirms that the person used the link. The
same holds for an account that an identity provider opens first: an administrator who made it chose
its mailbox, and could have chosen a second one of the administrator's own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from attribution.casework.people import person_of
from attribution.errors import Refused
from attribution.store import Reader
from attribution.store.queries.events import EventFilter, events_in_order

LINK_MADE = "link_made"
ACCOUNT_CHANGED = "account_changed"
ACCOUNT_MADE = "account_made"
ACCOUNT_CONFIRMED = "account_confirmed"
SET_UP = "set up"
"""What was changed when an account got its password and authenticator."""

PROVIDER_BOUND = "identity provider"
"""What was changed when an account was first opened through the identity provider."""
_KINDS = (LINK_MADE, ACCOUNT_MADE, ACCOUNT_CHANGED, ACCOUNT_CONFIRMED)


@dataclass(frozen=True, slots=True)
class Opening:
    """A link that set an account up, seen by somebody else, which nobody has confirmed since."""

    seq: int
    """The number of the set-up in the log."""
    seen_by: str
    """Who made the link: a person's mailbox, or an account of the machine."""
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Openings:
    """The openings that wait for a confirmation, by the person whose account it is."""

    waiting: dict[str, tuple[Opening, ...]]

    def before(self, person: str, seq: int) -> tuple[Opening, ...]:
        """Return those of a person that happened before an event of the log."""
        return tuple(opening for opening in self.waiting.get(person, ()) if opening.seq < seq)

    def could_open(self, person: str) -> frozenset[str]:
        """Return everybody who could have opened a person's account, the person too.

        Also over several steps: who could open the account that made the link.
        """
        reached, open_ends = {person}, [person]
        while open_ends:
            for opening in self.waiting.get(open_ends.pop(), ()):
                if opening.seen_by not in reached:
                    reached.add(opening.seen_by)
                    open_ends.append(opening.seen_by)
        return frozenset(reached)


def openings(reader: Reader) -> Openings:
    """Read the openings that wait for a confirmation from the log."""
    made_by: dict[str, str] = {}
    """Only people: who has the machine can name signers without any account."""
    link_by: dict[str, str] = {}
    set_up: set[str] = set()
    waiting: dict[str, list[Opening]] = defaultdict(list)
    for event in events_in_order(reader, EventFilter(kinds=_KINDS, of_no_provider=True)):
        detail = event.detail
        person = str(detail.get("account"))
        what = detail.get("what")
        if event.kind == LINK_MADE:
            link_by[person] = name_of(event.who)
        elif event.kind == ACCOUNT_MADE:
            if "@" in event.who:
                made_by[person] = name_of(event.who)
        elif event.kind == ACCOUNT_CONFIRMED:
            waiting.pop(person, None)
        elif what == PROVIDER_BOUND and person not in set_up:
            if made_by.get(person, person) != person:
                waiting[person].append(Opening(event.seq, made_by[person], event.recorded_at))
        elif what == SET_UP:
            set_up.add(person)
            # Set-ups of earlier versions do not say whose link it was: the last one before.
            seen_by = detail["seen_by"] if "seen_by" in detail else link_by.get(person)
            if seen_by is not None and seen_by != person:
                waiting[person].append(Opening(event.seq, seen_by, event.recorded_at))
    return Openings({person: tuple(seen) for person, seen in waiting.items()})


def link_maker(reader: Reader, person: str) -> str | None:
    """Return who made the last link for a person's account; None where nobody did."""
    links = events_in_order(reader, EventFilter(kinds=[LINK_MADE], of_no_provider=True))
    makers = [link.who for link in links if link.detail.get("account") == person]
    return name_of(makers[-1]) if makers else None


def name_of(who: str) -> str:
    """Return a person of the log in the one form of a mailbox, or an account's name as it is."""
    try:
        return person_of(who)
    except Refused:
        return who
