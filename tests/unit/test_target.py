"""Every form in which reports hold a target (section 2 of the domain rules)."""

import pytest

from attribution import InvalidTarget, parse_target
from attribution.target import defanged


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
        "", "   ", "<>", "http://", "http:///x", "not a url", "single", "https://a..example/", "https://site.example:99999/",
        "https://site.example:x/", "http://[::1", "http://[site.example]/", "http://1.2.3.4.5/", "http://256.1.1.1/",
        "http://09.1.1.1/", "https://xn--a.example/", "https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/",
        "x" * 9000, "https://a<b.example/", "https://%00.example/",
    ],
)  # fmt: skip
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
        ("https://site.example/?u=https://other.example/", "hxxps://site[.]example/?u=hxxps://other.example/"),
        ("hxxps://www[.]site[.]example/1", "hxxps://www[.]site[.]example/1"),
        ("192.0.2.7", "192[.]0[.]2[.]7"),
        ("http://[2001:db8::1]/x", "hxxp://[2001:db8::1]/x"),
    ],
)
def test_nothing_takes_what_is_shown_for_a_link(text: str, shown: str) -> None:
    assert defanged(text) == shown
