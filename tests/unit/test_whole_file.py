"""Files for a person: whole, theirs alone, on disk with
their names, and never in place of another unasked.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attribution.casework.signers import new_key
from attribution.errors import OutputError, OutputExistsError, StoreError
from attribution.evidence import Evidence, EvidenceFolder
from attribution.files.whole_file import open_private, private_folder, whole_file
from attribution.store.keys import Keys


@pytest.fixture(autouse=True)
def _open_to_all() -> Iterator[None]:
    """Work under the umask that takes nothing away."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files and folders that were synced, in order."""
    names: list[str] = []
    sync = os.fsync

    def record(descriptor: int) -> None:
        names.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    return names


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write(path: Path, text: str, *, replace: bool = False) -> None:
    with whole_file(path, replace=replace) as out:
        out.write(text)


def test_a_file_and_the_folders_made_for_it_are_their_owners_alone(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "file", "text")
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/file")] == [0o700, 0o700, 0o600]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["file"]


def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("earlier")
    path.chmod(0o644)
    with pytest.raises(OutputExistsError, match=r"file' exists.*--force"):
        write(path, "later")
    assert path.read_text() == "earlier"
    write(path, "later", replace=True)
    assert (path.read_text(), mode(path)) == ("later", 0o600)


def test_a_file_that_was_made_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(OutputExistsError), whole_file(path) as out:
        out.write("ours")
        path.write_text("theirs")
    assert path.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_nowhere_counts_as_there(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputExistsError):
        write(tmp_path / "link", "text")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("code", "way_out"),
    [(errno.ENOSPC, "Make room"), (errno.EROFS, "may write"), (errno.EIO, "Name another place")],
)
def test_a_fault_of_the_disk_leaves_nothing_and_says_what_to_do(
    code: int, way_out: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(
        OutputError, match=f"file' cannot be written: {os.strerror(code)}.*{way_out}"
    ):
        write(tmp_path / "file", "text")
    assert list(tmp_path.iterdir()) == []


def test_a_stop_half_way_leaves_the_earlier_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("earlier")
    with pytest.raises(KeyboardInterrupt), whole_file(path, replace=True) as out:
        out.write("half")
        raise KeyboardInterrupt
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_to_and_not_replaced() -> None:
    write(Path(os.devnull), "text")
    assert Path(os.devnull).is_char_device()


def test_file_and_folder_are_synced_the_file_first(tmp_path: Path, synced: list[str]) -> None:
    write(tmp_path / "file", "text")
    assert len(synced) == 2
    assert synced[0].startswith(f"{tmp_path}/.file.")
    assert synced[1] == str(tmp_path)


def test_a_folder_that_is_made_is_synced_into_the_one_above(
    tmp_path: Path, synced: list[str]
) -> None:
    private_folder(tmp_path / "a" / "b")
    assert synced == [str(tmp_path), str(tmp_path / "a")]


def test_a_file_that_grows_has_its_name_on_disk_when_it_is_made(
    tmp_path: Path, synced: list[str]
) -> None:
    for _ in range(2):
        with open_private(tmp_path / "file", "ab") as out:
            out.write(b"line\n")
    assert synced == [str(tmp_path)]
    assert mode(tmp_path / "file") == 0o600


def test_a_key_file_and_a_signers_key_are_on_disk_with_their_names(
    tmp_path: Path, synced: list[str]
) -> None:
    Keys.make().save(tmp_path / "keys")
    assert synced[-1] == str(tmp_path)
    assert synced[-2].startswith(f"{tmp_path}/.keys.")
    synced.clear()
    new_key(tmp_path / "ann.pem")
    assert synced[-1] == str(tmp_path)
    assert synced[-2].startswith(f"{tmp_path}/.ann.pem.")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o600}
    with pytest.raises(StoreError, match="Name another"):
        new_key(tmp_path / "ann.pem")


def test_evidence_is_its_owners_alone_and_its_chain_has_its_name_on_disk(
    tmp_path: Path, synced: list[str]
) -> None:
    folder = tmp_path / "evidence"
    EvidenceFolder(folder).append(Evidence("host.example", datetime(2026, 1, 1, tzinfo=UTC)))
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert mode(folder) == 0o700
    chain = synced.index(str(folder / "chain.jsonl"))
    assert str(folder) in synced[:chain]  # the bundle's name before the link to it
    assert synced[chain - 1] == str(folder)  # as is the chain's, when it is made
