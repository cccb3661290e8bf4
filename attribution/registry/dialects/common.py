"""What readers of every dialect share: warnings about mailboxes, the form of a maintainer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attribution.registry.registration import Entity

_MAINTAINER = re.compile(r"-MNT$|^MNT-|^MAINT-|-MNT-", re.IGNORECASE)
_INVALID = re.compile(r"\binvalid\b|validation failed|failed validation", re.IGNORECASE)


def is_maintainer(handle: str | None) -> bool:
    """Say whether a handle has a maintainer's form: an account that edits records, no company."""
    return bool(handle and _MAINTAINER.search(handle))


def invalid_mailbox(remarks: Iterable[str], mailboxes: Iterable[str]) -> str | None:
    """Return APNIC's remark that a mailbox of the object is invalid: it begins with the mailbox."""
    own = {box.lower() for box in mailboxes}
    for line in remarks:
        word = line.partition(" ")[0].strip("'\"").lower()
        if word in own and _INVALID.search(line):
            return line
    return None


def warning_of(entities: Iterable[Entity]) -> str | None:
    """Return the registry's warning about the abuse mailbox: the network's, else the holder's."""
    desks, nested = [], []
    for entity in entities:
        if "abuse" in entity.roles:
            desks.append(entity)
        if "registrant" in entity.roles:
            nested += [desk for child in entity.entities for desk in child.walk()]
    published = [*desks, *(desk for desk in nested if "abuse" in desk.roles)]
    return next((desk.warning for desk in published if desk.mailboxes), None)
