"""Time stamps (RFC 3161) of the log's heads: kept as files outside of the database, checked without a network.

Each file holds a head, a salt and the authority's token over both. Without the salt the stamped
digest tells the authority nothing; erasing a URL changes no hash, so that stamps still fit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)
from sqlalchemy import Connection

from attribution.errors import StoreError
from attribution.store.chain import GENESIS
from attribution.store.heads import Head, hash_of
from attribution.whole_file import whole_file

_FORM = 1
_MOST_BYTES = 256 * 1024
_MOST_STAMPS = 20_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's word that a head existed at a time."""

    head: Head
    salt: bytes
    token: bytes
    """The authority's answer, DER (RFC 3161, section 2.4.2)."""
    authority: str

    @property
    def message(self) -> bytes:
        """What was stamped: its SHA-256 is in the token."""
        return message_of(self.head, self.salt)

    def save(self, folder: Path) -> Path:
        """Write the stamp to a file of its own. Raises OutputError."""
        path = folder / f"stamp-{self.head.seq:012d}-{self.head.hash[:12]}.json"
        values = {
            "form": _FORM,
            "event": self.head.seq,
            "hash": self.head.hash,
            "recorded_at": self.head.recorded_at,
            "salt": self.salt.hex(),
            "authority": self.authority,
            "token": base64.b64encode(self.token).decode("ascii"),
        }
        with whole_file(path, replace=True, what="time stamp") as out:
            out.write(json.dumps(values, indent=1) + "\n")
        return path

    @classmethod
    def load(cls, path: Path) -> Stamp:
        """Read a stamp. Raises StoreError where the file is none."""
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES:,} bytes")
            values: Any = json.loads(path.read_text("utf-8"))
            head = Head(int(values["event"]), str(values["hash"]), int(values["recorded_at"]))
            token = base64.b64decode(values["token"], validate=True)
            return cls(head, bytes.fromhex(values["salt"]), token, str(values["authority"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError(
                f"time stamp {str(path)!r} cannot be read: {error}. Put the file back from a copy."
            ) from None


@dataclass(frozen=True, slots=True)
class StampCheck:
    """What the stamps of a folder say of a log."""

    count: int
    last: datetime | None
    """When the authority stamped the newest head that is in the log."""
    faults: tuple[str, ...]


def message_of(head: Head, salt: bytes) -> bytes:
    """Return what an authority stamps for a head."""
    return salt + f"{head.seq}:{head.hash}".encode("ascii")


def read_roots(path: Path) -> list[Certificate]:
    """Read the certificates that a token has to lead to, PEM. Raises StoreError."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise StoreError(
            f"time_stamp_roots {str(path)!r} holds no certificates in PEM: {error}. Name the file "
            "of the authority's root certificate."
        ) from None


def verified_time(stamp: Stamp, roots: Sequence[Certificate]) -> datetime:
    """Return when an authority stamped a head. Raises StoreError where the token does not prove it."""
    try:
        response: TimeStampResponse = decode_timestamp_response(stamp.token)
        builder = VerifierBuilder(roots=list(roots))
        builder.build().verify_message(response, stamp.message)
    except (VerificationError, ValueError) as error:
        raise StoreError(f"its token proves nothing: {error}") from None
    return response.tst_info.gen_time.astimezone(UTC)


def check_stamps(connection: Connection, folder: Path, roots: Sequence[Certificate]) -> StampCheck:
    """Compare every stamp of a folder with the log: each head has to be in it as it was stamped.

    Without roots no token can be checked, which is a fault where there are stamps.
    """
    paths = sorted(folder.glob("stamp-*.json"))[-_MOST_STAMPS:] if folder.is_dir() else []
    faults: list[str] = []
    last: datetime | None = None
    if paths and not roots:
        faults.append(
            f"{len(paths)} time stamps in {folder} cannot be checked: name the authority's root "
            "certificate with time_stamp_roots"
        )
    for path in paths if roots else ():
        try:
            stamp = Stamp.load(path)
            stamped_at = verified_time(stamp, roots)
        except StoreError as error:
            faults.append(f"{path.name}: {error}")
            continue
        fault = _fault(connection, stamp.head)
        if fault:
            faults.append(f"{fault} (stamped on {stamped_at:%Y-%m-%d} by {stamp.authority})")
        elif last is None or stamped_at > last:
            last = stamped_at
    return StampCheck(len(paths), last, tuple(faults))


def check_head(connection: Connection, head: Head, where: str) -> str | None:
    """Return what is wrong where a head that stands in a file is not in the log; None where it is."""
    fault = _fault(connection, head)
    return f"{fault} (noted in {where})" if fault else None


def _fault(connection: Connection, head: Head) -> str | None:
    now = hash_of(connection, head.seq)
    if now == head.hash and (head.seq or head.hash == GENESIS):
        return None
    happened = "the log was cut off before it" if now is None else "the log was rewritten since"
    return f"event {head.seq} is not in the log as it was: {happened}"
