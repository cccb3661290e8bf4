"""Content codings of HTTP answers (RFC 9110, section 8.4.1), undone while streaming and bounded."""

from __future__ import annotations

import zlib
from typing import Any

from attribution.lookup.transport.errors import MalformedAnswer, TooLarge

ACCEPTED = "gzip"
"""Value of Accept-Encoding. `deflate` is undone too: some servers send it unasked."""

_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_CODED_ROOM = 64 * 1024  # coded text that is longer than what it codes: headers, stored blocks
_BYTES_A_PIECE = 64  # fewer on average, and the pieces cost more than the bytes


def body_of(content_coding: str, most_bytes: int) -> Body:
    """Return a collector for a body in this coding, up to `most_bytes` of content.

    `content_coding` is the header field's value. Raises MalformedAnswer for several codings or an
    unknown one.
    """
    parts = (part.strip().lower() for part in content_coding.split(","))
    codings = [name for name in parts if name not in ("", "identity")]
    if not codings:
        return Body(most_bytes)
    if len(codings) > 1 or codings[0] not in ("gzip", "x-gzip", "deflate"):
        raise MalformedAnswer(f"content coding {content_coding[:60]!r} is not gzip or deflate")
    return _CodedBody(most_bytes, deflate=codings[0] == "deflate")


class Body:
    """Collects an answer's body piece by piece. An empty piece costs as much as a small one."""

    def __init__(self, most_bytes: int, coded_room: int = 0) -> None:
        self._most, self._most_received = most_bytes, most_bytes + coded_room
        self._most_pieces = most_bytes // _BYTES_A_PIECE + 64
        self._received = self._pieces = 0
        self._content = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece. Raises TooLarge or MalformedAnswer."""
        self._received += len(piece)
        self._pieces += 1
        if self._received > self._most_received:
            raise TooLarge(f"more than {self._most} bytes came")
        if self._pieces > self._most_pieces:
            raise TooLarge(f"the answer came in more than {self._most_pieces} pieces")
        self._take(piece)

    def whole(self) -> bytes:
        """Return the body after the last piece. Raises MalformedAnswer where it ends early."""
        return bytes(self._content)

    def _take(self, piece: bytes) -> None:
        self._content += piece


class _CodedBody(Body):
    """Content in one coding. What is undone never exceeds the bound."""

    def __init__(self, most_bytes: int, *, deflate: bool) -> None:
        super().__init__(most_bytes, _CODED_ROOM)
        self._decoder: Any = None if deflate else zlib.decompressobj(_GZIP)
        self._begin = b""

    def whole(self) -> bytes:
        if self._received and not (self._decoder is not None and self._decoder.eof):
            raise MalformedAnswer("the content coding ends early")
        return super().whole()

    def _take(self, piece: bytes) -> None:
        if self._decoder is None:
            self._begin += piece
            if len(self._begin) < 2:
                return
            self._decoder, piece = zlib.decompressobj(_deflate_bits(self._begin)), self._begin
        try:
            while piece:
                if self._decoder.eof:
                    raise MalformedAnswer("something follows the end of the content coding")
                room = self._most - len(self._content)
                self._content += self._decoder.decompress(piece, room + 1)
                if len(self._content) > self._most:
                    raise TooLarge(f"more than {self._most} bytes came")
                piece = self._decoder.unconsumed_tail or self._decoder.unused_data
        except zlib.error as error:
            raise MalformedAnswer(f"the content coding is broken: {error}") from None


def _deflate_bits(begin: bytes) -> int:
    """Tell deflate in zlib's wrapping (RFC 1950), as HTTP means it, from a bare one."""
    wrapped = begin[0] & 0x0F == 8 and int.from_bytes(begin[:2], "big") % 31 == 0
    return _ZLIB if wrapped else _RAW
