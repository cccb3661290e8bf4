"""What kind of mail came back, and the evidence by which it was recognised.

Two questions in this order. Does a mail system write? Then it is a bounce, a delay, a delivery, or
`mail_system`: never an answer, whatever else it says of itself. Else: does a program answer, or a
person? A person who quotes or forwards a bounce stays a person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from attribution.mail import forms
from attribution.mail.delivery import (
    Action,
    DeliveryReport,
    Disposition,
    Recipient,
    has_report_fields,
    mailboxes_in,
    read_delivery,
    read_disposition,
    status_in,
)
from attribution.mail.known_bounces import known_failures
from attribution.mail.parts import Mail, text_parts
from attribution.mail.text import plain_of_html

MOST_TEXT = 100_000
"""Characters of a mail's text parts, together, that are read."""
MOST_LINE = 2_000
MOST_WORDS = 20_000
"""Characters of what the sender wrote in which a failure is sought: it stands at the beginning."""
MOST_BEGINNING = 400
"""Characters at the beginning in which a mail system tells the failure that it writes about."""
_QUOTED = re.compile(r"^[ \t]{0,3}[>|].*$", re.MULTILINE)


class Kind(StrEnum):
    """What came back."""

    BOUNCE = "bounce"
    """A mail system could not deliver the notice."""
    MAIL_SYSTEM = "mail_system"
    """A mail system wrote, and no failure is recognised: a person reads it; never an answer."""
    DELAYED = "delayed"
    """A mail system could not deliver it yet, and tries again."""
    DELIVERED = "delivered"
    """A mail system put it into the mailbox."""
    RELAYED = "relayed"
    """A mail system handed it to one that reports nothing."""
    DISPOSITION = "disposition"
    """The recipient's program tells what became of it: displayed, deleted unread."""
    AUTO_REPLY = "auto_reply"
    """A program answered."""
    REPLY = "reply"
    """A person answered."""
    NO_MAIL = "no_mail"
    """No mail: it has no header fields."""


class Evidence(StrEnum):
    """By what a kind was recognised."""

    NULL_RETURN_PATH = "null_return_path"
    """The return path is null: what mail systems and some answering programs do."""
    DAEMON_SENDER = "daemon_sender"
    """The sender's mailbox is a mail system's: mailer-daemon, postmaster."""
    DAEMON_NAME = "daemon_name"
    """The sender's name is a mail system's: Mail Delivery Subsystem."""
    VENDOR_FIELD = "vendor_field"
    """A header field that only mail systems write, such as X-Failed-Recipients, or mail programs
    that leave a list."""
    LIST_SERVER = "list_server"
    """A list server wrote, not a list's member."""
    REPORT = "report"
    """The mail says that it is a mail system's report (multipart/report)."""
    DELIVERY_STATUS = "delivery_status"
    """It has a delivery status (RFC 3464)."""
    FEEDBACK_REPORT = "feedback_report"
    """It has a feedback report (RFC 5965)."""
    FAILURE_SUBJECT = "failure_subject"
    """The subject is one of mail that comes back."""
    SYSTEM_SUBJECT = "system_subject"
    """The subject is a mail system's, and tells of no failure by itself."""
    DELAY_SUBJECT = "delay_subject"
    """The subject is one of a mail that is tried again."""
    FAILURE_TEXT = "failure_text"
    """A sentence tells that the mail was not delivered."""
    REFUSAL_TEXT = "refusal_text"
    """A sentence of a refusal that people write too."""
    DELAY_TEXT = "delay_text"
    """A sentence tells that the mail is tried again."""
    SMTP_REPLY = "smtp_reply"
    """A server's refusal stands in the text."""
    RETURNED_NOTICE = "returned_notice"
    """The notice, or its header, comes back."""
    KNOWN_BOUNCE = "known_bounce"
    """flufl.bounce recognises it."""
    DISPOSITION = "disposition"
    """It has a disposition notification (RFC 8098)."""
    AUTO_SUBMITTED = "auto_submitted"
    """Auto-Submitted (RFC 3834) says that a program wrote."""
    AUTOMATIC_FIELD = "automatic_field"
    """A header field that answering programs write."""
    AUTOMATIC_SUBJECT = "automatic_subject"
    """The subject is an answering program's."""
    RECEIPT_SUBJECT = "receipt_subject"
    """The subject is a ticket system's receipt."""


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
_NULL_PATHS = ("", "null", "mailer-daemon")
_ANSWERS = frozenset([Evidence.AUTOMATIC_SUBJECT, Evidence.RECEIPT_SUBJECT])
"""What mail systems do not write: a program answers, whatever its text mentions."""
_KIND_OF = {
    Action.FAILED: Kind.BOUNCE,
    Action.DELAYED: Kind.DELAYED,
    Action.DELIVERED: Kind.DELIVERED,
    Action.RELAYED: Kind.RELAYED,
    Action.VERIFIED: Kind.MAIL_SYSTEM,
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """What kind of mail came back, and what it says."""

    kind: Kind
    evidence: tuple[Evidence, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    report: DeliveryReport | None = None
    disposition: Disposition | None = None
    said: str | None = None
    """Of a failure: the line that tells it."""


@dataclass
class Letter:
    """A mail as the rules see it: each piece is read at most once."""

    mail: Mail
    evidence: list[Evidence] = field(default_factory=list)

    @cached_property
    def subject(self) -> str:
        """The subject, white space collapsed."""
        return " ".join(self.mail.fields.get("subject").split())[:1_000]

    @cached_property
    def untagged(self) -> str:
        """The subject without the tags of lists, ticket systems and filters at its beginning."""
        return forms.TAGS.sub("", self.subject)

    @cached_property
    def text(self) -> str:
        """The text parts, HTML without tags, each line cut."""
        pieces: list[str] = []
        size = 0
        for part in text_parts(self.mail):
            text = part.text[:MOST_TEXT]
            pieces.append(plain_of_html(text) if part.content_type == "text/html" else text)
            size += len(pieces[-1])
            if size >= MOST_TEXT:
                break
        whole = "\n".join(pieces)[:MOST_TEXT]
        return "\n".join(line[:MOST_LINE].rstrip() for line in whole.split("\n"))

    @cached_property
    def before_copy(self) -> str:
        """The text without the notice that is repeated below, with quoted lines."""
        return _without_copy(self.text)

    @cached_property
    def own_text(self) -> str:
        """What the sender wrote: without quoted lines and the notice that is repeated below."""
        return _without_copy(_QUOTED.sub("", self.text))

    @cached_property
    def words(self) -> str:
        """The sender's text in lower case, white space collapsed, typographic quotes made plain."""
        return " ".join(self.own_text[:MOST_WORDS].replace("’", "'").lower().split())

    @cached_property
    def is_answer(self) -> bool:
        """Whether the subject begins as a person's answer or forwarded mail does."""
        return forms.ANSWERED.match(self.untagged) is not None

    @cached_property
    def refers(self) -> bool:
        """Whether it names the mail that it answers."""
        return self.mail.fields.has("in-reply-to")

    @cached_property
    def report(self) -> DeliveryReport | None:
        """Its delivery status, wherever it stands; not one inside a mail that it forwards."""
        for part in self.mail.leaves:
            if part.content_type.endswith("delivery-status") and "/" in part.content_type:
                return read_delivery(part.text)
        if self.is_report("delivery-status") and has_report_fields(self.text):
            return read_delivery(self.text)
        return None

    @cached_property
    def disposition(self) -> Disposition | None:
        """Its disposition notification."""
        for part in self.mail.leaves:
            if part.content_type.endswith("disposition-notification"):
                return read_disposition(part.text)
        return None

    def is_report(self, kind: str) -> bool:
        """Say whether the mail says that it is a report of a kind."""
        stated = self.mail.parameters.get("report-type", "").lower()
        return self.mail.content_type == "multipart/report" and stated == kind

    def has_part(self, *content_types: str) -> bool:
        """Say whether a part is of one of these types."""
        return any(part.content_type in content_types for part in self.mail.leaves)


def _without_copy(text: str) -> str:
    copy = forms.COPY_BEGINS.search(text)
    return text[: copy.start()] if copy and copy.start() > 40 else text


def recognise(mail: Mail) -> Recognised:
    """Tell what kind of mail it is, and by what."""
    if not mail.fields.rows:
        return Recognised(Kind.NO_MAIL)
    letter = Letter(mail)
    signs = _signs_of_system(letter)
    automatic = _signs_of_program(letter)
    failures = _signs_of_failure(letter)
    if letter.disposition and not _is_refusal(letter, signs):
        shown = (Evidence.DISPOSITION, *signs)
        return Recognised(Kind.DISPOSITION, shown, disposition=letter.disposition)
    if letter.report and (signs & _CERTAIN or (signs and not letter.is_answer)):
        return _by_report(letter, letter.report, signs)
    if _is_system(letter, signs, automatic, failures):
        return _by_text(letter, signs, failures)
    if automatic:
        return Recognised(Kind.AUTO_REPLY, tuple(automatic))
    return Recognised(Kind.REPLY)


def _signs_of_system(letter: Letter) -> frozenset[Evidence]:
    """Return what says that a mail system writes."""
    fields = letter.mail.fields
    signs: set[Evidence] = set()
    path = fields.get("return-path")
    if fields.has("return-path") and path.strip("<> ").lower() in _NULL_PATHS:
        signs.add(Evidence.NULL_RETURN_PATH)  # some servers write a null path as MAILER-DAEMON
        path = ""
    if letter.mail.envelope_line.startswith("From <>"):  # MAILER-DAEMON there means: not known
        signs.add(Evidence.NULL_RETURN_PATH)
    senders = _local_parts(fields.get("from"), fields.get("sender"), path)
    if any(forms.DAEMON_MAILBOX.fullmatch(local) for local in senders):
        signs.add(Evidence.DAEMON_SENDER)
    if forms.DAEMON_NAME.search(_name(fields.get("from"))):
        signs.add(Evidence.DAEMON_NAME)
    if any(fields.has(name) for name in forms.VENDOR_FIELDS):
        signs.add(Evidence.VENDOR_FIELD)
    if any(fields.has(name) for name in forms.LIST_SERVER_FIELDS) and any(
        re.search(r"-(?:admin|owner|bounces|request)$", local) for local in senders
    ):
        signs.add(Evidence.LIST_SERVER)
    return frozenset(signs | _signs_of_report(letter) | _signs_of_subject(letter))


def _signs_of_report(letter: Letter) -> set[Evidence]:
    signs: set[Evidence] = set()
    if letter.is_report("delivery-status") or letter.is_report("feedback-report"):
        signs.add(Evidence.REPORT)
    if letter.has_part("message/feedback-report"):
        signs.add(Evidence.FEEDBACK_REPORT)
    if letter.report and not letter.is_answer:
        signs.add(Evidence.DELIVERY_STATUS)
    return signs


def _signs_of_subject(letter: Letter) -> set[Evidence]:
    """Return what the subject says; nothing where a person answers."""
    subject = letter.untagged.lower() or letter.subject.lower()
    if letter.is_answer or letter.refers or forms.AUTOMATIC_SUBJECT.match(subject):
        return set()
    if forms.RETURNED_SUBJECT.match(subject) or letter.subject.lower().startswith("[bounce]"):
        return {Evidence.FAILURE_SUBJECT}
    if forms.DELAY_SUBJECT.search(subject):
        return {Evidence.DELAY_SUBJECT}
    if forms.FAILURE_SUBJECT.search(subject) and not forms.SUCCESS.search(subject):
        return {Evidence.FAILURE_SUBJECT}
    leaves = forms.LEAVES_LIST.fullmatch(subject) and _is_automatic(letter.mail)
    return {Evidence.SYSTEM_SUBJECT} if leaves or forms.SYSTEM_SUBJECT.search(subject) else set()


def _signs_of_program(letter: Letter) -> list[Evidence]:
    """Return what says that a program answers.

    Not `X-Auto-Response-Suppress` nor `Precedence: bulk`: they ask others not to answer.
    """
    fields = letter.mail.fields
    signs: list[Evidence] = []
    if _is_automatic(letter.mail):
        signs.append(Evidence.AUTO_SUBMITTED)
    if any(fields.has(name) for name in forms.AUTOMATIC_FIELDS) or fields.get(
        "precedence"
    ).lower() in ("auto_reply", "auto-reply"):
        signs.append(Evidence.AUTOMATIC_FIELD)
    subject = letter.subject.lower()
    if forms.AUTOMATIC_SUBJECT.match(subject):
        signs.append(Evidence.AUTOMATIC_SUBJECT)
    elif not letter.is_answer and forms.RECEIPT_SUBJECT.search(subject):
        signs.append(Evidence.RECEIPT_SUBJECT)
    return signs


def _is_automatic(mail: Mail) -> bool:
    """Say whether the mail says that a program sent it (RFC 3834)."""
    stated = mail.fields.get("auto-submitted").split(";")[0].split("(")[0].strip().lower()
    return bool(stated) and stated != "no"


def _signs_of_failure(letter: Letter) -> frozenset[Evidence]:
    """Return what the text tells of a failure or delay."""
    words = letter.words
    signs: set[Evidence] = set()
    if forms.FAILURE_TEXT.search(words):
        signs.add(Evidence.FAILURE_TEXT)
    if forms.REFUSAL_TEXT.search(words):
        signs.add(Evidence.REFUSAL_TEXT)
    if forms.DELAY_TEXT.search(words):
        signs.add(Evidence.DELAY_TEXT)
    if forms.SMTP_REPLY.search(words):
        signs.add(Evidence.SMTP_REPLY)
    if letter.has_part(*forms.RETURNED_NOTICE) or _repeats_notice(letter.text):
        signs.add(Evidence.RETURNED_NOTICE)
    return frozenset(signs)


def _repeats_notice(text: str) -> bool:
    """Say whether a text repeats the notice as mail systems do, not as people's answers do."""
    copy = forms.COPY_BEGINS.search(text)
    return copy is not None and forms.PERSONS_COPY.fullmatch(copy[0].strip()) is None


def _is_refusal(letter: Letter, signs: frozenset[Evidence]) -> bool:
    """Say whether a disposition is a mail system's refusal: a full mailbox, a filter."""
    stated = letter.disposition.kind if letter.disposition else ""
    refused = stated in ("failed", "error", "denied", "rejected") or bool(
        re.search(r"automatically rejected|quota|mailbox (?:is )?full", letter.words)
    )
    return refused and bool(signs & _CERTAIN)


def _is_system(
    letter: Letter,
    signs: frozenset[Evidence],
    automatic: list[Evidence],
    failures: frozenset[Evidence],
) -> bool:
    """Say whether a mail system writes."""
    if signs & _CERTAIN:
        return True
    told = Evidence.FAILURE_TEXT in failures
    refused = Evidence.SMTP_REPLY in failures
    returned = Evidence.RETURNED_NOTICE in failures
    answers = bool(_ANSWERS & set(automatic)) and not refused
    if Evidence.DELAY_SUBJECT in signs and Evidence.DELAY_TEXT in failures and not answers:
        return True
    if Evidence.NULL_RETURN_PATH in signs:  # answering programs have one too
        return not automatic or refused or (told and returned and not answers)
    if letter.is_answer or letter.refers or answers:
        return False
    return _writes_as_system(letter, failures, automatic)


def _writes_as_system(
    letter: Letter, failures: frozenset[Evidence], automatic: list[Evidence]
) -> bool:
    """Say whether who begins with a failure is a mail system, though nothing else says so."""
    beginning = letter.words[:MOST_BEGINNING]
    if not forms.FAILURE_TEXT.search(beginning):
        return False
    local = _local_parts(letter.mail.fields.get("from"), letter.mail.fields.get("sender"))
    if not local or letter.has_part(*forms.RETURNED_NOTICE):
        return True
    beside = {Evidence.SMTP_REPLY, Evidence.RETURNED_NOTICE} & failures
    weak = any(forms.WEAK_MAILBOX.fullmatch(name) for name in local)
    tells = bool(automatic) and forms.NOT_DELIVERED_TEXT.search(beginning) is not None
    return weak and (bool(beside) or tells)


def _by_report(letter: Letter, report: DeliveryReport, signs: frozenset[Evidence]) -> Recognised:
    evidence = (*_ordered(signs | {Evidence.DELIVERY_STATUS}),)
    kind = _KIND_OF[report.action]
    recipients = report.recipients
    if kind is Kind.BOUNCE and not any(one.mailbox for one in recipients):
        recipients = tuple(
            Recipient(mailbox, Action.FAILED, status_in(letter.own_text))
            for mailbox in _mailboxes_named(letter)
        )
    return Recognised(kind, evidence, recipients, report, said=_line_that_tells(letter))


def _by_text(
    letter: Letter, signs: frozenset[Evidence], failures: frozenset[Evidence]
) -> Recognised:
    """Tell a bounce or delay by its text; else it is a mail system's, for a person to read."""
    everything = signs | failures
    if not signs or Evidence.FEEDBACK_REPORT in signs or letter.is_report("feedback-report"):
        return Recognised(Kind.MAIL_SYSTEM, _ordered(everything))
    delays = everything & {Evidence.DELAY_SUBJECT, Evidence.DELAY_TEXT}
    if delays and not forms.PERMANENT_TEXT.search(letter.words):
        return Recognised(Kind.DELAYED, _ordered(everything), _failed(letter, Action.DELAYED))
    for_now, for_good = known_failures(
        letter.mail.fields.get("from"), letter.subject, letter.own_text
    )
    if for_good:
        everything |= {Evidence.KNOWN_BOUNCE}
    if _tells_failure(letter, everything):
        recipients = _failed(letter, Action.FAILED, for_good)
        said = _line_that_tells(letter)
        return Recognised(Kind.BOUNCE, _ordered(everything), recipients, said=said)
    return Recognised(Kind.DELAYED if for_now else Kind.MAIL_SYSTEM, _ordered(everything))


def _tells_failure(letter: Letter, evidence: frozenset[Evidence]) -> bool:
    """Say whether mail of a mail system tells of a failure.

    A postmaster may be a person: what one writes in an answer, or in words that people use too, is
    no bounce, or whoever answers so would end the approval of their own mailbox.
    """
    if letter.mail.fields.has("x-failed-recipients"):
        return True
    if forms.SUCCESS.search(f"{letter.subject} {letter.words[:2_000]}".lower()):
        return False
    if _is_daemon(letter, evidence):
        return bool(evidence & _FAILURES) or letter.is_report("delivery-status")
    if letter.is_answer or letter.refers:
        return {Evidence.SMTP_REPLY, Evidence.FAILURE_TEXT} <= evidence
    beside = {Evidence.SMTP_REPLY, Evidence.RETURNED_NOTICE, Evidence.REPORT, Evidence.VENDOR_FIELD}
    told = bool(evidence & {Evidence.FAILURE_TEXT, Evidence.KNOWN_BOUNCE})
    if Evidence.FAILURE_SUBJECT in evidence:  # anybody can write a subject
        return told or bool(evidence & (beside | {Evidence.DAEMON_SENDER}))
    return told and bool(evidence & beside)


def _is_daemon(letter: Letter, evidence: frozenset[Evidence]) -> bool:
    """Say whether no person writes under this sender."""
    if evidence & {Evidence.NULL_RETURN_PATH, Evidence.DAEMON_NAME}:
        return True
    fields = letter.mail.fields
    local = _local_parts(fields.get("from"), fields.get("sender"), fields.get("return-path"))
    return any(
        forms.DAEMON_MAILBOX.fullmatch(name) and not forms.POSTMASTER.fullmatch(name)
        for name in local
    )


def _failed(
    letter: Letter, action: Action, known: list[str] | None = None
) -> tuple[Recipient, ...]:
    """Return whom the mail did not reach: as a field says, as flufl.bounce found, or as named."""
    stated = mailboxes_in(", ".join(letter.mail.fields.all("x-failed-recipients")))
    status = status_in(letter.own_text)
    said = _line_that_tells(letter)
    names = stated or mailboxes_in(" ".join(known or [])) or _mailboxes_named(letter)
    return tuple(Recipient(name, action, status, said) for name in names[:100])


def _mailboxes_named(letter: Letter) -> list[str]:
    """Return the mailboxes that the text names, without the mail's own sender and recipients."""
    fields = letter.mail.fields
    own = mailboxes_in(" ".join([*fields.all("to"), *fields.all("cc"), fields.get("from")]))
    for text in (letter.own_text, letter.before_copy):  # some mark recipients as quoted
        named = [one for one in mailboxes_in(text[:20_000]) if one not in own]
        if named:
            return named[:20]
    return []


def _line_that_tells(letter: Letter) -> str | None:
    """Return the line of the text that tells of the failure, at most 500 characters."""
    for line in letter.own_text.split("\n")[:400]:
        lower = line.lower()
        if forms.SMTP_REPLY.search(lower) or status_in(line):
            return " ".join(line.split())[:500]
    return letter.subject[:500] or None


def _local_parts(*values: str) -> list[str]:
    """Return the local parts of mailboxes, lower case; of a bare name the name itself."""
    found: list[str] = []
    for value in values:
        addresses = mailboxes_in(value[:2_000])
        found += [address.rpartition("@")[0] for address in addresses[:5]]
        if not addresses and value.strip("<> "):
            bare = re.search(r"<?([\w.-]{1,64})>?\s{0,10}$", value[:2_000])
            found += [bare[1].lower()] if bare else []
    return found


def _name(value: str) -> str:
    """Return a sender's name: the field without its mailbox, lower case."""
    return " ".join(re.sub(r"<[^<>]{0,320}>", " ", value[:2_000]).replace('"', " ").lower().split())


def _ordered(signs: frozenset[Evidence]) -> tuple[Evidence, ...]:
    return tuple(one for one in Evidence if one in signs)
