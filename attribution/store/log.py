"""Adding to the log, and checking it. One writer at a time; what it adds is on disk together, or
not at all.
"""

from __future__ import annotations

import json
import secrets
import zlib
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, func, select, update

from attribution.errors import StoreError
from attribution.store.chain import GENESIS, detail_text, event_hash, row_digest
from attribution.store.engine import STREAMED
from attribution.store.keys import Keys
from attribution.store.tables import TELLING, cases, events, heads, identifiers, providers, reports
from attribution.store.times import Micros

_FIELDS = (
    "seq",
    "kind",
    "at",
    "known_at",
    "recorded_at",
    "who",
    "provider_id",
    "case_id",
    "report_id",
    "corrects",
    "detail",
    "origin",
)
_COVERED: dict[str, tuple[Table, tuple[str, ...]]] = {
    "provider_named": (providers, ("id", "key", "name", "country", "known_at")),
    "marked": (identifiers, ("id", "provider_id", "kind", "value", "known_at", "source")),
    "case_opened": (
        cases,
        ("id", "key", "provider_id", "site_key", "opened_at", "urls", "reseller", "token"),
    ),
    "reported": (
        reports,
        ("id", "key", "site_key", "reported_at", "host", "url_hash", "url_sealed"),
    ),
}
"""Which rows beside the log an event of a kind covers, and which of their fields."""
_ORDER = (providers, identifiers, cases, reports, events)
_VALUES = {table.name: itemgetter(*(column.name for column in table.columns)) for table in _ORDER}
"""The values of a row in the order of its table's columns."""


def make_token() -> str:
    """Return a new token of a case: 24 letters and digits, 120 bits, the same in any case.

    Mail systems write the address that carries it in lower case.
    """
    return b32encode(secrets.token_bytes(15)).decode().lower()


class Writer:
    """Adds rows and their events. Rows are gathered, and written by `flush` or at the end."""

    def __init__(self, connection: Connection, keys: Keys, who: str, now: int) -> None:
        self._connection = connection
        self.keys = keys
        self.who = who
        head = connection.execute(select(heads.c.seq, heads.c.hash, heads.c.recorded_at)).one()
        self._seq, self._hash = int(head.seq), str(head.hash)
        self.now = Micros(max(now, int(head.recorded_at)))
        """When this is written: never before what was written last, whatever the machine's clock
        says.
        """
        self._gathered: dict[str, list[tuple[Any, ...]]] = {table.name: [] for table in _ORDER}
        self._last: dict[str, int] = {}

    @property
    def connection(self) -> Connection:
        """The transaction, with everything in it that was added so far."""
        self.flush()
        return self._connection

    def name_provider(self, key: str, name: str, country: str | None, known_at: int) -> int:
        """Add a provider; return its id."""
        row = {"key": key, "name": name, "country": country, "known_at": known_at}
        return self._add("provider_named", known_at, row, {}, own_id="provider_id")

    def add_identifier(
        self, provider_id: int, kind: str, value: str, known_at: int, source: str
    ) -> int:
        """Add what a provider is known by; return its id."""
        row = {
            "provider_id": provider_id,
            "kind": kind,
            "value": value,
            "known_at": known_at,
            "source": source,
        }
        return self._add("marked", known_at, row, {"provider_id": provider_id})

    def open_case(  # noqa: PLR0913 - columns of a row, each by its name
        self,
        provider_id: int,
        site_key: str,
        site: str | None,
        opened_at: int,
        *,
        key: str | None = None,
        urls: int = 0,
        reseller: str | None = None,
    ) -> int:
        """Add a case; return its id. `urls` is how many a notice from elsewhere says it holds."""
        row = {
            "key": key or f"c{secrets.token_hex(6)}",
            "provider_id": provider_id,
            "site_key": site_key,
            "site": site,
            "opened_at": opened_at,
            "urls": urls,
            "reseller": reseller,
            "token": make_token(),
        }
        about = {"provider_id": provider_id}
        return self._add("case_opened", opened_at, row, about, own_id="case_id")

    def add_report(  # noqa: PLR0913 - columns of a row, each by its name
        self,
        site_key: str,
        reported_at: int,
        *,
        case_id: int | None,
        provider_id: int | None,
        key: str | None = None,
        host: str | None = None,
        url_hash: str | None = None,
        kept_url: str | None = None,
        evidence: bytes | None = None,
        detail: dict[str, Any] | None = None,
    ) -> int:
        """Add a report; return its id. `url_hash` recognises the URL; `kept_url` is sealed."""
        sealed, seal = (None, None) if kept_url is None else self.keys.seal(kept_url)
        row = {
            "key": key or f"r{secrets.token_hex(6)}",
            "case_id": case_id,
            "site_key": site_key,
            "reported_at": reported_at,
            "host": host,
            "url_hash": url_hash,
            "url_sealed": sealed,
            "seal": seal,
            "salt": secrets.token_bytes(16),
            "evidence": None if evidence is None else zlib.compress(evidence),
        }
        about: dict[str, Any] = {"provider_id": provider_id, "case_id": case_id}
        about["detail"] = dict(detail or {})
        if evidence is not None:
            about["detail"]["evidence_sha256"] = sha256(evidence).hexdigest()
        return self._add("reported", reported_at, row, about, own_id="report_id")

    def add_event(  # noqa: PLR0913 - columns of a row, each by its name
        self,
        kind: str,
        at: int,
        known_at: int | None = None,
        *,
        provider_id: int | None = None,
        case_id: int | None = None,
        report_id: int | None = None,
        corrects: int | None = None,
        detail: dict[str, Any] | None = None,
        origin: str | None = None,
    ) -> int:
        """Add an event to the log; return its number there."""
        self._seq += 1
        text = detail_text(detail) if detail else "{}"
        fields = [
            self._seq,
            kind,
            at,
            at if known_at is None else known_at,
            self.now,
            self.who,
            provider_id,
            case_id,
            report_id,
            corrects,
            text,
            origin,
        ]
        self._hash = event_hash(self._hash, fields)
        self._gathered["events"].append((*fields, self._hash))
        return self._seq

    def flush(self) -> None:
        """Write what was gathered, into the transaction."""
        for table in _ORDER:
            rows = self._gathered[table.name]
            if rows:
                # Tuples straight to the driver: what SQLAlchemy does for each row took a sixth of
                # an import.
                self._connection.exec_driver_sql(self._statement(table), rows)
                rows.clear()

    def finish(self) -> None:
        """Write what was gathered and the log's new end; called once, as the last thing."""
        self.flush()
        self._connection.execute(
            update(heads).values(seq=self._seq, hash=self._hash, recorded_at=self.now)
        )

    def _next(self, table: Table) -> int:
        if table.name not in self._last:
            self._last[table.name] = self._connection.execute(
                select(func.coalesce(func.max(table.c.id), 0))
            ).scalar_one()
        self._last[table.name] += 1
        return self._last[table.name]

    def _statement(self, table: Table) -> str:
        """Return the insertion of a row whose values stand in the order of the table's columns."""
        place = "?" if self._connection.dialect.name == "sqlite" else "%s"
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        return (
            f'INSERT INTO "{table.name}" ({names}) VALUES '  # noqa: S608
            f"({', '.join([place] * len(table.columns))})"
        )

    def _add(
        self,
        kind: str,
        at: int,
        row: dict[str, Any],
        about: dict[str, Any],
        own_id: str | None = None,
    ) -> int:
        """Add a row and the event that covers it, with the row's digest; return the row's id.

        `own_id` is the field of the event that holds the id of the row itself.
        """
        table, names = _COVERED[kind]
        row["id"] = self._next(table)
        self._gathered[table.name].append(_VALUES[table.name](row))
        digest = row_digest(row.get("salt") or b"", [row[name] for name in names])
        detail = {**about.pop("detail", {}), "digest": digest}
        if own_id is not None:
            about[own_id] = row["id"]
        self.add_event(kind, at, detail=detail, **about)
        return int(row["id"])


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Result of a check of the log and of every row that it covers."""

    events: int
    head: str
    """Hash of the last event: note it elsewhere, and a log whose end was cut off shows too."""
    faults: tuple[str, ...]


def check(connection: Connection, keys: Keys, expected_head: str | None = None) -> LogCheck:
    """Go through the log and every row that it covers; say what does not fit. Memory does not grow
    with the store.
    """
    beside = {kind: _rows_of(connection, table) for kind, (table, _) in _COVERED.items()}
    erased = set(
        connection.execute(select(events.c.report_id).where(events.c.kind == "erased")).scalars()
    )
    assigned: dict[int, int] = {}
    for row in connection.execute(
        select(events.c.report_id, events.c.case_id)
        .where(events.c.kind == "assigned")
        .order_by(events.c.seq)
    ):
        assigned[row.report_id] = row.case_id
    faults: list[str] = []
    before, seq, recorded, seen = GENESIS, 0, 0, expected_head is None or expected_head == GENESIS
    for event in connection.execute(
        select(events).order_by(events.c.seq), execution_options=STREAMED
    ).mappings():
        seq += 1
        if event["seq"] != seq:
            faults.append(f"event {seq} is missing: the next one is {event['seq']}")
            seq = event["seq"]
        if event["recorded_at"] < recorded:
            faults.append(f"event {seq} says that it was written before the one before it")
        recorded = event["recorded_at"]
        if event_hash(before, [event[name] for name in _FIELDS]) != event["hash"]:
            faults.append(
                f"event {seq} ({event['kind']}) was changed, or one before it removed or slipped in"
            )
        before = event["hash"]
        seen = seen or before == expected_head
        if event["kind"] in _COVERED:
            faults += _row_faults(event, next(beside[event["kind"]], None), erased, assigned)
        if len(faults) >= 100:
            break
    else:
        faults += [
            f"{_COVERED[kind][0].name}: row {row['id']} has no event in the log"
            for kind, rows in beside.items()
            for row in rows
        ][:100]
        head = connection.execute(select(heads)).mappings().one()
        if (head["seq"], head["hash"]) != (seq, before):
            faults.append(
                f"the log ends at event {seq}, and was written up to event "
                f"{head['seq']}: its end was cut off or added to"
            )
        if head["key_check"] != keys.check:
            faults.append("the key file is not this store's")
        if not seen:
            faults.append(
                f"the head {expected_head} noted earlier is not in the log: it was made "
                f"anew, or its end was cut off"
            )
    return LogCheck(seq, before, tuple(faults))


def _rows_of(connection: Connection, table: Table) -> Iterator[RowMapping]:
    yield from connection.execute(
        select(table).order_by(table.c.id), execution_options=STREAMED
    ).mappings()


def _row_faults(
    event: RowMapping, row: RowMapping | None, erased: set[int], assigned: dict[int, int]
) -> list[str]:
    table, names = _COVERED[event["kind"]]
    where = f"{table.name}: the row of event {event['seq']}"
    if row is None:
        return [f"{where} is missing"]
    if table is reports:
        expected = assigned.get(row["id"], event["case_id"])
        if row["case_id"] != expected:
            return [f"{where} (report {row['key']}) is at another case than the log says"]
        if row["id"] in erased:
            kept = [name for name in TELLING if row[name] is not None]
            return (
                [f"{where} (report {row['key']}) was erased, and has {', '.join(kept)}"]
                if kept
                else []
            )
    detail = json.loads(event["detail"])
    salt = row["salt"] if table is reports else b""
    if salt is None or row_digest(salt, [row[name] for name in names]) != detail.get("digest"):
        return [f"{where} ({row['id']}) was changed"]
    bundle = detail.get("evidence_sha256") if table is reports else None
    if bundle and sha256(_inflated(row["evidence"] or b"")).hexdigest() != bundle:
        return [f"{where} (report {row['key']}) has other evidence than was kept"]
    return []


def _inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return b""


def begin_log(connection: Connection, keys: Keys) -> None:
    """Make the log's beginning in a new store."""
    connection.execute(
        heads.insert().values(id=1, seq=0, hash=GENESIS, recorded_at=0, key_check=keys.check)
    )


def check_keys(connection: Connection, keys: Keys) -> None:
    """Raise StoreError where a key file belongs to another store."""
    noted = connection.execute(select(heads.c.key_check)).scalar_one()
    if noted != keys.check:
        raise StoreError(
            "the key file is another store's: URLs would not be recognised. Name the "
            "right one with ATTRIBUTION_KEY_FILE."
        )
