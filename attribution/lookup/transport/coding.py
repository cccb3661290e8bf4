"""Content codings of HTTP answers (RFC 9110, section 8.4.1), undone while streaming and within a bound."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from attribution.lookup.transport.errors import MalformedAnswer, TooLarge

ACCEPTED = "gzip"
"""What is asked for. `deflate` is undone too, for servers that do not read what one accepts."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CODED_ROOM = 64 * 1024  # coded text that is longer than what it codes: headers, stored blocks
_BYTES_A_PIECE = 64  # fewer on average, and the pieces cost more than the bytes


class Body(Protocol):
    """Takes an answer's body piece by piece."""

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge or MalformedAnswer."""

    def whole(self) -> bytes:
        """Return the body, of which all pieces have come. Raises MalformedAnswer where it ends early."""


def body_of(content_coding: str, most_bytes: int) -> Body:
    """Return what takes a body in this coding, up to `most_bytes` of content.

    `content_coding` is the header field's value; more than one coding, or one that is not read, is refused.
    Raises MalformedAnswer.
    """
    codings = [name.strip().lower() for name in content_coding.split(",")] if content_coding else []
    codings = [name for name in codings if name not in ("", "identity")]
    if not codings:
        return _Plain(most_bytes)
    if len(codings) > 1 or codings[0] not in ("gzip", "x-gzip", "deflate"):
        raise MalformedAnswer(
            f"content coding {content_coding[:60]!r} is not read: at most one of gzip and deflate is"
        )
    return _Coded(most_bytes, deflate=codings[0] == "deflate")


class _Plain:
    """Content as it is."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._size = most_bytes, 0
        self._most_pieces = most_bytes // _BYTES_A_PIECE + 64
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._most:
            raise TooLarge(f"more than {self._most} bytes came")
        self._pieces.append(piece)
        if len(self._pieces) > self._most_pieces:
            raise TooLarge(f"the answer came in more than {self._most_pieces} pieces")

    def whole(self) -> bytes:
        return b"".join(self._pieces)


class _Coded:
    """Content in one coding. What is undone never exceeds the bound, whatever the coded bytes promise."""

    def __init__(self, most_bytes: int, *, deflate: bool) -> None:
        self._content = _Plain(most_bytes)
        self._most, self._coded_size, self._size = most_bytes, 0, 0
        self._undo: Any = None if deflate else zlib.decompressobj(_GZIP)
        self._begin = b""

    def add(self, piece: bytes) -> None:
        self._coded_size += len(piece)
        if self._coded_size > self._most + _CODED_ROOM:
            raise TooLarge(f"more than {self._most} bytes came")
        if self._undo is None:
            self._begin += piece
            if len(self._begin) < 2:
                return
            self._undo, piece = zlib.decompressobj(_deflate_bits(self._begin)), self._begin
        try:
            self._take(piece)
        except zlib.error as error:
            raise MalformedAnswer(f"the content coding is broken: {error}") from None

    def whole(self) -> bytes:
        if self._coded_size and not (self._undo is not None and self._undo.eof):
            raise MalformedAnswer("the content coding ends early")
        return self._content.whole()

    def _take(self, piece: bytes) -> None:
        while piece:
            if self._undo.eof:
                raise MalformedAnswer("something follows the end of the content coding")
            content = self._undo.decompress(piece, self._most - self._size + 1)
            self._size += len(content)
            self._content.add(content)
            piece = self._undo.unconsumed_tail or self._undo.unused_data


def _deflate_bits(begin: bytes) -> int:
    """Tell deflate in zlib's wrapping (RFC 1950), as HTTP means it, from the bare one that some servers send."""
    wrapped = begin[0] & 0x0F == 8 and int.from_bytes(begin[:2], "big") % 31 == 0
    return _ZLIB if wrapped else _RAW
