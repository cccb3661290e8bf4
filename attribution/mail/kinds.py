"""What kinds of mail come back, and the evidence by which they are recognised."""

from __future__ import annotations

from attribution.codes import Code


class Kind(Code):
    """What came back."""

    BOUNCE = "bounce", "A mail system could not deliver the notice."
    MAIL_SYSTEM = (
        "mail_system",
        "A mail system wrote, and no failure is recognised: a person reads it; never an answer.",
    )
    DELAYED = "delayed", "A mail system could not deliver it yet, and tries again."
    DELIVERED = "delivered", "A mail system put it into the mailbox."
    RELAYED = "relayed", "A mail system handed it to one that reports nothing."
    DISPOSITION = (
        "disposition",
        "The recipient's program tells what became of it: displayed, deleted unread.",
    )
    AUTO_REPLY = "auto_reply", "A program answered."
    REPLY = "reply", "A person answered."
    NO_MAIL = "no_mail", "No mail: it has no header fields."


class Evidence(Code):
    """By what a kind was recognised."""

    NULL_RETURN_PATH = (
        "null_return_path",
        "The return path is null: what mail systems and some answering programs do.",
    )
    DAEMON_SENDER = (
        "daemon_sender",
        "The sender's mailbox is a mail system's: mailer-daemon, postmaster.",
    )
    DAEMON_NAME = "daemon_name", "The sender's name is a mail system's: Mail Delivery Subsystem."
    VENDOR_FIELD = (
        "vendor_field",
        "A header field that only mail systems write, such as X-Failed-Recipients, or mail "
        "programs that leave a list.",
    )
    LIST_SERVER = "list_server", "A list server wrote, not a list's member."
    REPORT = "report", "The mail says that it is a mail system's report (multipart/report)."
    DELIVERY_STATUS = "delivery_status", "It has a delivery status (RFC 3464)."
    FEEDBACK_REPORT = "feedback_report", "It has a feedback report (RFC 5965)."
    FAILURE_SUBJECT = "failure_subject", "The subject is one of mail that comes back."
    SYSTEM_SUBJECT = (
        "system_subject",
        "The subject is a mail system's, and tells of no failure by itself.",
    )
    DELAY_SUBJECT = "delay_subject", "The subject is one of a mail that is tried again."
    FAILURE_TEXT = "failure_text", "A sentence tells that the mail was not delivered."
    REFUSAL_TEXT = "refusal_text", "A sentence of a refusal that people write too."
    DELAY_TEXT = "delay_text", "A sentence tells that the mail is tried again."
    SMTP_REPLY = "smtp_reply", "A server's refusal stands in the text."
    RETURNED_NOTICE = "returned_notice", "The notice, or its header, comes back."
    KNOWN_BOUNCE = "known_bounce", "flufl.bounce recognises it."
    DISPOSITION = "disposition", "It has a disposition notification (RFC 8098)."
    AUTO_SUBMITTED = "auto_submitted", "Auto-Submitted (RFC 3834) says that a program wrote."
    AUTOMATIC_FIELD = "automatic_field", "A header field that answering programs write."
    AUTOMATIC_SUBJECT = "automatic_subject", "The subject is an answering program's."
    RECEIPT_SUBJECT = "receipt_subject", "The subject is a ticket system's receipt."
