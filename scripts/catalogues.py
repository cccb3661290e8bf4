"""Bring the catalogues of messages up to date with the code: `make catalogues`.

Extracts every message from templates, Python files and codes, adds the new ones to each catalogue
(beside a similar old one as fuzzy, to be checked by a person) and drops those that are gone.
`--new DOMAIN LANGUAGE` begins a catalogue. `tests/unit/test_language.py` holds that each is whole.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
from collections.abc import Iterator
from functools import cache
from inspect import isclass
from pathlib import Path
from typing import get_args

import typer
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.plurals import get_plural
from babel.messages.pofile import write_po

from attribution import codes
from attribution.language import (
    SOURCE,
    Domain,
    catalogue_file,
    is_translated,
    languages,
    read_catalogue,
)
from attribution.models import ContactStatus, Status
from attribution.notices.legal import translated_duties
from attribution.store.audit import VIEWED
from attribution.web.access.roles import ROLES
from attribution_cli.app import app
from attribution_cli.names import FIELDS
from attribution_cli.translated_help import help_messages

ROOT = Path(__file__).parent.parent
NOTICE_TEMPLATES = (
    "attribution/notices/templates/*.j2",
    "attribution/pattern/dossier/templates/letter.txt.j2",
)
PAGE_TEMPLATES = ("attribution/web/templates/**/*.j2",)
PROGRAMS = ("attribution/**/*.py", "cli/**/*.py")
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
REMEDIES = "attribution/casework/*.py"
REFUSALS = ("Refused", "NotFound", "required")
"""What is called with a remedy as its last argument."""
COMMENT_TAG = "Translators:"
LOG_KINDS = ("sent", "correction", "case_opened", "rechecked", VIEWED)
"""What the page shows of the log that is no `EventKind`."""
HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Reviewer: \\n"
"X-Reviewed: \\n"
"""


@cache
def extracted(domain: Domain) -> Catalog:
    """Return every message of a domain, with the files that it stands in."""
    catalogue = Catalog()
    for path in _files(domain):
        method = "jinja2.ext:babel_extract" if path.suffix == ".j2" else "python"
        options = {"silent": "false"} if path.suffix == ".j2" else {}
        place = path.relative_to(ROOT).as_posix()
        rows = extract_from_file(method, path, KEYWORDS, (COMMENT_TAG,), options)
        for _, message, comments, context in rows:
            catalogue.add(message, locations=[(place, 0)], auto_comments=comments, context=context)
    if domain is Domain.NOTICES:
        for text in translated_duties():
            catalogue.add(text, locations=[("attribution/data/duties.csv", 0)])
    if domain is Domain.PAGE:
        _add_codes(catalogue)
        _add_command(catalogue)
        _add_remedies(catalogue)
    for row in catalogue:
        row.flags.discard("python-format")  # which Babel takes "95 % of" for
    return catalogue


def _files(domain: Domain) -> Iterator[Path]:
    templates = NOTICE_TEMPLATES if domain is Domain.NOTICES else PAGE_TEMPLATES
    for pattern in templates:
        yield from sorted(ROOT.glob(pattern))
    for pattern in PROGRAMS if domain is Domain.PAGE else ():
        for path in sorted(ROOT.glob(pattern)):
            if "attribution.language" in path.read_text("utf-8"):
                yield path


def _add_codes(catalogue: Catalog) -> None:
    """Add the line of every code, and the names of events and roles as the page shows them."""
    kinds = [
        kind for kind in vars(codes).values() if isclass(kind) and issubclass(kind, codes.Code)
    ]
    place = [("attribution/codes.py", 0)]
    for member in (member for kind in kinds for member in kind):
        catalogue.add(member.line, locations=place)
    for event in (*codes.EventKind, *LOG_KINDS):
        catalogue.add(event.replace("_", " "), locations=place, context="event")
    for role in ROLES:
        catalogue.add(role, locations=[("attribution/web/access/roles.py", 0)], context="role")


def _add_command(catalogue: Catalog) -> None:
    """Add the help of every command, and the names of fields and statuses that commands show."""
    for text, module in help_messages(typer.main.get_command(app)):
        place = f"cli/{module.replace('.', '/')}.py"
        catalogue.add(text, locations=[(place, 0)])
    for name in FIELDS:
        place = [("cli/attribution_cli/names.py", 0)]
        catalogue.add(name.replace("_", " "), locations=place, context="field")
    tasks = (*codes.QueueState, *codes.QueueTask)
    for status in (*get_args(Status), *get_args(ContactStatus), *tasks):
        place = [("cli/attribution_cli/names.py", 0)]
        catalogue.add(status.replace("_", " "), locations=place, context="status")


def _add_remedies(catalogue: Catalog) -> None:
    """Add what refusals of casework say to do, where that holds no value."""
    for path in sorted(ROOT.glob(REMEDIES)):
        for text in _remedies(ast.parse(path.read_text("utf-8"))):
            catalogue.add(text, locations=[(path.relative_to(ROOT).as_posix(), 0)])


def _remedies(module: ast.Module) -> Iterator[str]:
    """Yield the literals that are assigned to `remedy`, or come last in a call of REFUSALS."""
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name("remedy")], value=ast.Constant(str(text))):
                yield text
            case ast.Call(func=ast.Name(name), args=[*_, ast.Constant(str(text))]):
                if name in REFUSALS:
                    yield text


def faults(domain: Domain, language: str) -> list[str]:
    """Return what keeps a catalogue from being whole, each with its message; empty for none."""
    needed, kept = extracted(domain), read_catalogue(domain, language)
    lines = [f"missing: {_named(row)}" for row in needed if row.id and _kept(kept, row) is None]
    for row in kept:
        if not row.id:
            continue
        if _kept(needed, row) is None:
            lines.append(f"superfluous: {_named(row)}")
        elif row.fuzzy:
            lines.append(f"fuzzy, check it: {_named(row)}")
        elif not is_translated(row):
            lines.append(f"not translated: {_named(row)}")
        else:
            lines += _strange_values(row)
    return lines


def _kept(catalogue: Catalog, row: Message) -> Message | None:
    message = catalogue.get(row.id, row.context)
    return message if message is not None and message.pluralizable == row.pluralizable else None


def _named(row: Message) -> str:
    text = row.id if isinstance(row.id, str) else row.id[1]
    return f"{text!r} ({row.context})" if row.context else repr(text)


def _strange_values(row: Message) -> list[str]:
    """Return a line for each form of a translation that names other values than the message.

    A form of a plural may leave the count out: "one report" needs no figure.
    """
    messages = [row.id] if isinstance(row.id, str) else row.id
    forms = [row.string] if isinstance(row.string, str) else row.string or ()
    allowed = _values(" ".join(messages))
    needed = allowed - ({"count"} if row.pluralizable else set())
    return [
        f"other values in braces: {_named(row)}: {form!r}"
        for form in forms
        if not needed <= _values(form) <= allowed
    ]


def _values(text: str) -> set[str]:
    return set(re.findall(r"{([^{}]*)}", text))


def update(domain: Domain, language: str) -> None:
    """Write a catalogue with the messages of today; the header stays as it is."""
    path = catalogue_file(domain, language)
    header = path.read_text("utf-8").partition("\n\n")[0].rstrip("\n") + "\n"
    kept = read_catalogue(domain, language)
    kept.update(extracted(domain), update_header_comment=False)
    body = io.BytesIO()
    write_po(
        body,
        kept,
        width=100,
        omit_header=True,
        sort_by_file=True,
        include_lineno=False,
        ignore_obsolete=True,
    )
    path.write_text(header + "\n" + body.getvalue().decode("utf-8"), "utf-8")


def begin(domain: Domain, language: str) -> None:
    """Write an empty catalogue; nobody has reviewed it."""
    header = HEADER.format(language=language, plural_forms=get_plural(language).plural_forms)
    catalogue_file(domain, language).write_text(header, "utf-8")


def main() -> int:
    """Update every catalogue, and name what is left to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", nargs=2, metavar=("DOMAIN", "LANGUAGE"))
    new = parser.parse_args().new
    if new:
        begin(Domain(new[0]), new[1])
    left = 0
    for domain in Domain:
        for language in languages(domain):
            if language == SOURCE:
                continue
            update(domain, language)
            lines = faults(domain, language)
            left += len(lines)
            for line in lines:
                print(f"{domain}/{language}.po: {line}")  # noqa: T201 - the script's output
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
