"""Reading national registries' web pages (JPNIC, KRNIC) with ipwhois's readers, offline.

ipwhois is given pages that were already fetched and kept as evidence; where it needs one more, it
raises `PageNeeded`, and the caller fetches that page through the one transport. It opens no socket
here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from attribution.evidence import Page
from attribution.net.addresses import Address
from attribution.registry.lenient import as_country
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network, UnreadableAnswer
from attribution.registry.registries import registries
from attribution.registry.text import read_range


class PageNeeded(Exception):  # noqa: N818 - a request, not a fault
    """The reader needs this page too."""

    def __init__(self, page: Page) -> None:
        super().__init__(page.url)
        self.page = page


@cache
def page_services() -> tuple[str, ...]:
    """Return the URLs of the pages that ipwhois's own
    table names, by which their hosts are listed.
    """
    from ipwhois.nir import NIR_WHOIS

    return tuple(str(row["url"]) for row in NIR_WHOIS.values())


def read_nir_pages(registry: str, address: Address, pages: dict[Page, str]) -> list[Network]:
    """Read the registry's pages about an address.

    Raises PageNeeded for a page not among `pages`, and UnreadableAnswer when they hold no network.
    """
    from ipwhois.net import Net
    from ipwhois.nir import NIRWhois

    class KeptPages(Net):  # type: ignore[misc]
        """ipwhois's door to the network, opened on kept pages only."""

        def __init__(self) -> None:
            self.address_str = str(address)

        def get_http_raw(
            self,
            url: str | None = None,
            retry_count: int = 3,
            headers: dict[str, str] | None = None,
            request_type: str = "GET",
            form_data: dict[str, str] | None = None,
        ) -> str:
            page = Page(str(url), tuple(sorted((form_data or {}).items())))
            if page not in pages:
                raise PageNeeded(page)
            return pages[page]

    try:
        answer = NIRWhois(KeptPages()).lookup(nir=registry)
    except PageNeeded:
        raise
    # ipwhois raises bare KeyError, ValueError and its own from odd pages.
    except Exception as error:
        raise UnreadableAnswer(
            f"ipwhois cannot read the page: {type(error).__name__} {error}"
        ) from None
    networks = [
        network for net in answer.get("nets") or [] if (network := _registration(registry, net))
    ]
    if not networks:
        raise UnreadableAnswer("the page names no network")
    return networks


def _registration(registry: str, net: dict[str, Any]) -> Network | None:
    blocks = [
        ends for text in str(net.get("cidr") or "").split(",") if (ends := read_range(text.strip()))
    ]
    if not blocks:
        return None
    contacts = net.get("contacts") or {}
    entities = [
        _entity(role, contact)
        for key, role in (("admin", "administrative"), ("tech", "technical"))
        if isinstance(contact := contacts.get(key), dict)
    ]
    name = net.get("name")
    holder = [
        Entity(
            roles=frozenset(["registrant"]),
            name=name,
            kind="org",
            country=as_country(net.get("country")),
        )
    ]
    return Network(
        protocol="nir",
        registry=registry,
        server=registries()[registry].whois,
        first=min((low for low, _ in blocks), key=int),
        last=max((high for _, high in blocks), key=int),
        handle=str(net.get("handle") or net.get("range") or net["cidr"]),
        netname=net.get("handle"),
        country=as_country(net.get("country")),
        entities=(*(holder if name else []), *entities),
    )


def _entity(role: str, contact: dict[str, Any]) -> Entity:
    boxes = [
        Mailbox(box)
        for key in ("email", "reply_email")
        for text in [contact.get(key)]
        for box in read_mailboxes(text)
    ]
    return Entity(
        roles=frozenset([role]),
        name=contact.get("name"),
        organisation=contact.get("organization"),
        mailboxes=tuple(boxes),
    )
