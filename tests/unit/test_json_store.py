"""The cache's store: JSON text only, for its owner only, and never the reason that a look-up
fails.
"""

import logging
import os
import pickle
import sqlite3
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from attribution.cache.json_store import JsonStore


class Exploit:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, proof: Path) -> None:
        self._proof = proof

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (str(self._proof), os.O_CREAT | os.O_WRONLY)


def change(store: JsonStore, statement: str, values: tuple[object, ...]) -> None:
    store.close()
    with sqlite3.connect(store.path / "cache.db") as database:
        assert database.execute(statement, values).rowcount == 1


def test_value_comes_back(tmp_path: Path) -> None:
    store = JsonStore(tmp_path)
    store.set("key", {"a": [1, None, "ü"]}, 60)
    store.close()
    assert JsonStore(tmp_path).get("key") == {"a": [1, None, "ü"]}


def test_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    (tmp_path / "answers-1").mkdir(mode=0o755)
    store = JsonStore(tmp_path)
    store.set("key", 1, 60)
    store.flush()
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700


def test_exploit_works_where_it_is_unpickled(tmp_path: Path) -> None:
    proof = tmp_path / "executed"
    os.close(pickle.loads(pickle.dumps(Exploit(proof))))
    assert proof.exists()


@pytest.mark.parametrize("planted_in", ["value", "file", "key"])
def test_planted_pickle_is_refused_and_not_executed(
    planted_in: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    proof = tmp_path / "executed"
    raw = pickle.dumps(Exploit(proof))
    store = JsonStore(tmp_path)
    store.set("key", 1, 60)
    store.flush()
    if planted_in == "value":
        change(store, "UPDATE Cache SET mode = 4, value = ? WHERE key = 'key'", (raw,))
    elif planted_in == "file":
        (store.path / "planted.val").write_bytes(raw)
        change(
            store,
            "UPDATE Cache SET mode = 4, value = NULL, filename = ? WHERE key = 'key'",
            ("planted.val",),
        )
    else:
        change(store, "UPDATE Cache SET raw = 0, key = ? WHERE key = 'key'", (raw,))
    with caplog.at_level(logging.WARNING):
        found = list(store.all_keys()) if planted_in == "key" else store.get("key")
    assert not found
    assert not proof.exists()
    assert "set aside" in caplog.text
    store.set("key", 2, 60)
    assert store.get("key") == 2


@pytest.mark.parametrize(
    "damage", [b"this is no database", b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_damaged_store_is_set_aside_and_the_look_up_goes_on(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "answers-1"
    folder.mkdir()
    (folder / "cache.db").write_bytes(damage)
    store = JsonStore(tmp_path)
    with caplog.at_level(logging.WARNING):
        assert store.get("key") is None
    store.set("key", 1, 60)
    assert store.get("key") == 1
    aside = list(tmp_path.glob("answers-1.set-aside-*"))
    assert [(one / "cache.db").read_bytes() for one in aside] == [damage]
    assert "set aside" in caplog.text


def test_store_of_diskcache_itself_is_foreign_once_it_holds_other_than_text(tmp_path: Path) -> None:
    import diskcache

    with diskcache.Cache(str(tmp_path / "answers-1")) as foreign:
        foreign.set("key", {"a", "set"})
    store = JsonStore(tmp_path)
    assert store.get("key") is None
    assert list(tmp_path.glob("answers-1.set-aside-*"))


def test_other_files_in_the_users_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    store = JsonStore(tmp_path)
    store.set("key", 1, 60)
    assert store.clear() == 1
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_folder_that_cannot_be_made_only_warns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    store = JsonStore(tmp_path / "file")
    with caplog.at_level(logging.WARNING):
        store.set("key", 1, 60)
        store.flush()
    assert store.get("key") is None
    assert "no answers are kept" in caplog.text


def test_value_is_read_before_and_after_it_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, writers = threading.Event(), []
    write = JsonStore._write

    def late(store: JsonStore, writes: list[Any]) -> None:
        may_write.wait(10)
        writers.append(threading.get_ident())
        write(store, writes)

    monkeypatch.setattr(JsonStore, "_write", late)
    store = JsonStore(tmp_path)
    store.set("key", 1, 60)
    store.set("key", 2, 60)
    assert store.get("key") == 2
    assert JsonStore(tmp_path).get("key") is None
    may_write.set()
    store.flush()
    assert store.get("key") == JsonStore(tmp_path).get("key") == 2
    assert threading.get_ident() not in writers


def test_writes_that_wait_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attribution.cache.json_store._MOST_WAITING", 3)
    store, waited = JsonStore(tmp_path), []
    flush = store._waiting.flush
    monkeypatch.setattr(store._waiting, "flush", lambda: (waited.append(1), flush()))
    monkeypatch.setattr(store._waiting, "_write", lambda writes: time.sleep(0.01))
    for number in range(50):
        store.set(f"key {number}", number, 60)
        assert len(store._waiting._writes) <= 3
    assert waited


def test_closing_writes_what_waits_and_ends_the_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    store = JsonStore(tmp_path)
    for number in range(1000):
        store.set(f"key {number}", number, 60)
    started = set(threading.enumerate()) - before
    store.close()
    assert len(list(JsonStore(tmp_path).all_keys())) == 1000
    assert started
    assert not [thread for thread in started if thread.is_alive()]


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object()])
def test_only_json_can_be_kept(value: object, tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        JsonStore(tmp_path).set("key", value, 60)
