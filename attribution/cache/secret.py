"""A secret of this machine: it keys the sample of a site's addresses, which its owner cannot
choose then.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

_NAME = "sample-secret"
_BYTES = 32


class LocalSecret:
    """32 random bytes, kept in the cache folder so that two lookups draw the same sample."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._value: bytes | None = None

    def key_of(self, host: str) -> str:
        """Return the key of a host's sample, in hexadecimal; it does not give the secret away."""
        if self._value is None:
            self._value = self._read()
        return hmac.digest(self._value, host.encode(), hashlib.sha256).hex()

    def _read(self) -> bytes:
        """Return the kept secret, else a new one; for this process alone where none can be kept."""
        for _ in range(2):
            try:
                value = self._path.read_bytes()
                if len(value) == _BYTES:
                    return value
                self._path.unlink()
            except OSError:
                pass
            value = secrets.token_bytes(_BYTES)
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                continue
            except OSError:
                return value
            with os.fdopen(descriptor, "wb") as file:
                file.write(value)
            return value
        return secrets.token_bytes(_BYTES)
