"""Results grouped by the company to write to: one notice to one company, biggest group first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from attribution.formats.csv_table import csv_line
from attribution.language import gettext as _
from attribution_cli.names import field_name, status_name
from attribution_cli.safe_text import escaped_json, shown

if TYPE_CHECKING:
    from rich.console import RenderableType

    from attribution.models import AbuseContact, Attribution, Provider


class GroupedTarget(NamedTuple):
    """A line of the list in a group."""

    line: int
    input: str
    host: str | None


@dataclass(slots=True)
class Group:
    """The targets of one company and mailbox; or, where nobody is named, of one status."""

    status: str | None
    """Status of the answers, where nobody is named."""
    provider: Provider | None
    contact: AbuseContact | None
    targets: list[GroupedTarget] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the group as plain values."""
        return {
            "provider": self.provider.model_dump(mode="json") if self.provider else None,
            "abuse_contact": self.contact.model_dump(mode="json") if self.contact else None,
            "status": self.status,
            "count": len(self.targets),
            "targets": [target._asdict() for target in self.targets],
        }

    def cells(self) -> dict[str, Any]:
        """Return the group's cells in a CSV, by column."""
        provider, contact = self.provider, self.contact
        hosts = dict.fromkeys(target.host or "-" for target in self.targets)
        return {
            "count": len(self.targets),
            "status": self.status,
            "company": provider and provider.name,
            "company_id": provider and provider.id,
            "company_country": provider and provider.country,
            "contact_status": contact and contact.status,
            "abuse_email": contact and contact.email,
            "abuse_form": contact and contact.form,
            "lines": " ".join(str(target.line) for target in self.targets),
            "hosts": " ".join(hosts),
        }


class Groups:
    """Collects answers by company."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}

    @classmethod
    def read(cls, path: Path) -> Groups:
        """Group what a file of JSON lines holds, from this run and those before it."""
        from attribution.models import Attribution

        groups = cls()
        with path.open("rb") as stored:
            for raw in stored:
                values = json.loads(raw)
                groups.add(values.pop("line"), Attribution.model_validate(values))
        return groups

    def add(self, line: int, answer: Attribution) -> None:
        """Put an answer into the group of its primary."""
        primary = answer.primary
        if primary:
            contact = primary.abuse_contact
            key = primary.provider.id, contact.email or contact.form or contact.status
            group = self._groups.setdefault(key, Group(None, primary.provider, contact))
        else:
            group = self._groups.setdefault(("", answer.status), Group(answer.status, None, None))
        group.targets.append(GroupedTarget(line, answer.input, answer.host))

    def in_order(self) -> list[Group]:
        """Return the groups, biggest first; those without a company come last. Within a group: by
        line.
        """
        for group in self._groups.values():
            group.targets.sort()

        def order(group: Group) -> tuple[bool, int, str]:
            name = group.provider.id if group.provider else group.status or ""
            return group.provider is None, -len(group.targets), name

        return sorted(self._groups.values(), key=order)

    def json_lines(self) -> Iterator[str]:
        """Yield a line of JSON for each group."""
        for group in self.in_order():
            text = json.dumps(group.to_json(), ensure_ascii=False, separators=(",", ":"))
            yield escaped_json(text)

    def csv_lines(self) -> Iterator[str]:
        """Yield a line of CSV for each group, after a header."""
        yield csv_line(Group(None, None, None).cells())
        for group in self.in_order():
            yield csv_line(group.cells().values())

    def table(self) -> RenderableType:
        """Return the groups as a table for a terminal."""
        from rich.table import Table
        from rich.text import Text

        from attribution_cli.result_row import contact_text

        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("URLs", justify="right")
        table.add_column(field_name("company"), overflow="fold")
        table.add_column(field_name("write to"), overflow="fold")
        table.add_column(field_name("lines"), overflow="fold", style="dim")
        for group in self.in_order():
            provider, contact = group.provider, group.contact
            if provider and contact:
                country = f" ({provider.country})" if provider.country else ""
                company = Text(shown(f"{provider.name}{country}"))
                address = contact_text(contact)
            else:
                nobody = _("nobody named: {status}", status=status_name(group.status or ""))
                company, address = Text(nobody, style="yellow"), Text("-")
            lines = _spans([target.line for target in group.targets])
            table.add_row(str(len(group.targets)), company, address, lines)
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
