"""One answer, for a person in a hurry: whom to write to, where, how sure and why, and what comes
next.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from attribution.codes import SHOWN_RULES
from attribution.language import N_, ngettext
from attribution.language import gettext as _
from attribution_cli.names import conclusion_text, doubt_text
from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.attributor import Investigation
    from attribution.decide.draft import Step
    from attribution.models import AbuseContact, Attribution, Country, Party, WriteStep

_STATUS_TEXTS = {
    "attributed": (N_("attributed"), "green"),
    "partial": (N_("in part"), "yellow"),
    "not_attributable": (N_("nobody to write to"), "yellow"),
    "not_resolved": (N_("no address"), "yellow"),
    "retry_later": (N_("ask again later"), "yellow"),
    "invalid_input": (N_("not a target"), "red"),
}
_ROLE_TEXTS = {
    "platform": N_("runs the platform that the page is on"),
    "cdn": N_("runs the reverse proxy; it can disclose the origin"),
    "hosting": N_("hosts it"),
    "reseller": N_("hosts it, on space of the company above"),
    "tenant": N_("customer of the block: may be the offender, do not write"),
    "allocation_holder": N_("holds the address space"),
    "network": N_("announces the address space"),
    "registrar": N_("registrar of the domain"),
    "dns_operator": N_("runs the name servers"),
}
_CONTACT_TEXTS = {
    "redacted": N_("withheld by the registry"),
    "not_published": N_("the registry publishes none"),
    "rate_limited": N_("not known: the registry asks us to wait"),
    "unreachable": N_("not known: the registry could not be reached"),
    "malformed": N_("not known: the registry's answer could not be read"),
    "stub": N_("not known: the answer was a placeholder"),
}
_SCOPE_TEXTS = {
    "network": N_("published for this network"),
    "organisation": N_("published for the whole organisation"),
    "parent_network": N_("published for the network above, of the same company"),
    "autonomous_system": N_("published for the company's autonomous system"),
}
_DELIVERABLE_TEXTS = {
    "accepts_mail": N_("its domain takes mail, by DNS"),
    "undeliverable": N_("its domain takes no mail, by DNS: write to the next"),
    "unknown": N_("whether its domain takes mail could not be asked"),
}


def panel(investigation: Investigation) -> Panel:
    """Return the panel for one answer."""
    answer = investigation.attribution
    word, colour = _STATUS_TEXTS[answer.status]
    parts: list[RenderableType] = [_head(answer)]
    why = _why(investigation.steps)
    rows = _rows()
    if why and answer.primary:
        rows.add_row(_("Why"), why[0])
        for line in why[1:]:
            rows.add_row("", line)
    if answer.fronted and answer.write_order:
        rows.add_row(_("Ask it to"), Text(shown(answer.write_order[0].ask)))
    _doubts(rows, answer)
    _next(rows, answer)
    rows.add_row(_("Asked"), _asked(answer))
    if rows.row_count:
        parts += [Text(), rows]
    title = Text(f" {shown(answer.host or answer.input)[:100]} ", style="bold")
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=Text(f" {_(word)} ", style=f"bold {colour}"),
        subtitle_align="right",
        border_style=colour,
        padding=(1, 2),
    )


def _rows() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True, min_width=8)
    table.add_column(overflow="fold", ratio=1)
    return table


def _head(answer: Attribution) -> RenderableType:
    primary = answer.primary
    if primary is None:
        reason = doubt_text(answer.doubts[-1]) if answer.doubts else _("nothing is known")
        return Text(shown(reason[:1].upper() + reason[1:]).removesuffix(".") + ".", style="bold")
    contact = primary.abuse_contact
    where = contact.email or contact.form
    name = Text(shown(primary.provider.name), style="bold")
    country = f"  {primary.provider.country}" if primary.provider.country else ""
    name.append(shown(f"{country}  {_(_ROLE_TEXTS[primary.role])}"), style="dim")
    lines: list[RenderableType] = [
        Text(_("Write to first") if where else _("Responsible"), style="dim"),
        name,
    ]
    if where:
        lines.append(Text(shown(where), style="bold green"))
        lines.append(Text(shown(_published(contact)), style="dim"))
        if contact.deliverable:
            style = "dim" if contact.deliverable == "accepts_mail" else "bold red"
            lines.append(Text(_(_DELIVERABLE_TEXTS[contact.deliverable]), style=style))
    else:
        why = _(_CONTACT_TEXTS.get(contact.status, contact.status))
        lines.append(Text(_("mailbox: {why}", why=why), style="yellow"))
    return Group(*lines)


def _published(contact: AbuseContact) -> str:
    scope = _(_SCOPE_TEXTS.get(contact.scope or "", N_("published")))
    kind, *rest = (contact.source or "").split(":", 1)
    if not kind:
        return scope
    registry = "".join(rest).upper() or _("the registry")
    return _("{scope}, by {registry} ({kind})", scope=scope, registry=registry, kind=kind)


def _why(steps: list[Step]) -> list[Text]:
    chosen = [step for step in steps if step.rule in SHOWN_RULES]
    lines = [
        Text(shown(f"{number}  {conclusion_text(step)}"))
        for number, step in enumerate(chosen[:6], start=1)
    ]
    if len(chosen) > 6:
        more = _("{count} more: attribution explain", count=len(chosen) - 6)
        lines.append(Text(more, style="dim"))
    return lines


def _doubts(rows: Table, answer: Attribution) -> None:
    doubts = answer.doubts if answer.primary else answer.doubts[:-1]
    if answer.primary and not doubts:
        rows.add_row(_("Doubts"), Text(_("none"), style="dim"))
    for number, doubt in enumerate(doubts):
        head = _("Doubts") if number == 0 else ""
        rows.add_row(head, Text(shown(doubt_text(doubt)), style="yellow"))


def _next(rows: Table, answer: Attribution) -> None:
    primary = answer.primary
    has_mailbox = primary is not None and primary.abuse_contact.email is not None
    later = answer.write_order[1:]
    _add_lines(rows, _("Tell too"), [_step(step) for step in later if step.when == "now"])
    steps = [_step(step) for step in later if step.when == "if_silent"]
    if primary and not has_mailbox:
        steps = [
            Text(
                shown(
                    _(
                        "{mailbox}  ({why}; not published for abuse)",
                        mailbox=mailbox.email,
                        why=mailbox.why,
                    )
                )
            )
            for mailbox in primary.abuse_contact.fallback[:3]
        ] + steps
    _add_lines(rows, _("If silent") if has_mailbox else _("Else"), steps)
    in_order = {step.role for step in answer.write_order}
    _add_lines(
        rows,
        _("Also"),
        [
            _party(party)
            for party in answer.parties
            if party != primary and party.role not in in_order
        ],
    )
    for failure in answer.failures:
        text = f"{failure.server}: {failure.text or failure.kind}"
        if failure.retry_at:
            text = _(
                "{failure}, ask again after {time}", failure=text, time=_clock(failure.retry_at)
            )
        rows.add_row(_("Not known"), Text(shown(text), style="yellow"))
    countries = _countries(answer.country)
    if countries:
        rows.add_row(_("Country"), Text(shown(countries)))
    if answer.country.hotline:
        rows.add_row(_("Hotline"), Text(shown(answer.country.hotline)))


def _add_lines(rows: Table, head: str, lines: list[Text]) -> None:
    for number, line in enumerate(lines):
        rows.add_row("" if number else head, line)


def _step(step: WriteStep) -> Text:
    text = Text(shown(step.to))
    if step.contact:
        text.append(shown(f"  {step.contact}"), style="green")
    return text.append(shown(f"  {step.ask}"), style="dim")


def _party(party: Party) -> Text:
    contact = party.abuse_contact
    text = Text(shown(party.provider.name))
    if party.addressee:
        known = _(_CONTACT_TEXTS.get(contact.status, contact.status))
        text.append(shown(f"  {contact.email or contact.form or known}"), style="green")
    text.append(f"  {_(_ROLE_TEXTS[party.role])}", style="dim" if party.addressee else "red")
    return text


def _countries(country: Country) -> str:
    sources_of = [
        (country.registered, _("the block's registration")),
        (country.holder, _("the company's")),
        (country.origin_as, _("the announcing network's")),
    ]
    by_code: dict[str, list[str]] = {}
    for code, source in sources_of:
        if code:
            by_code.setdefault(code, []).append(source)
    return "; ".join(
        _("{country} by {sources}", country=code, sources=_(" and ").join(sources))
        for code, sources in by_code.items()
    )


def _asked(answer: Attribution) -> Text:
    count = len(answer.evidence)
    cached = sum(record.cached for record in answer.evidence)
    parts = [ngettext("{count} answer", "{count} answers", count)] if count else []
    if cached:
        parts.append(_("{count} of them from the cache", count=cached))
    parts.append(f"{answer.observed_at:%Y-%m-%d %H:%M:%S} UTC")
    return Text(", ".join(parts), style="dim")


def _clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
