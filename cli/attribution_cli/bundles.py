"""`attribution replay`, `diff`, `verify`: answers again from what was kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.errors import EvidenceError
from attribution.extras import Extra, require
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.console import print_message
from attribution_cli.exit_code import Tally, incomplete
from attribution_cli.local_data import AsJson
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from attribution.attributor import Investigation


def replay(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle kept with --evidence.")
    ],
) -> int:
    """Decide again from a kept bundle, without any network: the same bytes as when it was kept."""
    from attribution_cli.outputs import json_line

    answer = read_bundle(bundle).attribution
    typer.echo(json_line(None, answer))
    tally = Tally()
    tally.add(answer)
    return tally.code


def diff(
    before: Annotated[Path, typer.Argument(metavar="BUNDLE", help="An earlier lookup.")],
    after: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A later lookup of the same target.")
    ],
    as_json: AsJson = False,
) -> int:
    """List what changed between two kept lookups: another host, company or mailbox. Exit code 1
    when something did.
    """
    from attribution.decide import changes_between

    changes = changes_between(read_bundle(before).attribution, read_bundle(after).attribution)
    for change in changes:
        if as_json:
            typer.echo(escaped_json(json.dumps(asdict(change), ensure_ascii=False)))
        else:
            typer.echo(shown(f"{change.what}: {change.before} -> {change.after}"))
    if not changes:
        print_message(_("nothing changed"))
    return incomplete(changes)


def verify(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="A folder written with --evidence. [default: the store of reports and notices]",
        ),
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="A head noted earlier: finds a chain whose end was cut off.")
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A backup, signed list or dossier: the head in it has to be in the log. "
            "Repeatable.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check the store, or a folder of evidence, for changed, missing or reordered records. Exit
    code 1 when there are any.
    """
    if folder is None:
        require("verify", Extra.HOTLINE)
        from attribution_cli.casework.upkeep import verify_store

        return verify_store(head, against or [], as_json=as_json)
    from attribution.evidence import verify_folder

    check = verify_folder(folder, head)
    if as_json:
        names = ("bundles", "head", "faults", "unlisted")
        typer.echo(json.dumps({name: getattr(check, name) for name in names}))
        return incomplete(check.faults)
    for fault in check.faults:
        typer.echo(_("fault: {fault}", fault=fault))
    for name in check.unlisted:
        typer.echo(_("not in the chain: {name}", name=name))
    bundles = ngettext("{count} bundle", "{count} bundles", check.bundles)
    faults = ngettext("{count} fault", "{count} faults", len(check.faults))
    state = faults if check.faults else _("unbroken")
    typer.echo(f"{bundles}, {state}; {_('head {hash}', hash=check.head)}")
    return incomplete(check.faults)


def read_bundle(path: Path) -> Investigation:
    """Decide again from a kept bundle. Raises EvidenceError."""
    from attribution.attributor import Investigation
    from attribution.evidence import Evidence

    try:
        raw = path.read_bytes()
    except OSError as error:
        text = _(
            "bundle {file} cannot be read: {reason}", file=repr(str(path)), reason=error.strerror
        )
        raise EvidenceError(text) from None
    return Investigation.of(Evidence.from_bytes(raw))
