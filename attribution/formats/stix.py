"""STIX 2.1: providers with cases as identities with notes, and the published list as a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from attribution.extras import load
from attribution.formats.interface import ExportFormat, Hotline, PartnerListFormat, Row, RowKind
from attribution.formats.partner_objects import note_on, stable_uuid, uuid_in_entry

_HOTLINE_CREATED = "2026-01-01T00:00:00Z"
"""The same in each export, so that exporting again gives the same bytes."""


class StixProviders(ExportFormat):
    """Each provider with cases as an identity, with a note of how many are in which state."""

    name = "stix"
    kinds = (RowKind.PROVIDERS,)
    package = "stix2"

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write a bundle. Raises MissingExtra."""
        stix = load("STIX", "stix2")
        author = _organization(
            stable_uuid(f"hotline {hotline.name}"),
            hotline.name or "hotline",
            _times(_HOTLINE_CREATED),
        )
        objects = [author]
        for row in rows:
            modified = max(row["last_opened"], row["known_at"])
            common = _times(row["known_at"], modified) | _authored(author)
            identity = _organization(
                stable_uuid(row["key"]),
                row["name"],
                common,
                external_references=[{"source_name": "registry", "external_id": row["key"]}],
            )
            note = stix.Note(
                id=f"note--{stable_uuid('note ' + row['key'])}",
                abstract="notices and what became of them",
                content=", ".join(f"{name}: {count}" for name, count in row["counts"].items()),
                object_refs=[identity.id],
                **common,
            )
            objects += [identity, note]
        bundle = stix.Bundle(id=f"bundle--{stable_uuid('bundle')}", objects=objects)
        out.write(bundle.serialize(indent=1).encode() + b"\n")
        return len(objects) // 2


class StixList(PartnerListFormat):
    """The list as identities, AS numbers and a note on each; TLP:AMBER."""

    name = "stix"
    package = "stix2"

    def convert(self, published: Row, hotline: str) -> dict[str, Any]:
        """Return the bundle. Raises MissingExtra."""
        stix = load("STIX", "stix2")
        at = _times(f"{published['as_of']}T00:00:00Z")
        author = _organization(stable_uuid(f"hotline {hotline}"), hotline, at)
        common = at | _authored(author)
        objects: list[Any] = [author]
        for entry in published["entries"]:
            company = _organization(uuid_in_entry(entry, "identity"), entry["company"], common)
            systems = [stix.AutonomousSystem(number=int(name[2:])) for name in entry["systems"]]
            note = stix.Note(
                id=f"note--{uuid_in_entry(entry, 'note')}",
                abstract="systematically does not act on notices",
                content=note_on(entry),
                object_refs=[company.id, *(system.id for system in systems)],
                **common,
            )
            objects += [company, *systems, note]
        bundle = stix.Bundle(
            id=f"bundle--{stable_uuid('list ' + published['as_of'])}",
            objects=list({item.id: item for item in objects}.values()),
        )
        return dict(json.loads(bundle.serialize()))


def _organization(identifier: str, name: str, common: dict[str, Any], **more: Any) -> Any:
    return load("STIX", "stix2").Identity(
        id=f"identity--{identifier}",
        name=name,
        identity_class="organization",
        **common,
        **more,
    )


def _times(created: datetime | str, modified: datetime | str | None = None) -> dict[str, Any]:
    return {"created": created, "modified": modified or created}


def _authored(author: Any) -> dict[str, Any]:
    """Return who made an object, and that it is TLP:AMBER."""
    return {
        "created_by_ref": author.id,
        "object_marking_refs": [load("STIX", "stix2").TLP_AMBER],
    }


EXPORT = StixProviders()
PARTNER_LIST = StixList()
