"""`attribution case assign` and so on: working on one case or on many."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import ngettext
from attribution_cli.casework.shared import AsJson, At, Who, Why, recording, show_outcome
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.working import WorkedOn

Cases = Annotated[
    list[str],
    typer.Argument(
        metavar="CASE...",
        help="Cases by their keys, and reports without a case; - reads them from stdin.",
    ),
]


def add_commands(case_app: typer.Typer) -> None:
    """Add these commands to the group of `attribution case`."""
    example = "Example: attribution case"
    case_app.command("assign", epilog=f"{example} assign c4b81d9f02aa --to ann")(assign)
    case_app.command("follow-up", epilog=f"{example} follow-up c4b81d9f02aa --at 2026-03-04")(
        follow_up
    )
    case_app.command("note", epilog=f"{example} note c4b81d9f02aa --text 'called, will act'")(note)
    case_app.command(
        "handled", epilog=f"{example} handled c4b81d9f02aa --note 'wrote to the new mailbox'"
    )(handled)
    case_app.command("done", epilog=f"{example} done c4b81d9f02aa --why 'passed on'")(done)
    case_app.command("reopen", epilog=f"{example} reopen c4b81d9f02aa --why 'seen again'")(reopen)


@needs("case assign", Extra.HOTLINE)
def assign(
    cases: Cases,
    to: Annotated[str | None, typer.Option("--to", help="The person. [default: nobody]")] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Say who works on cases from now on."""
    from attribution.casework.working import AssignCases, assign_cases

    with recording(who) as writer:
        worked = assign_cases(writer, AssignCases(cases=_keys(cases), assignee=to))
    count = len(worked.cases)
    if to:
        sentence = ngettext(
            "{count} case assigned to {person}.",
            "{count} cases assigned to {person}.",
            count,
            person=to,
        )
    else:
        sentence = ngettext(
            "{count} case assigned to nobody.", "{count} cases assigned to nobody.", count
        )
    _show(worked, sentence, as_json=as_json)


@needs("case follow-up", Extra.HOTLINE)
def follow_up(cases: Cases, at: At = None, who: Who = None, as_json: AsJson = False) -> None:
    """Say when to look at cases again. Without --at the day is forgotten."""
    from attribution.casework.working import SetFollowUp, set_follow_up
    from attribution.store.times import moment

    with recording(who) as writer:
        worked = set_follow_up(writer, SetFollowUp(cases=_keys(cases), at=at))
    count = len(worked.cases)
    if at is None:
        sentence = ngettext(
            "{count} case without a follow-up date now.",
            "{count} cases without a follow-up date now.",
            count,
        )
    else:
        sentence = ngettext(
            "{count} case due again {time}.",
            "{count} cases due again {time}.",
            count,
            time=f"{moment(at):%Y-%m-%d %H:%M}",
        )
    _show(worked, sentence, as_json=as_json)


@needs("case note", Extra.HOTLINE)
def note(
    cases: Cases,
    text: Annotated[str, typer.Option("--text", help="The note.")],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Write a note on cases."""
    from attribution.casework.working import AddNote, add_note

    with recording(who) as writer:
        worked = add_note(writer, AddNote(cases=_keys(cases), text=text))
    sentence = ngettext("{count} case noted.", "{count} cases noted.", len(worked.cases))
    _show(worked, sentence, as_json=as_json)


@needs("case handled", Extra.HOTLINE)
def handled(
    cases: Cases,
    text: Annotated[str, typer.Option("--note", help="What was done.")] = "",
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Say that the mail that came back is dealt with: the cases wait for what comes next again."""
    from attribution.casework.working import MarkHandled, mark_handled

    with recording(who) as writer:
        worked = mark_handled(writer, MarkHandled(cases=_keys(cases), note=text))
    sentence = ngettext("{count} case handled.", "{count} cases handled.", len(worked.cases))
    _show(worked, sentence, as_json=as_json)


@needs("case done", Extra.HOTLINE)
def done(cases: Cases, why: Why, who: Who = None, as_json: AsJson = False) -> None:
    """Close cases: nothing more is to be done. A new report, a reply or a bounce opens them
    again.
    """
    from attribution.casework.working import CloseCases, close_cases

    with recording(who) as writer:
        worked = close_cases(writer, CloseCases(cases=_keys(cases), why=why))
    sentence = ngettext("{count} case closed.", "{count} cases closed.", len(worked.cases))
    _show(worked, sentence, as_json=as_json)


@needs("case reopen", Extra.HOTLINE)
def reopen(cases: Cases, why: Why, who: Who = None, as_json: AsJson = False) -> None:
    """Open cases again that a person closed."""
    from attribution.casework.working import ReopenCases, reopen_cases

    with recording(who) as writer:
        worked = reopen_cases(writer, ReopenCases(cases=_keys(cases), why=why))
    sentence = ngettext(
        "{count} case opened again.", "{count} cases opened again.", len(worked.cases)
    )
    _show(worked, sentence, as_json=as_json)


def _keys(given: list[str]) -> tuple[str, ...]:
    """Return the keys of the command line, or those of stdin, one a line."""
    if given != ["-"]:
        return tuple(given)
    return tuple(line.strip() for line in sys.stdin if line.strip())


def _show(worked: WorkedOn, sentence: str, *, as_json: bool) -> None:
    values: dict[str, Any] = {"cases": worked.cases, "events": worked.events}
    show_outcome(values, sentence, as_json=as_json)
