"""Reading RDAP answers (RFC 9083) about networks, autonomous systems and entities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from attribution.net.addresses import Address, read_address
from attribution.registry.contact_card import read_card
from attribution.registry.dialects.common import invalid_mailbox, is_maintainer, warning_of
from attribution.registry.documents import read_document
from attribution.registry.lenient import (
    as_country,
    as_lines,
    as_list,
    as_objects,
    as_roles,
    as_text,
)
from attribution.registry.mailbox import geofeed_in, is_withheld, read_mailboxes
from attribution.registry.registration import (
    AutonomousSystem,
    Entity,
    HeldNetwork,
    Network,
    UnreadableAnswer,
)
from attribution.registry.servers import Server, server_for_url
from attribution.registry.spaces import company_number, mirrored_space, owner_space, pointed_space
from attribution.registry.text import read_range

_TRUNCATED = re.compile(r"truncated|redacted due to", re.IGNORECASE)
_ABUSE_REMARK = re.compile(r"Abuse contact for '([^']*)' is '([^']*)'", re.IGNORECASE)
Document = dict[str, Any]


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read an answer to an `ip` question, which is one network. Raises UnreadableAnswer."""
    document = read_document(body)
    first, last = _range(document)
    parent_handle = as_text(document.get("parentHandle"))
    parent = read_range(parent_handle)
    links = _links(document)
    common = _registration(document, server, f"{first} - {last}")
    geofeed = links.get("geo") or links.get("geofeed")
    network = Network(
        **common,
        first=first,
        last=last,
        up=links.get("up") or links.get("rdap-up"),
        parent=parent if parent and _encloses(parent, first, last) else None,
        parent_handle=parent_handle,
        geofeed=geofeed or geofeed_in([*common["descriptions"], *common["remarks"]]),
    )
    return [network]


def read_autnum(body: bytes, server: Server, asn: int) -> AutonomousSystem:
    """Read an answer about AS `asn`. Raises UnreadableAnswer, also for another AS's answer."""
    document = read_document(body)
    start, end = _number(document.get("startAutnum")), _number(document.get("endAutnum"))
    if start is None:
        raise UnreadableAnswer("no startAutnum, so it is no answer about an AS")
    if not start <= asn <= (start if end is None else end):
        raise UnreadableAnswer(f"the answer is about AS{start}, not about AS{asn}")
    return AutonomousSystem(**_registration(document, server, f"AS{start}"), asn=asn)


def _registration(document: Document, server: Server, name: str) -> dict[str, Any]:
    """Return the fields that networks and AS have in common; `name` is used without a handle."""
    handle = as_text(document.get("handle")) or name
    entities, maintainers = _entities(document, server)
    remarks = _Remarks(document, handle, server)
    return {
        "protocol": "rdap",
        "registry": server.registry,
        "handle_space": _space(server, entities),
        "server": server.host,
        "handle": handle,
        "netname": as_text(document.get("name")),
        "type": as_text(document.get("type")),
        "country": as_country(document.get("country")),
        "entities": entities,
        "maintainers": maintainers,
        "descriptions": remarks.descriptions,
        "remarks": remarks.others,
        "abuse_comment": remarks.abuse_comment,
        "mailbox_warning": remarks.warning or warning_of(entities),
        "redactions": _redactions(document),
        "truncated": _truncation(document),
    }


def read_entity(body: bytes, server: Server) -> Entity:
    """Read an answer to an `entity` question. Raises UnreadableAnswer."""
    document = read_document(body)
    entity = _entity(document, server)
    if not (entity.handle or entity.name or entity.mailboxes):
        raise UnreadableAnswer("no entity in the answer")
    nested, maintainers = _entities(document, server)
    return replace(
        entity,
        entities=nested,
        maintainers=maintainers,
        networks=tuple(_networks_of(document)),
    )


def read_entities(document: Document) -> tuple[Entity, ...]:
    """Read the entities of an object of any server as they stand, each with those below it."""
    server = server_for_url("")
    return tuple(_entity(entity, server) for entity in as_objects(document.get("entities")))


class _Remarks:
    """The remarks of a network or AS, and what of them only the registry can have written."""

    def __init__(self, document: Document, handle: str, server: Server) -> None:
        described: list[str] = []
        others: list[str] = []
        self.abuse_comment: str | None = None
        self.warning: str | None = None
        for remark in as_objects(document.get("remarks")):
            title = as_text(remark.get("title"))
            content = remark.get("description")
            if title is None and server.registry == "ripe" and self._take_notice(content, handle):
                continue
            is_description = (title or "description").lower() == "description"
            (described if is_description else others).extend(as_lines(content))
        self.descriptions, self.others = tuple(described), tuple(others)

    def _take_notice(self, content: Any, handle: str) -> bool:
        """Take RIPE's notice of the abuse contact: one text with a line feed, as no attribute has.

        A customer can put the same text into a description, but only as a line of its own.
        """
        texts = as_list(content)
        text = texts[0] if len(texts) == 1 and isinstance(texts[0], str) else ""
        head, line_feed, rest = text.partition("\n")
        match = _ABUSE_REMARK.fullmatch(head.strip())
        if not line_feed or not match or match[1] != handle:
            return False
        self.abuse_comment = next(iter(read_mailboxes(match[2])), None)
        self.warning = next((line for line in as_lines(rest) if "validation failed" in line), None)
        return True


def _range(document: Document) -> tuple[Address, Address]:
    start, end = str(document.get("startAddress"))[:60], str(document.get("endAddress"))[:60]
    try:
        first, last = read_address(start), read_address(end)
    except ValueError:
        raise UnreadableAnswer(f"no range of addresses: {start!r} to {end!r}") from None
    if first.version != last.version:
        raise UnreadableAnswer("the ends of the range are of two versions")
    return (first, last) if int(first) <= int(last) else (last, first)


def _encloses(parent: tuple[Address, Address], first: Address, last: Address) -> bool:
    return parent[0].version == first.version and (
        int(parent[0]) <= int(first) and int(last) <= int(parent[1])
    )


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:11])
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 2**32 else None


def _links(document: Document) -> dict[str, str]:
    """Return the first link of each relation."""
    links: dict[str, str] = {}
    for link in as_objects(document.get("links")):
        relation, target = as_text(link.get("rel")), as_text(link.get("href"))
        if relation and target:
            links.setdefault(relation.lower(), target)
    return links


def _space(server: Server, entities: Sequence[Entity]) -> str:
    handles = [entity.handle for entity in entities]
    pointed = pointed_space(server, handles)
    if pointed:
        return pointed
    holders = [
        entity.handle for entity in entities if entity.handle and "registrant" in entity.roles
    ]
    if server.registry in ("lacnic", "nicmx"):
        return owner_space(server, next(iter(holders), None))
    irts = [handle for handle in handles if handle and handle.upper().startswith("IRT-")]
    return mirrored_space(server, [*holders, *irts], [])


def _entities(document: Document, server: Server) -> tuple[tuple[Entity, ...], tuple[str, ...]]:
    """Return an object's entities and, apart, the maintainers that RIPE shows as registrants."""
    entities: list[Entity] = []
    maintainers: list[str] = []
    for member in as_objects(document.get("entities")):
        entity = _entity(member, server)
        if entity.handle and _is_maintainer(entity, server):
            maintainers.append(entity.handle)
            others = entity.roles - {"registrant"}
            if not others:
                continue
            entity = replace(entity, roles=others)
        entities.append(entity)
    return tuple(entities), tuple(dict.fromkeys(maintainers))


def _is_maintainer(entity: Entity, server: Server) -> bool:
    """Tell a maintainer among registrants. RIPE's have any form, and no name but the handle."""
    if "registrant" not in entity.roles or not entity.handle:
        return False
    handle = entity.handle.upper()
    if server.registry != "ripe" or handle.startswith("ORG-"):
        return is_maintainer(handle)
    return is_maintainer(handle) or (entity.name or handle).upper() == handle


def _entity(document: Document, server: Server) -> Entity:
    card = read_card(document)
    remarks = as_objects(document.get("remarks"))
    texts = tuple(line for remark in remarks for line in as_lines(remark.get("description")))
    handle = as_text(document.get("handle"))
    return replace(
        card,
        handle=company_number(handle, server.registry) or handle,
        roles=as_roles(document.get("roles")),
        remarks=texts,
        entities=tuple(_entity(child, server) for child in as_objects(document.get("entities"))),
        redacted=card.redacted or any(is_withheld(line) for line in texts),
        warning=_unvalidated(remarks)
        or invalid_mailbox(texts, [box.email for box in card.mailboxes]),
    )


def _unvalidated(remarks: list[Document]) -> str | None:
    """Return ARIN's remark titled `Unvalidated POC`; customers' remarks have another title."""
    for remark in remarks:
        title = as_text(remark.get("title")) or ""
        if title.lower() == "unvalidated poc":
            return " ".join([title, *as_lines(remark.get("description"))[:3]])
    return None


def _networks_of(document: Document) -> Iterator[HeldNetwork]:
    """Yield the networks that an entity's answer lists; those without a range are left out."""
    for network in as_objects(document.get("networks")):
        try:
            first, last = _range(network)
        except UnreadableAnswer:
            continue
        yield HeldNetwork(first, last, as_text(network.get("type")))


def _redactions(document: Document) -> tuple[str, ...]:
    """Return one text per redacted field: its name, method and paths (RFC 9537, section 4.2)."""
    redactions = []
    for field in as_objects(document.get("redacted")):
        name = field.get("name")
        texts = (
            [name.get("description"), name.get("type")] if isinstance(name, dict) else as_list(name)
        )
        texts += [field.get(key) for key in ("method", "prePath", "postPath", "replacementPath")]
        redactions.append(" ".join(text for text in texts if isinstance(text, str)))
    return tuple(redactions)


def _truncation(document: Document) -> str | None:
    for notice in (*as_objects(document.get("notices")), *as_objects(document.get("remarks"))):
        texts = [text for key in ("type", "title") if (text := as_text(notice.get(key)))]
        if any(_TRUNCATED.search(text) for text in texts):
            return " ".join(texts)
    return None
