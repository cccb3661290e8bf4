"""MISP: an event for each provider with cases, and the published list as an event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import IO, Any

from attribution.extras import load
from attribution.formats.interface import ExportFormat, Hotline, PartnerListFormat, Row, RowKind
from attribution.formats.partner_objects import note_on, stable_uuid, uuid_in_entry


class MispEvents(ExportFormat):
    """Who a provider is, and how many cases in which state: no site, no URL.

    Distribution is `your organisation only` and the tag TLP:AMBER: who passes it on decides that.
    """

    name = "misp"
    kinds = (RowKind.PROVIDERS,)
    package = "pymisp"

    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write an event a provider. Raises MissingExtra."""
        events = [{"Event": _provider_event(row)} for row in rows]
        out.write(json.dumps({"response": events}, indent=1, ensure_ascii=True).encode() + b"\n")
        return len(events)


class MispList(PartnerListFormat):
    """The list as one event, TLP:AMBER+STRICT: to be shared by its receiver with nobody."""

    name = "misp"
    package = "pymisp"

    def convert(self, published: Row, hotline: str) -> dict[str, Any]:
        """Return the event. Raises MissingExtra."""
        as_of = published["as_of"]
        info = f"Providers that systematically do not act on notices, as of {as_of}"
        event = _event(f"list {hotline} {as_of}", info, as_of, "tlp:amber+strict")
        event.analysis = 2
        for entry in published["entries"]:
            values = {"name": entry["company"], "description": note_on(entry)}
            _add_organization(event, values, partial(uuid_in_entry, entry))
            for system in entry["systems"]:
                event.add_attribute(
                    "AS",
                    system,
                    comment=entry["company"],
                    to_ids=False,
                    uuid=uuid_in_entry(entry, system),
                )
        return dict(json.loads(event.to_json()))


def _provider_event(row: Row) -> dict[str, Any]:
    key = row["key"]
    event = _event(key, f"Notices to {row['name']}", f"{row['last_opened']:%Y-%m-%d}", "tlp:amber")
    values = {"name": row["name"], "alias": key}
    _add_organization(event, values, lambda name: stable_uuid(f"{name} {key}"))
    for name, count in row["counts"].items():
        event.add_attribute("comment", f"{name}: {count}", uuid=stable_uuid(f"{key} {name}"))
    return dict(json.loads(event.to_json()))


def _event(name: str, info: str, date: str, tag: str) -> Any:
    """Return a MISP event for the receiver's own organisation, of undefined threat level."""
    event = load("MISP", "pymisp").MISPEvent()
    event.uuid, event.info, event.date = stable_uuid(name), info, date
    event.distribution, event.threat_level_id, event.analysis = 0, 4, 1
    event.add_tag(tag)
    return event


def _add_organization(event: Any, values: Mapping[str, str], uuid_of: Callable[[str], str]) -> None:
    """Add an object `organization` with text attributes, each with a stable UUID."""
    about = event.add_object(load("MISP", "pymisp").MISPObject("organization", strict=False))
    about.uuid = uuid_of("organization")
    for name, value in values.items():
        about.add_attribute(name, value=value, type="text", uuid=uuid_of(name))


EXPORT = MispEvents()
PARTNER_LIST = MispList()
