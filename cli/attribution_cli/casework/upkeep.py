"""`attribution backup`, `restore`, `keys`, `stamp`, `verify`: the store's own care."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.extras import Extra
from attribution.files.whole_file import refuse_existing
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    Force,
    Output,
    open_store,
    print_json,
    show_counts,
    show_outcome,
)
from attribution_cli.console import print_message
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.verifying import StoreCheck

keys_app = typer.Typer(help="The key file of the store.", no_args_is_help=True)


@needs("backup", Extra.HOTLINE)
def backup(output: Output, force: Force = False, as_json: AsJson = False) -> None:
    """Write everything to one file, while others go on writing.
    Keep the key file too, elsewhere.
    """
    from attribution.store.backup import back_up

    refuse_existing(output, replace=force)
    store = open_store()[0]
    with store:
        show_counts(str(output), back_up(store, output, replace=force), as_json=as_json)


@needs("restore", Extra.HOTLINE)
def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Fill the empty database that the settings name from a backup; of either kind of database."""
    from attribution.settings import load_settings
    from attribution.store.backup import restore as restore_into

    url = load_settings().store_url
    show_counts(url, restore_into(path, url), as_json=as_json)


@keys_app.command("rotate", epilog="Example: attribution keys rotate")
@needs("keys rotate", Extra.HOTLINE)
def rotate(as_json: AsJson = False) -> None:
    """Make a new key for kept URLs, put each under it, and forget the old one."""
    store = open_store()[0]
    with store:
        count = store.rotate_keys()
    sentence = ngettext(
        "{count} kept URL is under a new key", "{count} kept URLs are under a new key", count
    )
    show_outcome({"urls": count}, sentence, as_json=as_json)


@needs("stamp", Extra.HOTLINE)
def stamp(as_json: AsJson = False) -> None:
    """Have the log's head stamped (RFC 3161):
    `verify` then finds a log that was rewritten since.
    """
    from attribution.casework.stamping import StampHead, stamp_head

    store, settings = open_store()
    with store:
        stamped = stamp_head(store, settings, StampHead())
    head, path = stamped.head, stamped.path
    at = stamped.at.isoformat() if stamped.at else None
    if at:
        sentence = _(
            "event {event} was stamped at {time}: {file}", event=head.seq, time=at, file=path
        )
    else:
        sentence = _(
            "event {event} is the log's end still, and was stamped before: {file}",
            event=head.seq,
            file=path,
        )
    values = {"event": head.seq, "hash": head.hash, "at": at, "file": str(path)}
    show_outcome(values, sentence, as_json=as_json)


def verify_store(head: str | None, against: Sequence[Path], *, as_json: bool) -> int:
    """Check the store's log, every row that it covers, and the heads that left this machine."""
    from attribution.casework.verifying import CheckStore, check_store

    store, settings = open_store()
    with store:
        result = check_store(store, settings, CheckStore(head, tuple(against)))
    if as_json:
        _print_check(result)
    else:
        _show_check(result)
    return incomplete(result.faults)


def _print_check(result: StoreCheck) -> None:
    stamps = result.stamps
    print_json(
        {
            "events": result.log.events,
            "head": result.log.head,
            "stamps": stamps.count,
            "last_stamp": stamps.last.isoformat() if stamps.last else None,
            "stamped_events": stamps.covered,
            "longest_wait_days": stamps.longest_wait.days if stamps.longest_wait else None,
            "faults": result.faults,
        }
    )


def _show_check(result: StoreCheck) -> None:
    for fault in result.faults:
        print_message(fault)
    stamps = result.stamps
    events = ngettext("{count} event", "{count} events", result.log.events)
    faults = ngettext("{count} fault", "{count} faults", len(result.faults))
    parts = [f"{events}, {faults if result.faults else _('whole')}"]
    if stamps.last:
        stamped = _(
            "stamped up to event {event} on {time:%Y-%m-%d %H:%M} UTC",
            event=stamps.covered,
            time=stamps.last,
        )
        if stamps.longest_wait:
            days = stamps.longest_wait.days + 1
            stamped += ngettext(
                ", each event within {count} day", ", each event within {count} days", days
            )
        parts.append(stamped)
    typer.echo("; ".join([*parts, _("head {hash}", hash=result.log.head)]))
