"""An append-only log of events in SQLite or PostgreSQL, chained by hashes; it knows nothing of what
the events mean.

>>> from attribution.store import Store
>>> with Store.open("sqlite:///cases.sqlite3") as store:  # doctest: +SKIP
...     print(store.check().faults)
"""

from __future__ import annotations

from attribution.extras import Extra, require

require("attribution.store", Extra.HOTLINE, "sqlalchemy", "alembic", "cryptography")
# Once its packages are known to be there:
from attribution.store.engine import Reader  # noqa: E402
from attribution.store.log import Writer  # noqa: E402
from attribution.store.store import Store  # noqa: E402

__all__ = ["Reader", "Store", "Writer"]
