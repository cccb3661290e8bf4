"""Contact cards inside RDAP, as registries send them: jCard (RFC 7095), JSContact (RFC 9553)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from attribution.registry.lenient import as_country, as_lines, as_list, as_objects, as_text
from attribution.registry.mailbox import (
    is_masked,
    is_withheld,
    read_forms,
    read_mailboxes,
    unusable_mailbox,
)
from attribution.registry.registration import Entity, Mailbox

_FIELDS = (
    "name",
    "organisation",
    "kind",
    "mailboxes",
    "forms",
    "country",
    "redacted",
    "unusable",
)
"""The fields of an entity that its card gives."""


def read_card(entity: dict[str, Any]) -> Entity:
    """Read the entity's card: jCard first, a JSContact card beside it fills what is missing.

    The entity that is returned has the card's fields only: no handle, no roles.
    """
    jcard = _read_jcard(entity.get("vcardArray"))
    keys = (key for key in entity if key.startswith("jscard") and not key.endswith("_version"))
    key = next(keys, None)
    if key is None:
        return jcard
    jscontact = _read_jscontact(entity.get(key))
    either = {name: getattr(jcard, name) or getattr(jscontact, name) for name in _FIELDS}
    return replace(jcard, **either)


class _Rows:
    """Gathers the properties of a card."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.mailboxes: list[Mailbox] = []
        self.unusable: list[str] = []
        self.contact_forms: list[str] = []
        self.other_forms: list[str] = []
        self.country: str | None = None
        self.has_address = False
        self.mail_withheld = self.name_withheld = False

    def take(self, name: str, parameters: dict[str, Any], content: Any) -> None:
        if name == "email":
            self._take_mail(parameters, content)
        elif name == "kind":
            for line in as_lines(content)[:1]:
                self.first.setdefault(name, line.lower())
        elif name in ("fn", "org"):
            self._take_name(name, content)
        elif name in ("contact-uri", "url"):
            self._take_link(name, parameters, content)
        elif name == "adr" and not self.has_address:
            self._take_country(parameters, content)

    def _take_mail(self, parameters: dict[str, Any], content: Any) -> None:
        types, pref = _types(parameters), _pref(parameters)
        for line in as_lines(content):
            boxes = read_mailboxes(line)
            if not boxes and (is_masked(line) or is_withheld(line)):
                self.mail_withheld = True
            elif not boxes and (text := unusable_mailbox(line)):
                self.unusable.append(text)
            self.mailboxes += [Mailbox(box, types, pref) for box in boxes]

    def _take_name(self, name: str, content: Any) -> None:
        for line in as_lines(content):
            if is_withheld(line):
                self.name_withheld = True
            else:
                self.first.setdefault(name, line)

    def _take_country(self, parameters: dict[str, Any], content: Any) -> None:
        """Take the country of the first address that is not empty."""
        last = content[6] if isinstance(content, list) and len(content) >= 7 else None
        self.country = as_country(parameters.get("cc")) or as_country(last)
        lines = as_lines(parameters.get("label")) or as_lines(content)
        self.has_address = bool(self.country or lines)

    def _take_link(self, name: str, parameters: dict[str, Any], content: Any) -> None:
        for line in as_lines(content):
            if is_withheld(line):
                continue
            forms = read_forms(line)
            (self.contact_forms if name == "contact-uri" else self.other_forms).extend(forms)
            if name == "contact-uri" and not forms:  # RFC 8605 allows a mailbox here
                self._take_mail(parameters, line)


def _read_jcard(value: Any) -> Entity:
    """Read `["vcard", [[name, {}, type, value…], …]]`, or the same without the inner list."""
    rows = _Rows()
    for row in _jcard_rows(value):
        if isinstance(row, list) and len(row) >= 4 and isinstance(row[0], str):
            parameters = row[1] if isinstance(row[1], dict) else {}
            rows.take(row[0].lower(), parameters, row[3] if len(row) == 4 else row[3:])
    return Entity(
        name=rows.first.get("fn"),
        organisation=rows.first.get("org"),
        kind=rows.first.get("kind"),
        mailboxes=tuple(rows.mailboxes),
        forms=(*rows.contact_forms, *rows.other_forms),
        country=rows.country,
        redacted=rows.mail_withheld or (rows.name_withheld and not rows.mailboxes),
        unusable=tuple(rows.unusable),
    )


def _jcard_rows(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) < 2 or not isinstance(value[1], list):
        return []
    nested = not value[1] or isinstance(value[1][0], list)
    return value[1] if nested else value[1:]


def _types(parameters: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        item.lower() for item in as_list(parameters.get("type")) if isinstance(item, str)
    )


def _pref(parameters: dict[str, Any]) -> int | None:
    value = str(next(iter(as_list(parameters.get("pref"))), ""))
    return int(value) if value.isascii() and value.isdigit() else None


def _read_jscontact(value: Any) -> Entity:
    if not isinstance(value, dict):
        return Entity()
    name, emails = value.get("name"), value.get("emails")
    addresses = _members(value.get("addresses"))
    rows = _Rows()
    for email in as_objects(emails) if isinstance(emails, list) else _members(emails):
        text = as_text(email.get("address")) or as_text(email.get("email"))
        types = [
            *_keys(email.get("contexts")),
            *_keys(email.get("features")),
            as_text(email.get("label")),
        ]
        rows.take("email", {"type": types, "pref": email.get("pref")}, text)
    organisations = _members(value.get("organizations"))
    links = _members(value.get("links"))
    return Entity(
        name=as_text(name.get("full"))
        if isinstance(name, dict)
        else as_text(value.get("fullName")),
        organisation=next(
            (text for item in organisations if (text := as_text(item.get("name")))), None
        ),
        kind=as_text(value.get("kind")),
        mailboxes=tuple(rows.mailboxes),
        forms=tuple(
            form for link in links for form in read_forms(link.get("uri") or link.get("href"))
        ),
        country=next(
            (code for address in addresses if (code := as_country(address.get("countryCode")))),
            None,
        ),
        redacted=rows.mail_withheld,
        unusable=tuple(rows.unusable),
    )


def _members(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a JSContact map, whatever their keys."""
    return as_objects(list(value.values())) if isinstance(value, dict) else []


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict | list) else as_list(value)
