"""Questions of bundles in format 1, which held them as sentences.
Such bundles are read for as long as they are kept.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from attribution.errors import EvidenceError
from attribution.evidence.question import (
    DisclosedOriginAt,
    DomainNamed,
    EntityNamed,
    HotlinesAndAuthorityOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    NonexistentName,
    OriginOf,
    OriginsBehind,
    Page,
    Question,
    ResolveName,
    ReverseProxyAt,
    SuffixOf,
    SystemNumbered,
    WhoisAt,
)
from attribution.net.addresses import Address, is_address


def question_of_sentence(kind: str, sentence: str, url: str | None) -> Question:
    """Return the question of a record of format 1,
    by the record's kind and URL. Raises EvidenceError.
    """
    try:
        return _READERS[kind](sentence, url or "")
    except (KeyError, ValueError, IndexError) as error:
        raise EvidenceError(
            f"the question {sentence!r} of a bundle in format 1 cannot be read: {error}"
        ) from None


def _dns(sentence: str, _: str) -> Question:
    host, _, rdtype = sentence.rpartition(" ")
    return ResolveName(host, rdtype)


def _rdap(sentence: str, url: str) -> Question:
    parts = sentence.split(" ")
    if sentence.startswith("ip above "):
        return NetworkAbove(
            parts[5],
            ipaddress.ip_address(parts[2]),
            ipaddress.ip_address(parts[4].removesuffix(":")),
        )
    if parts[0] == "ip" and len(parts) == 4:
        base = url.partition("ip/")[0]
        return NationalNetwork(parts[3], ipaddress.ip_address(parts[1]), base)
    if parts[0] == "ip":
        return NetworkAt(ipaddress.ip_address(parts[1]))
    if parts[0] == "entity":
        return EntityNamed(urlsplit(url).netloc, parts[1], url)
    if parts[0] == "autnum":
        return SystemNumbered(int(parts[1]))
    if parts[0] == "domain":
        return DomainNamed(parts[1])
    raise ValueError("no question of RDAP")


def _whois(sentence: str, _: str) -> Question:
    parts = sentence.split(" ")
    if parts[0] == "domain":
        return DomainNamed(parts[1], whois=True)
    return WhoisAt(ipaddress.ip_address(parts[1]), parts[3] if len(parts) == 4 else None)


def _page(sentence: str, _: str) -> Question:
    _, registry, url, *fields = sentence.split(" ")
    form = tuple((key, value) for key, _, value in (field.partition("=") for field in fields))
    texts = [url.rpartition("=")[2], url.rpartition("/")[2], *(value for _, value in form)]
    address = next(
        (ipaddress.ip_address(text) for text in texts if is_address(text)), ipaddress.ip_address(0)
    )
    return NationalPage(registry, address, Page(url, form))


def _disclosed_origin(sentence: str, _: str) -> Question:
    """Read a disclosed origin, or one that a source was asked for
    in vain: then no address was noted.
    """
    if sentence.startswith("told origin of "):
        return OriginsBehind(ipaddress.ip_address(0), sentence.rpartition(" by ")[2])
    return DisclosedOriginAt(_address_in(sentence))


def _address_in(sentence: str) -> Address:
    """Return the address that ends a sentence: `origin 192.0.2.7`."""
    return ipaddress.ip_address(sentence.rpartition(" ")[2])


_READERS: dict[str, Callable[[str, str], Question]] = {
    "dns": _dns,
    "rdap": _rdap,
    "whois": _whois,
    "nir_page": _page,
    "origin_as": lambda sentence, _: OriginOf(_address_in(sentence)),
    "bootstrap": lambda sentence, _: NetworkAt(_address_in(sentence)),
    "suffix": lambda sentence, _: SuffixOf(sentence.removeprefix("suffix ")),
    "front": lambda sentence, _: ReverseProxyAt(_address_in(sentence)),
    "mail": lambda sentence, _: MailTo(sentence.removeprefix("mail ")),
    "told_origin": _disclosed_origin,
    "canary": lambda sentence, _: NonexistentName(sentence.removeprefix("canary for ")),
    "desk": lambda sentence, _: HotlinesAndAuthorityOf(sentence.removeprefix("desk ")),
}
