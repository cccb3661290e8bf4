"""Installing: the wheel, the light base in a new environment,
the locks by the pip that Python ships, our own name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from attribution._version import __version__
from attribution.demo import DemoWorld
from tools import missing

ROOT = Path(__file__).parent.parent.parent
WHEEL = f"hosting_attribution-{__version__}-py3-none-any.whl"
LIMIT = 300.0


def build(folder: Path, umask: int = 0o022) -> Path:
    """Build the wheel as `make wheel` does."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=LIMIT, umask=umask)
    return folder / WHEEL


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def base() -> Path:
    """Return the environment that `make base` made:
    the wheel and what it requires, by the pip that Python ships.
    """
    folder = ROOT / ".venv-base"
    if not (folder / "bin" / "attribution").exists():
        missing("the environment .venv-base is not there", "run `make base`")
    return folder


def packages(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"))


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command, without a look at this checkout."""
    command = [str(folder / "bin" / "attribution"), *arguments]
    return subprocess.run(
        command,
        cwd=folder.parent / "docs",
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_wheel_is_the_same_twice_and_whole(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path, umask=0o077).read_bytes() == wheel.read_bytes()
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in ROOT.glob("attribution/**/*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)


def test_base_is_light(base: Path) -> None:
    """At most 60 MB and 36 packages, pip (and on Python 3.11 setuptools beside it) not counted."""
    site = packages(base)
    ours = [
        path
        for path in site.glob("*.dist-info")
        if not path.name.startswith(("pip-", "setuptools-"))
    ]
    assert len(ours) <= 36
    shipped = (
        "pip",
        "pip-",
        "setuptools",
        "pkg_resources",
        "_distutils_hack",
        "distutils-precedence",
    )
    files = (path for path in site.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    size = sum(
        path.stat().st_size
        for path in files
        if not path.relative_to(site).parts[0].startswith(shipped)
    )
    assert size <= 60_000_000


def test_base_does_the_main_job(base: Path, in_world: DemoWorld) -> None:
    checked = run(base, "check", "https://shop.quay-customer.example/1")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "abuse@quay.example" in checked.stdout


def test_documented_library_example_works_on_the_base_alone(base: Path) -> None:
    text = (ROOT / "docs" / "guides" / "use-the-library.md").read_text("utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    done = subprocess.run(
        [str(base / "bin" / "python"), "-c", example[1]],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "abuse@quay.example" in done.stdout


def test_another_distribution_before_ours_is_told(base: Path, tmp_path: Path) -> None:
    other = tmp_path / "attribution"
    other.mkdir()
    (other / "__init__.py").write_text("raise SystemExit('the other program ran')\n")
    done = run(base, "--version", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert f"the package 'attribution' in {other} is not hosting-attribution's" in done.stderr
    assert "the other program" not in done.stderr


def test_another_distribution_over_ours_is_told(base: Path) -> None:
    start = packages(base) / "attribution" / "__init__.py"
    ours = start.read_bytes()
    start.write_text("raise SystemExit('the other program ran')\n")
    try:
        done = run(base, "check", "host.example")
    finally:
        start.write_bytes(ours)
    assert done.returncode == 2
    assert "is not hosting-attribution's" in done.stderr


def test_no_instruction_installs_the_other_distribution() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    wrong = re.compile(
        r"\b(?:pip|pipx|uv|tool)\s+(?:install|inject|run|add)\s+(?:-\S+\s+)*['\"]?attribution(?:\[|['\"]?\s*(?:$|[=<>~!;,.]))",
        re.M,
    )
    for name in files:
        path = ROOT / name
        if (
            path.suffix in (".md", ".py", ".toml", ".service", ".sh", ".html", ".j2", ".php")
            and path.is_file()
        ):
            found = wrong.search(path.read_text("utf-8"))
            assert found is None, f"{name}: {found}"
