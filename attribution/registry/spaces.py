"""Handle spaces: which registry's handle an object prints, so that one network has one identity."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attribution.registry.registries import (
    Registry,
    registries,
    registry_owning,
    registry_with_handle,
)
from attribution.registry.servers import Server

# Cadastro Nacional da Pessoa Jurídica: 12 digits or (from 2026) letters, and two check digits.
_WRITTEN_OUT = re.compile(
    r"([0-9A-Z]{2})\.([0-9A-Z]{3})\.([0-9A-Z]{3})/([0-9A-Z]{4})-([0-9]{2})", re.IGNORECASE
)
_PLAIN = re.compile(r"[0-9]{14}")
_PLAIN_AT_NICBR = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.IGNORECASE)
_PERSONAL_NUMBER = re.compile(r"[0-9*]{3}\.?[0-9*]{3}\.?[0-9*]{3}-?[0-9*]{2}")
_PRINT_COMPANY_NUMBERS = frozenset(["lacnic", "nicbr"])


def company_number(handle: str | None, registry: str) -> str | None:
    """Return a Brazilian company number (CNPJ) without punctuation; None for other handles.

    `00.000.000/0001-00` on port 43 and `00000000000100` by RDAP are one handle.
    """
    if not handle or registry not in _PRINT_COMPANY_NUMBERS:
        return None
    written_out = _WRITTEN_OUT.fullmatch(handle)
    if written_out:
        return "".join(written_out.groups()).upper()
    plain = _PLAIN_AT_NICBR if registry == "nicbr" else _PLAIN
    return handle.upper() if plain.fullmatch(handle) else None


def is_personal_number(handle: str | None) -> bool:
    """Say whether an ownerid is a natural person's number (CPF), masked or not."""
    return bool(handle and _PERSONAL_NUMBER.fullmatch(handle))


def owner_space(server: Server, owner: str | None) -> str:
    """Return the handle space of a LACNIC-style answer: company numbers are always NIC.br's."""
    return "nicbr" if company_number(owner, server.registry) else server.handle_space


def mirrored_space(server: Server, handles: Iterable[str], maintainers: Iterable[str]) -> str:
    """Return the handle space of an object in APNIC's database, which mirrors national registries.

    `handles` are IRTs and organisations that the object refers to, which needs their owner's
    consent; a maintainer counts only where no customer's stands beside it.
    """
    if server.registry != "apnic":
        return server.handle_space
    national = _national(handles)
    accounts = list(maintainers)
    if national is None and accounts and all(registry_owning(name) for name in accounts):
        national = _national(accounts)
    return national.id if national else server.handle_space


def source_space(server: Server, source: str | None, maintainers: Iterable[str]) -> str | None:
    """Return the national registry of a mirrored object by its `source`, or None.

    The source counts only where no customer can have written the object: it names no maintainer
    but a registry's. (JPNIC's copies name none, and APNIC's own objects cannot be without.)
    """
    national = registries().get((source or "").partition("#")[0].strip().lower())
    if server.registry != "apnic" or national is None or not national.national:
        return None
    return national.id if all(registry_owning(name) for name in maintainers) else None


def pointed_space(server: Server, handles: Iterable[str | None]) -> str | None:
    """Return the national registry that all contacts of an object in APNIC's RDAP are, or None.

    A pointer to JPNIC names nobody else. A customer's block names an IRT, which has its consent.
    """
    owners = {registry_with_handle(handle) for handle in handles}
    owner = owners.pop() if len(owners) == 1 else None
    return owner.id if server.registry == "apnic" and owner and owner.national else None


def _national(handles: Iterable[str]) -> Registry | None:
    owners = (registry_owning(handle) for handle in handles)
    return next((owner for owner in owners if owner and owner.national), None)
