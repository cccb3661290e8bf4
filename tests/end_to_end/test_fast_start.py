"""What the command answers before anything is loaded, and that it is the same as the long way
gives.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from attribution.cache.json_store import JsonStore
from attribution.cache.peek import Peek
from attribution.demo import DemoWorld
from attribution_cli.app import app
from command import lines, run, timeless

SHOP = "https://shop.quay-customer.example/1"
_LOADED = (
    "import sys; sys.argv[1:] = {arguments!r}\n"
    "from attribution_cli.entry import main\n"
    "try: main()\n"
    "except SystemExit: pass\n"
    "print([one for one in ('httpx', 'dns', 'pydantic', 'typer', 'diskcache', 'tldextract') if "
    "one in sys.modules], file=sys.stderr)\n"
)


def loaded(*arguments: str) -> tuple[str, list[str]]:
    """Run the command in a process of its own; return its output and which heavy packages it
    loaded.
    """
    program = _LOADED.format(arguments=list(arguments))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout, json.loads(done.stderr.splitlines()[-1].replace("'", '"'))


@pytest.mark.parametrize("option", ["--version", "-V", "--help", "-h"])
def test_version_and_help_load_nothing(option: str) -> None:
    output, packages = loaded(option)
    assert output.startswith(("attribution ", "Usage: attribution"))
    assert packages == []


def test_kept_help_is_what_the_command_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    live = CliRunner().invoke(app, ["--help"], prog_name="attribution").stdout
    assert loaded("--help")[0] == live, "run scripts/make_help.py"


def test_narrow_terminal_gets_help_of_its_width(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(len(line) for line in run("--help").stdout.splitlines()) <= 60


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_second_check_loads_and_asks_nothing_and_says_the_same(
    form: list[str], in_world: DemoWorld
) -> None:
    run("check", *form, SHOP)
    long_way = run("check", *form, SHOP, "--max-age", "24")
    before = in_world.queries.copy()
    output, packages = loaded("check", *form, SHOP)
    assert in_world.queries == before
    assert packages == []
    if form:
        assert [timeless(one) for one in lines(output)] == [
            timeless(one) for one in lines(long_way.stdout)
        ]
    else:
        without_time = [line for line in output.splitlines() if "Asked" not in line]
        assert without_time == [
            line for line in long_way.stdout.splitlines() if "Asked" not in line
        ]
        assert "from the cache" in output


def test_several_targets_are_answered_in_their_order_or_not_at_all(in_world: DemoWorld) -> None:
    run("check", "kiosk.example", SHOP)
    both, packages = loaded("check", "--json", SHOP, "kiosk.example")
    assert [one["host"] for one in lines(both)] == ["shop.quay-customer.example", "kiosk.example"]
    assert packages == []
    _, packages = loaded("check", "--json", SHOP, "old.windmill.example")
    assert "httpx" in packages


def test_exit_code_is_the_same(in_world: DemoWorld) -> None:
    for target, code in ((SHOP, 0), ("https://whisper.example/", 1)):
        assert [run("check", target).returncode for _ in range(2)] == [code, code]


def test_other_settings_are_another_question(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("check", SHOP)
    assert "Wharf Registrar" in loaded("check", SHOP)[0]
    monkeypatch.setenv("ATTRIBUTION_ASK_REGISTRAR", "false")
    output, packages = loaded("check", SHOP)
    assert "Wharf Registrar" not in output
    assert "pydantic" in packages


def test_changed_table_of_the_users_own_is_another_question(
    in_world: DemoWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_DATA_FOLDER", str(tmp_path))
    run("check", SHOP)
    assert loaded("check", SHOP)[1] == []
    (tmp_path / "fronts.csv").write_text(
        "list,own,cdn,Own Proxy,own list,2026\n192.0.2.0/26,own\n", "utf-8"
    )
    output, packages = loaded("check", SHOP)
    assert "Own Proxy" in output
    assert "pydantic" in packages


def test_incomplete_answers_are_asked_for_again(in_world: DemoWorld) -> None:
    run("check", "https://sur.example/")
    assert "httpx" in loaded("check", "https://sur.example/")[1]


@pytest.mark.parametrize("damage", [None, b"", b"no database" * 200])
def test_cache_that_cannot_be_read_goes_the_long_way(
    damage: bytes | None, in_world: DemoWorld
) -> None:
    folder = Path(os.environ["ATTRIBUTION_CACHE_FOLDER"])
    if damage is not None:
        (folder / "answers-1").mkdir(parents=True)
        (folder / "answers-1" / "cache.db").write_bytes(damage)
    output, packages = loaded("check", SHOP)
    assert "Quay Servers LLC" in output
    assert "httpx" in packages


def test_peek_sees_what_the_store_keeps(tmp_path: Path) -> None:
    store = JsonStore(tmp_path)
    store.set("kept", {"a": [1, "é"]}, 60)
    store.set("over", 1, -1)
    store.close()
    peek = Peek(tmp_path)
    assert [peek.get(key) for key in ("kept", "over", "never")] == [{"a": [1, "é"]}, None, None]
    store.set("later", 2, 60)
    store.flush()
    assert peek.get("later") == 2
    peek.close()
    store.close()
    assert Peek(tmp_path / "nowhere").get("kept") is None
