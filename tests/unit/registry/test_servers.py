"""The table of servers: whose each is, and which may be asked."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import attribution.registry.dialects
from attribution.data import packaged_rows
from attribution.registry.readers import read_networks
from attribution.registry.registration import UnreadableAnswer
from attribution.registry.registries import registries
from attribution.registry.servers import (
    Kind,
    is_listed,
    server_for_url,
    servers_of,
    whois_server,
)
from registry_samples import RPSL


@pytest.mark.parametrize(
    ("url", "registry"),
    [
        ("https://rdap.db.ripe.net/ip/192.0.2.7", "ripe"),
        ("https://RDAP.DB.RIPE.NET:443/ip/192.0.2.7", "ripe"),
        ("https://rdap.arin.net/registry/ip/192.0.2.7", "arin"),
        ("https://rdap.registro.br/ip/192.0.2.7", "nicbr"),
    ],
)
def test_server_of_a_url_is_told_by_its_host(url: str, registry: str) -> None:
    server = server_for_url(url)
    assert (server.registry, server.listed, server.dialect) == (registry, True, "rdap")


@pytest.mark.parametrize(
    "url",
    [
        "https://rdap.customer.example/ripe/ip/192.0.2.7",
        "https://rdap.db.ripe.net.customer.example/ip/192.0.2.7",
        "https://rdap.db.ripe.net@customer.example/ip/192.0.2.7",
        "https://rdap.db.ripe.net:8443/ip/192.0.2.7",
        "http://rdap.db.ripe.net/ip/192.0.2.7",
        "https://customer.example/?https://rdap.db.ripe.net/",
        "https://[::ffff:192.0.2.7]/ripe/ip/192.0.2.7",
        "https://rdap.db.ripe.net:99999/",
        "//",
        "",
    ],
)
def test_path_port_and_look_alikes_make_no_registry(url: str) -> None:
    server = server_for_url(url)
    assert not server.listed
    assert server.registry not in registries()


@pytest.mark.parametrize("host", ["127.0.0.1:8300", "localhost:8300", "[::1]:8300"])
def test_laboratory_names_the_registry_in_the_path(host: str) -> None:
    server = server_for_url(f"http://{host}/ripe/ip/192.0.2.7")
    assert (server.registry, server.port, server.listed) == ("ripe", 8300, True)
    assert not server_for_url(f"http://{host}/customer/ip/192.0.2.7").listed
    assert server_for_url(f"http://{host}/vnnic/ip/192.0.2.7").registry == "vnnic"


def test_whois_server_by_its_name() -> None:
    assert whois_server("WHOIS.RIPE.NET.").registry == "ripe"
    assert whois_server("whois.ripe.net:43").registry == "ripe"
    assert not whois_server("whois.ripe.net:4321").listed
    unlisted = whois_server("whois.customer.example")
    assert (unlisted.registry, unlisted.listed) == ("whois.customer.example", False)


def test_text_of_an_unlisted_server_is_read_by_no_reader() -> None:
    with pytest.raises(UnreadableAnswer, match="no reader"):
        read_networks(RPSL.encode(), whois_server("whois.customer.example"))


def test_servers_are_listed_for_a_kind_of_question_and_a_port() -> None:
    assert is_listed("rdap.arin.net", 443, Kind.IP)
    assert is_listed("Rdap.Arin.Net", 443, Kind.ENTITY)
    assert not is_listed("rdap.arin.net", 443, Kind.DOMAIN)
    assert not is_listed("rdap.arin.net", 80, Kind.IP)
    assert is_listed("whois.registro.br", 43, Kind.DOMAIN)
    assert is_listed("origin.asn.cymru.com", 53, Kind.ORIGIN)
    assert not is_listed("customer.example", 443, Kind.IP)


def test_each_registry_has_a_server_that_names_it() -> None:
    for registry in registries():
        assert servers_of(registry)
    handle_spaces = {server.handle_space for name in registries() for server in servers_of(name)}
    assert handle_spaces <= set(registries())
    assert {server.handle_space for server in servers_of("nicmx")} == {"lacnic"}


@pytest.mark.parametrize(
    ("host", "above", "autnum"),
    [
        ("whois.ripe.net", "-L 192.0.2.7", "AS64496"),
        ("whois.arin.net", "n + 192.0.2.7", "a + 64496"),
        ("whois.lacnic.net", "192.0.2.0/24", "AS64496"),
    ],
)
def test_questions_of_port_43(host: str, above: str, autnum: str) -> None:
    server = whois_server(host)
    assert server.query_above
    assert server.query_above.format(address="192.0.2.7", cidr="192.0.2.0/24") == above
    assert server.query_autnum.format(asn=64496) == autnum


def test_every_dialect_of_the_table_is_a_module_that_reads_networks() -> None:
    dialects = {row["dialect"] for row in packaged_rows("servers.csv")} - {""}
    for dialect in dialects:
        module = import_module(f"attribution.registry.dialects.{dialect}")
        assert callable(module.read_networks), dialect
    folder = Path(attribution.registry.dialects.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} == dialects | {"__init__", "common"}
