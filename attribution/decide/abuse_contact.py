"""Which mailbox or form a registration publishes for abuse:
one ordered list of rules, the first that gives one wins.

To add a rule, write a function and put it into `RULES` in its place, with a test in
`tests/unit/test_abuse_contact.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from attribution.decide.holder import EntityKey
from attribution.models import FallbackContact, Scope
from attribution.registry.mailbox import read_forms, read_mailboxes, same_mailbox
from attribution.registry.registration import Entity, Mailbox, Network, Registration
from attribution.registry.registries import placeholder_of
from attribution.registry.stubs import runs_itself

_ABUSE_WORD = re.compile(r"abuse|spam|complaint|security|illegal|incident", re.IGNORECASE)
_FORM_WORD = re.compile(r"abuse|report", re.IGNORECASE)
_WITHHOLDS_MAIL = re.compile(r"e-?mail|contact|abuse", re.IGNORECASE)
_MOST_FALLBACKS = 6
_FALLBACK_ROLES = ("technical", "noc", "administrative")
_IN_REMARKS = "named in remarks"
_LOWEST_PREFERENCE = 101
"""After 100, the last preference that a jCard can state (RFC 6350, section 5.3)."""

Entities = Mapping[EntityKey, Entity]
"""Entities whose own answers were asked for."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What one registration publishes for abuse."""

    email: str | None = None
    form: str | None = None
    scope: Scope | None = None
    rule: str = ""
    """The name of the rule that gave it."""
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

    scope: Scope | None
    place: str
    boxes: tuple[Mailbox, ...] = ()
    forms: tuple[str, ...] = ()
    entity: Entity | None = None
    """The contact that publishes it; None for a line of the registry or of the remarks."""


@dataclass(frozen=True, slots=True)
class ContactRule:
    """One way in which registries publish where a holder takes abuse notices."""

    name: str
    """What the explanation of an answer calls it."""
    line: str
    candidates: Callable[[Registration, Entities], Iterator[Candidate]]
    only_own_space: bool = False
    """Only of space from the registry itself, whose contacts the registry checked."""


def _network_role(registration: Registration, entities: Entities) -> Iterator[Candidate]:
    for entity in registration.entities:
        if "abuse" in entity.roles:
            place = f"entities[abuse] {entity.handle or ''}"
            yield _of_entity(registration, entity, entities, "network", place)


def _organisation_role(registration: Registration, entities: Entities) -> Iterator[Candidate]:
    for registrant in registration.entities:
        if "registrant" not in roles_of(registrant):
            continue
        for child in registrant.entities:
            for nested in child.walk():
                if "abuse" in nested.roles:
                    place = f"entities[registrant].entities[abuse] {nested.handle or ''}"
                    yield _of_entity(registration, nested, entities, "organisation", place)


def _registry_line(registration: Registration, _: Entities) -> Iterator[Candidate]:
    if registration.abuse_comment:
        box = Mailbox(registration.abuse_comment)
        yield Candidate("network", "% Abuse contact for", (box,))


def _typed_mailbox(registration: Registration, _: Entities) -> Iterator[Candidate]:
    for entity in registration.entities:
        if {"abuse", "registrant", "registrar"} & entity.roles:
            continue
        boxes = tuple(box for box in entity.mailboxes if "abuse" in box.types)
        if boxes:
            roles = "/".join(sorted(entity.roles)) or "no role"
            place = f"entities[{roles}] {entity.handle or ''}"
            yield Candidate("network", place, boxes, entity=entity)


def _form_in_remarks(registration: Registration, _: Entities) -> Iterator[Candidate]:
    for line in _remarks(registration):
        for link in read_forms(line):
            if _FORM_WORD.search(link) and _ABUSE_WORD.search(line):
                yield Candidate(None, "remarks", forms=(link,))


RULES: tuple[ContactRule, ...] = (
    ContactRule(
        "the network's abuse role",
        "APNIC's IRT and LACNIC's `technical, abuse` person are such roles.",
        _network_role,
    ),
    ContactRule(
        "the organisation's abuse role",
        "Nested in the registrant; of no other entity (a registrar's is not the holder's).",
        _organisation_role,
    ),
    ContactRule(
        "the registry's line on the abuse contact, which follows its inheritance",
        "RIPE's `% Abuse contact for`, which follows the inheritance of abuse-c.",
        _registry_line,
    ),
    ContactRule(
        "a contact of the network that publishes a mailbox for abuse",
        "RIPE's abuse-mailbox, or a jCard's type `abuse`, of a contact in another role.",
        _typed_mailbox,
        only_own_space=True,
    ),
    ContactRule(
        "a web form named in remarks",
        "A link whose URL names abuse or reports, in a line that names abuse.",
        _form_in_remarks,
        only_own_space=True,
    ),
)
"""The rules for what a registration publishes itself, first to last.
Then come the holder's other networks, and its AS: see `address_contact`.
"""
_RULES_OF_ANY_SPACE = tuple(rule for rule in RULES if not rule.only_own_space)


def published_contact(
    registration: Registration,
    entities: Entities,
    rules: Sequence[ContactRule] = _RULES_OF_ANY_SPACE,
) -> Publication:
    """Apply rules in their order. Registries' placeholders
    count only on networks that the registry runs.
    """
    own = isinstance(registration, Network) and runs_itself(registration)
    passed_over: list[str] = []
    withheld, unusable = _withholds(registration), None
    for rule in rules:
        for candidate in rule.candidates(registration, entities):
            usable = []
            for box in candidate.boxes:
                owner = None if own else placeholder_of(box.email)
                if owner:
                    passed_over.append(
                        f"{box.email} is a placeholder of {owner.id}, not the holder's"
                    )
                else:
                    usable.append(box)
            best = _preferred(usable)
            if best or candidate.forms:
                return Publication(
                    email=best.email if best else None,
                    form=next(iter(candidate.forms), None),
                    scope=candidate.scope,
                    rule=rule.name,
                    place=candidate.place.rstrip(),
                    passed_over=tuple(passed_over),
                )
            if candidate.entity:
                withheld = withheld or candidate.entity.redacted
                unusable = unusable or next(iter(candidate.entity.unusable), None)
    return Publication(redacted=withheld, unusable=unusable, passed_over=tuple(passed_over))


def entity_to_fetch(registration: Registration, entities: Entities) -> str | None:
    """Return the handle of an abuse role that the answer names without its card, or None."""
    for rule in _RULES_OF_ANY_SPACE:
        for candidate in rule.candidates(registration, entities):
            entity = candidate.entity
            if entity and entity.handle and _is_empty(entity):
                return entity.handle
    return None


def _is_empty(entity: Entity) -> bool:
    contact = entity.mailboxes or entity.forms or entity.unusable
    return not (contact or entity.redacted or entity.name)


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
            why = why_of.get(email, "")
            if not why.endswith(_IN_REMARKS):
                why_of[email] = f"{why}, {_IN_REMARKS}" if why else _IN_REMARKS
    ordered = sorted(why_of, key=lambda email: not _ABUSE_WORD.search(email.partition("@")[0]))
    return [
        FallbackContact(email=email, why=why_of[email])
        for email in ordered
        if not same_mailbox(email, besides) and not placeholder_of(email)
    ][:_MOST_FALLBACKS]


def roles_of(entity: Entity) -> frozenset[str]:
    """Return an entity's roles; AFRINIC leaves those
    of organisations out, which show by their handle.
    """
    if entity.roles or not (entity.handle or "").upper().startswith("ORG-"):
        return entity.roles
    return frozenset(["registrant"])


def without_contact(publication: Publication, reason: str) -> Publication:
    """Return a publication whose contact is refused, and why."""
    refused = publication.email or publication.form or "its contact"
    passed_over = (*publication.passed_over, f"{refused}: {reason}")
    return replace(publication, email=None, form=None, scope=None, passed_over=passed_over)


def _of_entity(
    registration: Registration, entity: Entity, entities: Entities, scope: Scope, place: str
) -> Candidate:
    fetched = entities.get((registration.registry, (entity.handle or "").upper()))
    source = fetched if fetched and not entity.mailboxes else entity
    return Candidate(scope, place, source.mailboxes, source.forms, source)


def _other_abuse_roles(
    registration: Registration, besides: str | None, entities: Entities
) -> dict[str, str]:
    """Return the mailboxes of the abuse roles that lost, each with whose it is."""
    why_of: dict[str, str] = {}
    for role in (_network_role, _organisation_role) if besides else ():
        for candidate in role(registration, entities):
            if all(box.email != besides for box in candidate.boxes):
                for box in candidate.boxes:
                    why_of.setdefault(box.email, f"the {candidate.scope}'s abuse role")
    return why_of


def _withholds(registration: Registration) -> bool:
    return registration.withholds or any(
        _WITHHOLDS_MAIL.search(text) for text in registration.redactions
    )


def _preferred(boxes: list[Mailbox]) -> Mailbox | None:
    """Prefer the mailbox typed abuse, then the preferred one, then the first."""

    def rank(box: Mailbox) -> tuple[bool, int]:
        return "abuse" not in box.types, _LOWEST_PREFERENCE if box.pref is None else box.pref

    return min(boxes, key=rank, default=None)


def _remarks(registration: Registration) -> list[str]:
    lines = (line for entity in registration.walk() for line in entity.remarks)
    return [*registration.remarks, *registration.descriptions, *lines]
