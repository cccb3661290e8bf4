"""All providers on one page: a funnel plot, a table of labels, and everybody's figures."""

from __future__ import annotations

from collections import Counter

from attribution.pattern.assess import Assessment
from attribution.pattern.dossier.pictures import funnel_picture, shares_picture
from attribution.pattern.dossier.render import environment
from attribution.pattern.labels import LABELS
from attribution.pattern.report import as_row

_MOST_MULTIPLES = 24


def overview_bytes(
    found: list[Assessment], form: str, countries: dict[str, str] | None = None
) -> bytes:
    """Return the overview as `html` (one file), or as a
    picture alone: `svg` or `png` (extra `pictures`).

    Raises MissingExtra.
    """
    rows = [as_row(one, (countries or {}).get(one.names[0])) for one in found]
    if form != "html":
        from attribution.pattern.dossier.charts import overview_chart

        return overview_chart(rows, form)
    ordered = sorted(
        zip(rows, found, strict=True),
        key=lambda pair: (LABELS.index(pair[0]["now"]), -pair[0]["e_value"], pair[0]["provider"]),
    )
    multiples = [
        (
            row["provider"],
            row["now"],
            shares_picture([float(share) for share in one.verdict.weeks.share]),
        )
        for row, one in ordered
        if len(one.verdict.weeks.share) and row["now"] != "insufficient"
    ][:_MOST_MULTIPLES]
    counts = Counter(row["now"] for row in rows)
    page = (
        environment()
        .get_template("overview.html.j2")
        .render(
            rows=[row for row, _ in ordered],
            picture=funnel_picture(rows, {}),
            labels={label: counts[label] for label in LABELS},
            multiples=multiples,
        )
    )
    return page.encode("utf-8")
