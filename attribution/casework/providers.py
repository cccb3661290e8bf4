"""Who a provider is: a record with dated marks and links. Nothing is joined but by a person.

A registry's organisation handle is what a provider is found by again. A mailbox, an AS or a name
that two records share is a reason to
look, never an answer: mailboxes' domains are sold, prefixes lent, and names alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from attribution.codes import Refusal
from attribution.errors import NotInStoreError, Refused
from attribution.history.rows import JOINING
from attribution.models import Provider
from attribution.store.log import Writer
from attribution.store.tables import IS_LINK, events, marks, providers

LINK_KINDS = ("renamed_to", "same_operator", "owned_by", "same_abuse_desk", "announces_for")
"""Of these `JOINING` make one history: a parent is not blamed for its reseller, nor a desk for whom
it serves.
"""
MARK_KINDS = ("handle", "asn", "mailbox", "company_number", "name", "maintainer")
_LIKE_NAMES = 92.0
"""From which likeness of names (rapidfuzz's token sort ratio, 0 to 100) a pair is worth a look."""
_MOST_SUGGESTIONS = 200


@dataclass(frozen=True, slots=True)
class Link:
    """`new` is, since a day, linked with `old`; undone from `undone_at` on, where that is set."""

    seq: int
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


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two records that may be one company, and what speaks for it."""

    one: str
    other: str
    reasons: tuple[str, ...]


def provider_named(connection: Connection, text: str) -> tuple[int, str]:
    """Return (id, key) of the provider with a key, or the only one with a mark or name of that
    text. Raises StoreError.
    """
    row = connection.execute(
        select(providers.c.id, providers.c.key).where(providers.c.key == text)
    ).first()
    if row:
        return int(row.id), str(row.key)
    marked = select(marks.c.provider_id).where(marks.c.value.in_([text, text.lower()]))
    found = connection.execute(
        select(providers.c.id, providers.c.key)
        .where(or_(providers.c.name == text, providers.c.id.in_(marked)))
        .limit(11)
    ).all()
    if len(found) == 1:
        return int(found[0].id), str(found[0].key)
    if found:
        keys = ", ".join(sorted(one.key for one in found)[:10])
        raise Refused(Refusal.CONFLICT, "provider", text, f"it may be any of {keys}; name its key")
    raise NotInStoreError(
        f"provider {text!r} is not in the store. `attribution provider list` shows those that are."
    )


def keep_provider(
    writer: Writer,
    provider: Provider,
    source: str,
    *,
    mailbox: str | None = None,
    systems: Iterable[int] = (),
    maintainers: Iterable[str] = (),
) -> int:
    """Return the id of the provider that a registry names, added where it is new, with what it is
    now known by.
    """
    row = writer.connection.execute(
        select(providers.c.id).where(providers.c.key == provider.id)
    ).first()
    known = (
        row.id
        if row
        else writer.name_provider(provider.id, provider.name, provider.country, writer.now)
    )
    registry, _, handle = provider.id.partition(":")
    values = [("name", provider.name)]
    if not handle.startswith("network:"):
        values.append(("handle", f"{registry}:{handle}"))
    if mailbox:
        values.append(("mailbox", mailbox.lower()))
    values += [("asn", f"AS{asn}") for asn in systems] + [
        ("maintainer", one.upper()) for one in maintainers
    ]
    add_marks(writer, known, values, source)
    return int(known)


def add_marks(
    writer: Writer,
    provider_id: int,
    values: Iterable[tuple[str, str]],
    source: str,
    known_at: int | None = None,
) -> int:
    """Add what a provider is known by, where it is new; return how many."""
    rows = writer.connection.execute(
        select(marks.c.kind, marks.c.value).where(marks.c.provider_id == provider_id)
    )
    held = {(row.kind, row.value) for row in rows}
    new = [one for one in dict.fromkeys(values) if one not in held]
    for kind, value in new:
        writer.mark(provider_id, kind, value, writer.now if known_at is None else known_at, source)
    return len(new)


def link(
    writer: Writer,
    new: int,
    old: int,
    kind: str,
    known_at: int,
    source: str,
    origin: str | None = None,
) -> int:
    """Link two providers from a day on; return the link's number. Raises Refused for a circle, or a
    kind that is none.
    """
    if kind not in LINK_KINDS:
        raise Refused(Refusal.INVALID, "kind", kind, f"use one of {', '.join(LINK_KINDS)}")
    if new == old:
        row = select(providers.c.key).where(providers.c.id == new)
        name = writer.connection.execute(row).scalar_one()
        remedy = "it is not linked with itself: name another provider"
        raise Refused(Refusal.INVALID, "provider", name, remedy)
    held = links(writer.connection)
    if any(one.holds(None) and (one.new, one.old, one.kind) == (new, old, kind) for one in held):
        raise Refused(Refusal.CONFLICT, "kind", kind, "these two are linked so already")
    if kind == "renamed_to" and old in _descendants(held, new):
        remedy = "that link would make a circle: the older of the two goes on as the newer already"
        raise Refused(Refusal.CONFLICT, "kind", kind, remedy)
    detail = {"old": old, "kind": kind, "source": source}
    return writer.add_event("linked", known_at, provider_id=new, detail=detail, origin=origin)


def unlink(writer: Writer, seq: int) -> None:
    """Undo a link from now on. What was decided while it held stays as it was. Raises Refused."""
    found = next((one for one in links(writer.connection) if one.seq == seq), None)
    if found is None:
        raise NotInStoreError(
            f"link {seq} is not in the store. `attribution provider show` lists a provider's links."
        )
    if found.undone_at is not None:
        raise Refused(Refusal.CONFLICT, "link", str(seq), "it is undone already")
    writer.add_event("unlinked", writer.now, provider_id=found.new, corrects=seq)


def links(connection: Connection) -> list[Link]:
    """Return every link, undone ones too, in the order in which they were made."""
    found: dict[int, Link] = {}
    rows = connection.execute(
        select(
            events.c.seq,
            events.c.kind,
            events.c.known_at,
            events.c.provider_id,
            events.c.corrects,
            events.c.detail,
        )
        .where(IS_LINK)
        .order_by(events.c.seq)
    )
    for row in rows:
        if row.kind == "linked":
            detail = json.loads(row.detail)
            found[row.seq] = Link(
                row.seq,
                row.provider_id,
                detail["old"],
                detail["kind"],
                row.known_at,
                detail["source"],
            )
        elif row.corrects in found:
            held = found[row.corrects]
            found[row.corrects] = Link(
                held.seq, held.new, held.old, held.kind, held.known_at, held.source, row.known_at
            )
    return list(found.values())


def one_history(held: Iterable[Link], provider_id: int, at: int | None = None) -> frozenset[int]:
    """Return the ids whose cases are one history with a provider's, by what was known at a time;
    None for now.
    """
    joining = [one for one in held if one.kind in JOINING and one.holds(at)]
    group, grown = {provider_id}, True
    while grown:
        grown = False
        for one in joining:
            if (one.new in group) != (one.old in group):
                group |= {one.new, one.old}
                grown = True
    return frozenset(group)


def suggest(connection: Connection, provider_id: int | None = None) -> list[Suggestion]:
    """Return pairs of providers that may be one, with reasons; of one provider, or of all. A person
    decides.

    Names count without legal forms; mailboxes of registries' placeholders and of free mail say
    nothing and do not count.
    """
    from rapidfuzz import fuzz, process

    from attribution.registry.organisations import plain_name
    from attribution.registry.registries import placeholder_of

    rows = connection.execute(
        select(providers.c.id, providers.c.key, providers.c.name).order_by(providers.c.id)
    ).all()
    keys = {row.id: row.key for row in rows}
    held = links(connection)
    joined = [
        one_history(held, row.id) for row in rows if provider_id is None or row.id == provider_id
    ]
    together = {pair for group in joined for pair in ((a, b) for a in group for b in group)}
    reasons: dict[tuple[int, int], list[str]] = {}

    def note(one: int, other: int, reason: str) -> None:
        pair = (min(one, other), max(one, other))
        if one != other and pair not in together and (provider_id is None or provider_id in pair):
            reasons.setdefault(pair, []).append(reason)

    holders: dict[tuple[str, str], list[int]] = {}
    for row in connection.execute(
        select(marks.c.kind, marks.c.value, marks.c.provider_id).order_by(marks.c.id)
    ):
        if row.kind != "name" and not (row.kind == "mailbox" and placeholder_of(row.value)):
            holders.setdefault((row.kind, row.value), []).append(row.provider_id)
    words = {
        "mailbox": "same abuse mailbox",
        "maintainer": "same maintainer",
        "asn": "same AS",
        "company_number": "same company number",
        "handle": "same handle",
    }
    for (kind, value), who in holders.items():
        for place, one in enumerate(who[:20]):
            for other in who[place + 1 : 20]:
                note(one, other, f"{words[kind]}: {value}")
    names = [plain_name(row.name) for row in rows]
    wanted = (
        range(len(rows))
        if provider_id is None
        else [n for n, row in enumerate(rows) if row.id == provider_id]
    )
    for place in wanted:
        if len(names[place]) < 4:
            continue
        for name, likeness, other in process.extract(
            names[place], names, scorer=fuzz.token_sort_ratio, score_cutoff=_LIKE_NAMES, limit=20
        ):
            if other != place and (provider_id is not None or other > place):
                note(
                    rows[place].id,
                    rows[other].id,
                    f"names alike ({likeness:.0f} of 100): {rows[place].name!r} and "
                    f"{rows[other].name!r}"
                    if name
                    else "",
                )
    found = [
        Suggestion(keys[one], keys[other], tuple(why)) for (one, other), why in reasons.items()
    ]
    return sorted(found, key=lambda one: (-len(one.reasons), one.one, one.other))[
        :_MOST_SUGGESTIONS
    ]


def _descendants(held: Iterable[Link], start: int) -> set[int]:
    """Return what a provider goes on as: itself, and every newer name of it."""
    found, grown = {start}, True
    joining = [one for one in held if one.kind == "renamed_to" and one.holds(None)]
    while grown:
        more = {one.new for one in joining if one.old in found} - found
        found |= more
        grown = bool(more)
    return found
