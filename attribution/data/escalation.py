"""What may be done next about a provider, by its label and country: a table, dated, with
sources.
"""

from __future__ import annotations

from dataclasses import dataclass

from attribution.data import packaged_rows
from attribution.data.laws import EU_MEMBERS


@dataclass(frozen=True, slots=True)
class Step:
    """A next step and what it rests on."""

    step: str
    basis: str | None
    since: str | None
    """From when the law allows it, as an ISO date; None where it needs none."""


def next_step(label: str, country: str | None, days: float) -> Step | None:
    """Return what may be done about a provider that has had a label for so many days; None for
    nothing beyond notices.

    The label `case` is for one case whose content is online, so many days after its notice.
    """
    code = (country or "").upper()
    for row in packaged_rows("escalation.csv"):
        fits = (
            row["country"] == "*"
            or row["country"] == code
            or (row["country"] == "EU" and code in EU_MEMBERS)
        )
        if row["label"] == label and fits and days >= float(row["days"]):
            return Step(row["step"], row["basis"] or None, row["since"] or None)
    return None
