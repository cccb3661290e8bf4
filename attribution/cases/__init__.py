"""A hotline's memory: who was told what, when, did it arrive, what happened; per provider.

>>> from attribution.cases import Store
>>> with Store.open("sqlite:///cases.sqlite3") as store:  # doctest: +SKIP
...     print(store.check().fault)
"""

from __future__ import annotations

from attribution.extras import Extra, require

require(
    "attribution.cases",
    Extra.HOTLINE,
    "sqlalchemy",
    "alembic",
    "cryptography",
    "jinja2",
    "numpy",
    "scipy",
    "rapidfuzz",
    "xarf",
)
from attribution.cases.store import Store  # noqa: E402 - once its packages are known to be there

__all__ = ["Store"]
