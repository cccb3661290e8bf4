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
