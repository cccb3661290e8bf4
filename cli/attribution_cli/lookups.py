"""`attribution check`, `explain`: one target at a time, for a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.language import gettext as _
from attribution_cli.bundles import read_bundle
from attribution_cli.console import results
from attribution_cli.exit_code import Tally
from attribution_cli.local_data import AsJson, ServedFrom
from attribution_cli.lookup_options import (
    Asking,
    CheckMailbox,
    Evidence,
    MaxAge,
    Offline,
    Refresh,
    Vouched,
    age_of,
    investigate,
    served_statement,
    vouchings_in,
)

if TYPE_CHECKING:
    from attribution.attributor import Investigation


def check(
    targets: Annotated[
        list[str], typer.Argument(metavar="TARGET...", help="URLs, host names or addresses.")
    ],
    as_json: AsJson = False,
    evidence: Evidence = None,
    check_mailbox: CheckMailbox = False,
    max_age: MaxAge = None,
    refresh: Refresh = False,
    offline: Offline = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            "--origin",
            metavar="ADDRESS",
            help="An address behind a reverse proxy, as its operator disclosed it.",
        ),
    ] = None,
    origin_source: Annotated[
        str | None, typer.Option(help="Who disclosed the origin; goes with --origin.")
    ] = None,
    origin_disclosed: Annotated[
        datetime | None,
        typer.Option(
            "--origin-told",
            metavar="TIME",
            help="When it was disclosed, in UTC. It counts for 12 hours. [default: now]",
        ),
    ] = None,
    served_from: ServedFrom = None,
    vouched: Vouched = None,
) -> int:
    """Find whom to write to about a URL: company, mailbox, how sure, and what comes next."""
    if bool(origin) != bool(origin_source) or (origin and len(targets) > 1):
        raise typer.BadParameter(_("--origin, --origin-source and one target go together"))
    if served_from and len(targets) > 1:
        raise typer.BadParameter(_("--served-from and one target go together"))
    from attribution.lookup.protocols.origin import DisclosedOrigin

    asking = Asking(
        evidence=evidence,
        check_mailboxes=check_mailbox,
        max_age=age_of(max_age, refresh=refresh, offline=offline),
        offline=offline,
        vouched=vouchings_in(vouched),
    )
    disclosed_at = (origin_disclosed or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    origins = [
        DisclosedOrigin(address, origin_source or "", disclosed_at) for address in origin or []
    ]
    tally = Tally()

    def show(investigation: Investigation) -> None:
        tally.add(investigation.attribution)
        if as_json:
            from attribution_cli.outputs import json_line

            typer.echo(json_line(None, investigation.attribution))
        else:
            from attribution_cli.panel import panel

            results().print(panel(investigation))

    investigate(targets, asking, show, origins=origins, served_from=served_statement(served_from))
    return tally.code


def explain(
    target: Annotated[
        str, typer.Argument(metavar="URL|BUNDLE", help="A target to look up, or a kept bundle.")
    ],
    as_json: AsJson = False,
    evidence: Evidence = None,
) -> int:
    """Walk through the rules applied, in order, each with the field and server that it rests on."""
    from attribution_cli.explanation import explanation, explanation_json

    tally = Tally()

    def show(investigation: Investigation) -> None:
        tally.add(investigation.attribution)
        if as_json:
            for line in explanation_json(investigation):
                typer.echo(line)
        else:
            results().print(explanation(investigation))

    if Path(target).is_file():
        show(read_bundle(Path(target)))
    else:
        investigate([target], Asking(evidence=evidence), show)
    return tally.code
