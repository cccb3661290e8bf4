"""`attribution mail`: what came back by mail, matched to cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attribution.extras import Extra
from attribution.language import gettext as _
from attribution_cli.casework.shared import AsJson, Who, open_store, show_rows
from attribution_cli.exit_code import incomplete
from attribution_cli.needs import needs

if TYPE_CHECKING:
    from attribution.casework.reading_mail import MailRead

mail_app = typer.Typer(help="What came back by mail.", no_args_is_help=True)


@mail_app.command("read", epilog="Example: attribution mail read ~/Maildir --record")
@needs("mail read", Extra.HOTLINE)
def mail_read(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|MAILDIR", help="A mail, an mbox, a Maildir or a folder of mails."
        ),
    ],
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Note bounces, delays, and what provably comes from the provider; each mail once.",
        ),
    ] = False,
    proposals: Annotated[
        list[str] | None,
        typer.Option(
            "--record-proposed",
            metavar="WHAT",
            help="Note proposals too: automatic, delivered, relayed, opened. May be repeated.",
        ),
    ] = None,
    who: Who = None,
    as_json: AsJson = False,
) -> int:
    """Tell bounces, deliveries, programs' and people's answers apart, and match them to cases."""
    from attribution.casework.reading_mail import Proposal, ReadMail, read_mails
    from attribution.mail import Relay
    from attribution.mail import read_mails as read_boxes

    if unknown := [name for name in proposals or () if name not in list(Proposal)]:
        known = ", ".join(Proposal)
        raise typer.BadParameter(
            _("--record-proposed {name}: use one of {known}", name=repr(unknown[0]), known=known)
        )
    take = frozenset(map(Proposal, proposals or ()))
    store, settings = open_store()
    relay = Relay(settings.mail_authserv, frozenset(settings.mail_relay_hosts))
    with store:
        mails = (
            ReadMail(name, reading, record=record, take=take)
            for name, reading in read_boxes(path, relay)
        )
        rows = list(map(_mail_row, read_mails(store, who or settings.analyst, mails)))
    show_rows(
        rows,
        ["mail", "what", "case", "event", "decision", "origin", "believed", "from", "said"],
        as_json=as_json,
        empty=_("no mail"),
    )
    return incomplete(any(row["case"] is None or row["problem"] for row in rows))


def _mail_row(mail: MailRead) -> dict[str, Any]:
    """Return what became of a mail, as JSON lines and the table have it."""
    from attribution.store.times import iso, micros

    reading = mail.reading
    cases = [match.case for match in mail.matches]
    return {
        "mail": mail.name,
        "what": reading.kind.value,
        "at": None if reading.at is None else iso(micros(reading.at)),
        "from": reading.sender or None,
        "case": cases[0] if cases else None,
        "cases": cases,
        "matched_by": mail.matches[0].by.value if mail.matches else None,
        "event": mail.event,
        "decision": mail.decision.value,
        "noted": list(mail.noted),
        "believed": mail.believed,
        "origin": mail.origin.method.value if mail.origin else None,
        "origin_domain": mail.origin.domain if mail.origin else None,
        "recognised_by": [evidence.value for evidence in reading.evidence],
        "recipients": [to.mailbox for to in reading.recipients if to.mailbox],
        "status": reading.status,
        "said": reading.diagnostic or reading.subject[:200] or None,
        "disposition": reading.disposition,
        "attachments": reading.attachments,
        "attachments_sha256": reading.attachments_sha256,
        "beyond": [bound.value for bound in reading.beyond],
        "to_be_read": reading.to_be_read,
        "problem": mail.problem,
    }
