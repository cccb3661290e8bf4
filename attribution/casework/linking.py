"""Joining names of one operator: only a person does, and says how it is known."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.casework.providers import link, links, one_history, provider_named
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store.log import Writer

MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class SameOperator:
    """Note that several providers are names of one operator."""

    providers: tuple[str, ...]
    """Their keys, or names that are theirs alone."""
    source: str
    """How it is known: trade register, court, regulator, the provider's own word."""
    known_at: int
    """Since when, in microseconds since 1970."""


def same_operator(writer: Writer, command: SameOperator) -> list[int]:
    """Link each to the first; return the links' numbers. What is one already is left as it is.
    Raises Refused, StoreError.
    """
    if not command.source.strip():
        raise Refused(
            Refusal.MISSING,
            "source",
            command.source,
            "say how it is known: trade register, court, regulator, its own word",
        )
    if command.known_at > writer.now:
        raise Refused(
            Refusal.INVALID,
            "at",
            str(command.known_at),
            "it is in the future: give the day on which it was known",
        )
    named = dict.fromkeys(provider_named(writer.connection, name) for name in command.providers)
    if not 2 <= len(named) <= MOST_NAMES:
        raise Refused(
            Refusal.INVALID,
            "providers",
            ", ".join(command.providers),
            f"name from 2 to {MOST_NAMES} different providers",
        )
    (first, _), *others = named
    made = []
    for other, _ in others:
        if other not in one_history(links(writer.connection), first):
            made.append(
                link(
                    writer, other, first, "same_operator", command.known_at, command.source.strip()
                )
            )
            writer.flush()
    if not made:
        raise Refused(
            Refusal.CONFLICT,
            "providers",
            ", ".join(command.providers),
            "they are one history already",
        )
    return made
