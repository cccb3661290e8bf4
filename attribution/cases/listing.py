"""The list for publication: built, signed by two people, published, withdrawn; each step in the log. Nothing is published by a program.

A signature is Ed25519 (RFC 8032) over the list's canonical JSON, which holds the hash of each dossier. Signers are people who were named before, each
with a mailbox and a key of their own: two signatures of one person, one key or one mailbox are one.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
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
from attribution.cases.people import person_of
from attribution.cases.providers import links, one_history, provider_named
from attribution.errors import OutputExistsError, StoreError
from attribution.pattern.assess import Assessment, assess
from attribution.pattern.dossier import dossier_of
from attribution.pattern.history import History
from attribution.pattern.publication import entry, refusals
from attribution.pattern.render import dossier_hash
from attribution.store.log import Writer
from attribution.store.tables import events, marks, providers
from attribution.store.times import moment
from attribution.whole_file import whole_file

SIGNERS_NEEDED = 2


def new_key(path: Path) -> str:
    """Make a signer's private key, readable for its owner only; return the public one.

    Raises StoreError where a file is there: a key is never replaced. OutputError where it cannot be
    written.
    """
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with whole_file(path, "wb", what="key") as out:
            out.write(raw)
    except OutputExistsError:
        raise StoreError(
            f"key {str(path)!r} cannot be made: a file of that name is there. Name another."
        ) from None
    return public_half(key)


def name_signer(
    writer: Writer, name: str, mailbox: str, public_key: str, *, replaces: bool = False
) -> None:
    """Note that a person may sign; `replaces` where it is a new key of the same person, after which the old one signs nothing more.

    Raises StoreError where the name, mailbox or key is another signer's: mailboxes that differ in spelling or in a `+tag` are one.
    """
    name, mailbox = " ".join(name.split()), person_of(mailbox)
    if not name:
        raise StoreError("a signer has a name and a mailbox.")
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except ValueError:
        raise StoreError(
            f"public key {public_key!r} is none: `attribution list key` makes one."
        ) from None
    for one in signers(writer.connection).values():
        if replaces and one["name"].casefold() == name.casefold() and one["mailbox"] == mailbox:
            continue
        if (
            one["name"].casefold() == name.casefold()
            or one["mailbox"] == mailbox
            or one["public_key"] == public_key
        ):
            raise StoreError(
                f"{one['name']} signs with that name, mailbox or key already: two signers "
                "are two people."
            )
    writer.add_event(
        "signer_named",
        writer.now,
        detail={"name": name, "mailbox": mailbox, "public_key": public_key},
    )


def signers(connection: Connection) -> dict[str, dict[str, str]]:
    """Return who may sign, by public key; of one person the newest key."""
    rows = connection.execute(
        select(events.c.detail).where(events.c.kind == "signer_named").order_by(events.c.seq)
    ).scalars()
    newest = {one["mailbox"]: one for one in map(json.loads, rows)}
    return {one["public_key"]: one for one in newest.values()}


def note_letter(writer: Writer, provider: str, sent_on: date, sha256: str, to: str) -> None:
    """Note that the letter with its dossier was sent to a provider."""
    identity, _ = provider_named(writer.connection, provider)
    at = int(datetime(sent_on.year, sent_on.month, sent_on.day, tzinfo=UTC).timestamp()) * 1_000_000
    writer.add_event(
        "letter",
        at,
        max(at, writer.now),
        provider_id=identity,
        detail={"to": to, "dossier_sha256": sha256},
    )


def build(connection: Connection, today: date) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the list as of today, and of every other candidate why it is not on it."""
    at = datetime(today.year, today.month, today.day, tzinfo=UTC)
    history = history_of(connection, at)
    return build_from(connection, history, assess(history, at), today)


def build_from(
    connection: Connection,
    history: History,
    assessed: list[Assessment],
    today: date,
    only: str | None = None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the same from what was assessed as of today's beginning; of one provider alone, where `only` names it."""
    entries, refused = [], {}
    for one in assessed:
        wanted = only in one.names if only else one.now == "systematic"
        if not wanted:
            continue
        found, why = _entry(connection, history, one, today)
        if why:
            refused[one.names[0]] = why
        else:
            entries.append(found)
    entries.sort(key=lambda found: found["company"])
    return {"format": 1, "as_of": today.isoformat(), "entries": entries}, refused


def read_key(raw: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read a signer's private key (PEM). Raises StoreError."""
    try:
        key = load_pem_private_key(raw, passphrase)
    except (ValueError, TypeError) as error:
        raise StoreError(f"the signing key cannot be read: {type(error).__name__}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise StoreError("this is no Ed25519 key: `attribution list key` makes one.")
    return key


def sign(
    signed: dict[str, Any],
    key: Ed25519PrivateKey,
    reason: str,
    known: dict[str, dict[str, str]],
    at: datetime,
) -> dict[str, Any]:
    """Return the list with one more signature. Raises StoreError for a key that is nobody's, or signed already, or without a reason."""
    if not reason.strip():
        raise StoreError("say why (--reason); it stands beside the signature.")
    public = public_half(key)
    if public not in known:
        raise StoreError("this key is nobody's who may sign: `attribution list signer` names one.")
    held = list(signed.get("signatures", []))
    if any(one["public_key"] == public for one in held):
        raise StoreError(f"{known[public]['name']} has signed this list already.")
    statement = {
        "name": known[public]["name"],
        "reason": reason.strip(),
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    signature = base64.b64encode(key.sign(_covered(signed, statement))).decode("ascii")
    return {
        **signed,
        "signatures": [*held, {**statement, "public_key": public, "signature": signature}],
    }


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
        people.add(person_of(person["mailbox"]))
    if len(people) < SIGNERS_NEEDED:
        faults.append(f"{len(people)} of {SIGNERS_NEEDED} different people have signed")
    return faults


def publish(
    writer: Writer, signed: dict[str, Any], today: date, recipients: list[str]
) -> dict[str, Any]:
    """Return the list as it may go out, and note who gets it. Raises StoreError where anything does not hold today."""
    connection = writer.connection
    faults = check_signatures(signed, signers(connection))
    now, _ = build(connection, today)
    fresh = {one["dossier_sha256"]: one for one in now["entries"]}
    for one in signed.get("entries", []):
        if fresh.get(one.get("dossier_sha256")) != one:
            faults.append(f"{one.get('company')}: what was signed is not what is found today")
    if signed.get("as_of") != today.isoformat():
        faults.append(f"the list is of {signed.get('as_of')}, not of today: build and sign it anew")
    if not signed.get("entries"):
        faults.append("the list is empty")
    if not recipients:
        faults.append("say who gets it with --to: they are told when an entry is withdrawn")
    if faults:
        raise StoreError("the list is not published: " + "; ".join(faults))
    detail = {"as_of": signed["as_of"], "to": recipients, "entries": [one["dossier_sha256"] for one in signed["entries"]], "companies": [one["company"] for one in signed["entries"]]}  # fmt: skip
    given = {name: signed[name] for name in ("format", "as_of", "entries", "signatures")}
    writer.add_event("list_published", writer.now, detail={**detail, "list": given})
    return given


def note_signature(writer: Writer, provider: str, signed: dict[str, Any]) -> None:
    """Note the last signature of a list about one provider, for the next who signs."""
    identity, _ = provider_named(writer.connection, provider)
    detail = {"covers": list_hash(signed), "signature": signed["signatures"][-1]}
    writer.add_event("list_signed", writer.now, provider_id=identity, detail=detail)


def noted_signatures(
    connection: Connection, provider: str, made: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the signatures that were noted of exactly this list about a provider."""
    identity, _ = provider_named(connection, provider)
    rows = connection.execute(
        select(events.c.detail)
        .where(events.c.kind == "list_signed", events.c.provider_id == identity)
        .order_by(events.c.seq)
    ).scalars()
    covers = list_hash(made)
    return [one["signature"] for one in map(json.loads, rows) if one["covers"] == covers]


def list_hash(made: dict[str, Any]) -> str:
    """Return the SHA-256 of what a list's signatures cover, but for who signs."""
    return sha256(_covered(made, {})).hexdigest()


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


def _entry(
    connection: Connection, history: History, one: Assessment, today: date
) -> tuple[dict[str, Any], list[str]]:
    identity, _ = provider_named(connection, one.names[0])
    group = one_history(links(connection), identity)
    row = connection.execute(
        select(providers.c.name, providers.c.country).where(providers.c.id == identity)
    ).one()
    values = dossier_of(one, history, row.country)
    systems = (
        connection.execute(
            select(marks.c.value).where(marks.c.kind == "asn", marks.c.provider_id.in_(group))
        )
        .scalars()
        .all()
    )
    letters = [
        moment(at).date()
        for at in connection.execute(
            select(events.c.at)
            .where(events.c.kind == "letter", events.c.provider_id.in_(group))
            .order_by(events.c.at)
        ).scalars()
    ]
    why = refusals(
        values,
        letter_on=letters[0] if letters else None,
        today=today,
        letters_in_a_year=sum(on > today - timedelta(days=365) for on in letters),
    )
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
    return json.dumps(
        [plain, statement], ensure_ascii=True, sort_keys=True, separators=(",", ":")
    ).encode("ascii")


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key, in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(
        "ascii"
    )
