"""Whatever the command shows to a person is marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from attribution.language import LANGUAGE_VARIABLES
from attribution_cli.app import app
from attribution_cli.names import FIELDS
from attribution_cli.translated_help import help_messages

FOLDER = Path(__file__).parents[2] / "cli" / "attribution_cli"
FILES = sorted(FOLDER.rglob("*.py"))
SHOWN = {
    "print_message": 0,
    "BadParameter": 0,
    "UnusableInput": 0,
    "UnusableOutput": 0,
    "SettingsError": 0,
    "EvidenceError": 0,
    "NotInStoreError": 0,
    "working": 0,
    "update": 0,
    "echo": 0,
    "Text": 0,
    "append": 0,
    "add_column": 0,
    "add_row": 0,
    "TextColumn": 0,
    "_add_lines": 1,
    "_secret": 0,
    "show_outcome": 1,
}
"""Calls that show a text to a person, and the argument that is the text."""
KEYWORDS = ("empty", "sentence")
FOLLOWED = ("sentence", "reason", "state")
"""Variables that hold what is shown."""
ALIKE_IN_EVERY_LANGUAGE = {"URLs", "UTC", "SHA", "attribution", "task", "fields", "rate"}
_COMPOSED = (ast.JoinedStr, ast.FormattedValue, ast.IfExp, ast.BinOp, ast.BoolOp)
_WORD = re.compile(r"[A-Za-z]{3,}")


def unmarked(module: ast.Module) -> Iterator[str]:
    """Yield the literals that are shown to a person without being marked."""
    literals = _assigned(module)
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        shown = [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
        if name in SHOWN:
            shown += node.args[SHOWN[name] : SHOWN[name] + 1]
        for argument in shown:
            if isinstance(argument, ast.Name):
                for value in literals.get(argument.id, []):
                    yield from _words(value)
            else:
                yield from _words(argument)


def _assigned(module: ast.Module) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
    return {name: values[name] for name in FOLLOWED if name in values}


def _words(node: ast.expr) -> Iterator[str]:
    """Yield the literals with words in an expression, but for those inside calls that mark them."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if set(_WORD.findall(node.value)) - ALIKE_IN_EVERY_LANGUAGE:
            yield node.value
    elif isinstance(node, _COMPOSED) or (
        isinstance(node, ast.Call) and _name(node.func) in ("shown", "Text", "readable")
    ):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _words(part)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", getattr(function, "attr", ""))


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_every_text_that_is_shown_is_marked(path: Path) -> None:
    assert list(unmarked(ast.parse(path.read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "line",
    [
        "print_message('nothing is due')",
        "print_message(f'{count} lines')",
        "raise typer.BadParameter('give a KIND' if kind else '')",
        "rows.add_row('Doubts', Text('none'))",
        "show_rows(rows, columns, as_json=False, empty='no cases')",
        "sentence = 'noted'\nshow_outcome({}, sentence, as_json=False)",
        "lines.append(Text(shown(f'{first} more')))",
    ],
)
def test_a_text_without_mark_is_noticed(line: str) -> None:
    assert list(unmarked(ast.parse(line)))


def test_columns_that_are_shown_have_a_translated_name() -> None:
    lists = [
        node.args[1]
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _name(node.func) == "show_rows"
    ]
    columns = {
        item.value
        for node in lists
        if isinstance(node, ast.List | ast.Tuple)
        for item in node.elts
        if isinstance(item, ast.Constant)
    }
    assert columns
    assert columns <= set(FIELDS)


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_the_name_of_the_marker_is_used_for_nothing_else(path: Path) -> None:
    module = ast.parse(path.read_text("utf-8"))
    marks = any(isinstance(node, ast.Call) and _name(node.func) == "_" for node in ast.walk(module))
    stored = [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
    ]
    assert not (marks and stored)


def test_help_of_every_command_is_extracted() -> None:
    texts = {text for text, _ in help_messages(typer.main.get_command(app))}
    assert "Show how each registry is asked" in " ".join(texts)
    assert len(texts) > 200


def test_the_entry_knows_the_variables_of_the_language() -> None:
    entry = ast.parse((FOLDER / "entry.py").read_text("utf-8"))
    tuples = [
        tuple(item.value for item in node.elts if isinstance(item, ast.Constant))
        for node in ast.walk(entry)
        if isinstance(node, ast.Tuple)
    ]
    assert LANGUAGE_VARIABLES in tuples
