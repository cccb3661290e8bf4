"""Mail of any shape: work grows no faster than size, counted and not timed; nothing raises."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.mail import Bound, Kind, Relay, read_mail
from returned_mails import NOTICE, REPLY_TO, report

HEAD = f"From: MAILER-DAEMON@h.example\nTo: {REPLY_TO}\nReturn-Path: <>\n".encode()
RELAY = Relay("mx.hotline.example", frozenset(["mx.hotline.example"]))
MIXED = b"Content-Type: multipart/mixed; boundary=b\n\n"


def nested(size: int) -> bytes:
    form = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    return HEAD + b"".join(form % (depth, depth) for depth in range(size)) + b"\nx\n"


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "nested parts": nested,
    "parts": lambda size: HEAD + MIXED + b"--b\n\nx\n" * size,
    "lines like boundaries": lambda size: HEAD + MIXED + b"--c\n" * size,
    "header lines": lambda size: HEAD + b"X-A: b\n" * size + b"\nx",
    "folded lines": lambda size: HEAD + b"X-A: b\n" + b" c\n" * size + b"\nx",
    "one long header": lambda size: HEAD + b"X-A: " + b"b" * size * 10 + b"\n\nx",
    "recipients": lambda size: HEAD + b"Cc: " + b"a@b.example, " * size + b"\n\nx",
    "tokens": lambda size: HEAD + b"\n" + b"x+abcdefghijklmnopqrstuvwx@h.example " * size,
    "base64 junk": lambda size: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"!A==" * size,
    "angle brackets": lambda size: HEAD + b"Content-Type: text/html\n\n" + b"<" * size * 10,
    "styles": lambda size: HEAD + b"Content-Type: text/html\n\n" + b"<style>" * size,
    "carriage returns": lambda size: HEAD + b"\n" + b"\r" * size * 10 + b"x",
    "line feeds": lambda size: HEAD + b"\n" * size * 10,
    "comments": lambda size: (
        b"Authentication-Results: mx.hotline.example; " + b"(" * size + b"\n\n"
    ),
    "encoded words": lambda size: HEAD + b"Subject: " + b"=?utf-8?q?a?= " * size + b"\n\nx",
    "status codes": lambda size: HEAD + b"\n" + b"5.1." * size,
    "references": lambda size: HEAD + b"References: " + b"<a@b> " * size + b"\n\n",
    "recipients of a report": lambda size: report(
        block="Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * size
    ),
    "a slow charset": lambda size: (
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-b" * size
    ),
}


def steps(raw: bytes) -> int:
    """Count the lines of Python and the calls that reading a mail takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_mail(raw, RELAY)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", HOSTILE)
def test_twice_the_mail_takes_no_more_than_twice_the_steps(shape: str) -> None:
    make = HOSTILE[shape]
    read_mail(make(1), RELAY)
    one, two, four = (steps(make(size)) for size in (400, 800, 1600))
    assert two <= 2.2 * one + 500
    assert four <= 2.2 * two + 500


@pytest.mark.parametrize("shape", HOSTILE)
def test_a_mail_of_the_worst_size_is_read(shape: str) -> None:
    reading = read_mail(HOSTILE[shape](100_000), RELAY)
    assert len(reading.text) <= 20_000
    assert len(reading.tokens) <= 100
    assert len(reading.references) <= 100
    assert len(reading.recipients) <= 100


def test_bounds_that_a_mail_goes_beyond_are_said() -> None:
    assert Bound.DEPTH in read_mail(HOSTILE["nested parts"](21)).beyond
    assert Bound.DEPTH not in read_mail(HOSTILE["nested parts"](20)).beyond
    assert Bound.PARTS in read_mail(HOSTILE["parts"](201)).beyond
    assert Bound.PARTS not in read_mail(HOSTILE["parts"](200)).beyond
    assert Bound.FIELDS in read_mail(HOSTILE["header lines"](1_001)).beyond
    assert Bound.BYTES in read_mail(HEAD + b"\n" + b"x" * 2 * 1024 * 1024).beyond


PIECES = st.sampled_from(
    [
        b"\n",
        b"\r\n",
        b"--b\n",
        b"--b--\n",
        b"From: a@b.example\n",
        b"From \n",
        b"From: \n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
        b'Content-Type: multipart/mixed; boundary="b\n',
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/disposition-notification\n",
        b"Content-Type: text/html; charset=utf-16\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Final-Recipient: rfc822;\n",
        b"Action: failed\n",
        b"Status: 5\n",
        b"Disposition: ;\n",
        b"Subject: =?utf-8?b?////?= =?x?q??=\n",
        b"Date: Fri, 31 Dec 9999 23:59:59 -2300\n",
        b"Received: by by; 99\n",
        b"Return-Path: <>\n",
        b"Message-ID: <\xff@>\n",
        NOTICE.encode(),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=40))
def test_nothing_that_is_sent_raises(pieces: list[bytes]) -> None:
    reading = read_mail(b"".join(pieces), RELAY)
    assert isinstance(reading.kind, Kind)
