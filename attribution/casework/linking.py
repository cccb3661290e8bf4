"""Links between providers: names of one operator, owners, shared abuse departments.

Only a person makes one, and says how it is known. Links of the kinds `JOINING` make one history of
two records: a parent is not blamed for its reseller, nor an abuse department for whom it serves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from attribution.casework.fields import required
from attribution.casework.providers import provider_named
from attribution.codes import Refusal
from attribution.errors import NotFound, Refused
from attribution.history.rows import JOINING
from attribution.store import Reader, Writer
from attribution.store.queries.events import link_events
from attribution.store.queries.providers import provider_with_id
from attribution.store.times import Micros, iso

MOST_NAMES = 100
"""Providers that are joined at once."""


class LinkKind(StrEnum):
    """How two providers belong together."""

    RENAMED_TO = "renamed_to"
    """The older goes on as the newer: one history."""
    SAME_OPERATOR = "same_operator"
    """Both are names of one operator: one history."""
    OWNED_BY = "owned_by"
    """The newer owns the older."""
    SAME_ABUSE_DESK = "same_abuse_desk"
    """One abuse department answers for both."""
    ANNOUNCES_FOR = "announces_for"
    """The newer announces the older's addresses."""


LINK_KINDS = tuple(LinkKind)


@dataclass(frozen=True, slots=True)
class Link:
    """`new` is, since a day, linked with `old`; undone from `undone_at` on, where that is set."""

    seq: int
    """Number of the event that made it."""
    new: int
    old: int
    kind: str
    known_at: int
    source: str
    undone_at: int | None = None

    def holds(self, at: int | None) -> bool:
        """Say whether the link was known, and not undone, at a time; None for now."""
        if at is None:
            return self.undone_at is None
        return self.known_at <= at and (self.undone_at is None or at < self.undone_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """A link between two providers by their ids."""

    new: int
    old: int
    kind: str
    """One of `LinkKind`."""
    known_at: int
    source: str
    """How it is known."""
    origin: str | None = None
    """Stands for the row of a file that it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkProviders:
    """Link a provider with another one; with `same_operator`, with one or several."""

    new: str
    """The provider as it is now: its key, or a name that is its alone."""
    old: tuple[str, ...]
    source: str
    """How it is known: trade register, court, regulator, the provider's own word."""
    kind: str = LinkKind.RENAMED_TO
    known_at: Micros | None = None
    """Since when; None for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksMade:
    """Links that were made."""

    numbers: tuple[int, ...]
    """Each undoes its link with `undo_link`."""
    new: str
    """Key of the provider as it is now."""
    old: tuple[str, ...]
    """Keys of the others."""


def link_providers(writer: Writer, command: LinkProviders) -> LinksMade:
    """Link providers from a day on. Names of one operator that are one history are left as they
    are. Raises Refused.
    """
    source = required(
        command.source,
        "source",
        "say how it is known: trade register, court, regulator, its own word",
    )
    known_at = writer.now if command.known_at is None else command.known_at
    if known_at > writer.now:
        remedy = "it is in the future: give the day on which it was known"
        raise Refused(Refusal.INVALID, "at", str(iso(known_at)), remedy)
    names = (command.new, *command.old)
    (new, key), *others = dict.fromkeys(provider_named(writer.connection, name) for name in names)
    joins_several = command.kind == LinkKind.SAME_OPERATOR
    if joins_several and not 1 <= len(others) < MOST_NAMES:
        remedy = f"name from 2 to {MOST_NAMES} different providers"
        raise Refused(Refusal.INVALID, "providers", ", ".join(names), remedy)
    if not joins_several and len(command.old) != 1:
        remedy = f"name one other provider; only {LinkKind.SAME_OPERATOR} joins several"
        raise Refused(Refusal.INVALID, "providers", ", ".join(names), remedy)
    numbers = []
    for old, _ in others or [(new, key)]:
        if joins_several and old in one_history(links(writer.connection), new):
            continue
        # Of one operator the first name is the one that the others are linked to.
        newer, older = (old, new) if joins_several else (new, old)
        link = NewLink(new=newer, old=older, kind=command.kind, known_at=known_at, source=source)
        numbers.append(add_link(writer, link))
    if not numbers:
        remedy = "they are one history already"
        raise Refused(Refusal.CONFLICT, "providers", ", ".join(names), remedy)
    return LinksMade(numbers=tuple(numbers), new=key, old=tuple(old for _, old in others))


def add_link(writer: Writer, link: NewLink) -> int:
    """Link two providers; return the link's number. Raises Refused for a circle, and for a kind
    that is none.
    """
    if link.kind not in LINK_KINDS:
        raise Refused(Refusal.INVALID, "kind", link.kind, f"use one of {', '.join(LINK_KINDS)}")
    if link.new == link.old:
        name = provider_with_id(writer.connection, link.new).key
        remedy = "it is not linked with itself: name another provider"
        raise Refused(Refusal.INVALID, "provider", name, remedy)
    holding = [other for other in links(writer.connection) if other.holds(None)]
    ends = link.new, link.old, link.kind
    if any((other.new, other.old, other.kind) == ends for other in holding):
        raise Refused(Refusal.CONFLICT, "kind", link.kind, "these two are linked so already")
    if link.kind == LinkKind.RENAMED_TO and link.old in _newer_names(holding, link.new):
        remedy = "that link would make a circle: the older of the two goes on as the newer already"
        raise Refused(Refusal.CONFLICT, "kind", link.kind, remedy)
    detail = {"old": link.old, "kind": link.kind, "source": link.source}
    return writer.add_event(
        "linked", link.known_at, provider_id=link.new, detail=detail, origin=link.origin
    )


def undo_link(writer: Writer, number: int) -> None:
    """Undo a link from now on. What was decided while it held stays as it was. Raises Refused."""
    link = next((link for link in links(writer.connection) if link.seq == number), None)
    if link is None:
        raise NotFound("link", number, "`attribution provider show` lists a provider's links")
    if link.undone_at is not None:
        raise Refused(Refusal.CONFLICT, "link", str(number), "it is undone already")
    writer.add_event("unlinked", writer.now, provider_id=link.new, corrects=number)


def links(reader: Reader) -> list[Link]:
    """Return every link, undone ones too, in the order in which they were made."""
    by_number: dict[int, Link] = {}
    for event in link_events(reader):
        if event.kind == "linked":
            detail = event.detail
            by_number[event.seq] = Link(
                event.seq,
                event.provider_id or 0,
                detail["old"],
                detail["kind"],
                event.known_at,
                detail["source"],
            )
        elif event.corrects in by_number:
            link = by_number[event.corrects]
            by_number[event.corrects] = replace(link, undone_at=event.known_at)
    return list(by_number.values())


def one_history(
    all_links: Iterable[Link], provider_id: int, at: int | None = None
) -> frozenset[int]:
    """Return the ids whose cases are one history with a provider's, by what was known at a time;
    None for now.
    """
    joining = [link for link in all_links if link.kind in JOINING and link.holds(at)]
    group, grown = {provider_id}, True
    while grown:
        grown = False
        for link in joining:
            if (link.new in group) != (link.old in group):
                group |= {link.new, link.old}
                grown = True
    return frozenset(group)


def _newer_names(holding: Iterable[Link], start: int) -> set[int]:
    """Return what a provider goes on as: itself, and every newer name of it."""
    names, grown = {start}, True
    renamings = [link for link in holding if link.kind == LinkKind.RENAMED_TO]
    while grown:
        more = {link.new for link in renamings if link.old in names} - names
        names |= more
        grown = bool(more)
    return names
