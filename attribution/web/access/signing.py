"""A person's signing key, sealed under a passphrase that is stored nowhere."""

from __future__ import annotations

import hashlib
import os

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from attribution.casework.signers import NameSigner, name_signer, public_half
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store import Writer
from attribution.store.queries.service_accounts import Account
from attribution.web.access.accounts import change_account

_LEAST = 12
_SALT, _NONCE = 16, 12


def make_signing_key(writer: Writer, account: Account, passphrase: str) -> None:
    """Make a person's key, in place of one from before, and name the person as a signer.

    It signs nothing while somebody else could have opened the account; see
    `casework.confirming_accounts`. Raises Refused.
    """
    if len(passphrase) < _LEAST:
        remedy = f"it has {len(passphrase)} characters; use at least {_LEAST}"
        raise Refused(Refusal.INVALID, "passphrase", "…", remedy)
    key = Ed25519PrivateKey.generate()
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    cipher = AESGCM(_stretched(passphrase, salt))
    sealed = salt + nonce + cipher.encrypt(nonce, key.private_bytes_raw(), None)
    command = NameSigner(
        name=account.name, mailbox=account.mailbox, public_key=public_half(key), replaces=True
    )
    name_signer(writer, command)
    change_account(writer, account.id, "signing key", signing_key=sealed)


def open_signing_key(account: Account, passphrase: str) -> Ed25519PrivateKey:
    """Return a person's key. Raises Refused for another passphrase, or where there is none."""
    sealed = account.signing_key
    if sealed is None:
        remedy = "you have none yet; make one on the page of your account"
        raise Refused(Refusal.NOT_FOUND, "signing key", account.mailbox, remedy)
    salt, nonce, ciphertext = (
        sealed[:_SALT],
        sealed[_SALT : _SALT + _NONCE],
        sealed[_SALT + _NONCE :],
    )
    try:
        raw = AESGCM(_stretched(passphrase, salt)).decrypt(nonce, ciphertext, None)
    except InvalidTag:
        remedy = "it is not the one of your signing key"
        raise Refused(Refusal.INVALID, "passphrase", "…", remedy) from None
    return Ed25519PrivateKey.from_private_bytes(raw)


def fingerprint(public_key: str) -> str:
    """Return what two people compare of a key: 16 hexadecimal digits of its SHA-256, by fours."""
    digits = hashlib.sha256(public_key.encode("ascii")).hexdigest()[:16]
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """Return a key from a passphrase by argon2id (RFC 9106, second recommended option)."""
    return hash_secret_raw(
        passphrase.encode("utf-8", "surrogatepass"), salt, 3, 65536, 4, 32, Type.ID
    )
