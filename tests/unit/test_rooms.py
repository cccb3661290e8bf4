"""What stands in which room: SQL in the store only, and every use case of casework in its list."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import attribution
from attribution import casework

ROOT = Path(attribution.__file__).parent
NOT_YET: tuple[str, ...] = ()
"""Modules and rooms whose SQL is still to be moved into `store/queries`."""

OTHER_DATABASES = ("cache/peek.py", "lookup/budgets/ledger.py")
"""Modules with a small SQLite file of their own, which is no part of the store."""


def has_sql(path: Path) -> bool:
    """Say whether a module imports SQLAlchemy or executes a statement."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names) if any(n.name.startswith("sqlalchemy") for n in names):
                return True
            case ast.ImportFrom(module=str(module)) if module.startswith("sqlalchemy"):
                return True
            case ast.Call(func=ast.Attribute(attr="execute" | "exec_driver_sql")):
                return True
    return False


def test_sql_stands_in_the_store_only() -> None:
    elsewhere = {
        name
        for path in ROOT.rglob("*.py")
        if not (name := path.relative_to(ROOT).as_posix()).startswith(("store/", *NOT_YET))
        and has_sql(path)
    }
    assert elsewhere <= {*OTHER_DATABASES}


def test_what_is_not_done_yet_has_sql_still() -> None:
    for name in NOT_YET:
        path = ROOT / name
        modules = [path] if path.suffix else path.rglob("*.py")
        assert any(map(has_sql, modules)), f"take {name!r} off the list NOT_YET"


def test_every_use_case_is_loaded_by_its_name() -> None:
    assert sorted(casework.__all__) == casework.__all__
    for name in casework.__all__:
        value = getattr(casework, name)
        assert value.__module__.startswith("attribution.casework."), name
        assert value.__doc__, name


def test_a_name_of_casework_is_no_module_too() -> None:
    """A module of that name would hide the use case once it was imported."""
    for name in casework.__all__:
        home = getattr(casework, name).__module__.rpartition(".")[2]
        assert name != home
        import_module(f"attribution.casework.{home}")


def reads_prose(node: ast.AST) -> bool:
    """Say whether code decides by the text of an error: `"locked" in str(error)` and the like."""
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[text]):
            return _is_text_of_an_error(text)
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()], left=left, comparators=[right]):
            return _is_text_of_an_error(left) or _is_text_of_an_error(right)
        case ast.Call(
            func=ast.Attribute(
                attr="startswith" | "endswith" | "removeprefix" | "removesuffix" | "find",
                value=text,
            )
        ):
            return _is_text_of_an_error(text)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[*_, text]):
            return _is_text_of_an_error(text)
    return False


def _is_text_of_an_error(node: ast.AST) -> bool:
    """Say whether an expression is the text of an exception, or one of its arguments."""
    match node:
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[ast.Name(id=name)]):
            return name in ERRORS
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "strip" | "casefold")):
            return _is_text_of_an_error(inner)
        case ast.Subscript(value=ast.Attribute(attr="args", value=ast.Name(id=name))):
            return name in ERRORS
        case ast.Attribute(attr="fault" | "remedy" | "detail", value=ast.Name(id=name)):
            return name in ERRORS
    return False


ERRORS = ("error", "refused", "fault", "bad", "failure", "exception", "problem")
"""What code calls an exception that it caught."""


def test_nothing_reads_prose_to_decide() -> None:
    places = [
        f"{path.relative_to(ROOT.parent)}:{getattr(node, 'lineno', 0)}"
        for room in (ROOT, ROOT.parent / "cli")
        for path in room.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if reads_prose(node)
    ]
    assert places == []


def test_prose_that_decides_is_recognised() -> None:
    for code in (
        '"locked" in str(error)',
        'str(refused).startswith("case ")',
        'error.args[0] == "x"',
        '"has no URL of" not in str(error).lower()',
        're.match("x", str(error))',
    ):
        assert any(map(reads_prose, ast.walk(ast.parse(code)))), code
