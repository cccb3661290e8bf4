"""The link with which an account is set up leads to where the service is."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from command import COMMAND, run

ADD = ("account", "add", "ann@hotline.example", "--name", "Ann Example", "--role", "admin")


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_STORE", f"sqlite:///{tmp_path / 'cases.sqlite3'}")


def test_the_link_opens_on_the_port_that_the_service_is_set_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ATTRIBUTION_SERVE_PORT", str(port))
    link = run(*ADD).stdout.strip()
    assert link.startswith(f"http://127.0.0.1:{port}/set-up/")
    with subprocess.Popen([*COMMAND, "serve"], stderr=subprocess.PIPE, text=True) as service:
        try:
            assert service.stderr
            assert f"serving on http://127.0.0.1:{port}/" in service.stderr.readline()
            with urlopen(link, timeout=30) as page:
                assert page.status == 200
            with pytest.raises(HTTPError, match="404"):
                urlopen(link + "x", timeout=30)
        finally:
            service.terminate()


def test_without_a_public_address_it_says_which_setting_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = run(*ADD)
    assert done.stdout.startswith("http://127.0.0.1:8420/set-up/")
    for needed in (
        "http://127.0.0.1:8420/",
        "ATTRIBUTION_PUBLIC_URL",
        "ATTRIBUTION_SERVE_PORT",
        "account link ann@",
    ):
        assert needed in done.stderr
    monkeypatch.setenv("ATTRIBUTION_PUBLIC_URL", "https://attribution.hotline.example")
    done = run("account", "link", "ann@hotline.example")
    assert done.stdout.startswith("https://attribution.hotline.example/set-up/")
    assert "ATTRIBUTION_PUBLIC_URL" not in done.stderr


def test_an_address_of_ipv6_stands_in_brackets(monkeypatch: pytest.MonkeyPatch) -> None:
    from attribution.settings import load_settings

    monkeypatch.setenv("ATTRIBUTION_SERVE_HOST", "::1")
    assert load_settings().service_url == "http://[::1]:8420/"
