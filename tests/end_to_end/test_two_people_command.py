"""Confirming an account, and approving a reply's words, at the terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attribution.casework.signers import signers
from attribution.demo.hotline import SILENT, fill
from attribution.store import Store
from attribution.web.access import tickets, totp
from attribution.web.access.accounts import account_of
from attribution.web.access.signing import make_signing_key
from command import run
from served import PASSPHRASE, PASSWORD, Person, add_person

ANN, ROY = "ann@hotline.example", "roy@hotline.example"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    found = f"sqlite:///{tmp_path / 'cases.sqlite3'}"
    monkeypatch.setenv("ATTRIBUTION_STORE", found)
    return found


def set_up(store: Store, token: str) -> None:
    for _ in range(2):
        with store.read() as connection:
            ticket = tickets.find(store, connection, token, store.now)
        with store.write("set-up") as writer:
            if ticket.draft is None:
                tickets.fill_in(writer, ticket, PASSWORD)
            else:
                code = totp.code_at(ticket.draft["secret"], store.now)
                tickets.finish(writer, ticket, code, store.now)


def confirmed(person: Person, code: str, *more: str) -> object:
    words = ("account", "confirm", ANN, "--by", person.account.mailbox, "--why", "met her", *more)
    return run(*words, stdin=f"{PASSWORD}\n{code}\n")


def test_a_link_of_the_terminal_is_seen_too_and_a_signed_in_person_confirms(url: str) -> None:
    link = run("account", "add", ANN, "--name", "Ann Example", "--role", "signer", "--who", "eve")
    with Store.open(url) as store:
        set_up(store, link.stdout.strip().rpartition("/")[2])
        with store.write(ANN) as writer:
            account = account_of(writer.connection, ANN)
            assert account
            make_signing_key(writer, account, PASSPHRASE)
            assert signers(writer.connection) == {}
        roy = add_person(store, "admin", ROY, "Roy Example")
        listed = [json.loads(line) for line in run("account", "list", "--json").stdout.splitlines()]
        assert {row["mailbox"]: row["link_seen_by"] for row in listed} == {ANN: ["eve"], ROY: []}
        wrong = confirmed(roy, "000000")
        assert (wrong.returncode, wrong.stdout) == (2, "")  # type: ignore[attr-defined]
        assert "password or code is wrong" in wrong.stderr  # type: ignore[attr-defined]
        code = totp.code_at(roy.secret, datetime.now(UTC))
        done = confirmed(roy, code, "--json")
        assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
        values = json.loads(done.stdout)  # type: ignore[attr-defined]
        assert (values["by"], len(values["signing_keys"])) == (ROY, 1)
        with store.read() as connection:
            assert len(signers(connection)) == 1
        assert store.check().faults == ()


def test_a_reply_waits_for_approved_words(url: str) -> None:
    with Store.open(url) as store:
        fill(store)
    words = ("list", "reply", SILENT, "--why", "agreed by mail")
    held = run(*words, "--text", "Visit us at evil\u2024com")
    assert held.returncode == 2
    assert "text 'Visit us at evil" in held.stderr
    assert "--text" in held.stderr
    assert "Traceback" not in held.stderr
    done = run(*words, "--text", "We act within a day.", "--json")
    assert json.loads(done.stdout)["text"] == "We act within a day."
    missing = run("list", "reply", "p-none", "--why", "x")
    assert missing.returncode == 2
    assert "not in the store" in missing.stderr
