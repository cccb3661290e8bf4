"""The store, in SQLite and in PostgreSQL: what is written stays, what is changed shows, and nothing
is half there.
"""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text, update

from attribution.errors import KeyFileError, StoreError
from attribution.store import Store
from attribution.store.backup import back_up, restore
from attribution.store.engine import connect, scrub, writing
from attribution.store.keys import Keys
from attribution.store.migrate import migrate, newest_revision
from attribution.store.tables import cases, events, heads, identifiers, metadata, providers, reports
from attribution.store.times import micros, moment
from casework import NOON, Clock, correct, erase, filled, looked_up, note_event, reported


def test_a_store_that_nobody_touched_verifies(store: Store) -> None:
    filled(store)
    found = store.check()
    assert found.faults == ()
    assert found.events > 5
    assert store.check(found.head).faults == ()


def test_a_head_noted_earlier_is_found_again_and_one_that_never_was_is_not(store: Store) -> None:
    filled(store)
    head = store.check().head
    filled(store, found=looked_up("www.other.example"), url="https://www.other.example/1")
    assert store.check(head).faults == ()
    assert "noted earlier" in store.check("f" * 64).faults[0]


@pytest.mark.parametrize(
    "change",
    [
        update(events).where(events.c.kind == "ack").values(kind="bounce"),
        update(events).where(events.c.kind == "ack").values(at=events.c.at - 1),
        update(events).where(events.c.kind == "ack").values(who="eve"),
        update(events)
        .where(events.c.kind == "sent")
        .values(detail='{"to":"somebody@else.example"}'),
        delete(events).where(events.c.kind == "ack"),
        update(providers).values(name="Innocent Ltd"),
        update(identifiers)
        .where(identifiers.c.kind == "mailbox")
        .values(value="other@hosting.example"),
        update(cases).values(opened_at=1),
        update(cases).values(token="guessed"),
        update(reports).values(host="www.innocent.example"),
        update(reports).values(reported_at=5),
        update(reports).values(case_id=None),
        update(reports).values(evidence=b"nothing"),
        delete(reports),
        insert(identifiers).values(
            id=99, provider_id=1, kind="name", value="Innocent Ltd", known_at=1, source="nobody"
        ),
        update(heads).values(seq=3),
    ],
)
def test_every_change_beside_the_program_is_found(change: object, store: Store) -> None:
    filled(store)
    with writing(store.engine) as connection:
        if store.engine.dialect.name == "postgresql":
            # A forger minds no foreign keys.
            connection.execute(text("SET session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        if str(change).startswith("DELETE FROM reports"):
            connection.execute(update(events).values(report_id=None))
        connection.execute(change)  # type: ignore[call-overload]
    assert store.check().faults


def test_a_log_cut_off_at_its_end_is_found(store: Store) -> None:
    filled(store)
    with writing(store.engine) as connection:
        last = connection.execute(select(events).order_by(events.c.seq.desc())).mappings().first()
        assert last
        connection.execute(delete(events).where(events.c.seq == last["seq"]))
    assert any("cut off" in fault for fault in store.check().faults)


def test_a_log_cut_off_and_closed_again_is_found_by_a_head_noted_elsewhere(store: Store) -> None:
    filled(store)
    head = store.check().head
    with writing(store.engine) as connection:
        last, before = connection.execute(
            select(events.c.seq, events.c.hash).order_by(events.c.seq.desc()).limit(2)
        ).all()
        connection.execute(delete(events).where(events.c.seq == last.seq))
        connection.execute(update(heads).values(seq=before.seq, hash=before.hash))
    assert store.check().faults == ()
    assert store.check(head).faults


def test_a_correction_is_a_new_event_and_the_old_one_stays(store: Store) -> None:
    case = filled(store)
    with store.write("ann") as writer:
        (number,) = note_event(writer, "bounce", writer.now, case=case)
    with store.write("bob") as writer:
        correct(writer, number, "of another notice")
    with store.write("bob") as writer, pytest.raises(StoreError, match="already"):
        correct(writer, number, "again")
    with store.read() as connection:
        kept = connection.execute(
            select(events.c.kind, events.c.who).where(events.c.seq == number)
        ).one()
        assert tuple(kept) == ("bounce", "ann")
    assert store.check().faults == ()


def test_what_was_not_finished_is_not_there(store: Store) -> None:
    class StoppedError(Exception):
        pass

    filled(store)
    before = store.check()
    with pytest.raises(StoppedError), store.write("ann") as writer:
        writer.name_provider("x:1", "Half", None, writer.now)
        writer.flush()
        raise StoppedError
    assert store.check() == before


def test_a_clock_that_goes_back_does_not_bring_the_log_out_of_order(
    store: Store, clock: Clock
) -> None:
    filled(store)
    clock.move(days=-3)
    filled(store, found=looked_up("www.other.example"), url="https://www.other.example/1")
    with store.read() as connection:
        recorded = (
            connection.execute(select(events.c.recorded_at).order_by(events.c.seq)).scalars().all()
        )
    assert list(recorded) == sorted(recorded)
    assert moment(recorded[-1]) == NOON
    assert store.check().faults == ()


def test_two_writers_at_once_both_get_in_whole(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    failed: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with Store.open(store_url, tmp_path / "keys.json") as mine:
                for number in range(25):
                    with mine.write(name) as writer:
                        identity = writer.name_provider(f"{name}:{number}", name, None, writer.now)
                        writer.add_event("contact_confirmed", writer.now, provider_id=identity)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in ("ann", "bob")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert store.check().faults == ()
    assert store.check().events == 100


def test_a_url_is_kept_as_a_hash_and_as_itself_only_when_asked(store: Store) -> None:
    reported(store, "https://www.site.example/secret-path")
    with store.read() as connection:
        row = connection.execute(select(reports)).mappings().one()
    everything = repr(dict(row))
    assert "secret-path" not in everything
    assert row["url_sealed"] is None
    assert row["url_hash"] == store.keys.hash_of("www.site.example/secret-path")
    reported(store, "https://www.site.example/other-path", keep_url=True)
    with store.read() as connection:
        row = (
            connection.execute(select(reports).where(reports.c.url_sealed.is_not(None)))
            .mappings()
            .one()
        )
    assert b"other-path" not in bytes(row["url_sealed"])
    assert store.keys.open(row["url_sealed"], row["seal"]) == "https://www.site.example/other-path"


def test_evidence_in_the_store_does_not_tell_the_url(store: Store) -> None:
    import zlib

    found = looked_up()
    assert b"https://www.site.example/1" in found.evidence.to_bytes()
    reported(store, found=found)
    with store.read() as connection:
        kept = zlib.decompress(connection.execute(select(reports.c.evidence)).scalar_one())
    assert b"https://www.site.example/1" not in kept
    assert b"www.site.example" in kept


def test_rotated_keys_open_what_was_kept_and_the_old_ones_do_not(
    store: Store, tmp_path: Path
) -> None:
    filled(store)
    old = Keys.load(tmp_path / "keys.json")
    assert store.rotate_keys() == 1
    with store.read() as connection:
        row = connection.execute(select(reports.c.url_sealed, reports.c.seal)).one()
    new = Keys.load(tmp_path / "keys.json")
    assert new.open(row.url_sealed, row.seal) == "https://www.site.example/1"
    with pytest.raises(KeyFileError):
        old.open(row.url_sealed, row.seal)
    assert store.check().faults == ()


def test_erasing_leaves_nothing_to_read_and_the_chain_whole(store: Store) -> None:
    added = reported(store, "https://www.site.example/1", keep_url=True)
    with store.write("ann") as writer:
        erase(writer, added.report, "request of 2026-03-01")
    scrub(store.engine)
    with store.read() as connection:
        row = connection.execute(select(reports)).mappings().one()
        assert connection.execute(select(cases.c.site)).scalar_one() is None
    gone = ("host", "url_hash", "url_sealed", "seal", "salt", "evidence")
    assert [row[name] for name in gone] == [None] * len(gone)
    assert store.check().faults == ()
    if store.engine.dialect.name == "sqlite":
        file = Path(str(store.engine.url.database))
        raw = b"".join(
            one.read_bytes() for one in file.parent.glob(file.name + "*") if one.suffix != ".keys"
        )
        assert b"www.site.example" not in raw
    with store.write("ann") as writer, pytest.raises(StoreError, match="already"):
        erase(writer, added.report, "again")


def test_an_erased_row_that_is_filled_again_is_found(store: Store) -> None:
    added = reported(store)
    with store.write("ann") as writer:
        erase(writer, added.report, "request")
    with writing(store.engine) as connection:
        connection.execute(update(reports).values(host="www.site.example"))
    assert any("erased" in fault for fault in store.check().faults)


def test_another_stores_key_file_is_refused(store: Store, store_url: str, tmp_path: Path) -> None:
    Keys.make().save(tmp_path / "other.json")
    with pytest.raises(StoreError, match="another store's"):
        Store.open(store_url, tmp_path / "other.json")
    with pytest.raises(KeyFileError, match="not there"):
        Store.open(store_url, tmp_path / "missing.json")
    assert not (tmp_path / "missing.json").exists()


def test_a_newer_store_is_refused_and_left_alone(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    with writing(store.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        Store.open(store_url, tmp_path / "keys.json")


def test_a_database_of_something_else_is_left_alone(store_url: str, tmp_path: Path) -> None:
    engine = connect(store_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    with pytest.raises(StoreError, match="something else"):
        Store.open(store_url, tmp_path / "keys.json")
    engine.dispose()


def test_a_store_with_data_comes_forward_from_each_form(store_url: str, tmp_path: Path) -> None:
    engine = connect(store_url)
    migrate(engine, "0001")
    keys = Keys.make()
    keys.save(tmp_path / "keys.json")
    from attribution.store.log import Writer, begin_log

    with writing(engine) as connection:
        begin_log(connection, keys)
        writer = Writer(connection, keys, "ann", micros(NOON))
        provider = writer.name_provider("ripe:ORG-EX1", "Example", "NL", 5)
        case = writer.open_case(provider, "key", "site.example", 7)
        writer.add_report("key", 7, case_id=case, provider_id=provider, host="www.site.example")
        writer.finish()
    engine.dispose()
    with Store.open(store_url, tmp_path / "keys.json") as store:
        assert store.check().faults == ()
        with store.read() as connection:
            assert (
                connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
                == newest_revision()
            )
        filled(store)
        assert store.check().faults == ()


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with store.read() as connection:
        context = MigrationContext.configure(connection)
        differences = [
            one for one in compare_metadata(context, metadata) if "alembic_version" not in str(one)
        ]
    assert differences == []


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_made_while_others_write_restores_into_either_database(
    target: str, store: Store, store_url: str, tmp_path: Path
) -> None:
    filled(store)
    stop = threading.Event()
    failed: list[BaseException] = []

    def write() -> None:
        number = 0
        try:
            with Store.open(store_url, tmp_path / "keys.json") as mine:
                while not stop.is_set():
                    number += 1
                    with mine.write("bob") as writer:
                        writer.name_provider(f"busy:{number}", "Busy", None, writer.now)
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    counts = back_up(store, tmp_path / "backup")
    stop.set()
    thread.join()
    assert failed == []
    if target == "sqlite":
        url = f"sqlite:///{tmp_path / 'restored.sqlite3'}"
    else:
        from databases import postgresql_url

        url = postgresql_url()
    assert restore(tmp_path / "backup", url) == counts
    with Store.open(url, tmp_path / "keys.json") as restored:
        assert restored.check().faults == ()
        filled(restored, found=looked_up("www.third.example"), url="https://www.third.example/1")
    with pytest.raises(StoreError, match="holds a store already"):
        restore(tmp_path / "backup", url)


@pytest.mark.parametrize("damage", ["cut", "changed", "none"])
def test_a_damaged_backup_restores_nothing(damage: str, store: Store, tmp_path: Path) -> None:
    import gzip

    filled(store)
    back_up(store, tmp_path / "backup")
    lines = gzip.decompress((tmp_path / "backup").read_bytes()).splitlines(keepends=True)
    if damage == "cut":
        lines = lines[:-4]
    elif damage == "changed":
        place = next(number for number, line in enumerate(lines) if b'"ack"' in line)
        lines[place] = lines[place].replace(b'"ack"', b'"bad"')
    (tmp_path / "damaged").write_bytes(gzip.compress(b"".join(lines)))
    url = f"sqlite:///{tmp_path / 'restored.sqlite3'}"
    if damage == "none":
        restore(tmp_path / "damaged", url)
        return
    with pytest.raises(StoreError):
        restore(tmp_path / "damaged", url)
    restore(tmp_path / "backup", url)  # and nothing stands in the way of the whole one


@pytest.mark.parametrize(
    ("url", "words"),
    [("nonsense", "no URL"), ("sqlite://", "no file"), ("mysql://a/b", "not supported")],
)
def test_a_store_that_cannot_be_is_told_with_the_way_out(
    url: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=words):
        Store.open(url, tmp_path / "keys.json")


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "cases.sqlite3").write_text("no database " * 200)
    with pytest.raises(StoreError, match="no store, or damaged"):
        Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}")


def test_times_are_exact() -> None:
    at = NOON + timedelta(microseconds=1)
    assert moment(micros(at)) == at


def test_the_key_file_is_its_owners_only(store: Store, tmp_path: Path) -> None:
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0
    assert set(json.loads((tmp_path / "keys.json").read_text())) == {"hashing", "wrapping"}


def test_a_backup_takes_accounts_with_it_and_no_sessions(store: Store, tmp_path: Path) -> None:
    from attribution.store.service_tables import sessions
    from attribution.web.access.accounts import account_of
    from attribution.web.access.signing_in import Credentials, sign_in
    from served import PASSWORD, add_person

    person = add_person(store, "analyst", "ann@hotline.example")
    sign_in(store, Credentials("ann@hotline.example", PASSWORD, person.code(store)), 12)
    back_up(store, tmp_path / "backup")
    restore(tmp_path / "backup", f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    with Store.open(
        f"sqlite:///{tmp_path / 'restored.sqlite3'}", tmp_path / "keys.json", now=lambda: store.now
    ) as other:
        with other.read() as connection:
            assert connection.execute(sessions.select()).all() == []
            held = account_of(connection, "ANN@hotline.example")
        assert held is not None
        assert (
            sign_in(other, Credentials("ann@hotline.example", PASSWORD, person.code(other)), 12)[
                1
            ].name
            == held.name
        )


def test_a_backup_of_the_form_before_the_service_restores(store: Store, tmp_path: Path) -> None:
    import gzip
    import hashlib

    filled(store)
    back_up(store, tmp_path / "backup")
    head, *rows = [
        json.loads(line)
        for line in gzip.decompress((tmp_path / "backup").read_bytes()).splitlines()
    ]
    head["form"] = "0002"
    for table in ("accounts", "api_keys", "report_addresses"):
        del head["rows"][table]
    rows = [row for row in rows if isinstance(row, dict) or row[0] != "report_addresses"]
    lines = [json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in (head, *rows[:-1])]
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    with gzip.open(tmp_path / "old", "wb") as out:
        out.write(b"".join(lines) + json.dumps({"sha256": digest}).encode() + b"\n")
    counts = restore(tmp_path / "old", f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    assert set(counts) == set(head["rows"])
    with Store.open(f"sqlite:///{tmp_path / 'restored.sqlite3'}", tmp_path / "keys.json") as other:
        assert other.check().faults == ()
        with other.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM accounts").scalar() == 0
