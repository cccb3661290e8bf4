"""Contact cards inside RDAP: jCard (RFC 7095) and JSContact (RFC 9553), in the shapes that registries send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attribution.registry.lenient import as_country, as_lines, as_list, as_objects, as_text
from attribution.registry.mailbox import is_withheld, read_forms, read_mailboxes
from attribution.registry.registration import Mailbox


@dataclass(frozen=True, slots=True)
class Card:
    """What a contact card says."""

    name: str | None = None
    organisation: str | None = None
    kind: str | None = None
    mailboxes: tuple[Mailbox, ...] = ()
    forms: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    country: str | None = None
    withheld: bool = False


def read_card(entity: dict[str, Any]) -> Card:
    """Read the entity's card: jCard first, a JSContact card beside it fills what is missing."""
    jcard = _read_jcard(entity.get("vcardArray"))
    key = next((key for key in entity if key.startswith("jscard") and not key.endswith("_version")), None)
    if key is None:
        return jcard
    jscontact = _read_jscontact(entity.get(key))
    return Card(
        jcard.name or jscontact.name,
        jcard.organisation or jscontact.organisation,
        jcard.kind or jscontact.kind,
        jcard.mailboxes or jscontact.mailboxes,
        jcard.forms or jscontact.forms,
        jcard.address or jscontact.address,
        jcard.country or jscontact.country,
        jcard.withheld or jscontact.withheld,
    )


def _read_jcard(value: Any) -> Card:
    """Read `["vcard", [[name, {}, type, value…], …]]`, each property once."""
    rows = value[1] if isinstance(value, list) and len(value) > 1 and isinstance(value[1], list) else ()
    first: dict[str, str] = {}
    mailboxes: list[Mailbox] = []
    forms: list[str] = []
    address: tuple[tuple[str, ...], str | None] | None = None
    mail_withheld = name_withheld = False
    for row in rows:
        if not (isinstance(row, list) and len(row) >= 4 and isinstance(row[0], str)):
            continue
        name, content = row[0].lower(), row[3] if len(row) == 4 else row[3:]
        parameters = row[1] if isinstance(row[1], dict) else {}
        if name == "email":
            for line in as_lines(content):
                boxes = read_mailboxes(line)
                mail_withheld = mail_withheld or (not boxes and is_withheld(line))
                mailboxes += [Mailbox(box, _types(parameters), _pref(parameters)) for box in boxes]
        elif name == "kind":
            for line in as_lines(content)[:1]:
                first.setdefault(name, line.lower())
        elif name in ("fn", "org"):
            for line in as_lines(content):
                if is_withheld(line):
                    name_withheld = True
                else:
                    first.setdefault(name, line)
        elif name in ("contact-uri", "url"):
            found = [form for line in as_lines(content) if not is_withheld(line) for form in read_forms(line)]
            forms = [*found, *forms] if name == "contact-uri" else [*forms, *found]
        elif name == "adr" and address is None:
            address = _address(parameters, content)
    label, country = address or ((), None)
    return Card(
        name=first.get("fn"),
        organisation=first.get("org"),
        kind=first.get("kind"),
        mailboxes=tuple(mailboxes),
        forms=tuple(forms),
        address=label,
        country=country,
        withheld=mail_withheld or (name_withheld and not mailboxes),
    )


def _types(parameters: dict[str, Any]) -> frozenset[str]:
    return frozenset(item.lower() for item in as_list(parameters.get("type")) if isinstance(item, str))


def _pref(parameters: dict[str, Any]) -> int | None:
    value = str(next(iter(as_list(parameters.get("pref"))), ""))
    return int(value) if value.isascii() and value.isdigit() else None


def _address(parameters: dict[str, Any], content: Any) -> tuple[tuple[str, ...], str | None] | None:
    country = as_country(parameters.get("cc"))
    if isinstance(content, list) and len(content) >= 7:
        country = country or as_country(content[6])
    lines = as_lines(parameters.get("label")) or as_lines(content)
    return (tuple(lines), country) if lines or country else None


def _read_jscontact(value: Any) -> Card:
    if not isinstance(value, dict):
        return Card()
    name = value.get("name")
    emails = value.get("emails")
    addresses = as_objects(list(value["addresses"].values())) if isinstance(value.get("addresses"), dict) else []
    mailboxes, withheld = [], False
    for one in as_objects(list(emails.values()) if isinstance(emails, dict) else emails):
        withheld = withheld or is_withheld(one.get("address") or one.get("email"))
        types = frozenset(
            str(key).lower() for source in ("contexts", "features") for key in as_list(list(one.get(source) or []))
        ) | frozenset(as_lines(str(one.get("label") or "").lower()))
        pref = one.get("pref")
        mailboxes += [
            Mailbox(address, types, pref if isinstance(pref, int) else None)
            for address in read_mailboxes(one.get("address") or one.get("email"))
        ]
    organisations = value.get("organizations")
    return Card(
        name=as_text(name.get("full")) if isinstance(name, dict) else as_text(value.get("fullName")),
        organisation=next((as_text(one.get("name")) for one in as_objects(list((organisations or {}).values()))), None)
        if isinstance(organisations, dict)
        else None,
        kind=as_text(value.get("kind")),
        mailboxes=tuple(mailboxes),
        forms=tuple(
            form
            for one in as_objects(
                list((value.get("links") or {}).values()) if isinstance(value.get("links"), dict) else []
            )
            for form in read_forms(one.get("uri") or one.get("href"))
        ),
        address=tuple(as_lines([one.get("full") for one in addresses])),
        country=next((as_country(one.get("countryCode")) for one in addresses), None),
        withheld=withheld,
    )
