"""Bundles and their chain: whatever is changed, missing or moved is found."""

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution import Evidence, EvidenceError, EvidenceFolder, verify_folder
from attribution.decide import decide
from attribution.evidence import FORMAT, Kind, Page, Question, Record
from attribution.evidence.question import (
    _TYPES,
    DisclosedOriginAt,
    DomainNamed,
    EntityNamed,
    HotlinesAndAuthorityOf,
    MailTo,
    NationalNetwork,
    NationalPage,
    NetworkAbove,
    NetworkAt,
    NonexistentName,
    OriginOf,
    OriginsBehind,
    RegistryAddress,
    ResolveName,
    ReverseProxyAt,
    ServedFrom,
    SuffixOf,
    SystemNumbered,
    VouchedFor,
    WhoisAbove,
    WhoisAt,
    WhoisSystem,
    question_from_json,
    question_to_json,
)
from bundles import AT, DESK, HOLDER, HOST, TARGET, network, rdap, resolved, vouched

V4, V6 = ipaddress.ip_address(TARGET), ipaddress.ip_address("2001:db8::7")
QUESTIONS: list[Question] = [
    ResolveName("www.site.example", "AAAA"),
    NonexistentName("127.0.0.1:53"),
    NetworkAt(V6),
    NetworkAbove("https://rdap.db.ripe.net/ip/192.0.2.0/23", V4, V4),
    NationalNetwork("idnic", V4, "https://idnic.rdap.apnic.net/"),
    EntityNamed("ripe", "ORG-EX1-RIPE", "https://rdap.db.ripe.net/entity/ORG-EX1-RIPE"),
    SystemNumbered(64500),
    WhoisAt(V4),
    WhoisAt(V4, "whois.ripe.net"),
    WhoisAbove("192.0.2.0/23", "whois.lacnic.net"),
    WhoisSystem(64500, "whois.ripe.net"),
    OriginOf(V4),
    NationalPage("krnic", V4, Page("https://whois.kisa.or.kr/", (("query", TARGET), ("b", "")))),
    SuffixOf("www.site.example"),
    ReverseProxyAt(V4),
    HotlinesAndAuthorityOf("NL"),
    DomainNamed("site.example"),
    DomainNamed("site.example", whois=True),
    MailTo("site.example"),
    DisclosedOriginAt(V4),
    OriginsBehind(V4, "partner"),
    ServedFrom(V4),
    VouchedFor("ripe:ORG-EX1-RIPE"),
    RegistryAddress(V4),
]
FORMAT_1 = Path(__file__).parent.parent / "fixtures" / "bundles" / "format-1.json"


def bundle(name: str) -> Evidence:
    body = b'{"name": "\xff"}'
    url = "https://rdap.example/"
    record = Record("rdap", NetworkAt(V4), "rdap.example", AT, "answered", body, url=url)
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


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"\xff", b'{"format": 1}', b'{"format": 99}', b"[" * 100_000]
)
def test_what_is_no_bundle_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(raw)


ODD: list[Any] = [
    "origin x",
    "front x",
    "told origin x",
    "autnum x",
    "page x",
    "ip x",
    "A",
    "",
    None,
    [],
    {},
]


@pytest.mark.parametrize("question", [*ODD, {"kind": "x"}, {"kind": "network_at", "address": 7.5}])
@pytest.mark.parametrize(
    "kind",
    ["dns", "origin_as", "rdap", "whois", "nir_page", "suffix", "front", "mail", "told_origin"],
)
@pytest.mark.parametrize("number", [1, FORMAT])
def test_bundle_with_odd_questions_is_refused_or_decided_without_an_exception(
    kind: Kind, question: Any, number: int
) -> None:
    values = json.loads(bundle("a").to_bytes())
    added = dict(values["records"][0], kind=kind, question=question)
    values.update(format=number, records=[*values["records"], added])
    try:
        evidence = Evidence.from_bytes(json.dumps(values).encode())
    except EvidenceError:
        return
    assert decide(evidence).attribution.primary is None


@pytest.mark.parametrize("question", QUESTIONS)
def test_question_survives_its_json(question: Question) -> None:
    values = json.loads(json.dumps(question_to_json(question)))
    assert question_from_json(values) == question
    assert question.text


def test_every_kind_of_question_is_tried_and_no_two_share_their_json() -> None:
    assert {question.kind for question in QUESTIONS} == set(_TYPES)
    written = {json.dumps(question_to_json(question)) for question in QUESTIONS}
    assert len(written) == len(QUESTIONS)


@given(st.dictionaries(st.text(max_size=9) | st.sampled_from(["kind", "address"]), st.text()))
def test_any_fields_are_a_question_or_refused(values: dict[str, str]) -> None:
    try:
        question = question_from_json(values)
    except EvidenceError:
        return
    assert question.text


def test_bundle_is_written_in_the_new_format_with_questions_as_fields() -> None:
    values = json.loads(bundle("a").to_bytes())
    assert values["format"] == FORMAT == 2
    assert values["records"][0]["question"] == {"kind": "network_at", "address": TARGET}


@pytest.mark.parametrize("key", ["zz", "0", "ab" * 65])
def test_key_of_a_sample_that_is_none_is_refused(key: str) -> None:
    values = json.loads(bundle("a").to_bytes()) | {"sample_key": key}
    with pytest.raises(EvidenceError):
        Evidence.from_bytes(json.dumps(values).encode())


def test_statements_of_people_are_evidence_and_are_replayed() -> None:
    records = [resolved(HOST, TARGET), rdap(network(HOLDER, DESK)), vouched("ripe:ORG-EX1-RIPE")]
    made = Evidence(HOST, AT, documentation_is_special=False, records=records)
    again = Evidence.from_bytes(made.to_bytes())
    assert again.records == records
    assert json.loads(again.records[2].body)["why"]


# Bundles of format 1: kept by hotlines since before questions were fields.


def test_bundle_of_format_1_is_read_with_every_question() -> None:
    evidence = Evidence.from_bytes(FORMAT_1.read_bytes())
    written = json.loads(FORMAT_1.read_bytes())["records"]
    assert all(isinstance(one["question"], str) for one in written)
    assert [record.kind for record in evidence.records] == [one["kind"] for one in written]
    questions = [record.question for record in evidence.records]
    below = ipaddress.ip_address("192.0.2.0"), ipaddress.ip_address("192.0.2.7")
    for expected in (
        ResolveName(HOST, "A"),
        ResolveName(HOST, "AAAA"),
        NonexistentName("127.0.0.1:53"),
        SuffixOf(HOST),
        NetworkAt(V4),
        NetworkAbove("https://rdap.db.ripe.net/ip/192.0.2.0/23", *below),
        OriginOf(V4),
        SystemNumbered(64500),
        ReverseProxyAt(V4),
        HotlinesAndAuthorityOf("NL"),
        DomainNamed("site.example"),
        WhoisAt(V4, "whois.ripe.net"),
        MailTo("parent.example"),
    ):
        assert expected in questions


def test_bundle_of_format_1_is_replayed_by_the_rules_of_today() -> None:
    answer = decide(Evidence.from_bytes(FORMAT_1.read_bytes())).attribution
    assert answer.primary
    assert answer.primary.provider.id == "ripe:ORG-PA1-RIPE"
    assert answer.primary.abuse_contact.email == "abuse@parent.example"
    assert answer.country.registered == "NL"
    assert "customer.example" not in answer.model_dump_json()


def test_bundle_of_format_1_is_written_again_as_format_2_with_the_same_answer() -> None:
    evidence = Evidence.from_bytes(FORMAT_1.read_bytes())
    again = Evidence.from_bytes(evidence.to_bytes())
    assert json.loads(evidence.to_bytes())["format"] == FORMAT
    assert again.records == evidence.records
    first, second = decide(evidence), decide(again)
    assert first.attribution.model_dump_json() == second.attribution.model_dump_json()


@pytest.mark.parametrize(
    ("kind", "sentence", "question"),
    [
        ("rdap", f"ip {TARGET} at idnic", NationalNetwork("idnic", V4, "https://rdap.example/")),
        ("whois", f"whois {TARGET}", WhoisAt(V4)),
        ("whois", "domain site.example by whois", DomainNamed("site.example", whois=True)),
        (
            "nir_page",
            f"page krnic https://whois.kisa.or.kr/ query={TARGET}",
            NationalPage("krnic", V4, Page("https://whois.kisa.or.kr/", (("query", TARGET),))),
        ),
        (
            "nir_page",
            f"page jpnic https://whois.nic.ad.jp/key={TARGET}",
            NationalPage("jpnic", V4, Page(f"https://whois.nic.ad.jp/key={TARGET}")),
        ),
        ("told_origin", f"told origin {TARGET}", DisclosedOriginAt(V4)),
        (
            "told_origin",
            f"told origin of {HOST} by partner",
            OriginsBehind(ipaddress.ip_address(0), "partner"),
        ),
    ],
)
def test_sentences_of_format_1(kind: Kind, sentence: str, question: Question) -> None:
    values = json.loads(bundle("a").to_bytes())
    url = f"https://rdap.example/ip/{TARGET}"
    values["records"][0].update(kind=kind, question=sentence, url=url)
    evidence = Evidence.from_bytes(json.dumps(values | {"format": 1}).encode())
    assert evidence.records[0].question == question


def test_body_that_does_not_match_its_hash_is_refused() -> None:
    values = json.loads(bundle("a").to_bytes())
    values["records"][0]["sha256"] = "0" * 64
    with pytest.raises(EvidenceError, match="SHA-256"):
        Evidence.from_bytes(json.dumps(values).encode())
