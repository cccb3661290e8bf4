"""A history as a folder of JSON lines: notices, reports, events and aliases, each `.jsonl`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attribution.errors import HistoryError
from attribution.files.text_files import Encoding, text_lines
from attribution.history.rows import READERS, BadRow


def file_of(folder: Path, name: str) -> Path:
    """Return where the rows of a kind (`notices`, …) stand."""
    return folder / f"{name}.jsonl"


def check_folder(folder: Path) -> None:
    """Raise HistoryError where a folder is no history: a list of aliases alone may be missing."""
    if not folder.is_dir():
        raise HistoryError(
            f"history {str(folder)!r} is no folder. Name one with notices.jsonl in it."
        )
    missing = [
        name for name in READERS if name != "aliases" and not file_of(folder, name).is_file()
    ]
    if missing:
        names = ", ".join(f"{name}.jsonl" for name in missing)
        raise HistoryError(
            f"history {str(folder)!r} has no {names}. A file may be empty, and has to be there."
        )


def raw_rows(path: Path, encoding: Encoding = Encoding.AUTO) -> Iterator[tuple[int, Any | BadRow]]:
    """Yield (line, value or BadRow) of a JSON-lines file; empty lines are left out.

    Nothing of a file that is not there.
    """
    if not path.is_file():
        return
    with path.open("rb") as raw:
        for line in text_lines(raw, encoding):
            if line.fault is not None:
                yield line.number, BadRow(line.fault)
            elif line.text.strip():
                try:
                    yield line.number, json.loads(line.text)
                except (ValueError, RecursionError):
                    yield line.number, BadRow("the line is no JSON")


def rows(
    path: Path, name: str, encoding: Encoding = Encoding.AUTO
) -> Iterator[tuple[int, Any | BadRow]]:
    """Yield (line, row or BadRow) of a file of a history."""
    read = READERS[name]
    for number, value in raw_rows(path, encoding):
        if isinstance(value, BadRow):
            yield number, value
            continue
        try:
            yield number, read(value)
        except BadRow as bad:
            yield number, bad
        except (ValueError, OverflowError, TypeError, RecursionError) as error:
            # Such as year 1 with an offset: what a row holds never ends the reading of others.
            yield number, BadRow(f"a value cannot be read: {type(error).__name__}")
