"""The command, as its users run it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from attribution.demo import DemoWorld
from attribution.demo.world import URLS
from command import lines, run


def test_check_shows_whom_to_write_to_where_why_and_next(in_world: DemoWorld) -> None:
    done = run("check", "hxxps://shop[.]quay-customer[.]example/1")
    assert done.returncode == 0
    for needed in (
        "Write to first",
        "Quay Servers LLC",
        "abuse@quay.example",
        "Why",
        "Doubts",
        "Tell too",
        "Harbour",
    ):
        assert needed in done.stdout
    assert "\x1b" not in done.stdout


def test_check_json_is_the_contract(in_world: DemoWorld) -> None:
    from attribution import Attribution

    done = run("check", "kiosk.example", "www.lighthouse.example", "--json")
    answers = [Attribution.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [answer.host for answer in answers] == ["kiosk.example", "www.lighthouse.example"]


@pytest.mark.parametrize(
    ("targets", "code"),
    [
        (["www.lighthouse.example"], 0),
        (["www.lighthouse.example", "whisper.example"], 1),
        (["not a url"], 1),
        (["sur.example"], 3),
        (["sur.example", "www.lighthouse.example"], 1),
        ([], 2),
        (["--nonsense"], 2),
    ],
)
def test_exit_codes(targets: list[str], code: int, in_world: DemoWorld) -> None:
    done = run("check", *targets)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_wrong_setting_is_a_usage_error(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_JOBS", "many")
    done = run("check", "www.lighthouse.example")
    assert done.returncode == 2
    assert "ATTRIBUTION_JOBS" in done.stderr
    assert "Traceback" not in done.stderr


def test_unreachable_resolvers_end_with_3(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_NAMESERVERS", "127.0.0.1:9")
    monkeypatch.setenv("ATTRIBUTION_DNS_TIMEOUT", "0.5")
    assert run("check", "www.lighthouse.example").returncode == 3


@pytest.mark.parametrize("verb", ["check", "explain", "replay", "diff", "verify", "batch", "demo"])
def test_help_of_each_verb_has_an_example(verb: str) -> None:
    done = run(verb, "--help")
    assert f"Example: attribution {verb}" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    "verbs", [("cache", "show"), ("cache", "clear"), ("cache", "path"), ("config", "show")]
)
def test_help_of_each_inner_verb_has_an_example(verbs: tuple[str, str]) -> None:
    assert f"Example: attribution {' '.join(verbs)}" in " ".join(
        run(*verbs, "--help").stdout.split()
    )


@pytest.mark.parametrize(
    ("words", "offered"), [("attribution ch", "check"), ("attribution batch --gr", "--group-by")]
)
def test_shell_completion_offers_verbs_and_options(words: str, offered: str) -> None:
    asked = {
        "_ATTRIBUTION_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    command = Path(sys.executable).parent / "attribution"
    done = subprocess.run(
        [command], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert offered in done.stdout.split()
    assert "--install-completion" in run("--help").stdout


# Evidence


def test_replay_gives_the_same_bytes_with_the_network_refused(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    checked = run("check", *URLS[::4], "--json", "--evidence", tmp_path)
    answers = {json.loads(line)["input"]: line for line in checked.stdout.splitlines()}
    bundles = {
        json.loads(path.read_text("utf-8"))["input"]: path for path in tmp_path.glob("*.json")
    }
    assert bundles.keys() == answers.keys() == set(URLS[::4])
    for url, bundle in bundles.items():
        program = (
            "import sys\n"
            "def refuse(event, arguments):\n"
            "    if event.startswith('socket.'): raise SystemExit(f'network used: {event}')\n"
            "sys.addaudithook(refuse)\n"
            f"sys.argv = ['attribution', 'replay', {str(bundle)!r}]\n"
            "from attribution_cli.entry import main\n"
            "main()\n"
        )
        again = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert again.stdout == answers[url] + "\n"
        assert again.returncode == (0 if json.loads(answers[url])["status"] == "attributed" else 1)


def test_explain_names_rule_field_and_server_in_order(in_world: DemoWorld, tmp_path: Path) -> None:
    run("check", "https://kiosk.example/", "--evidence", tmp_path)
    (bundle,) = tmp_path.glob("*.json")
    steps = lines(run("explain", bundle, "--json").stdout)
    assert [step["step"] for step in steps] == list(range(1, len(steps) + 1))
    rules = [step["rule"] for step in steps]
    order = [
        rules.index(rule)
        for rule in ("resolution", "leaf", "accountable", "abuse contact", "primary")
    ]
    assert order == sorted(order)
    for step in steps:
        if step["rule"] in ("leaf", "accountable", "abuse contact"):
            assert step["rests_on"]
            assert step["server"]
            assert len(step["sha256"]) == 64
    from_bundle, looked_up = (
        run("explain", bundle).stdout,
        run("explain", "https://kiosk.example/").stdout,
    )
    assert "Harbour Transit Inc." in from_bundle
    assert "Harbour Transit Inc." in looked_up


def test_verify_finds_a_changed_record(in_world: DemoWorld, tmp_path: Path) -> None:
    run("batch", "-", "--evidence", tmp_path, stdin="\n".join(URLS[:8]))
    assert run("verify", tmp_path).returncode == 0
    assert "8 bundles, unbroken" in run("verify", tmp_path).stdout
    bundle = sorted(tmp_path.glob("*.json"))[0]
    bundle.write_bytes(bundle.read_bytes().replace(b"quay", b"quaz", 1) + b" ")
    done = run("verify", tmp_path)
    assert done.returncode == 1
    assert "was changed" in done.stdout


def test_replay_of_something_else_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    done = run("replay", path)
    assert done.returncode == 2
    assert "no evidence bundle" in done.stderr


# Batch


def test_batch_answers_every_line_of_stdin(in_world: DemoWorld) -> None:
    done = run(
        "batch", "-", stdin="# list\n\nhttps://www.lighthouse.example/\n%%%\nkiosk.example\n"
    )
    rows = {row["line"]: row for row in lines(done.stdout)}
    assert {line: row["status"] for line, row in rows.items()} == {
        3: "attributed",
        4: "invalid_input",
        5: "attributed",
    }
    assert list(rows[3])[:4] == ["line", "input", "host", "status"]


def test_ordered_keeps_the_order_of_the_input(in_world: DemoWorld, tmp_path: Path) -> None:
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(URLS))
    assert [row["line"] for row in lines(run("batch", path, "--ordered").stdout)] == list(
        range(1, 41)
    )


def test_csv_in_and_out(in_world: DemoWorld, tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_text(
        'id,link\n1,https://www.lighthouse.example/\n2,"=cmd()"\n3,https://kiosk.example/\n'
    )
    done = run("batch", path, "--column", "link", "--format", "csv", "--ordered")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["abuse_email"] for row in rows] == [
        "abuse@lantern.example",
        "",
        "abuse@harbour.example",
    ]
    assert rows[1]["input"] == "'=cmd()"
    assert [row["line"] for row in rows] == ["2", "3", "4"]


def test_group_by_provider_puts_one_company_in_one_group(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    path, output = tmp_path / "urls.txt", tmp_path / "out.jsonl"
    path.write_text("\n".join(URLS))
    done = run("batch", path, "--group-by", "provider", "--output", output)
    groups = lines(done.stdout)
    assert sum(group["count"] for group in groups) == len(output.read_text().splitlines()) == 40
    named = [group["provider"]["id"] for group in groups if group["provider"]]
    assert len(named) == len(set(named))
    counts = [group["count"] for group in groups if group["provider"]]
    assert counts == sorted(counts, reverse=True)
    assert all(group["provider"] is None for group in groups[len(named) :])


def test_groups_go_to_stdout_in_csv_too_while_the_file_gets_the_results(
    in_world: DemoWorld, tmp_path: Path
) -> None:
    path, output = tmp_path / "urls.txt", tmp_path / "out.csv"
    path.write_text("\n".join(URLS[:12]))
    done = run("batch", path, "--group-by", "provider", "--format", "csv", "--output", output)
    groups = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sum(int(group["count"]) for group in groups) == 12
    assert len(output.read_text().splitlines()) == 13


def test_stdout_holds_results_only(in_world: DemoWorld) -> None:
    done = run("batch", "-", stdin="https://www.lighthouse.example/\n")
    assert len(lines(done.stdout)) == 1
    assert "1 line " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["batch", "nowhere.txt"], "nowhere.txt"),
        (["batch", "-", "--resume"], "--output"),
        (["batch", "-", "--jobs", "0"], "--jobs"),
        (["batch", "-", "--format", "xml"], "xml"),
    ],
)
def test_bad_usage_names_the_way_out(arguments: list[str], said: str, in_world: DemoWorld) -> None:
    done = run(*arguments, stdin="")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


# Cache and settings


def test_cache_can_be_shown_cleared_and_found(in_world: DemoWorld, tmp_path: Path) -> None:
    run("check", "www.lighthouse.example")
    shown = json.loads(run("cache", "show", "--json").stdout)
    assert shown["answers"] > 3
    assert Path(run("cache", "path").stdout.strip()) == Path(shown["path"])
    assert run("cache", "clear").returncode == 0
    assert json.loads(run("cache", "show", "--json").stdout)["answers"] == 0


def test_damaged_cache_warns_and_the_look_up_goes_on(in_world: DemoWorld, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "answers-1"
    folder.mkdir(parents=True)
    (folder / "cache.db").write_bytes(b"no database" * 500)
    done = run("check", "www.lighthouse.example")
    assert done.returncode == 0
    assert "set aside" in done.stderr


def test_config_show_names_variables_that_are_no_setting(
    in_world: DemoWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_NAMESERVER", "127.0.0.1")
    assert "ATTRIBUTION_NAMESERVER is set" in run("config", "show").stderr


def test_config_show_says_where_each_value_is_from(in_world: DemoWorld) -> None:
    rows = {row["name"]: row for row in lines(run("config", "show", "--json").stdout)}
    assert rows["nameservers"]["source"] == "environment ATTRIBUTION_NAMESERVERS"
    assert rows["dns_timeout"] == rows["dns_timeout"] | {"value": 5.0, "source": "default"}
    assert "nameservers" in run("config", "show").stdout


def test_config_show_says_which_file_is_read_or_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (about, *_) = lines(run("config", "show", "--json").stdout)
    path = Path(run("config", "path").stdout.strip())
    assert (about["name"], about["value"], about["read"]) == ("config", str(path), False)
    assert (
        f"settings file: {path}  (default; not there; it would be read)"
        in run("config", "show").stdout
    )
    other = tmp_path / "other.toml"
    other.write_text("jobs = 7\n")
    monkeypatch.setenv("ATTRIBUTION_CONFIG", str(other))
    assert run("config", "path").stdout.strip() == str(other)
    about, *rows = lines(run("config", "show", "--json").stdout)
    assert (about["value"], about["source"], about["read"]) == (
        str(other),
        "environment ATTRIBUTION_CONFIG",
        True,
    )
    assert {row["name"]: row["source"] for row in rows}["jobs"] == str(other)
