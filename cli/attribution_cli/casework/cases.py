"""`attribution case`: one site at one provider, with its URLs and what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.case_work import add_commands
from attribution_cli.casework.queue import next_step, row_values
from attribution_cli.casework.shared import (
    AsJson,
    Case,
    Force,
    Limit,
    Output,
    Urls,
    Who,
    Why,
    lines_of_file,
    open_store,
    plain,
    print_json,
    readable,
    reading,
    show_fields,
    show_outcome,
    show_rows,
    view_of_queue,
)
from attribution_cli.console import print_message, results
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.store.queries.queue import QueueRow

case_app = typer.Typer(help="Cases: one site at one provider.", no_args_is_help=True)
_NOT_SHOWN = ("evidence_sha256", "statement")
"""Fields of an event's detail that are for programs."""


@case_app.command(
    "list", epilog="Example: attribution case list --state waiting --company ripe:ORG-EX1-RIPE"
)
@needs("case list", Extra.HOTLINE)
def case_list(
    state: Annotated[
        list[str] | None,
        typer.Option(
            "--state",
            help="Only in this state, as often as needed: tonight, came_back, waiting, "
            "nobody_known, abroad, done.",
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            "--query",
            help="Only what this text stands for: a URL however it is written, a host, an address, "
            "a case, a company, a mailbox or a Message-ID.",
        ),
    ] = None,
    company: Annotated[
        str | None,
        typer.Option(
            "--company",
            "--provider",
            help="Only of this provider, under every name that is one history with it.",
        ),
    ] = None,
    country: Annotated[
        str | None, typer.Option(help="Only of providers in this country, two letters.")
    ] = None,
    assignee: Annotated[
        str | None, typer.Option(help="Only what this person works on; '' for nobody.")
    ] = None,
    older_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Only opened before so many days.")
    ] = None,
    newer_than: Annotated[
        float | None, typer.Option(metavar="DAYS", min=0, help="Only opened since so many days.")
    ] = None,
    sort: Annotated[str, typer.Option(help="newest, oldest, urgency or company.")] = "newest",
    after: Annotated[
        str | None, typer.Option(metavar="CASE", help="Cursor: list the cases after this one.")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List cases, the latest first."""
    from attribution.casework.queue import ListCases, list_cases, queue_terms

    command = ListCases(
        query=query,
        states=tuple(state or ()),
        company=company,
        country=country,
        assignee=assignee,
        older_than_days=older_than,
        newer_than_days=newer_than,
        sort=sort,
        after=after,
        limit=limit,
    )
    with view_of_queue() as view:
        terms = queue_terms(view.settings)
        rows = list_cases(view.connection, view.store.keys, terms, command, view.now)
    show_rows(
        (_listed(row, view.now, as_json=as_json) for row in rows),
        ["case", "opened_at", "state", "next", "provider", "site", "urls", "online", "assignee"],
        as_json=as_json,
        empty=_("no cases"),
    )


def _listed(row: QueueRow, now: int, *, as_json: bool) -> dict[str, Any]:
    values = row_values(row, now)
    if as_json:
        return values
    return {**values, "case": row.case or row.report, "next": next_step(row, now)}


@case_app.command("show", epilog="Example: attribution case show c4b81d9f02aa")
@needs("case show", Extra.HOTLINE)
def case_show(case: Case, as_json: AsJson = False) -> None:
    """Show a case: its URLs, and everything that happened,
    with when it was known and who noted it.
    """
    from attribution.casework.views import case_view

    with reading() as view:
        shown = case_view(view.connection, case, view.now)
    values = {**_case_row(shown.line), "token": shown.token, "next_step": shown.next_step}
    if as_json:
        more = {"reports": shown.reports, "events": shown.events, "clocks": shown.clocks}
        print_json({**values, **more})
        return
    show_fields(values)
    typer.echo()
    show_rows(
        shown.reports,
        ["report", "host", "reported_at", "last_check", "checked_at", "erased"],
        as_json=False,
        empty=_("no URLs"),
    )
    typer.echo()
    _show_events(shown.events)
    _show_clocks(shown.clocks)


@case_app.command(
    "pack",
    epilog="Example: attribution case pack c4b81d9f02aa --to authority.pem --output case.p7m "
    "--why 'request of 2026-03-01, reference 4711'",
)
@needs("case pack", Extra.HOTLINE)
def case_pack(
    cases: Annotated[
        list[str], typer.Argument(metavar="CASE...", help="Their keys, from `case list`.")
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="CERTIFICATE.pem",
            help="The authority's certificate, with an RSA key of at least 2048 bits.",
        ),
    ],
    output: Output,
    why: Why,
    urls: Urls = None,
    who: Who = None,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Write cases with their URLs, evidence and receipts into one file that only an authority's key
    opens, and note it in the log.
    """
    from attribution.casework.packing import PackCases, pack_cases

    certificate = _certificate(to)
    store, settings = open_store()
    with store:
        command = PackCases(
            cases=tuple(cases),
            certificate=certificate,
            output=output,
            why=why,
            supplied=tuple(lines_of_file(urls)),
            hotline=settings.hotline_name,
            replace=force,
        )
        pack = pack_cases(store, who or settings.analyst, command)
    sentence = _(
        "{output} is for {recipient}; compare the fingerprint of its certificate by telephone: "
        "{fingerprint}",
        output=output,
        recipient=readable(pack.recipient),
        fingerprint=pack.fingerprint,
    )
    show_outcome({"output": str(output), **asdict(pack)}, sentence, as_json=as_json)
    if pack.without_url:
        listed = readable(", ".join(pack.without_url))
        print_message(_("without URL, since the import gave none: {reports}", reports=listed))
    return incomplete(pack.without_url)


def _certificate(path: Path) -> bytes:
    """Return what a file of a certificate holds. Raises Refused."""
    from attribution.codes import Refusal
    from attribution.errors import Refused
    from attribution.files.whole_file import reason_of

    try:
        return path.read_bytes()
    except OSError as error:
        remedy = f"it cannot be read: {reason_of(error).rstrip('.')}"
        raise Refused(Refusal.INVALID, "certificate", str(path), remedy) from None


add_commands(case_app)


def _case_row(line: Any) -> dict[str, Any]:
    values = plain(line)
    return {"case": values.pop("key"), **values}


def _show_clocks(clocks: Iterable[Any]) -> None:
    """Show to a person what the provider owes within a time, where anything is owed."""
    rows = list(clocks)
    if rows:
        typer.echo()
        columns = ["owed", "since", "until", "met_at", "law", "overdue"]
        show_rows(rows, columns, as_json=False, empty="")


def _show_events(events: Iterable[Any]) -> None:
    """Show events to a person: a line each, and below it what else is known, as wide as it is."""
    from rich.text import Text

    for event in map(plain, events):
        about = [event["report"], event["who"]]
        if event["corrects"] is not None:
            about.append(_("corrects {event}", event=event["corrects"]))
        line = [event["seq"], event["at"], event["kind"], *filter(None, about)]
        results().print(Text("  ".join(map(readable, line)), style="bold"), soft_wrap=True)
        detail = {name: part for name, part in event["detail"].items() if name not in _NOT_SHOWN}
        if event["detail"].get("statement") is not None:
            detail["signed"] = True
        if detail:
            results().print(Text(f"    {readable(detail)}"), soft_wrap=True)
