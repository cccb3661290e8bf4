"""Years of notices, simulated or of this module's own making, and their figures counted from the
raw rows of a history by simple code that shares nothing with `attribution.casework`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from casework import stamp, write_history

SIMULATOR = Path(__file__).parents[2] / "shared" / "simulator"
_SIMULATE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import score
folder = Path(sys.argv[2])
score.world.write(score.world.simulate(int(sys.argv[3]), int(sys.argv[4])), str(folder / "raw"))
for name in ("reports", "notices", "events", "aliases"):
    rows = [json.loads(line) for line in open(folder / "raw" / f"{name}.jsonl")]
    lines = [json.dumps(score.translate(row)) + "\\n" for row in rows]
    (folder / f"{name}.jsonl").write_text("".join(lines))
"""
_START = datetime(2024, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def simulated_year(folder: Path, seed: int, providers: int) -> Path:
    """Write a year of the simulator as a history folder."""
    command = [sys.executable, "-B", "-c", _SIMULATE, SIMULATOR, folder, seed, providers]
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(part) for part in command], check=True, timeout=120)
    return folder


def invented_year(folder: Path, seed: int, notices: int = 150) -> Path:
    """Write a year with what the simulator has not: imports without reports or with some of them,
    several possible companies, baseline content, refusals, and URLs that come back twice.
    """
    draw = random.Random(seed)
    rows: dict[str, list[Row]] = {"notices": [], "reports": [], "events": [], "aliases": []}
    for number in range(notices):
        sent = _START + timedelta(minutes=draw.randrange(400 * 24 * 60))
        notice, urls = f"n{number}", draw.randint(1, 4)
        row: Row = {
            "notice": notice,
            "provider": f"p{draw.randrange(8)}",
            "site": f"s{number}",
            "sent_at": stamp(sent),
            "urls": urls,
        }
        if draw.random() < 0.2:
            row["candidates"] = 2
        if draw.random() < 0.3:
            row["baseline"] = True
        rows["notices"].append(row)
        if draw.random() < 0.2:
            rows["events"].append({"kind": "refused", "notice": notice, "at": stamp(sent)})
        for place in range(draw.choice([0, urls, urls, urls, urls - 1])):
            url = f"u{number}-{place}"
            about = {"notice": notice, "url": url}
            report = {**about, "site": row["site"], "provider": row["provider"]}
            rows["reports"].append({**report, "at": stamp(sent - timedelta(hours=draw.random()))})
            rows["events"] += _checks(draw, about, sent)
    rows["aliases"].append({"new": "p1", "old": "p0", "known_at": stamp(_START)})
    return write_history(folder, **rows)


def _checks(draw: random.Random, about: Row, sent: datetime) -> list[Row]:
    rows, at = [], sent
    for _ in range(draw.randrange(5)):
        before, at = at, at + timedelta(hours=draw.expovariate(1 / 20))
        kinds = ["offline", "offline", "still_online", "reappeared", "moved_to_other_host"]
        kind = draw.choice([*kinds, "removed_after_court_order"])
        row = {**about, "kind": kind, "at": stamp(at)}
        if kind == "offline" and draw.random() < 0.5:
            row["last_online"] = stamp(before)
        rows.append(row)
    return rows


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of a file of a history."""
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def recounted(folder: Path, by: str, year: int) -> dict[str, Counter[str]]:
    """Count a history's rows anew: counts by row of `by`, `""` for the whole year."""
    newest = {row["old"]: row["new"] for row in read(folder, "aliases")}
    notices = {row["notice"]: row for row in read(folder, "notices")}
    reports = read(folder, "reports")
    seen = _seen(folder, notices)
    counts: dict[str, Counter[str]] = defaultdict(Counter)

    def count(row: Row, at: datetime, what: str, number: int = 1) -> None:
        if at.year != year:
            return
        company = row["provider"]
        while company in newest:
            company = newest[company]
        place = {"month": f"{at:%Y-%m}", "company": company}.get(by, "not known")
        if by == "company" and what == "candidate_reports":
            place = "not known"
        counts[place][what] += number
        counts[""][what] += number

    for report in reports:
        several = notices[report["notice"]].get("candidates", 1) > 1
        count(report, _time(report["at"]), "candidate_reports" if several else "reports")
    for notice in notices.values():
        sent, several = _time(notice["sent_at"]), notice.get("candidates", 1) > 1
        own = [report["url"] for report in reports if report["notice"] == notice["notice"]]
        count(notice, sent, "candidate_notices" if several else "notices")
        missing = max(notice["urls"] - len(own), 0)
        count(notice, sent, "candidate_reports" if several else "reports", missing)
        if not several:
            count(notice, sent, "urls", max(notice["urls"], len(own)))
        for url in own:
            for what in _outcome(seen[url], sent):
                if not several:
                    count(notice, sent, what)
                elif what == "removed":
                    count(notice, sent, "candidate_removed")
    return counts


def _outcome(seen: list[tuple[datetime, bool, str, datetime | None]], sent: datetime) -> set[str]:
    """Return which of removed, moved, removed_24h and known_24h a URL counts as."""
    seen = sorted(seen, key=lambda check: check[0])
    online = [number for number, check in enumerate(seen) if check[1]]
    after = seen[online[-1] + 1 :] if online else seen
    last = seen[online[-1]][0] if online else sent
    if not after:
        return {"known_24h"} if last > sent + timedelta(hours=24) else set()
    at, _, kind, last_online = after[0]
    last = max(last, last_online or last, at)
    within = last <= sent + timedelta(hours=24)
    if kind == "moved_to_other_host":
        return {"moved"} if within else {"moved", "known_24h"}
    return {"removed", "removed_24h", "known_24h"} if within else {"removed", "known_24h"}


def _seen(folder: Path, notices: dict[str, Row]) -> dict[str, list[Any]]:
    """Return (time, online?, kind, last seen online) of each check, by URL."""
    online = {"still_online": True, "reappeared": True}
    gone = dict.fromkeys(["offline", "moved_to_other_host", "removed_after_court_order"], False)
    seen: dict[str, list[Any]] = defaultdict(list)
    for row in read(folder, "events"):
        state = {**online, **gone}.get(row["kind"])
        if state is None or row.get("url") is None:
            continue
        at = _time(row["at"])
        if row.get("at_least_days") is not None:
            sent = _time(notices[row["notice"]]["sent_at"])
            at = min(at, sent + timedelta(days=row["at_least_days"]))
        last = row.get("last_online")
        seen[row["url"]].append((at, state, row["kind"], _time(last) if last else None))
    return seen


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
