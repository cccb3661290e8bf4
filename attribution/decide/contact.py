"""Which mailbox a registration publishes for abuse, by precedence; and what may be tried besides."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attribution.decide.holder import runs_itself
from attribution.models import FallbackContact, Scope
from attribution.registry.mailbox import read_forms, read_mailboxes
from attribution.registry.registration import Entity, Mailbox, Registration
from attribution.registry.registries import placeholder_of

_ABUSE_REMARK = re.compile(r"abuse|spam|complaint|security|illegal|incident", re.IGNORECASE)
_WITHHOLDS_MAIL = re.compile(r"e-?mail|contact|abuse", re.IGNORECASE)
_MOST_FALLBACKS = 6
_REMARKS = "named in remarks"


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
    passed_over: tuple[str, ...] = ()
    """Candidates that lost, each with the reason."""

    @property
    def found(self) -> bool:
        """Whether there is something to write to."""
        return self.email is not None or self.form is not None


def published_contact(registration: Registration, fetched: dict[str, Entity] | None = None) -> Publication:
    """Apply the precedence: the network's own abuse role, the organisation's, RIPE's inherited abuse-c, a marked mailbox.

    APNIC's IRT and LACNIC's person with role abuse are abuse roles of the network itself.
    Registries' placeholders count only on networks that the registry runs.
    """
    fetched = fetched or {}
    lost: list[str] = []
    withheld = False
    for entity, scope, place in _candidates(registration, fetched):
        usable = []
        for box in entity.mailboxes:
            registry = placeholder_of(box.email)
            if registry and not runs_itself(registration):
                lost.append(f"{box.email} is a placeholder of {registry.id}, not the holder's")
            else:
                usable.append(box)
        best = _preferred(usable)
        if best or entity.forms:
            return Publication(
                best.email if best else None,
                next(iter(entity.forms), None),
                scope,
                "the organisation's abuse role" if scope == "organisation" else "the network's abuse role",
                place,
                passed_over=tuple(lost),
            )
        withheld = withheld or entity.redacted
    if registration.abuse_comment:
        registry = placeholder_of(registration.abuse_comment)
        if not registry or runs_itself(registration):
            return Publication(
                registration.abuse_comment,
                None,
                "network",
                "the registry's line on the abuse contact, which follows its inheritance",
                "% Abuse contact for",
                passed_over=tuple(lost),
            )
        lost.append(f"{registration.abuse_comment} is a placeholder of {registry.id}, not the holder's")
    marked = next((one for one in _marked_for_abuse(registration) if not placeholder_of(one[1].email)), None)
    if marked:
        entity, box = marked
        place = f"entities[{'/'.join(sorted(entity.roles)) or 'no role'}] {entity.handle or ''}".rstrip()
        rule = "a contact of the network that publishes a mailbox for abuse (RIPE's abuse-mailbox, jCard's type abuse)"
        return Publication(box.email, None, "network", rule, place, passed_over=tuple(lost))
    withheld = (
        withheld or registration.withholds or any(_WITHHOLDS_MAIL.search(text) for text in registration.redactions)
    )
    return Publication(redacted=withheld, passed_over=tuple(lost))


def entity_to_fetch(registration: Registration) -> str | None:
    """Return the handle of an abuse role that the answer names without its card, or None."""
    for entity, _, _ in _candidates(registration, {}):
        if entity.handle and not entity.mailboxes and not entity.forms and not entity.redacted and not entity.name:
            return entity.handle
    return None


def fallback_contacts(registration: Registration, besides: str | None) -> list[FallbackContact]:
    """List mailboxes that are published for something else: labelled, never taken for the abuse contact."""
    found: dict[str, str] = {}
    for entity in registration.walk():
        role = next((role for role in ("technical", "noc", "administrative") if role in entity.roles), None)
        if "abuse" in entity.roles or (entity.roles and role is None):
            continue
        for box in entity.mailboxes:
            found.setdefault(box.email, f"{role} role" if role else "contact without a role")
    for line in _remarks(registration):
        for email in read_mailboxes(line):
            known = found.get(email, "")
            found[email] = known if known.endswith(_REMARKS) else f"{known}, {_REMARKS}".removeprefix(", ")
    order = sorted(found, key=lambda email: not _ABUSE_REMARK.search(email.partition("@")[0]))
    return [
        FallbackContact(email=email, why=found[email])
        for email in order
        if email != besides and not placeholder_of(email)
    ][:_MOST_FALLBACKS]


def form_in_remarks(registration: Registration) -> str | None:
    """Return a web form that remarks give for abuse: a link that itself says so, in a line that says so."""
    for line in _remarks(registration):
        for link in read_forms(line):
            if re.search(r"abuse|report", link, re.IGNORECASE) and _ABUSE_REMARK.search(line):
                return link
    return None


def _marked_for_abuse(registration: Registration) -> list[tuple[Entity, Mailbox]]:
    """Return mailboxes that are marked as for abuse, of the network's own contacts of another role."""
    return [
        (entity, box)
        for entity in registration.entities
        if not {"abuse", "registrant", "registrar"} & entity.roles
        for box in entity.mailboxes
        if "abuse" in box.types
    ]


def _candidates(registration: Registration, fetched: dict[str, Entity]) -> list[tuple[Entity, Scope, str]]:
    """Return (entity, scope, place) in order of precedence; only trees under the registrant are opened (trap 11)."""
    found: list[tuple[Entity, Scope, str]] = [
        (entity, "network", f"entities[abuse] {entity.handle or ''}".rstrip())
        for entity in registration.entities
        if "abuse" in entity.roles
    ]
    for entity in registration.entities:
        if "registrant" in entity.roles:
            found += [
                (nested, "organisation", f"entities[registrant].entities[abuse] {nested.handle or ''}".rstrip())
                for child in entity.entities
                for nested in child.walk()
                if "abuse" in nested.roles
            ]
    return [
        (fetched.get((entity.handle or "").upper(), entity) if not entity.mailboxes else entity, scope, place)
        for entity, scope, place in found
    ]


def _preferred(boxes: list[Mailbox]) -> Mailbox | None:
    """Prefer the mailbox typed abuse, then the preferred one, then the first."""
    return min(
        boxes, key=lambda box: ("abuse" not in box.types, box.pref if box.pref is not None else 101), default=None
    )


def _remarks(registration: Registration) -> list[str]:
    return [
        *registration.remarks,
        *registration.descriptions,
        *(line for one in registration.walk() for line in one.remarks),
    ]
