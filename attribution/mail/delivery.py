"""What a mail system reports in fields: delivery status (RFC 3464) and disposition (RFC 8098).

Read as it comes: in any container, encoded or not, with fields broken by lines that were not
folded, and without blocks for recipients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from attribution.codes import Code

MOST_RECIPIENTS = 100
MOST_LINES = 5_000
LONGEST_DIAGNOSTIC = 500
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,253}", re.ASCII)
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:(.*)")
_KNOWN = frozenset(
    [
        "original-envelope-id",
        "reporting-mta",
        "dsn-gateway",
        "received-from-mta",
        "arrival-date",
        "original-recipient",
        "final-recipient",
        "action",
        "status",
        "remote-mta",
        "diagnostic-code",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
        "reporting-ua",
        "mdn-gateway",
        "original-message-id",
        "disposition",
        "failure",
        "error",
        "warning",
    ]
)
_OF_RECIPIENT = frozenset(
    ["original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code"]
)


class Action(Code):
    """What became of a mail for one recipient, by a delivery status report."""

    FAILED = "failed", "Not delivered, and no further try is made."
    DELAYED = "delayed", "Not delivered yet; it is tried again."
    DELIVERED = "delivered", "In the mailbox."
    RELAYED = (
        "relayed",
        "Handed to a server that reports nothing of its own, or to several mailboxes (`expanded`).",
    )
    VERIFIED = (
        "deliverable",
        "No mail was handed over: a server was asked whether the mailbox exists (Postfix).",
    )


_ACTIONS = {
    "failed": Action.FAILED,
    "failure": Action.FAILED,
    "expired": Action.FAILED,
    "undeliverable": Action.FAILED,
    "delayed": Action.DELAYED,
    "delivered": Action.DELIVERED,
    "relayed": Action.RELAYED,
    "expanded": Action.RELAYED,
    "deliverable": Action.VERIFIED,
}
_GRAVEST_FIRST = (
    Action.FAILED,
    Action.DELAYED,
    Action.VERIFIED,
    Action.RELAYED,
    Action.DELIVERED,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a report says of one recipient."""

    mailbox: str
    """Lower case; empty where the report names none."""
    action: Action
    status: str | None = None
    """RFC 3463, `5.1.1`."""
    diagnostic: str | None = None
    """What the server answered (`Diagnostic-Code`), at most 500 characters."""
    server: str | None = None
    """The server that answered (`Remote-MTA`)."""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A delivery status report."""

    recipients: tuple[Recipient, ...]
    reporting_server: str | None = None
    envelope_id: str | None = None
    """`Original-Envelope-Id`: what the sender gave as ENVID (RFC 3461)."""

    @property
    def action(self) -> Action:
        """The gravest action; a report that names none tells of a failure."""
        actions = {recipient.action for recipient in self.recipients}
        return next((action for action in _GRAVEST_FIRST if action in actions), Action.FAILED)


@dataclass(frozen=True, slots=True)
class Disposition:
    """What became of a mail in the hands of its recipient (RFC 8098)."""

    kind: str
    """`displayed`, `deleted`, `dispatched`, `processed`, or what the program wrote."""
    recipient: str = ""
    message_id: str | None = None


def read_delivery(text: str) -> DeliveryReport:
    """Read a delivery status report."""
    shared: dict[str, str] = {}
    blocks: list[dict[str, str]] = [{}]
    for name, value in _fields(text):
        if name not in _OF_RECIPIENT:
            shared.setdefault(name, value)
            continue
        if _begins_block(name, blocks[-1]):
            if len(blocks) >= MOST_RECIPIENTS:
                break
            blocks.append({})
        blocks[-1].setdefault(name, value)
    return DeliveryReport(
        tuple(_recipient(block) for block in blocks if _tells(block)),
        _host(shared.get("reporting-mta", "")),
        shared.get("original-envelope-id", "").strip()[:500] or None,
    )


def read_disposition(text: str) -> Disposition | None:
    """Read a disposition notification; None where it names no disposition."""
    values = dict(reversed(list(_fields(text))))  # the first of several
    if "disposition" not in values:
        return None
    kind = values["disposition"].rpartition(";")[2].split("/")[0].strip().lower()[:40]
    return Disposition(
        kind,
        _mailbox(values.get("final-recipient", "") or values.get("original-recipient", "")),
        values.get("original-message-id", "").strip()[:500] or None,
    )


def has_report_fields(text: str) -> bool:
    """Say whether a text has a report's fields, though no part says that it is one."""
    fields = list(_fields(text))
    if any(name == "action" and value.strip().lower() not in _ACTIONS for name, value in fields):
        return False
    names = {name for name, _ in fields}
    return "action" in names and bool(names & {"final-recipient", "reporting-mta"})


def status_in(text: str) -> str | None:
    """Return the first status code (RFC 3463) of a failure or delay in a text."""
    return next((match[0] for match in _STATUS.finditer(text) if match[1] != "2"), None)


def mailboxes_in(text: str) -> list[str]:
    """Return the mail addresses in a text, lower case, each once, in their order."""
    return list(dict.fromkeys(match[0].lower().strip(".") for match in _ADDRESS.finditer(text)))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Yield known fields with their values; every other line goes on with the field before it."""
    name, value = "", ""
    for line in text.split("\n", MOST_LINES)[:MOST_LINES]:
        match = _LINE.fullmatch(line.strip("\r"))
        if match and match[1].lower() in _KNOWN:
            if name:
                yield name, value
            name, value = match[1].lower(), match[2].strip()[:2_000]
        elif not line.strip() or (match and match[1].lower().startswith("x-")):
            if name:
                yield name, value
            name = ""
        elif name and len(value) < 2_000:
            value = f"{value} {line.strip()[:500]}"
    if name:
        yield name, value


def _begins_block(name: str, block: dict[str, str]) -> bool:
    """Say whether a field begins the block of another recipient."""
    return name in block and name in ("final-recipient", "original-recipient", "action")


def _tells(block: dict[str, str]) -> bool:
    return bool(block.keys() & {"action", "final-recipient", "status", "diagnostic-code"})


def _recipient(block: dict[str, str]) -> Recipient:
    status = status_in(block.get("status", "")) or _success(block.get("status", ""))
    diagnostic = " ".join(block.get("diagnostic-code", "").split())[:LONGEST_DIAGNOSTIC] or None
    action = _ACTIONS.get(block.get("action", "").split(" ")[0].strip("; \t").lower())
    return Recipient(
        _mailbox(block.get("final-recipient", "")) or _mailbox(block.get("original-recipient", "")),
        action or _action_of(status),
        status or status_in(diagnostic or ""),
        diagnostic,
        _host(block.get("remote-mta", "")),
    )


def _action_of(status: str | None) -> Action:
    """Return the action of a recipient for whom only a status is named; no more than it proves."""
    by_class = {"2": Action.RELAYED, "4": Action.DELAYED}
    return by_class.get((status or "5")[0], Action.FAILED)


def _success(text: str) -> str | None:
    match = _STATUS.search(text)
    return match[0] if match else None


def _mailbox(value: str) -> str:
    """Return the mailbox of `rfc822; a@b.example`; the text itself where it is none."""
    text = value.rpartition(";")[2].strip()
    return next(iter(mailboxes_in(text)), text.strip("<>").lower()[:320])


def _host(value: str) -> str | None:
    """Return the host of `dns; mx.example (192.0.2.1)`."""
    host = value.rpartition(";")[2].strip().split(" ")[0].strip("().,").lower()
    return host[:253] or None
