"""The invented companies, their networks and their customers' sites."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from attribution.net.addresses import Address


@dataclass(frozen=True, slots=True)
class Company:
    """An invented company as one registry knows it."""

    handle: str
    name: str
    country: str
    abuse: str | None = None
    redacted: bool = False
    """The registry has an abuse mailbox and withholds it (RFC 9537)."""
    person: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A registered network."""

    registry: str
    prefix: str
    type: str
    company: Company
    handle: str | None = None
    system: int = 64496
    up: str | None = None
    """Prefix of the network above."""

    def covers(self, address: Address) -> bool:
        """Whether the address lies in the block."""
        network = ipaddress.ip_network(self.prefix)
        return network.version == address.version and address in network


HARBOUR = Company("HARB", "Harbour Transit Inc.", "US", "abuse@harbour.example")
QUAY = Company("QUAY", "Quay Servers LLC", "US", "abuse@quay.example")
KIOSK = Company("C01234567", "Corner Kiosk", "US", person=True)
LANTERN = Company("LANT", "Lantern Hosting Inc.", "CA", "abuse@lantern.example")
MERIDIAN = Company("ORG-MN1-RIPE", "Meridian Networks B.V.", "NL", "abuse@meridian.example")
VEIL = Company("ORG-VP1-RIPE", "Veil Proxy B.V.", "NL", "abuse@veil.example")
QUIET = Company("ORG-QH1-RIPE", "Quiet Hosting Ltd", "GB", redacted=True)
BANYAN = Company("ORG-BC1-AP", "Banyan Cloud Pte. Ltd.", "SG", "abuse@banyan.example")
ANDES = Company("AR-ANDE-LACNIC", "Andes Datos S.A.", "AR", "abuso@andes.example")
BAOBAB = Company("ORG-BH1-AFRINIC", "Baobab Hosting Ltd", "KE")
SAHEL = Company("ORG-ST1-AFRINIC", "Sahel Transit Ltd", "KE", "noc-abuse@sahel.example")

BLOCKS = [
    Block("arin", "192.0.2.0/24", "DIRECT ALLOCATION", HARBOUR),
    Block("arin", "192.0.2.0/26", "REASSIGNMENT", QUAY, system=64502, up="192.0.2.0/24"),
    Block("arin", "192.0.2.64/28", "REASSIGNMENT", KIOSK, up="192.0.2.0/24"),
    Block("arin", "192.0.2.128/26", "DIRECT ASSIGNMENT", LANTERN),
    Block("ripe", "198.51.100.0/24", "ALLOCATED PA", MERIDIAN, system=64497),
    Block("ripe", "198.51.100.0/25", "ASSIGNED PA", MERIDIAN, system=64497, up="198.51.100.0/24"),
    Block("ripe", "198.51.100.128/26", "ASSIGNED PI", VEIL, system=64498),
    Block("ripe", "198.51.100.192/27", "ASSIGNED PI", QUIET, system=64497),
    Block("ripe", "2001:db8::/32", "ALLOCATED-BY-RIR", MERIDIAN, system=64497),
    Block("apnic", "203.0.113.0/26", "ASSIGNED PORTABLE", BANYAN, system=64499),
    Block("lacnic", "203.0.113.64/26", "ASSIGNED", ANDES, system=64501),
    Block("afrinic", "203.0.113.128/26", "ASSIGNED PI", BAOBAB, system=64500),
]
# The registry's own placeholder around space that it gave to nobody.
PLACEHOLDER = Block(
    "apnic", "203.0.113.192/26", "ALLOCATED TO APNIC", Company("ORG-APNIC1-AP", "APNIC", "AU")
)
# Who holds the AS numbers. Quay announces its customer block by an AS of its own: it is accountable
# by that.
SYSTEMS = {
    64496: ("arin", HARBOUR),
    64497: ("ripe", MERIDIAN),
    64498: ("ripe", VEIL),
    64499: ("apnic", BANYAN),
    64500: ("afrinic", SAHEL),
    64502: ("arin", QUAY),
}
REGISTRAR = Company("9999", "Wharf Registrar Ltd", "IE", "abuse@wharf.example")
NAMESERVERS = ("ns1.namehost.example", "ns2.namehost.example")

# Mail exchangers; a lone dot takes no mail (RFC 7505).
MAIL = {
    **{
        f"{name}.example": f"10 mx.{name}.example."
        for name in ("harbour", "quay", "lantern", "meridian", "banyan", "wharf")
    },
    "veil.example": "0 .",
}

PLATFORMS = {"pages.banyan.example": ("Banyan Cloud", "apnic:ORG-BC1-AP")}
REVERSE_PROXIES = {"veil": ("cdn", "Veil Proxy", ("198.51.100.128/26",))}

# Registries that misbehave: lacnic refuses every connection, afrinic asks to come back every second
# time.
DEAD = "lacnic"
THROTTLING = "afrinic"


@dataclass(frozen=True, slots=True)
class Host:
    """What the name servers say of a name."""

    addresses: tuple[str, ...] = ()
    alias: str | None = None
    failure: str | None = None
    """`servfail`, or None."""


HOSTS: dict[str, Host] = {
    "www.lighthouse.example": Host(("192.0.2.130",)),
    "img.lighthouse.example": Host(("192.0.2.131",)),
    "shop.quay-customer.example": Host(("192.0.2.10",)),
    "files.quay-customer.example": Host(("192.0.2.11",)),
    "forum.quay-guest.example": Host(("192.0.2.12",)),
    "kiosk.example": Host(("192.0.2.70",)),
    "plain.harbour-customer.example": Host(("192.0.2.200",)),
    "www.windmill.example": Host(("198.51.100.7", "2001:db8::7")),
    "cdn.windmill.example": Host(alias="www.windmill.example"),
    "old.windmill.example": Host(("198.51.100.8",)),
    "hidden.example": Host(("198.51.100.140",)),
    "www.hidden.example": Host(alias="edge-7.veil.example"),
    "edge-7.veil.example": Host(("198.51.100.141",)),
    "whisper.example": Host(("198.51.100.200",)),
    "anna.pages.banyan.example": Host(("203.0.113.5",)),
    "boris.pages.banyan.example": Host(("203.0.113.6",)),
    "blog.windmill.example": Host(alias="boris.pages.banyan.example"),
    "direct.banyan-customer.example": Host(("203.0.113.20",)),
    "sur.example": Host(("203.0.113.70",)),
    "savanna.example": Host(("203.0.113.130",)),
    "acacia.example": Host(("203.0.113.131",)),
    "nobody.example": Host(("203.0.113.200",)),
    "split.example": Host(("192.0.2.10", "198.51.100.7")),
    "inside.example": Host(("10.0.0.7",)),
    "broken.example": Host(failure="servfail"),
}

URLS = [
    "https://www.lighthouse.example/a",
    "https://img.lighthouse.example/b",
    "hxxps://www[.]lighthouse[.]example/c",
    "https://shop.quay-customer.example/1",
    "https://files.quay-customer.example/2",
    "https://files.quay-customer.example/3",
    "https://forum.quay-guest.example/thread/4",
    "https://192.0.2.10/5",
    "https://kiosk.example/",
    "http://kiosk.example:8080/x",
    "https://plain.harbour-customer.example/",
    "https://www.windmill.example/",
    "https://www.windmill.example/7",
    "https://cdn.windmill.example/8",
    "https://old.windmill.example/",
    "https://[2001:db8::7]/9",
    "https://hidden.example/",
    "https://www.hidden.example/a",
    "HTTPS://WWW.HIDDEN.EXAMPLE/b",
    "https://whisper.example/",
    "https://whisper.example/2",
    "https://anna.pages.banyan.example/",
    "https://anna.pages.banyan.example/2",
    "https://boris.pages.banyan.example/",
    "https://direct.banyan-customer.example/",
    "https://sur.example/",
    "https://sur.example/2",
    "https://savanna.example/",
    "https://acacia.example/",
    "https://acacia.example/2",
    "https://nobody.example/",
    "https://split.example/",
    "https://inside.example/",
    "https://broken.example/",
    "https://gone.example/",
    "http://10.0.0.1/",
    "http://exampleexampleexample.onion/",
    "<https://www.lighthouse.example/d>",
    "198.51.100.9",
    "not a url",
]


def block_at(address: Address) -> Block | None:
    """Return the most specific block around an address, the placeholder included."""
    blocks = [block for block in (*BLOCKS, PLACEHOLDER) if block.covers(address)]
    return max(blocks, key=lambda block: ipaddress.ip_network(block.prefix).prefixlen, default=None)


def block_named(prefix: str) -> Block | None:
    """Return the block with this prefix."""
    return next((block for block in (*BLOCKS, PLACEHOLDER) if block.prefix == prefix), None)


def network_answer(block: Block, base: str) -> dict[str, Any]:
    """Return the RDAP answer about a block, in the shape that its registry uses (RFC 9083, section
    5.4).
    """
    network = ipaddress.ip_network(block.prefix)
    answer: dict[str, Any] = {
        "rdapConformance": ["rdap_level_0"],
        "objectClassName": "ip network",
        "handle": block.handle
        or f"NET-{network.network_address}".replace(".", "-").replace(":", "-").upper(),
        "startAddress": str(network[0]),
        "endAddress": str(network[-1]),
        "ipVersion": f"v{network.version}",
        "name": f"{block.company.handle}-NET",
        "type": block.type,
        "country": block.company.country,
        "port43": f"whois.{block.registry}.net",
        "links": [
            {
                "rel": "self",
                "href": f"{base}{block.registry}/ip/{block.prefix}",
                "type": "application/rdap+json",
            }
        ],
        "entities": _entities(block.registry, block.company),
    }
    if block.up:
        answer["links"].append({"rel": "up", "href": f"{base}{block.registry}/ip/{block.up}"})
    if block.company.redacted:
        answer["redacted"] = [
            {
                "name": {"description": "Abuse contact email"},
                "prePath": "$.entities[?(@.roles[0]=='abuse')].vcardArray[1][?(@[0]=='email')]",
                "method": "removal",
            }
        ]
    return answer


def system_answer(number: int, base: str) -> dict[str, Any]:
    """Return the RDAP answer about an AS (RFC 9083, section 5.5)."""
    registry, company = SYSTEMS[number]
    return {
        "objectClassName": "autnum",
        "handle": f"AS{number}",
        "startAutnum": number,
        "endAutnum": number,
        "name": f"{company.handle}-AS",
        "country": company.country,
        "port43": f"whois.{registry}.net",
        "links": [{"rel": "self", "href": f"{base}{registry}/autnum/{number}"}],
        "entities": _entities(registry, company),
    }


def domain_answer(name: str) -> dict[str, Any]:
    """Return the RDAP answer about a domain; its abuse contact is nested below the registrar."""
    abuse_contact = {
        "objectClassName": "entity",
        "roles": ["abuse"],
        "vcardArray": _card("Abuse desk", "group", REGISTRAR.abuse),
    }
    registrar = {
        "objectClassName": "entity",
        "handle": REGISTRAR.handle,
        "roles": ["registrar"],
        "publicIds": [{"type": "IANA Registrar ID", "identifier": REGISTRAR.handle}],
        "vcardArray": _card(REGISTRAR.name, "org", None),
        "entities": [abuse_contact],
    }
    return {
        "objectClassName": "domain",
        "ldhName": name,
        "status": ["active"],
        "entities": [registrar],
        "nameservers": [{"objectClassName": "nameserver", "ldhName": host} for host in NAMESERVERS],
    }


def whois_text(block: Block, *, upwards: bool) -> str:
    """Return the port-43 text about a block, as its registry writes it;
    `upwards` also of those above, widest first.
    """
    above = [parent for parent in BLOCKS if parent.prefix == block.up] if upwards else []
    write = _arin_text if block.registry == "arin" else _rpsl_text
    return "\n".join(map(write, (*above, block)))


def whois_system_text(number: int) -> str:
    """Return the port-43 text about an AS."""
    registry, company = SYSTEMS[number]
    if registry == "arin":
        head = (
            f"ASNumber:       {number}\nASName:         {company.handle}-AS\nASHandle:       "
            f"AS{number}\n"
        )
        return f"{head}\n{_arin_organisation(company)}"
    head = (
        f"aut-num:        AS{number}\nas-name:        {company.handle}-AS\norg:            "
        f"{company.handle}\n"
    )
    return f"{head}source:         {registry.upper()}\n\n{_rpsl_organisation(registry, company)}"


def _arin_text(block: Block) -> str:
    network = ipaddress.ip_network(block.prefix)
    company = block.company
    return (
        f"NetRange:       {network[0]} - {network[-1]}\n"
        f"CIDR:           {block.prefix}\n"
        f"NetName:        {company.handle}-NET\n"
        f"NetType:        {block.type.title()}\n"
        f"Organization:   {company.name} ({company.handle})\n\n"
        f"{_arin_organisation(company)}"
    )


def _arin_organisation(company: Company) -> str:
    abuse_contact = (
        f"\nOrgAbuseHandle: {company.handle}-ABUSE\nOrgAbuseEmail:  {company.abuse}\n"
        if company.abuse
        else ""
    )
    name = f"OrgName:        {company.name}\nOrgId:          {company.handle}\n"
    return f"{name}Country:        {company.country}\n{abuse_contact}"


def _rpsl_text(block: Block) -> str:
    network = ipaddress.ip_network(block.prefix)
    company = block.company
    return (
        f"% {block.registry} database\n\n"
        f"{_abuse_line(block)}"
        f"inetnum:        {network[0]} - {network[-1]}\n"
        f"netname:        {company.handle}-NET\n"
        f"descr:          {company.name}\n"
        f"country:        {company.country}\n"
        f"org:            {company.handle}\n"
        f"status:         {block.type}\n"
        f"source:         {block.registry.upper()}\n\n"
        f"{_rpsl_organisation(block.registry, company)}"
    )


def _abuse_line(block: Block) -> str:
    """Return RIPE's comment with the abuse mailbox of a network."""
    network = ipaddress.ip_network(block.prefix)
    if block.registry != "ripe" or not block.company.abuse:
        return ""
    return f"% Abuse contact for '{network[0]} - {network[-1]}' is '{block.company.abuse}'\n\n"


def _rpsl_organisation(registry: str, company: Company) -> str:
    return (
        f"organisation:   {company.handle}\n"
        f"org-name:       {company.name}\n"
        f"country:        {company.country}\n"
        f"source:         {registry.upper()}\n"
    )


def _entities(registry: str, company: Company) -> list[dict[str, Any]]:
    """Place the abuse mailbox where this registry places it."""
    kind = "individual" if company.person else "org"
    holder: dict[str, Any] = {
        "objectClassName": "entity",
        "handle": company.handle,
        "roles": ["registrant"],
        "vcardArray": _card(company.name, kind, None, company.country),
    }
    if not company.abuse and not company.redacted:
        return [holder]
    abuse_contact: dict[str, Any] = {
        "objectClassName": "entity",
        "handle": f"{company.handle}-ABUSE",
        "roles": ["abuse"],
        "vcardArray": _card("Abuse desk", "group", company.abuse),
    }
    match registry:
        case "arin":
            return [holder | {"entities": [abuse_contact]}]
        case "ripe":
            maintainer = {
                "objectClassName": "entity",
                "handle": "DEMO-MNT",
                "roles": ["registrant"],
            }
            return [maintainer, holder, abuse_contact]
        case "apnic":
            return [holder, abuse_contact | {"handle": f"IRT-{company.handle}"}]
        case "lacnic":
            return [holder, abuse_contact | {"roles": ["technical, abuse"]}]
        case _:
            return [holder | {"roles": ["Registrant"]}, abuse_contact | {"roles": ["Abuse"]}]


def _card(name: str, kind: str, email: str | None, country: str | None = None) -> list[Any]:
    rows: list[list[Any]] = [
        ["version", {}, "text", "4.0"],
        ["fn", {}, "text", name],
        ["kind", {}, "text", kind],
    ]
    if country:
        rows.append(["adr", {"cc": country}, "text", ["", "", "", "", "", "", ""]])
    if email:
        rows.append(["email", {"type": "abuse"}, "text", email])
    return ["vcard", rows]
