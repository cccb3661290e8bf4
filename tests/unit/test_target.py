"""Every form in which reports hold a target (section 2 of the domain rules)."""

import pytest

from attribution import InvalidTarget, parse_target
from attribution.target import canonical_url, defanged, explained, plain_url


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.site.example/x?token=1", "www.site.example"),
        ("  <https://www.site.example/>  ", "www.site.example"),
        ("hxxps://www[.]site[.]example/x", "www.site.example"),
        ("hxxp[:]//www(.)site{.}example", "www.site.example"),
        ("www[dot]site[dot]example", "www.site.example"),
        ("www.site.example", "www.site.example"),
        ("//www.site.example/x", "www.site.example"),
        ("HTTPS://WWW.SITE.EXAMPLE./", "www.site.example"),
        ("https://user:secret@www.site.example:8443/x", "www.site.example"),
        ("www.site.example:8080", "www.site.example"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://faß.example/", "xn--fa-hia.example"),
        ("https://www。site。example/", "www.site.example"),
        ("https://ｗｗｗ.site.example/", "www.site.example"),
        ("https://w\u200bww.site.example/", "www.site.example"),
        ("https://www.site.example\\@other.example/", "www.site.example"),
        ("ftp://files.site.example/x", "files.site.example"),
        ("https://[2001:4860:4860::8888]:443/", "2001:4860:4860::8888"),
        ("https://[2001:4860:4860::8888%25eth0]/", "2001:4860:4860::8888"),
        ("2001:4860:4860::8888", "2001:4860:4860::8888"),
        ("http://134744072/", "8.8.8.8"),
        ("http://0x08080808/", "8.8.8.8"),
        ("http://010.8.0x8.8/", "8.8.8.8"),
        ("http://8.8.2056/", "8.8.8.8"),
        ("http://8.8.8.8./", "8.8.8.8"),
    ],
)
def test_form_gives_host(text: str, host: str) -> None:
    target = parse_target(text)
    assert (target.host, target.not_attributable) == (host, None)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2002:808:808::1", "8.8.8.8"),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", "8.8.8.8"),
        ("64:ff9b::808:808", "8.8.8.8"),
    ],
)
def test_embedded_ipv4_host_is_the_one_that_matters(text: str, address: str) -> None:
    assert parse_target(text).address == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://exampleexample.onion/", "special_name"),
        ("http://site.i2p/", "special_name"),
        ("http://printer.local/", "special_name"),
        ("http://localhost/", "special_name"),
        ("http://a.localhost/", "special_name"),
        ("http://x.invalid/", "special_name"),
        ("http://x.internal/", "special_name"),
        ("http://router.home.arpa/", "special_name"),
        ("data:text/plain,x", "no_host"),
        ("magnet:?xt=urn:btih:0", "no_host"),
        ("ipfs://bafyexample/", "no_host"),
        ("http://127.0.0.1/", "special_address"),
        ("http://0x7f.1/", "special_address"),
        ("http://2130706433/", "special_address"),
        ("http://10.1.2.3/", "special_address"),
        ("http://100.64.0.1/", "special_address"),
        ("http://224.0.0.1/", "special_address"),
        ("http://[::1]/", "special_address"),
        ("http://[::ffff:10.0.0.1]/", "special_address"),
        ("http://[fe80::1%eth0]/", "special_address"),
        ("http://192.0.2.1/", "special_address"),
        ("http://[2001:db8::1]/", "special_address"),
        ("http://[3fff::1]/", "special_address"),
    ],
)
def test_target_without_a_company_says_why(text: str, code: str) -> None:
    target = parse_target(text)
    assert target.code == code
    assert target.not_attributable


@pytest.mark.parametrize("text", ["www.site.example", "www.site.test"])
def test_example_and_test_are_ordinary_names(text: str) -> None:
    assert parse_target(text).not_attributable is None


def test_documentation_addresses_are_ordinary_when_allowed() -> None:
    assert parse_target("192.0.2.1", documentation_is_special=False).not_attributable is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "<>",
        "http://",
        "http:///x",
        "not a url",
        "single",
        "https://a..example/",
        "https://site.example:99999/",
        "https://site.example:x/",
        "http://[::1",
        "http://[site.example]/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://09.1.1.1/",
        "https://xn--a.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 130 + "example/",
        "x" * 9000,
        "https://a<b.example/",
        "https://%00.example/",
    ],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(InvalidTarget):
        parse_target(text)


def test_error_names_the_text_the_fault_and_the_way_out() -> None:
    with pytest.raises(InvalidTarget, match=r"'site\.example:99999'.*99999.*Give a URL"):
        parse_target("site.example:99999")


def test_text_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidTarget):
        parse_target(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://www.site.example/a.b", "hxxps://www[.]site[.]example/a.b"),
        ("HTTP://Site.example", "hxxp://Site[.]example"),
        ("<https://site.example/d>", "<hxxps://site[.]example/d>"),
        ("https://site.example/?https://b.example/", "hxxps://site[.]example/?hxxps://b.example/"),
        ("hxxps://www[.]site[.]example/1", "hxxps://www[.]site[.]example/1"),
        ("192.0.2.7", "192[.]0[.]2[.]7"),
        ("http://[2001:db8::1]/x", "hxxp://[2001:db8::1]/x"),
    ],
)
def test_nothing_takes_what_is_shown_for_a_link(text: str, shown: str) -> None:
    assert defanged(text) == shown


REAL = "www.site.example"


@pytest.mark.parametrize(
    "text",
    [
        "- https://www.site.example/x",
        "* https://www.site.example/x",
        "• https://www.site.example/x",
        "1. https://www.site.example/x",
        "12) www.site.example",
        "[1]: https://www.site.example/x",
        "> https://www.site.example/x",
        "- [x] <https://www.site.example/x>",
        "[text](https://www.site.example/x)",
        '[text](https://www.site.example/x "title").',
        "[https://other.example/](hxxps://www[.]site[.]example/)",
        "![picture](<https://www.site.example/x>)",
        "`https://www.site.example/x`",
        "**https://www.site.example/x**",
        "(https://www.site.example/x),",
        "[https://www.site.example/x]",
        "“https://www.site.example/x”.",
        "„www.site.example“",
        "«https://www.site.example»",
        "'www.site.example';",
        "www.site.example,",
        "www.site.example!?",
        "URL: https://www.site.example/",
        "view-source:https://www.site.example/",
        "hXXps://www.site.example/",
        "h**p://www.site.example/",
        "hxxps[://]www[.]site[.]example",
        "hxxps[:][//]www[.]site[.]example[/]x",
        "hxxps(:)//www(dot)site[dot]example",
        "www [.] site (.) example",
        "www dot site dot example/x",
        "www (DOT) site {dot} example",
        "http:/www.site.example/x",
        "http:www.site.example",
        "http:\\\\www.site.example\\x",
        "https:///www.site.example/",
        "\\\\www.site.example\\x",
        "ht\ntps://www.si\tte.example/\r\n",
        "\u202ahttps://www.site.example/\u202c",
        "http://www.site.example\\.other.example/",
        "http://www.site.example#@other.example/",
        "http://www.site.example?@other.example/",
        "http://other.example@www.site.example/",
        "http://other.example:80@www.site.example:8080/",
        "http://%77ww.site%2Eexample/",
        "http://www．site．example/",
        "ｗｗｗ｡ｓｉｔｅ｡example",
        "rtsp://www.site.example/stream",
    ],
)
def test_what_stands_around_and_inside_a_url_changes_nothing(text: str) -> None:
    assert parse_target(text).host == REAL


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://a.example\\.b.example/", "a.example"),
        ("hxxp.example", "hxxp.example"),
        ("https://hxxps.example/", "hxxps.example"),
        ("[2001:4860:4860::8888]", "2001:4860:4860::8888"),
        ("[2001:4860:4860::8888]/x](y)", "2001:4860:4860::8888"),
        ("[2001:4860:4860::8888](https://www.site.example/)", "www.site.example"),
        ("hxxp://[2001[:]4860[:]4860::8888]/", "2001:4860:4860::8888"),
        ("2001:4860:4860::8888%eth0", "2001:4860:4860::8888"),
        ("http://8[.]8[.]8[.]8/", "8.8.8.8"),
        ("http://[::ffff:8.8.8.8]/", "8.8.8.8"),
        ("https://نامه‌ای.example/", "xn--mgba3gch31f060k.example"),
    ],
)
def test_host_that_is_easily_read_wrongly(text: str, host: str) -> None:
    assert parse_target(text).host == host


@pytest.mark.parametrize(
    "text",
    [
        "https://a\u200db.example/",  # a joiner where nothing joins (RFC 5892)
        "https://\u0301a.example/",  # a label that begins with a combining mark
        "https://1\u05d0.example/",  # a digit before a letter from right to left (RFC 5893)
        "https://xn--a-0hc.example/",
        "/page",
        "foo:bar",
        "https://site.example:80:80/",
        "https://" + "\u0301" * 2000 + ".example/",
    ],
)
def test_what_no_browser_opens_is_refused(text: str) -> None:
    with pytest.raises(InvalidTarget) as caught:
        parse_target(text)
    assert (caught.value.code, caught.value.suggestion) == ("invalid_input", None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("javascript:alert(1)", "program"),
        ("blob:https://www.site.example/1", "page's own URL"),
        ("about:blank", "browser"),
        ("mailto:abuse@site.example", "mailbox"),
        ("tel:80", "telephone"),
        ("ipns://site.example/x", "peers"),
        ("MAGNET:?xt=urn:btih:0", "peers"),
        ("data:", "content itself"),
    ],
)
def test_scheme_without_a_host_says_why(text: str, reason: str) -> None:
    target = parse_target(text)
    assert target.code == "no_host"
    assert reason in str(target.not_attributable)
    assert parse_target(target.host).host == target.host


SPELLINGS = [
    "https://www.site.example/a/page.html?q=1.2",
    "http://www.site.example/a/page.html?q=1.2",
    "HTTPS://user:word@WWW.site.example.:8443/a/page.html?q=1.2#part",
    "www.site.example/a/page.html?q=1.2",
    "hxxps://www[.]site[.]example/a/page[.]html?q=1[.]2",
    "hxxps[:]//www(.)site(.)example/a/page(.)html?q=1(.)2",
    "hxxps[:][//]www[dot]site[dot]example[/]a[/]page[dot]html?q=1[dot]2",
    "www dot site dot example/a/page dot html?q=1 dot 2",
    "https://www[.]site.example/a/page[.]html?q=1{.}2",
    "[here](hxxps://www[.]site[.]example/a/page[.]html?q=1[.]2).",
    "https:\\\\www.site.example\\a\\page.html?q=1.2",
    "https://www.site.example/x/../a/./page.html?q=1.2",
    "https://www.site.example/%61/page%2ehtml?q=1.2",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_every_spelling_of_a_page_has_one_canonical_url(text: str) -> None:
    assert canonical_url(text) == "www.site.example/a/page.html?q=1.2"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("https://www.site.example/page[.]html", "www.site.example/page[.]html"),
        ("https://www.site.example/hxxp://a(dot)b", "www.site.example/hxxp://a(dot)b"),
        ("hxxps://a[.]example/?u=hxxp://b[.]example", "a.example/?u=http://b.example"),
        ("hxxps://a[.]example/?hxxps%3A%2F%2Fb[.]example", "a.example/?https%3A%2F%2Fb.example"),
        ("hxxps://a[.]example/[:]", "a.example/[:]"),
        ("https://a.example/b_(c)", "a.example/b_(c)"),
        ("https://a.example/b%2fc", "a.example/b%2Fc"),
        ("https://a.example/ü?ü", "a.example/%C3%BC?%C3%BC"),
        ("https://a.example/b?c\\d", "a.example/b?c\\d"),
        ("https://a.example/A", "a.example/A"),
        ("https://a.example", "a.example/"),
        ("https://a.example?b", "a.example/?b"),
        ("http://[2001:4860::1]/x", "[2001:4860::1]/x"),
        ("magnet:?xt=urn:btih:0", "magnet:?xt=urn:btih:0"),
    ],
)
def test_path_is_literal_unless_the_head_is_defanged(text: str, canonical: str) -> None:
    assert canonical_url(text) == canonical
    assert canonical_url(defanged(text)) == canonical


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://user:word@site.example:443/a#b", "https://site.example/a"),
        ("https://site.example:80/", "https://site.example:80/"),
        ("site.example:080/", "http://site.example/"),
        ("hxxp://site[.]example:8080/a[.]b", "http://site.example:8080/a.b"),
        ("ftp://site.example/a b", "ftp://site.example/a%20b"),
    ],
)
def test_url_is_written_as_a_browser_asks_for_it(text: str, url: str) -> None:
    assert plain_url(text)[0] == url


GOOG = ".translate.goog"
V3 = "https://urldefense.com/v3/__"
SAFE = "https://nam02.safelinks.protection.outlook.com"
INNER = "https://www.site.example/a?b=c"
QUOTED = "https%3A%2F%2Fwww.site.example%2Fa%3Fb%3Dc"
WRAPPED = [
    f"https://nam02.safelinks.protection.outlook.com/?url={QUOTED}&data=05%7C01&reserved=0",
    f"HTTPS://EUR01.Safelinks.Protection.Outlook.com./?URL={QUOTED}",
    f"{SAFE}/?url=hxxps%3A%2F%2Fwww[.]site[.]example%2Fa%3Fb%3Dc",
    f"hxxps://nam02[.]safelinks[.]protection[.]outlook[.]com/?url={QUOTED}",
    f"https://urldefense.proofpoint.com/v1/url?u={QUOTED}&k=x",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__www.site.example_a-3Fb-3Dc&d=DwMFaQ&c=x",
    "https://urldefense.com/v3/__https://www.site.example/a?b=c__;!!abc!def$",
    "https://urldefense.com/v3/__https:/www.site.example/a*b=c__;Pw!!abc!def$",
    f"https://www.google.com/url?sa=t&url={QUOTED}&usg=x",
    f"https://google.com/url?q={QUOTED}",
    f"https://www.google.co.uk/url?sa=t&amp;q={QUOTED}",
    f"https://translate.google.com/translate?sl=nl&u={QUOTED}",
    "https://www-site-example.translate.goog/a?b=c&_x_tr_sl=nl&_x_tr_tl=en",
    f"https://l.facebook.com/l.php?u={QUOTED}&h=x",
    f"https://lm.facebook.com/l.php?u={QUOTED}",
    f"https://l.instagram.com/?u={QUOTED}&e=x",
    f"https://out.reddit.com/t3_x?url={QUOTED}&token=x",
    f"https://t.umblr.com/redirect?z={QUOTED}&t=x",
    f"https://steamcommunity.com/linkfilter/?url={QUOTED}",
    "https://steamcommunity.com/linkfilter/https://www.site.example/a?b=c",
    f"https://duckduckgo.com/l/?uddg={QUOTED}&rut=x",
    f"https://slack-redir.net/link?url={QUOTED}",
]


@pytest.mark.parametrize("text", WRAPPED)
def test_wrapper_is_named_and_what_it_wraps_is_suggested(text: str) -> None:
    with pytest.raises(InvalidTarget) as caught:
        parse_target(text)
    error = caught.value
    assert (error.code, error.suggestion) == ("wrapped_url", INNER)
    assert "www[.]site[.]example" in str(error)
    assert "b=c" not in str(error)
    assert explained(error).endswith("hxxps://www[.]site[.]example/a?b=c")


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (f"https://a--b-site-example{GOOG}/", "https://a-b.site.example/"),
        (f"https://0-bcher--kva-example{GOOG}/?_x_tr_enc=0", "https://xn--bcher-kva.example/"),
        (f"https://site-example{GOOG}/?_x_tr_sch=http&_x_tr_hp=www-", "http://www.site.example/"),
        (f"{V3}https://a.example/x**Ay__;w6nDqA!!z$", "https://a.example/x%C3%A9%C3%A8y"),
        ("https://urldefense.com/v3/__nonsense", None),
        ("https://urldefense.com/v3/__https://a.example/*__;!!z$", "https://a.example/"),
        ("https://urldefense.com/v3/__https://a.example/*__;w!!z$", None),
        ("https://www.google.com/url?q=javascript:alert(1)", None),
        ("https://www.google.com/url?q=nonsense", None),
        ("https://www.google.com/url?q=%00%ff", None),
        ("https://www.google.com/url?q=http://x.onion/", "http://x.onion/"),
        ("https://l.facebook.com/l.php?h=x", None),
        ("https://l.instagram.com/?u=a.example%0d%0ab%E2%80%AEc", "http://a.examplebc/"),
    ],
)
def test_what_cannot_be_read_is_not_suggested(text: str, suggestion: str | None) -> None:
    with pytest.raises(InvalidTarget) as caught:
        parse_target(text)
    assert (caught.value.code, caught.value.suggestion) == ("wrapped_url", suggestion)


@pytest.mark.parametrize(
    "text",
    [
        f"https://web.archive.org/web/2024/{INNER}",
        f"https://www.google.com.site.example/url?q={QUOTED}",
        f"https://l.facebook.com.site.example/l.php?u={QUOTED}",
        f"https://xl.facebook.com/l.php?u={QUOTED}",
        f"https://a.b.translate.goog.site.example/?u={QUOTED}",
        f"https://google.invalid.example/url?q={QUOTED}",
        f"https://www.google.com/search?q={QUOTED}",
        f"https://www.google.com/url/x?q={QUOTED}",
        f"https://steamcommunity.com/id/x?url={QUOTED}",
        "https://www.google.com/url",
        "l.facebook.com",
        "https://nam02.safelinks.protection.outlook.com/",
    ],
)
def test_what_is_no_wrapper_is_a_target(text: str) -> None:
    assert parse_target(text).host


def test_wrappers_in_wrappers_are_taken_off_to_a_bound() -> None:
    def wrapped(times: int) -> str:
        return "https://l.instagram.com/?u=" * times + "https://www.site.example/"

    def suggestion(text: str) -> str | None:
        with pytest.raises(InvalidTarget) as caught:
            parse_target(text)
        assert caught.value.code == "wrapped_url"
        return caught.value.suggestion

    assert suggestion(wrapped(3)) == "https://www.site.example/"
    assert suggestion(wrapped(50)) is None


def test_bound_is_named_and_counts_octets() -> None:
    fits = "https://www.site.example/" + "x" * 8000
    assert parse_target(fits).host == "www.site.example"
    for text in (
        fits + "x" * 1000,
        "https://www.site.example/" + "ü" * 4100,
        "https://l.instagram.com/?u=" + "x" * 2**20,
    ):
        with pytest.raises(InvalidTarget, match="8 KiB \\(8192 octets\\)") as caught:
            parse_target(text)
        assert (caught.value.code, len(str(caught.value)) < 300) == ("invalid_input", True)


SECRET = "token-7f3a"


@pytest.mark.parametrize(
    "text",
    [
        f"https://site.example:99999/{SECRET}",
        f"https://a..example/{SECRET}?{SECRET}#{SECRET}",
        f"https://user:{SECRET}@a..example/",
        f"https://{SECRET}@a..example/",
        f"https://site.example:{SECRET}/x",
        f"[text](https://a..example/{SECRET})",
        f"hxxps://a[.][.]example[/]{SECRET}",
        f"https://a..example\\{SECRET}",
        f"http://[::1/{SECRET}",
        f"http://[::1]{SECRET}/",
        f"https://www.google.com/url?q=https://site.example/{SECRET}",
        f"https://www.google.com/url?q={SECRET}:{SECRET}",
        f"https://site.example/{SECRET}" + "x" * 9000,
    ],
)
def test_message_holds_nothing_past_the_host(text: str) -> None:
    with pytest.raises(InvalidTarget) as caught:
        parse_target(text)
    error = caught.value
    assert SECRET not in str(error) + error.fault + error.text
    assert error.__cause__ is None


def test_problem_of_the_interface_carries_the_suggestion() -> None:
    problems = pytest.importorskip("attribution.web.http.problems")
    with pytest.raises(InvalidTarget) as caught:
        parse_target("https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.site.example%2Fa")
    problem = problems.problem_of(caught.value)
    assert (problem.status, problem.kind) == (422, "invalid-target")
    assert problem.more == {"code": "wrapped_url", "suggestion": "hxxps://www[.]site[.]example/a"}
