"""What MISP and STIX have alike: identifiers that stay the same, and the note on a list's entry."""

from __future__ import annotations

import uuid

from attribution.formats.interface import Row

_NAMESPACE = uuid.UUID("6f0c8a1e-3f0b-5d0e-9c39-6a6c0a4b7e10")


def stable_uuid(name: str) -> str:
    """Return the UUID (version 5, RFC 9562) of an object: the same in every export."""
    return str(uuid.uuid5(_NAMESPACE, name))


def uuid_in_entry(entry: Row, name: str) -> str:
    """Return the UUID of an object of a list's entry; another one when its dossier changes."""
    return stable_uuid(f"{name} {entry['company']} {entry['dossier_sha256']}")


def note_on(entry: Row) -> str:
    """Return the sentence on an entry: cases, share that failed, since when, and the reply."""
    reply = f" Its reply: {entry['reply']}" if entry["reply"] else ""
    return (
        f"{entry['cases']} cases, {entry['share_failed']:.0%} failed, since {entry['since']}; "
        f"country {entry['country'] or 'not known'}.{reply}"
    )
