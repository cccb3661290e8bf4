"""Hostile sizes: reading costs work that grows no faster than the input. Work is counted only.

Counted are executed lines of the reading modules, and the characters that go through `clean`,
`read_mailboxes` and the tests for masked text: the steps whose cost depends on a text's length.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.registry import readers
from attribution.registry.domain_answer import read_domain, read_domain_text
from attribution.registry.mailbox import is_masked, read_mailboxes, unusable_mailbox
from attribution.registry.organisations import described_name, organisation_of
from attribution.registry.readers import (
    is_big,
    read_autnum,
    read_entity,
    read_networks,
    read_referral,
    read_refusal,
    referred_registry,
)
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.stubs import is_registry_object, national_registry, runs_itself
from attribution.registry.text import MAXIMUM_BODY, MAXIMUM_ENTITIES
from registry_samples import DESK, RDAP, WHOIS, entity, mail, network

_MEASURED = ("clean", "read_mailboxes", "is_withheld", "is_masked", "unusable_mailbox")
_FIXED = 3 * MAXIMUM_ENTITIES
"""Lines that do not grow with the input: tables, and walks over at most 2,000 entities."""


class Work:
    """Counts work while the `with` block lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for name, module in list(sys.modules.items()):
            if name.startswith("attribution.registry."):
                for function in _MEASURED:
                    if hasattr(module, function):
                        monkeypatch.setattr(
                            module, function, self._counted(getattr(module, function))
                        )

    def _counted(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def counting(text: Any) -> Any:
            self.count += len(text) if isinstance(text, str) else 1
            return function(text)

        return counting

    def _trace(self, frame: FrameType, event: str, argument: object) -> Any:
        if "registry" not in frame.f_code.co_filename:
            return None
        self.count += event == "line"
        return self._trace

    def of(self, action: Callable[[], object]) -> int:
        """Run, and return how much work it was; an unreadable answer is a way to end."""
        self.count = 0
        sys.settrace(self._trace)
        try:
            action()
        except UnreadableAnswer:
            pass
        finally:
            sys.settrace(None)
        return self.count


def text(n: int) -> dict[str, str]:
    """Hostile texts whose length is proportional to `n`."""
    block = "inetnum: 192.0.2.0 - 192.0.2.255\n"
    return {
        "line feeds": "a: b" + "\n" * n,
        "carriage returns": "a: b" + "\r" * n + "\n",
        "short lines": block + "remarks: x\n" * n,
        "continued lines": block + "remarks: x\n" + " y\n" * n,
        "one long line": block + "remarks: " + "x " * n,
        "one long word": block + "remarks: " + "x" * n,
        "contacts": block + "".join(f"tech-c: P{i}-RIPE\n" for i in range(n)),
        "same contact": (block + "tech-c: P1-RIPE\nstatus: ASSIGNED PA\n\n") * (n // 100)
        + "role: x\nnic-hdl: P1-RIPE\n"
        + "remarks: y\n" * n,
        "same organisation": (block + "org: ORG-X1-RIPE\n\n") * (n // 100)
        + "organisation: ORG-X1-RIPE\n"
        + "".join(f"abuse-c: P{i}-RIPE\n" for i in range(n // 100)),
        "objects": "role: x\nnic-hdl: X1\n\n" * n,
        "comments": "% Abuse contact for 'x' is 'y'\n" * n + block,
        "mailboxes": block + "tech-c: P1\n\nrole: x\nnic-hdl: P1\ne-mail: a@h.example\n" * n,
        "at signs": block + "tech-c: P1\n\nrole: x\nnic-hdl: P1\ne-mail: " + "a@" * n,
        "arin contacts": "NetRange: 192.0.2.0 - 192.0.2.255\n\n"
        + "OrgTechHandle: X\nOrgTechEmail: a@h.example\n" * n,
        "arin networks": "NetRange: 192.0.2.0 - 192.0.2.255\n\nOrgName: x\nOrgId: X\n\n" * n,
        "parentheses": "NetRange: 192.0.2.0 - 192.0.2.255\nOrganization: " + "(a" * n,
        "referrals": "ReferralServer: whois://whois.ripe.net\n" * n,
        "fields": "Netblock: 192.0.2.0/24\n" + "Abuse contact:\n a@h.example\n" * n,
        "white space": " " * n + "\n" + "\t" * n + ":",
        "keys": "Domain Name:\n" * n,
        "form feeds": block + "remarks: x\x0c" * n,
    }


@pytest.mark.parametrize("shape", list(text(100)))
@pytest.mark.parametrize("server", ["ripe", "arin", "lacnic", "twnic"])
def test_text_of_twice_the_size_is_at_most_twice_the_work(
    shape: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    def cost(n: int) -> int:
        body = text(n)[shape].encode()

        def action() -> None:
            read_refusal(WHOIS[server], body)
            read_referral(body, WHOIS[server])
            read_domain_text(body.decode(), "site.example")
            readers._networks.cache_clear()  # big answers are not cached: compare like with like
            for found in read_networks(body, WHOIS[server]):
                judge(found)
            readers._networks.cache_clear()
            referred_registry(body, WHOIS[server])

        return work.of(action)

    cost(100)
    assert cost(2_000) <= 2 * cost(1_000) + _FIXED


def judge(found: Any) -> None:
    """Ask everything that is asked of a network."""
    organisation_of(found)
    described_name(found)
    is_registry_object(found)
    runs_itself(found)
    national_registry(found)


def rows(n: int) -> dict[str, bytes]:
    """Hostile RDAP answers whose length is proportional to `n`."""
    forms = [["contact-uri", {}, "uri", "https://h.example/a"]] * n
    nested: dict[str, Any] = DESK
    for _ in range(min(n // 50, 18)):
        nested = entity("X", ["registrant"], entities=[nested])
    held = [{"startAddress": "192.0.2.0", "endAddress": "192.0.2.7", "type": "ASSIGNED PA"}]
    return {
        "entities": network(*[DESK] * (n // 10)),
        "empty entities": network(*[{}] * n),
        "nested entities": network(*[nested] * (n // 200)),
        "mailboxes": network(entity("X", ["abuse"], *[mail("a@h.example")] * n)),
        "long mailbox": network(entity("X", ["abuse"], mail("a@" * n))),
        "forms": network(entity("X", ["abuse"], *forms)),
        "remarks": network(remarks=[{"description": ["x"] * n}]),
        "titled remarks": network(remarks=[{"title": "x", "description": ["y"]}] * n),
        "broken lines": network(remarks=[{"description": ["x\\n" * n]}]),
        "links": network(links=[{"rel": "up", "href": "https://h.example/"}] * n),
        "long name": network(name="x" * n, type="y" * n, handle="z" * n, parentHandle="w" * n),
        "roles": network(entity("X", ["abuse, technical"] * n)),
        "redactions": network(redacted=[{"name": {"description": "x"}}] * n),
        "notices": network(notices=[{"title": "x", "description": ["y"]}] * n),
        "networks": json.dumps(DESK | {"networks": held * n}).encode(),
        "systems": json.dumps(
            DESK | {"autnums": [{"startAutnum": 1, "endAutnum": 9}] * n}
        ).encode(),
        "brackets": b'{"a": "' + b"[" * n + b'"}',
        "deep": b"[" * n,
    }


@pytest.mark.parametrize("shape", list(rows(100)))
def test_rdap_of_twice_the_size_is_at_most_twice_the_work(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work(monkeypatch)

    def cost(n: int) -> int:
        body = rows(n)[shape]

        def read(action: Callable[[], object]) -> None:
            try:
                action()
            except UnreadableAnswer:
                return

        def actions() -> None:
            read(lambda: [judge(one) for one in read_networks(body, RDAP["ripe"])])
            read(lambda: read_entity(body, RDAP["ripe"]))
            read(lambda: read_autnum(body, RDAP["ripe"], 64496))
            read(lambda: read_domain(body))
            read_refusal(RDAP["ripe"], body, status=200)

        return work.of(actions)

    cost(100)
    assert cost(2_000) <= 2 * cost(1_000) + _FIXED


@pytest.mark.parametrize("server", [*RDAP.values(), *WHOIS.values()], ids=lambda one: one.host)
def test_more_than_a_mebibyte_is_unreadable(server: Any) -> None:
    body = b"inetnum: 192.0.2.0 - 192.0.2.255\n" + b" " * MAXIMUM_BODY
    if server.dialect == "rdap":
        body = network() + b" " * MAXIMUM_BODY
    assert is_big(body)
    with pytest.raises(UnreadableAnswer, match="more than"):
        read_networks(body, server)
    status = {"status": 200} if server.dialect == "rdap" else {}
    assert read_refusal(server, body, **status).outcome in ("malformed", "answered")


@pytest.mark.parametrize(
    "body",
    [
        network().replace(b"[]", b"[" + b"{}," * 300_000 + b"{}]"),
        network(*[DESK] * (MAXIMUM_ENTITIES + 1)),
        network(entity("X", [], entities=[{}] * (MAXIMUM_ENTITIES + 1))),
    ],
    ids=["300,000 empty", "2,001", "2,001 nested"],
)
def test_swarm_of_entities_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer, match="more than 2,000 entities"):
        read_networks(body, RDAP["ripe"])


def test_two_thousand_entities_are_read() -> None:
    (found,) = read_networks(network(*[DESK] * MAXIMUM_ENTITIES), RDAP["ripe"])
    assert len(found.entities) == MAXIMUM_ENTITIES


@pytest.mark.parametrize("shape", ["contacts", "objects", "arin contacts", "arin networks"])
def test_swarm_in_a_text_is_unreadable(shape: str) -> None:
    server = WHOIS["arin" if shape.startswith("arin") else "ripe"]
    with pytest.raises(UnreadableAnswer, match="more than 2,000 entities"):
        read_networks(text(4_000)[shape].encode(), server)


def test_65000_line_feeds_and_a_million_short_lines_are_read() -> None:
    for body in (b"a: b" + b"\n" * 65_000, b"a:\n" * 340_000, b"\n" * 1_000_000):
        for server in ("ripe", "arin", "lacnic", "twnic"):
            assert read_networks(body, WHOIS[server]) == []


@pytest.mark.parametrize("depth", [10, 60, 5_000, 200_000])
def test_depth(depth: int) -> None:
    body = b'{"entities":[' * depth + b"{}" + b"]}" * depth
    with pytest.raises(UnreadableAnswer):
        read_networks(body, RDAP["ripe"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=20,
)
MEMBERS = [
    "entities",
    "remarks",
    "links",
    "notices",
    "handle",
    "name",
    "type",
    "country",
    "parentHandle",
    "vcardArray",
    "roles",
    "networks",
    "autnums",
    "startAddress",
    "endAddress",
    "redacted",
]


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), st.sampled_from(sorted(RDAP)))
def test_any_members_are_read_or_unreadable(values: dict[str, Any], server: str) -> None:
    body = network() if not values else network(**values)
    for action in (
        lambda: [judge(one) for one in read_networks(body, RDAP[server])],
        lambda: read_entity(body, RDAP[server]),
        lambda: read_autnum(body, RDAP[server], 64496),
        lambda: read_refusal(RDAP[server], body, status=200),
    ):
        try:
            action()
        except UnreadableAnswer:
            continue


LINES = [
    "inetnum: 192.0.2.0 - 192.0.2.255",
    "inet6num: 2001:db8::/32",
    "org: ORG-X1-RIPE",
    "organisation: ORG-X1-RIPE",
    "role: x",
    "nic-hdl: X1",
    "tech-c: X1",
    "mnt-by: X-MNT",
    "NetRange: 192.0.2.0 - 192.0.2.7",
    "Organization: X (X)",
    "OrgName: X",
    "OrgId: X",
    "OrgAbuseEmail: a@h.example",
    "RAbuseHandle: X",
    "owner: x",
    "ownerid: X",
    "",
    "+",
    "% Abuse contact for '192.0.2.0 - 192.0.2.255' is 'a@h.example'",
    ":",
    "Netblock: x",
    "Netblock: 192.0.2.0/24",
    "Abuse contact:",
    "a@h.example",
    "aut-num: AS64496",
    "ASNumber: 1",
]


@given(st.lists(st.sampled_from(LINES)), st.sampled_from(sorted(WHOIS)), st.binary(max_size=60))
def test_any_lines_are_read_or_unreadable(found: list[str], server: str, tail: bytes) -> None:
    body = "\n".join(found).encode() + tail
    for one in read_networks(body, WHOIS[server]):
        judge(one)
    read_refusal(WHOIS[server], body)
    referred_registry(body, WHOIS[server])


@given(st.text(max_size=80))
def test_mailboxes_are_bare_and_are_in_the_text(value: str) -> None:
    for box in read_mailboxes(value):
        local, _, domain = box.rpartition("@")
        assert local in value
        assert domain == domain.lower()
        assert domain.isascii()
        assert not set(box) & set("<>*:;, \"'`“”‘’«»()[]")
        assert not is_masked(box)
        assert unusable_mailbox(box) is None
