"""How statements become typed rows, and lists of ids statements of a bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, Table

from attribution.store.engine import STREAMED, Reader

_Row = TypeVar("_Row")
_Item = TypeVar("_Item")
_MOST_VALUES = 500
"""Values in one statement: databases bound how many there may be."""


def rows_of(reader: Reader, statement: Select[Any], row: Callable[..., _Row]) -> list[_Row]:
    """Return the rows of a statement, each made by `row` of its columns in their order."""
    return [row(*values) for values in reader.execute(statement)]


def first_row(reader: Reader, statement: Select[Any], row: Callable[..., _Row]) -> _Row | None:
    """Return the first row of a statement; None where there is none."""
    values = reader.execute(statement.limit(1)).first()
    return None if values is None else row(*values)


def streamed_rows(
    reader: Reader, statement: Select[Any], row: Callable[..., _Row]
) -> Iterator[_Row]:
    """Yield the rows of a statement, read bit by bit: memory does not grow with the store."""
    for values in reader.execute(statement, execution_options=STREAMED):
        yield row(*values)


def columns_for(table: Table, row: type[NamedTuple]) -> list[ColumnElement[Any]]:
    """Return the columns of a table that a row type has fields for."""
    return [table.c[name] for name in row._fields]


def in_chunks(values: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield values without doubles, as many at a time as one statement takes."""
    rest = iter(dict.fromkeys(values))
    while chunk := list(islice(rest, _MOST_VALUES)):
        yield chunk
