"""The list for publication: built, signed by two people, published, withdrawn; each step in the log. Nothing is published by a program.

A signature is Ed25519 (RFC 8032) over the list's canonical JSON, which holds the hash of each dossier. Signers are people who were named before, each
with a mailbox and a key of their own: two signatures of one person, one key or one mailbox are one.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection, select

from attribution.cases.history import history_of
from attribution.cases.log import Writer
from attribution.cases.providers import links, one_history, provider_named
from attribution.cases.tables import events, marks, providers
from attribution.cases.times import moment
from attribution.errors import StoreError
from attribution.pattern.assess import assess
from attribution.pattern.dossier import dossier
from attribution.pattern.publication import entry, refusals
from attribution.pattern.render import dossier_hash

SIGNERS_NEEDED = 2


def new_key(path: Path) -> str:
    """Make a signer's private key, readable for its owner only; return the public one. Raises StoreError where a file is there."""
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_bytes(raw)
    except OSError as error:
        raise StoreError(f"key {str(path)!r} cannot be made: {error.strerror}.") from None
    return _public(key)


def name_signer(writer: Writer, name: str, mailbox: str, public_key: str) -> None:
    """Note that a person may sign. Raises StoreError where the name, mailbox or key is another signer's."""
    name, mailbox = " ".join(name.split()), mailbox.strip().lower()
    if not name or "@" not in mailbox:
        raise StoreError("a signer has a name and a mailbox.")
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except ValueError:
        raise StoreError(f"public key {public_key!r} is none: `attribution list key` makes one.") from None
    for one in signers(writer.connection).values():
        if one["name"].casefold() == name.casefold() or one["mailbox"] == mailbox or one["public_key"] == public_key:
            raise StoreError(f"{one['name']} signs with that name, mailbox or key already: two signers are two people.")
    writer.add_event("signer_named", writer.now, detail={"name": name, "mailbox": mailbox, "public_key": public_key})


def signers(connection: Connection) -> dict[str, dict[str, str]]:
    """Return who may sign, by public key."""
    rows = connection.execute(
        select(events.c.detail).where(events.c.kind == "signer_named").order_by(events.c.seq)
    ).scalars()
    return {one["public_key"]: one for one in map(json.loads, rows)}


def note_letter(writer: Writer, provider: str, sent_on: date, sha256: str, to: str) -> None:
    """Note that the letter with its dossier was sent to a provider."""
    identity, _ = provider_named(writer.connection, provider)
    at = int(datetime(sent_on.year, sent_on.month, sent_on.day, tzinfo=UTC).timestamp()) * 1_000_000
    writer.add_event(
        "letter", at, max(at, writer.now), provider_id=identity, detail={"to": to, "dossier_sha256": sha256}
    )


def build(connection: Connection, today: date) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the list as of today, and of every other candidate why it is not on it."""
    at = datetime(today.year, today.month, today.day, tzinfo=UTC)
    history = history_of(connection, at)
    entries, refused = [], {}
    for one in assess(history, at):
        if one.now != "systematic":
            continue
        found, why = _entry(connection, history, one.names[0], today)
        if why:
            refused[one.names[0]] = why
        else:
            entries.append(found)
    entries.sort(key=lambda found: found["company"])
    return {"format": 1, "as_of": today.isoformat(), "entries": entries}, refused


def sign(
    signed: dict[str, Any], key_file: Path, reason: str, known: dict[str, dict[str, str]], at: datetime
) -> dict[str, Any]:
    """Return the list with one more signature. Raises StoreError for a key that is nobody's, or signed already, or without a reason."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"key {str(key_file)!r} cannot be read: {type(error).__name__}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError(f"key {str(key_file)!r} is no Ed25519 key: `attribution list key` makes one.")
    if not reason.strip():
        raise StoreError("say why with --reason; it stands beside the signature.")
    public = _public(key)
    if public not in known:
        raise StoreError("this key is nobody's who may sign: `attribution list signer` names one.")
    held = list(signed.get("signatures", []))
    if any(one["public_key"] == public for one in held):
        raise StoreError(f"{known[public]['name']} has signed this list already.")
    statement = {"name": known[public]["name"], "reason": reason.strip(), "at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    signature = base64.b64encode(key.sign(_covered(signed, statement))).decode("ascii")
    return {**signed, "signatures": [*held, {**statement, "public_key": public, "signature": signature}]}


def check_signatures(signed: dict[str, Any], known: dict[str, dict[str, str]]) -> list[str]:
    """Say what is wrong with a list's signatures; nothing where two different people signed exactly it."""
    faults, people = [], set()
    for one in signed.get("signatures", []):
        person = known.get(str(one.get("public_key")))
        if person is None:
            faults.append(f"{one.get('name')!r} signed with a key that is nobody's who may sign")
            continue
        statement = {name: one.get(name) for name in ("name", "reason", "at")}
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(person["public_key"]))
            public.verify(base64.b64decode(str(one.get("signature"))), _covered(signed, statement))
        except (InvalidSignature, ValueError):
            faults.append(f"the signature of {person['name']} is of something else")
            continue
        people.add((person["name"].casefold(), person["mailbox"]))
    if len(people) < SIGNERS_NEEDED:
        faults.append(f"{len(people)} of {SIGNERS_NEEDED} different people have signed")
    return faults


def publish(writer: Writer, signed: dict[str, Any], today: date, recipients: list[str]) -> dict[str, Any]:
    """Return the list as it may go out, and note who gets it. Raises StoreError where anything does not hold today."""
    connection = writer.connection
    faults = check_signatures(signed, signers(connection))
    now, refused = build(connection, today)
    fresh = {one["dossier_sha256"]: one for one in now["entries"]}
    for one in signed.get("entries", []):
        if fresh.get(one.get("dossier_sha256")) != one:
            faults.append(f"{one.get('company')}: what was signed is not what is found today")
    if signed.get("as_of") != today.isoformat():
        faults.append(f"the list is of {signed.get('as_of')}, not of today: build and sign it anew")
    faults += [
        f"{name}: {'; '.join(why)}"
        for name, why in refused.items()
        if any(name in str(one) for one in signed.get("entries", []))
    ]
    if not signed.get("entries"):
        faults.append("the list is empty")
    if not recipients:
        faults.append("say who gets it with --to: they are told when an entry is withdrawn")
    if faults:
        raise StoreError("the list is not published: " + "; ".join(faults))
    detail = {"as_of": signed["as_of"], "to": recipients, "entries": [one["dossier_sha256"] for one in signed["entries"]], "companies": [one["company"] for one in signed["entries"]]}  # fmt: skip
    writer.add_event("list_published", writer.now, detail=detail)
    return {name: signed[name] for name in ("format", "as_of", "entries", "signatures")}


def withdraw(writer: Writer, company: str, why: str) -> dict[str, Any]:
    """Note that an entry is withdrawn; return what to tell, and whom: everybody who was given a list with it. Raises StoreError."""
    rows = writer.connection.execute(
        select(events.c.detail).where(events.c.kind == "list_published").order_by(events.c.seq)
    ).scalars()
    lists = [one for one in map(json.loads, rows) if company in one["companies"]]
    if not lists:
        raise StoreError(f"no list with {company!r} was published.")
    if not why.strip():
        raise StoreError("say why with --why; it is told to everybody who has the list.")
    told = sorted({one for published in lists for one in published["to"]})
    notice = {"format": 1, "withdrawn": company, "why": why.strip(), "at": f"{moment(writer.now):%Y-%m-%dT%H:%M:%SZ}", "lists": sorted({one["as_of"] for one in lists})}  # fmt: skip
    writer.add_event("list_withdrawn", writer.now, detail={**notice, "to": told})
    return {**notice, "tell": told}


def _entry(connection: Connection, history: Any, key: str, today: date) -> tuple[dict[str, Any], list[str]]:
    at = datetime(today.year, today.month, today.day, tzinfo=UTC)
    identity, _ = provider_named(connection, key)
    group = one_history(links(connection), identity)
    row = connection.execute(select(providers.c.name, providers.c.country).where(providers.c.id == identity)).one()
    values = dossier(history, key, at, row.country)
    systems = (
        connection.execute(select(marks.c.value).where(marks.c.kind == "asn", marks.c.provider_id.in_(group)))
        .scalars()
        .all()
    )
    letter = connection.execute(
        select(events.c.at).where(events.c.kind == "letter", events.c.provider_id.in_(group)).order_by(events.c.at)
    ).scalar()
    why = refusals(values, letter_on=None if letter is None else moment(letter).date(), today=today)
    if why:
        return {}, why
    reply = _reply(connection, group)
    return entry(
        values,
        name=row.name,
        country=row.country,
        systems=list(systems),
        dossier_sha256=dossier_hash(values),
        reply=reply,
    ), []


def _reply(connection: Connection, group: frozenset[int]) -> str | None:
    """Return what the provider last stated."""
    row = connection.execute(
        select(events.c.detail)
        .where(events.c.kind == "reply", events.c.provider_id.in_(group))
        .order_by(events.c.at.desc(), events.c.seq.desc())
    ).scalar()
    return None if row is None else str(json.loads(row).get("note", "a reply is on record"))


def _covered(signed: dict[str, Any], statement: dict[str, Any]) -> bytes:
    """Return the bytes that a signature covers: the list itself, who signs, why and when."""
    plain = {name: signed.get(name) for name in ("format", "as_of", "entries")}
    return json.dumps([plain, statement], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode("ascii")


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode("ascii")
