"""Templates can be read: short lines, an element a line, loop variables that name what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import attribution

ROOT = Path(attribution.__file__).parent
TEMPLATES = sorted(
    path
    for folder in ("web/templates", "notices/templates", "pattern/dossier/templates")
    for path in (ROOT / folder).rglob("*.j2")
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_can_be_read(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [line for line in text.splitlines() if len(line) > 100] == []
    assert re.findall(r"{% for (?:one|it|x|[^%]*\bone\b) in", text) == []
    rows = re.findall(r"^.*<(?:tr|form|section|table)\b.*<(?:td|th|input|h2|tr)\b.*$", text, re.M)
    assert rows == [], "an element a line"
