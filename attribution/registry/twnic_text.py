"""Reading TWNIC's WHOIS text: a net block, and mailboxes under headings of their own."""

from __future__ import annotations

import re

from attribution.registry.mailbox import read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network
from attribution.registry.rpsl import read_range

_FIELD = re.compile(
    r"^\s*(?P<key>Netname|Netblock|Organization|Company)\s*:\s*(?P<value>\S.*?)\s*$", re.IGNORECASE | re.MULTILINE
)
_HEADING = re.compile(r"^\s*(?P<role>Administrator|Technical|Abuse|Spam)\s+contact\s*:\s*(?P<rest>.*)$", re.IGNORECASE)
_ROLES = {"administrator": "administrative", "technical": "technical", "abuse": "abuse", "spam": "abuse"}


def read_twnic(text: str, server: str) -> list[Network]:
    """Read the network in the answer; empty when it holds none."""
    fields = {match["key"].lower(): match["value"] for match in _FIELD.finditer(text)}
    ends = read_range(fields.get("netblock", ""))
    if ends is None:
        return []
    name = fields.get("organization") or fields.get("company")
    holder = [Entity(roles=frozenset(["registrant"]), name=name, kind="org", country="TW")] if name else []
    return [
        Network(
            protocol="whois",
            registry="twnic",
            server=server,
            first=ends[0],
            last=ends[1],
            handle=fields["netblock"],
            netname=fields.get("netname"),
            country="TW",
            entities=(*holder, *_contacts(text)),
        )
    ]


def _contacts(text: str) -> list[Entity]:
    boxes: dict[str, list[Mailbox]] = {}
    role = None
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            role = _ROLES[heading["role"].lower()]
            line = heading["rest"]
        elif not line.strip():
            continue
        elif ":" in line:
            role = None
        if role:
            boxes.setdefault(role, []).extend(Mailbox(box) for box in read_mailboxes(line))
    return [Entity(roles=frozenset([role]), mailboxes=tuple(found)) for role, found in boxes.items() if found]
