"""Mailboxes and forms that the reported site's owner may run:
in the site's domain, or on its address.
"""

from __future__ import annotations

from attribution.decide.abuse_contact import Publication
from attribution.decide.facts import Facts
from attribution.errors import InvalidTarget
from attribution.net.addresses import read_address
from attribution.target import parse_target


def is_of_the_site(facts: Facts, contact: Publication) -> bool:
    """Say whether a contact lies in the domain of the reported
    host or of an alias of it, or on a reported address.
    """
    if contact.email and _is_in_a_domain(facts, contact.email.rpartition("@")[2]):
        return True
    if contact.form is None:
        return False
    try:  # read as reported URLs are: other alphabets, and every form of an address
        form = parse_target(contact.form)
    except InvalidTarget:
        return False
    if form.address:
        return read_address(form.address) in facts.resolved
    return _is_in_a_domain(facts, form.host)


def _is_in_a_domain(facts: Facts, host: str) -> bool:
    return any(host == domain or host.endswith("." + domain) for domain in facts.site_domains)
