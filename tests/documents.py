"""The documents of the repository, and the code blocks in them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_END_OF_COMMAND = re.compile(r"^@@(\d+) (\d+)$", re.MULTILINE)


@dataclass
class Command:
    """A command after a `$` prompt, and the lines of output that the document shows below it."""

    text: str
    shown: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """What a command printed, and its exit code."""

    output: str
    code: int


def documents() -> list[Path]:
    """Return every Markdown file of the repository that a person wrote or a script generates."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts),
    ]


def blocks(path: Path, language: str) -> list[str]:
    """Return the code blocks of one language."""
    pattern = rf"^```{language}\n(.*?)^```$"
    return re.findall(pattern, path.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(path: Path) -> list[Command]:
    """Return the commands of a document's `console` blocks, in order."""
    listed: list[Command] = []
    for block in blocks(path, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                listed.append(Command(line[2:]))
            elif line.startswith("> "):
                listed[-1].text += f"\n{line[2:]}"
            else:
                listed[-1].shown.append(line)
    return listed


def run_in_one_shell(
    listed: list[Command], folder: Path, environment: dict[str, str]
) -> list[Outcome]:
    """Run the commands one after another in one shell, as a reader does."""
    script = "\n".join(
        f'{command.text}\necho; echo "@@{number} $?"' for number, command in enumerate(listed)
    )
    done = subprocess.run(
        ["sh", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    parts = _END_OF_COMMAND.split(done.stdout)
    return [Outcome(parts[at], int(parts[at + 2])) for at in range(0, len(parts) - 2, 3)]


def is_shown(line: str, output: str) -> bool:
    """Say whether a line stands in the output; `…` in it stands for any text."""
    pattern = re.escape(line.rstrip()).replace("…", ".*")
    return any(re.match(pattern, printed) for printed in output.splitlines())
