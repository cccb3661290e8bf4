"""Code says what the glossary says: no name is a word that it tells not to use."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
MOST_LEFT = 14
"""Methods of libraries (`.one()`) and fields of the JSON contract (`told_at`, `marks`, `one`)."""
_MEMBER = re.compile(r"^    ([A-Z_]+) = \(?\s*\"([a-z_]+)\"", re.MULTILINE)
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def words_not_to_use() -> dict[str, str]:
    """Return each word with its scope, `name` or `part`."""
    table = GLOSSARY.read_text("utf-8").partition("## Words not to use")[2]
    return dict(re.findall(r"^\| `(\w+)` \| .+ \| (name|part) \|$", table, re.MULTILINE))


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each name of a file, with its line."""
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.NAME:
                yield token.start[0], token.string


def members_of_codes(paths: Iterable[Path]) -> set[str]:
    """Return the members of enums that are spelled as their stored code, which never changes."""
    members = (pair for path in paths for pair in _MEMBER.findall(path.read_text("utf-8")))
    return {member for member, code in members if member.lower() == code}


def is_not_to_be_used(name: str, words: dict[str, str]) -> bool:
    """Say whether a name is such a word, or contains one that no name may contain."""
    if name.strip("_").lower() in words:
        return True
    return any(words.get(part.lower()) == "part" for part in _PART.findall(name))


def test_the_table_is_read() -> None:
    words = words_not_to_use()
    assert len(words) >= 8
    assert is_not_to_be_used("_told", words)
    assert is_not_to_be_used("ToldOrigin", words)
    assert not is_not_to_be_used("look_up", words)
    assert is_not_to_be_used("found", words)
    assert not is_not_to_be_used("not_found", words)
    assert not is_not_to_be_used("lookup", words)
    assert not is_not_to_be_used("Markup", words)


def test_no_name_is_a_word_not_to_use() -> None:
    words = words_not_to_use()
    paths = sorted(
        path for folder in ("attribution", "cli") for path in (ROOT / folder).rglob("*.py")
    )
    members = members_of_codes(paths)
    left = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in paths
        for line, name in names_in(path)
        if name not in members and is_not_to_be_used(name, words)
    ]
    assert len(left) <= MOST_LEFT, "\n".join(left[-40:])


def test_each_term_has_one_line_and_stands_once() -> None:
    terms = re.findall(r"^\| ([^`|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    named = [term for term in terms if term not in ("term", "word")]
    assert len(named) > 80
    assert len(named) == len(set(named))
