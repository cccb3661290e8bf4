"""Reading TWNIC's WHOIS text: a net block, and mailboxes under headings of their own."""

from __future__ import annotations

from attribution.registry.lenient import clean
from attribution.registry.mailbox import is_masked, read_mailboxes, unusable_mailbox
from attribution.registry.registration import Entity, Mailbox, Network
from attribution.registry.servers import Server
from attribution.registry.text import EntityBudget, decode, is_comment, lines, read_range

_FIELDS = ("netname", "netblock", "organization", "company")
_HEADINGS = {
    "administrator contact": "administrative",
    "technical contact": "technical",
    "abuse contact": "abuse",
    "spam contact": "abuse",
}


def read_networks(body: bytes, server: Server) -> list[Network]:
    """Read the network in the answer; empty when it holds none. Raises UnreadableAnswer."""
    fields: dict[str, str] = {}
    mail: dict[str, list[str]] = {}
    role = None
    for line in lines(decode(body)):
        if is_comment(line) or not line.strip():
            continue
        key, colon, value = line.partition(":")
        word = clean(key).lower()
        if colon and word in _HEADINGS:
            role = _HEADINGS[word]
            mail.setdefault(role, []).append(value)
        elif colon and "@" not in key:
            role = None
            if word in _FIELDS and clean(value):
                fields.setdefault(word, clean(value))
        elif role:
            mail[role].append(line)
    ends = read_range(fields.get("netblock"))
    if ends is None:
        return []
    name = fields.get("organization") or fields.get("company")
    roles = frozenset(["registrant"])
    holder = [Entity(roles=roles, name=name, kind="org", country="TW")] if name else []
    return [
        Network(
            protocol="whois",
            registry=server.registry,
            handle_space=server.handle_space,
            server=server.host,
            first=ends[0],
            last=ends[1],
            handle=fields["netblock"],
            netname=fields.get("netname"),
            country="TW",
            entities=(*holder, *_contacts(mail)),
        )
    ]


def _contacts(mail: dict[str, list[str]]) -> list[Entity]:
    budget = EntityBudget()
    contacts = []
    for role, texts in mail.items():
        boxes = [Mailbox(box) for text in texts for box in read_mailboxes(text)]
        unusable = tuple(word for text in texts if (word := unusable_mailbox(text)))
        masked = any(is_masked(text) for text in texts)
        budget.spend(len(boxes))
        if boxes or unusable or masked:
            contacts.append(
                Entity(
                    roles=frozenset([role]),
                    mailboxes=tuple(boxes),
                    redacted=masked and not boxes,
                    unusable=unusable,
                )
            )
    return contacts
