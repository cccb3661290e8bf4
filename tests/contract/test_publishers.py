"""Refreshing the lists of proxies from their publishers: shown first, applied when told, never
halved unseen.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
import respx
from typer.testing import CliRunner

from attribution.data.reverse_proxies import ReverseProxyTable, reverse_proxy_lists
from attribution_cli.app import app

V4 = "https://www.cloudflare.com/ips-v4"
V6 = "https://www.cloudflare.com/ips-v6"
AWS = {
    "prefixes": [
        {"ip_prefix": "3.5.140.0/22", "service": "AMAZON"},
        {"ip_prefix": "13.32.0.0/15", "service": "CLOUDFRONT"},
    ],
    "ipv6_prefixes": [{"ipv6_prefix": "2600:9000::/28", "service": "CLOUDFRONT"}],
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATTRIBUTION_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("ATTRIBUTION_NAMESERVERS", "127.0.0.1:9")
    return tmp_path


def publish(cloudflare: str) -> None:
    respx.get(V4).respond(text=cloudflare)
    respx.get(V6).respond(text="2400:cb00::/32\n")
    respx.get("https://api.fastly.com/public-ip-list").respond(
        json={"addresses": ["23.235.32.0/20"], "ipv6_addresses": ["2a04:4e40::/32"]}
    )
    respx.get("https://ip-ranges.amazonaws.com/ip-ranges.json").respond(json=AWS)
    respx.get("https://www.gstatic.com/ipranges/cloud.json").respond(503)


def kinds(folder: Path, address: str) -> set[str]:
    return {
        listing.kind
        for _, listing in ReverseProxyTable(reverse_proxy_lists(folder)).find(
            ipaddress.ip_address(address)
        )
    }


@respx.mock
def test_changes_are_shown_and_do_not_take_effect(data: Path) -> None:
    publish("104.16.0.0/12\n8.8.0.0/16\n")
    done = CliRunner().invoke(app, ["data", "refresh"])
    assert "+ 8.8.0.0/16" in done.stdout
    assert not list(data.iterdir())
    assert kinds(data, "8.8.8.8") == set()


@respx.mock
def test_applied_lists_replace_the_packaged_ones(data: Path) -> None:
    publish("104.16.0.0/12\n172.64.0.0/13\n8.8.0.0/16\n")
    assert kinds(data, "103.21.244.1") == {"cdn"}
    CliRunner().invoke(app, ["data", "refresh", "--apply", "--force"])
    assert kinds(data, "8.8.8.8") == {"cdn"}
    assert kinds(data, "103.21.244.1") == set()
    assert kinds(data, "13.32.0.1") == {"cdn", "cloud"}
    assert kinds(data, "3.5.140.1") == {"cloud"}
    assert "google-gcp" in reverse_proxy_lists(data), "a list whose publisher is silent stays"


@respx.mock
def test_list_that_lost_more_than_half_is_held_back(data: Path) -> None:
    publish("104.16.0.0/20\n")
    done = CliRunner().invoke(app, ["data", "refresh", "--apply"])
    assert "cloudflare" in done.stdout
    assert "held back" in done.stdout
    assert kinds(data, "104.20.0.1") == {"cdn"}


@respx.mock
@pytest.mark.parametrize("answer", ["<html>sorry</html>", "0.0.0.0/0\n", "10.0.0.0/8\n", ""])
def test_answer_that_is_no_list_changes_nothing(answer: str, data: Path) -> None:
    publish(answer)
    respx.get(V6).respond(text=answer)
    CliRunner().invoke(app, ["data", "refresh", "--apply", "--force"])
    assert reverse_proxy_lists(data)["cloudflare"][0].source.startswith("MISP")


@respx.mock
def test_silent_publishers_end_with_3(data: Path) -> None:
    respx.route().respond(500)
    done = CliRunner().invoke(app, ["data", "refresh"], standalone_mode=False)
    assert done.return_value == 3


def test_tables_are_listed_with_source_and_date(data: Path) -> None:
    shown = CliRunner().invoke(app, ["data", "show"]).stdout
    for line in shown.splitlines():
        assert "MISP warning list" in line
    assert "cloudflare" in shown
