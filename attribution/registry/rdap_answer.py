"""Reading RDAP answers (RFC 9083) about networks and autonomous systems."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from attribution.addresses import Address, read_address
from attribution.registry.contact_card import read_card
from attribution.registry.lenient import as_country, as_lines, as_list, as_objects, as_roles, as_text
from attribution.registry.mailbox import geofeed_in, is_withheld
from attribution.registry.registration import AutonomousSystem, Entity, Network, UnreadableAnswer
from attribution.registry.registries import registry_of_server

MAXIMUM_DEPTH = 40
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_TRUNCATED = re.compile(r"truncated|redacted due to", re.IGNORECASE)


def read_json_object(body: bytes) -> dict[str, Any]:
    """Parse one JSON object. Raises UnreadableAnswer when it is none or nests deeper than MAXIMUM_DEPTH."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(f"not JSON: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise UnreadableAnswer("JSON, but no object")
    if _is_shallow(body):
        return document
    level: list[Any] = [document]
    for _ in range(MAXIMUM_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return document
    raise UnreadableAnswer(f"JSON nests deeper than {MAXIMUM_DEPTH} levels")


def _is_shallow(body: bytes) -> bool:
    """Say whether JSON surely nests no deeper than MAXIMUM_DEPTH: taking innermost pairs of brackets away ends soon.

    Brackets inside texts can make it look deeper, or never end: then it is not sure.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(MAXIMUM_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


# Pure, and its result frozen: one answer often serves many targets of a batch.
@lru_cache(maxsize=1024)
def read_network(body: bytes, server: str) -> Network:
    """Read an answer to an `ip` question. Raises UnreadableAnswer."""
    document = read_json_object(body)
    first, last = _range(document)
    links = as_objects(document.get("links"))
    remarks = as_objects(document.get("remarks"))
    return Network(
        protocol="rdap",
        registry=_registry(document, server),
        server=server,
        first=first,
        last=last,
        handle=as_text(document.get("handle")) or f"{first} - {last}",
        netname=as_text(document.get("name")),
        type=as_text(document.get("type")),
        country=as_country(document.get("country")),
        entities=read_entities(document),
        descriptions=tuple(
            line for one in remarks if (as_text(one.get("title")) or "description").lower() == "description"
            for line in as_lines(one.get("description"))
        ),
        remarks=tuple(
            line for one in remarks if (as_text(one.get("title")) or "description").lower() != "description"
            for line in as_lines(one.get("description"))
        ),
        up=next((as_text(link.get("href")) for link in links if as_text(link.get("rel")) == "up"), None),
        parent=_parent(as_text(document.get("parentHandle"))),
        redactions=_redactions(document),
        truncated=_truncation(document),
        geofeed=next((as_text(link.get("href")) for link in links if as_text(link.get("rel")) in ("geo", "geofeed")), None)
        or geofeed_in(line for one in remarks for line in as_lines(one.get("description"))),
    )  # fmt: skip


def read_entity(body: bytes) -> Entity:
    """Read an answer to an `entity` question. Raises UnreadableAnswer."""
    document = read_json_object(body)
    entity = _entity(document)
    if not (entity.handle or entity.name or entity.mailboxes):
        raise UnreadableAnswer("no entity in the answer")
    return entity


def read_autnum(body: bytes, server: str) -> AutonomousSystem:
    """Read an answer to an `autnum` question. Raises UnreadableAnswer."""
    document = read_json_object(body)
    start = document.get("startAutnum")
    if not isinstance(start, int):
        raise UnreadableAnswer("no startAutnum, so it is no answer about an AS")
    return AutonomousSystem(
        protocol="rdap",
        registry=_registry(document, server),
        server=server,
        handle=as_text(document.get("handle")) or f"AS{start}",
        netname=as_text(document.get("name")),
        country=as_country(document.get("country")),
        entities=read_entities(document),
        redactions=_redactions(document),
        truncated=_truncation(document),
        asn=start,
    )


def _range(document: dict[str, Any]) -> tuple[Address, Address]:
    start, end = document.get("startAddress"), document.get("endAddress")
    try:
        first, last = read_address(str(start)), read_address(str(end))
    except ValueError:
        raise UnreadableAnswer(f"no range of addresses: {str(start)[:60]!r} to {str(end)[:60]!r}") from None
    if first.version != last.version:
        raise UnreadableAnswer("the ends of the range are of two versions")
    return (first, last) if int(first) <= int(last) else (last, first)


def _parent(handle: str | None) -> tuple[Address, Address] | None:
    if not handle or " - " not in handle:
        return None
    low, _, high = handle.partition(" - ")
    try:
        first, last = read_address(low), read_address(high)
    except ValueError:
        return None
    return (first, last) if first.version == last.version else None


def _registry(document: dict[str, Any], server: str) -> str:
    port43 = as_text(document.get("port43"))
    hosts = [port43] if port43 else []
    hosts += [
        href.split("/")[2] for link in as_objects(document.get("links"))
        if as_text(link.get("rel")) == "self" and (href := as_text(link.get("href")) or "").count("/") > 2
    ]  # fmt: skip
    return next((name for host in [server, *hosts] if (name := registry_of_server(host))), server)


def read_entities(document: dict[str, Any]) -> tuple[Entity, ...]:
    """Read the entities of an object, each with those below it."""
    return tuple(_entity(one) for one in as_objects(document.get("entities")))


def _entity(one: dict[str, Any]) -> Entity:
    card = read_card(one)
    remarks = tuple(line for remark in as_objects(one.get("remarks")) for line in as_lines(remark.get("description")))
    return Entity(
        handle=as_text(one.get("handle")),
        roles=as_roles(one.get("roles")),
        name=card.name,
        organisation=card.organisation,
        kind=card.kind,
        mailboxes=card.mailboxes,
        forms=card.forms,
        address=card.address,
        country=card.country,
        remarks=remarks,
        entities=read_entities(one),
        redacted=card.withheld or any(is_withheld(line) for line in remarks),
    )


def _redactions(document: dict[str, Any]) -> tuple[str, ...]:
    """Return one text per redacted field: its name, method and paths (RFC 9537, section 4.2)."""
    found = []
    for one in as_objects(document.get("redacted")):
        name = one.get("name")
        words = [name.get("description"), name.get("type")] if isinstance(name, dict) else as_list(name)
        words += [one.get(key) for key in ("method", "prePath", "postPath", "replacementPath")]
        found.append(" ".join(word for word in words if isinstance(word, str)))
    return tuple(found)


def _truncation(document: dict[str, Any]) -> str | None:
    for notice in as_objects(document.get("notices")) + as_objects(document.get("remarks")):
        words = [as_text(notice.get("type")), as_text(notice.get("title"))]
        if any(word and _TRUNCATED.search(word) for word in words):
            return " ".join(word for word in words if word)
    return None
