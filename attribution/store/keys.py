"""The key file: what makes URLs unreadable to whoever has the database alone.

A URL is kept as HMAC-SHA256 under a key of the file: it is recognised when it is reported again,
and cannot be guessed from the database. Where the hotline wants to keep the URL itself, it is
encrypted (AES-256-GCM) under a key of its own, which is in turn encrypted (wrapped) under the
file's newest wrapping key. Rotating adds a wrapping key and wraps anew; erasing throws the URL's
own key away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from attribution.errors import KeyFileError, OutputError
from attribution.files.whole_file import whole_file

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Keys:
    """What a key file holds: one key for hashing, and wrapping keys, the newest first."""

    hashing: bytes
    wrapping: tuple[bytes, ...]

    @classmethod
    def make(cls) -> Keys:
        """Return new keys."""
        return cls(secrets.token_bytes(32), (secrets.token_bytes(32),))

    @classmethod
    def load(cls, path: Path) -> Keys:
        """Read a key file. Raises KeyFileError."""
        try:
            values = json.loads(path.read_text("utf-8"))
            keys = cls(
                base64.b64decode(values["hashing"], validate=True),
                tuple(base64.b64decode(key, validate=True) for key in values["wrapping"]),
            )
        except FileNotFoundError:
            raise KeyFileError(
                f"key file {str(path)!r} is not there. The store cannot be used without the "
                "file that it was made with: "
                "bring it back from its backup, or name it with ATTRIBUTION_KEY_FILE."
            ) from None
        except OSError as error:
            raise KeyFileError(
                f"key file {str(path)!r} cannot be read: {error.strerror}. Let this account, "
                "and no other, read it."
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise KeyFileError(
                f"key file {str(path)!r} cannot be read: {type(error).__name__}. Bring it back."
            ) from None
        if (
            len(keys.hashing) != 32
            or not keys.wrapping
            or any(len(key) != 32 for key in keys.wrapping)
        ):
            raise KeyFileError(
                f"key file {str(path)!r} holds no keys of this program. Bring the right one back."
            )
        return keys

    def save(self, path: Path) -> None:
        """Write the file, readable for its owner only,
        whole or not at all; on disk when this returns.

        Raises KeyFileError.
        """
        text = json.dumps(
            {
                "hashing": base64.b64encode(self.hashing).decode(),
                "wrapping": [base64.b64encode(key).decode() for key in self.wrapping],
            }
        )
        try:
            with whole_file(path, replace=True, what="key file") as file:
                file.write(text + "\n")
        except OutputError as error:
            raise KeyFileError(str(error)) from error

    def rotated(self) -> Keys:
        """Return the same with a new wrapping key as the first; the old ones still open what they
        sealed.
        """
        return Keys(self.hashing, (secrets.token_bytes(32), *self.wrapping))

    def newest_only(self) -> Keys:
        """Return the same without the old wrapping keys: after everything was wrapped anew."""
        return Keys(self.hashing, self.wrapping[:1])

    @property
    def check(self) -> str:
        """What a store notes, to recognise the file that belongs to it."""
        return self.hash_of("key check")

    def hash_of(self, text: str) -> str:
        """Return the keyed hash of a URL or of a site's name."""
        return hmac.new(
            self.hashing, text.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()

    def seal(self, text: str) -> tuple[bytes, bytes]:
        """Encrypt a text; return it and its own key, wrapped."""
        own = secrets.token_bytes(32)
        return _encrypt(own, text.encode("utf-8", "surrogatepass")), _encrypt(self.wrapping[0], own)

    def open(self, sealed: bytes, wrapped: bytes) -> str:
        """Return a sealed text. Raises KeyFileError where no key of the file opens it."""
        return _decrypt(self._own_key(wrapped), sealed).decode("utf-8", "surrogatepass")

    def wrap_anew(self, wrapped: bytes) -> bytes:
        """Wrap a URL's own key under the newest wrapping key. Raises KeyFileError."""
        return _encrypt(self.wrapping[0], self._own_key(wrapped))

    def _own_key(self, wrapped: bytes) -> bytes:
        for key in self.wrapping:
            try:
                return _decrypt(key, wrapped)
            except InvalidTag:
                continue
        raise KeyFileError(
            "no key of the key file opens this URL: it was sealed under one that is not in the file"
        )


def _encrypt(key: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def _decrypt(key: bytes, sealed: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
