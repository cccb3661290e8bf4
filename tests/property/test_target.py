"""No text raises anything but InvalidTarget, and spelling never changes the host."""

from hypothesis import example, given
from hypothesis import strategies as st

from attribution import InvalidTarget, parse_target

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
HOST = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))


@given(st.text(max_size=200))
@example("http://[")
@example("\ud800.example")
@example("xn--.example")
@example("0x")
@example("http://%e2%80%8b/")
@example("1" * 5000)
def test_no_text_raises_anything_but_invalid_target(text: str) -> None:
    try:
        target = parse_target(text)
    except InvalidTarget:
        return
    assert target.host


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
