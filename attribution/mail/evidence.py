"""What in a mail says that a mail system wrote, that a program answered, or that mail failed."""

from __future__ import annotations

import re

from attribution.mail import forms
from attribution.mail.content import MailContent
from attribution.mail.kinds import Evidence

_NULL_PATHS = ("", "null", "mailer-daemon")
"""How servers write a null return path."""
_LIST_MAILBOX = re.compile(r"-(?:admin|owner|bounces|request)$")
_IN_TEXT = (
    (forms.FAILURE_TEXT, Evidence.FAILURE_TEXT),
    (forms.REFUSAL_TEXT, Evidence.REFUSAL_TEXT),
    (forms.DELAY_TEXT, Evidence.DELAY_TEXT),
    (forms.SMTP_REPLY, Evidence.SMTP_REPLY),
)


def evidence_of_system(content: MailContent) -> frozenset[Evidence]:
    """Return what says that a mail system writes."""
    fields = content.mail.fields
    has_path = fields.has("return-path")
    is_null = has_path and fields.get("return-path").strip("<> ").lower() in _NULL_PATHS
    paths = () if is_null else ("return-path",)
    senders = content.local_parts("from", "sender", *paths)
    evidence = set()
    # In the envelope line of a mailbox file, MAILER-DAEMON only means that no path is known.
    if is_null or content.mail.envelope_line.startswith("From <>"):
        evidence.add(Evidence.NULL_RETURN_PATH)
    if any(forms.DAEMON_MAILBOX.fullmatch(local) for local in senders):
        evidence.add(Evidence.DAEMON_SENDER)
    if forms.DAEMON_NAME.search(_display_name(fields.get("from"))):
        evidence.add(Evidence.DAEMON_NAME)
    if fields.has(*forms.VENDOR_FIELDS):
        evidence.add(Evidence.VENDOR_FIELD)
    if fields.has(*forms.LIST_SERVER_FIELDS) and any(map(_LIST_MAILBOX.search, senders)):
        evidence.add(Evidence.LIST_SERVER)
    if content.is_report("delivery-status") or content.is_report("feedback-report"):
        evidence.add(Evidence.REPORT)
    if any(part.content_type == "message/feedback-report" for part in content.mail.leaves):
        evidence.add(Evidence.FEEDBACK_REPORT)
    if content.report and not content.is_answer:
        evidence.add(Evidence.DELIVERY_STATUS)
    in_subject = _evidence_of_subject(content)
    return frozenset(evidence | ({in_subject} if in_subject else set()))


def _evidence_of_subject(content: MailContent) -> Evidence | None:
    """Return what the subject says of a mail system; None where a person answers."""
    subject = content.untagged.lower() or content.subject.lower()
    if content.answers_or_refers or forms.AUTOMATIC_SUBJECT.match(subject):
        return None
    if forms.RETURNED_SUBJECT.match(subject) or content.subject.lower().startswith("[bounce]"):
        return Evidence.FAILURE_SUBJECT
    if forms.DELAY_SUBJECT.search(subject):
        return Evidence.DELAY_SUBJECT
    if forms.FAILURE_SUBJECT.search(subject) and not forms.SUCCESS.search(subject):
        return Evidence.FAILURE_SUBJECT
    leaves_list = forms.LEAVES_LIST.fullmatch(subject) and content.is_automatic
    if leaves_list or forms.SYSTEM_SUBJECT.search(subject):
        return Evidence.SYSTEM_SUBJECT
    return None


def evidence_of_program(content: MailContent) -> frozenset[Evidence]:
    """Return what says that a program answers.

    Not `X-Auto-Response-Suppress` nor `Precedence: bulk`: they ask others not to answer.
    """
    fields, subject = content.mail.fields, content.subject.lower()
    evidence = set()
    if content.is_automatic:
        evidence.add(Evidence.AUTO_SUBMITTED)
    precedence = fields.get("precedence").lower()
    if fields.has(*forms.AUTOMATIC_FIELDS) or precedence in ("auto_reply", "auto-reply"):
        evidence.add(Evidence.AUTOMATIC_FIELD)
    if forms.AUTOMATIC_SUBJECT.match(subject):
        evidence.add(Evidence.AUTOMATIC_SUBJECT)
    elif not content.is_answer and forms.RECEIPT_SUBJECT.search(subject):
        evidence.add(Evidence.RECEIPT_SUBJECT)
    return frozenset(evidence)


def evidence_of_failure(content: MailContent) -> frozenset[Evidence]:
    """Return what the text tells of a failure or delay."""
    evidence = {kind for form, kind in _IN_TEXT if form.search(content.searched)}
    if content.returns_notice or _repeats_notice(content.text):
        evidence.add(Evidence.RETURNED_NOTICE)
    return frozenset(evidence)


def _repeats_notice(text: str) -> bool:
    """Say whether a text repeats the notice as mail systems do, not as people's answers do."""
    copy = forms.COPY_BEGINS.search(text)
    return copy is not None and forms.PERSONS_COPY.fullmatch(copy[0].strip()) is None


def _display_name(value: str) -> str:
    """Return a sender's name: the field without its mailbox, lower case."""
    return " ".join(re.sub(r"<[^<>]{0,320}>", " ", value[:2_000]).replace('"', " ").lower().split())
