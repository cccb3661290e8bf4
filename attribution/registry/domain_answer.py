"""Reading answers about a domain: registrar, status, name servers. Registrants are not read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from attribution.registry.dialects.rdap import read_entities
from attribution.registry.documents import read_document
from attribution.registry.lenient import as_list, as_objects, as_text, clean
from attribution.registry.mailbox import read_mailboxes
from attribution.registry.organisations import usable_name
from attribution.registry.registration import Entity, UnreadableAnswer
from attribution.registry.text import is_comment, lines

_MOST_NAMESERVERS = 13
_KEY = re.compile(r"[A-Za-z][A-Za-z /()-]{1,40}")
# RFC 8056 names each EPP status code in words: `clientHold` is `client hold`.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Registrar:
    """Who registered the domain for its holder, and where that company takes abuse notices."""

    id: str
    name: str
    email: str | None = None
    form: str | None = None


@dataclass(frozen=True, slots=True)
class DomainRegistration:
    """A domain as registered."""

    name: str
    registrar: Registrar | None
    status: frozenset[str]
    """EPP status codes as RDAP spells them (RFC 8056): `active`, `client hold`."""
    nameservers: tuple[str, ...]


# Pure, and its result frozen: one answer often serves many targets of a batch.
@lru_cache(maxsize=1024)
def read_domain(body: bytes) -> DomainRegistration:
    """Read an RDAP answer to a `domain` question. Raises UnreadableAnswer."""
    document = read_document(body)
    name = as_text(document.get("ldhName")) or as_text(document.get("unicodeName"))
    if not name:
        raise UnreadableAnswer("no ldhName, so it is no answer about a domain")
    ids = {
        as_text(entity.get("handle")): identifier
        for entity in as_objects(document.get("entities"))
        for public_id in as_objects(entity.get("publicIds"))
        if "registrar" in (as_text(public_id.get("type")) or "").lower()
        and (identifier := as_text(public_id.get("identifier")))
    }
    registrar = next(
        (entity for entity in read_entities(document) if "registrar" in entity.roles), None
    )
    return DomainRegistration(
        name.lower().rstrip("."),
        _registrar(registrar, ids.get(registrar.handle)) if registrar else None,
        frozenset(
            text.lower() for status in as_list(document.get("status")) if (text := as_text(status))
        ),
        tuple(
            host.lower().rstrip(".")
            for nameserver in as_objects(document.get("nameservers"))
            if (host := as_text(nameserver.get("ldhName")))
        )[:_MOST_NAMESERVERS],
    )


def read_domain_text(text: str, name: str) -> DomainRegistration | None:
    """Read a port-43 answer about a domain, in ICANN's form; None when it holds none."""
    fields = _fields(text)
    domain = next(iter(fields.get("domain name", fields.get("domain", []))), "").lower().rstrip(".")
    if domain != name:
        return None
    registrar = _only_value(fields, "registrar")
    number = _only_value(fields, "registrar iana id")
    mailboxes = read_mailboxes(_only_value(fields, "registrar abuse contact email"))
    status = [value.split()[0] for value in fields.get("domain status", fields.get("status", []))]
    hosts = [value.split()[0] for value in fields.get("name server", fields.get("nserver", []))]
    return DomainRegistration(
        domain,
        Registrar(f"registrar:{number or registrar}", registrar, next(iter(mailboxes), None))
        if registrar
        else None,
        frozenset(_CAMEL.sub(" ", code).lower() for code in status),
        tuple(dict.fromkeys(host.lower().rstrip(".") for host in hosts))[:_MOST_NAMESERVERS],
    )


def _only_value(fields: dict[str, list[str]], key: str) -> str | None:
    """Return a field's value where the answer has one:
    a second may be a line of the registrant's own.
    """
    values = dict.fromkeys(fields.get(key, []))
    return next(iter(values)) if len(values) == 1 else None


def _fields(text: str) -> dict[str, list[str]]:
    """Gather values by key in lower case. A value may stand on the line below its key (.uk)."""
    fields: dict[str, list[str]] = {}
    waiting: str | None = None
    for line in lines(text):
        key, colon, value = line.partition(":")
        word = clean(key).lower()
        if not line.strip() or is_comment(line):
            continue
        if colon and _KEY.fullmatch(word):
            waiting = None if value.strip() else word
            if value.strip():
                fields.setdefault(word, []).append(value.strip())
        elif waiting:
            fields.setdefault(waiting, []).append(line.strip())
            waiting = None
    return fields


def _registrar(entity: Entity, number: str | None) -> Registrar | None:
    """Take the abuse contact from under the registrar only, never from the registrant's side.

    Some registries name a registrar only on its abuse role, whose own name may be `Abuse`.
    """
    abuse_roles = [
        role for child in entity.entities for role in child.walk() if "abuse" in role.roles
    ]
    names = (name for role in abuse_roles for name in (role.organisation, role.name))
    name = entity.name or entity.organisation or next(filter(usable_name, names), None)
    if not name:
        return None
    box = next((role.mailboxes[0].email for role in abuse_roles if role.mailboxes), None)
    form = next((role.forms[0] for role in abuse_roles if role.forms), None)
    return Registrar(f"registrar:{number or entity.handle or name}", name, box, form)
