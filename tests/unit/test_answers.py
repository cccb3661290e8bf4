"""What is kept, for how long, and whom it serves (section 5 of the domain rules)."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from attribution.cache.answers import AnswerCache, Neighbourhoods
from attribution.evidence import Outcome, Record
from attribution.evidence.question import NetworkAbove, NetworkAt, ResolveName
from attribution.settings import load_settings
from clocks import HandClock


def at(text: str) -> NetworkAt:
    return NetworkAt(ipaddress.ip_address(text))


SERVERS = {
    "REASSIGNMENT": "rdap.arin.net",
    "REASSIGNED": "rdap.arin.net",
    "DIRECT ASSIGNMENT": "rdap.arin.net",
    "DIRECT ALLOCATION": "rdap.arin.net",
    "REALLOCATION": "rdap.arin.net",
    "ASSIGNED NON-PORTABLE": "rdap.apnic.net",
    "ASSIGNED PORTABLE": "rdap.apnic.net",
    "ALLOCATED PORTABLE": "rdap.apnic.net",
    "ALLOCATED TO RIPE NCC": "rdap.arin.net",
}
"""Whose types these are; all others are RIPE's."""


def answer(
    clock: HandClock, kind: str, name: str = "QUAY-NET", outcome: Outcome = "answered"
) -> list[Record]:
    document = {"startAddress": "192.0.2.0", "endAddress": "192.0.2.63", "handle": "N-1"}
    server = SERVERS.get(kind, "rdap.db.ripe.net")
    answered = outcome == "answered"
    body = json.dumps({**document, "type": kind, "name": name}).encode() if answered else b""
    delegated = json.dumps({"delegated": ["192.0.0.0", "192.255.255.255"]}).encode()
    question, now, url = at("192.0.2.1"), clock.now(), f"https://{server}/ip/192.0.2.1"
    match = Record("bootstrap", question, "data.iana.org", now, "answered", delegated)
    return [match, Record("rdap", question, server, now, outcome, body, url=url, tls=True)]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def cache(clock: HandClock, tmp_path: Path) -> AnswerCache:
    return AnswerCache(load_settings(cache_folder=tmp_path), clock)


@pytest.mark.parametrize(
    "kind",
    [
        "ASSIGNED PA",
        "ASSIGNED PI",
        "REASSIGNMENT",
        "REASSIGNED",
        "ASSIGNED NON-PORTABLE",
        "ASSIGNED PORTABLE",
    ],
)
def test_network_that_can_hold_nothing_more_specific_serves_its_range(
    kind: str, cache: AnswerCache, clock: HandClock
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, kind))
    assert cache.find(at("192.0.2.63"))
    assert cache.find(at("192.0.2.64")) is None


@pytest.mark.parametrize(
    "kind",
    [
        "DIRECT ASSIGNMENT",
        "REALLOCATION",
        "DIRECT ALLOCATION",
        "ALLOCATED PA",
        "ALLOCATED PORTABLE",
        "SUB-ALLOCATED PA",
        "LEGACY",
        "",
    ],
)
def test_network_that_may_hide_a_reseller_serves_its_address_only(
    kind: str, cache: AnswerCache, clock: HandClock
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, kind))
    assert cache.find(at("192.0.2.1"))
    assert cache.find(at("192.0.2.2")) is None


def test_range_serves_a_new_process_too(
    cache: AnswerCache, clock: HandClock, tmp_path: Path
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ASSIGNED PA"))
    cache.close()
    assert AnswerCache(load_settings(cache_folder=tmp_path), clock).find(at("192.0.2.9"))


def test_answer_is_fresh_for_a_day(cache: AnswerCache, clock: HandClock) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ASSIGNED PA"))
    clock.move(timedelta(hours=23, minutes=59))
    kept = cache.find(at("192.0.2.1"))
    assert kept
    assert cache.is_fresh(kept)
    clock.move(timedelta(minutes=2))
    assert not cache.is_fresh(kept)


@pytest.mark.parametrize("outcome", ["rate_limited", "unreachable", "malformed", "refused"])
def test_failures_are_never_kept(outcome: Outcome, cache: AnswerCache, clock: HandClock) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "", outcome=outcome))
    assert cache.find(at("192.0.2.1")) is None


@pytest.mark.parametrize(("ttl", "kept"), [(0, False), (300, True)])
def test_name_is_kept_as_long_as_its_ttl_says(
    ttl: int, kept: bool, cache: AnswerCache, clock: HandClock
) -> None:
    message = dns.message.make_response(dns.message.make_query("www.site.example", "A"))
    message.answer.append(dns.rrset.from_text("www.site.example.", ttl, "IN", "A", "192.0.2.7"))
    question, now = ResolveName("www.site.example"), clock.now()
    record = Record("dns", question, "127.0.0.1:53", now, "answered", message.to_wire())
    cache.keep(question, [record])
    assert bool(cache.find(question)) == kept


def test_answer_cut_short_is_never_kept(cache: AnswerCache, clock: HandClock) -> None:
    match, record = answer(clock, "ASSIGNED PA")
    notice = {"type": "object truncated due to excessive load"}
    body = json.dumps({**json.loads(record.body), "notices": [notice]}).encode()
    cache.keep(at("192.0.2.1"), [match, replace(record, body=body)])
    assert cache.find(at("192.0.2.1")) is None


def test_placeholder_is_never_kept(cache: AnswerCache, clock: HandClock) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ALLOCATED TO RIPE NCC", "RIPE-NCC-NET"))
    assert cache.find(at("192.0.2.1")) is None


def test_absence_is_kept_for_an_hour(cache: AnswerCache, clock: HandClock) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "", outcome="not_found"))
    kept = cache.find(at("192.0.2.1"))
    assert kept
    clock.move(timedelta(minutes=61))
    assert not cache.is_fresh(kept)


def test_answers_of_other_registries_are_kept_apart(
    cache: AnswerCache, clock: HandClock, tmp_path: Path
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ASSIGNED PA"))
    other = load_settings(cache_folder=tmp_path, rdap_bootstrap_url="https://other.example/")
    assert AnswerCache(other, clock).find(at("192.0.2.1")) is None


def test_answer_older_than_a_day_serves_for_a_week_while_the_registry_is_down(
    cache: AnswerCache, clock: HandClock
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ASSIGNED PA"))
    clock.move(timedelta(days=6))
    kept = cache.find(at("192.0.2.1"))
    assert kept
    assert not cache.is_fresh(kept)
    assert all(record.stale for record in kept.marked(stale=True))
    clock.move(timedelta(days=1, minutes=1))
    assert cache.find(at("192.0.2.1")) is None


ABOVE = NetworkAbove(
    "https://rdap.db.ripe.net/ip/192.0.2.0/26",
    ipaddress.ip_address("192.0.2.0"),
    ipaddress.ip_address("192.0.2.7"),
)


def test_object_serves_as_the_network_above_for_every_block_that_names_it(
    cache: AnswerCache, clock: HandClock
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ALLOCATED PA"))
    kept = cache.find(ABOVE)
    assert kept
    assert [record.question for record in kept.records] == [ABOVE]
    assert cache.find(replace(ABOVE, first=ipaddress.ip_address("192.0.2.8")))


@pytest.mark.parametrize(
    "url",
    [
        "https://rdap.db.ripe.net/ip/192.0.2.0/25",
        "https://rdap.db.ripe.net/ip/192.0.2.0",
        "https://rdap.db.ripe.net/ip/192.0.2.1/26",
        "https://rdap.arin.net/registry/ip/192.0.2.0/26",
        "https://rdap.customer.example/ip/192.0.2.0/26",
    ],
)
def test_object_serves_no_block_that_names_another(
    url: str, cache: AnswerCache, clock: HandClock
) -> None:
    cache.keep(at("192.0.2.1"), answer(clock, "ALLOCATED PA"))
    assert cache.find(replace(ABOVE, url=url)) is None


def test_neighbours_wait_for_each_other_until_an_answer_shows_that_there_is_no_use_in_it() -> None:
    near, one, same, other = (
        Neighbourhoods(),
        *map(ipaddress.ip_address, ("192.0.2.1", "192.0.2.6", "192.0.2.200")),
    )
    assert near.of(one) == near.of(same) == near.of(other)
    near.note_sparse(one)
    assert near.of(one) == near.of(same) != near.of(other)
    near.note_sparse(one)
    assert near.of(one) != near.of(same)
    assert near.of(ipaddress.ip_address("2001:db8::1")) == near.of(
        ipaddress.ip_address("2001:db8:0:ffff::1")
    )
    for number in range(60_000):
        near.note_sparse(ipaddress.ip_address(number << 8))
    assert len(near._sparse) <= 50_000
