"""Results grouped by the company to write to: one notice to one company, biggest group first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attribution_cli.outputs import csv_row
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from attribution.models import AbuseContact, Attribution, Provider

COLUMNS = [
    "count",
    "status",
    "company",
    "company_id",
    "company_country",
    "contact_status",
    "abuse_email",
    "abuse_form",
    "lines",
    "hosts",
]


@dataclass(slots=True)
class Group:
    """The targets of one company and mailbox; or, where nobody is named, of one status."""

    status: str | None
    provider: Provider | None
    contact: AbuseContact | None
    targets: list[tuple[int, str, str | None]] = field(default_factory=list)
    """(line, input, host)."""

    def to_json(self) -> dict[str, Any]:
        """Return the group as plain values."""
        return {
            "provider": self.provider.model_dump(mode="json") if self.provider else None,
            "abuse_contact": self.contact.model_dump(mode="json") if self.contact else None,
            "status": self.status,
            "count": len(self.targets),
            "targets": [
                {"line": line, "input": text, "host": host} for line, text, host in self.targets
            ],
        }


class Groups:
    """Collects answers by company."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    def add(self, line: int, answer: Attribution) -> None:
        """Put an answer into the group of its primary."""
        primary = answer.primary
        if primary:
            contact = primary.abuse_contact
            key = primary.provider.id, contact.email or contact.form or contact.status
            group = self._groups.setdefault(key, Group(None, primary.provider, contact))
        else:
            group = self._groups.setdefault(("", answer.status), Group(answer.status, None, None))
        group.targets.append((line, answer.input, answer.host))

    def in_order(self) -> list[Group]:
        """Return the groups, biggest first; those without a company come last. Within a group: by
        line.
        """
        for group in self._groups.values():
            group.targets.sort()
        return sorted(
            self._groups.values(),
            key=lambda one: (
                one.provider is None,
                -len(one.targets),
                one.provider.id if one.provider else one.status or "",
            ),
        )

    def json_lines(self) -> Iterator[str]:
        """Yield a line of JSON for each group."""
        for group in self.in_order():
            yield escaped_json(
                json.dumps(group.to_json(), ensure_ascii=False, separators=(",", ":"))
            )

    def csv_lines(self) -> Iterator[str]:
        """Yield a line of CSV for each group, after a header."""
        yield csv_row(list(COLUMNS))
        for group in self.in_order():
            provider, contact = group.provider, group.contact
            yield csv_row(
                [
                    len(group.targets),
                    group.status,
                    provider and provider.name,
                    provider and provider.id,
                    provider and provider.country,
                    contact and contact.status,
                    contact and contact.email,
                    contact and contact.form,
                    " ".join(str(line) for line, _, _ in group.targets),
                    " ".join(dict.fromkeys(host or "-" for _, _, host in group.targets)),
                ]
            )

    def table(self) -> RenderableType:
        """Return the groups as a table for a terminal."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("URLs", justify="right")
        table.add_column("company", overflow="fold")
        table.add_column("write to", overflow="fold")
        table.add_column("lines", overflow="fold", style="dim")
        for group in self.in_order():
            provider, contact = group.provider, group.contact
            if provider and contact:
                name = Text(
                    shown(provider.name + (f" ({provider.country})" if provider.country else ""))
                )
                where = Text(
                    shown(contact.email or contact.form or contact.status.replace("_", " ")),
                    style="green" if contact.email else "yellow",
                )
            else:
                name = Text(
                    f"nobody named: {(group.status or '').replace('_', ' ')}", style="yellow"
                )
                where = Text("-")
            table.add_row(
                str(len(group.targets)), name, where, _spans([line for line, _, _ in group.targets])
            )
        return table


def _spans(lines: list[int]) -> str:
    """Write line numbers briefly: 1-3 7 9."""
    spans: list[list[int]] = []
    for line in sorted(set(lines)):
        if spans and line == spans[-1][1] + 1:
            spans[-1][1] = line
        else:
            spans.append([line, line])
    return " ".join(f"{low}" if low == high else f"{low}-{high}" for low, high in spans)
