"""Who comes in, and what is open to whom: accounts, one-time links, codes, delays, sessions, forms
from elsewhere, roles.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from attribution.casework.signers import signers
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.errors import StoreError
from attribution.store import Store
from attribution.store.queries.service_accounts import Account, all_accounts
from attribution.web.access import lockout, totp
from attribution.web.access.accounts import account_of, add_account, change_account
from attribution.web.access.roles import ROLES
from attribution.web.access.signing import make_signing_key, open_signing_key
from attribution.web.access.signing_in import Credentials, SignInRefused, sign_in, sign_in_by_claims
from attribution.web.access.tickets import first_ticket, set_up_ticket
from casework import Clock
from served import PASSPHRASE, PASSWORD, Browser, Served, add_person, hotline_settings, serving


@pytest.fixture
def served(world: DemoWorld, store: Store, tmp_path: Path) -> Iterator[Served]:
    with serving(hotline_settings(world.settings(), tmp_path), store) as running:
        yield running


def set_up(browser: Browser, path: str, served: Served, **more: str) -> str:
    """Set an account up through its link; return the page at the end."""
    browser.see(path)
    page = browser.submit(path, password=PASSWORD, again=PASSWORD, **more)
    secret = re.search(r'id="secret">([A-Z2-7]+)<', page)
    assert secret
    assert "<svg" in page
    return browser.submit(path, code=totp.code_at(secret[1], served.store.now))


def test_the_first_link_makes_one_administrator_once(served: Served, clock: Clock) -> None:
    with served.store.write("service") as writer:
        first, second = first_ticket(writer), first_ticket(writer)
    browser = served.browser()
    browser.see(f"/set-up/{first}", 404)  # a restart makes a new link, and ends the one before
    page = set_up(
        browser, f"/set-up/{second}", served, name="Ann Example", mailbox="ann@hotline.example"
    )
    assert "Ann Example" in page
    assert "Paste a URL" in page
    served.browser().see(f"/set-up/{second}", 404)
    with served.store.write("service") as writer:
        assert first_ticket(writer) is None
    (made,) = _accounts(served.store)
    assert (made.role, made.mailbox) == ("admin", "ann@hotline.example")
    assert made.password is not None
    assert PASSWORD not in made.password
    assert made.password.startswith("$argon2id$")


def _accounts(store: Store) -> list[Account]:
    with store.read() as connection:
        return list(all_accounts(connection))


def test_a_link_ends_with_its_time_and_its_use(served: Served, clock: Clock) -> None:
    admin = served.browser("admin")
    admin.see("/accounts")
    page = admin.submit(
        "/accounts",
        do="add",
        mailbox="bea@hotline.example",
        name="Bea",
        role="reader",
        language="nl",
    )
    link = re.search(r"/set-up/([\w-]+)", page)
    assert link
    browser = served.browser()
    browser.see(link[0])
    assert "differ" in browser.submit(link[0], 422, password=PASSWORD, again="something else here")
    assert "characters" in browser.submit(link[0], 422, password="short", again="short")
    assert "over and over" in browser.submit(link[0], 422, password="a" * 20, again="a" * 20)
    assert "holds the mailbox" in browser.submit(
        link[0], 422, password="xbea@hotline.example", again="xbea@hotline.example"
    )
    browser.submit(link[0], password=PASSWORD, again=PASSWORD)
    assert "not the code" in browser.submit(link[0], 422, code="000000")
    clock.move(hours=73)
    browser.see(link[0], 404)


def test_signing_in_takes_password_and_code_each_once(served: Served, clock: Clock) -> None:
    person = served.person("reader")
    mailbox = person.account.mailbox
    browser = served.browser()
    assert "/sign-in" in str(browser.get("/cases").url)
    code = person.code(served.store)
    for password, given in (
        (PASSWORD, "123456"),
        ("not the password", code),
        (PASSWORD, ""),
        (PASSWORD, "abcdef"),
    ):
        browser.see("/sign-in")
        assert "mailbox, password or code is wrong" in browser.submit(
            "/sign-in", 401, mailbox=mailbox, password=password, code=given
        )
    page = browser.submit(
        "/sign-in",
        mailbox=mailbox.upper().replace("READER@", "READER+x@"),
        password=PASSWORD,
        code=code,
    )
    assert "Paste a URL" in page
    other = served.browser()
    other.see("/sign-in")
    # A code is good once.
    other.submit("/sign-in", 401, mailbox=mailbox, password=PASSWORD, code=code)
    clock.move(seconds=90)
    other.submit("/sign-in", mailbox=mailbox, password=PASSWORD, code=person.code(served.store))


def test_a_session_ends_by_signing_out_idleness_time_and_disabling(
    served: Served, clock: Clock
) -> None:
    def signed_in(browser: Browser) -> bool:
        return browser.get("/account", follow_redirects=False).status_code == 200

    one = served.browser("reader")
    assert signed_in(one)
    token = one.cookies["attribution-session"]
    one.see("/account")
    one.submit("/sign-out")
    one.cookies.set("attribution-session", token)
    assert not signed_in(one)
    clock.move(minutes=5)
    two = served.browser("reader")
    for _ in range(3):
        clock.move(minutes=100)
        assert signed_in(two)
    clock.move(minutes=130)
    assert not signed_in(two)
    three = served.browser("reader")
    for _ in range(7):
        clock.move(minutes=100)
        signed_in(three)
    clock.move(minutes=30)
    assert not signed_in(three)  # twelve hours are over, however busy
    four = served.browser("reader")
    assert signed_in(four)
    with served.store.write("ann") as writer:
        change_account(
            writer, served.person("reader").account.id, "disabled", disabled_at=writer.now
        )
    assert not signed_in(four)
    with served.store.read() as connection:
        kept = connection.exec_driver_sql("SELECT token FROM sessions").scalars().all()
    assert token not in str(kept)
    assert kept == []


def test_failed_sign_ins_wait_longer_and_longer_for_everybody_alike(
    served: Served, clock: Clock
) -> None:
    person = served.person("reader")
    store = served.store

    def refused(mailbox: str, password: str = "wrong password") -> str:
        with pytest.raises(SignInRefused) as error:
            sign_in(store, Credentials(mailbox, password, "000000"), 12)
        return str(error.value)

    for mailbox in (person.account.mailbox, "nobody@hotline.example"):
        assert [refused(mailbox) for _ in range(lockout.FREE)] == [
            "mailbox, password or code is wrong."
        ] * lockout.FREE
        assert "too many" in refused(mailbox)
    with pytest.raises(SignInRefused, match="too many"):
        sign_in(store, Credentials(person.account.mailbox, PASSWORD, "000000"), 12)
    clock.move(seconds=31)
    assert "wrong" in refused(person.account.mailbox)
    clock.move(seconds=31)
    assert "too many" in refused(person.account.mailbox)  # the wait has doubled
    # Who gives a right code waits for nothing: nobody's wrong passwords lock a person out.
    sign_in(store, Credentials(person.account.mailbox, PASSWORD, person.code(store)), 12)
    assert "wrong" in refused(person.account.mailbox)
    with store.read() as connection:
        kept = str(connection.exec_driver_sql("SELECT * FROM failures").all())
    assert "hotline.example" not in kept


def test_a_form_from_elsewhere_is_refused(served: Served) -> None:
    browser = served.browser("analyst")
    browser.see("/")
    good = browser.mark
    fields = {"form": good, "targets": "kiosk.example"}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": served.address.replace("http", "https").replace("127.0.0.1", "127.0.0.2")},
    ):
        assert browser.post("/check", data=fields, headers=headers).status_code == 403, headers
    other = served.browser("reader")
    other.see("/")
    for mark in ("", "x", other.mark, good[:-1]):
        assert browser.post("/check", data={**fields, "form": mark}).status_code == 403
    assert browser.post("/check", json=fields).status_code in (403, 422)
    stranger = served.browser()
    assert (
        stranger.post("/sign-in", data={"mailbox": "x", "password": "y", "code": "z"}).status_code
        == 403
    )
    assert (
        browser.post("/check", data=fields, headers={"Origin": served.address}).status_code == 200
    )
    cookie = next(one for one in browser.cookies.jar if one.name == "attribution-session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    with httpx.Client(base_url=served.address, cookies=browser.cookies) as script:
        assert script.get("/api/v1/cases").status_code == 401  # a cookie opens no interface


PAGES = {
    "/": "attribute",
    "/registries": "attribute",
    "/account": "attribute",
    "/cases": "read",
    "/cases/{case}": "read",
    "/reports/{report}/evidence.json": "read",
    "/overview": "read",
    "/providers": "read",
    f"/providers/{SILENT}": "read",
    f"/dossiers/{SILENT}": "read",
    f"/contests/{SILENT}": "read",
    f"/letters/{SILENT}": "read",
    f"/publish/{SILENT}": "read",
    "/cases/{case}/draft": "write",
    "/audit": "audit",
    "/confirmations": "confirm",
    "/accounts": "administer",
    "/keys": "administer",
}
FORMS = {
    "/check": ("attribute", {"targets": "kiosk.example"}),
    "/cases/{case}": ("write", {"do": "event", "kind": "still_online"}),
    "/cases/{case}/draft": ("write", {"urls": "x.example"}),
    f"/providers/{SILENT}": ("write", {"do": "event", "kind": "reply"}),
    "/checks/{check}/report": ("write", {}),
    "/checks/{check}/resume": ("attribute", {}),
    f"/publish/{SILENT}": ("sign", {"do": "letter", "to": "its seat"}),
    "/account": ("sign", {"password": PASSWORD, "passphrase": PASSPHRASE, "again": PASSPHRASE}),
    "/accounts": (
        "administer",
        {"do": "add", "mailbox": "{n}@hotline.example", "name": "N", "role": "reader"},
    ),
    "/keys": ("administer", {"do": "make", "name": "{n}", "scope-read": "yes"}),
}


def test_each_role_opens_what_it_may_and_nothing_else(served: Served) -> None:
    fill(served.store)
    with served.program("write") as program:
        added = program.post(
            "/api/v1/reports", json={"url": "https://www.lighthouse.example/1"}
        ).json()
    own = served.browser("analyst")
    own.see("/")
    response = own.post("/check", data={"form": own.mark, "targets": "kiosk.example"})
    check = str(response.url).rpartition("/")[2]
    known = set()
    for role, scopes in ROLES.items():
        browser = served.browser(role)
        for path, scope in PAGES.items():
            place = path.replace("{case}", added["case"]).replace("{report}", added["report"])
            expected = 200 if scope in scopes else 403
            assert browser.get(place).status_code == expected, (role, path)
            known.add(path)
        for number, (path, (scope, fields)) in enumerate(FORMS.items()):
            place = path.replace("{case}", added["case"]).replace("{check}", check)
            browser.see("/")
            sent = {name: value.replace("{n}", f"{role}{number}") for name, value in fields.items()}
            status = browser.post(place, data={"form": browser.mark, **sent}).status_code
            assert (status == 403) == (scope not in scopes), (role, path, status)
            assert status in (200, 403), (role, path, status)
    stranger = served.browser()
    for path in PAGES:
        place = path.replace("{case}", added["case"]).replace("{report}", added["report"])
        response = stranger.get(place, follow_redirects=False)
        assert (response.status_code, response.headers["location"][:13]) == (
            303,
            "/sign-in?next",
        ), path


def test_every_page_is_in_the_table_of_roles(served: Served) -> None:
    """A route that is added has to be added to the tables above, or to those that are open to
    everybody.
    """
    everybody = {
        "/sign-in",
        "/sign-in/provider",
        "/sign-in/back",
        "/sign-out",
        "/set-up/{token}",
        "/language",
        "/healthz",
        "/readyz",
        "/metrics",
    }
    generic = {path.replace(SILENT, "{provider:path}") for path in (*PAGES, *FORMS)}
    checks = {
        "/checks/{check}",
        "/checks/{check}/lines/{number}",
        "/checks/{check}/events",
        "/checks/{check}/lines/{number}/evidence.json",
        "/checks/{check}/results.{form}",
    }
    from attribution.web.pages.site import page_routers

    routes = {route.path for router in page_routers() for route in router.routes}  # type: ignore[attr-defined]
    assert routes - everybody - generic - checks == set()


def test_only_an_administrator_is_left_when_it_is_not_the_last(served: Served) -> None:
    admin = served.browser("admin")
    admin.see("/accounts")
    identity = str(served.person("admin").account.id)
    assert "only administrator" in admin.submit("/accounts", 422, do="disable", account=identity)
    assert "only administrator" in admin.submit(
        "/accounts", 422, do="role", account=identity, role="reader"
    )
    assert "use one of" in admin.submit("/accounts", 422, do="role", account=identity, role="king")
    other = served.person("reader")
    admin.submit("/accounts", do="role", account=str(other.account.id), role="admin")
    admin.submit("/accounts", do="disable", account=identity)
    assert admin.get("/accounts", follow_redirects=False).status_code == 303


def test_two_accounts_never_have_one_mailbox_and_two_signers_are_two_people(served: Served) -> None:
    one = add_person(served.store, "signer", "ann@hotline.example", "Ann Example")
    with served.store.write("admin") as writer:
        for same in ("ANN@Hotline.Example", "ann+second@hotline.example", " ann@hotline.example "):
            with pytest.raises(StoreError, match="one person has one"):
                add_account(writer, same, "Ann Other", "signer")
        other = add_account(writer, "bea@hotline.example", "Bea", "signer")
        make_signing_key(writer, one.account, PASSPHRASE)
        make_signing_key(writer, other, PASSPHRASE)
        assert len(signers(writer.connection)) == 2
        again = account_of(writer.connection, "ann@hotline.example")
        assert again is not None
        before = open_signing_key(again, PASSPHRASE).private_bytes_raw()
        with pytest.raises(StoreError, match="not the one"):
            open_signing_key(again, PASSPHRASE + "x")
        assert again.signing_key is not None
        assert before not in again.signing_key
        make_signing_key(writer, again, PASSPHRASE)
        assert len(signers(writer.connection)) == 2  # a new key takes the place of the old one


def test_a_new_link_takes_password_authenticator_and_sessions_away(
    served: Served, clock: Clock
) -> None:
    browser = served.browser("reader")
    person = served.person("reader")
    with served.store.write("admin") as writer:
        token = set_up_ticket(writer, person.account.id)
    fresh = served.browser()
    set_up(fresh, f"/set-up/{token}", served)
    assert browser.get("/account", follow_redirects=False).status_code == 303
    clock.move(seconds=120)
    with pytest.raises(SignInRefused):
        sign_in(
            served.store,
            Credentials(person.account.mailbox, PASSWORD, person.code(served.store)),
            12,
        )


def test_rotating_the_store_s_keys_under_a_running_service_locks_nobody_out(
    served: Served, tmp_path: Path, clock: Clock
) -> None:
    person = served.person("reader")
    with Store.open(
        str(served.store.engine.url.render_as_string(hide_password=False)).replace("+psycopg", ""),
        tmp_path / "keys.json",
        now=clock,
    ) as other:
        assert other.rotate_keys() >= 1
    assert sign_in(
        served.store, Credentials(person.account.mailbox, PASSWORD, person.code(served.store)), 12
    )


@pytest.fixture
def provider() -> Iterator[str]:
    """Run an identity provider in a process of its own."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"{issuer}/.well-known/openid-configuration").raise_for_status()
            break
        except httpx.HTTPError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield issuer
    process.terminate()
    process.wait(10)


def test_signing_in_through_an_identity_provider(
    world: DemoWorld, tmp_path: Path, provider: str
) -> None:
    settings = hotline_settings(world.settings(), tmp_path).model_copy(
        update={
            "oidc_issuer": provider + "/",
            "oidc_client_id": "attribution",
            "oidc_client_secret": _secret("s3cret"),
        }
    )
    claims = {"email": "reader@hotline.example", "email_verified": True}
    httpx.put(f"{provider}/users/ann", json=claims).raise_for_status()
    httpx.put(f"{provider}/users/eve", json={**claims, "email_verified": False}).raise_for_status()
    httpx.put(f"{provider}/users/mallory", json=claims).raise_for_status()
    httpx.put(
        f"{provider}/users/nobody", json={"email": "who@hotline.example", "email_verified": True}
    ).raise_for_status()
    with (
        Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}") as store,
        serving(settings, store) as served,
    ):
        served.person("reader")

        def through(subject: str) -> httpx.Response:
            browser = served.browser()
            assert "Sign in with your organisation" in browser.see("/sign-in")
            there = browser.get("/sign-in/provider?next=/registries", follow_redirects=False)
            assert there.status_code == 302
            assert there.headers["location"].startswith(f"{provider}/oauth2/authorize")
            assert "code_challenge" in there.headers["location"]
            back = httpx.post(
                there.headers["location"], data={"sub": subject}, follow_redirects=False
            )
            assert back.status_code in (302, 303), back.text
            return browser.get(back.headers["location"])

        assert "no account for you" in through("nobody").text
        assert "has not verified your mailbox" in through("eve").text
        done = through("ann")
        assert done.status_code == 200
        assert str(done.url) == f"{served.address}/registries"
        assert "Reader Example" in done.text
        assert "belongs to somebody else" in through("mallory").text
        assert through("ann").status_code == 200
        stray = served.browser()
        # Nobody set out from here.
        assert stray.get("/sign-in/back?code=x&state=y").status_code == 401
        with store.read() as connection:
            held = account_of(connection, "reader@hotline.example")
        assert held is not None
        assert held.oidc == f"{provider}|ann"


def _secret(text: str) -> object:
    from pydantic import SecretStr

    return SecretStr(text)


def test_claims_without_a_subject_are_nobody(store: Store) -> None:
    add_person(store, "reader", "reader@hotline.example")
    for claims in (
        {},
        {"email": "reader@hotline.example", "email_verified": True},
        {"sub": "", "email": "reader@hotline.example"},
    ):
        with pytest.raises(SignInRefused):
            sign_in_by_claims(store, "https://idp.example", claims, 12)
    with pytest.raises(SignInRefused, match="not verified"):
        sign_in_by_claims(
            store,
            "https://idp.example",
            {"sub": "a", "email": "reader@hotline.example", "email_verified": "true"},
            12,
        )
