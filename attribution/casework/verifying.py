"""Checking that the log is whole: its chain, what it covers,
and the heads that left this machine.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.settings import Settings
from attribution.store.backup import head_in as head_in_backup
from attribution.store.heads import Head, noted_head
from attribution.store.log import LogCheck
from attribution.store.stamps import StampCheck, check_head, check_stamps, read_roots
from attribution.store.store import Store
from attribution.store.times import micros

_GZIP = b"\x1f\x8b"
_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CheckStore:
    """Check the whole store."""

    head: str | None = None
    """Hash of an event that somebody noted."""
    against: tuple[Path, ...] = ()
    """Backups, signed lists and dossiers: the heads in them have to be in the log."""


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What was found."""

    log: LogCheck
    stamps: StampCheck
    faults: tuple[str, ...]
    """All of them, those of the log and of the stamps too."""


def check_store(store: Store, settings: Settings, command: CheckStore) -> StoreCheck:
    """Check the log, every row that it covers, every stamp, and the heads of files.
    Raises Refused.
    """
    heads = {path: head_in(path) for path in command.against}
    log = store.check(command.head)
    roots = read_roots(settings.time_stamp_roots) if settings.time_stamp_roots else []
    with store.read() as connection:
        due = micros(store.now) if settings.time_stamp_url else None
        stamps = check_stamps(connection, settings.stamps_path, roots, due)
        noted = [check_head(connection, head, path.name) for path, head in heads.items()]
    faults = (*log.faults, *stamps.faults, *(fault for fault in noted if fault))
    return StoreCheck(log, stamps, faults)


def head_in(path: Path) -> Head:
    """Return the head of the log that a backup, list or dossier holds. Raises Refused."""
    try:
        with path.open("rb") as raw:
            start = raw.read(2)
            if start != _GZIP:
                return _head_in_json(json.loads(start + raw.read(_MOST_BYTES)))
        head = head_in_backup(path)
    except OSError as error:
        remedy = f"it cannot be read ({error.strerror}); name a backup, signed list or dossier.json"
        raise Refused(Refusal.INVALID, "against", str(path), remedy) from None
    except (ValueError, OverflowError, RecursionError, StoreError) as error:
        remedy = (
            f"it cannot be read as a backup, list or dossier.json ({str(error).rstrip('.')[:200]})"
        )
        raise Refused(Refusal.INVALID, "against", str(path), remedy) from None
    if head is None:
        raise Refused(Refusal.INVALID, "against", str(path), "it names no head of the log")
    return head


def _head_in_json(document: Any) -> Head:
    try:
        log = document.get("log") or document["list"]["log"]
        return noted_head(log)
    except (AttributeError, KeyError, TypeError):
        raise ValueError("it names no head of the log") from None
