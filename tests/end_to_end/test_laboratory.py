"""The main job in the shared laboratory: real captured answers, thousands of invented ones, and every fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from laboratory import Laboratory

pytestmark = pytest.mark.timeout(900)

# What each captured answer names, read by hand: (role, company, mailbox, status). Registries' own mailboxes and
# companies only, no person's.
CAPTURED = {
    "ipwhois-0-0": ("hosting", "BT Corporate Registry", "zzdnsr@bt.com", "found"),
    "ipwhois-3-3": ("hosting", "BT Corporate Registry", "zzdnsr@bt.com", "found"),
    # JPNIC's own servers are not in the laboratory: the holder stands in APNIC's text, the mailbox nowhere.
    "ipwhois-1-1": ("hosting", "Internet Initiative Japan Inc.", None, "unreachable"),
    # AFRINIC publishes no abuse role for these two; the company's name stands in its text.
    "ipwhois-2-2": ("hosting", "Telecommunication Sevice Providers Association of Kenya - TESPOK", None, "not_published"),
    "ipwhois-9-9": ("hosting", "MTN SA", None, "not_published"),
    "ipwhois-4-4": ("allocation_holder", "Triara.com, S.A. de C.V.", "operacion.redes@triara.com", "found"),
    # The network's own contact goes before the organisation's.
    "ipwhois-5-5": ("allocation_holder", "Google LLC", "arin-contact@google.com", "found"),
    "ipwhois-8-8": ("hosting", "Google Inc.", "arin-contact@google.com", "found"),
    "data-rdap-response-cidr-v6-14": ("allocation_holder", "Google LLC", "arin-contact@google.com", "found"),
    "data-rdap-response-ip-v6-18": ("allocation_holder", "Google LLC", "arin-contact@google.com", "found"),
    # KRNIC's page is not in the laboratory: its placeholder is no mailbox.
    "ipwhois-6-6": ("allocation_holder", "DACOM Corp.", None, "unreachable"),
    "ipwhois-7-7": ("hosting", "Universidad Catolica de Oriente", "sistemas.red@uco.edu.co", "found"),
    "206-41-110-0-10": ("allocation_holder", "United-IX", "neteng@unitedix.net", "found"),
    "206-41-110-0-11": ("allocation_holder", "United-IX", "neteng@unitedix.net", "found"),
    # The answer's only mailbox is a person's: its company is checked below, its domain here.
    "network-192-198-0-0-12": ("allocation_holder", "Radio Link Internet", "@radiolinkinternet.com", "found"),
    # A network that the registry runs itself: there its mailbox is a real one.
    "data-rdap-response-cidr-v4-13": ("hosting", "APNIC and Cloudflare DNS Resolver project", "helpdesk@apnic.net", "found"),
    "data-rdap-response-ip-v4-15": ("hosting", "APNIC and Cloudflare DNS Resolver project", "helpdesk@apnic.net", "found"),
    "data-rdap-response-ip-v4-2-16": ("hosting", "SWITCH", "abuse@switch.ch", "found"),
    "data-rdap-response-ip-v4-3-17": ("allocation_holder", "Microsoft Corporation", "abuse@microsoft.com", "found"),
}  # fmt: skip


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    from conftest import SHARED

    if not SHARED.is_dir():
        pytest.skip("no shared folder beside this checkout")
    return Laboratory(SHARED, tmp_path_factory.mktemp("synthetic"), ["synthetic", "--seed", "1", "--urls", "2000"])


def test_every_captured_answer_gives_the_company_and_mailbox_that_it_names(shared: Path, tmp_path: Path) -> None:
    laboratory = Laboratory(shared, tmp_path, ["captures"])
    results = laboratory.batch()
    assert sorted(one["host"].removesuffix(".capture.example") for one in results) == sorted(CAPTURED)
    for one in results:
        expected = CAPTURED[one["host"].removesuffix(".capture.example")]
        primary = one["primary"]
        contact = primary["abuse_contact"]
        email = contact["email"]
        if expected[2] and expected[2].startswith("@"):
            email = email[email.index("@") :]
        found = (primary["role"], primary["provider"]["name"], email, contact["status"])
        assert found == expected, one["host"]
        assert one["status"] == ("attributed" if expected[2] else "partial")


@pytest.mark.parametrize("options", [(), ("--throttle-every", "40")], ids=["calm", "throttled"])
def test_company_and_mailbox_are_right_for_2000_urls(options: tuple[str, ...], synthetic: Laboratory) -> None:
    truth = synthetic.truth()
    for path in synthetic.folder.glob("cache/*/*"):
        path.unlink()
    results = synthetic.batch(*options)
    assert len(results) == 2000
    wrong = [
        one
        for one in results
        if one["status"] != "attributed"
        or one["primary"]["provider"]["name"] != truth[one["host"]]["provider"]
        or one["primary"]["abuse_contact"]["email"] != truth[one["host"]]["abuse"]
    ]
    assert wrong == []


@pytest.mark.parametrize("seed", ["2", "3"])
def test_other_synthetic_worlds_are_right_too(seed: str, shared: Path, tmp_path: Path) -> None:
    laboratory = Laboratory(shared, tmp_path, ["synthetic", "--seed", seed, "--urls", "400"])
    truth = laboratory.truth()
    wrong = [
        one["host"]
        for one in laboratory.batch()
        if one["status"] != "attributed"
        or one["primary"]["provider"]["name"] != truth[one["host"]]["provider"]
        or one["primary"]["abuse_contact"]["email"] != truth[one["host"]]["abuse"]
    ]
    assert wrong == []


FAULTS = [
    "dead", "hang", "drip", "torn", "html429", "notice200", "later", "forbidden", "broken", "notjson", "deep", "huge", "wrong",
    "loop", "inward",
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faulty_registry_names_nobody_wrong_and_slows_nobody_else(
    fault: str, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = Laboratory(shared, tmp_path, ["synthetic", "--seed", "2", "--urls", "60"])
    for name, value in {
        "RDAP_TIMEOUT": "1",
        "WHOIS_TIMEOUT": "1",
        "CONNECT_TIMEOUT": "1",
        "PATIENCE": "1",
        "WAIT": "0",
    }.items():
        monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    truth = laboratory.truth()
    results = laboratory.batch("--fault", f"ripe={fault}", "--fault", f"whois.ripe={fault}")
    assert len(results) == 60
    assert laboratory.last.returncode in (0, 1)
    asked_elsewhere = 0
    for one in results:
        expected = truth[one["host"]]
        primary = one["primary"]
        if primary:
            assert primary["provider"]["name"] == expected["provider"], one
            assert primary["abuse_contact"]["email"] in (expected["abuse"], None)
            asked_elsewhere += one["status"] == "attributed"
        else:
            assert one["status"] == "retry_later", one
            assert one["failures"]
            assert all(failure["retry_at"] for failure in one["failures"])
    assert asked_elsewhere >= 30


def test_registry_that_comes_back_is_asked_again_before_the_batch_ends(shared: Path, tmp_path: Path) -> None:
    laboratory = Laboratory(shared, tmp_path, ["synthetic", "--seed", "2", "--urls", "60"])
    results = laboratory.batch("--fault", "ripe=dead@0-6", "--fault", "whois.ripe=dead@0-6")
    assert sorted(one["line"] for one in results) == list(range(1, 61))
    assert {one["status"] for one in results} == {"attributed"}
    assert "up to 30 s for registries" in laboratory.last.stderr


def test_deadline_answers_every_line_in_hand_and_holds_while_a_registry_hangs(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory = Laboratory(shared, tmp_path, ["synthetic", "--seed", "2", "--urls", "60"])
    monkeypatch.setenv("ATTRIBUTION_RDAP_TIMEOUT", "60")
    results = laboratory.batch("--fault", "ripe=hang", arguments=("--deadline", "6s"))
    assert laboratory.seconds < 20
    truth = laboratory.truth()
    assert sorted(one["line"] for one in results) == list(range(1, 61))
    late = [one for one in results if one["status"] == "retry_later"]
    assert late
    assert all(one["failures"][0]["retry_at"] for one in late)
    for one in results:
        if one["primary"]:
            assert one["primary"]["provider"]["name"] == truth[one["host"]]["provider"]


def test_registry_that_fails_holds_nobody_else_up(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """More lines wait for one registry than are looked up at once: the others' are answered all the same."""
    laboratory = Laboratory(shared, tmp_path, ["synthetic", "--seed", "2", "--urls", "400"])
    monkeypatch.setenv("ATTRIBUTION_WAIT", "0")
    results = laboratory.batch("--fault", "ripe=later", arguments=("--jobs", "8"))
    order = [one["status"] for one in results]
    done = [place for place, status in enumerate(order) if status == "attributed"]
    assert len(results) == 400
    assert order.count("retry_later") > 50
    assert done[-1] < len(order) - 20  # those that wait come last
