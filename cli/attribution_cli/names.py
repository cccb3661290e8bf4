"""Names of fields, statuses and codes as a person reads them, in the language of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attribution.codes import Code, DoubtCode, Rule
from attribution.language import SOURCE, command_language, gettext, pgettext

if TYPE_CHECKING:
    from attribution.decide.draft import Step
    from attribution.models import Doubt

FIELDS = (
    *("case", "provider", "site", "opened_at", "state", "urls", "online", "token", "next_step"),
    *("report", "host", "reported_at", "last_check", "checked_at", "erased"),
    *("what", "since", "to", "reports", "in_the_way", "route_to", "when", "subject", "not yet"),
    *("key", "name", "country", "known_at", "one_history_with", "terms", "cases", "events"),
    *("marks", "links", "approved", "statements", "last_opened", "kind", "value", "source"),
    *("link", "new", "old", "undone_at", "mailbox", "who", "at", "detail", "one", "other"),
    *("reasons", "mail", "event", "decision", "origin", "believed", "from", "said"),
    *("rows", "added", "known", "rejected", "left_out", "notices", "aliases", "signers"),
    *("now", "first_flagged", "released", "e_value", "weeks", "share_failed", "outcome"),
    *("before", "after", "without", "unknown", "label_before", "label_after", "stands"),
    *("e_value_before", "e_value_after", "margin", "floors_missing", "format", "withdrawn"),
    *("why", "lists", "tell", "role", "ready", "disabled_at", "link_seen_by", "scopes"),
    *("made_at", "checker", "public_key", "company", "write to", "lines", "server", "asked"),
    *("service", "a second", "refused", "failed"),
    *("removed", "moved", "removed_24h", "known_24h", "share_24h", "median_hours", "median_low"),
    *("median_high", "candidate_reports", "candidate_notices", "candidate_removed", "action"),
    *("several", "assignee", "next"),
    *("illegal", "duty", "authority", "hotline", "way out"),
)
"""Fields and columns that commands show to people; `scripts/catalogues.py` extracts them."""


def field_name(name: str) -> str:
    """Return a field's or column's name, with spaces."""
    return pgettext("field", name.replace("_", " "))


def status_name(status: str) -> str:
    """Return the name of an answer's or contact's status."""
    return pgettext("status", status.replace("_", " "))


def doubt_text(doubt: Doubt) -> str:
    """Return a doubt as a sentence; in another language its code's line stands before it."""
    return _with_line(DoubtCode, doubt.code, doubt.text)


def conclusion_text(step: Step) -> str:
    """Return what a rule concluded; in another language the rule's line stands before it."""
    return _with_line(Rule, step.rule, step.conclusion)


def _with_line(kind: type[Code], code: str, text: str) -> str:
    if command_language() == SOURCE or code not in set(kind):
        return text
    return f"{gettext(kind(code).line)} {text}"
