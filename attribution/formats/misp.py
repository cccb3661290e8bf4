"""The list for a closed circle of partners, as a MISP event or a STIX 2.1 bundle: the same entries,
with nothing more in them.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from attribution.extras import load
from attribution.formats.identifiers import NAMESPACE


def as_misp(made: dict[str, Any], hotline: str) -> dict[str, Any]:
    """Return the list as a MISP event: TLP:AMBER+STRICT, to be shared by who receives it with
    nobody. Needs pymisp.
    """
    misp = load("MISP", "pymisp")
    event = misp.MISPEvent()
    event.uuid = str(uuid.uuid5(NAMESPACE, f"list {hotline} {made['as_of']}"))
    event.info = f"Providers that systematically do not act on notices, as of {made['as_of']}"
    event.distribution, event.threat_level_id, event.analysis, event.date = 0, 4, 2, made["as_of"]
    event.add_tag("tlp:amber+strict")
    for one in made["entries"]:
        about = event.add_object(misp.MISPObject("organization", strict=False))
        about.uuid = _name("organization", one)
        about.add_attribute("name", value=one["company"], type="text", uuid=_name("name", one))
        about.add_attribute(
            "description", value=_words(one), type="text", uuid=_name("description", one)
        )
        for system in one["systems"]:
            event.add_attribute(
                "AS", system, comment=one["company"], to_ids=False, uuid=_name(system, one)
            )
    return dict(json.loads(event.to_json()))


def as_stix(made: dict[str, Any], hotline: str) -> dict[str, Any]:
    """Return the list as a STIX 2.1 bundle: identities, AS numbers, and a note on each; TLP:AMBER.
    Needs stix2.
    """
    stix = load("STIX", "stix2")
    at = f"{made['as_of']}T00:00:00Z"
    author = stix.Identity(
        id=f"identity--{uuid.uuid5(NAMESPACE, f'hotline {hotline}')}",
        name=hotline,
        identity_class="organization",
        created=at,
        modified=at,
    )
    objects: list[Any] = [author]
    for one in made["entries"]:
        common = {
            "created_by_ref": author.id,
            "object_marking_refs": [stix.TLP_AMBER],
            "created": at,
            "modified": at,
        }
        company = stix.Identity(
            id=f"identity--{_name('identity', one)}",
            name=one["company"],
            identity_class="organization",
            **common,
        )
        systems = [stix.AutonomousSystem(number=int(system[2:])) for system in one["systems"]]
        note = stix.Note(
            id=f"note--{_name('note', one)}",
            abstract="systematically does not act on notices",
            content=_words(one),
            object_refs=[company.id, *(system.id for system in systems)],
            **common,
        )
        objects += [company, *systems, note]
    unique = {one.id: one for one in objects}
    bundle = stix.Bundle(
        id=f"bundle--{uuid.uuid5(NAMESPACE, 'list ' + made['as_of'])}",
        objects=list(unique.values()),
    )
    return dict(json.loads(bundle.serialize()))


def _name(what: str, one: dict[str, Any]) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{what} {one['company']} {one['dossier_sha256']}"))


def _words(one: dict[str, Any]) -> str:
    reply = f" Its reply: {one['reply']}" if one["reply"] else ""
    return (
        f"{one['cases']} cases, {one['share_failed']:.0%} failed, since {one['since']}; "
        f"country {one['country'] or 'not known'}.{reply}"
    )
