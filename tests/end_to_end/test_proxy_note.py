"""What goes through the proxy and what does not is said at the start, without its password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command import run

PROXY = "http://hotline:swordfish@127.0.0.1:9/"
NOTE = "RDAP goes through the proxy 127.0.0.1:9; WHOIS (port 43) and DNS go directly"


@pytest.mark.parametrize(
    "command", [["check", "--offline", "192.0.2.1"], ["batch", "--offline", "-q", "-"]]
)
def test_command_says_so_in_one_line(
    command: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATTRIBUTION_CACHE_FOLDER", str(tmp_path))
    monkeypatch.setenv("ATTRIBUTION_NAMESERVERS", "127.0.0.1:9")
    monkeypatch.setenv("ATTRIBUTION_WAIT", "0")
    without = run(*command, stdin="192.0.2.1\n")
    monkeypatch.setenv("ATTRIBUTION_PROXY", PROXY)
    done = run(*command, stdin="192.0.2.1\n")
    assert "proxy" not in without.stderr
    assert done.stderr.splitlines().count(f"attribution: {NOTE}") == 1
    assert done.stdout.count("\n") == without.stdout.count("\n")
    assert "swordfish" not in done.stderr + done.stdout


def test_settings_are_shown_without_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_PROXY", PROXY)
    done = run("config", "show")
    assert "proxy" in done.stdout
    assert "swordfish" not in done.stdout + run("config", "show", "--json").stdout


def test_service_logs_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "PROXY": PROXY,
        "STORE": f"sqlite:///{tmp_path / 'cases.sqlite3'}",
        "KEY_FILE": str(tmp_path / "keys.json"),
        "CACHE_FOLDER": str(tmp_path / "cache"),
        "NAMESERVERS": "127.0.0.1:9",
    }
    environment = {**os.environ, **{f"ATTRIBUTION_{name}": value for name, value in values.items()}}
    process = subprocess.Popen(
        [sys.executable, "-m", "attribution_cli.entry", "serve", "--port", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = []
    try:
        for line in process.stderr:
            lines.append(line)
            if line.startswith("{"):
                break
    finally:
        process.terminate()
        lines += process.stderr.readlines()
        process.wait(30)
        process.stderr.close()
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert [one for one in logged if NOTE in json.dumps(one)]
    assert "swordfish" not in "".join(lines)
