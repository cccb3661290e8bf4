"""RDAP through an HTTP proxy: it is told the address that was checked here, and no secret."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import trustme

from attribution import SettingsError, load_settings
from attribution.lookup.transport import (
    DestinationRefused,
    HttpAnswer,
    HttpRequest,
    ReportedAddresses,
    Transport,
    Unreachable,
)
from proxies import ConnectProxy, Registry, listening
from servers import Listed

LOGIN = base64.b64encode(b"hotline:se:cret").decode()
HOST = "rdap.example"
SERVERS = Listed((HOST, 443), (HOST, 80), ("other.example", 443))


@dataclass
class Laboratory:
    """A transport behind a proxy, and what the proxy and the registry were told."""

    transport: Transport
    proxy: ConnectProxy
    registry: Registry
    opened: list[tuple[str, str, int]]
    names: dict[str, list[str]]

    async def get(self, url: str) -> HttpAnswer:
        request = HttpRequest(
            url, kind="ip", accept="*/*", headers={"Authorization": "Bearer registry-key"}
        )
        return await self.transport.fetch(request)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@asynccontextmanager
async def laboratory(
    monkeypatch: pytest.MonkeyPatch,
    authority: trustme.CA,
    *,
    status: str = "200 Connection established",
    more: bytes = b"",
    tls: bool = True,
    proxy: str = "http://hotline:se%3Acret@{host}:{port}",
    reported: ReportedAddresses | None = None,
) -> AsyncIterator[Laboratory]:
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
    async with AsyncExitStack() as stack:
        registry = Registry()
        await stack.enter_async_context(listening(registry, context))
        server = ConnectProxy(registry.port, status, more)
        await stack.enter_async_context(listening(server))
        monkeypatch.setenv("SSL_CERT_FILE", stack.enter_context(authority.cert_pem.tempfile()))
        url = proxy.format(host="127.0.0.1", port=server.port)
        names = {HOST: ["8.8.8.8", "2001:4860:4860::8888"], "proxy.example": ["127.0.0.1"]}
        opened: list[tuple[str, str, int]] = []
        transport = Transport(
            load_settings(proxy=url, rdap_timeout=5, connect_timeout=2, whois_timeout=2),
            SERVERS,
            reported=reported,
            on_connect=lambda *where: opened.append(where),
        )

        async def resolve(host: str) -> list[str]:
            return names.get(host, [])

        transport.resolve_names_by(resolve)
        try:
            yield Laboratory(transport, server, registry, opened, names)
        finally:
            await transport.close()


async def test_proxy_is_told_the_checked_address_and_tls_the_registrys_name(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority) as there:
        answer = await there.get(f"https://{HOST}/ip/192.0.2.1")
        await there.get(f"https://{HOST}/ip/192.0.2.2")
    assert (answer.status, answer.body, answer.tls) == (200, b"{}", True)
    (head,) = there.proxy.heads  # the second request took the kept connection
    assert head == [
        "CONNECT 8.8.8.8:443 HTTP/1.1",
        "Host: 8.8.8.8:443",
        f"Proxy-Authorization: Basic {LOGIN}",
    ]
    assert there.registry.names == [HOST]
    assert [head[0] for head in there.registry.heads] == [
        "GET /ip/192.0.2.1 HTTP/1.1",
        "GET /ip/192.0.2.2 HTTP/1.1",
    ]
    for lines in there.registry.heads:
        assert f"Host: {HOST}" in lines
        assert "Authorization: Bearer registry-key" in lines
        assert "proxy" not in "\n".join(lines).lower()
        assert LOGIN not in "\n".join(lines)
    assert there.opened == [("http", "8.8.8.8", 443), ("proxy", "127.0.0.1", there.proxy.port)]


async def test_ipv6_address_stands_in_brackets(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority) as there:
        there.names[HOST] = ["2001:4860:4860::8888"]
        assert (await there.get(f"https://{HOST}/")).status == 200
    assert there.proxy.heads[0][:2] == [
        "CONNECT [2001:4860:4860::8888]:443 HTTP/1.1",
        "Host: [2001:4860:4860::8888]:443",
    ]


async def test_plain_http_goes_through_connect_too(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority, tls=False) as there:
        assert not (await there.get(f"http://{HOST}/ip/192.0.2.1")).tls
    assert there.proxy.heads[0][0] == "CONNECT 8.8.8.8:80 HTTP/1.1"
    assert there.registry.heads[0][:2] == ["GET /ip/192.0.2.1 HTTP/1.1", f"Host: {HOST}"]
    assert LOGIN.encode() not in bytes(there.proxy.through)


async def test_certificate_of_another_name_is_refused_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority) as there:
        there.names["other.example"] = ["8.8.8.8"]
        with pytest.raises(Unreachable, match="certificate"):
            await there.get("https://other.example/")
    assert there.registry.heads == []


@pytest.mark.parametrize("proxy", ["http://{host}:{port}", "http://proxy.example:{port}/"])
async def test_proxy_may_be_inside_and_without_a_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority, proxy=proxy) as there:
        assert (await there.get(f"https://{HOST}/")).status == 200
    assert len(there.proxy.heads[0]) == 2


@pytest.mark.parametrize("inside", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "64:ff9b::a00:1"])
async def test_registry_inside_is_refused_through_the_proxy_too(
    inside: str, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority) as there:
        there.names[HOST] = ["8.8.8.8", inside]
        with pytest.raises(DestinationRefused, match="special"):
            await there.get(f"https://{HOST}/")
    assert (there.proxy.heads, there.opened) == ([], [])


async def test_reported_host_is_refused_through_the_proxy_too_on_kept_connections_as_well(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    reported = ReportedAddresses()
    async with laboratory(monkeypatch, authority, tls=False, reported=reported) as there:
        url = f"http://{HOST}/"
        await there.get(url)
        there.names[HOST] = []  # nothing says any more that the address is the registry's
        there.transport.trust(HOST, [])
        reported.add(["::ffff:8.8.8.8"])
        with pytest.raises(DestinationRefused, match="reported site"):
            await there.get(url)
    assert len(there.registry.heads) == 1


async def test_proxys_own_address_as_a_target_switches_nothing_off(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    reported = ReportedAddresses()
    reported.add(["127.0.0.1"])
    async with laboratory(monkeypatch, authority, reported=reported) as there:
        assert (await there.get(f"https://{HOST}/")).status == 200
        assert there.transport.registry_addresses(["127.0.0.1", "192.0.2.1"])


@pytest.mark.parametrize(
    ("status", "tries"),
    [("403 Forbidden", 2), ("407 Proxy Authentication Required", 1), ("502 Bad Gateway", 2)],
)
async def test_refused_tunnel_names_the_proxy_and_its_status(
    status: str, tries: int, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority, status=status) as there:
        with pytest.raises(Unreachable) as caught:
            await there.get(f"https://{HOST}/")
    assert f"the proxy 127.0.0.1:{there.proxy.port} refused CONNECT" in str(caught.value)
    assert status in str(caught.value)
    assert "cret" not in str(caught.value)
    # Another address may be let through; another try to log in not.
    assert len(there.proxy.heads) == tries


@pytest.mark.parametrize(
    ("status", "more", "said"),
    [
        ("200 OK", b"early", "before the tunnel"),
        ("407 No\r\nX: " + "x" * 40_000, b"", "head of over"),
        ("OK", b"", "does not answer CONNECT"),
    ],
)
async def test_proxy_that_answers_otherwise_is_unreachable(
    status: str, more: bytes, said: str, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority, status=status, more=more) as there:
        with pytest.raises(Unreachable, match=said):
            await there.get(f"https://{HOST}/")


async def test_proxy_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    async with laboratory(monkeypatch, authority, proxy="http://127.0.0.1:9") as there:
        with pytest.raises(Unreachable, match=r"the proxy 127\.0\.0\.1:9 cannot be reached"):
            await there.get(f"https://{HOST}/")


@pytest.mark.parametrize(
    "value",
    [
        "proxy.example:3128",
        "https://user:swordfish@proxy.example:3128",
        "socks5://user:swordfish@proxy.example:1080",
        "http://user:swordfish@proxy.example",
        "http://user:swordfish@proxy.example:99999",
        "http://user:swordfish@proxy.example:3128/path",
        "http://user:swordfish@:3128",
        "http://[::1",
    ],
)
def test_wrong_proxy_is_said_without_its_password(value: str) -> None:
    with pytest.raises(SettingsError, match="ATTRIBUTION_PROXY") as caught:
        load_settings(proxy=value)
    assert "http://[user:password@]host:port" in str(caught.value)
    assert "swordfish" not in str(caught.value)


def test_proxy_is_shown_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_PROXY", "http://user:swordfish@[fd00::1]:3128/")
    settings = load_settings()
    assert "swordfish" not in repr(settings)
    assert settings.proxy_note == (
        "RDAP goes through the proxy [fd00::1]:3128; WHOIS (port 43) and DNS go directly"
    )
    monkeypatch.setenv("ATTRIBUTION_PROXY", "")
    assert load_settings().proxy_note is None
