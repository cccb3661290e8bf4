"""The rules that led to an answer, in order, each with what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from attribution.language import gettext as _
from attribution_cli.names import doubt_text, field_name, status_name
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from attribution.attributor import Investigation
    from attribution.decide.draft import Step


def explanation(investigation: Investigation) -> RenderableType:
    """Return the walk through the rules, for a terminal."""
    answer = investigation.attribution
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="dim")
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold", ratio=1)
    for number, step in enumerate(investigation.steps, start=1):
        table.add_row(f"{number}", step.rule, _conclusion(step))
    parts: list[RenderableType] = [
        Text(shown(f"{answer.host or answer.input}: {status_name(answer.status)}"), style="bold"),
        table,
    ]
    open_points = [
        _("doubt, {code}: {text}", code=doubt.code, text=doubt_text(doubt))
        for doubt in answer.doubts
    ]
    open_points += [
        _(
            "not answered by {server}: {reason}",
            server=failure.server,
            reason=failure.text or failure.kind,
        )
        for failure in answer.failures
    ]
    parts += [Text(shown(point), style="yellow") for point in open_points]
    asked = Table(
        *map(field_name, ("kind", "server", "asked", "outcome")),
        "SHA-256",
        box=None,
        pad_edge=False,
        header_style="dim",
        style="dim",
    )
    for record in investigation.evidence.records:
        asked.add_row(
            record.kind,
            Text(shown(record.server)),
            Text(shown(record.question.text)),
            record.outcome,
            record.sha256[:12],
        )
    return Group(*parts, Text(), asked)


def explanation_json(investigation: Investigation) -> Iterator[str]:
    """Yield the steps as JSON lines."""
    for number, step in enumerate(investigation.steps, start=1):
        yield escaped_json(json.dumps({"step": number, **asdict(step)}, ensure_ascii=False))


def _conclusion(step: Step) -> Text:
    text = Text(shown(step.conclusion))
    if step.server:
        field = f"{step.rests_on}, " if step.rests_on else ""
        digest = (step.sha256 or "")[:12]
        text.append(
            "\n" + shown(f"{field}{step.server}, {_('answer {hash}', hash=digest)}"), style="dim"
        )
    for lost in step.lost:
        text.append("\n" + shown(_("not {lost}", lost=lost)), style="dim")
    return text
