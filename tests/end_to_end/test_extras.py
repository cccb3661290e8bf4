"""What runs without which extra: each extra's packages are hidden, and every verb is run."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from attribution.demo import DemoWorld
from attribution.extras import MODULES, Extra, require
from attribution_cli.app import app
from casework import small_history
from command import run

ROOT = Path(__file__).parent.parent.parent
_HIDE = """import sys

class Hidden:
    names = {names!r}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
"""
HOTLINE: dict[str, tuple[str, ...]] = {
    "report add": ("https://host.example/",),
    "report erase": ("r1", "--why", "asked"),
    "report feedback": (),
    "figures": (),
    "recheck": (),
    "notice due": (),
    "notice draft": ("c1",),
    "notice record": ("c1", "--to", "a@host.example"),
    "event add": ("ack", "--case", "c1"),
    "event correct": ("1", "--why", "wrong"),
    "case list": (),
    "case show": ("c1",),
    "case pack": ("c1", "--to", "a.pem", "--output", "c.p7m", "--why", "asked"),
    "mail read": ("mails",),
    "provider list": (),
    "provider show": ("p1",),
    "provider suggest": (),
    "provider unlink": ("1",),
    "provider link": ("p1", "p2", "--kind", "renamed_to", "--source", "register"),
    "provider approve": ("p1", "a@host.example", "--why", "called back"),
    "provider mark": ("p1", "mailbox", "a@host.example", "--source", "register"),
    "provider terms": ("p1",),
    "provider vouch": ("ripe:ORG-EX1-RIPE", "--why", "acts"),
    "import": ("history",),
    "export": ("--output", "out"),
    "backup": ("--output", "out"),
    "restore": ("file",),
    "keys rotate": (),
    "stamp": (),
    "checker add": ("night checker", "--public-key", "k"),
    "checker list": (),
    "checker retire": ("night checker", "--why", "sold"),
    "queue": (),
    "case assign": ("c1", "--to", "ann"),
    "case follow-up": ("c1",),
    "case note": ("c1", "--text", "called"),
    "case handled": ("c1",),
    "case done": ("c1", "--why", "passed on"),
    "case reopen": ("c1", "--why", "seen again"),
    "assess": ("--history", "history"),
    "letter": ("p1",),
    "contest": ("p1",),
    "dossier": ("p1", "--history", "history", "--output", "out"),
    "overview": ("--history", "history", "--output", "out.html"),
    "list build": ("--output", "out"),
    "list key": ("--output", "out"),
    "list withdraw": ("Host", "--why", "gone"),
    "list signer": ("Ann", "--mailbox", "ann@hotline.example", "--public-key", "k"),
    "list sign": ("list.json", "--key", "k", "--reason", "read"),
    "list reply": ("p1", "--why", "agreed"),
    "list publish": ("list.json", "--to", "Partner", "--output", "out"),
    "serve": (),
    "account add": ("ann@hotline.example", "--name", "Ann"),
    "account link": ("ann@hotline.example",),
    "account confirm": ("ann@hotline.example", "--by", "bob@hotline.example", "--why", "met"),
    "account disable": ("ann@hotline.example",),
    "account list": (),
    "api-key make": ("scart", "--scope", "read"),
    "api-key disable": ("scart",),
    "api-key list": (),
}
"""Every verb that needs the extra `hotline`, with words that it takes."""
BASE = {
    "check",
    "explain",
    "replay",
    "diff",
    "verify",
    "batch",
    "registries",
    "demo",
    "cache show",
    "cache clear",
    "cache path",
    "data show",
    "data law",
    "data refresh",
    "config show",
    "config path",
}


def verbs(command: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every verb with its command."""
    command = command or typer.main.get_command(app)
    for name, inner in command.commands.items():
        path = f"{before} {name}".strip()
        if hasattr(inner, "commands"):
            yield from verbs(inner, path)
        else:
            yield path, inner


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Hide packages from every process that is started."""

    def hide(*extras: Extra) -> None:
        names = {name for extra in extras for name in MODULES[extra]}
        if Extra.HOTLINE in extras:  # and what comes with it
            names |= {"markupsafe", "starlette", "uvloop"}
        folder = tmp_path / "hidden"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_HIDE.format(names=names))
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return hide


def refused(done: subprocess.CompletedProcess[str], what: str, extra: Extra) -> None:
    assert done.returncode == 2, (what, done.stderr)
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"attribution: {what!r} needs the extra {extra.value!r} ("), line
    assert line.endswith(f"pip install './dist/{_wheel()}[{extra.value}]'"), line
    assert done.stdout == ""


def _wheel() -> str:
    from attribution._version import __version__

    return f"hosting_attribution-{__version__}-py3-none-any.whl"


def test_every_verb_declares_what_it_needs_under_its_own_name() -> None:
    declared = {path: getattr(command.callback, "needs", None) for path, command in verbs()}
    assert {path for path, needs in declared.items() if needs is None} == BASE
    assert {path: needs for path, needs in declared.items() if needs} == {
        path: (path, (Extra.HOTLINE,)) for path in HOTLINE
    }


_EACH = """import contextlib, io, json, sys
from attribution_cli import entry

for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    told = io.StringIO()
    with contextlib.redirect_stderr(told):
        try:
            entry.main()
        except SystemExit as done:
            print(json.dumps([words, done.code, told.getvalue()]), flush=True)
"""


def test_every_verb_of_a_hotline_says_at_once_that_it_needs_it(
    without: Any, tmp_path: Path
) -> None:
    import json

    without(Extra.HOTLINE)
    words = [[*verb.split(), *more] for verb, more in HOTLINE.items()]
    before = set(tmp_path.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", _EACH, json.dumps(words)],
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
        cwd=tmp_path,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == words
    for verb, (_, code, told) in zip(HOTLINE, rows, strict=True):
        refused(subprocess.CompletedProcess([], code, "", told), verb, Extra.HOTLINE)
    # Nothing was begun.
    assert {path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts} == before
    assert done.stderr == ""
    for words_, what in ((("verify",), "verify"), (("demo", "--serve"), "demo --serve")):
        refused(run(*words_), what, Extra.HOTLINE)
    refused(run("dossier", "p1", "--output", tmp_path / "out"), "dossier", Extra.HOTLINE)


def test_the_main_job_runs_with_the_base_alone(
    without: Any, in_world: DemoWorld, tmp_path: Path
) -> None:
    without(*Extra)
    evidence = tmp_path / "evidence"
    assert run("check", "https://kiosk.example/", "--evidence", evidence).returncode == 0
    assert (
        run("check", "https://shop.quay-customer.example/", "--evidence", evidence).returncode == 0
    )
    first, second = sorted(evidence.glob("*.json"))
    urls = tmp_path / "urls.txt"
    urls.write_text("https://kiosk.example/\n")
    for words in (
        ("check", "https://kiosk.example/", "--json"),
        ("explain", "https://kiosk.example/"),
        ("explain", first),
        ("replay", first),
        ("diff", first, first),
        ("verify", evidence),
        ("batch", urls, "--group-by", "provider"),
        ("batch", urls, "--output", tmp_path / "out.csv", "--format", "csv"),
        ("registries",),
        ("cache", "show"),
        ("cache", "path"),
        ("config", "show"),
        ("config", "path"),
        ("data", "show"),
        ("cache", "clear"),
    ):
        done = run(*words)
        assert done.returncode == 0, (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert run("diff", first, second).returncode == 1
    assert "Traceback" not in run("data", "refresh").stderr
    assert run("demo", "--", "attribution", "check", "kiosk.example").returncode == 0


def test_a_dossier_and_the_picture_of_all_need_no_other_extra(without: Any, tmp_path: Path) -> None:
    without(Extra.EXCHANGE, Extra.POSTGRESQL)
    history = small_history(tmp_path / "history")
    common = ("--history", history, "--output")
    assert run("dossier", "p1", *common, tmp_path / "dossier").returncode == 0
    assert (tmp_path / "dossier" / "dossier.html").read_text().count("<svg") >= 2
    assert run("overview", *common, tmp_path / "all.html").returncode == 0
    assert run("overview", *common, tmp_path / "all.svg").returncode == 0
    assert run("overview", *common, tmp_path / "all.png").returncode == 2
    assert not (tmp_path / "all.png").exists()


def test_exchange_and_postgresql_are_asked_for_where_they_are_used(
    without: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(Extra.EXCHANGE, Extra.POSTGRESQL)
    for form in ("parquet", "misp", "stix"):
        done = run("export", "--format", form, "--output", tmp_path / "out")
        refused(done, f"export --format {form}", Extra.EXCHANGE)
    for form in ("misp", "stix"):
        done = run("list", "build", "--format", form, "--output", tmp_path / "out")
        refused(done, f"list build --format {form}", Extra.EXCHANGE)
    monkeypatch.setenv("ATTRIBUTION_STORE", "postgresql://user@host.example/database")
    refused(run("assess"), "a store in PostgreSQL", Extra.POSTGRESQL)


@pytest.mark.parametrize("package", ["store", "pattern", "web"])
def test_a_library_without_its_extra_says_so_as_it_is_imported(package: str, without: Any) -> None:
    without(Extra.HOTLINE)
    program = (
        f"import attribution.errors as e\ntry: import attribution.{package}\nexcept "
        "ImportError as error:\n"
        "    assert isinstance(error, e.MissingExtra), error\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith(f"'attribution.{package}' needs the extra 'hotline'")


def test_nothing_is_loaded_to_look_for_it() -> None:
    program = (
        "import sys\nfrom attribution.extras import Extra, require\nfor extra in Extra: "
        "require('x', extra)\n"
        "print([name for name in ('numpy', 'sqlalchemy', 'matplotlib', 'fastapi') if name "
        "in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_modules_named_for_an_extra_are_those_of_its_packages() -> None:
    """Each module of the table comes from a package that the distribution asks for."""
    from importlib.metadata import packages_distributions

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    asked = " ".join(
        [*project["dependencies"], *(one for extra in extras for one in extra)]
    ).lower()
    homes = packages_distributions()
    for extra, modules in MODULES.items():
        require("a test", extra)
        for module in modules:
            names = {name.lower().replace("_", "-") for name in homes[module]}
            assert any(name in asked.replace("_", "-") for name in names), (extra, module, names)


def test_no_text_sends_people_to_a_package_index() -> None:
    for folder in ("attribution", "cli", "docs", "contrib"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".md", ".j2", ".service", "") and path.is_file():
                assert "install 'attribution[" not in path.read_text("utf-8", "replace"), path
    assert "install 'attribution[" not in (ROOT / "README.md").read_text("utf-8")
