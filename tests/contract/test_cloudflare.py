"""Cloudflare's interface for trusted reporters: the question, its keys, and every shape of its
answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import respx
from pydantic import SecretStr

from attribution import Attributor, OriginRefused, ReverseProxy, load_settings
from attribution.demo import DemoWorld
from attribution.lookup.protocols.cloudflare import source
from attribution.lookup.protocols.origin import OriginSource, installed_sources
from attribution.lookup.transport import HttpAnswer, HttpRequest, Transport
from servers import ListedFor

URL = r"https://trust\.cloudflare\.com/investigation/v1/[0-9a-f]{16}/origin\?hostname=www\.site\.example"
FRONT = ReverseProxy("192.0.2.1", "Cloudflare")
KEYS = {"cloudflare_access_id": "an-id", "cloudflare_access_secret": "a-secret"}


@pytest.fixture
async def cloudflare() -> AsyncIterator[OriginSource]:
    settings = load_settings(**KEYS)
    transport = Transport(settings, ListedFor([("trust.cloudflare.com", 443, "origin_source")]))

    async def fetch(url: str, *, accept: str, headers: Mapping[str, str]) -> HttpAnswer:
        request = HttpRequest(url, kind="origin_source", accept=accept, headers=headers)
        return await transport.fetch(request)

    made = source(settings, fetch)
    assert made
    yield made
    await transport.close()


def told(*ipv4: str, using: Any = True, ipv6: Any = None) -> dict[str, Any]:
    return {
        "success": True,
        "errors": [],
        "result": [{"isUsingCloudflare": using, "originIPv4": list(ipv4), "originIPv6": ipv6}],
    }


@respx.mock
async def test_origins_of_both_versions_are_told_with_a_reference(cloudflare: OriginSource) -> None:
    route = respx.get(url__regex=URL).respond(json=told("192.0.2.130", ipv6=["2001:db8::7"]))
    found = await cloudflare.origins("www.site.example", FRONT)
    assert [one.address for one in found] == ["192.0.2.130", "2001:db8::7"]
    assert found[0].reference
    assert found[0].reference in str(route.calls[0].request.url)
    assert route.calls[0].request.headers["cf-access-client-id"] == "an-id"
    assert route.calls[0].request.headers["cf-access-client-secret"] == "a-secret"


@respx.mock
async def test_keys_stand_in_no_record(cloudflare: OriginSource) -> None:
    respx.get(url__regex=URL).respond(json=told("192.0.2.130"))
    (found,) = await cloudflare.origins("www.site.example", FRONT)
    assert "secret" not in str(found.as_record().to_json())
    assert "a-secret" not in repr(load_settings(**KEYS))


@respx.mock
async def test_other_companies_proxies_are_not_asked_about(cloudflare: OriginSource) -> None:
    assert await cloudflare.origins("www.site.example", ReverseProxy("192.0.2.1", "Fastly")) == []
    assert respx.calls.call_count == 0


@respx.mock
@pytest.mark.parametrize(
    "answer",
    [
        told("192.0.2.130", using=False),
        told(),
        {"success": True, "result": []},
        {"success": True, "result": None},
        {"success": True},
    ],
)
async def test_site_that_is_not_behind_it_has_no_told_origin(
    answer: Any, cloudflare: OriginSource
) -> None:
    respx.get(url__regex=URL).respond(json=answer)
    assert await cloudflare.origins("www.site.example", FRONT) == []


@respx.mock
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            200,
            '{"success": false, "errors": [{"code": 1001, "message": "limit of the day"}]}',
            "limit of the day",
        ),
        (403, '{"success": false, "errors": null}', "403"),
        (403, "<html>sign in</html>", "403"),
        (302, "", "302"),
        (200, "[]", "no object"),
        (200, "[" * 5000, "not JSON"),
    ],
)
async def test_refusal_is_said(status: int, body: str, said: str, cloudflare: OriginSource) -> None:
    respx.get(url__regex=URL).respond(
        status, text=body, headers={"location": "https://login.example/"}
    )
    with pytest.raises(OriginRefused, match=said):
        await cloudflare.origins("www.site.example", FRONT)
    assert respx.calls.call_count == 1  # no redirect is followed: the keys go nowhere else


def test_it_is_installed_and_silent_without_keys() -> None:
    async def no_fetch(url: str, *, accept: str, headers: Any) -> Any:
        raise AssertionError("not asked here")

    assert installed_sources(load_settings(), no_fetch) == []
    (made,) = installed_sources(load_settings(**KEYS), no_fetch)
    assert "Cloudflare" in made.name


@respx.mock
async def test_told_origin_comes_first_in_the_answer(world: DemoWorld, tmp_path: Path) -> None:
    (tmp_path / "fronts.csv").write_text(
        "list,cf,cdn,Cloudflare,demo list,2026\n198.51.100.128/26,cf\n", "utf-8"
    )
    respx.route(host="127.0.0.1").pass_through()
    route = respx.get(url__regex=URL.replace("site", "hidden")).respond(json=told("192.0.2.130"))
    settings = world.settings(cache_folder=tmp_path / "cache").model_copy(
        update={**KEYS, "cloudflare_access_secret": SecretStr("a-secret"), "data_folder": tmp_path}
    )
    async with Attributor(settings) as attributor:
        found = await attributor.investigate("https://www.hidden.example/")
        await attributor.attribute("198.51.100.141")
    assert route.call_count == 1
    assert found.attribution.primary
    assert found.attribution.primary.provider.name == "Lantern Hosting Inc."
    assert b"a-secret" not in found.evidence.to_bytes()
