"""What is asked beyond the network, or asked anew: told origins, mailboxes that take mail,
freshness, and changes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attribution import Attributor, DisclosedOrigin, Evidence, InvalidTarget, ReverseProxy
from attribution.decide import changes_between, decide
from attribution.demo import DemoWorld
from command import lines, run

HIDDEN = "https://www.hidden.example/"


def told(ago: timedelta = timedelta(hours=1), address: str = "192.0.2.130") -> DisclosedOrigin:
    return DisclosedOrigin(
        address, "Veil Proxy trust desk", datetime.now(UTC).replace(microsecond=0) - ago
    )


async def test_holder_of_a_told_origin_comes_first_and_the_front_stays(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path)) as attributor:
        found = await attributor.investigate(HIDDEN, origins=[told()])
    answer = found.attribution
    assert answer.primary
    assert answer.primary.provider.name == "Lantern Hosting Inc."
    assert [one.role for one in answer.parties][:2] == ["hosting", "cdn"]
    assert answer.fronted
    assert [one.via for one in answer.addresses if one.ip == "192.0.2.130"] == [
        ["told by Veil Proxy trust desk"]
    ]
    assert "told_origin" in {one.kind for one in answer.evidence}


async def test_origin_told_more_than_twelve_hours_ago_does_not_count(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path)) as attributor:
        found = await attributor.investigate(HIDDEN, origins=[told(timedelta(hours=13))])
    assert found.attribution.primary
    assert found.attribution.primary.role == "cdn"
    assert "told_too_long_ago" in {doubt.code for doubt in found.attribution.doubts}


async def test_told_origin_that_is_special_is_not_looked_up(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path)) as attributor:
        found = await attributor.investigate(HIDDEN, origins=[told(address="10.0.0.1")])
    assert "10.0.0.1" not in {one.ip for one in found.attribution.addresses}


def test_told_origin_that_is_no_address_is_refused() -> None:
    with pytest.raises(InvalidTarget, match="origin"):
        told(address="origin.example").as_record()


def test_origin_needs_its_source(in_world: DemoWorld) -> None:
    done = run("check", HIDDEN, "--origin", "192.0.2.130")
    assert done.returncode == 2
    assert "--origin-source" in done.stderr


@pytest.mark.parametrize(
    ("target", "deliverable"),
    [("www.lighthouse.example", "accepts_mail"), ("www.hidden.example", "undeliverable")],
)
async def test_mailboxes_are_checked_by_dns_only_when_asked(
    target: str, deliverable: str, world: DemoWorld, tmp_path: Path
) -> None:
    settings = world.settings(cache_folder=tmp_path)
    async with (
        Attributor(settings) as plain,
        Attributor(settings, check_mailboxes=True) as checking,
    ):
        without, checked = await plain.attribute(target), await checking.attribute(target)
    assert without.primary
    assert checked.primary
    assert without.primary.abuse_contact.deliverable is None
    assert checked.primary.abuse_contact.deliverable == deliverable
    assert ("undeliverable" in {doubt.code for doubt in checked.doubts}) == (
        deliverable == "undeliverable"
    )


def test_check_mailbox_is_shown(in_world: DemoWorld) -> None:
    done = run("check", "www.hidden.example", "--check-mailbox")
    assert "takes no mail" in done.stdout


def test_diff_says_what_changed(in_world: DemoWorld, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    run("check", HIDDEN, "--evidence", before)
    run(
        "check",
        HIDDEN,
        "--evidence",
        after,
        "--origin",
        "192.0.2.130",
        "--origin-source",
        "Veil Proxy trust desk",
    )
    one, other = next(before.glob("*.json")), next(after.glob("*.json"))
    done = run("diff", one, other, "--json")
    changed = {row["what"]: (row["before"], row["after"]) for row in lines(done.stdout)}
    assert done.returncode == 1
    assert changed["mailbox"] == ("abuse@veil.example", "abuse@lantern.example")
    assert changed["role"] == ("cdn", "hosting")
    assert run("diff", one, one).returncode == 0


async def test_two_looks_at_an_unchanged_world_do_not_differ(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(world.settings(cache_folder=tmp_path)) as attributor:
        first, second = (
            await attributor.attribute("split.example"),
            await attributor.attribute("split.example"),
        )
    assert changes_between(first, second) == []


async def test_refresh_asks_everything_anew_and_each_thing_once(
    world: DemoWorld, tmp_path: Path
) -> None:
    settings = world.settings(cache_folder=tmp_path)
    async with Attributor(settings) as attributor:
        await attributor.attribute("old.windmill.example")
    before = world.queries.copy()
    async with Attributor(settings, max_age=timedelta(0)) as attributor:
        for _ in range(3):
            answer = await attributor.attribute("old.windmill.example")
    asked = world.queries - before
    assert answer.status == "attributed"
    assert (asked["dns"], asked["rdap ripe"], asked["rdap names"]) == (4, 2, 1)


async def test_kept_answer_of_the_allowed_age_serves(world: DemoWorld, tmp_path: Path) -> None:
    settings = world.settings(cache_folder=tmp_path)
    async with Attributor(settings) as attributor:
        await attributor.attribute("old.windmill.example")
    before = world.queries.copy()
    async with Attributor(settings, max_age=timedelta(hours=1)) as attributor:
        await attributor.attribute("old.windmill.example")
    assert world.queries == before


async def test_offline_asks_nobody(world: DemoWorld, tmp_path: Path) -> None:
    settings = world.settings(cache_folder=tmp_path)
    async with Attributor(settings) as attributor:
        await attributor.attribute("old.windmill.example")
    before = world.queries.copy()
    async with Attributor(settings, offline=True) as attributor:
        known, unknown = (
            await attributor.attribute("old.windmill.example"),
            await attributor.attribute("kiosk.example"),
        )
        address = await attributor.attribute("192.0.2.70")
    assert world.queries == before
    assert known.status == "attributed"
    assert (unknown.status, unknown.primary) == ("not_resolved", None)
    assert (address.status, address.primary) == ("retry_later", None)


def test_offline_and_refresh_exclude_each_other(in_world: DemoWorld) -> None:
    assert run("check", "kiosk.example", "--offline", "--refresh").returncode == 2


class Desk:
    """A partner that tells one origin, or fails."""

    name = "trust desk"

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self._fails = fails

    async def origins(self, host: str, front: ReverseProxy) -> list[DisclosedOrigin]:
        self.asked.append((host, front.address, front.company))
        if self._fails:
            raise ConnectionError("the desk is closed")
        return [DisclosedOrigin("192.0.2.130", self.name, datetime.now(UTC))]


async def test_origin_source_is_asked_where_a_proxy_is_in_front_and_nowhere_else(
    world: DemoWorld, tmp_path: Path
) -> None:
    desk = Desk()
    async with Attributor(
        world.settings(cache_folder=tmp_path), origin_sources=[desk]
    ) as attributor:
        await attributor.attribute("kiosk.example")
        found = await attributor.investigate(HIDDEN)
        again = await attributor.attribute(HIDDEN)
    assert desk.asked == [("www.hidden.example", "198.51.100.141", "Veil Proxy")]
    assert again.primary == found.attribution.primary
    assert found.attribution.primary
    assert found.attribution.primary.provider.name == "Lantern Hosting Inc."
    assert decide(Evidence.from_bytes(found.evidence.to_bytes())).attribution == found.attribution


async def test_origin_source_that_fails_costs_nothing_but_its_answer(
    world: DemoWorld, tmp_path: Path
) -> None:
    async with Attributor(
        world.settings(cache_folder=tmp_path), origin_sources=[Desk(fails=True)]
    ) as attributor:
        answer = await attributor.attribute(HIDDEN)
    assert answer.primary
    assert answer.primary.role == "cdn"
    assert [(one.server, one.text) for one in answer.failures] == [
        ("trust desk", "ConnectionError: the desk is closed")
    ]
