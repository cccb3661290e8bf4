"""All providers on one page: a funnel plot, a table of labels, and everybody's figures. Needs matplotlib (extra `overview`)."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from attribution.pattern.charts import overview_chart
from attribution.pattern.render import environment

_ORDER = ("systematic", "non_responsive", "slow", "mixed", "cooperative", "insufficient")


def overview_bytes(rows: list[dict[str, Any]], form: str) -> bytes:
    """Return the overview as `html` (one file), `svg` or `png`."""
    if form != "html":
        return overview_chart(rows, form)
    picture = overview_chart(rows, "svg").decode("utf-8")
    ordered = sorted(rows, key=lambda row: (_ORDER.index(row["now"]), -row["e_value"], row["provider"]))
    drawing = Markup(picture[picture.index("<svg") :])  # noqa: S704 - our own
    page = environment().get_template("overview.html.j2").render(rows=ordered, picture=drawing)
    return page.encode("utf-8")
