"""Recognises what kind of mail came back.

Two questions in this order. Does a mail system write? Then it is a bounce, a delay, a delivery, or
`mail_system`: never an answer, whatever else it says of itself. Else: does a program answer, or a
person? A person who quotes or forwards a bounce stays a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from attribution.mail import forms
from attribution.mail.content import MailContent
from attribution.mail.delivery import (
    Action,
    DeliveryReport,
    Disposition,
    Recipient,
    mailboxes_in,
    status_in,
)
from attribution.mail.evidence import (
    evidence_of_failure,
    evidence_of_program,
    evidence_of_system,
)
from attribution.mail.kinds import Evidence, Kind
from attribution.mail.known_bounces import known_failures

MOST_BEGINNING = 400
"""Characters at the beginning in which a mail system tells the failure that it writes about."""
_CERTAIN = frozenset(
    [
        Evidence.DAEMON_SENDER,
        Evidence.DAEMON_NAME,
        Evidence.VENDOR_FIELD,
        Evidence.LIST_SERVER,
        Evidence.REPORT,
        Evidence.DELIVERY_STATUS,
        Evidence.FEEDBACK_REPORT,
        Evidence.FAILURE_SUBJECT,
        Evidence.SYSTEM_SUBJECT,
    ]
)
"""Each of these alone says that a mail system writes."""
_FAILURES = frozenset(
    [
        Evidence.FAILURE_SUBJECT,
        Evidence.FAILURE_TEXT,
        Evidence.REFUSAL_TEXT,
        Evidence.SMTP_REPLY,
        Evidence.KNOWN_BOUNCE,
    ]
)
"""Of mail that a mail system wrote, each of these tells of a failure."""
_SUPPORT = frozenset(
    [
        Evidence.SMTP_REPLY,
        Evidence.RETURNED_NOTICE,
        Evidence.REPORT,
        Evidence.VENDOR_FIELD,
    ]
)
"""What people do not write who write that mail failed."""
_ANSWERS = frozenset([Evidence.AUTOMATIC_SUBJECT, Evidence.RECEIPT_SUBJECT])
"""What mail systems do not write: a program answers, whatever its text mentions."""
_KIND_OF = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAYED,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.RELAYED,
    Action.VERIFIED: Kind.MAIL_SYSTEM,
}
_REFUSED_DISPOSITIONS = ("failed", "error", "denied", "rejected")
_REFUSED_TEXT = re.compile(r"automatically rejected|quota|mailbox (?:is )?full")


@dataclass(frozen=True, slots=True)
class Recognised:
    """What kind of mail came back, and what it says."""

    kind: Kind
    evidence: tuple[Evidence, ...] = ()
    """In the order of `Evidence`."""
    recipients: tuple[Recipient, ...] = ()
    report: DeliveryReport | None = None
    disposition: Disposition | None = None
    diagnostic: str | None = None
    """Of a failure: the line that tells it."""


def recognise(content: MailContent) -> Recognised:
    """Recognise what kind of mail it is, and by what."""
    if not content.mail.fields.rows:
        return Recognised(Kind.NO_MAIL)
    system, automatic = evidence_of_system(content), evidence_of_program(content)
    disposition = content.disposition
    if disposition and not (system & _CERTAIN and _is_refusal(content, disposition)):
        evidence = (Evidence.DISPOSITION, *_in_order(system))
        return Recognised(Kind.DISPOSITION, evidence, disposition=disposition)
    if content.report and (system & _CERTAIN or (system and not content.is_answer)):
        return _by_report(content, content.report, system | {Evidence.DELIVERY_STATUS})
    failures = evidence_of_failure(content)
    if _is_system(content, system, automatic, failures):
        return _by_text(content, system, failures)
    return Recognised(Kind.AUTO_REPLY if automatic else Kind.REPLY, _in_order(automatic))


def _in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(sorted(evidence, key=list(Evidence).index))


def _is_refusal(content: MailContent, disposition: Disposition) -> bool:
    """Say whether a disposition is a mail system's refusal: a full mailbox, a filter."""
    refused = disposition.kind in _REFUSED_DISPOSITIONS
    return refused or _REFUSED_TEXT.search(content.searched) is not None


def _is_system(
    content: MailContent,
    system: frozenset[Evidence],
    automatic: frozenset[Evidence],
    failures: frozenset[Evidence],
) -> bool:
    """Say whether a mail system writes."""
    if system & _CERTAIN:
        return True
    refused = Evidence.SMTP_REPLY in failures
    answers = bool(_ANSWERS & automatic) and not refused
    if Evidence.DELAY_SUBJECT in system and Evidence.DELAY_TEXT in failures and not answers:
        return True
    if Evidence.NULL_RETURN_PATH in system:  # answering programs have one too
        returned = {Evidence.FAILURE_TEXT, Evidence.RETURNED_NOTICE} <= failures
        return not automatic or refused or (returned and not answers)
    if content.answers_or_refers or answers:
        return False
    return _begins_as_system(content, failures, automatic)


def _begins_as_system(
    content: MailContent, failures: frozenset[Evidence], automatic: frozenset[Evidence]
) -> bool:
    """Say whether who begins with a failure is a mail system, though nothing else says so."""
    beginning = content.searched[:MOST_BEGINNING]
    if not forms.FAILURE_TEXT.search(beginning):
        return False
    senders = content.local_parts("from", "sender")
    if not senders or content.returns_notice:
        return True
    if not any(forms.WEAK_MAILBOX.fullmatch(local) for local in senders):
        return False
    supported = bool({Evidence.SMTP_REPLY, Evidence.RETURNED_NOTICE} & failures)
    return supported or (bool(automatic) and bool(forms.NOT_DELIVERED_TEXT.search(beginning)))


def _by_report(
    content: MailContent, report: DeliveryReport, evidence: frozenset[Evidence]
) -> Recognised:
    """Return the kind that a delivery status reports."""
    kind, recipients = _KIND_OF[report.action], report.recipients
    if kind is Kind.BOUNCE and not any(recipient.mailbox for recipient in recipients):
        status = status_in(content.own_text)
        recipients = tuple(
            Recipient(mailbox, Action.FAILED, status) for mailbox in content.mailboxes_named()
        )
    return Recognised(
        kind, _in_order(evidence), recipients, report, diagnostic=_diagnostic_line(content)
    )


def _by_text(
    content: MailContent, system: frozenset[Evidence], failures: frozenset[Evidence]
) -> Recognised:
    """Recognise a bounce or delay by its text; else it is for a person to read."""
    evidence = system | failures
    if not system or Evidence.FEEDBACK_REPORT in system or content.is_report("feedback-report"):
        return Recognised(Kind.MAIL_SYSTEM, _in_order(evidence))
    delays = evidence & {Evidence.DELAY_SUBJECT, Evidence.DELAY_TEXT}
    if delays and not forms.PERMANENT_TEXT.search(content.searched):
        recipients = _recipients(content, Action.DELAYED)
        return Recognised(Kind.DELAYED, _in_order(evidence), recipients)
    temporary, permanent = known_failures(
        content.mail.fields.get("from"), content.subject, content.own_text
    )
    if permanent:
        evidence |= {Evidence.KNOWN_BOUNCE}
    if _tells_failure(content, evidence):
        recipients = _recipients(content, Action.FAILED, permanent)
        line = _diagnostic_line(content)
        return Recognised(Kind.BOUNCE, _in_order(evidence), recipients, diagnostic=line)
    return Recognised(Kind.DELAYED if temporary else Kind.MAIL_SYSTEM, _in_order(evidence))


def _tells_failure(content: MailContent, evidence: frozenset[Evidence]) -> bool:
    """Say whether mail of a mail system tells of a failure.

    A postmaster may be a person: what one writes in an answer, or in sentences that people use too,
    is no bounce, or whoever answers so would end the approval of their own mailbox.
    """
    if content.mail.fields.has("x-failed-recipients"):
        return True
    if forms.SUCCESS.search(f"{content.subject} {content.searched[:2_000]}".lower()):
        return False
    if _is_daemon(content, evidence):
        return bool(evidence & _FAILURES) or content.is_report("delivery-status")
    if content.answers_or_refers:
        return {Evidence.SMTP_REPLY, Evidence.FAILURE_TEXT} <= evidence
    by_text = bool(evidence & {Evidence.FAILURE_TEXT, Evidence.KNOWN_BOUNCE})
    if Evidence.FAILURE_SUBJECT in evidence:  # anybody can write a subject
        return by_text or bool(evidence & (_SUPPORT | {Evidence.DAEMON_SENDER}))
    return by_text and bool(evidence & _SUPPORT)


def _is_daemon(content: MailContent, evidence: frozenset[Evidence]) -> bool:
    """Say whether no person writes under this sender."""
    if evidence & {Evidence.NULL_RETURN_PATH, Evidence.DAEMON_NAME}:
        return True
    return any(
        forms.DAEMON_MAILBOX.fullmatch(local) and not forms.POSTMASTER.fullmatch(local)
        for local in content.local_parts("from", "sender", "return-path")
    )


def _recipients(
    content: MailContent, action: Action, known: Iterable[str] = ()
) -> tuple[Recipient, ...]:
    """Return whom the mail did not reach: as a field says, as flufl.bounce does, or the text."""
    by_field = mailboxes_in(", ".join(content.mail.fields.all("x-failed-recipients")))
    mailboxes = by_field or mailboxes_in(" ".join(known)) or content.mailboxes_named()
    status, line = status_in(content.own_text), _diagnostic_line(content)
    return tuple(Recipient(mailbox, action, status, line) for mailbox in mailboxes[:100])


def _diagnostic_line(content: MailContent) -> str | None:
    """Return the line of the text that tells of the failure, at most 500 characters."""
    for line in content.own_text.split("\n")[:400]:
        if forms.SMTP_REPLY.search(line.lower()) or status_in(line):
            return " ".join(line.split())[:500]
    return content.subject[:500] or None
