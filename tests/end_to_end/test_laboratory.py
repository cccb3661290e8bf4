"""The main job in the shared laboratory: real captured answers, thousands of invented ones, and
every fault.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from laboratory import Laboratory

pytestmark = pytest.mark.timeout(900)

SEEDS = os.environ.get("TEST_SEEDS", "1").split(",")
"""Worlds of cheating customers and site owners that are looked at, by their seed."""
REGISTRIES = ("ripe", "arin", "apnic", "lacnic", "afrinic")


class Named(NamedTuple):
    """What an answer names as primary."""

    role: str
    company: str
    mailbox: str | None
    contact: str
    accountable: str


# What each captured answer names, read by hand, or why nobody is named. Registries' own mailboxes
# and companies only, no person's.
CAPTURED: dict[str, Named | str] = {
    # Only a customer's block is in the laboratory, and nobody accountable above it.
    "ipwhois-0-0": "tenant_only",
    "ipwhois-3-3": "tenant_only",
    # JPNIC's own servers are not in the laboratory, and APNIC's copy does not tell a member's block
    # from a customer's.
    "ipwhois-1-1": "registry_silent",
    # AFRINIC publishes no abuse role for these two; the company's name stands in its text.
    "ipwhois-2-2": Named(
        "hosting",
        "Telecommunication Sevice Providers Association of Kenya - TESPOK",
        None,
        "not_published",
        "direct_assignment",
    ),
    "ipwhois-9-9": Named("hosting", "MTN SA", None, "not_published", "direct_assignment"),
    "ipwhois-4-4": Named(
        "allocation_holder",
        "Triara.com, S.A. de C.V.",
        "operacion.redes@triara.com",
        "found",
        "direct_allocation",
    ),
    # The network's own contact goes before the organisation's.
    "ipwhois-5-5": Named(
        "allocation_holder", "Google LLC", "arin-contact@google.com", "found", "direct_allocation"
    ),
    # An answer without a type, and without anything above it.
    "ipwhois-8-8": Named(
        "allocation_holder", "Google Inc.", "arin-contact@google.com", "found", "direct_allocation"
    ),
    "data-rdap-response-cidr-v6-14": Named(
        "allocation_holder", "Google LLC", "arin-contact@google.com", "found", "direct_allocation"
    ),
    "data-rdap-response-ip-v6-18": Named(
        "allocation_holder", "Google LLC", "arin-contact@google.com", "found", "direct_allocation"
    ),
    # KRNIC's page is not in the laboratory: its placeholder is no mailbox.
    "ipwhois-6-6": Named(
        "allocation_holder", "DACOM Corp.", None, "unreachable", "direct_allocation"
    ),
    "ipwhois-7-7": Named(
        "hosting",
        "Universidad Catolica de Oriente",
        "sistemas.red@uco.edu.co",
        "found",
        "direct_assignment",
    ),
    "206-41-110-0-10": Named(
        "allocation_holder", "United-IX", "neteng@unitedix.net", "found", "direct_allocation"
    ),
    "206-41-110-0-11": Named(
        "allocation_holder", "United-IX", "neteng@unitedix.net", "found", "direct_allocation"
    ),
    # The answer's only mailbox is a person's: its company is checked below, its domain here.
    "network-192-198-0-0-12": Named(
        "allocation_holder",
        "Radio Link Internet",
        "@radiolinkinternet.com",
        "found",
        "direct_allocation",
    ),
    # A network that the registry runs itself: there its mailbox is a real one.
    "data-rdap-response-cidr-v4-13": Named(
        "hosting",
        "APNIC and Cloudflare DNS Resolver project",
        "helpdesk@apnic.net",
        "found",
        "direct_assignment",
    ),
    "data-rdap-response-ip-v4-15": Named(
        "hosting",
        "APNIC and Cloudflare DNS Resolver project",
        "helpdesk@apnic.net",
        "found",
        "direct_assignment",
    ),
    # The organisation is named by its handle only, and its object is not in the laboratory.
    "data-rdap-response-ip-v4-2-16": Named(
        "hosting", "SWITCH-LAN (ORG-SG2-RIPE)", "abuse@switch.ch", "found", "legacy"
    ),
    "data-rdap-response-ip-v4-3-17": Named(
        "allocation_holder",
        "Microsoft Corporation",
        "abuse@microsoft.com",
        "found",
        "direct_allocation",
    ),
}


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return _rules_2(tmp_path_factory.mktemp("synthetic"), seed="1", urls=2000)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    """A world for faults: each test begins with an empty cache."""
    return _rules_2(tmp_path_factory.mktemp("small"), seed="2", urls=150)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return _rules_2(tmp_path_factory.mktemp("few"), seed="2", urls=60)


def _rules_2(folder: Path, *, seed: str, urls: int) -> Laboratory:
    from conftest import SHARED

    if not SHARED.is_dir():
        pytest.skip("no shared folder beside this checkout")
    return Laboratory(
        SHARED, folder, ["synthetic", "--rules", "2", "--seed", seed, "--urls", str(urls)]
    )


def test_every_captured_answer_gives_the_company_and_mailbox_that_it_names(
    shared: Path, tmp_path: Path
) -> None:
    results = Laboratory(shared, tmp_path, ["captures"]).batch()
    assert sorted(one["host"].removesuffix(".capture.example") for one in results) == sorted(
        CAPTURED
    )
    for one in results:
        expected = CAPTURED[one["host"].removesuffix(".capture.example")]
        if isinstance(expected, str):
            assert one["primary"] is None, one["host"]
            assert [doubt["code"] for doubt in one["doubts"]] == [expected]
            assert not [party for party in one["parties"] if party["addressee"]]
            assert one["status"] == ("retry_later" if one["failures"] else "partial")
        else:
            assert _named(one["primary"], expected) == expected, one["host"]
            assert one["status"] == ("attributed" if expected.mailbox else "partial")


def _named(primary: dict[str, Any], expected: Named) -> Named:
    contact = primary["abuse_contact"]
    email = contact["email"]
    if email and (expected.mailbox or "").startswith("@"):
        email = email[email.index("@") :]
    return Named(
        primary["role"],
        primary["provider"]["name"],
        email,
        contact["status"],
        primary["accountable"],
    )


def test_2000_urls_have_no_fault_and_cost_few_questions(synthetic: Laboratory) -> None:
    synthetic.forget()
    assert len(synthetic.batch()) == 2000
    score = synthetic.score()
    assert (score.results, score.faults) == (2000, 0), score.text
    # What a redirect to another registry costs is not in the least that the laboratory counts.
    assert score.least
    assert score.asked / (score.least + synthetic.redirects()) <= 1.05, score.text


def test_throttled_registries_are_waited_for(shared: Path, tmp_path: Path) -> None:
    laboratory = _rules_2(tmp_path, seed="3", urls=200)
    assert len(laboratory.batch("--throttle-every", "40")) == 200
    score = laboratory.score()
    assert (score.results, score.faults) == (200, 0), score.text


@pytest.mark.parametrize("seed", SEEDS)
def test_customers_and_site_owners_who_cheat_change_nothing(
    seed: str, shared: Path, tmp_path: Path
) -> None:
    laboratory = Laboratory(shared, tmp_path, ["hostile", "--seed", seed])
    assert len(laboratory.batch()) == 1500
    score = laboratory.score()
    assert (score.results, score.faults) == (1500, 0), score.text


def test_port_43_serves_where_every_rdap_service_is_broken(shared: Path, tmp_path: Path) -> None:
    """Slowly: a registry's text may be asked for a few times a second;
    what does not fit is asked for after the list.
    """
    laboratory = _rules_2(tmp_path, seed="1", urls=600)
    results = laboratory.batch(*_faults(dict.fromkeys(REGISTRIES, "broken")))
    truth = laboratory.truth()
    assert len(results) == 600
    assert [one for one in results if one["primary"] and not _is_right(one, truth)] == []
    right = [one for one in results if one["primary"] and one["primary"]["abuse_contact"]["email"]]
    assert len(right) >= 560


FAULTS = [
    ("dead", "bomb", "forbidden", "limit200"),
    ("hang", "swarm", "later", "broken"),
    ("drip", "wide", "torn", "html429"),
    ("notice200", "mapped", "loop", "inward"),
    ("lines", "stranger", "wrong", "notjson"),
    ("huge", "deep", "lines", "bomb"),
]
"""What is wrong with RIPE, ARIN, APNIC and LACNIC, by RDAP and on port 43; AFRINIC is well."""


@pytest.mark.parametrize("kinds", FAULTS, ids="-".join)
def test_faulty_registries_name_nobody_wrong_and_hold_up_nobody_else(
    kinds: tuple[str, ...], small: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("RDAP_TIMEOUT", "WHOIS_TIMEOUT", "CONNECT_TIMEOUT", "PATIENCE")
    for name, value in [*((name, "1") for name in names), ("WAIT", "0")]:
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    faulty = dict(zip(REGISTRIES, kinds, strict=False))
    small.forget()
    results = small.batch(
        *_faults(faulty), *_faults({f"whois.{one}": kind for one, kind in faulty.items()})
    )
    assert len(results) == 150
    assert small.last.returncode in (0, 1)
    assert not [
        one for one in results if "internal_error" in {doubt["code"] for doubt in one["doubts"]}
    ]
    _nobody_is_wrong(small, results, faulty)
    elsewhere = [one for one in results if not small.registries_of(one["host"]) & faulty.keys()]
    assert len(elsewhere) >= 10
    assert {one["status"] for one in elsewhere} == {"attributed"}


def _nobody_is_wrong(
    laboratory: Laboratory, results: Iterable[dict[str, Any]], faulty: Iterable[str]
) -> None:
    truth = laboratory.truth()
    for one in results:
        if one["primary"]:
            assert _is_right(one, truth), one
        else:
            assert laboratory.registries_of(one["host"]) & set(faulty), one
            assert one["status"] == "retry_later", one
            assert one["failures"]
            assert all(failure["retry_at"] for failure in one["failures"])


def _is_right(answer: dict[str, Any], truth: dict[str, dict[str, Any]]) -> bool:
    """Say whether the primary is the right company, with the right mailbox or none."""
    expected, primary = truth[answer["host"]], answer["primary"]
    email = primary["abuse_contact"]["email"]
    return primary["provider"]["name"] == expected["provider"] and email in (
        expected["abuse"],
        None,
    )


def _faults(faulty: dict[str, str]) -> list[str]:
    return [text for where, kind in faulty.items() for text in ("--fault", f"{where}={kind}")]


def test_registry_that_comes_back_is_asked_again_before_the_batch_ends(few: Laboratory) -> None:
    few.forget()
    results = few.batch("--fault", "ripe=dead@0-6", "--fault", "whois.ripe=dead@0-6")
    assert sorted(one["line"] for one in results) == list(range(1, 61))
    assert {one["status"] for one in results} == {"attributed"}
    assert "up to 30 s for registries" in few.last.stderr


def test_deadline_answers_every_line_in_hand_and_holds_while_a_registry_hangs(
    few: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.forget()
    monkeypatch.setenv("ATTRIBUTION_RDAP_TIMEOUT", "60")
    results = few.batch("--fault", "ripe=hang", arguments=("--deadline", "6s"))
    assert sorted(one["line"] for one in results) == list(range(1, 61))
    late = [one for one in results if one["status"] == "retry_later"]
    assert late
    assert all(one["failures"][0]["retry_at"] for one in late)
    truth = few.truth()
    assert [one for one in results if one["primary"] and not _is_right(one, truth)] == []


def test_registry_that_fails_holds_nobody_else_up(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More lines wait for one registry than are looked up at once: the others' are answered all the
    same.
    """
    laboratory = _rules_2(tmp_path, seed="2", urls=200)
    monkeypatch.setenv("ATTRIBUTION_WAIT", "0")
    results = laboratory.batch(
        *_faults({"ripe": "later", "whois.ripe": "later"}), arguments=("--jobs", "8")
    )
    order = [one["status"] for one in results]
    done = [place for place, status in enumerate(order) if status == "attributed"]
    assert len(results) == 200
    assert order.count("retry_later") > 50
    assert done[-1] < len(order) - 20  # those that wait come last
