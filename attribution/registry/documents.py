"""JSON bodies of RDAP answers: size, depth and number of entities are bounded before reading."""

from __future__ import annotations

import json
from typing import Any

from attribution.registry.lenient import as_objects
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.text import MAXIMUM_ENTITIES, decode

MAXIMUM_DEPTH = 40
MAXIMUM_OBJECTS = 100_000
"""Opening braces of one body: 2,000 entities with their cards and links have fewer."""

_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def read_document(body: bytes) -> dict[str, Any]:
    """Parse one JSON object: UTF-8 or Latin-1, a BOM and raw tabs in texts allowed.

    Raises UnreadableAnswer where it is none, is larger than MAXIMUM_BODY, nests deeper than
    MAXIMUM_DEPTH or holds more than MAXIMUM_ENTITIES entities.
    """
    text = decode(body)
    if body.count(b"{") > MAXIMUM_OBJECTS:
        raise UnreadableAnswer(f"more than {MAXIMUM_ENTITIES:,} entities, or as many other objects")
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(f"not JSON: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise UnreadableAnswer("JSON, but no object")
    if not _is_shallow(body):
        _check_depth(document)
    _check_entities(document)
    return document


def _is_shallow(body: bytes) -> bool:
    """Say whether JSON surely nests no deeper than MAXIMUM_DEPTH: innermost brackets go first.

    Brackets inside texts can make it look deeper: then it is not sure.
    """
    brackets = body.translate(None, _NO_BRACKETS)
    for _ in range(MAXIMUM_DEPTH):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets


def _check_depth(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(MAXIMUM_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise UnreadableAnswer(f"JSON nests deeper than {MAXIMUM_DEPTH} levels")


def _check_entities(document: dict[str, Any]) -> None:
    """Count entities, nested ones included, before any is read. The depth is bounded already."""
    count = 0
    level = [document]
    while level:
        level = [child for node in level for child in as_objects(node.get("entities"))]
        count += len(level)
        if count > MAXIMUM_ENTITIES:
            raise UnreadableAnswer(f"more than {MAXIMUM_ENTITIES:,} entities in one answer")
