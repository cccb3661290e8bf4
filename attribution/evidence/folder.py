"""A folder of bundles with an index, `chain.jsonl`,
in which each line's hash covers the line before it.

A changed, missing or reordered record breaks the chain (RFC 6962 calls the idea an append-only log;
here a plain chain is enough, since one writer at a time appends under a lock).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attribution.errors import EvidenceError, OutputError
from attribution.evidence.bundle import Evidence, canonical
from attribution.files.whole_file import (
    FILE_MODE,
    open_private,
    private_folder,
    reason_of,
    whole_file,
)

CHAIN_FILE = "chain.jsonl"
_GENESIS = "0" * 64


class EvidenceFolder:
    """An append-only folder of bundles. Safe for several writers: each append holds a file lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, evidence: Evidence, at: datetime | None = None) -> Path:
        """Keep one bundle and link it into the chain; on disk before this returns.

        Write order: bundle to a temporary name, flushed; renamed; then the chain line, flushed. A
        crash between leaves an unlisted bundle, which `verify_folder` tells apart from tampering.
        """
        from filelock import FileLock

        try:
            private_folder(self.folder)
            raw = evidence.to_bytes()
            digest = hashlib.sha256(raw).hexdigest()
            bundle = self.folder / f"{digest}.json"
            with FileLock(self.folder / ".lock", mode=FILE_MODE):
                if not bundle.exists():
                    with whole_file(bundle, "wb", replace=True) as out:
                        out.write(raw)
                self._link(bundle.name, digest, at or datetime.now(UTC))
        except OSError as error:
            raise EvidenceError(
                f"evidence folder {str(self.folder)!r} cannot be written: {reason_of(error)}"
            ) from error
        except OutputError as error:
            raise EvidenceError(f"evidence cannot be kept: {error}") from error
        return bundle

    def _link(self, name: str, digest: str, at: datetime) -> None:
        chain = self.folder / CHAIN_FILE
        sequence, previous = 0, _GENESIS
        if chain.exists():
            last = _last_line(chain)
            if last:
                link = json.loads(last)
                sequence, previous = link["sequence"] + 1, link["hash"]
        link = {
            "sequence": sequence,
            "bundle": name,
            "sha256": digest,
            "at": at.isoformat(),
            "previous": previous,
        }
        link["hash"] = _link_hash(link)
        with open_private(chain, "ab") as out:
            raw = canonical(link)
            if out.write(raw) != len(raw):  # a full disk took a part: the next append drops it
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(out.fileno())


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a folder found."""

    bundles: int
    head: str
    """Hash of the last link: note it elsewhere, and a cut-off end shows too."""
    faults: tuple[str, ...]
    unlisted: tuple[str, ...]
    """Bundles that no link names: a crash during an
    append leaves one, and so does somebody's own file.
    """


def verify_folder(folder: Path, expected_head: str | None = None) -> Verification:
    """Check every link and bundle of a folder.
    Raises EvidenceError when there is no chain to check.
    """
    chain = folder / CHAIN_FILE
    if not chain.is_file():
        raise EvidenceError(
            f"{str(folder)!r} holds no {CHAIN_FILE}; name a folder written with --evidence"
        )
    faults: list[str] = []
    listed: set[str] = set()
    previous, count, heads = _GENESIS, 0, {_GENESIS}
    for number, line in enumerate(chain.read_bytes().splitlines(), start=1):
        try:
            link = json.loads(line)
            claimed, name, digest = str(link["hash"]), str(link["bundle"]), str(link["sha256"])
            sound = canonical(link) == line + b"\n" and _link_hash(link) == claimed
        except (ValueError, KeyError, TypeError):
            faults.append(f"link {number} is not readable")
            continue
        if not sound:
            faults.append(f"link {number} was changed")
        if link.get("previous") != previous or link.get("sequence") != number - 1:
            faults.append(
                f"link {number} does not follow the one before it: a record is missing or was moved"
            )
        faults.extend(_bundle_fault(folder, name, digest, number))
        listed.add(name)
        previous, count = claimed, count + 1
        heads.add(claimed)
    if expected_head and expected_head not in heads:
        faults.append(
            f"the noted head {expected_head} is not in the chain: its end was cut off or rewritten"
        )
    unlisted = sorted(path.name for path in folder.glob("*.json") if path.name not in listed)
    return Verification(count, previous, tuple(faults), tuple(unlisted))


def _bundle_fault(folder: Path, name: str, digest: str, number: int) -> list[str]:
    if Path(name).name != name:
        return [f"link {number} names a file outside the folder"]
    path = folder / name
    if not path.is_file():
        return [f"bundle {name} of link {number} is missing"]
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        return [f"bundle {name} of link {number} was changed"]
    return []


def _link_hash(link: dict[str, Any]) -> str:
    return hashlib.sha256(
        canonical({key: value for key, value in link.items() if key != "hash"})
    ).hexdigest()


def _last_line(path: Path) -> bytes:
    """Return the last whole line; a torn one (power loss during an append) is cut off first."""
    with path.open("rb+") as chain:
        size = chain.seek(0, os.SEEK_END)
        window = min(size, 65536)
        chain.seek(size - window)
        tail = chain.read(window)
        if tail and not tail.endswith(b"\n"):
            kept = tail.rfind(b"\n") + 1
            chain.truncate(size - window + kept)
            tail = tail[:kept]
    return tail.rstrip(b"\n").rpartition(b"\n")[2]
