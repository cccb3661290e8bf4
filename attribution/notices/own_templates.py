"""The template of notices, a hotline's own ones, and the checks of both before anything is written.

A hotline's own template is `notice.LANGUAGE.txt.j2` in its folder. It extends `notice.txt.j2` and
replaces blocks of it, or it is a whole notice: the subject in the first line, then the text.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NoReturn

from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, TemplateSyntaxError, meta, nodes
from jinja2.ext import extract_from_ast
from jinja2.loaders import BaseLoader
from jinja2.sandbox import SandboxedEnvironment

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.language import SOURCE, Domain, is_translated, languages, read_catalogue
from attribution.language.texts import text_environment
from attribution.notices.legal import translated_duties
from attribution.notices.notice import VARIABLES

PACKAGED = "notice.txt.j2"
_LETTER = "letter.txt.j2"


def check_notices(language: str, own_folder: Path | None) -> None:
    """Check that notices can be written: their usual language, every catalogue and own template.

    Raises Refused for the first that cannot be used: with file, line and what may stand there.
    """
    check_language(language, own_folder)
    for language in languages(Domain.NOTICES):
        check_catalogue(language)
    for path in sorted(own_folder.glob("notice.*.txt.j2")) if own_folder else ():
        check_own_template(path)


def check_language(language: str, own_folder: Path | None) -> None:
    """Check that a language has a whole catalogue, or an own template. Raises Refused."""
    known = languages(Domain.NOTICES)
    if language not in known and own_template(language, own_folder) is None:
        remedy = f"use one of {', '.join(known)}, or write your own notice.{language}.txt.j2"
        raise Refused(Refusal.INVALID, "language", language, remedy)
    check_catalogue(language)


@cache
def check_catalogue(language: str) -> None:
    """Check that a catalogue translates every message of notices and letters. Raises Refused."""
    if language not in languages(Domain.NOTICES)[1:]:
        return
    catalogue = read_catalogue(Domain.NOTICES, language)
    missing = []
    for identity in sorted(_messages()):
        message = catalogue.get(identity)
        if message is None or message.fuzzy or not is_translated(message):
            missing.append(repr(identity))
    if missing:
        remedy = f"translate these messages, and check what is fuzzy: {'; '.join(missing)}"
        raise Refused(Refusal.INVALID, "catalogue", f"notices/{language}.po", remedy)


def check_own_template(path: Path) -> None:
    """Check that a hotline's own template names no unknown block or variable. Raises Refused."""
    environment = environment_of(SOURCE, path.parent)
    try:
        source = path.read_text("utf-8")
        tree = environment.parse(source)
        environment.compile(source)
    except TemplateSyntaxError as error:
        _refuse(path, error.lineno, str(error.message))
    except (OSError, UnicodeDecodeError) as error:
        _refuse(path, 1, f"it cannot be read: {error}")
    unknown = meta.find_undeclared_variables(tree) - VARIABLES
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            known = ", ".join(sorted(VARIABLES))
            _refuse(path, name.lineno, f"unknown variable {name.name!r}; known are {known}")
    if not extends_packaged(tree):
        return
    blocks = packaged_blocks()
    for block in tree.find_all(nodes.Block):
        if block.name not in blocks:
            known = ", ".join(blocks)
            _refuse(path, block.lineno, f"unknown block {block.name!r}; known are {known}")


def environment_of(language: str, own_folder: Path | None) -> SandboxedEnvironment:
    """Return the packaged template and a hotline's own ones, in a language."""
    loaders: list[BaseLoader] = [PackageLoader("attribution.notices")]
    if own_folder is not None:
        loaders.append(FileSystemLoader(own_folder))
    return text_environment(ChoiceLoader(loaders), language)


def own_template(language: str, own_folder: Path | None) -> Path | None:
    """Return a hotline's own template of a language; None where it has none."""
    if own_folder is None:
        return None
    path = own_folder / f"notice.{language}.txt.j2"
    return path if path.is_file() else None


def extends_packaged(tree: nodes.Template) -> bool:
    """Say whether a template replaces blocks of the packaged one; else it is a whole notice."""
    return PACKAGED in meta.find_referenced_templates(tree)


@cache
def packaged_blocks() -> tuple[str, ...]:
    """Return the blocks of the packaged template, in their order."""
    tree = _parsed("attribution.notices", PACKAGED)
    return tuple(block.name for block in tree.find_all(nodes.Block))


def _messages() -> set[str]:
    """Return every message of notices and letters; of those with a plural the singular.

    What duties say stands in a table, not in a template.
    """
    notice = _parsed("attribution.notices", PACKAGED)
    letter = _parsed("attribution.pattern.dossier", _LETTER)
    rows = [row for tree in (notice, letter) for row in extract_from_ast(tree)]
    texts = [[text] if isinstance(text, str) else text for _, _, text in rows]
    return {text[0] for text in texts if text and text[0]} | {*translated_duties()}


def _parsed(package: str, name: str) -> nodes.Template:
    environment = text_environment(PackageLoader(package), SOURCE)
    assert environment.loader is not None
    return environment.parse(environment.loader.get_source(environment, name)[0])


def _refuse(path: Path, line: int, fault: str) -> NoReturn:
    where = f"{path.name}, line {line}"
    raise Refused(Refusal.INVALID, "template", where, f"it cannot be used: {fault}")
