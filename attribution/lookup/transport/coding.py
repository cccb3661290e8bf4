"""Content codings of HTTP answers (RFC 9110, section 8.4.1), undone while streaming and bounded."""

from __future__ import annotations

import zlib
from typing import Any, Protocol

from attribution.lookup.transport.errors import MalformedAnswer, TooLarge

ACCEPTED = "gzip"
"""Value of Accept-Encoding. `deflate` is undone too: some servers send it unasked."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CODED_ROOM = 64 * 1024  # coded text that is longer than what it codes: headers, stored blocks
_BYTES_A_PIECE = 64  # fewer on average, and the pieces cost more than the bytes


class Body(Protocol):
    """Takes an answer's body piece by piece."""

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge or MalformedAnswer."""

    def whole(self) -> bytes:
        """Return the body: all pieces have come. Raises MalformedAnswer where it ends early."""


def body_of(content_coding: str, most_bytes: int) -> Body:
    """Return a collector for a body in this coding, up to `most_bytes` of content.

    `content_coding` is the header field's value. Raises MalformedAnswer for several codings or an
    unknown one.
    """
    codings = [
        name
        for name in (part.strip().lower() for part in content_coding.split(","))
        if name not in ("", "identity")
    ]
    if not codings:
        return _Plain(most_bytes)
    if len(codings) > 1 or codings[0] not in ("gzip", "x-gzip", "deflate"):
        raise MalformedAnswer(f"content coding {content_coding[:60]!r} is not gzip or deflate")
    return _Coded(most_bytes, deflate=codings[0] == "deflate")


class _Meter:
    """Counts bytes and pieces. An empty piece counts too: it costs as much as a small one."""

    def __init__(self, most_bytes: int, room: int = 0) -> None:
        self._bound, self._most_bytes = most_bytes, most_bytes + room
        self._most_pieces = most_bytes // _BYTES_A_PIECE + 64
        self.size = self._pieces = 0

    def count(self, size: int) -> None:
        self.size += size
        self._pieces += 1
        if self.size > self._most_bytes:
            raise TooLarge(f"more than {self._bound} bytes came")
        if self._pieces > self._most_pieces:
            raise TooLarge(f"the answer came in more than {self._most_pieces} pieces")


class _Plain:
    """Content as it is."""

    def __init__(self, most_bytes: int) -> None:
        self._meter = _Meter(most_bytes)
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        self._meter.count(len(piece))
        self._pieces.append(piece)

    def whole(self) -> bytes:
        return b"".join(self._pieces)


class _Coded:
    """Content in one coding. What is undone never exceeds the bound, whatever is promised."""

    def __init__(self, most_bytes: int, *, deflate: bool) -> None:
        self._most = most_bytes
        self._coded = _Meter(most_bytes, _CODED_ROOM)
        self._content = bytearray()
        self._undo: Any = None if deflate else zlib.decompressobj(_GZIP)
        self._begin = b""

    def add(self, piece: bytes) -> None:
        self._coded.count(len(piece))
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
        if self._coded.size and not (self._undo is not None and self._undo.eof):
            raise MalformedAnswer("the content coding ends early")
        return bytes(self._content)

    def _take(self, piece: bytes) -> None:
        while piece:
            if self._undo.eof:
                raise MalformedAnswer("something follows the end of the content coding")
            self._content += self._undo.decompress(piece, self._most - len(self._content) + 1)
            if len(self._content) > self._most:
                raise TooLarge(f"more than {self._most} bytes came")
            piece = self._undo.unconsumed_tail or self._undo.unused_data


def _deflate_bits(begin: bytes) -> int:
    """Tell deflate in zlib's wrapping (RFC 1950), as HTTP means it, from a bare one."""
    wrapped = begin[0] & 0x0F == 8 and int.from_bytes(begin[:2], "big") % 31 == 0
    return _ZLIB if wrapped else _RAW
