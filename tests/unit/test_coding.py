"""Content codings: at most one, undone within the bound, whatever the coded bytes promise."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from attribution.lookup.transport import MalformedAnswer, TooLarge
from attribution.lookup.transport.coding import body_of

TEXT = b'{"handle": "N-1"}' * 50
BOUND = 1024 * 1024
GZIPPED = gzip.compress(TEXT, mtime=0)
"""Without the time: it would be in the names of tests, which two processes collect."""


def bare_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def read(coding: str, coded: bytes, *, most: int = BOUND, step: int = 7) -> bytes:
    body = body_of(coding, most)
    for start in range(0, len(coded), step):
        body.add(coded[start : start + step])
    return body.whole()


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", GZIPPED),
        (" GZip ", GZIPPED),
        ("x-gzip", GZIPPED),
        ("identity, gzip", GZIPPED),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 65536])
def test_one_coding_is_undone(coding: str, coded: bytes, step: int) -> None:
    assert read(coding, coded, step=step) == TEXT


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "compress", "gzip, gzip", "deflate, gzip", "gzip,x", "*"]
)
def test_other_codings_and_several_are_refused(coding: str) -> None:
    with pytest.raises(MalformedAnswer, match="content coding"):
        body_of(coding, BOUND)


def test_coding_inside_the_coding_is_left_as_it_is() -> None:
    inner = GZIPPED
    assert read("gzip", gzip.compress(inner)) == inner


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        ("gzip", b"<html>no gzip</html>"),
        ("gzip", GZIPPED[:-1]),
        ("gzip", GZIPPED[:20]),
        ("gzip", GZIPPED + b"more"),
        ("gzip", GZIPPED + GZIPPED),
        ("deflate", b"\x78"),
        ("deflate", b"\x07\x07\x07"),
    ],
)
@pytest.mark.parametrize("step", [1, 65536])
def test_broken_coding_is_malformed(coding: str, coded: bytes, step: int) -> None:
    with pytest.raises(MalformedAnswer):
        read(coding, coded, step=step)


def test_nothing_is_nothing_in_every_coding() -> None:
    assert [read(coding, b"") for coding in ("", "gzip", "deflate")] == [b"", b"", b""]


@pytest.mark.parametrize(("size", "fits"), [(BOUND, True), (BOUND + 1, False)])
@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_bound_is_exact(coding: str, size: int, fits: bool) -> None:
    data = bytes(size)
    coded = {"": data, "gzip": gzip.compress(data), "deflate": zlib.compress(data)}[coding]
    if fits:
        assert len(read(coding, coded, step=65536)) == size
    else:
        with pytest.raises(TooLarge, match=str(BOUND)):
            read(coding, coded, step=65536)


def test_bomb_takes_no_more_memory_than_the_bound_and_a_piece() -> None:
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(256)) + packer.flush()
    assert len(bomb) < BOUND
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            read("gzip", bomb, step=16 * 1024)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * BOUND


def test_coded_bytes_that_hold_nothing_are_bounded_too() -> None:
    body = body_of("deflate", 1000)
    nothing = b"\x00\x00\x00\xff\xff" * 1000  # stored blocks of no bytes
    with pytest.raises(TooLarge):
        for _ in range(100):
            body.add(nothing)


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
@pytest.mark.parametrize("piece", [b"", b"x"])
def test_pieces_are_bounded(coding: str, piece: bytes) -> None:
    body = body_of(coding, 64 * 1024)
    rest = iter(
        gzip.compress(bytes(1_000_000), 0)
        if coding == "gzip"
        else zlib.compress(bytes(1_000_000), 0)
    )
    with pytest.raises(TooLarge, match="pieces"):
        for _ in range(64 * 1024):
            body.add(piece and bytes([next(rest)]))
