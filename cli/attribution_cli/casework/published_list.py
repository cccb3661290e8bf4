"""`attribution list`: the list for publication, which two people sign."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.extras import Extra, require
from attribution.files.whole_file import refuse_existing
from attribution.formats.registry import partner_list_formats
from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli.casework.shared import (
    AsJson,
    Force,
    Output,
    Who,
    Why,
    open_store,
    reading,
    recording,
    show_object,
    show_outcome,
    write_whole,
)
from attribution_cli.console import print_message
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

list_app = typer.Typer(
    help="The list for publication: off by default, signed by two people.", no_args_is_help=True
)
_SIGNED_FORMAT = "json"
_FORMATS = [_SIGNED_FORMAT, *partner_list_formats()]
ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="A list of `list build`.")]


@list_app.command("build", epilog="Example: attribution list build --output list.json")
@needs("list build", Extra.HOTLINE)
def build(
    output: Output,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar=f"[{'|'.join(_FORMATS)}]",
            help="json is what is signed; the others are for a closed circle of partners.",
        ),
    ] = _SIGNED_FORMAT,
    force: Force = False,
) -> int:
    """Build the list as of today: only whom every condition holds for, after the 14 days. Names the
    others with the reasons.
    """
    if form not in _FORMATS:
        raise typer.BadParameter(
            _(
                "--format {format}: use one of {formats}",
                format=repr(form),
                formats=", ".join(_FORMATS),
            )
        )
    partner_format = partner_list_formats().get(form)
    if partner_format:
        require(f"list build --format {form}", Extra.EXCHANGE, partner_format.package)
    refuse_existing(output, replace=force)
    from attribution.casework.building_list import build_list

    with reading() as view:
        listed, left_out = build_list(view.connection, view.store.now.date())
    for name, reasons in left_out.items():
        print_message(_("{name} is not on it: {reasons}", name=name, reasons="; ".join(reasons)))
    count = len(listed["entries"])
    if partner_format:
        hotline = view.settings.hotline_name or "hotline"
        _write(output, partner_format.convert(listed, hotline), replace=force)
        print_message(
            ngettext("{count} entry in {file}", "{count} entries in {file}", count, file=output)
        )
    else:
        _write(output, listed, replace=force)
        print_message(
            ngettext(
                "{count} entry in {file}; two people sign it with `attribution list sign`",
                "{count} entries in {file}; two people sign it with `attribution list sign`",
                count,
                file=output,
            )
        )
    return incomplete(not count)


@list_app.command("key", epilog="Example: attribution list key --output ann.pem")
@needs("list key", Extra.HOTLINE)
def key(
    output: Annotated[Path, typer.Option("--output", "-o", help="The private key's file.")],
) -> None:
    """Make a signer's or checker's key (Ed25519) and print its public half."""
    from attribution.casework.signers import new_key

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
    from attribution.casework.signers import NameSigner, name_signer

    with recording(who) as writer:
        name_signer(writer, NameSigner(name=name, mailbox=mailbox, public_key=public_key))
    print_message(_("{name} may sign", name=name))


@list_app.command(
    "sign",
    epilog="Example: attribution list sign list.json --key ann.pem --reason 'read the dossiers'",
)
@needs("list sign", Extra.HOTLINE)
def sign(
    path: ListFile,
    key_file: Annotated[Path, typer.Option("--key", help="Your private key.")],
    reason: Annotated[str, typer.Option(help="Why; it stands beside the signature.")],
) -> None:
    """Sign exactly this list."""
    from attribution.casework.signers import check_may_sign, public_half, read_key, signers
    from attribution.casework.signing_list import sign_list

    try:
        private_key = read_key(key_file.read_bytes())
    except OSError as error:
        remedy = _("it cannot be read ({reason}); name your key's file", reason=error.strerror)
        raise Refused(Refusal.NOT_FOUND, "key", str(key_file), remedy) from None
    with reading() as view:
        check_may_sign(view.connection, public_half(private_key))
        known = signers(view.connection)
        signed = sign_list(_read(path), private_key, reason, known, datetime.now(UTC))
    _write(path, signed, replace=True)  # the same list, with one signature more
    print_message(_("signed {file}", file=path))


@list_app.command(
    "reply",
    epilog="Example: attribution list reply ripe:ORG-EX1-RIPE --text 'We act within a day.' "
    "--why 'agreed with their counsel by mail'",
)
@needs("list reply", Extra.HOTLINE)
def reply(
    provider: Annotated[
        str, typer.Argument(metavar="PROVIDER", help="Its key, under any of its names.")
    ],
    why: Annotated[str, typer.Option(help="Who agreed to the text, and how; it is noted.")],
    text: Annotated[
        str | None,
        typer.Option(
            help="The text as you edited it together with the provider. [default: its own]"
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> None:
    """Approve the text of a provider's last reply for the list; until then it is held back."""
    from attribution.casework.replies import ApproveReply, approve_reply

    with recording(who) as writer:
        approved = approve_reply(writer, ApproveReply(provider, why, text))
    values = {"event": approved.event, "text": approved.text}
    sentence = _("with the list goes: {text}", text=approved.text)
    show_outcome(values, sentence, as_json=as_json)


@list_app.command(
    "publish",
    epilog="Example: attribution list publish list.json --to 'Partner Hotline' --output "
    "published.json",
)
@needs("list publish", Extra.HOTLINE)
def publish(
    path: ListFile,
    to: Annotated[
        list[str], typer.Option("--to", help="Who gets it; may be given again and again.")
    ],
    output: Output,
    force: Force = False,
    who: Who = None,
) -> None:
    """Write the list as it may go out, if everything holds today and two different people signed
    exactly it.
    """
    from attribution.casework.publishing import PublishList, publish_list

    refuse_existing(output, replace=force)
    store, settings = open_store()
    with store, store.write(who or settings.analyst) as writer:
        command = PublishList(signed=_read(path), today=store.now.date(), recipients=to)
        published = publish_list(writer, command)
        _write(output, published, replace=force)
    print_message(_("{file} may go to {recipients}", file=output, recipients=", ".join(to)))


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
    """Withdraw an entry, and show whom to tell: everybody who was given a list with it."""
    from attribution.casework.publishing import WithdrawEntry, withdraw_entry

    with recording(who) as writer:
        show_object(
            withdraw_entry(writer, WithdrawEntry(company=company, why=why)), as_json=as_json
        )


def _read(path: Path) -> dict[str, Any]:
    """Read a list. Raises Refused."""
    try:
        listed = json.loads(path.read_text("utf-8"))
        date.fromisoformat(listed["as_of"])
        return dict(listed)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        remedy = _(
            "it cannot be read as a list ({reason}); name one of `list build`",
            reason=type(error).__name__,
        )
        raise Refused(Refusal.INVALID, "list", str(path), remedy) from None


def _write(path: Path, values: dict[str, Any], *, replace: bool) -> None:
    write_whole(path, [json.dumps(values, indent=1, ensure_ascii=True) + "\n"], replace=replace)
