"""Mailboxes as registries and their customers write them."""

from __future__ import annotations

import pytest

from attribution.registry.mailbox import (
    QUOTES,
    is_masked,
    normal_mailbox,
    read_forms,
    read_mailboxes,
    same_mailbox,
    unusable_mailbox,
)


@pytest.mark.parametrize(
    "text",
    [
        "abuse@hosting.example",
        "“abuse@hosting.example”",
        "„abuse@hosting.example“",
        "«abuse@hosting.example»",
        "'abuse@hosting.example'",
        "`abuse@hosting.example´",
        '"abuse@hosting.example"',
        "mailto:abuse@hosting.example",
        "MAILTO:abuse@Hosting.Example?subject=abuse&body=x",
        "Abuse desk <abuse@hosting.example>",
        "Abuse <mailto:abuse@hosting.example>",
        "E-mail:abuse@hosting.example.",
        "write to (abuse@hosting.example)!",
        "abuse@hosting.example?subject=x",
    ],
)
def test_bare_mailbox_is_read(text: str) -> None:
    assert read_mailboxes(text) == ["abuse@hosting.example"]


@pytest.mark.parametrize(
    "text",
    [
        "***@hosting.example",
        "a***e@hosting.example",
        "abuse@***.example",
        '"abuse desk"@hosting.example',
        "o'brien@hosting.example",
        "abuse@“hosting.example”",
        "“abuse”@hosting.example",
        "abuse@my_host.example",
        "abuse@localhost",
        "abuse@@hosting.example",
        "abuse@hosting..example",
        ".abuse@hosting.example",
        "abuse@192.0.2.7",
        "abuse@hos\u202eting.example",
        "abuse @ hosting.example",
        "@hosting.example",
        "x" * 65 + "@hosting.example",
        "abuse@" + "a." * 200 + "example",
        None,
        7,
    ],
)
def test_what_is_no_mailbox_is_not_repaired(text: object) -> None:
    assert read_mailboxes(text) == []


@pytest.mark.parametrize("quote", sorted(QUOTES))
def test_no_quotation_mark_becomes_part_of_a_domain(quote: str) -> None:
    assert read_mailboxes(f"{quote}abuse@hosting.example{quote}") == ["abuse@hosting.example"]
    assert read_mailboxes(f"abuse@host{quote}ing.example") == []


def test_several_mailboxes_each_once() -> None:
    text = "a@hosting.example, b@hosting.example; a@HOSTING.example"
    assert read_mailboxes(text) == ["a@hosting.example", "b@hosting.example"]
    assert read_mailboxes("abuse@bücher.example") == ["abuse@xn--bcher-kva.example"]


def test_masked_mailbox_is_withheld_and_not_unusable() -> None:
    assert is_masked("***@hosting.example")
    assert is_masked("a***e@hosting.example")
    assert not is_masked("abuse@hosting.example *urgent*")
    assert unusable_mailbox("***@hosting.example") is None


def test_unusable_mailbox_is_kept_as_text() -> None:
    assert unusable_mailbox("abuse@my_host.example") == "abuse@my_host.example"
    assert unusable_mailbox("mailto:abuse@my_host.example") == "abuse@my_host.example"
    assert unusable_mailbox("abuse@hosting.example") is None
    assert unusable_mailbox("no mailbox") is None


def test_same_mailbox_in_other_spellings() -> None:
    assert same_mailbox("Abuse@Parent.example", "abuse+17@parent.example")
    assert not same_mailbox("abuse@parent.example", "abuse@child.example")
    assert not same_mailbox(None, None)
    assert normal_mailbox("Abuse+x@Parent.example") == "abuse@parent.example"


def test_forms_are_links() -> None:
    assert read_forms("see https://hosting.example/abuse.") == ["https://hosting.example/abuse"]
    assert read_forms("abuse@hosting.example") == []
