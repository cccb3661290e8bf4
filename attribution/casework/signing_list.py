"""Signatures of two people over the list for publication.

A signature is Ed25519 (RFC 8032) over the list's canonical JSON, which holds the hash of each
dossier. A list may be signed on later days than its own, while its content is today's
(`attribution.casework.publishing`).
"""

from __future__ import annotations

import base64
import json
import re
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attribution.casework.people import person_of
from attribution.casework.providers import provider_named
from attribution.casework.signers import Signers, public_half
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.pattern.dossier.publication import SIGNED_DAYS, content_of
from attribution.pattern.dossier.published_text import publishable, remedy_for
from attribution.store import Reader, Writer
from attribution.store.queries.events import Event, EventFilter, events_in_order
from attribution.store.signatures import fits

SIGNERS_NEEDED = 2
COVERED = ("format", "as_of", "log", "entries")
"""What the signatures of a list cover. `log` is the head of the log as its day began: with the list
it leaves the machine, and shows whether the log was rewritten since."""
_STATEMENT = ("name", "reason", "at")
"""What a signer says beside the list, covered too."""
_SIGNATURE_FIELDS = frozenset([*_STATEMENT, "public_key", "signature"])
"""What of a signature is published: each is checked or signed, so that no text goes out unread."""
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def sign_list(
    signed: dict[str, Any], key: Ed25519PrivateKey, reason: str, known: Signers, at: datetime
) -> dict[str, Any]:
    """Return the list with another signature. `known` is who may sign.

    Raises Refused for a key that is nobody's, or signed already, and for a reason that is missing
    or may not be published: it goes out with the list.
    """
    reason = " ".join(reason.split())
    check_publishable("reason", reason, "say why (--reason); it stands beside the signature")
    public_key = public_half(key)
    if public_key not in known:
        remedy = "this key is nobody's who may sign; `attribution list signer` names one"
        raise Refused(Refusal.NOT_ALLOWED, "public key", public_key, remedy)
    objects_in(signed, "entries")
    signatures = objects_in(signed, "signatures")
    name = known[public_key]["name"]
    if any(signature.get("public_key") == public_key for signature in signatures):
        remedy = "this person has signed this list already"
        raise Refused(Refusal.CONFLICT, "signer", name, remedy)
    statement = {"name": name, "reason": reason, "at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    signature = base64.b64encode(key.sign(_covered(signed, statement))).decode("ascii")
    added = {**statement, "public_key": public_key, "signature": signature}
    return {**signed, "signatures": [*signatures, added]}


def check_signatures(signed: dict[str, Any], known: Signers) -> list[str]:
    """Return what is wrong with a list's signatures; nothing where two different people signed
    exactly it. `known` is who may sign.
    """
    faults, people = [], set()
    for signature in objects_in(signed, "signatures"):
        signer = known.get(str(signature.get("public_key")))
        fault = _signature_fault(signed, signature, signer)
        if fault:
            faults.append(fault)
        elif signer:
            people.add(person_of(signer["mailbox"]))
    if len(people) < SIGNERS_NEEDED:
        faults.append(f"{len(people)} of {SIGNERS_NEEDED} different people have signed")
    return faults


def note_signature(writer: Writer, provider: str, signed: dict[str, Any]) -> None:
    """Note the last signature of a list about one provider, for the next who signs."""
    provider_id, _ = provider_named(writer.connection, provider)
    detail = {
        "covers": list_hash(signed),
        "list": {name: signed[name] for name in COVERED},
        "signature": signed["signatures"][-1],
    }
    writer.add_event("list_signed", writer.now, provider_id=provider_id, detail=detail)


def noted_signatures(
    reader: Reader, provider: str, unsigned: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the signatures that were noted of exactly this list about a provider."""
    covers = list_hash(unsigned)
    details = [event.detail for event in _signings(reader, provider)]
    return [detail["signature"] for detail in details if detail["covers"] == covers]


def begun_list(
    reader: Reader, provider: str, todays: dict[str, Any], today: date
) -> dict[str, Any]:
    """Return the list about one provider that somebody signed on an earlier day, where its content
    is that of today's list; else today's list.
    """
    contents = [content_of(listed) for listed in todays["entries"]]
    earliest = (today - timedelta(days=SIGNED_DAYS)).isoformat()
    for event in reversed(_signings(reader, provider)):
        begun = event.detail.get("list")
        if begun is None or "log" not in begun or not earliest <= begun["as_of"] <= todays["as_of"]:
            continue
        if [content_of(listed) for listed in begun["entries"]] == contents:
            return dict(begun)
    return todays


def list_hash(unsigned: dict[str, Any]) -> str:
    """Return the SHA-256 of what a list's signatures cover, but for who signs."""
    return sha256(_covered(unsigned, {})).hexdigest()


def objects_in(signed: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list's field; none where it is missing. Raises Refused for others."""
    rows = signed.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        remedy = "it holds JSON objects; take the list as `attribution list build` wrote it"
        raise Refused(Refusal.INVALID, name, str(rows)[:60], remedy)
    return list(rows)


def check_publishable(field: str, text: str, remedy: str) -> None:
    """Raise Refused for a text that is missing, or that may not go out."""
    if not text:
        raise Refused(Refusal.MISSING, field, text, remedy)
    if publishable(text) is None:
        remedy = f"it goes out with the list: {remedy_for(text)}"
        raise Refused(Refusal.HELD_BACK, field, text[:200], remedy)


def _signature_fault(
    signed: dict[str, Any], signature: dict[str, Any], signer: dict[str, str] | None
) -> str | None:
    """Return what is wrong with a signature; None where its signer made it over this list."""
    if set(signature) != _SIGNATURE_FIELDS or not _AT.fullmatch(str(signature["at"])):
        return "a signature has other fields than are signed, or no time"
    if signer is None:
        return (
            f"{signature['name']!r} signed with a key that is nobody's who may sign, or that "
            "waits for a confirmation"
        )
    if publishable(str(signature["reason"])) is None or signature["name"] != signer["name"]:
        return f"name or reason of {signer['name']} may not be published as they are"
    statement = {name: signature[name] for name in _STATEMENT}
    if not fits(signer["public_key"], signature["signature"], _covered(signed, statement)):
        return f"the signature of {signer['name']} is of something else"
    return None


def _signings(reader: Reader, provider: str) -> list[Event]:
    provider_id, _ = provider_named(reader, provider)
    signed = EventFilter(kinds=["list_signed"], provider_ids=[provider_id])
    return events_in_order(reader, signed)


def _covered(signed: dict[str, Any], statement: dict[str, Any]) -> bytes:
    """Return the bytes that a signature covers: the list itself, who signs, why and when."""
    plain = {name: signed.get(name) for name in COVERED}
    return json.dumps(
        [plain, statement], ensure_ascii=True, sort_keys=True, separators=(",", ":")
    ).encode("ascii")
