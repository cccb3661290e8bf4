"""Mailboxes and forms that the reported site's owner may run: in the site's domain, or on its address."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from attribution.decide.abuse_contact import Publication
from attribution.decide.facts import Facts


def is_of_the_site(facts: Facts, contact: Publication) -> bool:
    """Say whether a contact lies in the domain of the reported host or of an alias of it, or on a reported address."""
    hosts = []
    if contact.email:
        hosts.append(contact.email.rpartition("@")[2])
    if contact.form:
        hosts.append((urlsplit(contact.form).hostname or "").lower())
    return any(_is_of_the_site(facts, host) for host in hosts)


def _is_of_the_site(facts: Facts, host: str) -> bool:
    try:
        return ipaddress.ip_address(host) in facts.addresses
    except ValueError:
        return any(host == domain or host.endswith("." + domain) for domain in facts.site_domains)
