"""Checks that a named checker signed: what it saw, when, from which provider's address, and how it
knew.

A checker is a program or person of the hotline with an Ed25519 key. Once one is registered, an
unsigned check counts for nothing in an assessment: nobody with an account alone can make a
provider look bad. A statement is refused twice (replay), from the future, and when it is late.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from attribution.casework.fields import required
from attribution.casework.noting import NoteEvent, write_event
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.store import Reader, Writer
from attribution.store.queries.events import EventFilter, events_in_order
from attribution.store.queries.history import SIGNED_ORIGIN
from attribution.store.queries.reports import report_with_key
from attribution.store.signatures import fits, read_public_key
from attribution.store.times import Micros, micros

State = Literal["online", "offline"]
Method = Literal["person", "content", "status"]
_EVENT_OF: dict[str, str] = {"online": "still_online", "offline": "offline"}
_FIELDS = ("checker", "report", "state", "seen_at", "served_by", "method", "vantage_country")
_PREFIX = b"attribution check 1\n"
"""Signed before the statement, so that a signature fits nothing else that the key signs."""
MOST_AHEAD = timedelta(minutes=5)
"""How far a checker's clock may be ahead of the store's."""
MOST_LATE = timedelta(days=7)
"""How old a statement may be when it comes: what a checker saw is sent while it can be compared."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class AddChecker:
    """Register a checker's key."""

    name: str
    public_key: str
    """Ed25519, 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class RetireChecker:
    """Take a key's statements no more; those noted before stay."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a checker saw of one reported URL."""

    checker: str
    """The checker's public key."""
    report: str
    """Key of the report, which stands for the URL."""
    state: State
    seen_at: str
    """ISO 8601 with an offset."""
    served_by: str | None
    """Id of the provider whose address gave the content; None where the checker could not tell."""
    method: Method
    """How the content was compared: by a person, by its bytes, or by the status alone."""
    vantage_country: str
    """Country from which the checker asked, two letters."""

    @property
    def message(self) -> bytes:
        """What is signed: canonical JSON (sorted names, no white space, UTF-8) after a prefix."""
        text = json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        return _PREFIX + text.encode("utf-8", "surrogatepass")

    def signed(self, key: Ed25519PrivateKey) -> dict[str, str | None]:
        """Return the statement with its signature, as it is sent."""
        signature = base64.b64encode(key.sign(self.message)).decode("ascii")
        return {**asdict(self), "signature": signature}


def add_checker(writer: Writer, command: AddChecker) -> int:
    """Register a checker; return the event's number. Raises Refused."""
    name = " ".join(command.name.split())
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise Refused(Refusal.MISSING, "name", command.name[:60], "give the checker a short name")
    _check_public_key(command.public_key)
    for key, other in checkers(writer.connection).items():
        if key == command.public_key or other.casefold() == name.casefold():
            remedy = f"{other!r} has that name or key already; retire it first"
            raise Refused(Refusal.CONFLICT, "checker", name, remedy)
    if command.public_key in _retired(writer.connection):
        remedy = "this key was retired, and is not taken again: make a new one"
        raise Refused(Refusal.CONFLICT, "public_key", command.public_key, remedy)
    detail = {"name": name, "public_key": command.public_key}
    return writer.add_event("checker_named", writer.now, detail=detail)


def retire_checker(writer: Writer, command: RetireChecker) -> int:
    """Retire a checker's key; return the event's number. Raises Refused."""
    keys = {name.casefold(): key for key, name in checkers(writer.connection).items()}
    key = keys.get(command.name.casefold())
    if key is None:
        remedy = "no checker of that name is registered; `attribution checker list` shows them"
        raise Refused(Refusal.NOT_FOUND, "checker", command.name, remedy)
    why = required(command.why, "why", "say why its statements end")
    detail = {"public_key": key, "why": why}
    return writer.add_event("checker_retired", writer.now, detail=detail)


def checkers(reader: Reader) -> dict[str, str]:
    """Return the names of the checkers whose statements are taken, by public key."""
    retired = _retired(reader)
    named = _details(reader, "checker_named")
    return {row["public_key"]: row["name"] for row in named if row["public_key"] not in retired}


def note_statement(writer: Writer, values: Mapping[str, Any]) -> list[int]:
    """Note what a checker signed; return the numbers of the events. Raises Refused.

    The event keeps the statement whole, so that the signature can be checked for ever.
    """
    statement = read_statement(values)
    name = checkers(writer.connection).get(statement.checker)
    if name is None:
        remedy = "no checker is registered with this key; `attribution checker add` does it"
        raise Refused(Refusal.NOT_FOUND, "checker", statement.checker, remedy)
    signature = _check_signature(statement, values.get("signature"))
    at = _seen_at(writer, statement)
    _check_report(writer.connection, statement, at)
    detail = {
        "checker": name,
        "served_by": statement.served_by,
        "compared": statement.method,
        "vantage_country": statement.vantage_country,
        "statement": {**asdict(statement), "signature": signature},
    }
    kind = _EVENT_OF[statement.state]
    origin = _origin_of(statement, at)
    command = NoteEvent(kind=kind, at=at, report=statement.report)
    numbers = write_event(writer, command, detail, origin)
    if not numbers:
        remedy = "what this checker saw of it then was noted before, in this spelling or another"
        raise Refused(Refusal.CONFLICT, "seen_at", statement.seen_at, remedy)
    return numbers


def is_signed(detail: Mapping[str, Any], keys: Collection[str]) -> bool:
    """Say whether an event's detail holds what one of these checkers signed, and says the same.

    `keys` are those that were ever registered: anybody's key signs a statement.
    """
    values = detail.get("statement")
    if not isinstance(values, Mapping):
        return False
    try:
        statement = read_statement(values)
    except Refused:
        return False
    same = (detail.get("served_by"), detail.get("compared"), detail.get("vantage_country")) == (
        statement.served_by,
        statement.method,
        statement.vantage_country,
    )
    signature = values.get("signature")
    return same and statement.checker in keys and _fits(statement, signature)


def read_statement(values: Mapping[str, Any]) -> Statement:
    """Read a statement; a field too many or too few is refused. Raises Refused."""
    if not isinstance(values, Mapping):
        raise Refused(Refusal.INVALID, "statement", str(values)[:60], "give a JSON object")
    unknown = sorted(set(values) - {*_FIELDS, "signature"})
    if unknown:
        remedy = f"a statement has the fields {', '.join(_FIELDS)} and signature"
        raise Refused(Refusal.INVALID, "statement", unknown[0][:60], remedy)
    for name in _FIELDS:
        value = values.get(name)
        if name == "served_by" and value is None and name in values:
            continue
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
            raise Refused(Refusal.MISSING, name, str(value)[:60], "give a short text")
        if not value.isprintable():  # no half of a character or zero byte: databases take neither
            remedy = "write it without control characters"
            raise Refused(Refusal.INVALID, name, value[:60], remedy)
    _check_choice(values, "state", get_args(State))
    _check_choice(values, "method", get_args(Method))
    country = values["vantage_country"]
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        remedy = "give a country's two letters, in upper case"
        raise Refused(Refusal.INVALID, "vantage_country", country, remedy)
    return Statement(**{name: values[name] for name in _FIELDS})


def _check_choice(values: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> None:
    if values[name] not in choices:
        raise Refused(Refusal.INVALID, name, values[name], f"give one of {', '.join(choices)}")


def _check_signature(statement: Statement, signature: Any) -> str:
    if not _fits(statement, signature):
        remedy = "it does not fit the statement: sign its canonical JSON with the checker's key"
        raise Refused(Refusal.INVALID, "signature", str(signature)[:60], remedy)
    return str(signature)


def _fits(statement: Statement, signature: Any) -> bool:
    return fits(statement.checker, signature, statement.message)


def _check_public_key(text: str) -> None:
    try:
        read_public_key(text)
    except ValueError:
        remedy = "give an Ed25519 public key, 32 bytes in base64; `attribution list key` makes one"
        raise Refused(Refusal.INVALID, "public_key", text[:60], remedy) from None


def _origin_of(statement: Statement, at: int) -> str:
    """Return the text by which a check is recognised, however its time is spelled."""
    check = f"{statement.checker} {statement.report} {at}"
    return f"{SIGNED_ORIGIN}{hashlib.sha256(check.encode('utf-8')).hexdigest()}"


def _seen_at(writer: Writer, statement: Statement) -> Micros:
    try:
        seen = datetime.fromisoformat(statement.seen_at)
        if seen.tzinfo is None:
            raise ValueError(statement.seen_at)
        at = micros(seen.astimezone(UTC))
    except (ValueError, OverflowError):
        remedy = "give a time with its offset, such as 2026-03-02T18:00:00Z"
        raise Refused(Refusal.INVALID, "seen_at", statement.seen_at, remedy) from None
    if at > writer.now + MOST_AHEAD // timedelta(microseconds=1):
        remedy = "it is in the future: set the checker's clock"
        raise Refused(Refusal.INVALID, "seen_at", statement.seen_at, remedy)
    if at < writer.now - MOST_LATE // timedelta(microseconds=1):
        remedy = f"it is more than {MOST_LATE.days} days old, and is not taken any more"
        raise Refused(Refusal.INVALID, "seen_at", statement.seen_at, remedy)
    return at


def _check_report(reader: Reader, statement: Statement, at: int) -> None:
    report = report_with_key(reader, statement.report)
    if report is None or report.case_id is None:
        remedy = "it is not in the store, or has no case yet"
        raise Refused(Refusal.NOT_FOUND, "report", statement.report, remedy)
    if at < report.reported_at:
        remedy = "it is before the URL was reported: nobody could have been asked to check it"
        raise Refused(Refusal.INVALID, "seen_at", statement.seen_at, remedy)


def _retired(reader: Reader) -> set[str]:
    return {detail["public_key"] for detail in _details(reader, "checker_retired")}


def _details(reader: Reader, kind: str) -> list[dict[str, Any]]:
    registered = EventFilter(kinds=[kind], of_no_provider=True)
    return [event.detail for event in events_in_order(reader, registered)]
