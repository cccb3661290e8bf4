"""Time stamps (RFC 3161) of the log's heads: kept as files outside of the database, checked without
a network.

Each file holds a head, a salt and the authority's token over both. Without the salt the stamped
digest tells the authority nothing; erasing a URL changes no hash, so that stamps still fit.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from attribution.errors import StoreError
from attribution.files.whole_file import whole_file
from attribution.store.chain import GENESIS
from attribution.store.engine import Reader
from attribution.store.heads import Head, hash_of, noted_head, recorded_after
from attribution.store.times import DAY, moment

_FORM = 1
_MOST_BYTES = 256 * 1024
_MOST_STAMPS = 20_000
"""Files of a folder that are checked: a stamp a day for fifty years. More are a fault."""
_MOST_FAULTS = 100
_SALT_BYTES = 32
UNSTAMPEDDAYS = 3
"""Where an authority is set, an event that no stamp covers after so many days is a fault."""


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
        path = folder / name_of(self.head)
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
            if not path.is_file():
                raise ValueError("it is no file")  # a pipe or device would be read for ever
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
            if len(raw) > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES:,} bytes")
            values: Any = json.loads(raw.decode("utf-8"))
            head = replace(noted_head(values), recorded_at=int(values["recorded_at"]))
            token = base64.b64decode(values["token"], validate=True)
            stamp = cls(head, bytes.fromhex(values["salt"]), token, str(values["authority"])[:200])
            _check_values(stamp, path)
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise StoreError(
                f"time stamp {str(path)!r} cannot be read: {error}. Put the file back from a copy."
            ) from None
        return stamp


@dataclass(frozen=True, slots=True)
class StampCheck:
    """What the stamps of a folder say of a log."""

    count: int
    last: datetime | None
    """When the authority first stamped the newest head that is in the log and has a stamp."""
    faults: tuple[str, ...]
    covered: int = 0
    """The last event that a stamp stands for; 0 where none does."""
    longest_wait: timedelta | None = None
    """The longest time between an event and the first stamp after it. A log that was rewritten and
    stamped anew shows here, where its stamps were thrown away too."""


def name_of(head: Head) -> str:
    """Return the name of the file of a head's stamp."""
    return f"stamp-{head.seq:012d}-{head.hash[:12]}.json"


def message_of(head: Head, salt: bytes) -> bytes:
    """Return what an authority stamps for a head."""
    return salt + f"{head.seq}:{head.hash}".encode("ascii")


def read_roots(path: Path) -> list[Certificate]:
    """Read the certificates that a token has to lead to, PEM. Raises StoreError."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StoreError(
            f"time_stamp_roots {str(path)!r} holds no certificates in PEM: {why}. Name the file "
            "of the authority's root certificate."
        ) from None


def verified_time(stamp: Stamp, roots: Sequence[Certificate]) -> datetime:
    """Return when an authority stamped a head.
    Raises StoreError where the token does not prove it.
    """
    try:
        response: TimeStampResponse = decode_timestamp_response(stamp.token)
        builder = VerifierBuilder(roots=list(roots))
        builder.build().verify_message(response, stamp.message)
    except (VerificationError, ValueError) as error:
        raise StoreError(f"its token proves nothing: {error}") from None
    return response.tst_info.gen_time.astimezone(UTC)


def check_stamps(
    reader: Reader, folder: Path, roots: Sequence[Certificate], due: int | None = None
) -> StampCheck:
    """Compare every stamp of a folder with the log: each head has to be in it as it was stamped.

    Without roots no token can be checked, which is a fault where there are stamps. `due` is the
    time, in microseconds, from which on events may wait for a stamp; None where none is expected.
    """
    paths = sorted(islice(folder.glob("stamp-*.json"), _MOST_STAMPS + 1)) if folder.is_dir() else []
    faults: list[str] = []
    if len(paths) > _MOST_STAMPS:
        faults.append(f"{folder} holds more than {_MOST_STAMPS:,} time stamps: not all are checked")
    if paths and not roots:
        faults.append(
            f"{len(paths)} time stamps in {folder} cannot be checked: name the authority's root "
            "certificate with time_stamp_roots"
        )
    stamped: list[tuple[int, datetime]] = []
    for path in paths[:_MOST_STAMPS] if roots else ():
        if len(faults) >= _MOST_FAULTS:
            break
        try:
            stamp = Stamp.load(path)
            stamped_at = verified_time(stamp, roots)
        except StoreError as error:
            faults.append(f"{path.name}: {error}")
            continue
        fault = _fault(reader, stamp.head)
        if fault:
            faults.append(f"{fault} (stamped on {stamped_at:%Y-%m-%d} by {stamp.authority!r})")
        elif stamp.head.seq:  # the beginning is every log's, and says nothing of this one
            stamped.append((stamp.head.seq, stamped_at))
    covered, last = max(stamped, default=(0, None))
    faults += _unstamped(reader, covered, due)
    wait = _longest_wait(reader, sorted(stamped))
    return StampCheck(len(paths), last, tuple(faults), covered, wait)


def check_head(reader: Reader, head: Head, where: str) -> str | None:
    """Return what is wrong where a head that stands in a file is not in the log;
    None where it is.
    """
    fault = _fault(reader, head)
    return f"{fault} (noted in {where})" if fault else None


def _unstamped(reader: Reader, covered: int, due: int | None) -> list[str]:
    """Return the fault of a log whose newer events no stamp stands for."""
    at = None if due is None else recorded_after(reader, covered)
    if at is None or due is None or at >= due - UNSTAMPEDDAYS * DAY:
        return []
    return [
        f"no time stamp stands for the events after {covered}, the first of which is older than "
        f"{UNSTAMPEDDAYS} days: stamps were taken away, or `attribution stamp` does not run"
    ]


def _longest_wait(reader: Reader, stamped: list[tuple[int, datetime]]) -> timedelta | None:
    """Return how long an event waited at most for its first stamp."""
    waits: list[timedelta] = []
    before = 0
    for seq, stamped_at in stamped:
        at = recorded_after(reader, before)
        if seq > before and at is not None:
            waits.append(stamped_at - moment(at))
        before = seq
    return max([timedelta(0), *waits]) if waits else None


def _check_values(stamp: Stamp, path: Path) -> None:
    """Raise ValueError for values that no stamp of ours has."""
    if len(stamp.salt) != _SALT_BYTES:
        raise ValueError(f"its salt has not {_SALT_BYTES} bytes")
    if path.name != name_of(stamp.head):
        raise ValueError("its name is another stamp's")


def _fault(reader: Reader, head: Head) -> str | None:
    now = hash_of(reader, head.seq)
    if now == head.hash and (head.seq or head.hash == GENESIS):
        return None
    happened = "the log was cut off before it" if now is None else "the log was rewritten since"
    return f"event {head.seq} is not in the log as it was: {happened}"
