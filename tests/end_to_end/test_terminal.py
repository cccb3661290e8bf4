"""What people see: colour, tables and progress on a terminal, and nothing of a registry's that
could steer it.
"""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

import pytest

from attribution.demo import DemoWorld, world
from attribution.demo.world import URLS
from command import COMMAND

HOSTILE = "Quay \x1b]0;owned\x07\x1b[2J\u202eMoor\x9b31m \u2066Ltd\r\n=cmd()"


def on_terminal(*arguments: str) -> tuple[int, str]:
    """Run the command on a terminal of its own; return its exit code and everything that it wrote
    there.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="100", LINES="40")
        os.execv(COMMAND[0], [*COMMAND, *arguments])
    written = b""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        written += part
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), written.decode("utf-8", "replace")


def test_check_has_colour_on_a_terminal(in_world: DemoWorld) -> None:
    code, shown = on_terminal("check", "shop.quay-customer.example")
    assert code == 0
    assert "\x1b[" in shown
    assert "abuse@quay.example" in shown


def test_batch_shows_a_table_and_progress_with_rate_and_time_left(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(URLS))
    code, shown = on_terminal("batch", str(path))
    assert code == 1
    assert "abuse@quay.example" in shown
    assert "/s" in shown
    assert "left" in shown
    assert "/40" in shown
    assert not shown.lstrip().startswith("{")


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the reseller, who fills in its own record, be hostile."""
    quay = world.Company("QUAY", HOSTILE, "US", "abuse@quay.example")
    blocks = [
        one
        if one.company is not world.QUAY
        else world.Block(one.registry, one.prefix, one.type, quay, up=one.up)
        for one in world.BLOCKS
    ]
    monkeypatch.setattr(world, "BLOCKS", blocks)


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "shop.quay-customer.example"),
        ("check", "shop.quay-customer.example", "--json"),
        ("explain", "shop.quay-customer.example"),
        ("explain", "shop.quay-customer.example", "--json"),
    ],
)
def test_hostile_name_steers_no_terminal(
    arguments: tuple[str, ...], hostile: None, in_world: DemoWorld
) -> None:
    _, shown = on_terminal(*arguments)
    assert "Moor" in shown
    for sequence in ("\x1b]", "\x1b[2J", "\x07", "\u202e", "\u2066", "\x9b"):
        assert sequence not in shown


def test_hostile_name_steers_no_table_and_no_csv(
    hostile: None, in_world: DemoWorld, tmp_path: Path
) -> None:
    path = tmp_path / "urls.txt"
    path.write_text("https://shop.quay-customer.example/\n")
    for options in (
        ("--format", "table"),
        ("--format", "csv"),
        ("--group-by", "provider"),
        ("--format", "jsonl"),
    ):
        _, shown = on_terminal("batch", str(path), *options)
        for sequence in ("\x1b]", "\x1b[2J", "\x07", "\u202e", "\u2066", "\x9b"):
            assert sequence not in shown, options
