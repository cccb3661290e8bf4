"""`attribution report`, `recheck`: reported URLs, whose they are, and whether that is so still."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from attribution.extras import Extra
from attribution_cli import exit_code
from attribution_cli.casework.desk import (
    AsJson,
    At,
    Who,
    Why,
    open_store,
    print_json,
    read_time,
    show_rows,
    tell,
    who_of,
    words,
)
from attribution_cli.console import say, say_proxy
from attribution_cli.housekeeping import ServedFrom
from attribution_cli.inputs import InputFormat, read_items
from attribution_cli.needs import needs

report_app = typer.Typer(help="Reported URLs.", no_args_is_help=True)


@report_app.command("add", epilog="Example: attribution report add 'hxxps://www[.]site.example/1'")
@needs("report add", Extra.HOTLINE)
def add(
    urls: Annotated[
        list[str],
        typer.Argument(
            metavar="URL...", help="Reported URLs; - reads them from stdin, one a line."
        ),
    ],
    at: At = None,
    who: Who = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask nobody: answer from what is kept.")
    ] = False,
    served_from: ServedFrom = None,
    as_json: AsJson = False,
) -> int:
    """Look a reported URL up, and keep it with its evidence; open reports of one site at one
    provider become one notice.
    """
    from attribution.attributor import Attributor, Investigation
    from attribution.casework.reporting import ReportUrl, report_url
    from attribution.casework.vouching import vouchings
    from attribution.errors import InvalidTarget
    from attribution.evidence.statements import ServedStatement
    from attribution.target import explained

    unread = 0
    if urls == ["-"]:
        items = list(read_items("-", InputFormat.TEXT, None))
        for item in items:
            if item.fault:
                say(f"attribution: line {item.line}: {item.fault}")
        urls = [item.text for item in items if not item.fault]
        unread = len(items) - len(urls)
    reported_at = read_time(at)
    store, settings = open_store()
    say_proxy(settings)
    rows: list[dict[str, Any]] = []
    faults = unread

    if served_from and len(urls) != 1:
        raise typer.BadParameter("--served-from and one URL go together")
    now = datetime.now(UTC).replace(microsecond=0)
    served = (
        ServedStatement(served_from, who or settings.analyst or "analyst", now)
        if served_from
        else None
    )
    with store.read() as connection:
        vouched = vouchings(connection)

    async def look() -> list[tuple[str, Investigation]]:
        async with Attributor(settings, offline=offline, vouched=vouched) as attributor:
            slots = asyncio.Semaphore(settings.jobs)

            async def one(url: str) -> tuple[str, Investigation]:
                async with slots:
                    return url, await attributor.investigate(url, served_from=served)

            return await asyncio.gather(*(one(url) for url in urls))

    with store:
        for url, found in asyncio.run(look()):
            try:
                with store.write(who_of(who, settings)) as writer:
                    command = ReportUrl(
                        url=url,
                        investigation=found,
                        reported_at=reported_at,
                        keep_url=settings.keep_urls,
                    )
                    added = report_url(writer, command)
            except InvalidTarget as error:
                say(f"attribution: {explained(error)}")
                faults += 1
                continue
            primary = found.attribution.primary
            rows.append(
                {
                    **asdict(added),
                    "status": found.attribution.status,
                    "company": primary.provider.name if primary else None,
                    "mailbox": primary.abuse_contact.email if primary else None,
                }
            )
            if as_json:
                print_json(rows[-1])
            else:
                typer.echo(_sentence(rows[-1]))
    known = all(row["provider"] for row in rows)
    return exit_code.USAGE if faults else exit_code.ALL_ATTRIBUTED if known else exit_code.SOME_NOT


def _sentence(row: dict[str, Any]) -> str:
    if row["duplicate"]:
        return words(
            f"{row['report']}  reported before, and open: case {row['case']}, "
            f"{row['provider'] or 'nobody known yet'}"
        )
    if row["provider"] is None:
        return (
            f"{row['report']}  nobody is known to be responsible yet; `attribution recheck` "
            "asks again"
        )
    if row["candidate_cases"]:
        listed = ", ".join(row["candidate_cases"])
        return words(
            f"{row['report']}  DNS leads to several companies, each with a case as "
            f"candidate: {listed}"
        )
    others = f"; the site has {len(row['same_site'])} other case(s)" if row["same_site"] else ""
    return words(
        f"{row['report']}  case {row['case']}  {row['company']} ({row['provider']}), "
        f"{row['mailbox'] or 'no mailbox'}{others}"
    )


@report_app.command(
    "erase", epilog="Example: attribution report erase r1f0c9b2a7d31 --why 'request of 2026-03-01'"
)
@needs("report erase", Extra.HOTLINE)
def erase(
    report: Annotated[str, typer.Argument(metavar="REPORT")],
    why: Why,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Make everything that tells of a reported URL unreadable, for good. The case stays, and the
    log still verifies.
    """
    from attribution.casework.erasing import EraseReport, erase_report
    from attribution.store.engine import scrub

    store, settings = open_store()
    with store:
        with store.write(who_of(who, settings)) as writer:
            erase_report(writer, EraseReport(report=report, why=why))
        scrub(store.engine)
    tell(
        {"erased": report},
        f"{report} is erased; backups made before still hold it",
        as_json=as_json,
    )


@needs("recheck", Extra.HOTLINE)
def recheck(
    case: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Only the reports of this case.")
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Look up every open report anew, as right before a notice: unchanged, changed, moved to
    another provider, or unknown.
    """
    from attribution.attributor import Attributor
    from attribution.casework.rechecking import recheck as look_again
    from attribution.casework.vouching import vouchings

    store, settings = open_store()
    say_proxy(settings)
    with store.read() as connection:
        vouched = vouchings(connection)
    rows: list[dict[str, Any]] = []

    async def run() -> None:
        from datetime import timedelta

        async with Attributor(settings, max_age=timedelta(0), vouched=vouched) as attributor:
            async for one in look_again(
                store, attributor.investigate, who_of(who, settings), jobs=settings.jobs, case=case
            ):
                rows.append(asdict(one))
                if as_json:
                    print_json(rows[-1])

    with store:
        asyncio.run(run())
    if not as_json:
        show_rows(
            rows,
            ["report", "host", "outcome", "before", "after"],
            as_json=False,
            empty="no report is open",
        )
    return exit_code.SOME_NOT if any(row["outcome"] == "unknown" for row in rows) else 0
