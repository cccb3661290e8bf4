"""A dossier as files: JSON, CSV, an HTML page without script or third party, and its letter.

The same bytes each time.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from attribution.files.shown_text import csv_cell
from attribution.language import SOURCE
from attribution.language.texts import is_reviewed, text_environment, with_english
from attribution.pattern.dossier.dossier import REPLY_DAYS
from attribution.pattern.dossier.pictures import curve_picture, evidence_picture, weeks_picture
from attribution.pattern.labels import Label
from attribution.pattern.tests import TestName

DOSSIER_FILES = ("dossier.json", "cases.csv", "dossier.html")
_CASE_FIELDS = [
    "case",
    "site",
    "sent",
    "urls",
    "receipt",
    "receipt_known",
    "clock_started",
    "bounced",
    "counts",
    "why_not",
    "share_failed",
    "why_not_failed",
    "urls_gone",
    "court_order",
]


def dossier_bytes(values: dict[str, Any]) -> bytes:
    """Return the dossier as JSON: what its hash is of, and what signatures cover."""
    return (json.dumps(values, ensure_ascii=True, sort_keys=True, indent=1) + "\n").encode("ascii")


def dossier_hash(values: dict[str, Any]) -> str:
    """Return the SHA-256 of the dossier's data."""
    return hashlib.sha256(dossier_bytes(values)).hexdigest()


def dossier_files(values: dict[str, Any]) -> dict[str, bytes]:
    """Return the dossier's files by name."""
    page = render(
        "dossier.html.j2",
        d=values,
        digest=dossier_hash(values),
        label=Label(values["assessment"]["now"]),
        tests={name.value: name.line for name in TestName},
        weeks=weeks_picture(values),
        evidence=evidence_picture(values),
        removal=curve_picture(values["removal"]["curve"], []),
    )
    contents = dossier_bytes(values), _table(values["cases"]), page
    return dict(zip(DOSSIER_FILES, contents, strict=True))


def dossier_archive(values: dict[str, Any]) -> bytes:
    """Return the same files as a ZIP archive: the same bytes for the same dossier."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in sorted(dossier_files(values).items()):
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), raw, zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def letter_text(
    values: dict[str, Any], hotline: str, mailbox: str, language: str = SOURCE
) -> tuple[str, date]:
    """Return the letter to the provider, and the day on which the time for its reply ends.

    The English stands below a translation that nobody has reviewed.
    """
    day = date.fromisoformat(values["assessment"]["looked_at"])
    reply_by = day + timedelta(days=REPLY_DAYS)
    sent = [case["sent"][:10] for case in values["cases"]]

    def text_in(code: str) -> str:
        environment = text_environment(PackageLoader("attribution.pattern.dossier"), code)
        return environment.get_template("letter.txt.j2").render(
            d=values,
            hotline=hotline,
            mailbox=mailbox,
            digest=dossier_hash(values),
            reply_by=reply_by.isoformat(),
            first=min(sent, default=""),
            last=max(sent, default=""),
        )

    text = text_in(language)
    return text if is_reviewed(language) else with_english(text, text_in(SOURCE)), reply_by


def render(template: str, **values: Any) -> bytes:
    """Return a template of this package with values; what stands in HTML or SVG is escaped."""
    return _environment().get_template(template).render(**values).encode("utf-8")


def percent(share: float) -> str:
    """Return a share as whole percent."""
    return f"{100 * share:.0f} %"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("attribution.pattern.dossier"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(["html.j2", "svg.j2"]),
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = percent
    environment.filters["number"] = "{:g}".format
    return environment


def _table(cases: list[dict[str, Any]]) -> bytes:
    """Return the cases as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _CASE_FIELDS, lineterminator="\n")
    writer.writeheader()
    for case in cases:
        writer.writerow({name: csv_cell(case[name]) for name in _CASE_FIELDS})
    return out.getvalue().encode("utf-8")
