"""Registry answers of invented companies, by RDAP and as text, and the servers that give them."""

from __future__ import annotations

import json
from typing import Any

from attribution.registry.readers import read_networks
from attribution.registry.registration import Network
from attribution.registry.servers import Server, server_for_url, whois_server

RDAP = {
    "arin": server_for_url("https://rdap.arin.net/registry/ip/192.0.2.7"),
    "ripe": server_for_url("https://rdap.db.ripe.net/ip/192.0.2.7"),
    "apnic": server_for_url("https://rdap.apnic.net/ip/192.0.2.7"),
    "lacnic": server_for_url("https://rdap.lacnic.net/rdap/ip/192.0.2.7"),
    "afrinic": server_for_url("https://rdap.afrinic.net/rdap/ip/192.0.2.7"),
    "nicbr": server_for_url("https://rdap.registro.br/ip/192.0.2.7"),
    "nicmx": server_for_url("https://rdap.mx/ip/192.0.2.7"),
    "krnic": server_for_url("https://krnic.rdap.apnic.net/ip/192.0.2.7"),
}
WHOIS = {
    name: whois_server(host)
    for name, host in {
        "arin": "whois.arin.net",
        "ripe": "whois.ripe.net",
        "apnic": "whois.apnic.net",
        "lacnic": "whois.lacnic.net",
        "afrinic": "whois.afrinic.net",
        "nicbr": "whois.registro.br",
        "nicmx": "whois.mx",
        "twnic": "whois.twnic.net",
        "iana": "whois.iana.org",
    }.items()
}


def entity(handle: str | None, roles: Any, *rows: list[Any], **more: Any) -> dict[str, Any]:
    """An RDAP entity; `rows` are further properties of its jCard."""
    card = ["vcard", [["version", {}, "text", "4.0"], *rows]]
    return {
        "objectClassName": "entity",
        "handle": handle,
        "roles": roles,
        "vcardArray": card,
    } | more


def named(text: str, kind: str = "org") -> tuple[list[Any], list[Any]]:
    """The properties of a card that say what it is called."""
    return ["fn", {}, "text", text], ["kind", {}, "text", kind]


def mail(text: str) -> list[Any]:
    """The property of a card that gives a mailbox."""
    return ["email", {}, "text", text]


def network(*entities: dict[str, Any], kind: str | None = "ASSIGNED PI", **more: Any) -> bytes:
    """The body of an RDAP answer about 192.0.2.0/24."""
    document = {
        "objectClassName": "ip network",
        "handle": "192.0.2.0 - 192.0.2.255",
        "startAddress": "192.0.2.0",
        "endAddress": "192.0.2.255",
        "name": "DEMO-NET",
        "type": kind,
        "country": "NL",
        "entities": list(entities),
    }
    return json.dumps(document | more).encode()


def read(body: bytes | str, server: Server) -> Network:
    """Read the one network of an answer."""
    body = body.encode() if isinstance(body, str) else body
    (found,) = read_networks(body, server)
    return found


HOLDER = entity("ORG-EX1-RIPE", ["registrant"], *named("Example Hosting B.V."))
DESK = entity("AR1-RIPE", ["abuse"], *named("Abuse desk", "group"), mail("abuse@hosting.example"))

RPSL = """% Information related to '192.0.2.0 - 192.0.2.255'

% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'abuse@hosting.example'

inetnum:        192.0.2.0 - 192.0.2.255
netname:        DEMO-NET
descr:          Example Hosting
country:        NL
org:            ORG-EX1-RIPE
tech-c:         NOC1-RIPE
status:         ASSIGNED PI
mnt-by:         RIPE-NCC-END-MNT
mnt-by:         EXAMPLE-MNT
source:         RIPE

organisation:   ORG-EX1-RIPE
org-name:       Example Hosting B.V.
org-type:       OTHER
country:        NL
abuse-c:        AR1-RIPE
mnt-by:         EXAMPLE-MNT
source:         RIPE

role:           Abuse desk
nic-hdl:        AR1-RIPE
abuse-mailbox:  abuse@hosting.example
source:         RIPE

role:           Network operations
nic-hdl:        NOC1-RIPE
e-mail:         noc@hosting.example
source:         RIPE
"""
LACNIC = """
inetnum:     192.0.2.0/24
status:      allocated
owner:       Ejemplo Hosting S.A.
ownerid:     {owner}
country:     {country}
owner-c:     DEF
abuse-c:     ABC
inetnum-up:  192.0.2/23

nic-hdl:     ABC
person:      Mesa de ayuda
e-mail:      abuso@hosting.example

nic-hdl:     DEF
person:      Centro de operaciones
e-mail:      noc@hosting.example
"""
ARIN = """
NetRange:       192.0.2.0 - 192.0.3.255
CIDR:           192.0.2.0/23
NetName:        PARENT-NET
NetHandle:      NET-192-0-2-0-1
Parent:         NET192 (NET-192-0-0-0-0)
NetType:        Direct Allocation
Organization:   Parent Networks Inc. (PANE)

OrgName:        Parent Networks Inc.
OrgId:          PANE
Country:        US
ReferralServer:  rwhois://rwhois.parent.example:4321

OrgAbuseHandle: ABUSE1-ARIN
OrgAbuseName:   Abuse
OrgAbuseEmail:  abuse@parent.example

RAbuseHandle: ABUSE3-ARIN
RAbuseName:   Network abuse
RAbuseEmail:  network-abuse@parent.example

# end
# start

NetRange:       192.0.2.0 - 192.0.2.63
CIDR:           192.0.2.0/26
NetName:        CHILD-NET
NetHandle:      NET-192-0-2-0-2
Parent:         PARENT-NET (NET-192-0-2-0-1)
NetType:        Reassigned
Customer:       Some Customer (C01234567)

CustName:       Some Customer
Country:        US
Comment:        see whois.ripe.net, this block was transferred to APNIC
"""
