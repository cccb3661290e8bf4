"""Mail systems that write like people, and people and ticket systems that write about bounces."""

from __future__ import annotations

import pytest

from attribution.mail import Evidence, Kind, Reading, read_mail
from returned_mails import COPY, MAILBOX, NOTICE, Sent, bounce, report

ATTACHED = f"--B\nContent-Type: message/rfc822\n\n{NOTICE}\n--B--\n"
MIXED = {"Content-Type": "multipart/mixed; boundary=B"}


def sent(**values: object) -> bytes:
    return bytes(Sent(**values))  # type: ignore[arg-type]


def read(**values: object) -> Reading:
    return read_mail(sent(**values))


BOUNCES = {
    "a telephone company's no-reply in Japanese": sent(
        sender="no-reply@m0001.hosting.example",
        subject="メールエラー通知",
        body="--B\nContent-Type: text/plain; charset=utf-8\n\n"
        "受信箱が一杯のため、送信できませんでした。\n"
        f"Could not be delivered to: <{MAILBOX}>\n{ATTACHED}",
        fields=MIXED,
    ),
    "a log of the session": bounce(
        "|--------------------- Message log follows: ---------------------|\n"
        f" no valid recipients\n|--- Failed addresses follow: ---|\n {MAILBOX} ... unknown host\n",
        subject="mail failed, returning to sender",
        fields={},
    ),
    "attempts that were unsuccessful": bounce(
        "After some unsuccessful delivery attempts the message was removed from the queue.\n"
        "YOUR MESSAGE WAS NOT DELIVERED!\n\nThese did NOT receive a copy of your message:\n\n"
        f"> {MAILBOX}\n\n{COPY}",
        sender="MDaemon@mx.hosting.example",
        subject="Permanent Delivery Failure",
        fields={},
    ),
    "a recipient behind angle brackets": bounce(
        f"  ----- permanent fatal errors -----\n\n>>> {MAILBOX} "
        f"<{MAILBOX}>\n\n550 no box (#5.1.1)\n",
    ),
    "a type of a part without a semicolon": bounce(
        '--B\nContent-Type: text/plain\n  charset="utf-8"\n\n---These addresses had delivery'
        f" errors---\n\n{MAILBOX} [User unknown]\n{ATTACHED}",
        sender='"Mail Deliver System" <MAILER-DAEMON>',
        subject="Returned Mail: User unknown",
        fields=MIXED,
    ),
    "returned after it was deferred": bounce(
        f"  ----- Transcript of session follows -----\n554 <{MAILBOX}>... 550 Host unknown\n",
        subject="Returned mail: Deferred: Host Name Lookup Failure",
    ),
    "too long in the queue": bounce(
        f"<{MAILBOX}>:\n421 temporarily deferred\nI'm not going to try again; this message has been"
        f" in the queue too long.\n\n{COPY}",
        subject="failure notice",
    ),
    "Chinese": bounce(
        "--B\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: base64\n\n"
        # "the mail cannot be sent to the address that you named", in GB2312
        "08q8/s7et6i3osvNtb3E+ta4tqi1xLXY1rc=\n"
        f"--B\nContent-Type: text/plain\n\n<{MAILBOX}>\n{ATTACHED}",
        subject="=?utf-8?B?6YKu5Lu25Lyg6L6T5aSx6LSl77yB?=",
        sender="postmaster@hosting.example",
        fields=MIXED,
    ),
    "an expired report": report(action="expired", status=""),
    "an undeliverable report": report(action="undeliverable", status=""),
}


@pytest.mark.parametrize("form", BOUNCES)
def test_a_mail_system_that_tells_a_failure_in_its_own_words_bounces(form: str) -> None:
    reading = read_mail(BOUNCES[form])
    assert reading.kind is Kind.BOUNCE, reading.evidence
    assert MAILBOX in [one.mailbox for one in reading.recipients]


@pytest.mark.parametrize(
    ("subject", "sender"),
    [
        ("Delayed Mail (still being retried)", "MAILER-DAEMON@mx.hosting.example"),
        ("Mail Delivery Warning", "<Postmaster\\@hosting.example@mx.hosting.example>"),
    ],
)
def test_a_delay_is_no_bounce_and_no_answer(subject: str, sender: str) -> None:
    body = (
        "Your message could not be delivered for more than 2 hour(s).\n"
        f"It will be retried until it is 4 day(s) old.\n\n<{MAILBOX}>: no route to host\n"
    )
    assert read(subject=subject, sender=sender, body=body).kind is Kind.DELAYED


def test_a_verified_address_is_no_delivery() -> None:
    reading = read_mail(report(action="deliverable", status="2.1.5"))
    assert reading.kind is Kind.MAIL_SYSTEM
    assert read_mail(report(action="", status="2.1.5")).kind is Kind.RELAYED


def test_a_null_path_is_known_when_it_is_written_out() -> None:
    reading = read(subject="x", body="Hello.\n", fields={"Return-Path": "<null>"})
    assert Evidence.NULL_RETURN_PATH in reading.evidence


@pytest.mark.parametrize(
    "fields", [{"Auto-Submitted": "auto-replied"}, {"X-Apple-Unsubscribe": "true"}]
)
def test_a_program_that_leaves_a_list_answers_nothing(fields: dict[str, str]) -> None:
    body = 'A mail program sent this to unsubscribe from "Notice".\n'
    assert read(subject="unsubscribe", body=body, fields=fields).kind is Kind.MAIL_SYSTEM


def test_a_person_who_wants_no_more_mail_has_answered() -> None:
    assert read(subject="Unsubscribe", body="Write to noc@hosting.example.\n").kind is Kind.REPLY


@pytest.mark.parametrize("local", ["abuse", "abuse-noreply", "noreply", "administrator", "jo"])
@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Your notice bounced", "We saw in our log that it bounced. We have it now.\n"),
        (
            "Your notice of Monday",
            "Hello,\nyour mail bounced, it could not be delivered. That is mended; page removed.\n",
        ),
        (
            "[Ticket#1] Notice of illegal content",
            "Hello,\nthat is a user unknown to us, and the mailbox is full of reports. Removed.\n",
        ),
        (
            "Case 77: closed",
            "We could not deliver your notice to our customer. The site is offline now.\n",
        ),
    ],
)
def test_who_writes_about_a_bounce_has_answered(local: str, subject: str, body: str) -> None:
    reading = read(sender=f"Abuse <{local}@hosting.example>", subject=subject, body=body)
    assert reading.kind is Kind.REPLY, reading.evidence


@pytest.mark.parametrize(
    ("sender", "subject", "body", "fields"),
    [
        (
            "noreply@hosting.example",
            "Case 12 is closed",
            "The account was over quota and is suspended; that is a user unknown to us now.\n",
            {"Auto-Submitted": "auto-generated"},
        ),
        (
            "jo@hosting.example",
            "Jo is no longer with us",
            "Your message was not delivered to anybody else. Write to abuse@hosting.example.\n",
            {"Auto-Submitted": "auto-replied", "Return-Path": "<>"},
        ),
    ],
)
def test_a_program_that_answers_for_a_person_bounces_nothing(
    sender: str, subject: str, body: str, fields: dict[str, str]
) -> None:
    reading = read(sender=sender, subject=subject, body=body, fields=fields)
    assert reading.kind is Kind.AUTO_REPLY, reading.evidence


def test_a_person_who_writes_down_a_refusal_under_a_new_subject_has_answered() -> None:
    body = (
        "Hello,\nyour mail to us could not be delivered (550 5.1.1 user unknown). It works now.\n"
    )
    assert read(sender="Jo <jo@hosting.example>", subject="Your notice", body=body).kind is (
        Kind.REPLY
    )


def test_a_gateway_that_writes_as_a_person_and_gives_the_notice_back_is_none() -> None:
    body = (
        f"--B\nContent-Type: text/plain\n\nDelivery to {MAILBOX} failed:\n550 5.1.1 no such user\n"
    )
    reading = read(
        sender="gateway@hosting.example", subject="Notice", body=f"{body}{ATTACHED}", fields=MIXED
    )
    assert reading.kind is Kind.MAIL_SYSTEM


@pytest.mark.parametrize("local", ["noreply", "abuse-noreply", "notifications", "no-reply+12"])
@pytest.mark.parametrize(
    "subject",
    [
        "We have received your report",
        "[#12] Ticket created: Notice",
        "Automatic reply: Notice",
        "Automatic reply: Undeliverable: Notice",
        "Accusé de réception",
        "Abwesenheitsnotiz",
    ],
)
@pytest.mark.parametrize("path", [{}, {"Return-Path": "<>"}])
def test_a_receipt_that_mentions_bounces_is_a_receipt(
    local: str, subject: str, path: dict[str, str]
) -> None:
    reading = read(
        sender=f"Abuse desk <{local}@hosting.example>",
        subject=subject,
        body="Your report is here. If your message was not delivered, use the form: a mailbox that "
        f"is over quota tells 'delivery failed'.\n\n-----Original Message-----\n{NOTICE}",
        fields={"Auto-Submitted": "auto-replied", **path},
    )
    assert reading.kind is Kind.AUTO_REPLY, reading.evidence


@pytest.mark.parametrize("tag", ["[hotline] ", "[Ticket#12] [abuse] ", "***SPAM*** ", "{Spam?} "])
def test_tags_in_front_of_a_subject_change_nothing(tag: str) -> None:
    answer = read(subject=f"{tag}Re: failure notice", body="We have it now.\n")
    assert answer.kind is Kind.REPLY
    returned = bounce("(no text)\n", subject=f"{tag}Returned mail: Deferred: no host")
    assert read_mail(returned).kind is Kind.BOUNCE
    complaint = read(subject=f"{tag}complaint about message from 192.0.2.1", body="See below.\n")
    assert complaint.kind is Kind.MAIL_SYSTEM


def test_a_delay_that_a_program_sends_without_naming_itself_is_no_answer() -> None:
    reading = read(
        sender="queue@hosting.example",
        subject="Warning: message 1aBcDe delayed 24 hours",
        body="Delivery attempts will continue for some time.\n",
        fields={"Auto-Submitted": "auto-replied", "Return-Path": "<>"},
    )
    assert reading.kind is Kind.DELAYED


def test_a_subject_alone_voids_no_mailbox_where_somebody_else_writes() -> None:
    reading = read(subject="Undelivered Mail Returned to Sender", body="See above. Jo\n")
    assert reading.kind is Kind.MAIL_SYSTEM
    system = read(
        sender="postmaster@hosting.example", subject="Undeliverable Mail", body="Box too large.\n"
    )
    assert system.kind is Kind.BOUNCE
