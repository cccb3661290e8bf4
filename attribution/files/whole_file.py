"""Output files: written atomically, readable by their owner alone, replacing others on demand only.

Everything that this program writes for a person may hold reported URLs or names of companies:
files get the mode 0600 and folders 0700, whatever the umask.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from attribution.errors import OutputError, OutputExistsError

FILE_MODE = 0o600
FOLDER_MODE = 0o700


@contextmanager
def whole_file(
    path: Path, mode: str = "w", *, replace: bool = False, what: str = "output"
) -> Iterator[IO[Any]]:
    """Open a file to write (`w`: UTF-8 text, `wb`: bytes) that gets its name when it is complete.

    Without `replace` an existing file is not changed. A device or pipe is written to directly.
    Raises OutputExistsError, also where the file was made meanwhile, and OutputError for every
    other OSError; `what` is the file's name in its message.
    """
    refuse_existing(path, replace=replace)
    try:
        if _is_stream(path):
            with path.open(mode, **_encoding(mode)) as out:
                yield out
            return
        private_folder(path.parent)
        new = path.with_name(f".{path.name[:50]}.{os.urandom(4).hex()}.part")
        try:
            with os.fdopen(_create(new), mode, **_encoding(mode)) as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            _give_name(new, path, replace=replace)
        finally:
            with suppress(OSError):
                new.unlink()
    except OSError as error:
        raise OutputError(f"{what} {str(path)!r} cannot be written: {reason_of(error)}") from error


def refuse_existing(*paths: Path, replace: bool = False) -> None:
    """Raise OutputExistsError for the first file that exists, before any work is done for it."""
    for path in paths:
        try:
            exists = not replace and os.path.lexists(path) and not _is_stream(path)
        except OSError as error:
            raise OutputError(
                f"output {str(path)!r} cannot be written: {reason_of(error)}"
            ) from error
        if exists:
            raise OutputExistsError(str(path))


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner only. Raises OSError."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        if path.parent == path:
            break
        path = path.parent
    for folder in reversed(missing):
        # `Path.mkdir(parents=True, mode=...)` would give the mode to the last one alone.
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        sync_folder(folder.parent)


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a file of bytes unbuffered; a new one is its owner's alone. Raises OSError."""
    is_new = not os.path.lexists(path)
    opened = open(  # noqa: SIM115 - Path.open takes no opener; the caller closes it
        path, mode, buffering=0, opener=lambda name, flags: os.open(name, flags, FILE_MODE)
    )
    if is_new:
        sync_folder(path.parent)
    elif "w" in mode and hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        os.fchmod(opened.fileno(), FILE_MODE)  # emptied, so that it is as new
    return opened


def sync_folder(folder: Path) -> None:
    """Sync a folder's names to disk; does nothing where folders cannot be synced (Windows)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with suppress(OSError):  # some network file systems sync no folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_name(new: Path, path: Path, *, replace: bool) -> None:
    """Rename a finished file; a hard link refuses a name that was taken meanwhile."""
    if replace:
        new.replace(path)
    else:
        try:
            path.hardlink_to(new)
        except FileExistsError:
            raise OutputExistsError(str(path)) from None
        except OSError:  # a file system without hard links
            refuse_existing(path)
            new.replace(path)
    sync_folder(path.parent)


def _create(path: Path) -> int:
    return os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE
    )


def _encoding(mode: str) -> dict[str, Any]:
    return {} if "b" in mode else {"encoding": "utf-8", "newline": ""}


def _is_stream(path: Path) -> bool:
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISCHR(kind) or stat.S_ISFIFO(kind)


def reason_of(error: OSError) -> str:
    """Return the system's reason and what a person may do about it, as two sentences."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        way_out = "Make room, then run the command again"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        way_out = "Name a place that this account may write to, or let it write there"
    else:
        way_out = "Name another place"
    return f"{error.strerror or error}. {way_out}."
