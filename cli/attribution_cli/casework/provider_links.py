"""`attribution provider link`, `unlink`, `suggest`: which records are one company."""

from __future__ import annotations

from typing import Annotated

import typer

from attribution.extras import Extra
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
    from attribution.casework import SameOperator, same_operator
    from attribution.casework.providers import link as link_providers
    from attribution.casework.providers import provider_named

    if kind == "same_operator":
        with recording(who) as writer:
            command = SameOperator((new, *old), source, at or writer.now)
            numbers = same_operator(writer, command)
        listed = ", ".join(map(str, numbers))
        sentence = f"links {listed} made; `attribution provider unlink` undoes one by its number"
        show_outcome({"links": numbers}, sentence, as_json=as_json)
        return
    if len(old) > 1:
        raise typer.BadParameter(f"--kind {kind}: name one OLD; only same_operator joins several")
    with recording(who) as writer:
        new_id, new_key = provider_named(writer.connection, new)
        old_id, old_key = provider_named(writer.connection, old[0])
        number = link_providers(writer, new_id, old_id, kind, at or writer.now, source)
    values = {"link": number, "new": new_key, "old": old_key, "kind": kind}
    sentence = f"link {number} made; `attribution provider unlink {number}` undoes it"
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
    from attribution.casework.providers import unlink as unlink_providers

    with recording(who) as writer:
        unlink_providers(writer, number)
    show_outcome({"undone": number}, f"link {number} is undone", as_json=as_json)


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
    from attribution.casework.providers import suggest as suggest_pairs

    with reading() as view:
        pairs = suggest_pairs(view.connection, view.provider_id(provider))
    columns = ["one", "other", "reasons"]
    show_rows(pairs, columns, as_json=as_json, empty="no two providers look like one")
