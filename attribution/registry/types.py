"""What a registry means by the type of a network: one table, by registry, type and family."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal, cast

from attribution.data import packaged_rows

DirectAs = Literal["direct_allocation", "direct_assignment", "legacy"]
_ANY = "*"


class BlockKind(StrEnum):
    """Who gave the block to whom."""

    DIRECT = "direct"
    """The registry gave it to its holder."""
    HANDED_ON = "handed_on"
    """A holder gave it to somebody who may give parts of it to others."""
    CUSTOMER = "customer"
    """A holder gave it to somebody for use."""
    REGISTRY = "registry"
    """The registry's own object around space; no holder."""


@dataclass(frozen=True, slots=True)
class BlockType:
    """One row of block_types.csv."""

    kind: BlockKind
    terminal: bool
    """Nothing more specific can be registered below, so an answer may serve the whole range."""
    direct_as: DirectAs | None


def block_type(registry: str, type_text: str | None, version: int) -> BlockType | None:
    """Return what the type means; None where it is missing or not in the table.

    RIPE's LEGACY is `direct` here; that blocks made below inherit it is the caller's matter.
    """
    text = _plain(type_text or "")
    if not text:
        return None
    own = _table().get((registry, text, version))
    if own:
        return own
    return next(
        (
            row
            for pattern, row in _patterns()
            if (text.startswith(pattern[:-1]) if pattern.endswith(_ANY) else text == pattern)
        ),
        None,
    )


@cache
def _table() -> dict[tuple[str, str, int], BlockType]:
    return {
        (row["registry"], _plain(row["type"]), version): _row(row)
        for row in packaged_rows("block_types.csv")
        if row["registry"] != _ANY
        for version in ((4, 6) if row["family"] == "both" else (int(row["family"]),))
    }


@cache
def _patterns() -> list[tuple[str, BlockType]]:
    rows = packaged_rows("block_types.csv")
    return [(_plain(row["type"]), _row(row)) for row in rows if row["registry"] == _ANY]


def _row(row: dict[str, str]) -> BlockType:
    return BlockType(
        BlockKind(row["kind"]),
        row["terminal"] == "yes",
        cast("DirectAs", row["direct_as"]) if row["direct_as"] else None,
    )


def _plain(text: str) -> str:
    """Fold case and white space; the space before a pattern's `*` stays."""
    return " ".join(text.lower().split())
