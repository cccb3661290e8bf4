"""What dialects share: warnings about mailboxes, the form of a maintainer, the AS asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attribution.registry.registration import AutonomousSystem, Entity, UnreadableAnswer

_MAINTAINER = re.compile(r"-MNT$|^MNT-|^MAINT-|-MNT-", re.IGNORECASE)
_INVALID = re.compile(r"\binvalid\b|validation failed|failed validation", re.IGNORECASE)


def is_maintainer(handle: str | None) -> bool:
    """Say whether a handle has a maintainer's form: an account that edits records, no company."""
    return bool(handle and _MAINTAINER.search(handle))


def invalid_mailbox(remarks: Iterable[str], mailboxes: Iterable[str]) -> str | None:
    """Return APNIC's remark that a mailbox of the object is invalid: it begins with the mailbox."""
    own = {mailbox.lower() for mailbox in mailboxes}
    for line in remarks:
        mailbox = line.partition(" ")[0].strip("'\"").lower()
        if mailbox in own and _INVALID.search(line):
            return line
    return None


def warning_of(entities: Iterable[Entity]) -> str | None:
    """Return the registry's warning about the abuse mailbox: the network's, else the holder's."""
    own, nested = [], []
    for entity in entities:
        if "abuse" in entity.roles:
            own.append(entity)
        if "registrant" in entity.roles:
            nested += [descendant for child in entity.entities for descendant in child.walk()]
    abuse_roles = [*own, *(entity for entity in nested if "abuse" in entity.roles)]
    return next((entity.warning for entity in abuse_roles if entity.mailboxes), None)


def system_numbered(asn: int, systems: Iterable[AutonomousSystem | None]) -> AutonomousSystem:
    """Return the AS of this number. Raises UnreadableAnswer where it is not among them."""
    for system in systems:
        if system and system.asn == asn:
            return system
    raise UnreadableAnswer(f"AS{asn} is not in the answer")
