"""What the program remembers of registries, over runs, and what it shows of it."""

from __future__ import annotations

from pathlib import Path

from attribution.demo import DemoWorld
from command import lines, run


def test_nothing_is_shown_before_anything_was_asked(in_world: DemoWorld) -> None:
    done = run("registries")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no registry was asked yet" in done.stderr


def test_refusals_failures_and_next_times_are_shown_after_a_run(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text(
        "https://savanna.example/\nhttps://sur.example/\nhttps://kiosk.example/\nhttps://acacia.example/\n"
    )
    run("batch", urls, "--quiet")
    rows = {
        row["service"].rpartition("/")[2]: row for row in lines(run("registries", "--json").stdout)
    }
    # The block, the one above, and who holds the AS: it may be leased.
    assert rows["arin"]["asked"] == 3
    assert (rows["arin"]["refused"], rows["arin"]["failed"], rows["arin"]["closed_until"]) == (
        0,
        0,
        None,
    )
    assert rows["afrinic"]["refused"] >= 1
    assert rows["afrinic"]["last_trouble"]
    assert rows["lacnic"]["failed"] >= 1
    assert all(row["in_the_air"] == 0 for row in rows.values())
    shown = run("registries").stdout
    assert "afrinic" in shown
    assert "open" in shown


def test_registry_that_failed_is_left_alone_by_the_next_run_too(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    urls = tmp_path / "urls.txt"
    # All at the dead registry.
    urls.write_text("".join(f"https://203.0.113.{number}/\n" for number in range(65, 71)))
    run("batch", urls, "--quiet", "--jobs", "1")
    before = in_world.queries.copy()
    done = run("check", "https://203.0.113.72/", "--json")
    (answer,) = lines(done.stdout)
    assert answer["status"] == "retry_later"
    assert in_world.queries["rdap lacnic"] == before["rdap lacnic"]
    closed = [row for row in lines(run("registries", "--json").stdout) if row["closed_until"]]
    assert {row["why"] for row in closed} == {"unreachable"}
    assert any(row["service"].endswith("lacnic") for row in closed)
