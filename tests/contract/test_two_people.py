"""Two people sign: attacks by one who makes, opens or renews the other's account, or locks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution.casework.confirming_accounts import (
    ConfirmAccount,
    confirm_account,
    waiting_accounts,
)
from attribution.casework.signers import check_may_sign, named_signers, signers
from attribution.codes import Refusal
from attribution.demo import DemoWorld
from attribution.errors import Refused, StoreError
from attribution.store import Store
from attribution.store.queries.service_accounts import Account
from attribution.web.access import lockout, tickets, totp
from attribution.web.access.accounts import account_of, add_account
from attribution.web.access.signing import fingerprint, make_signing_key
from attribution.web.access.signing_in import Credentials, SignInRefused, sign_in, sign_in_by_claims
from casework import Clock
from served import PASSPHRASE, PASSWORD, Served, add_person, hotline_settings, serving

EVE, ANN, BOB, ROY = (f"{name}@hotline.example" for name in ("eve", "ann", "bob", "roy"))
MET = "met her, and compared the fingerprint"


def opened(store: Store, mailbox: str, role: str, maker: str) -> Account:
    """Let `maker` make a link for an account, and somebody open it and set the account up."""
    with store.write(maker) as writer:
        account = account_of(writer.connection, mailbox) or add_account(
            writer, mailbox, mailbox[:3].capitalize() + " Example", role
        )
        token = tickets.set_up_ticket(writer, account.id)
    return through(store, token)


def through(store: Store, token: str, name: str = "", mailbox: str = "") -> Account:
    with store.read() as connection:
        ticket = tickets.find(store, connection, token, store.now)
    with store.write("set-up") as writer:
        tickets.fill_in(writer, ticket, PASSWORD, name, mailbox)
    with store.read() as connection:
        ticket = tickets.find(store, connection, token, store.now)
    assert ticket.draft
    with store.write("set-up") as writer:
        code = totp.code_at(ticket.draft["secret"], store.now)
        return tickets.finish(writer, ticket, code, store.now)


def administrator(store: Store) -> Account:
    """Eve, who has the first link."""
    with store.write("service") as writer:
        token = tickets.first_ticket(writer)
    assert token
    return through(store, token, "Eve Example", EVE)


def key_of(store: Store, account: Account) -> str:
    with store.write(account.person) as writer:
        make_signing_key(writer, account, PASSPHRASE)
        return next(
            key
            for key, signer in named_signers(writer.connection).items()
            if signer["mailbox"] == account.person
        )


def may_sign(store: Store) -> set[str]:
    with store.read() as connection:
        return {signer["mailbox"] for signer in signers(connection).values()}


def confirmed(store: Store, mailbox: str, by: str, covers: int | None = None) -> int:
    with store.write(by) as writer:
        return confirm_account(writer, ConfirmAccount(mailbox, by, MET, covers))


def refusal(store: Store, mailbox: str, by: str, covers: int | None = None) -> Refused:
    with pytest.raises(Refused) as refused:
        confirmed(store, mailbox, by, covers)
    return refused.value


@pytest.mark.parametrize("hours", [0, 25, 71])
def test_one_administrator_who_opens_both_signers_links_signs_nothing(
    store: Store, clock: Clock, hours: int
) -> None:
    administrator(store)
    made = [opened(store, mailbox, "signer", EVE) for mailbox in (ANN, BOB)]
    clock.move(hours=hours)  # waiting for a day makes no second person of one
    keys = [key_of(store, account) for account in made]
    assert may_sign(store) == set()
    with store.read() as connection, pytest.raises(Refused) as refused:
        check_may_sign(connection, keys[0])
    assert refused.value.code is Refusal.UNCONFIRMED
    # Neither she, nor the accounts that she opened, nor one that she makes for it, confirms them.
    opened(store, "second@hotline.example", "admin", EVE)
    opened(store, "third@hotline.example", "admin", "second@hotline.example")
    for by in (EVE, ANN, BOB, "second@hotline.example", "third@hotline.example"):
        refused_by = refusal(store, ANN, by)
        assert (refused_by.code, refused_by.field) == (Refusal.NOT_ALLOWED, "by")
    assert may_sign(store) == set()
    assert store.check().faults == ()


def test_somebody_whom_she_could_not_be_confirms_and_stands_in_the_log(
    store: Store, clock: Clock
) -> None:
    administrator(store)
    ann, bob = (opened(store, mailbox, "signer", EVE) for mailbox in (ANN, BOB))
    opened(store, ROY, "admin", "machine")  # whose link another person made, at the terminal
    key_of(store, ann)
    with store.read() as connection:
        assert [one.mailbox for one in waiting_accounts(connection)] == [ANN, BOB, ROY]
    confirmed(store, ANN, ROY)
    assert may_sign(store) == {ANN}
    key_of(store, bob)  # confirmed after the key or before: both will do
    assert may_sign(store) == {ANN}
    confirmed(store, BOB, ANN)  # who is confirmed is a person of her own
    assert may_sign(store) == {ANN, BOB}
    assert refusal(store, BOB, ROY).code is Refusal.CONFLICT
    confirmed(store, ROY, EVE)
    with store.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT who, detail FROM events WHERE kind = 'account_confirmed' ORDER BY seq"
        ).all()
    assert [who for who, _ in rows] == [ROY, ANN, EVE]
    assert f'"seen_by":["{EVE}"]' in rows[0][1]
    assert MET in rows[0][1]


def test_an_administrator_who_renews_a_signers_account_signs_nothing_with_a_new_key(
    store: Store, clock: Clock
) -> None:
    administrator(store)
    ann = add_person(store, "signer", ANN).account
    before = key_of(store, ann)
    clock.move(days=40)
    again = opened(store, ANN, "signer", EVE)  # a lost telephone, or so she says
    with store.read() as connection:
        assert before in signers(connection)  # sealed under a passphrase that Eve does not have
    new = key_of(store, again)
    with store.read() as connection:
        assert before not in signers(connection)
        assert new not in signers(connection)
    opened(store, ROY, "admin", "machine")
    confirmed(store, ANN, ROY)
    assert may_sign(store) == {ANN}
    again = opened(store, ANN, "signer", EVE)
    key_of(store, again)
    assert may_sign(store) == set()


def test_a_confirmation_covers_what_was_looked_at_and_nothing_after(
    store: Store, clock: Clock
) -> None:
    administrator(store)
    opened(store, ROY, "admin", "machine")
    opened(store, ANN, "signer", EVE)
    with store.read() as connection:
        shown = next(one for one in waiting_accounts(connection) if one.mailbox == ANN)
    key_of(store, opened(store, ANN, "signer", EVE))
    assert refusal(store, ANN, ROY, shown.last).code is Refusal.CONFLICT
    assert may_sign(store) == set()
    for mailbox, by, code in (
        ("nobody@hotline.example", ROY, Refusal.NOT_FOUND),
        (EVE, ROY, Refusal.CONFLICT),
        (ANN, "nobody@hotline.example", Refusal.NOT_ALLOWED),
    ):
        assert refusal(store, mailbox, by).code is code
    reader = add_person(store, "reader", "rea@hotline.example").account
    assert refusal(store, ANN, reader.person).code is Refusal.NOT_ALLOWED
    with store.write(ROY) as writer, pytest.raises(Refused) as refused:
        confirm_account(writer, ConfirmAccount(ANN, ROY, "  "))
    assert (refused.value.code, refused.value.field) == (Refusal.MISSING, "why")


def test_a_spelling_of_ones_own_mailbox_makes_nobody_else_of_one(store: Store) -> None:
    administrator(store)
    opened(store, ANN, "signer", "EVE+x@Hotline.example")
    assert refusal(store, ANN, EVE).code is Refusal.NOT_ALLOWED
    with store.write("eve") as writer:
        for mailbox in (
            "\u017figner@hotline.example",
            "s\u0131gner@hotline.example",
            "a b@x.example",
        ):
            with pytest.raises(StoreError, match="no mail address"):
                add_account(writer, mailbox, "Second", "signer")


@pytest.fixture
def served(world: DemoWorld, store: Store, tmp_path: Path) -> Iterator[Served]:
    with serving(hotline_settings(world.settings(), tmp_path), store) as running:
        yield running


def test_the_page_confirms_by_another_person_and_shows_what_waits(served: Served) -> None:
    store = served.store
    made = opened(store, ANN, "signer", "admin@hotline.example")
    key = key_of(store, made)
    admin = served.browser("admin")  # made the link
    page = admin.see("/confirmations")
    assert fingerprint(key) in page
    covers = re.search(r'name="covers" value="(\d+)"', page)
    assert covers
    fields = {"mailbox": ANN, "why": MET, "covers": covers[1]}
    assert "count as one person" in admin.submit("/confirmations", 422, **fields)
    signer = served.browser("signer")
    signer.see("/confirmations")
    assert "say how you know" in signer.submit("/confirmations", 422, **{**fields, "why": " "})
    assert "set up anew" in signer.submit("/confirmations", 422, **{**fields, "covers": "1"})
    signer.submit("/confirmations", 422, **{**fields, "covers": "x"})
    signer.see("/confirmations")
    assert "No account waits" in signer.submit("/confirmations", **fields)
    assert may_sign(store) == {ANN}
    reader = served.browser("reader")
    reader.see("/")
    reader.submit("/confirmations", 403, **fields)


def test_a_strangers_wrong_passwords_from_anywhere_never_lock_the_signer_out(
    store: Store, clock: Clock
) -> None:
    person = add_person(store, "signer", ANN)

    def tried(source: str, password: str = "wrong password", code: str = "000000") -> str:
        with pytest.raises(SignInRefused) as refused:
            sign_in(store, Credentials(ANN, password, code, source), 12)
        return str(refused.value)

    for _ in range(lockout.FREE):
        assert "wrong" in tried("198.51.100.7")
    assert "too many" in tried("198.51.100.7")
    assert "wrong" in tried("203.0.113.9")  # another source waits for nothing yet
    sign_in(store, Credentials(ANN, PASSWORD, person.code(store), "192.0.2.1"), 12)
    sources = [f"2001:db8:{number:x}::1" for number in range(lockout.FREE_OVER_ALL)]
    answers = [tried(source) for source in sources]
    assert "too many" in answers[-1]  # guessing from many places is slowed
    assert "too many" in tried("192.0.2.1", PASSWORD)  # the password alone opens nothing
    clock.move(seconds=90)
    sign_in(store, Credentials(ANN, PASSWORD, person.code(store), "192.0.2.1"), 12)
    sign_in(store, Credentials(ANN, PASSWORD, person.code(store), "198.51.100.7"), 12)
    assert "wrong" in tried("192.0.2.1")
    assert "too many" in tried("192.0.2.2")  # what failed elsewhere is not forgotten by that


def test_while_tries_wait_each_code_tries_one_password(store: Store, clock: Clock) -> None:
    person = add_person(store, "signer", ANN)
    for _ in range(lockout.FREE):
        with pytest.raises(SignInRefused, match="wrong"):
            sign_in(store, Credentials(ANN, "wrong password", "000000"), 12)
    code = person.code(store)
    with pytest.raises(SignInRefused, match="wrong"):
        sign_in(store, Credentials(ANN, "a guess with a stolen code", code), 12)
    with pytest.raises(SignInRefused, match="too many"):
        sign_in(store, Credentials(ANN, PASSWORD, code), 12)


def test_one_network_of_ipv6_is_one_source() -> None:
    assert lockout.network_of("2001:db8::1") == lockout.network_of("2001:db8::ffff:1")
    assert lockout.network_of("2001:db8::1") != lockout.network_of("2001:db8:0:1::1")
    assert lockout.network_of("::ffff:192.0.2.1") == lockout.network_of("192.0.2.1")
    assert lockout.network_of("x" * 1000) == "x" * 100


@pytest.mark.parametrize(
    "mailbox",
    [
        "signer+x@hotline.example",
        "\u017figner@hotline.example",
        "SIGNER@hotline.example",
        "signer@hotline.example ",
        " signer@hotline.example",
        "s\u0131gner@hotline.example",
        "signer@hotl\u0131ne.example",
        "signer@\uff48otline.example",
        "signer@hotline.example,eve@evil.example",
        "<signer@hotline.example>",
        "mailto:signer@hotline.example",
        "signer@hotline.example.",
        "signer@hotline。example",
        ["signer@hotline.example"],
        {"x": 1},
        None,
        "",
        "signer",
        "signer\x00@hotline.example",
        '"signer"@hotline.example',
    ],
)
def test_an_identity_providers_mailbox_is_no_other_spelling_of_the_signers(
    store: Store, mailbox: object
) -> None:
    add_person(store, "signer", "signer@hotline.example")
    claims = {"sub": "1", "email": mailbox, "email_verified": True}
    with pytest.raises(SignInRefused, match="no account for you"):
        sign_in_by_claims(store, "https://id.example", claims, 12)


def test_an_administrator_with_further_mailboxes_at_the_identity_provider_signs_nothing_alone(
    store: Store,
) -> None:
    administrator(store)
    claims = {"email_verified": True}
    for number, mailbox in enumerate((ANN, BOB)):
        with store.write(EVE) as writer:
            add_account(writer, mailbox, mailbox[:3].capitalize() + " Example", "signer")
        given = claims | {"sub": str(number), "email": mailbox}
        _, account = sign_in_by_claims(store, "https://id.example", given, 12)
        key_of(store, account)
    assert may_sign(store) == set()
    for by in (EVE, BOB):
        assert refusal(store, ANN, by).code is Refusal.NOT_ALLOWED
    with store.write("machine") as writer:  # who has the machine names signers anyway
        add_account(writer, ROY, "Roy Example", "admin")
    sign_in_by_claims(store, "https://id.example", claims | {"sub": "9", "email": ROY}, 12)
    confirmed(store, ANN, ROY)
    assert may_sign(store) == {ANN}


def test_an_identity_providers_mailbox_has_to_be_verified_each_time(store: Store) -> None:
    add_person(store, "signer", "Signer@Hotline.example")
    good = {"sub": "1", "email": "Signer@HOTLINE.example", "email_verified": True}
    for verified in (False, None, "true", 1, "false"):
        with pytest.raises(SignInRefused, match="not verified"):
            sign_in_by_claims(store, "https://id.example", {**good, "email_verified": verified}, 12)
    sign_in_by_claims(store, "https://id.example", good, 12)
    with pytest.raises(SignInRefused, match="not verified"):
        sign_in_by_claims(store, "https://id.example", {**good, "email_verified": False}, 12)
    with pytest.raises(SignInRefused, match="somebody else"):
        sign_in_by_claims(store, "https://id.example", {**good, "sub": "2"}, 12)
