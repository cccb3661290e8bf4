"""Which mailbox or form a registration publishes for abuse:
one ordered list of rules, the first that gives one wins.

To add a rule, write a function and put it into `RULES` in its place;
`tests/unit/test_abuse_contact.py` holds the order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from attribution.decide.holder import EntityKey
from attribution.models import FallbackContact, Scope
from attribution.registry.mailbox import normal_mailbox, read_forms, read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Network, Registration
from attribution.registry.registries import placeholder_of
from attribution.registry.stubs import runs_itself

_ABUSE_WORD = re.compile(r"abuse|spam|complaint|security|illegal|incident", re.IGNORECASE)
_FORM_WORD = re.compile(r"abuse|report", re.IGNORECASE)
_WITHHOLDS_MAIL = re.compile(r"e-?mail|contact|abuse", re.IGNORECASE)
_MOST_FALLBACKS = 6
_FALLBACK_ROLES = ("technical", "noc", "administrative")
_IN_REMARKS = "named in remarks"

Entities = Mapping[EntityKey, Entity]
"""Entities that were asked for one by one."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What one registration publishes for abuse."""

    email: str | None = None
    form: str | None = None
    scope: Scope | None = None
    rule: str = ""
    place: str = ""
    """Where in the answer it stands."""
    redacted: bool = False
    """There is a contact, and the registry withholds it."""
    unusable: str | None = None
    """A published mailbox that cannot be written to, as text."""
    passed_over: tuple[str, ...] = ()
    """Candidates that lost, each with the reason."""

    @property
    def is_usable(self) -> bool:
        """Whether there is something to write to."""
        return self.email is not None or self.form is not None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact that a rule offers, before placeholders are left out."""

    boxes: tuple[Mailbox, ...]
    forms: tuple[str, ...]
    scope: Scope
    place: str
    entity: Entity | None = None


Rule = Callable[[Registration, Entities], Iterator[Candidate]]


def _network_role(registration: Registration, entities: Entities) -> Iterator[Candidate]:
    """Offer the network's own abuse role;
    APNIC's IRT and LACNIC's "technical, abuse" person are such.
    """
    for entity in registration.entities:
        if "abuse" in entity.roles:
            yield _of_entity(
                registration, entity, entities, "network", f"entities[abuse] {entity.handle or ''}"
            )


def _organisation_role(registration: Registration, entities: Entities) -> Iterator[Candidate]:
    """Offer the registrant organisation's abuse role, nested in it;
    no other tree is opened (a registrar's is not ours).
    """
    for registrant in registration.entities:
        if "registrant" not in registration_roles(registrant):
            continue
        for child in registrant.entities:
            for nested in child.walk():
                if "abuse" in nested.roles:
                    place = f"entities[registrant].entities[abuse] {nested.handle or ''}"
                    yield _of_entity(registration, nested, entities, "organisation", place)


def _registry_line(registration: Registration, _: Entities) -> Iterator[Candidate]:
    """Offer what the registry's own line names, which follows the inheritance of RIPE's abuse-c."""
    if registration.abuse_comment:
        yield Candidate(
            (Mailbox(registration.abuse_comment),), (), "network", "% Abuse contact for"
        )


def _marked_mailbox(registration: Registration, _: Entities) -> Iterator[Candidate]:
    """Offer a mailbox marked as for abuse (RIPE's abuse-mailbox,
    jCard's type abuse) of another contact of the network.
    """
    for entity in registration.entities:
        if {"abuse", "registrant", "registrar"} & entity.roles:
            continue
        boxes = tuple(box for box in entity.mailboxes if "abuse" in box.types)
        if boxes:
            roles = "/".join(sorted(entity.roles)) or "no role"
            yield Candidate(
                boxes, (), "network", f"entities[{roles}] {entity.handle or ''}", entity
            )


RULES: tuple[tuple[str, Rule], ...] = (
    ("the network's abuse role", _network_role),
    ("the organisation's abuse role", _organisation_role),
    ("the registry's line on the abuse contact, which follows its inheritance", _registry_line),
)
"""The rules for what a network publishes itself,
first to last; then come the parent network and the AS.
"""
OWN_SPACE_RULES: tuple[tuple[str, Rule], ...] = (
    *RULES,
    ("a contact of the network that publishes a mailbox for abuse", _marked_mailbox),
)
"""For holders of space from the registry itself, whose contacts the registry checked."""


def published_contact(
    registration: Registration, entities: Entities, rules: tuple[tuple[str, Rule], ...] = RULES
) -> Publication:
    """Apply the rules in their order. Registries' placeholders
    count only on networks that the registry runs.
    """
    own = isinstance(registration, Network) and runs_itself(registration)
    lost: list[str] = []
    withheld, unusable = False, None
    for name, rule in rules:
        for candidate in rule(registration, entities):
            usable = []
            for box in candidate.boxes:
                placeholder = None if own else placeholder_of(box.email)
                if placeholder:
                    lost.append(
                        f"{box.email} is a placeholder of {placeholder.id}, not the holder's"
                    )
                else:
                    usable.append(box)
            best = _preferred(usable)
            if best or candidate.forms:
                form = next(iter(candidate.forms), None)
                return Publication(
                    email=best.email if best else None,
                    form=form,
                    scope=candidate.scope,
                    rule=name,
                    place=candidate.place.rstrip(),
                    passed_over=tuple(lost),
                )
            if candidate.entity:
                withheld = withheld or candidate.entity.redacted
                unusable = unusable or next(iter(candidate.entity.unusable), None)
    withheld = withheld or _withholds(registration)
    return Publication(redacted=withheld, unusable=unusable, passed_over=tuple(lost))


def entity_to_fetch(registration: Registration, entities: Entities) -> str | None:
    """Return the handle of an abuse role that the answer names without its card, or None."""
    for _, rule in RULES:
        for candidate in rule(registration, entities):
            entity = candidate.entity
            if (
                entity
                and entity.handle
                and not (
                    entity.mailboxes
                    or entity.forms
                    or entity.redacted
                    or entity.name
                    or entity.unusable
                )
            ):
                return entity.handle
    return None


def fallback_contacts(
    registration: Registration, besides: str | None, entities: Entities
) -> list[FallbackContact]:
    """List mailboxes that are published for something else:
    labelled, never taken for the abuse contact.

    Where ARIN's network and organisation name different abuse roles, the one that lost is the
    first.
    """
    why_of = _other_abuse_roles(registration, besides, entities)
    for entity in registration.walk():
        role = next((role for role in _FALLBACK_ROLES if role in entity.roles), None)
        if "abuse" in entity.roles or (entity.roles and role is None):
            continue
        for box in entity.mailboxes:
            why_of.setdefault(box.email, f"{role} role" if role else "contact without a role")
    for line in _remarks(registration):
        for email in read_mailboxes(line):
            known = why_of.get(email, "")
            why_of[email] = (
                known
                if known.endswith(_IN_REMARKS)
                else f"{known}, {_IN_REMARKS}".removeprefix(", ")
            )
    ordered = sorted(why_of, key=lambda email: not _ABUSE_WORD.search(email.partition("@")[0]))
    besides_plain = normal_mailbox(besides) if besides else None
    return [
        FallbackContact(email=email, why=why_of[email])
        for email in ordered
        if normal_mailbox(email) != besides_plain and not placeholder_of(email)
    ][:_MOST_FALLBACKS]


def form_in_remarks(registration: Registration) -> str | None:
    """Return a web form that remarks give for abuse:
    a link that itself says so, in a line that says so.
    """
    for line in _remarks(registration):
        for link in read_forms(line):
            if _FORM_WORD.search(link) and _ABUSE_WORD.search(line):
                return link
    return None


def registration_roles(entity: Entity) -> frozenset[str]:
    """Return an entity's roles; AFRINIC leaves those
    of organisations out, which show by their handle.
    """
    if entity.roles or not (entity.handle or "").upper().startswith("ORG-"):
        return entity.roles
    return frozenset(["registrant"])


def without_contact(publication: Publication, reason: str) -> Publication:
    """Return a publication whose contact is refused, and why."""
    refused = publication.email or publication.form or "its contact"
    lost = (*publication.passed_over, f"{refused}: {reason}")
    return replace(publication, email=None, form=None, scope=None, passed_over=lost)


def _of_entity(
    registration: Registration, entity: Entity, entities: Entities, scope: Scope, place: str
) -> Candidate:
    fetched = entities.get((registration.registry, (entity.handle or "").upper()))
    known = fetched if fetched and not entity.mailboxes else entity
    return Candidate(known.mailboxes, known.forms, scope, place, known)


def _other_abuse_roles(
    registration: Registration, besides: str | None, entities: Entities
) -> dict[str, str]:
    """Return the mailboxes of the abuse roles that lost, each with whose it is."""
    candidates = [candidate for _, rule in RULES[:2] for candidate in rule(registration, entities)]
    lost = (one for one in candidates if all(box.email != besides for box in one.boxes))
    found: dict[str, str] = {}
    for candidate in lost if besides else ():
        for box in candidate.boxes:
            found.setdefault(box.email, f"the {candidate.scope}'s abuse role")
    return found


def _withholds(registration: Registration) -> bool:
    return registration.withholds or any(
        _WITHHOLDS_MAIL.search(text) for text in registration.redactions
    )


def _preferred(boxes: list[Mailbox]) -> Mailbox | None:
    """Prefer the mailbox typed abuse, then the preferred one, then the first."""
    return min(
        boxes,
        key=lambda box: ("abuse" not in box.types, box.pref if box.pref is not None else 101),
        default=None,
    )


def _remarks(registration: Registration) -> list[str]:
    lines = (line for entity in registration.walk() for line in entity.remarks)
    return [*registration.remarks, *registration.descriptions, *lines]
