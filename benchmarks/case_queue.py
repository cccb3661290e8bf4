"""How long the queue and the search take in a large store: `python benchmarks/case_queue.py`.

The store has 100,000 cases at 1,000 providers, of which 10,000 are open: not sent, waiting, with
mail that came back. The bar is 0.3 s for a first page, with at most 8 statements.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event

from attribution.casework.filling_queue import fresh_queue, rebuild_queue, refresh_queue
from attribution.casework.queue import ListCases, list_cases, read_queue, terms_for_queue
from attribution.casework.terms import Terms
from attribution.store import Store
from attribution.store.times import micros

HOUR = 3_600_000_000
TERMS = terms_for_queue(Terms(1, 24), "NL")
SECONDS_AT_MOST, STATEMENTS_AT_MOST = 0.3, 8
OPEN_STATES = ("tonight", "waiting", "bounce", "reply")


def filled(url: str, key_file: Path | None, count: int, share_open: float) -> Store:
    """Make a store of so many cases, of which a share is open."""
    store = Store.open(url, key_file=key_file)
    chance = random.Random(3)
    countries = ("NL", "NL", "DE", "US")
    with store.write("bench") as writer:
        ids = [
            writer.name_provider(f"bench:{n}", f"Company {n}", chance.choice(countries), 1)
            for n in range(1000)
        ]
        for number in ids:
            writer.add_identifier(number, "mailbox", f"abuse@company-{number}.example", 1, "bench")
    for start in range(0, count, 5000):
        with store.write("bench") as writer:
            for number in range(start, start + 5000):
                provider = ids[min(999, int(chance.paretovariate(0.9)) - 1)]
                host, at = f"www.site-{number}.example", writer.now - (count - number) * HOUR // 10
                site = writer.keys.hash_of(f"site site-{number}.example")
                case = writer.open_case(provider, site, f"site-{number}.example", at, urls=1)
                about = {"provider_id": provider, "case_id": case}
                report = writer.add_report(
                    site,
                    at,
                    host=host,
                    url_hash=writer.keys.hash_of(f"{host}/1"),
                    detail={"mailbox": f"abuse@company-{provider}.example", "country": None},
                    **about,
                )
                state = "over"
                if chance.random() < share_open:
                    state = chance.choice(OPEN_STATES)
                if state == "tonight":
                    continue
                mail = {
                    "to": f"abuse@company-{provider}.example",
                    "message_id": f"<{number}@h.example>",
                }
                writer.add_event("sent", at + 1, detail=mail, **about)
                writer.add_event("still_online", at + 2, report_id=report, **about)
                if state == "over":
                    writer.add_event("offline", at + 3, report_id=report, **about)
                elif state != "waiting":
                    writer.add_event(state, at + 3, detail={"to": mail["to"]}, **about)
    return store


def pages(count: int) -> dict[str, Callable[[Store], object]]:
    """Return what is measured, by name."""
    middle = count // 2

    def listing(**which: object) -> Callable[[Store], object]:
        def run(store: Store) -> object:
            with fresh_queue(store) as reader:
                command = ListCases(**which)  # type: ignore[arg-type]
                return list_cases(reader, store.keys, TERMS, command, micros(store.now))

        return run

    def queue(store: Store) -> object:
        with fresh_queue(store) as reader:
            return read_queue(reader, TERMS)

    return {
        "queue": queue,
        "list, newest": listing(),
        "list, waiting by urgency": listing(states=("waiting",), sort="urgency"),
        "list, abroad by company": listing(states=("abroad",), sort="company"),
        "list, done by age": listing(states=("done",), sort="oldest"),
        "list of the largest company": listing(company="bench:0"),
        "search a URL": listing(query=f"hxxps://www[.]site-{middle}[.]example/1"),
        "search a host": listing(query=f"www.site-{middle}.example"),
        "search a site": listing(query=f"site-{middle}.example"),
        "search a company's name": listing(query="Company 1"),
        "search a mailbox": listing(query="abuse@company-1.example"),
        "search a Message-ID": listing(query=f"<{middle}@h.example>"),
        "search what is nowhere": listing(query="nothing of that name"),
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=100_000)
    arguments.add_argument("--share-open", type=float, default=0.1)
    arguments.add_argument("--runs", type=int, default=9)
    arguments.add_argument("--url", help="Another database, empty; a SQLite file otherwise.")
    given = arguments.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{folder}/cases.sqlite3"
        with filled(url, Path(folder) / "keys", given.cases, given.share_open) as store:
            for name, work in (("first fill", refresh_queue), ("rebuild", rebuild_queue)):
                began = time.perf_counter()
                states = work(store)
                print(f"{name:32} {time.perf_counter() - began:8.3f} s  {states} states")
            statements: list[str] = []
            event.listen(
                store.engine,
                "before_cursor_execute",
                lambda c, cursor, text, *_: text.startswith("BEGIN") or statements.append(text),
            )
            for name, page in pages(given.cases).items():
                times = []
                for _ in range(given.runs):
                    statements.clear()
                    began = time.perf_counter()
                    page(store)
                    times.append(time.perf_counter() - began)
                seconds = statistics.median(times)
                print(f"{name:32} {seconds:8.3f} s  {len(statements)} statements")
                failed |= seconds > SECONDS_AT_MOST or len(statements) > STATEMENTS_AT_MOST
    sys.exit(failed)


if __name__ == "__main__":
    main()
