"""Bundles and their chain: whatever is changed, missing or moved is found."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attribution import Evidence, EvidenceError, EvidenceFolder, verify_folder
from attribution.decide import decide
from attribution.evidence import Kind, Record

AT = datetime(2026, 1, 1, tzinfo=UTC)


def bundle(name: str) -> Evidence:
    record = Record(
        "rdap", f"ip {name}", "rdap.example", AT, "answered", b'{"name": "\xff"}', url="https://rdap.example/"
    )
    return Evidence(f"https://{name}.example/", AT, records=[record])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keeper = EvidenceFolder(tmp_path)
    for name in ("a", "b", "c"):
        keeper.append(bundle(name), AT)
    return tmp_path


def test_bundle_comes_back_byte_for_byte() -> None:
    raw = bundle("a").to_bytes()
    again = Evidence.from_bytes(raw)
    assert again.to_bytes() == raw
    assert again.records[0].body == b'{"name": "\xff"}'


def test_untouched_folder_is_unbroken(folder: Path) -> None:
    found = verify_folder(folder)
    assert (found.bundles, found.faults, found.unlisted) == (3, (), ())


def test_changed_bundle_is_found(folder: Path) -> None:
    path = sorted(folder.glob("*.json"))[0]
    path.write_bytes(path.read_bytes().replace(b"rdap.example", b"rdap.changed"))
    assert any("was changed" in fault for fault in verify_folder(folder).faults)


def test_missing_bundle_is_found(folder: Path) -> None:
    sorted(folder.glob("*.json"))[1].unlink()
    assert any("missing" in fault for fault in verify_folder(folder).faults)


def chain(folder: Path) -> list[str]:
    return (folder / "chain.jsonl").read_text().splitlines(keepends=True)


@pytest.mark.parametrize("change", ["drop first", "drop middle", "swap", "edit"])
def test_tampered_chain_is_found(change: str, folder: Path) -> None:
    links = chain(folder)
    if change == "drop first":
        links = links[1:]
    elif change == "drop middle":
        links = [links[0], links[2]]
    elif change == "swap":
        links = [links[1], links[0], links[2]]
    else:
        link = json.loads(links[1]) | {"at": "2020-01-01T00:00:00+00:00"}
        links[1] = json.dumps(link, sort_keys=True, separators=(",", ":")) + "\n"
    (folder / "chain.jsonl").write_text("".join(links))
    assert verify_folder(folder).faults


def test_cut_off_end_is_found_by_a_noted_head(folder: Path) -> None:
    head = verify_folder(folder).head
    (folder / "chain.jsonl").write_text("".join(chain(folder)[:-1]))
    assert not verify_folder(folder).faults
    assert any("cut off" in fault for fault in verify_folder(folder, head).faults)


def test_torn_last_link_is_dropped_and_the_chain_goes_on(folder: Path) -> None:
    with (folder / "chain.jsonl").open("a") as out:
        out.write('{"sequence":3,"bund')
    EvidenceFolder(folder).append(bundle("d"), AT)
    assert (verify_folder(folder).bundles, verify_folder(folder).faults) == (4, ())


def test_bundle_without_a_link_is_told_apart_from_tampering(folder: Path) -> None:
    (folder / "stray.json").write_bytes(bundle("z").to_bytes())
    found = verify_folder(folder)
    assert (found.faults, found.unlisted) == ((), ("stray.json",))


def test_link_outside_the_folder_is_a_fault(folder: Path) -> None:
    links = chain(folder)
    links[0] = links[0].replace('"bundle":"', '"bundle":"../')
    (folder / "chain.jsonl").write_text("".join(links))
    assert any("outside" in fault for fault in verify_folder(folder).faults)


def test_folder_without_a_chain_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"chain\.jsonl"):
        verify_folder(tmp_path)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff", b'{"format": 1}', b'{"format": 99}', b"[" * 100_000])
def test_what_is_no_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(raw)


@pytest.mark.parametrize("question", ["origin x", "front x", "told origin x", "autnum x", "page x", "ip x", "A", ""])
@pytest.mark.parametrize(
    "kind", ["dns", "origin_as", "rdap", "whois", "nir_page", "suffix", "front", "mail", "told_origin"]
)
def test_bundle_with_odd_questions_is_decided_without_an_exception(kind: Kind, question: str) -> None:
    evidence = bundle("a")
    evidence.records.append(Record(kind, question, "server", AT, "answered", b"{}"))
    assert decide(Evidence.from_bytes(evidence.to_bytes())).attribution.primary is None


def test_body_that_does_not_match_its_hash_is_refused() -> None:
    values = json.loads(bundle("a").to_bytes())
    values["records"][0]["sha256"] = "0" * 64
    with pytest.raises(EvidenceError, match="SHA-256"):
        Evidence.from_bytes(json.dumps(values).encode())
