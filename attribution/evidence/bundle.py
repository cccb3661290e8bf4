"""Everything that a decision rests on, as one JSON file:
the decision can be made again years later without a network.

Format 2 holds questions as fields; bundles of format 1, which held sentences, are read too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attribution.errors import EvidenceError
from attribution.evidence.record import Kind, Record

FORMAT = 2


@dataclass(slots=True)
class Evidence:
    """Every answer about one target, in the order in which they came."""

    input: str
    observed_at: datetime
    documentation_is_special: bool = True
    sample_key: str = ""
    """Hexadecimal key by which a sample of many addresses is drawn:
    made of a local secret and the host.
    """
    records: list[Record] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Append an answer; one that is in the bundle already is not added again."""
        if not any(record is earlier for earlier in self.records):
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
                "sample_key": self.sample_key,
                "records": [
                    {**record.to_json(), "sha256": record.sha256} for record in self.records
                ],
            }
        )

    @classmethod
    def from_bytes(cls, raw: bytes) -> Evidence:
        """Read a bundle. Raises EvidenceError when it
        is none, or a body does not match its hash.
        """
        try:
            values = json.loads(raw)
            if values["format"] not in (1, FORMAT):
                raise EvidenceError(
                    f"bundle format {values['format']!r} is newer than {FORMAT}; use the "
                    "version that wrote it"
                )
            evidence = cls(
                str(values["input"]),
                datetime.fromisoformat(values["observed_at"]),
                bool(values["documentation_is_special"]),
                _sample_key(str(values.get("sample_key", ""))),
            )
            for item in values["records"]:
                record = Record.from_json(item)
                if record.sha256 != item["sha256"]:
                    raise EvidenceError(
                        f"the answer to {record.question.text!r} does not match its SHA-256"
                    )
                evidence.records.append(record)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise EvidenceError(
                f"this is no evidence bundle: {type(error).__name__} {error}"
            ) from None
        return evidence


def _sample_key(text: str) -> str:
    """Check the key of a sample. Raises ValueError."""
    if len(bytes.fromhex(text)) > hashlib.blake2b.MAX_KEY_SIZE:
        raise ValueError(f"the sample's key is longer than {hashlib.blake2b.MAX_KEY_SIZE} bytes")
    return text


def canonical(values: dict[str, Any]) -> bytes:
    """Write JSON with sorted keys and no spare space, ending in a line feed."""
    return (
        json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8"
        )
        + b"\n"
    )
