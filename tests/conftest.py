"""What every test stands on: no socket but to loopback, a world of invented companies, a cache of
its own.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attribution.demo import DemoWorld
from attribution.settings import PREFIX
from attribution.store import Store
from casework import Clock

SHARED = Path(__file__).parent.parent.parent / "shared"


class OutsideError(AssertionError):
    """A test tried to reach something that is not on this machine."""


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
            raise OutsideError(f"{event} to {address}")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "", "localhost") and not _is_address(name):
            raise OutsideError(f"{event} of {name}")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


sys.addaudithook(_refuse_outside)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test an empty home: no settings, cache or tables of the person who runs it."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIX):
            monkeypatch.delenv(name)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture(scope="session")
def world() -> Iterator[DemoWorld]:
    """Run the demo world for all tests of this process."""
    with DemoWorld() as running:
        yield running


@pytest.fixture
def in_world(world: DemoWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DemoWorld:
    """Point this process and those that it starts at the demo world, with an empty cache."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ATTRIBUTION_CACHE_FOLDER", str(tmp_path / "cache"))
    return world


@pytest.fixture
def shared() -> Path:
    """Return the folder of captures and laboratory beside the checkout; skip only where there is
    none.
    """
    if not SHARED.is_dir():
        pytest.skip(f"no {SHARED.name} folder beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run coroutine tests on asyncio, which the library is written for."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _no_database_left_running() -> Iterator[None]:
    """Stop the PostgreSQL of this process, where a test started one."""
    yield
    import databases

    if databases.server.cache_info().currsize:
        databases.server().cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Return the URL of an empty store, in each kind of database; its key file is named in the
    environment.
    """
    monkeypatch.setenv("ATTRIBUTION_KEY_FILE", str(tmp_path / "keys.json"))
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cases.sqlite3'}"
    from databases import postgresql_url

    return postgresql_url()


@pytest.fixture
def clock() -> Clock:
    """A clock that tests move."""
    return Clock()


@pytest.fixture
def store(store_url: str, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """Open an empty store in each kind of database, by a clock that stands."""
    with Store.open(store_url, tmp_path / "keys.json", now=clock) as opened:
        yield opened
