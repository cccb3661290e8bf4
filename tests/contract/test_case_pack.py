"""A case handed to an authority: what is in the file, who can open it, and what the log says."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from attribution.casework import packing
from attribution.casework.importing import import_history
from attribution.casework.importing_rows import Import
from attribution.casework.packing import CasePack, PackCases, pack_cases
from attribution.casework.recipients import read_recipient, seal_for
from attribution.decide.answer import decide_from
from attribution.decide.facts import Facts
from attribution.errors import NotFound, OutputError, OutputExistsError, Refused
from attribution.evidence import Evidence
from attribution.store import Store
from attribution.store.audit import audit_lines
from casework import (
    NOON,
    Clock,
    correct,
    erase,
    filled,
    note_event,
    reported,
    small_history,
)
from tools import program

URL = "https://www.site.example/1"
RSA_KEY = rsa.generate_private_key(65537, 2048)


def certificate(
    key: Any = RSA_KEY, *, days: int = 30, since: datetime = NOON, encipher: bool | None = None
) -> bytes:
    """A certificate of an invented authority, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Authority")])
    first = since - timedelta(days=1)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=7,
        not_valid_before=first,
        not_valid_after=first + timedelta(days=days),
    )
    if encipher is not None:
        usage = dict.fromkeys(
            [
                "content_commitment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ],
            False,
        )
        extension = x509.KeyUsage(digital_signature=True, key_encipherment=encipher, **usage)
        builder = builder.add_extension(extension, critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM)


def pack(store: Store, output: Path, *cases: str, **more: Any) -> CasePack:
    command: dict[str, Any] = {
        "cases": cases,
        "certificate": certificate(),
        "output": output,
        "why": "request 4711",
        "hotline": "Example Hotline",
        **more,
    }
    return pack_cases(store, "ann", PackCases(**command))


def opened(path: Path, key: Any = RSA_KEY) -> zipfile.ZipFile:
    """Open a pack as the authority does: with `openssl cms -decrypt` and its key alone."""
    key_file, out = path.with_suffix(".key"), path.with_suffix(".zip")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key_file.write_bytes(pem)
    subprocess.run(
        [
            program("openssl"),
            *("cms", "-decrypt", "-inform", "DER", "-in", str(path)),
            *("-inkey", str(key_file), "-out", str(out)),
        ],
        check=True,
        timeout=60,
    )
    return zipfile.ZipFile(out)


def case_in(archive: zipfile.ZipFile, case: str) -> dict[str, Any]:
    return json.loads(archive.read(f"cases/{case}/case.json"))  # type: ignore[no-any-return]


def test_openssl_alone_opens_it_and_everything_is_in_it(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    case = filled(store)
    clock.move(hours=3)
    with store.write("ann") as writer:
        (online,) = note_event(writer, "still_online", writer.now, case=case)
        note_event(writer, "offline", writer.now, case=case)
        correct(writer, online, "another page")
        note_event(writer, "reply", writer.now, provider="ripe:ORG-EX1-RIPE")
    made = pack(store, tmp_path / "case.p7m", case)
    assert URL.encode() not in (tmp_path / "case.p7m").read_bytes()
    with opened(tmp_path / "case.p7m") as archive:
        names = archive.namelist()
        assert len(names) == made.files
        values = case_in(archive, case)
        assert archive.read(f"cases/{case}/urls.txt").decode() == f"{URL}\n"
        (report,) = values["reports"]
        assert (report["url"], report["last_check"]) == (URL, "offline")
        assert [event["kind"] for event in values["receipts"]] == ["ack"]
        assert [(event["kind"], event["taken_back"]) for event in values["checks"]] == [
            ("still_online", True),
            ("offline", False),
        ]
        assert [event["detail"]["to"] for event in values["notices"]] == ["abuse@hosting.example"]
        assert [event["kind"] for event in values["provider_events"]] == ["reply"]
        assert values["provider"]["name"] == "Example Hosting B.V."
        assert (values["law"]["country"], values["law"]["role"]) == ("NL", "hosting")
        assert values["law"]["laws"]
        answer, bundle = (archive.read(name) for name in report["files"])
        decided = decide_from(Facts.of(Evidence.from_bytes(bundle))).attribution
        assert json.loads(answer) == decided.model_dump(mode="json")
        index = archive.read("index.html").decode()
        for shown in (URL, "Example Hosting B.V.", "abuse@hosting.example", "request 4711"):
            assert shown in index
        assert 'href="http' not in index
        hashes = dict(
            reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines()
        )
        assert sorted([*hashes, "SHA256SUMS"]) == sorted(names)
        assert all(sha256(archive.read(name)).hexdigest() == hashes[name] for name in hashes)
        about = json.loads(archive.read("pack.json"))
        assert about["why"] == "request 4711"
        assert about["certificate_sha256"] == made.fingerprint


def test_the_log_says_who_gave_what_to_whom_and_why(store: Store, tmp_path: Path) -> None:
    case = filled(store)
    made = pack(store, tmp_path / "case.p7m", case)
    with store.read() as reader:
        line = audit_lines(reader, case=case, limit=1)[0]
    assert (line.kind, line.who, line.case) == ("case_packed", "ann", case)
    assert line.detail == {
        "why": "request 4711",
        "recipient": "CN=Example Authority",
        "certificate_sha256": made.fingerprint,
        "sha256": sha256((tmp_path / "case.p7m").read_bytes()).hexdigest(),
        "cases": [case],
    }
    assert store.check().faults == ()


def test_a_url_that_the_store_does_not_keep_has_to_be_given(store: Store, tmp_path: Path) -> None:
    case = str(reported(store, URL).case)
    with pytest.raises(Refused, match="--urls FILE"):
        pack(store, tmp_path / "case.p7m", case)
    assert not (tmp_path / "case.p7m").exists()
    pack(store, tmp_path / "case.p7m", case, supplied=("hxxps://www[.]site[.]example/1", "x"))
    with opened(tmp_path / "case.p7m") as archive:
        assert case_in(archive, case)["reports"][0]["url"] == URL


def test_what_was_erased_is_not_in_it(store: Store, tmp_path: Path) -> None:
    found = reported(store, URL, keep_url=True)
    with store.write("ann") as writer:
        erase(writer, found.report, "request")
    pack(store, tmp_path / "case.p7m", str(found.case))
    with opened(tmp_path / "case.p7m") as archive:
        raw = b"".join(map(archive.read, archive.namelist()))
        (report,) = case_in(archive, str(found.case))["reports"]
    assert b"site.example" not in raw
    assert (report["url"], report["erased"], report["files"]) == (None, True, [])


def test_several_cases_and_keys_of_an_import(store: Store, tmp_path: Path) -> None:
    command = Import(who="ann", source="../tool", reject=lambda *_: None)
    import_history(store, small_history(tmp_path / "history"), command)
    own = filled(store)
    made = pack(store, tmp_path / "case.p7m", "../tool:n0", own, "../tool:n1", own)
    assert made.cases == ("../tool:n0", own, "../tool:n1")
    assert made.without_url == tuple(
        f"../tool:u{number}-{place}" for number in "01" for place in "01"
    )
    with opened(tmp_path / "case.p7m") as archive:
        names = archive.namelist()
    assert not any(".." in name or name.startswith("/") for name in names)
    assert len([name for name in names if name.endswith("case.json")]) == 3


def test_text_of_others_does_nothing_in_the_index(store: Store, tmp_path: Path) -> None:
    case = filled(store)
    with store.write("<script>alert(1)</script>") as writer:
        note_event(writer, "refused", writer.now, case=case, detail={"legal_ground": "<b>no</b>"})
    pack(store, tmp_path / "case.p7m", case, why="<img src=x>")
    with opened(tmp_path / "case.p7m") as archive:
        index = archive.read("index.html").decode()
    for tag in ("<script", "<img", "<b>"):
        assert tag not in index


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: certificate(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (lambda: certificate(ed25519.Ed25519PrivateKey.generate()), "no RSA key"),
        (lambda: certificate(rsa.generate_private_key(65537, 1024)), "1024 bits"),
        (lambda: certificate(since=NOON - timedelta(days=60)), "it expired on 2026-01-30"),
        (lambda: certificate(since=NOON + timedelta(days=5)), "only from 2026-03-06"),
        (lambda: certificate(encipher=False), "not for encryption"),
        (lambda: certificate() + certificate(), "several certificates"),
        (lambda: b"", "no certificate in PEM form"),
        (lambda: b"\x30\x82", "openssl x509 -inform DER"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_refused_with_the_way_out(
    made: Callable[[], bytes], why: str
) -> None:
    with pytest.raises(Refused, match=why) as refusal:
        read_recipient(made(), NOON)
    assert any(word in str(refusal.value) for word in ("ask the authority", "leave", "openssl"))


def test_a_certificate_for_encryption_is_taken() -> None:
    recipient = read_recipient(certificate(encipher=True), NOON)
    assert recipient.subject == "CN=Example Authority"
    assert len(recipient.fingerprint) == 64


def test_nothing_is_written_without_its_entry_nor_noted_without_a_file(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = filled(store)
    before = store.check().events
    output = tmp_path / "case.p7m"
    with pytest.raises(Refused, match="say why with --why"):
        pack(store, output, case, why=" ")
    with pytest.raises(NotFound):
        pack(store, output, case, "c0")
    with pytest.raises(Refused, match="certificate"):
        pack(store, output, case, certificate=b"x")
    monkeypatch.setattr(packing, "MOST_BYTES", 100)
    with pytest.raises(Refused, match="several packs of fewer cases"):
        pack(store, output, case)
    monkeypatch.undo()
    output.write_text("kept")
    with pytest.raises(OutputExistsError):
        pack(store, output, case)
    assert output.read_text() == "kept"
    with pytest.raises(OutputError):
        pack(store, tmp_path / "case.p7m" / "below", case)
    assert store.check().events == before

    def broken(*_: object) -> None:
        raise RuntimeError("the log cannot be written")

    monkeypatch.setattr(packing, "_note", broken)
    with pytest.raises(RuntimeError):
        pack(store, tmp_path / "other.p7m", case)
    assert not (tmp_path / "other.p7m").exists()


def test_a_large_file_comes_out_as_it_went_in(tmp_path: Path) -> None:
    """Twenty megabytes; what `openssl cms` holds in memory grows with it."""
    content = os.urandom(20 * 1024 * 1024)
    path = tmp_path / "large.p7m"
    path.write_bytes(seal_for(read_recipient(certificate(), NOON), content))
    key_file = tmp_path / "key.pem"
    key_file.write_bytes(RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    out = tmp_path / "out"
    command = ["cms", "-decrypt", "-inform", "DER", "-in", path, "-inkey", key_file, "-out", out]
    subprocess.run([program("openssl"), *map(str, command)], check=True, timeout=120)
    assert out.read_bytes() == content
    assert NOON.tzinfo is UTC
