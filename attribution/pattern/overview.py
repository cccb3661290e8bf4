"""All providers on one page: a funnel plot, a table of labels, and everybody's figures. Needs matplotlib (extra `overview`)."""

from __future__ import annotations

from markupsafe import Markup

from attribution.pattern.assess import Assessment
from attribution.pattern.charts import multiples_chart, overview_chart
from attribution.pattern.render import environment
from attribution.pattern.report import as_row
from attribution.pattern.verdict import LABELS

_MOST_MULTIPLES = 24


def overview_bytes(found: list[Assessment], form: str, countries: dict[str, str] | None = None) -> bytes:
    """Return the overview as `html` (one file), `svg` or `png`."""
    rows = [as_row(one, (countries or {}).get(one.names[0])) for one in found]
    if form != "html":
        return overview_chart(rows, form)
    picture = overview_chart(rows, "svg").decode("utf-8")
    ordered = sorted(
        zip(rows, found, strict=True),
        key=lambda pair: (LABELS.index(pair[0]["now"]), -pair[0]["e_value"], pair[0]["provider"]),
    )
    weekly = [
        (row["provider"], row["now"], [float(share) for share in one.verdict.weeks.share])
        for row, one in ordered
        if len(one.verdict.weeks.share) and row["now"] != "insufficient"
    ][:_MOST_MULTIPLES]
    page = (
        environment()
        .get_template("overview.html.j2")
        .render(
            rows=[row for row, _ in ordered],
            picture=Markup(picture[picture.index("<svg") :]),  # noqa: S704 - our own drawing
            multiples=Markup(multiples_chart(weekly)) if weekly else "",  # noqa: S704
        )
    )
    return page.encode("utf-8")
