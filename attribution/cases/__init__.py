"""A hotline's memory: who was told what, when, did it arrive, what happened; per provider.

>>> from attribution.cases import Store
>>> with Store.open("sqlite:///cases.sqlite3") as store:  # doctest: +SKIP
...     print(store.check().fault)
"""

from __future__ import annotations

from attribution.cases.store import Store

__all__ = ["Store"]
