"""The public list with one company on it, from today's assessments, and signing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attribution.casework.building_list import build_list_from
from attribution.casework.fields import required
from attribution.casework.providers import provider_named
from attribution.casework.publishing import NoteLetter, note_letter
from attribution.casework.signers import check_may_sign, public_half, signers
from attribution.casework.signing_list import (
    begun_list,
    list_hash,
    note_signature,
    noted_signatures,
    sign_list,
)
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.pattern.dossier.render import dossier_hash
from attribution.store import Reader, Store, Writer
from attribution.store.queries.events import EventFilter, events_by_time
from attribution.store.times import moment
from attribution.web.patterns import Patterns


@dataclass(frozen=True, slots=True)
class CompanyList:
    """The list with one company on it, as it would be public."""

    key: str
    """The company's."""
    name: str
    """As the list names it; its key where it may not be on the list."""
    list: dict[str, Any]
    """The list itself, with the signatures on it."""
    covers: str
    """The hash of what is signed."""
    day: date
    refused: tuple[str, ...]
    """What stands in the way today; empty where nothing does."""


def company_list(patterns: Patterns, reader: Reader, provider: str) -> CompanyList:
    """Return the list of one company with the signatures on it.

    It is that of an earlier day where somebody signed that one, and its content is still the same.
    """
    assessments, assessment = patterns.of_provider(provider)
    key, day = assessment.names[0], assessments.day
    content, refused = build_list_from(
        reader, assessments.history, assessments.assessed, day, only=key
    )
    name, signatures = key, []
    if content["entries"]:
        content = begun_list(reader, key, content, day)
        name = content["entries"][0]["company"]
        signatures = noted_signatures(reader, key, content)
    return CompanyList(
        key=key,
        name=name,
        list={**content, "signatures": signatures},
        covers=list_hash(content),
        day=date.fromisoformat(content["as_of"]),
        refused=tuple(refused.get(key, [])),
    )


def letter_sent_at(reader: Reader, provider: str) -> datetime | None:
    """Return when the first letter with a dossier was sent to a company; None before that."""
    provider_id, _ = provider_named(reader, provider)
    letters = events_by_time(reader, EventFilter(kinds=["letter"], provider_ids=[provider_id]))
    return moment(letters[0].at) if letters else None


def note_dossier_letter(patterns: Patterns, store: Store, who: str, provider: str, to: str) -> None:
    """Note that the letter with today's dossier was sent to a company. Raises Refused.

    `to` says to whom, and by which way.
    """
    recipient = required(to, "to", "say to whom it went, and how")[:500]
    assessments, assessment = patterns.of_provider(provider)
    command = NoteLetter(
        provider=assessment.names[0],
        sent_on=assessments.day,
        dossier_sha256=dossier_hash(assessments.dossier(assessment)),
        to=recipient,
    )
    with store.write(who) as writer:
        note_letter(writer, command)


def sign_company_list(
    company: CompanyList, writer: Writer, key: Ed25519PrivateKey, covers: str, reason: str
) -> None:
    """Sign the list of one company, and note the signature. Raises Refused.

    `covers` is the hash of what the signer read.
    """
    check_may_sign(writer.connection, public_half(key))
    remedy = ""
    if company.refused:
        remedy = "this cannot be signed: " + "; ".join(company.refused)
    elif covers != company.covers:
        remedy = "what would be public has changed since you read it; read it again"
    if remedy:
        raise Refused(Refusal.CONFLICT, "list", company.key, remedy)
    may_sign, at = signers(writer.connection), moment(writer.now)
    note_signature(writer, company.key, sign_list(company.list, key, reason, may_sign, at))
