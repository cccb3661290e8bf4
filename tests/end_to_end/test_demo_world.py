"""The whole way, from a reported URL to the company and its mailbox, over real sockets in the demo
world.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import dns.message
import dns.rrset
import pytest

import attribution
from attribution import Attribution, Attributor, Evidence
from attribution.decide import decide
from attribution.demo import DemoWorld
from attribution.demo.world import URLS
from attribution.evidence import Record
from attribution.evidence.question import ResolveName
from attribution.evidence.statements import ServedStatement
from attribution.models import Role, Status
from clocks import HandClock
from command import run


async def look_up(world: DemoWorld, tmp_path: Path, target: str) -> Attribution:
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        return await attributor.attribute(target)


def party(answer: Attribution, role: str) -> attribution.Party:
    return next(one for one in answer.parties if one.role == role)


def codes(answer: Attribution) -> set[str]:
    return {doubt.code for doubt in answer.doubts}


async def test_reseller_is_primary_and_its_parent_is_next(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "hxxps://shop[.]quay-customer[.]example/1")
    assert answer.status == "attributed"
    assert answer.primary
    assert (answer.primary.role, answer.primary.provider.name) == ("reseller", "Quay Servers LLC")
    assert answer.primary.abuse_contact.email == "abuse@quay.example"
    assert answer.primary.accountable == "holds_as"
    following = answer.parties[1]
    assert (following.role, following.abuse_contact.email) == (
        "allocation_holder",
        "abuse@harbour.example",
    )
    # Accountability by an AS is cheap: the provider above is written to in the same hour.
    assert [step.when for step in answer.write_order if "@" in (step.contact or "")] == [
        "now",
        "now",
    ]


async def test_tenant_is_never_primary_and_never_notified(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://kiosk.example/")
    assert answer.primary
    assert answer.primary.provider.name == "Harbour Transit Inc."
    tenant = party(answer, "tenant")
    assert (tenant.addressee, tenant.accountable) == (False, None)
    assert tenant.abuse_contact.email is None


async def test_proxy_is_primary_and_says_that_the_origin_is_hidden(
    world: DemoWorld, tmp_path: Path
) -> None:
    answer = await look_up(world, tmp_path, "https://www.hidden.example/")
    assert answer.fronted
    assert answer.primary
    assert (answer.primary.role, answer.primary.abuse_contact.email) == (
        "cdn",
        "abuse@veil.example",
    )
    assert "fronted" in codes(answer)
    assert answer.addresses[0].via == ["www.hidden.example CNAME edge-7.veil.example"]


async def test_platform_goes_before_its_host(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://anna.pages.banyan.example/")
    assert answer.primary
    assert (answer.primary.role, answer.primary.abuse_contact.email) == (
        "platform",
        "abuse@banyan.example",
    )


async def test_alias_of_a_platforms_page_is_a_customer_page_too(
    world: DemoWorld, tmp_path: Path
) -> None:
    answer = await look_up(world, tmp_path, "https://blog.windmill.example/")
    assert answer.primary
    assert (answer.primary.role, answer.primary.provider.name) == (
        "platform",
        "Banyan Cloud Pte. Ltd.",
    )


async def test_withheld_mailbox_is_not_absent(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://whisper.example/")
    assert answer.status == "partial"
    assert answer.primary
    assert answer.primary.abuse_contact.status == "redacted"


async def test_dead_registry_names_nobody_and_says_when_to_ask_again(
    world: DemoWorld, tmp_path: Path
) -> None:
    answer = await look_up(world, tmp_path, "https://sur.example/")
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert answer.failures
    assert all(failure.retry_at for failure in answer.failures)


async def test_throttling_registry_is_waited_for(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://savanna.example/")
    assert answer.primary
    assert answer.primary.provider.name == "Baobab Hosting Ltd"
    assert answer.primary.abuse_contact.status == "not_published"
    network = party(answer, "network")
    assert network.provider.name == "Sahel Transit Ltd"
    assert answer.parties.index(network) > answer.parties.index(answer.primary)


async def test_placeholder_of_a_registry_is_nobody(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://nobody.example/")
    assert answer.primary is None
    assert "stub" in codes(answer)
    assert "APNIC" not in str([one.provider.name for one in answer.parties])


async def test_several_companies_are_all_listed(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://split.example/")
    assert {"Quay Servers LLC", "Meridian Networks B.V."} <= {
        one.provider.name for one in answer.parties
    }
    assert "several_providers" in codes(answer)
    # The site's owner writes the zone: DNS alone never decides between companies.
    assert (answer.status, answer.primary) == ("partial", None)
    assert [one.name for one in answer.candidates] == ["Quay Servers LLC", "Meridian Networks B.V."]
    assert all(one.addressee for one in answer.parties if one.provider in answer.candidates)


@pytest.mark.parametrize(
    ("address", "company"),
    [("192.0.2.10", "Quay Servers LLC"), ("198.51.100.7", "Meridian Networks B.V.")],
)
async def test_address_that_was_seen_to_serve_says_which_company(
    address: str, company: str, world: DemoWorld, tmp_path: Path
) -> None:
    seen = ServedStatement(address, "analyst", datetime.now(UTC))
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        found = await attributor.investigate("https://split.example/", served_from=seen)
    answer = found.attribution
    assert answer.primary
    assert (answer.primary.provider.name, answer.served_from) == (company, address)
    assert (answer.status, answer.candidates) == ("attributed", [])
    assert decide(Evidence.from_bytes(found.evidence.to_bytes())).attribution == answer


async def test_registrar_and_name_servers_are_listed_last(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://www.lighthouse.example/")
    assert [one.role for one in answer.parties] == ["hosting", "registrar", "dns_operator"]
    assert party(answer, "registrar").abuse_contact.email == "abuse@wharf.example"


async def test_both_address_families_are_attributed(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://cdn.windmill.example/")
    assert [one.ip for one in answer.addresses] == ["198.51.100.7", "2001:db8::7"]
    assert {one.provider for one in answer.addresses} == {"ripe:ORG-MN1-RIPE"}


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("gone.example", "not_resolved", "nxdomain"),
        ("broken.example", "not_resolved", "servfail"),
        ("inside.example", "not_attributable", "special_address"),
        ("http://10.0.0.1/", "not_attributable", "special_address"),
        ("http://x.onion/", "not_attributable", "special_name"),
        ("not a url", "invalid_input", "invalid_input"),
        ("https://l.facebook.com/l.php?u=https://a.example/", "invalid_input", "wrapped_url"),
    ],
)
async def test_unknown_says_because(
    target: str, status: str, code: str, world: DemoWorld, tmp_path: Path
) -> None:
    answer = await look_up(world, tmp_path, target)
    assert (answer.status, answer.primary) == (status, None)
    assert code in codes(answer)


async def test_wrapped_url_is_suggested_in_the_answer(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "https://www.google.com/url?q=https://a.example/x")
    (doubt,) = answer.doubts
    assert doubt.code == "wrapped_url"
    assert doubt.text.endswith("Give the URL that it leads to: hxxps://a[.]example/x")


async def test_answer_for_a_host_with_wrappers_is_not_kept(
    world: DemoWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = "www.lighthouse.example"
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        with monkeypatch.context() as patch:
            patch.setattr("attribution.attributor.may_wrap", lambda name: name == host)
            await attributor.investigate(host)
            assert attributor.recall(f"https://{host}/x") is None
        await attributor.investigate(host)
        assert attributor.recall(f"https://{host}/x") is not None
        assert attributor.recall(f"https://{host}/" + "x" * 9000) is None


async def test_world_shows_every_role_and_status(world: DemoWorld, tmp_path: Path) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        answers = [answer async for answer in attributor.attribute_many(URLS)]
    assert len(answers) == 40
    assert {one.role for answer in answers for one in answer.parties} == set(get_args(Role))
    assert {answer.status for answer in answers} == set(get_args(Status))
    assert not any(doubt.code == "internal_error" for answer in answers for doubt in answer.doubts)


async def test_whole_batch_connects_to_resolvers_and_registries_only(
    world: DemoWorld, tmp_path: Path
) -> None:
    opened: list[tuple[str, str, int]] = []
    settings = world.settings(cache_folder=tmp_path / "cache")
    async with Attributor(settings, on_connect=lambda *where: opened.append(where)) as attributor:
        answers = [answer async for answer in attributor.attribute_many(URLS)]
    environment = world.environment()
    ports = {
        "dns": {int(environment["ATTRIBUTION_NAMESERVERS"].rpartition(":")[2])},
        "http": {int(world.base.rstrip("/").rpartition(":")[2])},
        "whois": {
            int(pair.rpartition(":")[2])
            for pair in environment["ATTRIBUTION_WHOIS_OVERRIDES"].split(",")
        }
        | {int(environment["ATTRIBUTION_WHOIS_ROOT"].rpartition(":")[2])},
    }
    assert {kind for kind, _, _ in opened} == {"dns", "http", "whois"}
    for kind, address, port in opened:
        assert ipaddress.ip_address(address).is_loopback
        assert port in ports[kind]
    reported = {one.ip for answer in answers for one in answer.addresses}
    assert reported
    assert not reported & {address for _, address, _ in opened}


async def test_one_attributor_is_shared_and_asks_each_thing_once(
    world: DemoWorld, tmp_path: Path
) -> None:
    before = world.queries.copy()
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        answers = await asyncio.gather(
            *(attributor.attribute("https://old.windmill.example/") for _ in range(50))
        )
    assert (
        len({answer.model_dump_json(exclude={"observed_at", "evidence"}) for answer in answers})
        == 1
    )
    asked = world.queries - before
    assert asked["dns"] == 4
    assert asked["rdap ripe"] == 2
    assert asked["rdap names"] == 1


async def test_second_look_is_answered_from_the_cache(world: DemoWorld, tmp_path: Path) -> None:
    first = await look_up(world, tmp_path, "https://www.lighthouse.example/")
    before = world.queries.copy()
    second = await look_up(world, tmp_path, "https://www.lighthouse.example/")
    assert world.queries == before
    assert second.primary == first.primary
    assert all(one.cached for one in second.evidence if one.kind not in ("suffix", "front", "desk"))


async def test_stale_answer_serves_while_the_registry_is_down(tmp_path: Path) -> None:
    clock = HandClock()
    with DemoWorld(cache_folder=tmp_path / "cache") as world:
        settings = world.settings(ask_registrar=False, patience=0, dns_timeout=0.3)
        async with Attributor(settings, clock=clock) as attributor:
            assert (await attributor.attribute("192.0.2.130")).status == "attributed"
    async with Attributor(settings, clock=clock) as attributor:
        clock.move(timedelta(days=2))
        stale = await attributor.attribute("192.0.2.130")
        clock.move(timedelta(days=6))
        gone = await attributor.attribute("192.0.2.130")
    assert stale.primary
    assert stale.primary.abuse_contact.email == "abuse@lantern.example"
    assert "stale" in codes(stale)
    assert any(one.stale for one in stale.evidence)
    assert (gone.status, gone.primary) == ("retry_later", None)


async def test_lookup_can_be_cancelled_and_leaves_nothing_open(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        task = asyncio.create_task(attributor.attribute("https://savanna.example/"))
        waiting = asyncio.create_task(attributor.attribute("https://savanna.example/"))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await waiting).primary
    assert [
        one
        for one in asyncio.all_tasks()
        if one is not asyncio.current_task() and "attribut" in repr(one)
    ] == []


async def test_many_can_be_left_early(world: DemoWorld, tmp_path: Path) -> None:
    taken: list[str] = []

    def endless() -> object:
        while True:
            taken.append("x")
            yield "https://www.lighthouse.example/"

    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        answers = attributor.attribute_many(endless(), jobs=4)  # type: ignore[arg-type]
        assert (await anext(answers)).status == "attributed"
        await answers.aclose()
    assert len(taken) < 20


def test_plain_call_waits_for_the_answer(in_world: DemoWorld) -> None:
    assert attribution.attribute("https://www.lighthouse.example/").status == "attributed"


async def test_plain_call_works_inside_a_running_loop(in_world: DemoWorld) -> None:
    assert attribution.attribute("https://www.lighthouse.example/").status == "attributed"


async def test_text_that_json_cannot_hold_is_answered(world: DemoWorld, tmp_path: Path) -> None:
    answer = await look_up(world, tmp_path, "\ud800.example")
    assert answer.status == "invalid_input"
    assert answer.model_dump_json()


def test_path_and_query_are_never_sent_or_cached(in_world: DemoWorld, tmp_path: Path) -> None:
    attribution.attribute("https://www.lighthouse.example/secret-path?name=secret-query")
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            assert b"secret" not in path.read_bytes()


def test_demo_runs_to_its_end(in_world: DemoWorld) -> None:
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "abuse@quay.example" in done.stdout
    assert "40 lines" in done.stderr


async def test_order_of_addresses_means_nothing(world: DemoWorld, tmp_path: Path) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path / "cache")) as attributor:
        found = await attributor.investigate("https://split.example/")
    turned = Evidence(
        found.evidence.input, found.evidence.observed_at, documentation_is_special=False
    )
    for record in found.evidence.records:
        turned.add(
            _turned(record) if record.question == ResolveName("split.example", "A") else record
        )
    assert [one.body for one in turned.records] != [one.body for one in found.evidence.records]
    again = decide(turned).attribution
    assert again.model_dump(exclude={"evidence"}) == found.attribution.model_dump(
        exclude={"evidence"}
    )


def _turned(record: Record) -> Record:
    message = dns.message.from_wire(record.body)
    (answers,) = message.answer
    message.answer = [
        dns.rrset.from_rdata_list(answers.name, answers.ttl, list(reversed(list(answers))))
    ]
    return replace(record, body=message.to_wire(want_shuffle=False))
