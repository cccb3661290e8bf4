"""All providers on one page: a funnel plot, a table of labels, and everybody's figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from attribution.pattern.dossier.pictures import funnel_picture, shares_picture
from attribution.pattern.dossier.render import render
from attribution.pattern.labels import Label, gravity
from attribution.pattern.report import as_row
from attribution.pattern.verdict import Assessment

_MOST_MULTIPLES = 24
"""Small charts of weeks, of those with the strongest evidence."""


def overview_page(
    assessments: Iterable[Assessment], countries: dict[str, str] | None = None
) -> bytes:
    """Return the overview as one HTML file; `countries` are those of providers, by key."""
    pairs = [
        (as_row(assessment, (countries or {}).get(assessment.names[0])), assessment)
        for assessment in assessments
    ]
    pairs.sort(key=lambda pair: (gravity(pair[0]["now"]), -pair[0]["e_value"], pair[0]["provider"]))
    rows = [row for row, _ in pairs]
    multiples = [
        (row, shares_picture(assessment.verdict.weeks.share.tolist()))
        for row, assessment in pairs
        if len(assessment.verdict.weeks.share) and row["now"] != Label.INSUFFICIENT
    ]
    return render(
        "overview.html.j2",
        rows=rows,
        picture=funnel_picture(rows, {}),
        labels=_label_counts(rows),
        multiples=multiples[:_MOST_MULTIPLES],
    )


def overview_picture(assessments: Iterable[Assessment]) -> bytes:
    """Return the funnel plot of all providers as an SVG file, with how many have each label."""
    rows = [as_row(assessment) for assessment in assessments]
    return render("overview.svg.j2", picture=funnel_picture(rows, {}), labels=_label_counts(rows))


def _label_counts(rows: list[dict[str, Any]]) -> dict[Label, int]:
    counts = Counter(row["now"] for row in rows)
    return {label: counts[label.value] for label in Label}
