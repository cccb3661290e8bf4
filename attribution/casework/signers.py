"""Signers of the published list: people with a mailbox and an Ed25519 key of their own.

Two names, mailboxes or keys of one person are one signer. A key signs nothing while somebody else
could have opened its owner's account (`attribution.casework.confirming_accounts`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from attribution.casework.openings import openings
from attribution.casework.people import person_of
from attribution.codes import Refusal
from attribution.errors import OutputExistsError, Refused
from attribution.files.whole_file import whole_file
from attribution.pattern.dossier.published_text import publishable, remedy_for
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.signatures import read_public_key

Signers = dict[str, dict[str, str]]
"""`name`, `mailbox` and `public_key` of people, by public key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSigner:
    """Note that a person may sign."""

    name: str
    mailbox: str
    public_key: str
    """Ed25519, 32 bytes in base64."""
    replaces: bool = False
    """It is a new key of the same person, after which the old one signs nothing more."""


def new_key(path: Path) -> str:
    """Make a private key (PEM), readable for its owner only; return the public one.

    Raises Refused where a file is there: a key is never replaced. OutputError where it cannot be
    written.
    """
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with whole_file(path, "wb", what="key") as out:
            out.write(raw)
    except OutputExistsError:
        remedy = "it cannot be made, since a file of that name is there. Name another"
        raise Refused(Refusal.CONFLICT, "key", str(path), remedy) from None
    return public_half(key)


def read_key(raw: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read a private key (PEM). Raises Refused."""
    try:
        key = load_pem_private_key(raw, passphrase)
    except (ValueError, TypeError) as error:
        fault, remedy = type(error).__name__, "it cannot be read as PEM"
        raise Refused(Refusal.INVALID, "signing key", fault, remedy) from None
    if not isinstance(key, Ed25519PrivateKey):
        remedy = "this is no Ed25519 key; `attribution list key` makes one"
        raise Refused(Refusal.INVALID, "signing key", type(key).__name__, remedy)
    return key


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key, in base64."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode("ascii")


def name_signer(writer: Writer, command: NameSigner) -> None:
    """Note that a person may sign.

    Raises Refused where the name, mailbox or key is another signer's: mailboxes that differ in
    spelling or in a `+tag` are one.
    """
    name, mailbox = " ".join(command.name.split()), person_of(command.mailbox)
    if publishable(name) is None:
        remedy = f"it stands in the list: {remedy_for(name)}"
        raise Refused(Refusal.HELD_BACK if name else Refusal.MISSING, "name", name[:200], remedy)
    try:
        read_public_key(command.public_key)
    except ValueError:
        remedy = "this is none; `attribution list key` makes one"
        raise Refused(Refusal.INVALID, "public key", command.public_key[:200], remedy) from None
    for other in named_signers(writer.connection).values():
        same_name = other["name"].casefold() == name.casefold()
        same_mailbox = other["mailbox"] == mailbox
        if command.replaces and same_name and same_mailbox:
            continue
        if same_name or same_mailbox or other["public_key"] == command.public_key:
            remedy = (
                f"{other['name']} signs with that name, mailbox or key already; two signers are "
                "two people"
            )
            raise Refused(Refusal.CONFLICT, "signer", name, remedy)
    detail = {"name": name, "mailbox": mailbox, "public_key": command.public_key}
    writer.add_event("signer_named", writer.now, detail=detail)


def named_signers(reader: Reader) -> Signers:
    """Return who was named to sign; of one person the newest key."""
    return {signer["public_key"]: signer for signer, _ in _newest_keys(reader)}


def signers(reader: Reader) -> Signers:
    """Return who may sign now: whose account nobody else could have opened."""
    waiting = openings(reader)
    return {
        signer["public_key"]: signer
        for signer, named_by in _newest_keys(reader)
        if not waiting.before(signer["mailbox"], named_by)
    }


def check_may_sign(reader: Reader, public_key: str) -> None:
    """Raise Refused for a key that waits for a second person's confirmation."""
    signer = named_signers(reader).get(public_key)
    if signer is not None and public_key not in signers(reader):
        remedy = (
            "somebody else saw the link that set this account up; another signer or administrator, "
            "who could not open it, confirms the account first (`attribution account confirm`)"
        )
        raise Refused(Refusal.UNCONFIRMED, "signing key", signer["mailbox"], remedy)


def _newest_keys(reader: Reader) -> list[tuple[dict[str, str], int]]:
    """Return each person's newest key, with the number of the event that named it."""
    newest: dict[str, tuple[dict[str, str], int]] = {}
    named = EventFilter(kinds=["signer_named"], of_no_provider=True)
    for event in events_in_order(reader, named):
        signer = event.detail
        newest[signer["mailbox"]] = (signer, event.seq)
    return list(newest.values())
