"""No text raises anything but InvalidTarget; spelling changes no host; work is linear."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attribution import InvalidTarget, parse_target
from attribution.target import canonical_url, defanged, parse, plain_url
from attribution.target.cleaning import MAXIMUM_OCTETS
from attribution.target.split import shown_host

LABEL_FORM = r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?"
LABEL = st.from_regex(LABEL_FORM, fullmatch=True).filter(lambda label: label[2:4] != "--")
HOST = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
TOKENS = st.sampled_from(
    [
        "[.]",
        "(.)",
        "[dot]",
        "(dot)",
        "{.}",
        " dot ",
        "[:]",
        "[/]",
        "[//]",
        "[://]",
        "hxxp:",
        "hxxps%3A",
        "h**p:",
        "http://",
        "%2E",
        "%2e%2e",
        "%",
        "%41",
        "%zz",
        "..",
        ".",
        "/",
        "\\",
        "?",
        "#",
        "a",
        "x.y",
        "é",
        "\u200b",
        "\ud800",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<",
        ">",
        '"',
        "'",
        "`",
        "|",
        "*",
        "&",
        "=",
        "+",
        "@",
        ":",
        ",",
        "!",
        " ",
        "\t",
        "~",
    ]
)
PATH = st.lists(TOKENS, max_size=12).map("".join)
SCHEMES = ["https://", "http://", "", "//", "ftp://", "hxxps://", "hxxp[:]//", "- <http://"]
HOSTS = [
    "a.example",
    "a[.]example",
    "a dot example",
    "8.8.8.8",
    "[2001:4860::1]",
    "www.google.com",
    "l.instagram.com",
]
URL = st.builds(
    lambda scheme, host, path: f"{scheme}{host}/{path}",
    st.sampled_from(SCHEMES),
    st.sampled_from(HOSTS),
    PATH,
)
NASTY = [
    "http://[",
    "\ud800.example",
    "xn--.example",
    "0x",
    "http://%e2%80%8b/",
    "1" * 5000,
    "data:",
    "[a](",
    "https://a.example/%2E",
    "https://www.google.com/%75rl?q=a.example",
    "https://l.instagram.com/%2E",
    "hxxp://a.example/h%78xp:",
    "- - - a.example",
]


def nasty(test: Callable[..., None]) -> Callable[..., None]:
    for text in NASTY:
        test = example(text)(test)
    return test


@nasty
@given(st.one_of(st.text(max_size=200), URL, st.lists(TOKENS, max_size=20).map("".join)))
def test_no_text_raises_anything_but_invalid_target(text: str) -> None:
    refused = None
    try:
        target = parse_target(text)
    except InvalidTarget as error:
        refused = error
    if refused is None:
        assert target.host
        assert parse_target(target.host).host == target.host
        return
    assert refused.code in ("invalid_input", "wrapped_url")
    if refused.suggestion:
        assert plain_url(refused.suggestion)[0] == refused.suggestion


@nasty
@given(st.one_of(st.text(max_size=60), URL))
def test_canonical_url_is_read_as_itself(text: str) -> None:
    try:
        canonical = canonical_url(text)
    except InvalidTarget:
        return
    assert canonical.isascii() or parse_target(text).code == "no_host"
    assert canonical_url(canonical) == canonical
    assert parse_target(canonical).host == parse_target(text).host


@nasty
@given(st.one_of(st.text(max_size=60), URL))
def test_url_that_is_written_again_is_the_same_page(text: str) -> None:
    try:
        whole, canonical = plain_url(text)
    except InvalidTarget:
        return
    assert canonical_url(whole) == canonical
    assert plain_url(whole)[0] == whole


@given(URL)
@example("https://a.example/page[.]html?u=hxxp://b(dot)example/{.}[dot]")
def test_defanged_url_is_the_same_page(text: str) -> None:
    try:
        whole, canonical = plain_url(text)
    except InvalidTarget:
        return
    shown = defanged(whole)
    assert canonical_url(shown) == canonical
    assert defanged(shown) == shown
    assert not {"http:", "https:"} & {shown[:5], shown[:6]}


@given(st.text(alphabet="htps:/[]()%.0x7f1@\\#? \u3002-", max_size=40))
def test_no_text_of_url_characters_raises_anything_but_invalid_target(text: str) -> None:
    try:
        parse_target(text)
    except InvalidTarget:
        return


@given(HOST)
def test_same_target_gives_same_host_however_spelled(host: str) -> None:
    spellings = [
        host,
        host.upper(),
        f"{host}.",
        f"https://{host}/path?query#fragment",
        f"hxxp://{host.replace('.', '[.]')}/",
        f"  <http://user@{host}:8080/>",
        f"//{host}",
        host.replace(".", "\u3002"),
        f"- [{host}](https://{host}).",
        f"h**ps[:]//{host.replace('.', ' dot ')}",
    ]
    assert {parse_target(text).host for text in spellings} == {host}


@given(HOST)
def test_reading_a_host_again_changes_nothing(host: str) -> None:
    assert parse_target(parse_target(host).host).host == host


@given(st.integers(0, 2**32 - 1))
def test_every_ipv4_form_gives_one_address(number: int) -> None:
    octets = number.to_bytes(4, "big")
    forms = [
        ".".join(map(str, octets)),
        ".".join(f"{octet:#x}" for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        str(number),
        f"{octets[0]}.{number & 0xFFFFFF}",
    ]
    assert len({parse_target(f"http://{form}/").address for form in forms}) == 1


PIECES = [
    "[",
    "]",
    "(",
    ")",
    "<",
    "[.]",
    "(dot)",
    " dot ",
    " ",
    "\u00a0",
    "\t",
    ".",
    "..",
    "/../",
    "/",
    "\\",
    "[//]",
    "[://]",
    "[:]",
    ":",
    "@",
    "%",
    "%25",
    "%2E",
    "-",
    "- ",
    "1. ",
    "[a](",
    "](",
    "hxxp:",
    "h",
    "h**p",
    "*",
    "0x",
    "1",
    "xn--",
    "\u0301",
    "\u05d0",
    "\u200d",
    "\u200b",
    "\u3002",
    "&url=",
    "q=a&",
    "**A",
    "__;",
    "https://l.instagram.com/?u=",
]
STARTS = [
    "",
    "https://",
    "https://a.example/",
    "hxxps://a[.]example/",
    "https://www.google.com/url?q=",
    "https://l.instagram.com/?u=",
    "https://urldefense.com/v3/__https://a.example/",
    "https://a-b.translate.goog/?",
    "data:",
    "[",
]


def read_without_bound(text: str) -> None:
    """Read a text in every way, as if the bound were far away."""
    for read in (plain_url, shown_host, defanged):
        with contextlib.suppress(ValueError, InvalidTarget):
            read(text)


def work_of(text: str) -> int:
    """Count the calls of functions, Python's and C's: it does not depend on the machine."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read_without_bound(text)
    finally:
        sys.setprofile(before)
    return calls


@pytest.fixture
def far_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "check_length", lambda text: None)


@pytest.mark.usefixtures("far_bound")
@pytest.mark.parametrize("start", STARTS)
def test_twice_the_text_is_at_most_twice_the_calls(start: str) -> None:
    for piece in PIECES:
        once, twice = work_of(start + piece * 400), work_of(start + piece * 800)
        assert twice <= 2 * once + 200, piece


@pytest.mark.usefixtures("far_bound")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("start", STARTS)
def test_a_hundred_thousand_characters_of_anything_are_read(start: str) -> None:
    """Work inside regular expressions is not counted: what is quadratic there is cut off here."""
    for piece in PIECES:
        read_without_bound(start + piece * (100_000 // len(piece)))


def test_the_bound_is_there() -> None:
    with pytest.raises(InvalidTarget, match=f"{MAXIMUM_OCTETS} octets"):
        parse_target("https://a.example/" + "[" * 100_000)
