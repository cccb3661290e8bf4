"""What was asked, of whom, and what came back, byte for byte; and bundles of it in a hash chain.

A bundle is one JSON file that holds everything a decision rests on, so that the decision can be made again
years later without a network. A folder of bundles has an index, `chain.jsonl`, in which each line's hash
covers the line before it: a changed, missing or reordered record breaks the chain (RFC 6962 calls the idea
an append-only log; here a plain chain is enough, since one writer at a time appends under a lock).
"""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from attribution.errors import EvidenceError, OutputError
from attribution.whole_file import FILE_MODE, open_private, private_folder, reason_of, whole_file

Kind = Literal[
    "dns", "origin_as", "bootstrap", "rdap", "whois", "nir_page", "suffix", "front", "mail", "told_origin",
    "canary", "desk",
]  # fmt: skip
Outcome = Literal[
    "answered", "not_found", "redirected", "rate_limited", "unreachable", "malformed", "refused",
    "nxdomain", "no_data", "servfail", "timeout", "lame",
]  # fmt: skip
UNANSWERED: frozenset[str] = frozenset(
    ["rate_limited", "unreachable", "malformed", "refused", "servfail", "timeout", "lame"]
)
FORMAT = 1
CHAIN_FILE = "chain.jsonl"
_GENESIS = "0" * 64


@lru_cache(maxsize=512)
def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """One question and what came of it."""

    kind: Kind
    question: str
    """What was asked, in words of the protocol: `www.site.example A`, `ip 198.51.100.7`."""
    server: str
    """The host that answered (for DNS: address and port of the resolver)."""
    fetched_at: datetime
    outcome: Outcome
    body: bytes = b""
    """The answer as it came. Of a DNS answer the transaction ID is zeroed, as RFC 8484 does for caches."""
    url: str | None = None
    http_status: int | None = None
    tls: bool = False
    retry_at: datetime | None = None
    note: str | None = None
    """Why there is no usable answer, in words."""
    location: str | None = None
    """Where the server redirected to."""
    cached: bool = False
    stale: bool = False

    @property
    def sha256(self) -> str:
        """Hash of the body."""
        return _sha256(self.body)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; bytes as UTF-8 text where they are that, else base64."""
        try:
            body: dict[str, str] = {"text": self.body.decode("utf-8")}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(self.body).decode("ascii")}
        values: dict[str, Any] = {
            "kind": self.kind, "question": self.question, "server": self.server, "outcome": self.outcome,
            "fetched_at": self.fetched_at.isoformat(), "body": body, "url": self.url,
            "http_status": self.http_status, "tls": self.tls, "note": self.note, "location": self.location,
            "retry_at": self.retry_at.isoformat() if self.retry_at else None, "cached": self.cached, "stale": self.stale,
        }  # fmt: skip
        return {key: value for key, value in values.items() if value not in (None, False)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Record:
        """Read what `to_json` wrote. Raises EvidenceError when a field is missing or of another kind."""
        try:
            body = values["body"]
            return cls(
                kind=values["kind"],
                question=str(values["question"]),
                server=str(values["server"]),
                fetched_at=datetime.fromisoformat(values["fetched_at"]),
                outcome=values["outcome"],
                body=base64.b64decode(body["base64"]) if "base64" in body else body["text"].encode("utf-8"),
                url=values.get("url"),
                http_status=values.get("http_status"),
                tls=bool(values.get("tls")),
                retry_at=datetime.fromisoformat(values["retry_at"]) if values.get("retry_at") else None,
                note=values.get("note"),
                location=values.get("location"),
                cached=bool(values.get("cached")),
                stale=bool(values.get("stale")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EvidenceError(f"a kept answer cannot be read: {type(error).__name__} {error}") from None

    def as_cached(self, *, stale: bool) -> Record:
        """Return the same answer, marked as taken from the cache."""
        return replace(self, cached=True, stale=stale)


@dataclass(slots=True)
class Evidence:
    """Everything learnt about one target, in the order in which it was learnt."""

    input: str
    observed_at: datetime
    documentation_is_special: bool = True
    records: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Append an answer once; a second look at the same answer adds nothing."""
        if not any(record is known for known in self.records):
            self.records.append(record)

    def holds(self, kind: Kind) -> bool:
        """Say whether there is an answer of this kind."""
        return any(record.kind == kind for record in self.records)

    def of_kind(self, kind: Kind) -> Iterator[Record]:
        """Yield the answers of one kind, in order."""
        return (record for record in self.records if record.kind == kind)

    def to_bytes(self) -> bytes:
        """Serialise as a bundle: canonical JSON, so that equal evidence has equal bytes."""
        return canonical(
            {
                "format": FORMAT,
                "input": self.input,
                "observed_at": self.observed_at.isoformat(),
                "documentation_is_special": self.documentation_is_special,
                "records": [{**record.to_json(), "sha256": record.sha256} for record in self.records],
            }
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> Evidence:
        """Read a bundle. Raises EvidenceError when it is none, or a body does not match its hash."""
        try:
            values = json.loads(raw)
            if values["format"] != FORMAT:
                raise EvidenceError(
                    f"bundle format {values['format']!r} is not {FORMAT}; use the version that wrote it"
                )
            evidence = cls(
                str(values["input"]),
                datetime.fromisoformat(values["observed_at"]),
                bool(values["documentation_is_special"]),
            )
            for one in values["records"]:
                record = Record.from_json(one)
                if record.sha256 != one["sha256"]:
                    raise EvidenceError(f"the answer to {record.question!r} does not match its SHA-256")
                evidence.records.append(record)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise EvidenceError(f"this is no evidence bundle: {type(error).__name__} {error}") from None
        return evidence


def canonical(values: dict[str, Any]) -> bytes:
    """Write JSON with sorted keys and no spare space, ending in a line feed."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


class EvidenceFolder:
    """An append-only folder of bundles. Safe for several writers: each append holds a file lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, evidence: Evidence, at: datetime | None = None) -> Path:
        """Keep one bundle and link it into the chain; on disk before this returns.

        Write order: bundle to a temporary name, flushed; renamed; then the chain line, flushed. A crash
        between leaves an unlisted bundle, which `verify_folder` tells apart from tampering.
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
        link = {"sequence": sequence, "bundle": name, "sha256": digest, "at": at.isoformat(), "previous": previous}
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
    """Bundles that no link names: a crash during an append leaves one, and so does somebody's own file."""


def verify_folder(folder: Path, expected_head: str | None = None) -> Verification:
    """Check every link and bundle of a folder. Raises EvidenceError when there is no chain to check."""
    chain = folder / CHAIN_FILE
    if not chain.is_file():
        raise EvidenceError(f"{str(folder)!r} holds no {CHAIN_FILE}; name a folder written with --evidence")
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
            faults.append(f"link {number} does not follow the one before it: a record is missing or was moved")
        faults.extend(_bundle_fault(folder, name, digest, number))
        listed.add(name)
        previous, count = claimed, count + 1
        heads.add(claimed)
    if expected_head and expected_head not in heads:
        faults.append(f"the noted head {expected_head} is not in the chain: its end was cut off or rewritten")
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
    return hashlib.sha256(canonical({key: value for key, value in link.items() if key != "hash"})).hexdigest()


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
