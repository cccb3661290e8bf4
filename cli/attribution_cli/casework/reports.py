"""`attribution report`, `recheck`: reported URLs, whose they are, and whether that is so still."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    At,
    Since,
    Who,
    Why,
    age_text,
    open_store,
    plain,
    print_csv,
    print_json,
    readable,
    reading,
    show_outcome,
    show_rows,
)
from attribution_cli.console import print_message, print_proxy_note
from attribution_cli.exit_code import USAGE, incomplete
from attribution_cli.inputs import InputFormat, read_items
from attribution_cli.local_data import ServedFrom
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.attributor import Attributor, Investigation
    from attribution.casework.feedback import Feedback
    from attribution.evidence.statements import ServedStatement
    from attribution.settings import Settings
    from attribution.store.store import Store

report_app = typer.Typer(help="Reported URLs.", no_args_is_help=True)


class FeedbackForm(StrEnum):
    """How feedback is printed."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


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
    from attribution.casework.reporting import ReportUrl, report_url
    from attribution.errors import InvalidTarget
    from attribution.evidence.statements import ServedStatement
    from attribution.store.times import micros
    from attribution.target import explained

    unreadable = 0
    if urls == ["-"]:
        urls, unreadable = _from_stdin()
    if served_from and len(urls) != 1:
        raise typer.BadParameter(_("--served-from and one URL go together"))
    store, settings = open_store()
    print_proxy_note(settings)
    served = None
    if served_from:
        now = datetime.now(UTC).replace(microsecond=0)
        served = ServedStatement(served_from, who or settings.analyst or "analyst", now)
    all_named = True
    with store:
        attributor = _attributor(store, settings, offline=offline)
        investigations = asyncio.run(_investigate(attributor, urls, settings.jobs, served))
        for url, investigation in zip(urls, investigations, strict=True):
            try:
                with store.write(who or settings.analyst) as writer:
                    command = ReportUrl(
                        url=url,
                        investigation=investigation,
                        reported_at=at,
                        keep_url=settings.keep_urls,
                    )
                    added = report_url(writer, command)
            except InvalidTarget as error:
                print_message(explained(error))
                unreadable += 1
                continue
            row = {**asdict(added), **_summary(investigation)}
            all_named = all_named and bool(row["provider"])
            if as_json:
                print_json(row)
            else:
                typer.echo(readable(_sentence(row, micros(store.now))))
    return USAGE if unreadable else incomplete(not all_named)


def _from_stdin() -> tuple[list[str], int]:
    """Return the URLs of stdin, and how many lines could not be read."""
    items = list(read_items("-", InputFormat.TEXT, None))
    for item in items:
        if item.fault:
            print_message(_("line {line}: {fault}", line=item.line, fault=item.fault))
    urls = [item.text for item in items if not item.fault]
    return urls, len(items) - len(urls)


def _attributor(store: Store, settings: Settings, **options: Any) -> Attributor:
    """Return an attributor that knows for whom the store vouches."""
    from attribution.attributor import Attributor
    from attribution.casework.vouching import vouchings

    with store.read() as connection:
        vouched = vouchings(connection)
    return Attributor(settings, vouched=vouched, **options)


async def _investigate(
    attributor: Attributor, urls: Iterable[str], jobs: int, served: ServedStatement | None
) -> list[Investigation]:
    """Look URLs up, some at once; return what was learnt of each, in their order."""
    slots = asyncio.Semaphore(jobs)

    async def investigate(url: str) -> Investigation:
        async with slots:
            return await attributor.investigate(url, served_from=served)

    async with attributor:
        return await asyncio.gather(*map(investigate, urls))


def _summary(investigation: Investigation) -> dict[str, Any]:
    primary = investigation.attribution.primary
    return {
        "status": investigation.attribution.status,
        "company": primary.provider.name if primary else None,
        "mailbox": primary.abuse_contact.email if primary else None,
    }


def _sentence(row: dict[str, Any], now: int) -> str:
    """Return what became of a reported URL, and what was known of it, as a person reads it."""
    if row["known"] and not row["duplicate"]:
        earlier = row["known"]["case"]
        before = _(
            "it was gone in case {case} when last checked, and may have reappeared", case=earlier
        )
        return f"{_what_became(row, now)}; {before}"
    return _what_became(row, now)


def _what_became(row: dict[str, Any], now: int) -> str:
    report, case, provider = row["report"], row["case"], row["provider"]
    if row["duplicate"]:
        sent_at = row["known"] and row["known"]["sent_at"]
        if sent_at:
            return _(
                "{report}  reported before, and open: in case {case}, notice sent {age}, "
                "{provider}",
                report=report,
                case=case,
                age=age_text(sent_at, now),
                provider=provider or _("no provider yet"),
            )
        return _(
            "{report}  reported before, and open: in case {case}, {provider}",
            report=report,
            case=case or _("no case yet"),
            provider=provider or _("no provider yet"),
        )
    if provider is None:
        return _(
            "{report}  no provider is named yet; `attribution recheck` asks again", report=report
        )
    if row["candidate_cases"]:
        return _(
            "{report}  DNS leads to several companies, each with a case as candidate: {cases}",
            report=report,
            cases=", ".join(row["candidate_cases"]),
        )
    sentence = _(
        "{report}  case {case}  {company} ({provider}), {mailbox}",
        report=report,
        case=case,
        company=row["company"],
        provider=provider,
        mailbox=row["mailbox"] or _("no mailbox"),
    )
    if row["same_site"]:
        others = ngettext(
            "the site has {count} other case",
            "the site has {count} other cases",
            len(row["same_site"]),
        )
        return f"{sentence}; {others}"
    return sentence


@report_app.command(
    "erase", epilog="Example: attribution report erase r1f0c9b2a7d31 --why 'request of 2026-03-01'"
)
@needs("report erase", Extra.HOTLINE)
def erase(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="Its key, from `case show`.")],
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
        with store.write(who or settings.analyst) as writer:
            erase_report(writer, EraseReport(report=report, why=why))
        scrub(store.engine)
    sentence = _("{report} is erased; backups made before still hold it", report=report)
    show_outcome({"erased": report}, sentence, as_json=as_json)


@report_app.command(
    "feedback", epilog="Example: attribution report feedback --since 2026-03-01 --format csv"
)
@needs("report feedback", Extra.HOTLINE)
def feedback(
    since: Since = None,
    source: Annotated[
        str,
        typer.Option(
            help="Only reports that `import --source` took in; origin is their key there."
        ),
    ] = "",
    form: Annotated[FeedbackForm, typer.Option("--format", help="json: JSON lines.")] = (
        FeedbackForm.TEXT
    ),
) -> None:
    """Say what has become of each report, as whoever made it may be told: no company, no URL."""
    from attribution.casework.feedback import AskFeedback, feedback_of
    from attribution.formats.figures_table import FEEDBACK_COLUMNS

    with reading() as view:
        country = view.settings.hotline_country
        asked = AskFeedback(hotline_country=country, since=since, source=source)
        answers = list(feedback_of(view.connection, asked))
    rows = [plain({**asdict(answer), "text": _feedback_text(answer)}) for answer in answers]
    if form is FeedbackForm.CSV:
        print_csv(FEEDBACK_COLUMNS, rows)
    elif form is FeedbackForm.JSON:
        for row in rows:
            print_json(row)
    else:
        for row in rows:
            typer.echo(readable(f"{row['origin'] or row['report']}  {row['text']}"))
        if not rows:
            print_message(_("no reports"))


def _feedback_text(answer: Feedback) -> str:
    """Return what may be told, in the language of the command."""
    text = _(answer.state.line)
    if answer.country is None:
        return text
    return f"{text} {_('Country: {country}.', country=answer.country)}"


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
    from attribution.casework.rechecking import recheck as recheck_reports

    store, settings = open_store()
    print_proxy_note(settings)
    rows: list[dict[str, Any]] = []

    async def run() -> None:
        async with _attributor(store, settings, max_age=timedelta(0)) as attributor:
            async for rechecked in recheck_reports(
                store,
                attributor.investigate,
                who or settings.analyst,
                jobs=settings.jobs,
                case=case,
            ):
                rows.append(asdict(rechecked))
                if as_json:
                    print_json(rows[-1])

    with store:
        asyncio.run(run())
    if not as_json:
        columns = ["report", "host", "outcome", "before", "after"]
        show_rows(rows, columns, as_json=False, empty=_("no report is open"))
    return incomplete(any(row["outcome"] == "unknown" for row in rows))
