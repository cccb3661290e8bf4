"""Pairs of providers that may be one company, with reasons. A person decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from attribution.casework.linking import links, one_history
from attribution.store import Reader
from attribution.store.queries.providers import Provider, all_identifiers, all_providers

_LIKE_NAMES = 92.0
"""From which likeness of names (rapidfuzz's token sort ratio, 0 to 100) a pair is shown."""
_SHORTEST_NAME = 4
"""Letters of a name that is compared: of shorter ones too many are alike."""
_MOST_SHARING = 20
"""Providers with one identifier, or names like one, that are compared."""
_MOST_SUGGESTIONS = 200
_REASONS = {
    "mailbox": "same abuse mailbox",
    "maintainer": "same maintainer",
    "asn": "same AS",
    "company_number": "same company number",
    "handle": "same handle",
}
"""What a shared identifier of a kind says; names are compared by their likeness."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two records that may be one company, and what speaks for it."""

    one: str
    other: str
    reasons: tuple[str, ...]


def suggest(reader: Reader, provider_id: int | None = None) -> list[Suggestion]:
    """Return pairs of providers that may be one: with one provider, or of all.

    Names count without legal forms; mailboxes of registries' placeholders and of free mail say
    nothing and do not count.
    """
    providers = all_providers(reader)
    keys = {provider.id: provider.key for provider in providers}
    all_links = links(reader)
    chosen = [row for row in providers if provider_id is None or row.id == provider_id]
    joined = {
        pair for row in chosen for pair in combinations(sorted(one_history(all_links, row.id)), 2)
    }
    reasons: dict[tuple[int, int], list[str]] = {}
    for first, second, reason in (
        *_shared_identifiers(reader),
        *_like_names(providers, chosen),
    ):
        pair = (min(first, second), max(first, second))
        if pair not in joined and (provider_id is None or provider_id in pair):
            reasons.setdefault(pair, []).append(reason)
    suggestions = [
        Suggestion(keys[first], keys[second], tuple(why))
        for (first, second), why in reasons.items()
    ]
    suggestions.sort(key=lambda pair: (-len(pair.reasons), pair.one, pair.other))
    return suggestions[:_MOST_SUGGESTIONS]


def _shared_identifiers(reader: Reader) -> Iterator[tuple[int, int, str]]:
    """Yield (provider, provider, reason) of identifiers that several providers have."""
    from attribution.registry.registries import placeholder_of

    holders: dict[tuple[str, str], list[int]] = {}
    for row in all_identifiers(reader):
        is_placeholder = row.kind == "mailbox" and placeholder_of(row.value)
        if row.kind in _REASONS and not is_placeholder:
            holders.setdefault((row.kind, row.value), []).append(row.provider_id)
    for (kind, value), sharing in holders.items():
        for first, second in combinations(sharing[:_MOST_SHARING], 2):
            yield first, second, f"{_REASONS[kind]}: {value}"


def _like_names(
    providers: list[Provider], chosen: list[Provider]
) -> Iterator[tuple[int, int, str]]:
    """Yield (provider, provider, reason) of names that are alike; each pair once."""
    from rapidfuzz import fuzz, process

    from attribution.registry.organisations import plain_name

    names = [plain_name(provider.name) for provider in providers]
    places = {provider.id: place for place, provider in enumerate(providers)}
    of_all = len(chosen) == len(providers)
    for provider in chosen:
        place = places[provider.id]
        if len(names[place]) < _SHORTEST_NAME:
            continue
        for name, likeness, other in process.extract(
            names[place],
            names,
            scorer=fuzz.token_sort_ratio,
            score_cutoff=_LIKE_NAMES,
            limit=_MOST_SHARING,
        ):
            if name and (other > place or (not of_all and other != place)):
                pair = f"{provider.name!r} and {providers[other].name!r}"
                yield (
                    provider.id,
                    providers[other].id,
                    f"names alike ({likeness:.0f} of 100): {pair}",
                )
