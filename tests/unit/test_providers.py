"""Who is one company, since when, and who is not: decided by a person, never by likeness."""

from __future__ import annotations

from datetime import timedelta

import pytest

from attribution.casework.linking import links, one_history, undo_link
from attribution.casework.providers import add_identifiers, provider_named
from attribution.casework.suggesting import suggest
from attribution.casework.terms import Terms
from attribution.casework.views import case_lines, provider_view
from attribution.errors import StoreError
from attribution.models import Provider
from attribution.store import Store
from attribution.store.times import micros
from casework import NOON, Clock, keep_provider, link, looked_up, reported

USUAL = Terms(24, 24)


def kept(store: Store, key: str, name: str, **more: object) -> int:
    with store.write("ann") as writer:
        return keep_provider(writer, Provider(id=key, name=name, country="NL"), "rdap:ripe", **more)  # type: ignore[arg-type]


def linked(store: Store, new: int, old: int, kind: str = "renamed_to") -> int:
    with store.write("ann") as writer:
        return link(writer, new, old, kind, writer.now, "trade register")


def history(store: Store, provider: int, at: int | None = None) -> frozenset[int]:
    with store.read() as connection:
        return one_history(links(connection), provider, at)


def test_a_company_renamed_twice_stays_one_history_and_a_bystander_does_not_inherit_it(
    store: Store, clock: Clock
) -> None:
    """The worked example of docs/guides/link-providers.md."""
    first = kept(
        store,
        "ripe:ORG-SH1-RIPE",
        "Slow Harbour B.V.",
        mailbox="abuse@slowharbour.example",
        systems=[64496],
    )
    reported(
        store,
        "https://a.example/1",
        looked_up("a.example", "ORG-SH1-RIPE", "Slow Harbour B.V.", "abuse@slowharbour.example"),
    )
    clock.move(days=60)
    second = kept(
        store,
        "ripe:ORG-NQ1-RIPE",
        "New Quay Hosting B.V.",
        mailbox="abuse@slowharbour.example",
        systems=[64496],
    )
    clock.move(days=60)
    third = kept(
        store,
        "ripe:ORG-TT1-RIPE",
        "Tidal Transit B.V.",
        mailbox="abuse@slowharbour.example",
        systems=[64500],
    )
    with store.read() as connection:
        pairs = {(one.one, one.other): one.reasons for one in suggest(connection)}
    assert any(
        "same abuse mailbox" in reason for reason in pairs["ripe:ORG-SH1-RIPE", "ripe:ORG-NQ1-RIPE"]
    )
    assert any("same AS" in reason for reason in pairs["ripe:ORG-SH1-RIPE", "ripe:ORG-NQ1-RIPE"])
    assert history(store, third) == {third}  # suggested, and nothing is joined
    linked(store, second, first)
    known = micros(clock())
    clock.move(days=1)
    linked(store, third, second)
    assert history(store, third) == history(store, first) == {first, second, third}
    assert history(store, third, known) == {third}  # as was known before
    with store.read() as connection:
        assert len(case_lines(connection, provider_id=third)) == 1
        assert provider_view(connection, third, USUAL).cases == 1
    clock.move(days=200)
    # The domain of the mailbox lapses, and somebody else buys it.
    bystander = kept(
        store,
        "ripe:ORG-BY1-RIPE",
        "Bystander Web Ltd",
        mailbox="abuse@slowharbour.example",
        systems=[64505],
    )
    assert history(store, bystander) == {bystander}
    with store.read() as connection:
        assert provider_view(connection, bystander, USUAL).cases == 0
        assert case_lines(connection, provider_id=bystander) == []
        assert (
            "same abuse mailbox: abuse@slowharbour.example"
            in suggest(connection, bystander)[0].reasons
        )


def test_a_link_can_be_undone_and_what_held_before_stays_known(store: Store, clock: Clock) -> None:
    one, other = kept(store, "ripe:ORG-A", "A Hosting"), kept(store, "ripe:ORG-B", "B Hosting")
    number = linked(store, other, one)
    during = micros(clock() + timedelta(hours=1))
    clock.move(days=1)
    with store.write("bob") as writer:
        undo_link(writer, number)
    assert history(store, other) == {other}
    assert history(store, other, during) == {one, other}
    with store.write("bob") as writer, pytest.raises(StoreError, match="undone already"):
        undo_link(writer, number)


@pytest.mark.parametrize("kind", ["owned_by", "same_abuse_desk", "announces_for"])
def test_owners_desks_and_transit_are_told_apart_from_the_company(kind: str, store: Store) -> None:
    one, other = kept(store, "ripe:ORG-A", "A Hosting"), kept(store, "ripe:ORG-B", "B Hosting")
    linked(store, other, one, kind)
    assert history(store, other) == {other}


def test_links_that_cannot_be_are_refused(store: Store) -> None:
    one, other = kept(store, "ripe:ORG-A", "A Hosting"), kept(store, "ripe:ORG-B", "B Hosting")
    linked(store, other, one)
    for new, old, kind, words in (
        (one, one, "renamed_to", "itself"),
        (other, one, "renamed_to", "already"),
        (one, other, "renamed_to", "circle"),
        (one, other, "friend", "use one of"),
    ):
        with store.write("ann") as writer, pytest.raises(StoreError, match=words):
            link(writer, new, old, kind, writer.now, "x")


def test_like_names_are_suggested_without_their_legal_forms_and_never_joined(store: Store) -> None:
    one = kept(store, "ripe:ORG-A", "Blue Lantern Hosting B.V.")
    other = kept(store, "arin:BLUE", "Blue Lantern Hosting, LLC")
    kept(store, "ripe:ORG-C", "Quite Another Company")
    with store.read() as connection:
        (found,) = suggest(connection)
    assert {found.one, found.other} == {"ripe:ORG-A", "arin:BLUE"}
    assert "names alike" in found.reasons[0]
    assert history(store, one) == {one}
    assert history(store, other) == {other}


def test_a_provider_is_found_by_key_mailbox_or_name_and_never_guessed(store: Store) -> None:
    one = kept(store, "ripe:ORG-A", "A Hosting", mailbox="abuse@a.example")
    kept(store, "ripe:ORG-B", "Same Name")
    kept(store, "ripe:ORG-C", "Same Name")
    with store.read() as connection:
        for text in ("ripe:ORG-A", "A Hosting", "abuse@a.example", "ABUSE@a.example"):
            assert provider_named(connection, text)[0] == one
        with pytest.raises(StoreError, match="ripe:ORG-B, ripe:ORG-C"):
            provider_named(connection, "Same Name")
        with pytest.raises(StoreError, match="not in the store"):
            provider_named(connection, "nobody")


def test_what_a_provider_is_known_by_keeps_the_day_on_which_it_was_first_seen(
    store: Store, clock: Clock
) -> None:
    provider = kept(store, "ripe:ORG-A", "A Hosting", mailbox="abuse@a.example")
    clock.move(days=30)
    kept(store, "ripe:ORG-A", "A Hosting", mailbox="new@a.example")
    with store.write("ann") as writer:
        assert (
            add_identifiers(writer, provider, [("company_number", "12345678")], "trade register")
            == 1
        )
    with store.read() as connection:
        marks = {
            one["value"]: one["known_at"]
            for one in provider_view(connection, provider, USUAL).marks
        }
    assert marks["abuse@a.example"] == micros(NOON)
    assert marks["new@a.example"] == micros(NOON + timedelta(days=30))
