"""The service as it runs: a real server on loopback, in the demo world, with people who can sign
in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn

from attribution.settings import Settings
from attribution.store import Store
from attribution.store.queries.service_accounts import Account
from attribution.web.access import totp
from attribution.web.access.accounts import account_of, add_account, change_account
from attribution.web.access.api_keys import make_key
from attribution.web.access.passwords import hashed
from attribution.web.app import create_app
from attribution.web.http.logs import RequestLog
from attribution.web.serve import config
from attribution.web.service import Service

_Client = TypeVar("_Client", bound=httpx.Client)
PASSWORD = "a long road to nowhere"
PASSPHRASE = "seals nothing but this key"


@dataclass
class Person:
    """Somebody with an account, and the authenticator on their telephone."""

    account: Account
    secret: str
    used: int = 0

    def code(self, store: Store) -> str:
        """Return a code that was not used yet."""
        step = max(int(store.now.timestamp()) // 30, self.used + 1)
        self.used = step
        return totp.code_at(
            self.secret, store.now + timedelta(seconds=step * 30 - int(store.now.timestamp()))
        )


@dataclass
class Served:
    """A server that runs, and what it runs on."""

    address: str
    store: Store
    service: Service
    people: dict[str, Person] = field(default_factory=dict)
    clients: list[httpx.Client] = field(default_factory=list)

    def person(self, role: str, mailbox: str | None = None, name: str | None = None) -> Person:
        """Return somebody with a role, added where there is nobody yet."""
        mailbox = mailbox or f"{role}@hotline.example"
        if mailbox not in self.people:
            self.people[mailbox] = add_person(self.store, role, mailbox, name)
        return self.people[mailbox]

    def key(self, *scopes: str, name: str = "") -> str:
        """Make a key of a program."""
        with self.store.write("test") as writer:
            return make_key(writer, name or f"key {time.monotonic_ns()}", list(scopes))

    def program(self, *scopes: str, **more: Any) -> httpx.Client:
        """Return a client with a key that opens some scopes."""
        headers = {"Authorization": f"Bearer {self.key(*scopes)}"} if scopes else {}
        return self._open(httpx.Client(base_url=self.address, headers=headers, timeout=30, **more))

    def browser(self, role: str | None = None, **more: Any) -> Browser:
        """Return what behaves as a browser without script; signed in, where a role is named."""
        browser = self._open(Browser(self.address, **more))
        if role:
            browser.sign_in(self, self.person(role))
        return browser

    def _open(self, client: _Client) -> _Client:
        self.clients.append(client)
        return client


class Browser(httpx.Client):
    """Sends forms as a browser does: with the mark that the page carried."""

    def __init__(self, address: str, **more: Any) -> None:
        super().__init__(base_url=address, timeout=30, follow_redirects=True, **more)
        self.mark = ""

    def see(self, path: str, status: int = 200) -> str:
        """Open a page and return it."""
        return self._taken(self.get(path), status)

    def submit(self, path: str, status: int = 200, **fields: str) -> str:
        """Send a form and return the page that follows."""
        return self._taken(self.post(path, data={"form": self.mark, **fields}), status)

    def sign_in(self, served: Served, person: Person, status: int = 200) -> str:
        """Sign in as a person."""
        self.see("/sign-in")
        return self.submit(
            "/sign-in",
            status,
            mailbox=person.account.mailbox,
            password=PASSWORD,
            code=person.code(served.store),
        )

    def _taken(self, response: httpx.Response, status: int) -> str:
        assert response.status_code == status, (response.status_code, response.text[:2000])
        place = response.text.find('name="form" value="')
        if place >= 0:
            self.mark = response.text[place + 19 :].partition('"')[0]
        return response.text


def add_person(store: Store, role: str, mailbox: str, name: str | None = None) -> Person:
    """Add an account that is set up."""
    secret = totp.new_secret()
    with store.write("test") as writer:
        made = add_account(writer, mailbox, name or f"{role.capitalize()} Example", role)
        sealed, seal = writer.keys.seal(secret)
        password = hashed(PASSWORD, mailbox=mailbox)
        change_account(
            writer, made.id, "set up", password=password, totp_sealed=sealed, totp_seal=seal
        )
        held = account_of(writer.connection, mailbox)
    assert held is not None
    return Person(held, secret)


@contextmanager
def serving(settings: Settings, store: Store, log: RequestLog | None = None) -> Iterator[Served]:
    """Run the service on a free port of loopback."""
    service = Service(settings, store)
    app = create_app(service, log=log)
    server = uvicorn.Server(config(app, settings, "127.0.0.1", 0))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    served = Served(f"http://127.0.0.1:{port}", store, service)
    try:
        yield served
    finally:
        for client in served.clients:
            client.close()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def hotline_settings(settings: Settings, folder: Path, **changes: Any) -> Settings:
    """Return settings of a hotline that can write notices."""
    values = {
        "hotline_name": "Example Hotline",
        "hotline_mailbox": "notices@hotline.example",
        "hotline_country": "",
        "keep_urls": True,
        "cache_folder": folder / "cache",
        "rate_limit": 100_000,
    }
    return settings.model_copy(update=values | changes)
