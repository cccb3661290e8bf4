"""The extras of the distribution: what each is for, its modules, and the error without them."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from attribution._version import __version__
from attribution.errors import MissingExtra


class Extra(StrEnum):
    """An optional set of packages, by the name under which it is installed."""

    HOTLINE = "hotline"
    """The store, patterns, letters and the service."""
    EXCHANGE = "exchange"
    """Parquet, MISP and STIX."""
    POSTGRESQL = "postgresql"
    """A store in PostgreSQL."""


MODULES: dict[Extra, tuple[str, ...]] = {
    Extra.HOTLINE: (
        "sqlalchemy",
        "alembic",
        "cryptography",
        "babel",
        "jinja2",
        "numpy",
        "scipy",
        "rapidfuzz",
        "xarf",
        "fastapi",
        "uvicorn",
        "argon2",
        "authlib",
        "httptools",
        "prometheus_client",
        "pyotp",
        "python_multipart",
        "segno",
    ),
    Extra.EXCHANGE: ("pyarrow", "pymisp", "stix2"),
    Extra.POSTGRESQL: ("psycopg",),
}
"""Top-level modules.

uvloop is left out: the service does without it where there is none (Windows).
"""
WHEEL = f"hosting_attribution-{__version__}-py3-none-any.whl"


def require(what: str, extra: Extra, *modules: str) -> None:
    """Raise MissingExtra unless modules of an extra can be loaded; all of them if none is named.

    Loads none. `what` is the command or format that needs them.
    """
    missing = [name for name in modules or MODULES[extra] if not _is_installed(name)]
    if missing:
        some = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        raise MissingExtra(
            f"{what!r} needs the extra {extra.value!r} ({some} not installed): install the "
            "wheel that `make wheel` "
            f"built with it, for example  pip install './dist/{WHEEL}[{extra.value}]'"
        )


def load(what: str, module: str) -> Any:
    """Import a module of a library of the extra `exchange`; raises MissingExtra."""
    require(what, Extra.EXCHANGE, module.partition(".")[0])
    return import_module(module)


def _is_installed(name: str) -> bool:
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
