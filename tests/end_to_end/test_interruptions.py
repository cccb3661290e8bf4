"""A batch that is killed, interrupted or torn is completed by --resume with every line exactly
once.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import interruptions
from attribution.demo import DemoWorld
from attribution.demo.world import URLS
from command import COMMAND, lines, run, timeless
from interruptions import KILLS
from laboratory import Laboratory


@pytest.fixture
def urls(tmp_path: Path) -> Path:
    path = tmp_path / "urls.txt"
    path.write_text("# a comment\n" + "\n".join(URLS) + "\n")
    return path


def test_killed_at_any_moment_and_resumed_gives_the_same_lines(
    in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    expected = interruptions.undisturbed(urls, tmp_path)
    assert [json.loads(line)["line"] for line in expected] == list(range(2, 42))
    lefts = []
    for moment in range(KILLS):
        left, found = interruptions.killed_and_resumed(
            urls, tmp_path, moment * len(expected) // KILLS
        )
        lefts.append(left)
        assert found == expected
    assert sum(left < 40 for left in lefts) >= KILLS // 2, (
        "the kills came too late to show anything"
    )


@pytest.mark.timeout(900)
def test_killed_at_any_moment_in_the_laboratory(shared: Path, tmp_path: Path) -> None:
    laboratory = Laboratory(
        shared, tmp_path, ["synthetic", "--rules", "2", "--seed", "3", "--urls", "300"]
    )
    program = [sys.executable, interruptions.__file__, str(laboratory.urls), str(tmp_path)]
    done = laboratory.serve(program=program)
    rows = lines("\n".join(one for one in done.stdout.splitlines() if one.startswith('{"left"')))
    assert len(rows) == KILLS, done.stderr
    assert all(row["same"] for row in rows)
    assert sum(row["left"] < row["count"] for row in rows) >= KILLS // 2


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("torn", [1, 60, 300])
def test_torn_last_line_is_dropped(
    form: str, torn: int, in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / f"out.{form}"
    arguments = ["batch", urls, "--output", output, "--format", form, "--ordered"]
    run(*arguments)
    whole = output.read_bytes()
    output.write_bytes(whole[: len(whole) // 2 - torn])
    assert run(*arguments, "--resume").returncode == 1
    assert output.read_bytes().count(b"\n") == whole.count(b"\n")
    first_cells = [line.partition(b",")[0] for line in output.read_bytes().splitlines()]
    assert first_cells == [line.partition(b",")[0] for line in whole.splitlines()]


def _mind_interrupts() -> None:
    """Undo what a shell does to programs in the background: they ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_whole_lines_and_exit_code_130(
    told: signal.Signals, waits: bool, in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    command = [*COMMAND, "batch", "-", "--output", str(output), "--jobs", "1"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_mind_interrupts,
    )
    assert process.stdin is not None
    # And it stays open: the batch cannot end before it is told to.
    process.stdin.write(urls.read_text())
    process.stdin.flush()
    ends = time.monotonic() + 120
    while (
        not (output.exists() and output.read_bytes().count(b"\n") >= 5) and time.monotonic() < ends
    ):
        time.sleep(0.005)
    before = 0
    while waits and before < (before := output.stat().st_size):  # until it waits for more input
        time.sleep(1)
    process.send_signal(told)
    # `communicate` closes the input, by which the batch could end before it minds the signal.
    assert process.wait(timeout=60) == 130
    _, said = process.communicate(timeout=60)
    assert "--resume" in said
    assert "Traceback" not in said
    assert output.read_bytes().endswith(b"\n")
    assert run("batch", urls, "--output", output, "--resume").returncode == 1
    assert sorted(row["line"] for row in lines(output.read_text())) == list(range(2, 42))


def test_resume_of_a_whole_file_changes_nothing(
    in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    first = run("batch", urls, "--output", output)
    before = output.read_bytes()
    again = run("batch", urls, "--output", output, "--resume")
    assert output.read_bytes() == before
    assert again.returncode == first.returncode == 1


def test_output_that_exists_is_not_overwritten(
    in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("precious\n")
    done = run("batch", urls, "--output", output)
    assert done.returncode == 2
    assert "--resume" in done.stderr
    resumed = run("batch", urls, "--output", output, "--resume")
    assert resumed.returncode == 2
    assert output.read_text() == "precious\n"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize(
    "content",
    [
        "my thesis, without a line break",
        "line one\nline two",
        '{"line":1,"other":2}\n{"li',
        "1,2\n3",
    ],
)
def test_file_of_somebody_else_is_left_as_it_is(
    content: str, form: str, in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "precious"
    output.write_text(content)
    done = run("batch", urls, "--output", output, "--format", form, "--resume")
    assert done.returncode == 2
    assert "left as it is" in done.stderr
    assert output.read_text() == content


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("length", [0, 3, 20, 200])
def test_file_torn_in_its_very_first_line_is_begun_anew(
    length: int, form: str, in_world: DemoWorld, tmp_path: Path
) -> None:
    urls, output = tmp_path / "urls.txt", tmp_path / "out"
    urls.write_text("https://www.lighthouse.example/\n")
    run("batch", urls, "--output", output, "--format", form)
    whole = output.read_bytes()
    output.write_bytes(whole[: min(length, whole.index(b"\n"))])
    assert run("batch", urls, "--output", output, "--format", form, "--resume").returncode == 0
    assert output.read_bytes().count(b"\n") == whole.count(b"\n")


def test_resume_with_another_input_is_refused(in_world: DemoWorld, tmp_path: Path) -> None:
    output, one, other = tmp_path / "out.jsonl", tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("https://www.lighthouse.example/\n")
    other.write_text("https://kiosk.example/\nhttps://sur.example/\n")
    run("batch", one, "--output", output)
    before = output.read_bytes()
    done = run("batch", other, "--output", output, "--resume")
    assert done.returncode == 2
    assert "line 1" in done.stderr
    assert output.read_bytes() == before


def test_reader_that_leaves_ends_the_batch_quietly(in_world: DemoWorld, tmp_path: Path) -> None:
    path = tmp_path / "many.txt"
    path.write_text("".join(f"https://www.lighthouse.example/{number}\n" for number in range(3000)))
    process = subprocess.Popen(
        [*COMMAND, "batch", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert "Traceback" not in said
    assert "Exception ignored" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_full_disk_is_a_clear_error(in_world: DemoWorld, urls: Path) -> None:
    done = run("batch", urls, "--output", "/dev/full")
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert "--resume" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("zeros", [1, 4096])
@pytest.mark.parametrize("kept", [0, 9, 200])
def test_zeros_that_a_power_cut_left_at_the_end_are_dropped(
    zeros: int, kept: int, in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.jsonl"
    run("batch", urls, "--output", output, "--ordered")
    whole = output.read_bytes()
    half = whole.index(b"\n", len(whole) // 2) + 1
    output.write_bytes(whole[: half + kept] + bytes(zeros))
    assert run("batch", urls, "--output", output, "--ordered", "--resume").returncode == 1
    again = [timeless(one) for one in lines(output.read_text("utf-8"))]
    assert again == [timeless(one) for one in lines(whole.decode())]


@pytest.mark.parametrize("after_lines", [3, 12, 24])
def test_no_result_is_written_before_its_evidence(
    after_lines: int, in_world: DemoWorld, urls: Path, tmp_path: Path
) -> None:
    output, evidence = tmp_path / "out.jsonl", tmp_path / "evidence"
    process = subprocess.Popen(
        [
            *COMMAND,
            "batch",
            str(urls),
            "--output",
            str(output),
            "--evidence",
            str(evidence),
            "--quiet",
            "--jobs",
            "4",
        ]
    )
    ends = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < ends:
        if output.exists() and output.read_bytes().count(b"\n") >= after_lines:
            break
        time.sleep(0.002)
    process.kill()
    process.wait()
    written = [one["input"] for one in lines(output.read_text("utf-8").rpartition("\n")[0])]
    kept = [json.loads(path.read_text("utf-8"))["input"] for path in evidence.glob("*.json")]
    assert len(written) >= after_lines
    assert not set(written) - set(kept)
    assert run("verify", evidence).returncode == 0


def test_deadline_leaves_lines_that_were_not_begun_to_resume(
    in_world: DemoWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls, output = tmp_path / "urls.txt", tmp_path / "out.jsonl"
    urls.write_text(
        "".join(f"https://gone{number}.example/\n" for number in range(201))
        + "https://kiosk.example/\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent, monkeypatch.context() as patch:
        # A resolver that never answers: the first line lasts until the deadline.
        silent.bind(("127.0.0.1", 0))
        patch.setenv("ATTRIBUTION_NAMESERVERS", f"127.0.0.1:{silent.getsockname()[1]}")
        patch.setenv("ATTRIBUTION_DNS_TIMEOUT", "60")
        done = run("batch", urls, "--output", output, "--jobs", "1", "--deadline", "3s")
    assert done.returncode == 3  # nothing upstream was reached
    assert "deadline" in done.stderr
    assert len(lines(output.read_text("utf-8"))) < 202
    assert run("batch", urls, "--output", output, "--resume", "--quiet").returncode == 1
    assert sorted(one["line"] for one in lines(output.read_text("utf-8"))) == list(range(1, 203))


@pytest.mark.parametrize("text", ["soon", "10", "5 parsecs", "2020-01-01T00:00Z"])
def test_deadline_that_is_none_says_how(text: str, in_world: DemoWorld, urls: Path) -> None:
    done = run("batch", urls, "--deadline", text)
    assert done.returncode == 2
    assert "--deadline" in done.stderr
