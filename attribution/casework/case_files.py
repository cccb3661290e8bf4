"""What an authority gets of a case: URLs, answer and evidence, receipts, checks, time line, law."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from attribution.casework.cases import case_named
from attribution.casework.reported_urls import urls_of_reports
from attribution.casework.views import CaseView, case_view
from attribution.codes import EventKind
from attribution.data.authorities import hotlines_and_authority
from attribution.data.laws import laws_of
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.errors import EvidenceError
from attribution.evidence import Evidence
from attribution.history.rows import ABOUT_PROVIDER
from attribution.models import Attribution
from attribution.store import Reader
from attribution.store.keys import Keys
from attribution.store.queries.events import EventFilter, events_by_time
from attribution.store.queries.providers import identifiers_of, provider_with_id
from attribution.store.queries.reports import Report, evidence_of, reports_of_cases
from attribution.store.times import iso, moment

NOTICES = frozenset(["sent", EventKind.REMINDER])
RECEIPTS = frozenset[str](
    [
        EventKind.ACK,
        EventKind.REPLY,
        EventKind.REFUSED,
        EventKind.NOT_OURS,
        EventKind.BOUNCE,
        EventKind.DELAYED,
        EventKind.RELAYED,
        EventKind.DELIVERED,
        EventKind.OPENED,
        EventKind.LETTER_DELIVERED,
    ]
)
"""What tells whether a notice arrived, and what was answered."""
CHECKS = frozenset[str](
    [
        EventKind.STILL_ONLINE,
        EventKind.OFFLINE,
        EventKind.REAPPEARED,
        EventKind.MOVED_TO_OTHER_HOST,
        EventKind.REMOVED_AFTER_COURT_ORDER,
    ]
)


@dataclass(frozen=True, slots=True)
class PackedCase:
    """A case as it goes into a pack."""

    values: dict[str, Any]
    """Everything about it that is text, for `case.json` and the index."""
    files: dict[str, bytes]
    """Its files by their path in the pack."""
    without_url: tuple[str, ...]
    """Reports of imports that never gave a URL: the pack has the key alone."""


def packed_case(
    reader: Reader, keys: Keys, key: str, *, supplied: Iterable[str] = (), now: int
) -> PackedCase:
    """Return a case with its files. `supplied` are URLs that the store does not keep.

    Erased reports are in it without URL and evidence. Raises NotFound, and Refused where a URL is
    missing.
    """
    case = case_named(reader, key)
    view = case_view(reader, key, now)
    reports = reports_of_cases(reader, [case.id])[case.id]
    kept = [report for report in reports if report.url_sealed or report.url_hash]
    urls = urls_of_reports(keys, kept, supplied)
    without_url = tuple(
        report.key for report in reports if report.key not in urls and not report.erased
    )
    folder = f"cases/{_file_name(key)}"
    files: dict[str, bytes] = {}
    roles: list[str] = []
    rows = []
    for report, row in zip(reports, view.reports, strict=True):
        paths, answer = _evidence_files(reader, report, folder)
        files.update(paths)
        roles += [party.role for party in _parties(answer) if party.provider.id == case.provider]
        rows.append(
            {
                "report": report.key,
                "url": urls.get(report.key),
                "erased": report.erased,
                "reported_at": iso(report.reported_at),
                "last_check": row["last_check"],
                "checked_at": iso(row["checked_at"]),
                "files": sorted(paths),
            }
        )
    timeline = _timeline(view)
    notices = [event for event in timeline if event["kind"] in NOTICES]
    values = {
        "case": key,
        "site": case.site,
        "state": view.line.state,
        "opened_at": iso(case.opened_at),
        "provider": _provider(reader, case.provider_id),
        "reports": rows,
        "notices": notices,
        "receipts": [event for event in timeline if event["kind"] in RECEIPTS],
        "checks": [event for event in timeline if event["kind"] in CHECKS],
        "time_line": timeline,
        "provider_events": _provider_events(reader, case.provider_id),
        "next_step": view.next_step,
        "law": law_of(case.country, roles[0] if roles else "hosting", now),
    }
    files[f"{folder}/urls.txt"] = "".join(f"{url}\n" for url in urls.values()).encode(
        "utf-8", "surrogatepass"
    )
    for number, text in enumerate(sent_texts(notices), start=1):
        files[f"{folder}/sent/{number}.txt"] = text.encode("utf-8")
    files[f"{folder}/case.json"] = as_json(values)
    return PackedCase(values, files, without_url)


def law_of(country: str | None, role: str, now: int) -> dict[str, Any]:
    """Return what the packaged tables say of a country on the day of the pack; nothing where they
    say nothing.
    """
    day = moment(now).date()
    responsible = asdict(hotlines_and_authority(country, day)) if country else {}
    return {
        "country": country,
        "role": role,
        "on": day.isoformat(),
        "laws": [asdict(law) for law in laws_of(country, role, day)],
        "hotlines": list(responsible.get("hotlines", ())),
        "authority": responsible.get("authority"),
    }


def sent_texts(notices: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the texts of notices that the store keeps, in the order in which they were sent."""
    texts = (notice["detail"].get("text") for notice in notices)
    return [text for text in texts if isinstance(text, str)]


def as_json(values: Any) -> bytes:
    """Return values as a JSON file that a person can read."""
    text = json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    return f"{text}\n".encode("utf-8", "surrogatepass")


def _evidence_files(
    reader: Reader, report: Report, folder: str
) -> tuple[dict[str, bytes], Attribution | None]:
    """Return the bundle of a report and the answer that it gives, as files, and the answer."""
    packed = None if report.erased else evidence_of(reader, report.id)
    if packed is None:
        return {}, None
    name = _file_name(report.key)
    try:
        raw = zlib.decompress(packed)
        answer = decide_from(Facts.of(Evidence.from_bytes(raw))).attribution
    except (EvidenceError, zlib.error):
        return {}, None
    files = {
        f"{folder}/evidence/{name}.json": raw,
        f"{folder}/answers/{name}.json": as_json(answer.model_dump(mode="json")),
    }
    return files, answer


def _parties(answer: Attribution | None) -> Iterable[Any]:
    return () if answer is None else answer.parties


def _timeline(view: CaseView) -> list[dict[str, Any]]:
    """Return everything that happened, with times as text and what was taken back since."""
    taken_back = {event["corrects"] for event in view.events}
    return [
        {
            **event,
            **{name: iso(event[name]) for name in ("at", "known_at", "recorded_at")},
            "taken_back": event["seq"] in taken_back,
        }
        for event in view.events
    ]


def _provider(reader: Reader, provider_id: int) -> dict[str, Any]:
    provider = provider_with_id(reader, provider_id)
    return {
        "key": provider.key,
        "name": provider.name,
        "country": provider.country,
        "identifiers": [
            {
                "kind": row.kind,
                "value": row.value,
                "known_at": iso(row.known_at),
                "source": row.source,
            }
            for row in identifiers_of(reader, [provider_id])
        ],
    }


def _provider_events(reader: Reader, provider_id: int) -> list[dict[str, Any]]:
    """Return what happened to the provider as a whole: confirmed mailboxes, letters, replies."""
    about = EventFilter(kinds=ABOUT_PROVIDER, provider_ids=[provider_id], standing=True)
    return [
        {
            "seq": event.seq,
            "kind": event.kind,
            "at": iso(event.at),
            "who": event.who,
            "report": None,
            "taken_back": False,
            "detail": event.detail,
        }
        for event in events_by_time(reader, about)
        if event.case_id is None
    ]


def _file_name(key: str) -> str:
    """Return a name of a file for a key: those of imports may hold anything."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in key[:60])
    return plain if plain == key else f"{plain}-{sha256(key.encode()).hexdigest()[:12]}"
