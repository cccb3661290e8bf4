"""The registries themselves, and what of an answer names a registry, not a company."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from attribution.data import packaged_rows


@dataclass(frozen=True, slots=True)
class Registry:
    """A regional or national registry; handles are in upper case."""

    id: str
    national: bool
    country: str | None
    handles: frozenset[str]
    """Its organisations, IRTs, maintainers and contacts."""
    mailboxes: frozenset[str]
    """Placeholders that it prints in place of a holder's mailbox."""
    names: frozenset[str]
    whois: str
    page: str | None
    """ipwhois's name for the registry's web page, where its data is read from one."""
    contacts: frozenset[str]
    """Those of `handles` that anybody may refer to (`tech-c`): they prove nothing."""
    maintainers: frozenset[str]
    """Accounts by which the registry edits records itself."""
    rdap: str | None
    """Base URL of a national registry's own RDAP service;
    a regional one is found by IANA's bootstrap.
    """

    @property
    def own_handles(self) -> frozenset[str]:
        """Its organisations, IRTs and maintainers: nobody else can use them."""
        return (self.handles | self.maintainers) - self.contacts


@cache
def registries() -> dict[str, Registry]:
    """Return the packaged table, by id."""
    return {
        row["id"]: Registry(
            id=row["id"],
            national=row["level"] == "nir",
            country=row["country"] or None,
            handles=frozenset(row["handles"].upper().split()),
            mailboxes=frozenset(row["mailboxes"].split()),
            names=frozenset(_plain(name) for name in row["names"].split("|")),
            whois=row["whois"],
            page=row["page"] or None,
            contacts=frozenset(row["contacts"].upper().split()),
            maintainers=frozenset(row["maintainers"].upper().split()),
            rdap=row["rdap"] or None,
        )
        for row in packaged_rows("registries.csv")
    }


def registry(id_: str | None) -> Registry | None:
    """Return the registry with this id, or None."""
    return registries().get(id_) if id_ else None


def is_national(id_: str) -> bool:
    """Say whether this is the id of a national registry."""
    row = registry(id_)
    return row is not None and row.national


@lru_cache(maxsize=4096)  # a few companies hold most of the networks of a list
def registry_named(name: str | None) -> Registry | None:
    """Return the registry whose own name this is, or None:
    a registry is not the host of what it registers.
    """
    return _by("names").get(_plain(name)) if name else None


def registry_with_handle(handle: str | None) -> Registry | None:
    """Return the registry that the handle stands for, or None."""
    return _by("handles").get(handle.upper()) if handle else None


def registry_owning(handle: str | None) -> Registry | None:
    """Return the registry whose organisation, IRT or maintainer this is: nobody else can use it."""
    return _by("own_handles").get(handle.upper()) if handle else None


def placeholder_of(mailbox: str) -> Registry | None:
    """Return the registry whose placeholder this mailbox is, or None."""
    return _by("mailboxes").get(mailbox.lower())


@cache
def _by(field: str) -> dict[str, Registry]:
    """Return the registries by each value of one of their fields."""
    return {value: row for row in registries().values() for value in getattr(row, field)}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
