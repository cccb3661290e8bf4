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
from attribution_cli.safe_text import shown

if TYPE_CHECKING:
    from attribution.attributor import Investigation
    from attribution.decide.draft import Step
    from attribution.models import AbuseContact, Attribution, Country, Party, WriteStep

_STATUS_TEXTS = {
    "attributed": ("attributed", "green"),
    "partial": ("in part", "yellow"),
    "not_attributable": ("nobody to write to", "yellow"),
    "not_resolved": ("no address", "yellow"),
    "retry_later": ("ask again later", "yellow"),
    "invalid_input": ("not a target", "red"),
}
_ROLE_TEXTS = {
    "platform": "runs the platform that the page is on",
    "cdn": "runs the reverse proxy; it can disclose the origin",
    "hosting": "hosts it",
    "reseller": "hosts it, on space of the company above",
    "tenant": "customer of the block: may be the offender, do not write",
    "allocation_holder": "holds the address space",
    "network": "announces the address space",
    "registrar": "registrar of the domain",
    "dns_operator": "runs the name servers",
}
_CONTACT_TEXTS = {
    "redacted": "withheld by the registry",
    "not_published": "the registry publishes none",
    "rate_limited": "not known: the registry asks us to wait",
    "unreachable": "not known: the registry could not be reached",
    "malformed": "not known: the registry's answer could not be read",
    "stub": "not known: the answer was a placeholder",
}
_SCOPE_TEXTS = {
    "network": "published for this network",
    "organisation": "published for the whole organisation",
    "parent_network": "published for the network above, of the same company",
    "autonomous_system": "published for the company's autonomous system",
}
_DELIVERABLE_TEXTS = {
    "accepts_mail": "its domain takes mail, by DNS",
    "undeliverable": "its domain takes no mail, by DNS: write to the next",
    "unknown": "whether its domain takes mail could not be asked",
}


def panel(investigation: Investigation) -> Panel:
    """Return the panel for one answer."""
    answer = investigation.attribution
    word, colour = _STATUS_TEXTS[answer.status]
    parts: list[RenderableType] = [_head(answer)]
    why = _why(investigation.steps)
    rows = _rows()
    if why and answer.primary:
        rows.add_row("Why", why[0])
        for line in why[1:]:
            rows.add_row("", line)
    if answer.fronted and answer.write_order:
        rows.add_row("Ask it to", Text(shown(answer.write_order[0].ask)))
    _doubts(rows, answer)
    _next(rows, answer)
    rows.add_row("Asked", _asked(answer))
    if rows.row_count:
        parts += [Text(), rows]
    title = Text(f" {shown(answer.host or answer.input)[:100]} ", style="bold")
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=Text(f" {word} ", style=f"bold {colour}"),
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
        reason = answer.doubts[-1].text if answer.doubts else "nothing is known"
        return Text(shown(reason[:1].upper() + reason[1:]).removesuffix(".") + ".", style="bold")
    contact = primary.abuse_contact
    where = contact.email or contact.form
    name = Text(shown(primary.provider.name), style="bold")
    country = f"  {primary.provider.country}" if primary.provider.country else ""
    name.append(shown(f"{country}  {_ROLE_TEXTS[primary.role]}"), style="dim")
    lines: list[RenderableType] = [
        Text("Write to first" if where else "Responsible", style="dim"),
        name,
    ]
    if where:
        lines.append(Text(shown(where), style="bold green"))
        lines.append(Text(shown(_published(contact)), style="dim"))
        if contact.deliverable:
            style = "dim" if contact.deliverable == "accepts_mail" else "bold red"
            lines.append(Text(_DELIVERABLE_TEXTS[contact.deliverable], style=style))
    else:
        lines.append(
            Text(f"mailbox: {_CONTACT_TEXTS.get(contact.status, contact.status)}", style="yellow")
        )
    return Group(*lines)


def _published(contact: AbuseContact) -> str:
    scope = _SCOPE_TEXTS.get(contact.scope or "", "published")
    kind, _, registry = (contact.source or "").partition(":")
    return f"{scope}, by {registry.upper() or 'the registry'} ({kind})" if kind else scope


def _why(steps: list[Step]) -> list[Text]:
    chosen = [step for step in steps if step.rule in SHOWN_RULES]
    lines = [
        Text(shown(f"{number}  {step.conclusion}"))
        for number, step in enumerate(chosen[:6], start=1)
    ]
    if len(chosen) > 6:
        lines.append(Text(f"{len(chosen) - 6} more: attribution explain", style="dim"))
    return lines


def _doubts(rows: Table, answer: Attribution) -> None:
    doubts = answer.doubts if answer.primary else answer.doubts[:-1]
    if answer.primary and not doubts:
        rows.add_row("Doubts", Text("none", style="dim"))
    for number, doubt in enumerate(doubts):
        rows.add_row("Doubts" if number == 0 else "", Text(shown(doubt.text), style="yellow"))


def _next(rows: Table, answer: Attribution) -> None:
    primary = answer.primary
    has_mailbox = primary is not None and primary.abuse_contact.email is not None
    later = answer.write_order[1:]
    _add_lines(rows, "Tell too", [_step(step) for step in later if step.when == "now"])
    steps = [_step(step) for step in later if step.when == "if_silent"]
    if primary and not has_mailbox:
        steps = [
            Text(shown(f"{mailbox.email}  ({mailbox.why}; not published for abuse)"))
            for mailbox in primary.abuse_contact.fallback[:3]
        ] + steps
    _add_lines(rows, "If silent" if has_mailbox else "Else", steps)
    in_order = {step.role for step in answer.write_order}
    _add_lines(
        rows,
        "Also",
        [
            _party(party)
            for party in answer.parties
            if party != primary and party.role not in in_order
        ],
    )
    for failure in answer.failures:
        when = f", ask again after {_clock(failure.retry_at)}" if failure.retry_at else ""
        text = f"{failure.server}: {failure.text or failure.kind}{when}"
        rows.add_row("Not known", Text(shown(text), style="yellow"))
    countries = _countries(answer.country)
    if countries:
        rows.add_row("Country", Text(shown(countries)))
    if answer.country.hotline:
        rows.add_row("Hotline", Text(shown(answer.country.hotline)))


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
        known = _CONTACT_TEXTS.get(contact.status, contact.status)
        text.append(shown(f"  {contact.email or contact.form or known}"), style="green")
    text.append(f"  {_ROLE_TEXTS[party.role]}", style="dim" if party.addressee else "red")
    return text


def _countries(country: Country) -> str:
    sources_of = [
        (country.registered, "the block's registration"),
        (country.holder, "the company's"),
        (country.origin_as, "the announcing network's"),
    ]
    by_code: dict[str, list[str]] = {}
    for code, source in sources_of:
        if code:
            by_code.setdefault(code, []).append(source)
    return "; ".join(f"{code} by {' and '.join(sources)}" for code, sources in by_code.items())


def _asked(answer: Attribution) -> Text:
    count = len(answer.evidence)
    cached = sum(record.cached for record in answer.evidence)
    kept = f", {cached} of them from the cache" if cached else ""
    text = f"{count} answers{kept}, " if count else ""
    return Text(f"{text}{answer.observed_at:%Y-%m-%d %H:%M:%S} UTC", style="dim")


def _clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""
