"""The registries themselves: which server is whose,
and what of an answer names the registry, not a company.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Registry:
    """A regional or national registry."""

    id: str
    national: bool
    country: str | None
    servers: frozenset[str]
    handles: frozenset[str]
    mailboxes: frozenset[str]
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


@cache
def registries() -> dict[str, Registry]:
    """Return the vendored table, by id."""
    table = resources.files("attribution.data").joinpath("registries.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in table.splitlines() if not line.startswith("#"))
    return {
        row["id"]: Registry(
            row["id"],
            row["level"] == "nir",
            row["country"] or None,
            frozenset(row["servers"].split()),
            frozenset(handle.upper() for handle in row["handles"].split()),
            frozenset(row["mailboxes"].split()),
            frozenset(_plain(name) for name in row["names"].split("|")),
            row["whois"],
            row["page"] or None,
            frozenset(handle.upper() for handle in row["contacts"].split()),
            frozenset(handle.upper() for handle in row["maintainers"].split()),
            row["rdap"] or None,
        )
        for row in rows
    }


def registry(id_: str | None) -> Registry | None:
    """Return the registry with this id, or None."""
    return registries().get(id_) if id_ else None


def registry_of_server(host: str) -> str | None:
    """Return the id of the registry that runs this server, or None."""
    name = host.lower().partition(":")[0]
    return _servers().get(name)


@lru_cache(maxsize=4096)  # a few companies hold most of the networks of a list
def registry_named(name: str | None) -> Registry | None:
    """Return the registry whose own name this is, or None:
    a registry is not the host of what it registers.
    """
    return _names().get(_plain(name)) if name else None


def registry_with_handle(handle: str | None) -> Registry | None:
    """Return the registry that the handle stands for, or None."""
    return _handles().get(handle.upper()) if handle else None


def placeholder_of(mailbox: str) -> Registry | None:
    """Return the registry whose placeholder this mailbox is, or None."""
    return _mailboxes().get(mailbox.lower())


def registry_with_mark(handle: str | None) -> Registry | None:
    """Return the registry whose organisation, IRT or maintainer this is: nobody else can use it."""
    return _marks().get(handle.upper()) if handle else None


@cache
def _marks() -> dict[str, Registry]:
    return {
        handle: one
        for one in registries().values()
        for handle in (one.handles | one.maintainers) - one.contacts
    }


@cache
def _servers() -> dict[str, str]:
    return {server: one.id for one in registries().values() for server in one.servers}


@cache
def _names() -> dict[str, Registry]:
    return {name: one for one in registries().values() for name in one.names}


@cache
def _handles() -> dict[str, Registry]:
    return {handle: one for one in registries().values() for handle in one.handles}


@cache
def _mailboxes() -> dict[str, Registry]:
    return {mailbox: one for one in registries().values() for mailbox in one.mailboxes}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
