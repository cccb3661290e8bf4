"""Targets that name no host on the Internet, and why."""

from __future__ import annotations

_IN_PAGE = "exists only inside the page or browser that made it"
_PEERS = "is kept by its peers and not by one host: report the gateway's or tracker's own URL"
_MESSAGE = "names an account of a messaging service, not a host"
_MONEY = "names an account of a payment system, not a host"

HOSTLESS_SCHEMES = {
    "about": f"an about: page {_IN_PAGE}",
    "ar": f"what an ar: link names {_PEERS}",
    "bitcoin": f"a bitcoin: link {_MONEY}",
    "blob": f"a blob: URL {_IN_PAGE}: report the page's own URL",
    "chrome": "a chrome: page is part of a browser",
    "chrome-extension": "a chrome-extension: page is part of a browser's extension",
    "cid": "a cid: link names a part of a mail",
    "content": "a content: link names a file on a device",
    "data": "a data: URL holds the content itself and names no host",
    "dat": f"what a dat: link names {_PEERS}",
    "dweb": f"what a dweb: link names {_PEERS}",
    "ed2k": f"what an ed2k: link names {_PEERS}",
    "edge": "an edge: page is part of a browser",
    "ethereum": f"an ethereum: link {_MONEY}",
    "file": "a file: link names a file on a device or local network",
    "geo": "a geo: link names a place",
    "hyper": f"what a hyper: link names {_PEERS}",
    "ipfs": f"what an ipfs: link names {_PEERS}",
    "ipns": f"what an ipns: link names {_PEERS}",
    "intent": "an intent: link opens a program on a device",
    "javascript": "a javascript: link is a program and names no host",
    "lightning": f"a lightning: link {_MONEY}",
    "magnet": f"what a magnet: link names {_PEERS}",
    "mailto": "a mailto: link names a mailbox, not a host",
    "market": "a market: link names a program in a store",
    "mid": "a mid: link names a mail",
    "monero": f"a monero: link {_MONEY}",
    "moz-extension": "a moz-extension: page is part of a browser's extension",
    "news": "a news: link names an article or group of Usenet, not a host",
    "resource": "a resource: link is part of a browser",
    "sip": f"a sip: link {_MESSAGE}",
    "sips": f"a sips: link {_MESSAGE}",
    "skype": f"a skype: link {_MESSAGE}",
    "sms": "an sms: link names a telephone number, not a host",
    "tel": "a tel: link names a telephone number, not a host",
    "tg": f"a tg: link {_MESSAGE}",
    "urn": "a urn: is a name without a place (RFC 8141)",
    "viber": f"a viber: link {_MESSAGE}",
    "whatsapp": f"a whatsapp: link {_MESSAGE}",
    "xmpp": f"an xmpp: link {_MESSAGE}",
}
"""Schemes of URLs that name no host, with the reason for the answer."""

_SPECIAL_NAMES = {
    "onion": "a Tor onion service has no address on the Internet (RFC 7686)",
    "i2p": "an I2P site has no address on the Internet",
    "local": "a multicast DNS name means something only on one local network (RFC 6762)",
    "localhost": "a loopback name (RFC 6761)",
    "invalid": "a name that by definition never exists (RFC 6761)",
    "internal": "a name reserved for private networks (ICANN, 2024)",
    "home.arpa": "a name for use inside a home network (RFC 8375)",
    "alt": "a name outside the DNS (RFC 9476)",
}


def special_name(name: str) -> str | None:
    """Say why a name has no host on the Internet; None for an ordinary name.

    `.example` and `.test` are ordinary: they are only never registered (RFC 6761).
    """
    labels = name.split(".")
    return _SPECIAL_NAMES.get(labels[-1]) or _SPECIAL_NAMES.get(".".join(labels[-2:]))
