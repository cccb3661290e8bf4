"""The service in bad company: offenders who own registry records, forms from elsewhere, bodies
without end, clients that never finish.
"""

from __future__ import annotations

import contextlib
import copy
import json
import socket
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from attribution.attributor import Investigation
from attribution.demo import DemoWorld
from attribution.demo.hotline import SILENT, fill
from attribution.store import Store
from attribution.web import gate
from attribution.web import serve as serve_module
from bundles import TARGET, entity, evidence, network, rdap, resolved, suffix
from casework import Clock
from served import Served, hotline_settings, serving

PAYLOAD = (
    "\"'><script src=//evil.example/x></script><img src=x onerror=alert(1)><a "
    "href=javascript:alert(1)>{{7*7}}\u202egnp"
)
LIGHTHOUSE = "https://www.lighthouse.example/secret-page"


@pytest.fixture
def served(world: DemoWorld, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}", now=clock) as store:
        with serving(hotline_settings(world.settings(), tmp_path), store) as running:
            yield running


class Clean(HTMLParser):
    """Reads a page, and finds whatever could run, leave this site, or lead to a reported one."""

    def __init__(self, page: str, *hosts: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text = ""
        self._hosts = hosts
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag in ("iframe", "object", "embed", "base", "style", "img") or (
            tag == "script" and not (values.get("src") or "").startswith("/static/")
        ):
            self.faults.append(f"a tag {tag} {values}")
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "srcdoc", "ping", "formaction"):
                self.faults.append(f"an attribute {name}")
            if name in ("href", "src", "action", "data-events"):
                parts = urlsplit(value or "")
                if parts.scheme or parts.netloc or (value or "").startswith("//"):
                    self.faults.append(f"an address {value}")
                if any(host in (value or "") for host in self._hosts):
                    self.faults.append(f"a link with a reported host {value}")

    def handle_data(self, data: str) -> None:
        self.text += data


def clean(page: str, *hosts: str) -> str:
    """See to it that a page holds nothing that runs or leads away; return its text."""
    read = Clean(page, *hosts)
    assert read.faults == []
    assert "alert(1)>49" not in read.text  # what a template would make of it
    assert "\u202e" not in page
    return read.text


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every text in an answer."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from leaves(one, (*path, number))
    elif isinstance(value, str):
        yield path


def poisoned(answer: dict[str, Any], place: tuple[Any, ...]) -> dict[str, Any]:
    """Return an answer with the payload after the text at a place."""
    made: Any = copy.deepcopy(answer)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = inner[place[-1]] + PAYLOAD
    return dict(made)


def found_with(answer: dict[str, Any], server: str = "rdap.db.ripe.net") -> Investigation:
    """Return what is found of a site when a registry answers so."""
    host = "www.site.example"
    record = rdap(answer, server=server)
    records = [resolved(host, TARGET), suffix(host, "site.example"), record]
    return Investigation.of(evidence(*records, target=f"https://{host}/1"))


def test_no_field_of_a_registry_runs_or_leads_anywhere(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = entity("ORG-EX1-RIPE", ["registrant"], "Example Hosting B.V.")
    desk = entity("AR1-RIPE", ["abuse"], "Abuse desk", "abuse@hosting.example", kind="group")
    answer = json.loads(rdap(network(holder, desk)).body)
    answer["remarks"] = [
        {"title": "note", "description": ["geofeed https://hosting.example/feed.csv"]}
    ]
    investigations = [found_with(poisoned(answer, place)) for place in leaves(answer)]
    named = [
        one
        for one in investigations
        if one.attribution.primary and "<script" in one.attribution.primary.provider.name
    ]
    assert len(investigations) > 30
    assert named  # the company's own name is among what is poisoned
    # A company is kept by the name that it had first.
    investigations.sort(key=lambda one: one not in named)
    turn = iter(investigations)

    async def investigate(target: str, **_: Any) -> Investigation:
        return next(turn)

    monkeypatch.setattr(served.service.attributor, "investigate", investigate)
    analyst = served.browser("analyst")
    analyst.see("/")
    cases = set()
    for number, found in enumerate(investigations):
        page = analyst.submit("/check", targets=f"https://www.site.example/{number}{PAYLOAD}")
        text = clean(page, "www.site.example")
        assert "hxxps://www[.]site[.]example" in text
        if found.attribution.primary:
            assert found.attribution.primary.provider.name.partition(PAYLOAD[:3])[0] in text
        check = page.partition('action="/checks/')[2].partition("/")[0]
        if check:
            reported = analyst.submit(f"/checks/{check}/report", line="1")
            clean(reported, "www.site.example")
            cases.add(reported.partition("<h1>Case ")[2][:13])
    with served.store.read() as connection:
        from attribution.casework.views import provider_lines

        lines = provider_lines(connection, limit=100)
    keys = [one.key for one in lines]
    assert any("<script" in one.name for one in lines)
    # Handles have a form, and ranges are read as numbers.
    assert not any("<script" in key for key in keys)
    admin = served.browser("admin")
    for key in keys:
        path = httpx.URL("http://x/").copy_with(path=f"/{key}").raw_path.decode()
        clean(admin.see(f"/providers{path}"), "www.site.example")
    for case in cases - {""}:
        clean(admin.see(f"/cases/{case}"), "www.site.example")
        clean(analyst.see(f"/cases/{case}/draft"), "www.site.example")
    for path in (
        "/cases",
        "/providers",
        "/overview",
        "/audit",
        "/registries",
        "/accounts",
        "/keys",
    ):
        clean(admin.see(path), "www.site.example")


def test_what_people_write_is_text_everywhere(served: Served, clock: Clock) -> None:
    fill(served.store)
    admin, signer = served.browser("admin"), served.browser("signer")
    admin.see("/accounts")
    clean(
        admin.submit(
            "/accounts", do="add", mailbox="x@hotline.example", name=PAYLOAD[:100], role="reader"
        ),
        "evil.example",
    )
    clean(admin.submit("/accounts", 422, do="add", mailbox=PAYLOAD, name=PAYLOAD, role=PAYLOAD))
    clean(admin.submit("/keys", do="make", name=PAYLOAD[:50], **{"scope-read": "yes"}))
    clean(admin.submit("/keys", do="disable", name=PAYLOAD[:50]))
    signer.see("/")
    clean(signer.submit(f"/providers/{SILENT}", do="event", kind="reply", note=PAYLOAD))
    clean(
        signer.submit(
            f"/providers/{SILENT}",
            do="terms",
            grouping_hours="1",
            reminder_hours="1",
            quiet_days="sat",
        )
    )
    clean(
        signer.submit(
            f"/providers/{SILENT}",
            422,
            do="terms",
            grouping_hours="1",
            reminder_hours="1",
            quiet_days=PAYLOAD,
        )
    )
    clean(signer.submit(f"/providers/{SILENT}", 422, do=PAYLOAD))
    clean(signer.submit(f"/publish/{SILENT}", do="letter", to=PAYLOAD))
    case = "org-qh1-ripe-1"
    clean(signer.submit(f"/cases/{case}", do="event", kind="reappeared", note=PAYLOAD))
    clean(signer.submit(f"/cases/{case}", 422, do="event", kind=PAYLOAD, at=PAYLOAD))
    clean(signer.submit(f"/cases/{case}", 422, do="notice", to=PAYLOAD, at="2026-13-45 99:99"))
    for path in (
        f"/contests/{SILENT}?without={PAYLOAD}",
        f"/cases?after={PAYLOAD[:30]}",
        f"/providers?after={PAYLOAD}",
        f"/audit?who={PAYLOAD}&case=x",
    ):
        response = (admin if path.startswith("/audit") else signer).get(path)
        assert response.status_code in (200, 404, 422)
        clean(response.text)
    clean(signer.get(f"/nowhere/{PAYLOAD}").text)
    dossier = signer.get(f"/dossiers/{SILENT}")
    assert "<script" not in dossier.text
    assert dossier.headers["content-disposition"].startswith("attachment")
    assert dossier.headers["content-security-policy"].startswith("sandbox")
    table = signer.get(f"/dossiers/{SILENT}?form=csv").text
    assert not any(
        cell.startswith(("=", "+", "@")) for line in table.splitlines() for cell in line.split(",")
    )
    stranger = served.browser()
    clean(stranger.see(f"/sign-in?next={PAYLOAD}"))
    clean(
        stranger.submit(
            "/sign-in", 401, mailbox=PAYLOAD, password=PAYLOAD, code=PAYLOAD, next=PAYLOAD
        ),
        "evil.example",
    )


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "///evil.example",
        "/x\r\nLocation: https://evil.example/",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(back: str, served: Served) -> None:
    browser = served.browser()
    browser.see("/sign-in")
    person = served.person("reader")
    fields = {
        "mailbox": person.account.mailbox,
        "password": "a long road to nowhere",
        "code": person.code(served.store),
        "next": back,
    }
    response = browser.post(
        "/sign-in", data={"form": browser.mark, **fields}, follow_redirects=False
    )
    assert response.status_code == 303
    target = response.headers["location"]
    assert urlsplit(target).netloc == ""
    assert target.startswith("/")
    assert not target.startswith(("//", "/\\"))
    assert "set-cookie" not in target.lower() or "%0d" in target.lower()
    assert len(response.headers.get_list("location")) == 1
    spoken = browser.post(
        "/language",
        data={"form": browser.mark, "language": "nl", "next": back},
        follow_redirects=False,
    )
    assert spoken.status_code in (303, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../serve.py",
        "/static/%2e%2e/serve.py",
        "/static/..%2f..%2fserve.py",
        "/static//etc/passwd",
        "/static/%00",
        "/static/....//serve.py",
        "/checks/..%2f..%2fetc%2fpasswd",
        "/checks/x/results.csv%00",
        "/checks/x/results.py",
        "/cases/..%2f..%2f",
        "/dossiers/..%2f..%2fetc%2fpasswd",
        "/reports/..%2f/evidence.json",
        "/set-up/..%2f..%2f",
        "/api/v1/batches/..%2f..%2f",
        "/api/v1/dossiers/%2fetc%2fpasswd",
        "/api/v1/reports/..%2f/evidence",
    ],
)
def test_no_path_leads_out(path: str, served: Served) -> None:
    browser = served.browser("analyst")
    key = served.key("attribute", "read", "write")
    with socket.create_connection(("127.0.0.1", int(served.address.rpartition(":")[2])), 10) as raw:
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)
        raw.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nAuthorization: "
            f"Bearer {key}\r\nConnection: close\r\n\r\n".encode()
        )
        answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode("utf-8", "replace")
    assert answer.split()[1] in ("400", "404", "422"), answer[:300]
    assert "root:" not in answer
    assert "import uvicorn" not in answer


def test_bodies_have_an_end(served: Served) -> None:
    with served.program("attribute", "write") as program:
        large = "x" * (gate.MOST_BYTES + 1)
        assert (
            program.post("/api/v1/attributions", content=json.dumps({"target": large})).status_code
            == 413
        )

        def endless() -> Iterator[bytes]:
            while True:
                yield b" " * 65536

        with contextlib.suppress(httpx.HTTPError):  # it was cut off while sending
            assert program.post("/api/v1/attributions", content=endless()).status_code == 413
        assert program.post("/api/v1/batches", json={"targets": ["x"] * 10_001}).status_code == 422
        assert (
            program.post("/api/v1/batches", json={"targets": ["x" * 400_000] * 20}).status_code
            == 413
        )
        assert program.get("/api/v1/cases?cursor=" + "a" * 5000).status_code == 414
        deep = "[" * 100_000
        assert program.post(
            "/api/v1/attributions", content=deep, headers={"Content-Type": "application/json"}
        ).status_code in (400, 422)
        for body in (
            b"\xff\xfe",
            b'{"target": NaN}',
            b'{"target": "\\ud800"}',
            b"",
            b"null",
            b"[]",
            b'{"target": {"a": 1}}',
            b'{"target": "x", "more": 1}',
        ):
            response = program.post(
                "/api/v1/attributions", content=body, headers={"Content-Type": "application/json"}
            )
            assert response.status_code in (200, 422), (body, response.text)
    browser = served.browser("analyst")
    browser.see("/")
    assert (
        browser.post("/check", data={"form": browser.mark, "targets": "x\n" * 10_001}).status_code
        == 422
    )
    assert (
        browser.post(
            "/check", data={"form": browser.mark, **{f"f{n}": "x" for n in range(200)}}
        ).status_code
        == 422
    )
    assert browser.post(
        "/check", files={"targets": b"x"}, data={"form": browser.mark}
    ).status_code in (403, 422)
    assert browser.post("/sign-out", data={"form": "x" * (gate.MOST_BYTES + 1)}).status_code == 413


def test_clients_that_never_finish_are_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_module, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(serve_module, "BODY_SECONDS", 0.4)
    port = int(served.address.rpartition(":")[2])
    key = served.key("attribute")
    began = time.monotonic()
    with (
        socket.create_connection(("127.0.0.1", port), 10) as silent,
        socket.create_connection(("127.0.0.1", port), 10) as slow,
    ):
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        for _ in range(3):
            time.sleep(0.1)
            slow.sendall(b"a")
        assert silent.recv(100) == b""
        assert slow.recv(100) == b""
    with socket.create_connection(("127.0.0.1", port), 10) as late:
        late.sendall(
            "POST /api/v1/attributions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
            f"{key}\r\nContent-Length: 100\r\n\r\n{{".encode()
        )
        assert late.recv(4096) == b""
    assert time.monotonic() - began < 8
    with served.program() as program:
        assert program.get("/healthz").status_code == 200


def test_headers_are_no_way_in(served: Served) -> None:
    with served.program("attribute", "write") as program:
        for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80", ""):
            refused = program.get("/healthz", headers={"Host": host})
            assert refused.status_code in (400, 421), host
        for key in (
            "short",
            "x" * 201,
            "with space in it",
            "caf\u00e9-caf\u00e9-caf\u00e9".encode("latin-1"),
        ):
            response = program.post(
                "/api/v1/reports",
                json={"url": "kiosk.example"},
                headers={b"Idempotency-Key": key if isinstance(key, bytes) else key.encode()},
            )
            assert response.status_code == 422, key
        told = program.get(
            "/api/v1/openapi.json",
            headers={
                "X-Forwarded-Host": "evil.example",
                "X-Forwarded-Proto": "https",
                "Forwarded": "host=evil.example",
            },
        )
        assert "evil.example" not in told.text
        assert program.request("TRACE", "/healthz").status_code == 405
        assert program.put("/api/v1/attributions", json={}).status_code == 405
        assert program.delete("/api/v1/cases").status_code == 405
    browser = served.browser(headers={"X-Forwarded-For": "203.0.113.9"})
    browser.cookies.set("attribution-language", "nl\r\nSet-Cookie: x=1".replace("\r\n", "%0d%0a"))
    page = browser.get("/sign-in")
    assert "x=1" not in str(page.headers)
    admin = served.browser("admin")
    admin.see("/accounts")
    made = admin.post(
        "/accounts",
        data={
            "form": admin.mark,
            "do": "add",
            "mailbox": "z@hotline.example",
            "name": "Z",
            "role": "reader",
        },
        headers={"X-Forwarded-Host": "evil.example"},
    )
    assert "evil.example" not in made.text


def test_every_answer_carries_the_rules_for_browsers(served: Served) -> None:
    browser = served.browser("analyst")
    with served.program("attribute") as program:
        batch = program.post("/api/v1/batches", json={"targets": ["kiosk.example"]}).json()["id"]
        responses = [
            browser.get("/"),
            browser.get("/nowhere"),
            browser.get("/static/page.css"),
            browser.get("/static/nothing"),
            browser.post("/check"),
            program.get("/healthz"),
            program.get("/api/v1/cases"),
            program.get(f"/api/v1/batches/{batch}/events"),
            program.get("/api/v1/openapi.json"),
            program.get("/healthz", headers={"Host": "evil.example"}),
            served.browser().get("/cases"),
        ]
    for response in responses:
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"
        assert response.headers["x-dns-prefetch-control"] == "off"
        assert response.headers["x-request-id"]
        assert "server" not in response.headers
        assert response.headers["cache-control"] == "no-store"


def test_over_tls_cookies_and_headers_are_strict(world: DemoWorld, tmp_path: Path) -> None:
    settings = hotline_settings(world.settings(), tmp_path).model_copy(
        update={
            "public_url": "https://attribution.hotline.example/",
            "trusted_proxies": ["127.0.0.1"],
        }
    )
    with (
        Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}") as store,
        serving(settings, store) as served,
    ):
        proxied = {
            "Host": "attribution.hotline.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.9",
        }
        browser = served.browser(headers=proxied)
        page = browser.get("/sign-in")
        (cookie,) = page.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-attribution-form=")
        assert "Secure" in cookie
        assert page.headers["strict-transport-security"]
        assert (
            served.browser()
            .get("/sign-in")
            .headers.get_list("set-cookie")[0]
            .startswith("attribution-form=")
        )


def test_no_person_reads_anothers_batch_and_no_batch_is_guessed(served: Served) -> None:
    with served.program("attribute") as program:
        batch = program.post("/api/v1/batches", json={"targets": ["kiosk.example"]}).json()["id"]
    browser = served.browser("analyst")
    for path in (
        f"/checks/{batch}",
        f"/checks/{batch}/lines/1",
        f"/checks/{batch}/results.csv",
        f"/checks/{batch}/lines/1/evidence.json",
    ):
        browser.see(path, 404)
    assert len(batch) == 25
