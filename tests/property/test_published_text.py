"""Nothing clickable gets out in a published list, whatever a provider writes."""

from __future__ import annotations

import html
import ipaddress
import re
import unicodedata
from urllib.parse import unquote

import idna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from linkify_it import LinkifyIt

from attribution.pattern.dossier.publication import company_name, shown_name
from attribution.pattern.dossier.published_text import (
    MOST_CHARACTERS,
    TextFault,
    publishable,
    text_faults,
)

LINKIFY = LinkifyIt(options={"fuzzy_ip": True, "fuzzy_link": True, "fuzzy_email": True})
LINKIFY.tlds(["nl", "example", "onion", "click", "xn--p1ai", "рф", "中国"], keep_old=True)
DOTS = (
    ".\u2024\uff0e\u3002\uff61\ufe52\u00b7\u2027"
    "\ua78f\ua4f8\u0701\u0702\ufe12\u2488\u0589\u0387\u2026\ufe19"
)
LETTERS = "evilcomnlEVIL\u0435\u0441\u043e\u043c\uff45\uff56\u24d4\U0001d41e\u0131\u212a\u017f"
INVISIBLE = (
    "\u200b\u200c\u200d\u2060\u00ad"
    "\ufeff\u202e\u202d\u2066\u2069\u061c\u034f\u3164\u0300\u0327\ufe0f\u180e"
)
SPELLINGS = [
    "[dot]",
    "(dot)",
    " dot ",
    "{.}",
    " punkt ",
    " punt ",
    "[.]",
    "(.)",
    " . ",
    ". ",
    " .",
    " DOT ",
    "%2E",
    "%2e",
    "&#46;",
    "&period;",
    " fullstop ",
    " d0t ",
    " d\u00f2t ",
    ". \u0052\u0055 ",
]


@st.composite
def hidden_links(draw: st.DrawFn) -> str:
    """Write a name of a domain, an address or a number as somebody would who wants it read."""
    name = draw(st.text(LETTERS + "0123456789", min_size=1, max_size=8))
    ending = draw(st.sampled_from(["com", "nl", "net", "onion", "ru", "рф", "c\u043em", "ｃｏｍ"]))
    between = draw(
        st.one_of(
            st.text(DOTS + INVISIBLE + " ", min_size=1, max_size=3), st.sampled_from(SPELLINGS)
        )
    )
    numbers = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5)
    address = draw(st.sampled_from([".", ":", " ", "-", "。", ", "])).join(map(str, draw(numbers)))
    core = draw(
        st.sampled_from([f"{name}{between}{ending}", address, f"http://{name}", f"@{name}"])
    )
    words = st.text(st.characters(codec="utf-8"), max_size=20)
    return f"{draw(words)} {core} {draw(words)}"


def mapped(text: str) -> str:
    """Return a text as a browser's address line, or a page, would read it."""
    form = unicodedata.normalize("NFKC", html.unescape(unquote(text)))
    return "".join(map(_mapped, form))


def _mapped(character: str) -> str:
    try:
        return idna.uts46_remap(character, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return character


def assert_nothing_to_click(text: str) -> None:
    for form in (text, mapped(text), text.casefold(), mapped(text).replace(" ", ". ")):
        assert not LINKIFY.test(form) or " " not in text, form
        assert not LINKIFY.test(form), form
    plain = mapped(text)
    assert not re.search(r"[^\W_]{2,}\.[^\W_]|[^\W_]\.[^\W_]{2,}|\d\.\d", plain)
    assert not set("@[]{}<>\\_#=|~^`*") & set(plain)
    assert all(character == " " or character.isprintable() for character in text)
    assert not any(unicodedata.category(character)[0] == "M" for character in text)
    assert not any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in text)
    for word in re.findall(r"[0-9a-fA-Fx:.]+", plain):
        with pytest.raises(ValueError):
            ipaddress.ip_address(word.strip("."))
    for run in re.findall(r"\d+", plain):
        assert int(run) < 2**24


@settings(max_examples=1500, deadline=None)
@given(
    st.one_of(
        hidden_links(),
        st.text(max_size=80),
        st.text(LETTERS + DOTS + " 0123456789:/()'\",-", max_size=40),
    )
)
@example("evil\u2024com")
@example("evil．com")
@example("evil.com")
def test_nothing_clickable_gets_out(text: str) -> None:
    shown = publishable(text)
    if shown is not None:
        assert len(shown) <= MOST_CHARACTERS
        assert_nothing_to_click(shown)
        assert publishable(shown) == shown  # what was looked at is what is published
    assert_nothing_to_click(shown_name(text).replace("[left out]", ""))
    assert_nothing_to_click(company_name(text, ["AS64500", text]).replace("[left out]", ""))


@pytest.mark.parametrize(
    "text",
    [
        "evil%2Eru",
        "evil%2eru",
        "evil %2E ru",
        "evil&period;ru",
        "evil&#46;ru",
        "Moved to evil. RU",
        "Moved to evil. Ru.",
        "evil. NET",
        "evil. Xyz",
        "evil. TOP",
        "evil fullstop ru",
        "evil d0t ru",
        "evil d\u00f2t ru",
        "evil c0m",
        "evil \u0442\u0447\u043a ru",
    ],
)
def test_an_address_in_another_spelling_is_held_back(text: str) -> None:
    assert publishable(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "We act. To be clear, we removed it.",
        "It was 100 % gone. In 10 days, at 5% of hosts.",
        "AT&T. Is that so?",
        "R&D; sales. No more.",
        "Point 10. Es ist weg.",
    ],
)
def test_sentences_that_begin_like_the_end_of_a_domain_are_published(text: str) -> None:
    assert publishable(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("evil\u2024com", TextFault.DOT),
        ("evil．com", TextFault.DOT),
        ("evil [dot] com", TextFault.CHARACTER),
        ("evil dot com", TextFault.SPELLED),
        ("evil d\u043et com", TextFault.SCRIPTS),
        ("\u0435\u0445\u0430m\u0440l\u0435", TextFault.SCRIPTS),
        ("come to us\u200b", TextFault.CHARACTER),
        ("\u202emoc.live", TextFault.CHARACTER),
        ("evil\u0327.com", TextFault.DOT),
        ("evi\u0301\u0301l", TextFault.CHARACTER),
        ("\u05d0\u05d1\u05d2 com", TextFault.CHARACTER),
        ("evil\u3002com", TextFault.CHARACTER),
        ("evil. com", TextFault.SPELLED),
        ("evil point nl", TextFault.SPELLED),
        ("evil punt nl", TextFault.SPELLED),
        ("e v i l", TextFault.SPELLED),
        ("evil-dot-nl", TextFault.SPELLED),
        ("evil,com", TextFault.DOT),
        ("evil'.'nl", TextFault.DOT),
        ("127.0.0.1", TextFault.DOT),
        ("127.1", TextFault.DOT),
        ("2130706433", TextFault.NUMBER),
        ("0x7f000001", TextFault.SPELLED),
        ("017700000001", TextFault.NUMBER),
        ("192 0 2 7", TextFault.NUMBER),
        ("192, 0, 2, 7", TextFault.NUMBER),
        ("2001:db8::1", TextFault.DOT),
        ("call +31 20 1234567", TextFault.NUMBER),
        ("020-123 45 67", TextFault.NUMBER),
        ("x" * 56, TextFault.LONG_WORD),
        ("vww6ybal4bd7szm", TextFault.LONG_WORD),
        ("a@b", TextFault.CHARACTER),
        ("evil/x", TextFault.DOT),
        ("", TextFault.LENGTH),
        ("x " * 300, TextFault.LENGTH),
    ],
)
def test_a_text_that_leads_somewhere_is_held_back_and_says_why(text: str, fault: TextFault) -> None:
    assert fault in text_faults(text)
    assert publishable(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "We act on reports within a day.",
        "Example Hosting B.V.",
        "Quay Servers Ltd.",
        "Quay A/S",
        "Андес Датос",
        "Firma d.o.o.",
        "Müller & Söhne GmbH (Berlin)",
        "株式会社",
        "O'Neil Net Hosting, Inc.",
        "We removed 85% on 2026-03-01; the rest at 12:30.",
        "Since 2024 we have 1,200 customers!",
        'They said "we act". We do.',
        "At this point we act.",
        "1&1 Hosting",
    ],
)
def test_ordinary_sentences_and_names_are_published(text: str) -> None:
    assert publishable(text) == text


def test_typographic_marks_and_spaces_become_plain_ones() -> None:
    assert publishable("We\u00a0act \u2013 \u201cat once\u201d.\nIt\u2019s done") == (
        'We act - "at once". It\'s done'
    )


def test_the_time_taken_grows_no_faster_than_the_text() -> None:
    for text in ("." * 2000, "1 " * 1000, "a.b." * 500, "a " * 1000, "\u0301" * 2000, "ﷺ" * 500):
        assert publishable(text) is None
