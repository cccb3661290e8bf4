"""How the service is put up: behind nginx with TLS, under systemd, from a wheel."""

from __future__ import annotations

import configparser
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from attribution.demo import DemoWorld
from attribution.store import Store
from served import PASSWORD, hotline_settings, serving
from tools import program

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "contrib" / "deploy"
NAME = "attribution.hotline.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def nginx(world: DemoWorld, tmp_path: Path) -> Iterator[tuple[httpx.Client, httpx.Client, Path]]:
    """Run the shipped configuration, with other ports and places, in front of a service; yield
    clients for 443 and 80, and its log.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    chain, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    settings = hotline_settings(world.settings(), tmp_path).model_copy(
        update={"public_url": f"https://{NAME}/", "trusted_proxies": ["127.0.0.1"]}
    )
    plain, secure, log = free_port(), free_port(), tmp_path / "access.log"
    with (
        Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}") as store,
        serving(settings, store) as served,
    ):
        text = (DEPLOY / "nginx.conf").read_text("utf-8")
        text = re.sub(r"listen \[::\][^;]*;\n", "", text)
        for old, new in {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
            "127.0.0.1:8420": served.address.removeprefix("http://"),
            "/etc/ssl/attribution/fullchain.pem": str(chain),
            "/etc/ssl/attribution/privkey.pem": str(key),
            "/var/log/nginx/attribution.log": str(log),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        folders = " ".join(
            f"{name}_temp_path {tmp_path / name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = tmp_path / "nginx.conf"
        whole.write_text(
            f"daemon off; {'user root;' if os.getuid() == 0 else ''} pid {tmp_path / 'pid'}; "
            f"error_log {tmp_path / 'error.log'};\n"
            f"events {{}}\nhttp {{ {folders}\n{text}\n}}\n"
        )
        command = [
            program("nginx"),
            "-c",
            str(whole),
            "-p",
            str(tmp_path),
            "-e",
            str(tmp_path / "error.log"),
        ]
        subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=20)
        process = subprocess.Popen(command)
        context = ssl.create_default_context()
        authority.configure_trust(context)
        extensions = {"sni_hostname": NAME}

        class Through(httpx.HTTPTransport):
            """Speaks to loopback under the service's name."""

            def handle_request(self, request: httpx.Request) -> httpx.Response:
                request.extensions = {**request.extensions, **extensions}
                request.headers["host"] = NAME
                return super().handle_request(request)

        try:
            with (
                httpx.Client(
                    base_url=f"https://127.0.0.1:{secure}",
                    transport=Through(verify=context),
                    timeout=30,
                ) as over_tls,
                httpx.Client(
                    base_url=f"http://127.0.0.1:{plain}", headers={"Host": NAME}, timeout=10
                ) as clear,
            ):
                deadline = time.monotonic() + 10
                while True:
                    try:
                        clear.get("/")
                        break
                    except httpx.HTTPError:
                        assert time.monotonic() < deadline
                        time.sleep(0.05)
                over_tls.headers["authorization"] = f"Bearer {served.key('attribute', 'metrics')}"
                served.person("analyst")
                over_tls.headers["x-code"] = served.people["analyst@hotline.example"].code(store)
                yield over_tls, clear, log
        finally:
            process.terminate()
            process.wait(10)


def test_nginx_in_front(nginx: tuple[httpx.Client, httpx.Client, Path]) -> None:
    over_tls, clear, log = nginx
    moved = clear.get("/cases")
    assert (moved.status_code, moved.headers["location"]) == (301, f"https://{NAME}/cases")
    code = over_tls.headers.pop("x-code")
    page = over_tls.get("/sign-in")
    (cookie,) = page.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-attribution-form=")
    assert "Secure" in cookie
    assert page.headers["strict-transport-security"]
    assert "nginx/" not in page.headers["server"]
    mark = re.search(r'name="form" value="(\w+)"', page.text)
    assert mark
    name, _, value = cookie.partition(";")[0].partition("=")
    fields = {
        "form": mark[1],
        "mailbox": "analyst@hotline.example",
        "password": PASSWORD,
        "code": code,
    }
    signed = over_tls.post(
        "/sign-in", data=fields, headers={"Cookie": f"{name}={value}", "Origin": f"https://{NAME}"}
    )
    assert signed.status_code == 303
    assert signed.headers.get_list("set-cookie")[0].startswith("__Host-attribution-session=")
    assert over_tls.get("/metrics").status_code == 404
    answer = over_tls.post(
        "/api/v1/attributions", json={"target": "https://www.lighthouse.example/secret-page"}
    )
    assert answer.json()["status"] == "attributed"
    assert over_tls.post("/api/v1/attributions", content=b"x" * 6_000_000).status_code == 413
    batch = over_tls.post(
        "/api/v1/batches", json={"targets": ["www.lighthouse.example"] * 50}
    ).json()["id"]
    with over_tls.stream("GET", f"/api/v1/batches/{batch}/events") as stream:
        assert any(line == "event: progress" for line in stream.iter_lines())
    over_tls.cookies.clear()
    assert over_tls.get("/sign-in", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
    deadline = time.monotonic() + 5
    while "413" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    written = log.read_text()
    assert "413" in written
    assert "secret-page" not in written
    assert "/api" not in written


def test_many_sign_ins_from_one_place_are_slowed_by_nginx(
    nginx: tuple[httpx.Client, httpx.Client, Path],
) -> None:
    over_tls, _, _ = nginx
    over_tls.headers.pop("x-code")
    codes = [over_tls.get("/sign-in").status_code for _ in range(14)]
    assert codes[:10] == [200] * 10
    assert 503 in codes


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(
        strict=False, interpolation=None, delimiters=("=",), comment_prefixes=("#",)
    )
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(DEPLOY / "attribution.service")
    return read


@pytest.mark.skipif(
    not Path("/usr/bin/systemd-analyze").exists() and not os.environ.get("CI"),
    reason="no systemd-analyze here: apt install systemd",
)
def test_the_unit_is_sound_and_shut_in(tmp_path: Path) -> None:
    text = (
        (DEPLOY / "attribution.service")
        .read_text("utf-8")
        .replace("/opt/attribution/bin/attribution", sys.executable)
    )
    path = tmp_path / "attribution.service"
    path.write_text(text)
    analyze = "/usr/bin/systemd-analyze"
    checked = subprocess.run(
        [analyze, "verify", "--man=no", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert [line for line in checked.stderr.splitlines() if "attribution.service" in line] == []
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=25", "--no-pager", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout[-600:]  # an exposure of 2.5 of 10 at most


def test_what_the_unit_starts_serves_and_ends_when_it_is_told(
    world: DemoWorld, tmp_path: Path
) -> None:
    words = unit()["Service"]["ExecStart"].split()
    assert words[0].endswith("/attribution")
    port = free_port()
    words[words.index("--port") + 1] = str(port)
    settings = tmp_path / "config.toml"
    settings.write_text('hotline_name = "Example Hotline"\n')
    environment = {
        **os.environ,
        **world.environment(),
        "ATTRIBUTION_CONFIG": str(settings),
        "ATTRIBUTION_DATA_FOLDER": str(tmp_path / "data"),
        "ATTRIBUTION_CACHE_FOLDER": str(tmp_path / "cache"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "attribution_cli.entry", *words[1:]],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = [process.stderr.readline(), process.stderr.readline()]
    assert "serving on" in lines[0]
    assert "first administrator" in lines[1]
    assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    assert (tmp_path / "data" / "cases.sqlite3").stat().st_mode & 0o077 == 0
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(float(unit()["Service"]["TimeoutStopSec"]))
    process.stderr.close()
    assert time.monotonic() - began < 10


def test_a_port_that_is_taken_is_told_with_the_way_out(world: DemoWorld, tmp_path: Path) -> None:
    environment = {**os.environ, **world.environment(), "ATTRIBUTION_DATA_FOLDER": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = ["serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(
            [sys.executable, "-m", "attribution_cli.entry", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "Address already in use" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_wheel_holds_everything_that_the_service_shows(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("web/templates", "web/static", "web/api", "language/catalogues"):
        here = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "attribution" / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here
        assert here <= names, here - names


def test_the_container_file_copies_what_is_there_and_installs_what_is_locked() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    assert "--no-deps --require-hashes --only-binary :all:" in text
    assert "--requirement requirements/service.txt" in text
    assert "pip check" in text
    locked = (ROOT / "requirements" / "service.txt").read_text("utf-8")
    for package in (
        "fastapi",
        "uvicorn",
        "argon2-cffi",
        "authlib",
        "psycopg",
        "hatchling",
        "pyotp",
    ):
        assert re.search(rf"^{package}==", locked, re.MULTILINE), package
    assert "pytest" not in locked
    assert text.count("USER attribution") == 1
