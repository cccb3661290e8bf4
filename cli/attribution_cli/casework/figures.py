"""`attribution figures`: a hotline's figures, and the yearly report of a trusted flagger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.shared import (
    AtDate,
    date_of,
    print_csv,
    print_json,
    reading,
    show_rows,
)
from attribution_cli.console import print_message
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.figures import Period


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ReportKind(StrEnum):
    """For which report figures are made."""

    ANNUAL = "annual"
    DSA22 = "dsa22"


class By(StrEnum):
    """What a row of the figures stands for; the same values as `casework.figures.GroupedBy`."""

    MONTH = "month"
    COUNTRY = "country"
    COMPANY = "company"
    ROLE = "role"


@needs("figures", Extra.HOTLINE)
def figures(
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            metavar="DATE",
            parser=date_of,
            help="First day, UTC. [default: first day of the last day's year]",
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to", metavar="DATE", parser=date_of, help="Last day, UTC, included. [default: today]"
        ),
    ] = None,
    by: Annotated[By, typer.Option("--by", help="What a row stands for.")] = By.MONTH,
    report: Annotated[
        ReportKind,
        typer.Option(
            "--report",
            help="annual: the hotline's figures. dsa22: notices by company, kind of content and "
            "action, as a trusted flagger reports them (DSA Art. 22(3)).",
        ),
    ] = ReportKind.ANNUAL,
    form: Annotated[Form, typer.Option("--format", help="How rows are printed.")] = Form.TABLE,
    at: AtDate = None,
) -> None:
    """Count reports, notices and removals in a period, with the median time to removal and the
    share removed within 24 hours.
    """
    from attribution.casework.figure_facts import facts_of, publishable_companies
    from attribution.casework.figures import GroupedBy, figures_of, flagger_rows
    from attribution.formats.figures_table import FIGURE_COLUMNS, FLAGGER_COLUMNS
    from attribution.store.times import micros, moment

    with reading() as view:
        period = _period(first, last, moment(view.now))
        facts = facts_of(view.connection, None if at is None else micros(at))
        hotline = view.settings.hotline_name
    about = {
        "report": report.value,
        "hotline": hotline,
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
    }
    if report is ReportKind.DSA22:
        flagged = [asdict(row) for row in flagger_rows(publishable_companies(facts), period)]
        counts = {name: sum(row[name] for row in flagged) for name in ("notices", "urls")}
        _show(form, {**about, "total": counts}, FLAGGER_COLUMNS, flagged)
        return
    counted = figures_of(facts.reports, facts.notices, period, GroupedBy(by))
    rows, total = [asdict(row) for row in counted.rows], asdict(counted.total)
    about["by"] = by.value
    if form is Form.TABLE:
        _show(
            form,
            about,
            FIGURE_COLUMNS,
            [_named(row) for row in [*rows, {**total, "key": _("total")}]],
        )
    else:
        _show(form, {**about, "total": total}, FIGURE_COLUMNS, rows)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "key": row["key"] or _("not known")}


def _period(first: datetime | None, last: datetime | None, now: datetime) -> Period:
    from attribution.casework.figures import Period

    today = now.date()
    end = today if last is None else last.date()
    return Period(end.replace(month=1, day=1) if first is None else first.date(), end)


def _show(
    form: Form, about: dict[str, Any], columns: Sequence[str], rows: list[dict[str, Any]]
) -> None:
    """Print rows: as one JSON object with what they are, as CSV, or as a table of what is used."""
    if form is Form.JSON:
        print_json({**about, "rows": rows})
    elif form is Form.CSV:
        print_csv(columns, rows)
    else:
        print_message(
            _("{first} to {last}, whole days, UTC", first=about["from"], last=about["to"])
        )
        used = [name for name in columns if any(row[name] not in (None, "", 0) for row in rows)]
        show_rows(rows, used, as_json=False, empty=_("nothing was counted in this period"))
