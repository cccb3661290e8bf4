"""Vouching for a provider: kept in the log, with a reason, and withdrawn by a word of its own."""

from __future__ import annotations

import pytest

from attribution.casework.vouching import (
    Vouch,
    WithdrawVouching,
    vouch,
    vouchings,
    withdraw_vouching,
)
from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.evidence.statements import Vouching
from attribution.models import Provider
from attribution.store import Store
from bundles import (
    below_parent,
    customer,
    decided,
    entity,
    nobody_vouches,
)
from casework import Clock, keep_provider

KEY = "ripe:ORG-RS1-RIPE"


def said(store: Store, command: Vouch | WithdrawVouching, who: str = "ann") -> int:
    with store.write(who) as writer:
        if isinstance(command, Vouch):
            return vouch(writer, command)
        return withdraw_vouching(writer, command)


def holding(store: Store) -> list[Vouching]:
    with store.read() as connection:
        return vouchings(connection)


def test_nobody_is_vouched_for_at_first(store: Store) -> None:
    assert holding(store) == []


def test_vouching_holds_with_who_why_and_when(store: Store, clock: Clock) -> None:
    said(store, Vouch(KEY, " acts within a day ", "Reseller Servers Ltd"))
    assert holding(store) == [Vouching(KEY, "ann", "acts within a day", clock())]


def test_latest_word_of_a_provider_counts(store: Store, clock: Clock) -> None:
    said(store, Vouch(KEY, "first", "Reseller Servers Ltd"))
    clock.move(days=1)
    said(store, Vouch(KEY, "second"), "bob")
    (found,) = holding(store)
    assert (found.by, found.why, found.at) == ("bob", "second", clock())


def test_withdrawn_word_holds_no_more_and_can_be_given_again(store: Store) -> None:
    said(store, Vouch(KEY, "acts", "Reseller Servers Ltd"))
    said(store, Vouch("arin:EXHO", "acts", "Example Hosting Inc."))
    said(store, WithdrawVouching(KEY, "silent for a month"), "bob")
    assert [one.provider for one in holding(store)] == ["arin:EXHO"]
    said(store, Vouch(KEY, "acts again"))
    assert {one.provider for one in holding(store)} == {KEY, "arin:EXHO"}


@pytest.mark.parametrize("written", [f" {KEY} ", "RIPE:org-rs1-ripe"])
def test_id_is_read_in_any_case(written: str, store: Store) -> None:
    said(store, Vouch(written, "acts", "Reseller Servers Ltd"))
    assert [one.provider for one in holding(store)] == [KEY]
    said(store, WithdrawVouching(written, "silent"))
    assert holding(store) == []


def test_provider_of_the_store_needs_no_name(store: Store) -> None:
    with store.write("ann") as writer:
        keep_provider(writer, Provider(id=KEY, name="Reseller Servers Ltd"), "rdap:ripe")
    said(store, Vouch(KEY, "acts"))
    assert [one.provider for one in holding(store)] == [KEY]


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (Vouch(KEY, "  ", "Reseller Servers Ltd"), Refusal.MISSING, "why"),
        (Vouch("ORG-RS1-RIPE", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:ORG-R\u017f1-RIPE", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:ORG-R\u200bS1-RIPE", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:ORG RS1", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch(f"ripe:{'A' * 81}", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:network:192.0.2.0-192.0.2.7", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch("ripe:network:192.0.2.0 - 192.0.2.7", "acts", "X"), Refusal.INVALID, "provider"),
        (Vouch(KEY, "acts"), Refusal.NOT_FOUND, "provider"),
        (WithdrawVouching(KEY, "silent"), Refusal.NOT_FOUND, "provider"),
    ],
)
def test_command_that_cannot_be_is_refused_and_changes_nothing(
    command: Vouch | WithdrawVouching, code: Refusal, field: str, store: Store
) -> None:
    with pytest.raises(Refused) as refused:
        said(store, command)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.remedy in str(refused.value)
    assert holding(store) == []


def test_withdrawing_needs_a_reason(store: Store) -> None:
    said(store, Vouch(KEY, "acts", "Reseller Servers Ltd"))
    with pytest.raises(Refused) as refused:
        said(store, WithdrawVouching(KEY, " "))
    assert refused.value.code == Refusal.MISSING
    assert [one.provider for one in holding(store)] == [KEY]


def test_what_the_store_vouches_for_makes_the_reseller_accountable(store: Store) -> None:
    holder = entity("ORG-RS1-RIPE", ["registrant"], "Reseller Servers Ltd")
    known = *below_parent(customer(holder)), *nobody_vouches(holder)
    said(store, Vouch(KEY, "acts", "Reseller Servers Ltd"))
    word = [one.as_record() for one in holding(store)]
    before, after = decided(*known), decided(*known, *word)
    assert before.primary
    assert after.primary
    assert before.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert (after.primary.provider.id, after.primary.accountable) == (KEY, "vouched")
