"""`attribution provider link`, `unlink`, `suggest`: which records are one company."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.providers import provider_app
from attribution_cli.casework.shared import (
    AsJson,
    At,
    Who,
    reading,
    recording,
    show_outcome,
    show_rows,
)
from attribution_cli.needs import needs

__all__ = ["provider_app"]


@provider_app.command(
    "link",
    epilog="Example: attribution provider link ripe:ORG-NEW ripe:ORG-OLD --kind "
    "renamed_to --source 'trade register, 2026-03-01'",
)
@needs("provider link", Extra.HOTLINE)
def link(
    new: Annotated[str, typer.Argument(metavar="NEW", help="The provider as it is now.")],
    old: Annotated[
        list[str],
        typer.Argument(
            metavar="OLD",
            help="The one that it goes on from, is owned by, shares an abuse contact with, or "
            "announces for; with same_operator, one or several.",
        ),
    ],
    source: Annotated[str, typer.Option("--source", help="How this is known.")],
    kind: Annotated[
        str,
        typer.Option(
            help="renamed_to, same_operator (one history), owned_by, same_abuse_desk, "
            "announces_for "
            "(not joined)."
        ),
    ] = "renamed_to",
    at: At = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Link two providers, from the day on which it was known. `provider unlink` undoes it."""
    from attribution.casework.linking import LinkKind, LinkProviders, link_providers

    command = LinkProviders(new=new, old=tuple(old), source=source, kind=kind, known_at=at)
    with recording(who) as writer:
        links = link_providers(writer, command)
    values: dict[str, Any] = {"links": list(links.numbers)}
    sentence = _(
        "links {numbers} made; `attribution provider unlink` undoes one by its number",
        numbers=", ".join(map(str, links.numbers)),
    )
    if kind != LinkKind.SAME_OPERATOR:
        number = links.numbers[0]
        values = {"link": number, "new": links.new, "old": links.old[0], "kind": kind}
        sentence = _(
            "link {number} made; `attribution provider unlink {number}` undoes it", number=number
        )
    show_outcome(values, sentence, as_json=as_json)


@provider_app.command("unlink", epilog="Example: attribution provider unlink 1207")
@needs("provider unlink", Extra.HOTLINE)
def unlink(
    number: Annotated[
        int, typer.Argument(metavar="LINK", help="Its number, from `provider show`.")
    ],
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Undo a link from now on. What was decided while it held stays as it was."""
    from attribution.casework.linking import undo_link

    with recording(who) as writer:
        undo_link(writer, number)
    sentence = _("link {number} is undone", number=number)
    show_outcome({"undone": number}, sentence, as_json=as_json)


@provider_app.command("suggest", epilog="Example: attribution provider suggest")
@needs("provider suggest", Extra.HOTLINE)
def suggest(
    provider: Annotated[
        str | None, typer.Argument(metavar="[PROVIDER]", help="Only pairs with this one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Suggest pairs of records that may be one company, with reasons. Nothing is joined: a person
    decides with `provider link`.
    """
    from attribution.casework.suggesting import suggest as suggest_pairs

    with reading() as view:
        pairs = suggest_pairs(view.connection, view.provider_id(provider))
    columns = ["one", "other", "reasons"]
    show_rows(pairs, columns, as_json=as_json, empty=_("no two providers look like one"))
