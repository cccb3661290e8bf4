"""What may be done next about a provider or a case, by label, country and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from attribution.data import packaged_rows
from attribution.data.countries import holds_in
from attribution.data.dated import DatedRow, date_or_none, in_force, provenance, today


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(DatedRow):
    """A next step and what it rests on."""

    label: str
    """A provider's label, or `case` for one case."""
    country: str
    """ISO 3166-1 alpha-2, `EU` for every member state, or `*` for every country."""
    hours: float
    """From how many hours on, with the label or since the notice."""
    step: str
    basis: str | None
    """The law or norm that it rests on; None where it needs none."""
    since: date | None
    """From when on that allows it; None where it needs none."""

    def as_json(self) -> dict[str, str | None]:
        """Return what commands, interface and pages show of it."""
        since = self.since.isoformat() if self.since else None
        return {"step": self.step, "basis": self.basis, "since": since}


def next_step(
    label: str, country: str | None, *, hours: float, on: date | None = None
) -> Step | None:
    """Return what may be done about a provider that has had a label for so many hours; None for
    nothing beyond notices.

    The label `case` is for one case whose content is online, so many hours after its notice. `on`
    is the day of the step: today, where left out; a law that is not in force on it is no basis.
    """
    day = on or today()
    for row in _steps():
        if (
            row.label == label
            and holds_in(row.country, country)
            and hours >= row.hours
            and in_force(row.since, None, day)
        ):
            return row
    return None


@cache
def _steps() -> tuple[Step, ...]:
    """Return the rows in the table's order: the first that fits is the step."""
    return tuple(
        Step(
            label=row["label"],
            country=row["country"],
            hours=float(row["hours"]),
            step=row["step"],
            basis=row["basis"] or None,
            since=date_or_none(row["from"]),
            **provenance(row),
        )
        for row in packaged_rows("escalation.csv")
    )
