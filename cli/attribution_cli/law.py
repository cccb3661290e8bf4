"""The tables of law: how far they can be relied on, and what they say of a country."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import typer

from attribution.data.authorities import authorities
from attribution.data.dated import DatedRow, today
from attribution.data.hotlines import hotlines
from attribution.data.law_tables import stale_rows, table_states
from attribution.data.laws import DutyRole, duties, provisions
from attribution.data.ways_out import way_out
from attribution.language import N_
from attribution.language import gettext as _
from attribution_cli.console import print_message
from attribution_cli.names import field_name
from attribution_cli.safe_text import shown

_NONE_KNOWN = N_("no law known here")


def show_tables(*, as_json: bool) -> None:
    """Print a line a table: its rows, the oldest look at one, those unverified and stale."""
    for state in table_states(today()):
        if as_json:
            typer.echo(json.dumps(asdict(state), default=str))
            continue
        typer.echo(
            _(
                "{table:16} {rows:3} rows, {unverified:3} unverified, {stale:3} not looked at for "
                "a year, oldest {oldest}",
                **asdict(state),
            )
        )
    for row in stale_rows(today()):
        print_message(
            _(
                "{table}: {country} {name} was last looked at {day}",
                table=row.table,
                country=row.country,
                name=row.name,
                day=row.looked_at,
            )
        )


def show_country(country: str, *, as_json: bool) -> None:
    """Print what the tables say of a country today, each row with its source, and whether it is
    verified.
    """
    for subject, text, row in _rows(country):
        if as_json:
            about = None if row is None else _about(row)
            typer.echo(json.dumps({"subject": subject, "text": text, **(about or {})}))
            continue
        typer.echo(f"{field_name(subject):10} {shown(_(text))}")
        if row is not None:
            state = _("verified") if row.verified else _("unverified")
            seen = _("looked at {day}", day=row.looked_at)
            typer.echo(shown(f"{'':10}   {state}, {seen}: {row.source}"))
            if row.note:
                typer.echo(shown(f"{'':10}   {row.note}"))


def _rows(country: str) -> Iterator[tuple[str, str, DatedRow | None]]:
    """Yield (subject, text, row of a table) in the order shown; no row where none is known."""
    day = today()
    articles = provisions(country, day)
    for provision in articles:
        yield "illegal", f"{provision.law}, Art. {provision.article}", provision
    if not articles:
        yield "illegal", _NONE_KNOWN, None
    owed = {duty.code: duty for role in DutyRole for duty in duties(country, role, day)}
    for duty in owed.values():
        roles = ", ".join(role for role in DutyRole if role in duty.roles)
        article = f", Art. {duty.article}" if duty.article else ""
        law = f"{duty.law}{article}; upon: {duty.upon.value}"
        yield "duty", f"{roles}: {duty.duty} ({law})", duty
    free = [role.value for role in DutyRole if not duties(country, role, day)]
    if free:
        yield "duty", f"{', '.join(free)}: {_NONE_KNOWN}", None
    for authority in authorities(country, day):
        since = f" since {authority.since}" if authority.since else ""
        power = authority.power.value.replace("_", " ")
        yield "authority", f"{authority.name}: {power}{since}, {authority.url}", authority
    for hotline in hotlines(country):
        yield "hotline", f"{hotline.name}, {hotline.url}", hotline
    for way in way_out(country, day):
        yield "way out", f"{way.kind.value.replace('_', ' ')}: {way.name}", way


def _about(row: DatedRow) -> dict[str, object]:
    return {
        "source": row.source,
        "looked_at": row.looked_at.isoformat(),
        "verified": row.verified,
        "note": row.note,
    }
