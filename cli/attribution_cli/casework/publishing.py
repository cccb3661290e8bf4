"""`attribution dossier`, `letter`, `contest`, `overview`, `list`: proof, the provider's say, and
the list that two people sign.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from attribution.extras import Extra, require
from attribution.files.whole_file import refuse_existing, whole_file
from attribution_cli import exit_code
from attribution_cli.casework.assess import AtDate, HistoryFolder, load_history, read_date
from attribution_cli.casework.desk import (
    AsJson,
    Force,
    Who,
    Why,
    open_store,
    print_json,
    recording,
    show_fields,
    tell,
    who_of,
    words,
    write_whole,
)
from attribution_cli.console import say
from attribution_cli.needs import needs


class ListFormat(StrEnum):
    """How the list is given out."""

    JSON = "json"
    MISP = "misp"
    STIX = "stix"


list_app = typer.Typer(
    help="The list for publication: off by default, signed by two people.", no_args_is_help=True
)
Provider = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="Its key, under any of its names.")
]


@needs("dossier", Extra.HOTLINE)
def dossier(
    provider: Provider,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Write dossier.html, dossier.json and cases.csv here.",
        ),
    ],
    history: HistoryFolder = None,
    at: AtDate = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare with what stands in FOLDER, and write nothing."),
    ] = False,
    force: Force = False,
) -> int:
    """Write a provider's dossier: every case, the weeks, the curve of removal, what was not
    counted. The same bytes each time.
    """
    from attribution.pattern.dossier.render import DOSSIER_FILES, dossier_files

    if not verify:
        refuse_existing(*(output / name for name in DOSSIER_FILES), replace=force)
    files = dossier_files(_dossier(provider, history, at))
    if verify:
        other = [
            name
            for name, raw in files.items()
            if not (output / name).is_file() or (output / name).read_bytes() != raw
        ]
        for name in other:
            say(f"attribution: {output / name} is not what the history gives")
        if not other:
            say(f"attribution: {', '.join(files)} in {output} are what the history gives")
        return exit_code.SOME_NOT if other else 0
    for name, raw in files.items():
        with whole_file(output / name, "wb", replace=force) as out:
            out.write(raw)
    say(f"attribution: {', '.join(files)} in {output}")
    return 0


@needs("letter", Extra.HOTLINE)
def letter(
    provider: Provider,
    history: HistoryFolder = None,
    at: AtDate = None,
    record_to: Annotated[
        str | None,
        typer.Option("--record", metavar="TO", help="Note that it was sent today, and to whom."),
    ] = None,
    who: Who = None,
) -> None:
    """Write the letter to a provider that goes with its dossier, at least 14 days before anything
    is published of it.
    """
    from attribution.casework.published_list import note_letter
    from attribution.pattern.dossier.render import dossier_hash, letter_text
    from attribution.settings import load_settings

    settings = load_settings()
    values = _dossier(provider, history, at)
    text, _ = letter_text(
        values,
        settings.hotline_name or "(the hotline's name)",
        settings.hotline_mailbox or "(its mailbox)",
    )
    typer.echo("\n".join(words(line) for line in text.splitlines()))
    if record_to is not None:
        store, settings = open_store(settings)
        with store, store.write(who_of(who, settings)) as writer:
            note_letter(writer, provider, store.now.date(), dossier_hash(values), record_to)
        say(f"attribution: noted that the letter went to {record_to}")


@needs("contest", Extra.HOTLINE)
def contest(
    provider: Provider,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="CASE", help="A case to leave out; may be given again and again."
        ),
    ] = None,
    history: HistoryFolder = None,
    at: AtDate = None,
    as_json: AsJson = False,
) -> int:
    """Decide again without the cases that a provider contests; say whether its label stands, and by
    what margin.
    """
    from attribution.pattern.dossier.dossier import contest as decide_again

    look = read_date(at)
    found, _ = load_history(history, look, provider=provider)
    try:
        result = decide_again(found, provider, without or [], look)
    except KeyError:
        raise _unknown(provider) from None
    if as_json:
        print_json(result)
    else:
        show_fields({**result, "stands": "yes" if result["stands"] else "no"})
    return exit_code.SOME_NOT if result["unknown"] else 0


@needs("overview", Extra.HOTLINE)
def overview(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="An .html or .svg file.")
    ],
    history: HistoryFolder = None,
    at: AtDate = None,
    force: Force = False,
) -> None:
    """Draw all providers: a funnel plot, and how many there are of each label."""
    form = output.suffix.lstrip(".").lower()
    if form not in ("html", "svg"):
        raise typer.BadParameter(f"--output {str(output)!r}: name an .html or .svg file")
    refuse_existing(output, replace=force)
    from attribution.pattern.assess import assess
    from attribution.pattern.dossier.overview import overview_page, overview_picture

    look = read_date(at)
    history_, where = load_history(history, look)
    found = assess(history_, look)
    with whole_file(output, "wb", replace=force) as out:
        out.write(overview_page(found, where) if form == "html" else overview_picture(found))
    say(f"attribution: {len(found)} providers in {output}")


@list_app.command("build", epilog="Example: attribution list build --output list.json")
@needs("list build", Extra.HOTLINE)
def build(
    output: Annotated[Path, typer.Option("--output", "-o")],
    form: Annotated[
        ListFormat,
        typer.Option(
            "--format",
            help="json is what is signed; misp and stix are for a closed circle of partners.",
        ),
    ] = ListFormat.JSON,
    force: Force = False,
) -> int:
    """Build the list as of today: only whom every condition holds for, after the 14 days. Says of
    the others why not.
    """
    if form is not ListFormat.JSON:
        require(
            f"list build --format {form}",
            Extra.EXCHANGE,
            "pymisp" if form is ListFormat.MISP else "stix2",
        )
    refuse_existing(output, replace=force)
    from attribution.casework.published_list import build as build_list
    from attribution.formats.list_partners import as_misp, as_stix
    from attribution.settings import load_settings

    store, _ = open_store()
    with store, store.read() as connection:
        made, refused = build_list(connection, store.now.date())
    for name, why in refused.items():
        say(f"attribution: {name} is not on it: {'; '.join(why)}")
    hotline = load_settings().hotline_name or "hotline"
    given = (
        made
        if form is ListFormat.JSON
        else as_misp(made, hotline)
        if form is ListFormat.MISP
        else as_stix(made, hotline)
    )
    _write(output, given, replace=force)
    then = "; two people sign it with `attribution list sign`" if form is ListFormat.JSON else ""
    say(f"attribution: {len(made['entries'])} entries in {output}{then}")
    return 0 if made["entries"] else exit_code.SOME_NOT


@list_app.command("key", epilog="Example: attribution list key --output ann.pem")
@needs("list key", Extra.HOTLINE)
def key(
    output: Annotated[Path, typer.Option("--output", "-o", help="The private key's file.")],
) -> None:
    """Make a signer's or checker's key (Ed25519) and print its public half."""
    from attribution.casework.published_list import new_key

    typer.echo(new_key(output))


@list_app.command(
    "signer",
    epilog="Example: attribution list signer 'Ann Example' --mailbox ann@hotline.example "
    "--public-key …",
)
@needs("list signer", Extra.HOTLINE)
def signer(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    mailbox: Annotated[str, typer.Option(help="Of the person, and of nobody else.")],
    public_key: Annotated[str, typer.Option(help="As `list key` printed it.")],
    who: Who = None,
) -> None:
    """Name a person who may sign."""
    from attribution.casework.published_list import name_signer

    with recording(who) as writer:
        name_signer(writer, name, mailbox, public_key)
    say(f"attribution: {name} may sign")


@list_app.command(
    "sign",
    epilog="Example: attribution list sign list.json --key ann.pem --reason 'read the dossiers'",
)
@needs("list sign", Extra.HOTLINE)
def sign(
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    key_file: Annotated[Path, typer.Option("--key", help="Your private key.")],
    reason: Annotated[str, typer.Option(help="Why; it stands beside the signature.")],
) -> None:
    """Sign exactly this list."""
    from attribution.casework.published_list import check_may_sign, public_half, read_key, signers
    from attribution.casework.published_list import sign as add_signature
    from attribution.codes import Refusal
    from attribution.errors import Refused

    try:
        key = read_key(key_file.read_bytes())
    except OSError as error:
        remedy = f"it cannot be read ({error.strerror}); name your key's file"
        raise Refused(Refusal.NOT_FOUND, "key", str(key_file), remedy) from None

    store, _ = open_store()
    with store, store.read() as connection:
        check_may_sign(connection, public_half(key))
        signed = add_signature(_read(path), key, reason, signers(connection), datetime.now(UTC))
    _write(path, signed, replace=True)  # the same list, with one signature more
    say(f"attribution: signed {path}")


@list_app.command(
    "reply",
    epilog="Example: attribution list reply ripe:ORG-EX1-RIPE --text 'We act within a day.' "
    "--why 'agreed with their counsel by mail'",
)
@needs("list reply", Extra.HOTLINE)
def reply(
    provider: Provider,
    why: Annotated[str, typer.Option(help="Who agreed to the words, and how; it is noted.")],
    text: Annotated[
        str | None,
        typer.Option(
            help="The words as you edited them together with the provider. [default: its own]"
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Approve the words of a provider's last reply for the list; until then it is held back."""
    from attribution.casework.publishing import ApproveReply, approve_reply

    with recording(who) as writer:
        approved = approve_reply(writer, ApproveReply(provider, why, text))
    tell(
        {"event": approved.event, "text": approved.text},
        f"with the list goes: {approved.text}",
        as_json=as_json,
    )


@list_app.command(
    "publish",
    epilog="Example: attribution list publish list.json --to 'Partner Hotline' --output "
    "published.json",
)
@needs("list publish", Extra.HOTLINE)
def publish(
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    to: Annotated[
        list[str], typer.Option("--to", help="Who gets it; may be given again and again.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o")],
    force: Force = False,
    who: Who = None,
) -> None:
    """Write the list as it may go out, if everything holds today and two different people signed
    exactly it.
    """
    from attribution.casework.published_list import publish as publish_list

    refuse_existing(output, replace=force)
    store, settings = open_store()
    with store, store.write(who_of(who, settings)) as writer:
        made = publish_list(writer, _read(path), store.now.date(), to)
        _write(output, made, replace=force)
    say(f"attribution: {output} may go to {', '.join(to)}")


@list_app.command(
    "withdraw",
    epilog="Example: attribution list withdraw 'Example Hosting B.V.' --why 'released on "
    "2026-03-01'",
)
@needs("list withdraw", Extra.HOTLINE)
def withdraw(
    company: Annotated[str, typer.Argument(metavar="COMPANY", help="As the list names it.")],
    why: Why,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw an entry, and say whom to tell: everybody who was given a list with it."""
    from attribution.casework.published_list import withdraw as withdraw_entry

    with recording(who) as writer:
        notice = withdraw_entry(writer, company, why)
    if as_json:
        print_json(notice)
    else:
        show_fields(notice)


def _dossier(provider: str, history: Path | None, at: str | None) -> dict[str, Any]:
    from attribution.pattern.dossier.dossier import dossier as make

    look = read_date(at)
    found, where = load_history(history, look, provider=provider)
    try:
        return make(found, provider, look, where.get(provider))
    except KeyError:
        raise _unknown(provider) from None


def _unknown(provider: str) -> Exception:
    from attribution.codes import Refusal
    from attribution.errors import Refused

    remedy = "it has no notice in the history by then; `attribution assess` lists those that have"
    return Refused(Refusal.NOT_FOUND, "provider", provider, remedy)


def _read(path: Path) -> dict[str, Any]:
    from attribution.codes import Refusal
    from attribution.errors import Refused

    try:
        listed = json.loads(path.read_text("utf-8"))
        date.fromisoformat(listed["as_of"])
        return dict(listed)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        remedy = f"it cannot be read as a list ({type(error).__name__}); name one of `list build`"
        raise Refused(Refusal.INVALID, "list", str(path), remedy) from None


def _write(path: Path, values: dict[str, Any], *, replace: bool) -> None:
    write_whole(path, [json.dumps(values, indent=1, ensure_ascii=True) + "\n"], replace=replace)
