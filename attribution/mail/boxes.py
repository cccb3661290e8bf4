"""Mails as they lie in files: one mail, an mbox, a Maildir, or a folder of mails."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from attribution.errors import HistoryError
from attribution.mail.origin import Relay
from attribution.mail.parts import MOST_BYTES
from attribution.mail.reading import Reading, read_mail


def read_mails(path: Path, relay: Relay | None = None) -> Iterator[tuple[str, Reading]]:
    """Yield (name, reading) of each mail of a file, an mbox, a Maildir or a folder of mail files.

    Of a mail larger than 2 MB the beginning is read. A file of a folder that cannot be read has the
    kind `no_mail`. Raises HistoryError where the path is none of these or cannot be read.
    """
    relay = relay or Relay()
    for name, raw in _raw_mails(path):
        yield name, read_mail(raw, relay)


def _raw_mails(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if path.is_dir():
            for file in _files(path):
                try:
                    raw = _head(file)
                except FileNotFoundError:
                    continue  # another program took it meanwhile, as Maildir allows
                except OSError:
                    raw = b""  # listed as no mail; the others are read
                yield file.name, raw
        elif path.is_file():
            yield from _of_file(path)
        else:
            raise HistoryError(f"mail {str(path)!r} is no file, mbox or Maildir.")
    except OSError as error:
        name = str(error.filename or path)
        raise HistoryError(f"mail {name!r} cannot be read: {error.strerror}.") from None


def _files(folder: Path) -> list[Path]:
    if (folder / "cur").is_dir() or (folder / "new").is_dir():
        inside = [file for name in ("new", "cur") for file in sorted((folder / name).glob("*"))]
    else:
        inside = sorted(folder.iterdir())
    return [file for file in inside if file.is_file()]


def _of_file(path: Path) -> Iterator[tuple[str, bytes]]:
    raw = _head(path)
    if not raw.startswith(b"From "):
        yield path.name, raw
        return
    with closing(mailbox.mbox(path, create=False)) as box:
        for number, key in enumerate(box.iterkeys(), start=1):
            # As bytes: the library's own parser raises on parts nested deeply.
            with closing(box.get_file(key, from_=True)) as file:
                yield f"{path.name}:{number}", file.read(MOST_BYTES + 1)


def _head(path: Path) -> bytes:
    """Return the beginning of a file, a byte more than is read of a mail."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)
