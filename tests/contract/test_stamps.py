"""Heads that leave the machine: a log that was cut or rewritten whole is found without anybody's
note.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from attribution.casework.building_list import build_list
from attribution.casework.notice_history import history_of
from attribution.casework.stamping import StampHead, stamp_head
from attribution.casework.verifying import CheckStore, StoreCheck, check_store
from attribution.errors import Refused, StoreError
from attribution.pattern.dossier.dossier import dossier
from attribution.settings import Settings, load_settings
from attribution.store import Store
from attribution.store.backup import back_up
from attribution.store.chain import GENESIS, event_hash
from attribution.store.engine import writing
from attribution.store.heads import days_head
from attribution.store.log import _FIELDS
from attribution.store.tables import events, heads, reports
from attribution.web.stamping import DailyStamps
from casework import Clock, erase, filled, note_event
from time_stamps import TimeStampAuthority

DAY = 86_400_000_000


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeStampAuthority]:
    running = TimeStampAuthority(tmp_path_factory.mktemp("authority"))
    yield running
    running.close()


@pytest.fixture
def settings(authority: TimeStampAuthority, tmp_path: Path) -> Settings:
    authority.broken = ""
    return load_settings(
        time_stamp_url=authority.url,
        time_stamp_roots=authority.roots,
        stamps_folder=tmp_path / "stamps",
        nameservers=["127.0.0.1:9"],
    )


def rewrite(store: Store, *, up_to: int | None = None, **changes: Any) -> None:
    """Do what a database's administrator can: change or cut events, and make every hash anew."""
    with writing(store.engine) as connection:
        rows = list(connection.execute(select(events).order_by(events.c.seq)).mappings())
        if up_to is not None:
            connection.execute(update(reports).values(case_id=None))
            connection.execute(delete(events).where(events.c.seq > up_to))
            rows = rows[:up_to]
        before = GENESIS
        for number, row in enumerate(rows, start=1):
            values = dict(row) | (changes if number == len(rows) else {})
            before = event_hash(before, [values[name] for name in _FIELDS])
            where = events.c.seq == row["seq"]
            connection.execute(update(events).where(where).values(**values | {"hash": before}))
        last = rows[-1]
        connection.execute(
            update(heads).values(seq=last["seq"], hash=before, recorded_at=last["recorded_at"])
        )


def checked(store: Store, settings: Settings, *against: Path) -> StoreCheck:
    return check_store(store, settings, CheckStore(against=against))


def test_log_rewritten_whole_after_its_last_stamp_is_found(
    store: Store, settings: Settings
) -> None:
    filled(store)
    stamped = stamp_head(store, settings, StampHead())
    assert stamped.at is not None
    assert checked(store, settings).faults == ()
    rewrite(store, who="nobody")
    assert store.check().faults == ()  # every hash fits again
    (fault,) = checked(store, settings).faults
    assert f"event {stamped.head.seq} is not in the log as it was" in fault
    assert "rewritten" in fault


def test_log_cut_off_before_its_last_stamp_is_found(store: Store, settings: Settings) -> None:
    case = filled(store)
    with store.write("ann") as writer:
        note_event(writer, "ack", writer.now, case=case)
    stamped = stamp_head(store, settings, StampHead())
    rewrite(store, up_to=stamped.head.seq - 1)
    assert any("cut off before it" in fault for fault in checked(store, settings).faults)


def test_erasing_a_url_still_verifies(store: Store, settings: Settings) -> None:
    filled(store)
    stamp_head(store, settings, StampHead())
    with store.read() as connection:
        report = connection.execute(select(reports.c.key)).scalars().first()
    with store.write("ann") as writer:
        erase(writer, report, "the retention period is over")
    assert checked(store, settings).faults == ()


def test_stamps_are_checked_without_a_network_and_only_by_pinned_roots(
    store: Store, settings: Settings, authority: TimeStampAuthority, tmp_path: Path
) -> None:
    filled(store)
    stamp_head(store, settings, StampHead())
    asked = authority.asked
    result = checked(store, settings)
    assert (result.stamps.count, result.faults, authority.asked) == (1, (), asked)
    assert result.stamps.last is not None
    stranger = TimeStampAuthority(tmp_path / "stranger")
    stranger.close()
    other = settings.model_copy(update={"time_stamp_roots": stranger.roots})
    assert any("proves nothing" in fault for fault in checked(store, other).faults)
    none = settings.model_copy(update={"time_stamp_roots": None})
    assert any("time_stamp_roots" in fault for fault in checked(store, none).faults)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hash", "1" * 64),
        ("salt", "00" * 32),
        ("event", 1),
        ("token", "AAAA"),
        ("token", 7),
        ("salt", "no hex"),
    ],
)
def test_stamp_that_was_changed_is_a_fault(
    field: str, value: object, store: Store, settings: Settings
) -> None:
    filled(store)
    path = stamp_head(store, settings, StampHead()).path
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    assert checked(store, settings).faults


def planted(settings: Settings, name: str, content: object) -> Path:
    path = settings.stamps_path / name
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("value", [10**30, float("inf"), -1, 2**63, True, [1]])
def test_number_that_no_database_takes_is_a_fault_and_ends_nothing(
    value: object, store: Store, settings: Settings, tmp_path: Path
) -> None:
    filled(store)
    path = stamp_head(store, settings, StampHead()).path
    path.write_text(json.dumps(json.loads(path.read_text()) | {"event": value}))
    assert any("cannot be read" in fault for fault in checked(store, settings).faults)
    noted = tmp_path / "list.json"
    noted.write_text(json.dumps({"log": {"event": value, "hash": "0" * 64}}))
    with pytest.raises(Refused, match=r"list\.json"):
        checked(store, settings, noted)


def test_pipes_and_devices_among_the_stamps_are_faults_and_are_not_read(
    store: Store, settings: Settings
) -> None:
    filled(store)
    stamp_head(store, settings, StampHead())
    os.mkfifo(settings.stamps_path / "stamp-000000000001-pipe.json")
    (settings.stamps_path / "stamp-000000000001-zero.json").symlink_to("/dev/zero")
    (settings.stamps_path / "stamp-000000000001-self.json").symlink_to(
        settings.stamps_path / "stamp-000000000001-self.json"
    )
    (settings.stamps_path / "stamp-000000000001-folder.json").mkdir()
    result = checked(store, settings)
    assert (len(result.faults), result.stamps.count) == (4, 5)


def test_copies_of_an_old_stamp_do_not_push_newer_ones_out(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = filled(store)
    old = stamp_head(store, settings, StampHead())
    with store.write("ann") as writer:
        note_event(writer, "ack", writer.now, case=case)
    newest = stamp_head(store, settings, StampHead())
    rewrite(store, up_to=newest.head.seq - 1)
    values = json.loads(old.path.read_text())
    for number in range(3):
        planted(settings, f"stamp-999999999999-{number:012d}.json", values)
    monkeypatch.setattr("attribution.store.stamps._MOST_STAMPS", 3)
    faults = checked(store, settings).faults
    assert any("not all are checked" in fault for fault in faults)
    assert any("another stamp's" in fault or "cut off" in fault for fault in faults)


def test_many_faults_end_the_check(store: Store, settings: Settings) -> None:
    filled(store)
    stamp_head(store, settings, StampHead())
    for number in range(300):
        planted(settings, f"stamp-000000000000-{number:012d}.json", {})
    assert len(checked(store, settings).faults) == 100


def test_stamp_of_the_beginning_or_of_an_old_head_does_not_stand_for_what_follows(
    store: Store, settings: Settings
) -> None:
    stamp_head(store, settings, StampHead())  # of the empty log, which every store has
    case = filled(store)
    result = checked(store, settings).stamps
    assert (result.covered, result.last, result.faults) == (0, None, ())
    first = stamp_head(store, settings, StampHead())
    with store.write("ann") as writer:
        note_event(writer, "ack", writer.now, case=case)
    second = stamp_head(store, settings, StampHead())
    assert checked(store, settings).stamps.covered == second.head.seq
    second.path.unlink()
    assert checked(store, settings).stamps.covered == first.head.seq


def test_stamps_that_were_taken_away_are_missed(
    store: Store, settings: Settings, clock: Clock
) -> None:
    filled(store)
    stamped = stamp_head(store, settings, StampHead())
    clock.move(days=10)
    assert checked(store, settings).faults == ()
    stamped.path.unlink()
    rewrite(store, who="nobody")
    (fault,) = checked(store, settings).faults
    assert "taken away" in fault
    without = settings.model_copy(update={"time_stamp_url": ""})
    assert checked(store, without).faults == ()
    stamp_head(store, settings, StampHead())  # anew: then it shows how late that was
    result = checked(store, settings)
    assert result.faults == ()
    assert result.stamps.longest_wait is not None
    assert result.stamps.longest_wait.days > 3


def test_stamps_of_another_store_are_faults(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    with Store.open(url, now=store._now) as other:
        filled(other)
        stamp_head(other, settings, StampHead())
    filled(store)
    assert any("is not in the log" in fault for fault in checked(store, settings).faults)


def test_backup_that_was_cut_off_or_doctored_is_refused(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    filled(store)
    backup = tmp_path / "cases.backup"
    back_up(store, backup)
    lines = gzip.decompress(backup.read_bytes()).splitlines(keepends=True)
    empty = json.loads(lines[0]) | {"log": {"event": 0, "hash": GENESIS}}
    doctored = [json.dumps(empty).encode() + b"\n", *lines[1:-1]]
    digest = sha256(b"".join(doctored)).hexdigest()
    foot = json.dumps({"sha256": digest}).encode()
    for content in (lines[:1], lines[:-2], [*doctored, lines[-1]], [*doctored, foot]):
        backup.write_bytes(gzip.compress(b"".join(content)))
        with pytest.raises(Refused, match=r"cases\.backup"):
            checked(store, settings, backup)


def test_stamped_digest_is_salted(store: Store, settings: Settings) -> None:
    filled(store)
    first = stamp_head(store, settings, StampHead())
    salt = json.loads(first.path.read_text())["salt"]
    first.path.unlink()
    second = stamp_head(store, settings, StampHead())
    assert first.head == second.head
    assert json.loads(second.path.read_text())["salt"] != salt


def test_log_without_news_is_stamped_once(
    store: Store, settings: Settings, authority: TimeStampAuthority
) -> None:
    filled(store)
    stamp_head(store, settings, StampHead())
    asked = authority.asked
    assert stamp_head(store, settings, StampHead()).at is None
    assert authority.asked == asked


@pytest.mark.parametrize("broken", ["status", "junk"])
def test_authority_that_gives_no_stamp_is_told_and_nothing_is_kept(
    broken: str, store: Store, settings: Settings, authority: TimeStampAuthority
) -> None:
    filled(store)
    authority.broken = broken
    with pytest.raises(StoreError, match="time_stamp_url"):
        stamp_head(store, settings, StampHead())
    assert not list(settings.stamps_path.glob("*"))


def test_settings_that_are_missing_are_named(store: Store, settings: Settings) -> None:
    for name in ("time_stamp_url", "time_stamp_roots"):
        without = settings.model_copy(update={name: "" if name == "time_stamp_url" else None})
        with pytest.raises(Refused, match=name):
            stamp_head(store, without, StampHead())


def test_backup_holds_the_head_and_shows_a_log_rewritten_since(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    filled(store)
    backup = tmp_path / "cases.backup"
    back_up(store, backup)
    assert checked(store, settings, backup).faults == ()
    rewrite(store, who="nobody")
    (fault,) = checked(store, settings, backup).faults
    assert "cases.backup" in fault


def test_list_holds_the_head_of_its_day(store: Store, settings: Settings, tmp_path: Path) -> None:
    filled(store)
    with store.read() as connection:
        made, _ = build_list(connection, (store.now + timedelta(days=1)).date())
    path = tmp_path / "list.json"
    path.write_text(json.dumps(made))
    assert checked(store, settings, path).faults == ()
    rewrite(store, who="nobody")
    assert any("list.json" in fault for fault in checked(store, settings, path).faults)


def test_dossier_holds_the_head_of_its_day(
    store: Store, settings: Settings, tmp_path: Path, clock: Clock
) -> None:
    filled(store)
    clock.at += timedelta(days=1)
    with store.read() as connection:
        history = history_of(connection, store.now)
        (name,) = history.components(float("inf"))[0]
        values = dossier(history, name, store.now)
    path = tmp_path / "dossier.json"
    path.write_text(json.dumps(values))
    assert values["log"]["event"] > 0
    assert checked(store, settings, path).faults == ()
    rewrite(store, who="nobody")
    assert any("dossier.json" in fault for fault in checked(store, settings, path).faults)


def test_file_without_a_head_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    for content in (b"{}", b"\x1f\x8bnothing", b"[", b'{"log": {"event": "x"}}'):
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(Refused, match="file"):
            checked(store, settings, path)


def test_head_of_a_day_is_the_same_whatever_is_added_later(store: Store, clock: Clock) -> None:
    case = filled(store)
    with store.read() as connection:
        last = connection.execute(select(events.c.recorded_at).order_by(-events.c.seq)).scalars()
        tomorrow = next(iter(last)) + DAY
        before = days_head(connection, tomorrow)
    with store.write("ann") as writer:
        writer.now = tomorrow
        note_event(writer, "ack", tomorrow, case=case)
    with store.read() as connection:
        assert days_head(connection, tomorrow) == before
        assert days_head(connection, tomorrow + DAY).seq == before.seq + 1
        assert days_head(connection, 0) == days_head(connection, DAY)


@pytest.mark.anyio
async def test_service_stamps_by_itself_and_again_after_a_failure(
    store: Store,
    settings: Settings,
    authority: TimeStampAuthority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filled(store)
    monkeypatch.setattr("attribution.web.stamping.RETRY_SECONDS", 0.01)
    authority.broken = "junk"
    asked = authority.asked
    daily = DailyStamps(store, settings)
    daily.start()
    try:
        while authority.asked < asked + 2:
            await asyncio.sleep(0.01)
        authority.broken = ""
        while not list(settings.stamps_path.glob("stamp-*.json")):
            await asyncio.sleep(0.01)
    finally:
        await daily.close()
    assert checked(store, settings).faults == ()
