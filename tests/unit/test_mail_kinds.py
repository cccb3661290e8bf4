"""Each kind of mail that comes back, in the spellings of many programs, with its evidence."""

from __future__ import annotations

import pytest

from attribution.mail import Action, Evidence, Kind, Reading, read_mail
from returned_mails import (
    COPY,
    MAILBOX,
    NOTICE,
    REPLY_TO,
    TOKEN,
    Sent,
    bounce,
    disposition,
    report,
)


def read(raw: bytes | Sent) -> Reading:
    return read_mail(bytes(raw))


def sent(**values: object) -> bytes:
    return bytes(Sent(**values))  # type: ignore[arg-type]


ATTACHED = f"--B\nContent-Type: message/rfc822\n\n{NOTICE}\n--B--\n"
FORMS = {
    "qmail": bounce(
        "Hi. This is the qmail-send program at mx.hosting.example.\nI could not hand it over.\n\n"
        f"<{MAILBOX}>:\nRemote host said: 550 5.1.1 no mailbox\n\n{COPY}",
        subject="failure notice",
    ),
    "exim": bounce(
        f"A message that you sent could not be delivered.\n\n  {MAILBOX}\n    "
        f"unrouteable\n\n{COPY}",
        subject="Mail delivery failed: returning message to sender",
        fields={"X-Failed-Recipients": MAILBOX, "Auto-Submitted": "auto-replied"},
        sender="Mail Delivery System <Mailer-Daemon@mx.hosting.example>",
    ),
    "opensmtpd": bounce(
        f"Hi!\n\nThis is the MAILER-DAEMON.\n\n{MAILBOX}: 550 5.1.1 user unknown\n\n{COPY}",
        subject="Delivery status notification: error",
        sender="Mailer Daemon <MAILER-DAEMON@mx.hosting.example>",
    ),
    "gmx": bounce(
        f'Die Nachricht wurde nicht zugestellt.\n\n"{MAILBOX}":\nhost: mx\n5.2.2 voll\n\n{COPY}',
        subject="Mail delivery failed: returning message to sender",
        fields={},
    ),
    "dragonfly": bounce(
        f"This is the DragonFly Mail Agent at mx.\n\nThere was an error delivering to <{MAILBOX}>.",
        subject="Mail delivery failed",
        sender="Mail Delivery Subsystem <>",
    ),
    "google groups": bounce(
        f"Hello,\n\nWe're writing to let you know that the group you tried to contact ({MAILBOX})\n"
        "may not exist.\n",
        subject="Delivery Status Notification (Failure)",
        fields={"X-Failed-Recipients": MAILBOX},
    ),
    "mail.ru": bounce(
        f"This message was created automatically.\n\n{MAILBOX}\nSMTP error after RCPT TO:<a@b>:\n"
        f"550 Message was not accepted -- invalid mailbox.\n\n{COPY}",
        subject="Mail failure.",
        sender="mailer-daemon@mx.hosting.example",
    ),
    "zoho": bounce(
        f"This message was created automatically.\n\n{MAILBOX} Invalid Address, ERROR_CODE :550\n",
        sender="mailer-daemon@mail.hosting.example",
        subject="Mail Delivery Status Notification",
        fields={},
    ),
    "workmail": report(
        subject="Delivery Status Notification (Failure)",
        sender="postmaster@hosting.example",
        fields={"X-Mailer": "Amazon WorkMail"},
    ),
    "exchange 2007": bounce(
        "Delivery has failed to these recipients:\n\nDiagnostic information for administrators:\n"
        f"Generating server: ex.hosting.example\n\n{MAILBOX}\n#550 5.1.1 "
        f"RESOLVER.ADR; not found ##",
        sender="Microsoft Exchange <MicrosoftExchange329e71ec88ae4615@hosting.example>",
        subject="Undeliverable: Notice of illegal content",
        fields={"In-Reply-To": "<n1@hotline.example>"},
    ),
    "exchange 2003": bounce(
        f"Your message\n\n  To: {MAILBOX}\n\ndid not reach the following "
        f"recipient(s):\n\n{MAILBOX}\n",
        sender="System Administrator <postmaster@hosting.example>",
        subject="E",
    ),
    "domino": report(
        container="multipart/mixed", subject="DELIVERY FAILURE: User not listed in directory"
    ),
    "messagelabs": report(
        block="Diagnostic-Code: smtp; 550-Please turn on authentication.\n550-not permitted to\n"
        f"550 relay here.\nStatus: 5.0.0\nAction: failed\nFinal-Recipient: rfc822; {MAILBOX}\n",
        subject="Mail Delivery Failure",
    ),
    "mcafee": report(
        container="Multipart/Mixed",
        block=f"Original-Recipient: <{MAILBOX}>\nAction: failed\n"
        "Diagnostic-Code: smtp; 550 Unknown user\nRemote-MTA: 192.0.2.1\n",
        subject="Delivery Status",
    ),
    "postfix without recipients": report(block="", subject="Undelivered Mail Returned to Sender"),
    "yahoo": bounce(
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{MAILBOX}>:\n"
        "Remote host said: 554 delivery error: no account\n",
        subject="Failure Notice",
        fields={},
        sender="MAILER-DAEMON@mail.hosting.example",
    ),
    "outlook": report(
        sender="postmaster@outlook.hosting.example",
        subject="Delivery Status Notification (Failure)",
        fields={},
    ),
    "aol": bounce(
        f"   ----- The following addresses had permanent fatal errors -----\n<{MAILBOX}>\n\n"
        "   ----- Transcript of session follows -----\n>>> RCPT To:<x>\n<<< 550 "
        "MAILBOX NOT FOUND\n",
        sender="Mail Delivery Subsystem <MAILER-DAEMON@aol.hosting.example>",
        subject="Returned mail: User unknown",
    ),
    "courier": report(
        sender='"Courier mail server at mx.hosting.example" <@>',
        subject="NOTICE: mail delivery status.",
    ),
    "sendmail 5, parts that are none": bounce(
        f"   ----- The following addresses had permanent fatal errors -----\n<{MAILBOX}>\n\n"
        f"Reporting-MTA: dns; mx\n\nFinal-Recipient: RFC822; <{MAILBOX}>\nAction: failed\n"
        f"Status: 5.5.0\n\n{NOTICE}",
        fields={"Content-Type": "multipart/report; report-type=delivery-status; boundary=X/mx"},
    ),
    "imail": bounce(
        f"Invalid final delivery userid: {MAILBOX}\n\nOriginal message follows.\n\n{NOTICE}",
        sender='"Postmaster" <postmaster@hosting.example>',
        subject="Undeliverable Mail",
        fields={},
    ),
    "lotus": bounce(
        f"------- Failure Reasons  --------\n\nnot listed\n{MAILBOX}\n\n------- "
        f"Returned Message -----",
        sender="postmaster@hosting.example",
        subject="Undeliverable message",
        fields={},
    ),
    "mailmarshal": bounce(
        f"Your message:\n   From: x\n\nCould not be delivered because of\n\n550 "
        f"5.1.1 User unknown\n\n"
        f"The following recipients were affected:\n    {MAILBOX}\n",
        sender="postmaster@hosting.example",
        subject='Undeliverable Mail: "Notice"',
        fields={},
    ),
    "a short-message gateway": bounce(
        "Error: Invalid user address\n\nError message below:\n550 - no such user here\n\n"
        f"  RCPT TO: {MAILBOX}\n",
        sender="post_master@sms.hosting.example",
        subject="Re:Notice",
        fields={"In-Reply-To": "<n1@hotline.example>"},
    ),
    "a filter": bounce(
        "Sent <<< RCPT TO:<x>\nReceived >>> 550 5.1.1 user unknown\n",
        sender='"InterScan MSS" <postmaster@hosting.example>',
        subject="=?utf-8?B?44Oh44OD44K744O844K444KS6YWN5L+h44Gn44GN44G+44Gb44KT44CC?=",
        fields={},
    ),
    "a gateway with a null path alone": bounce(
        f"Your mail sent on: Mon\n     Could not be delivered to: <{MAILBOX}>\n     It is full.\n",
        sender="somebody@hosting.example",
        subject="Mail",
        fields={"Return-Path": "<>"},
    ),
    "no sender": bounce(f"<{MAILBOX}>: user unknown\n", sender=None, subject="Notice"),
    "wrapped in a mailer-daemon's mail": bounce(
        "--B\nContent-Type: text/plain\n\n---The following addresses had delivery errors---\n\n"
        + ATTACHED,
        sender='"Mail Deliver System" <MAILER-DAEMON>',
        fields={"Content-Type": "multipart/mixed; boundary=B"},
    ),
    "a status in base64": report(encoded=True),
    "a status for other alphabets": report().replace(
        b"message/delivery-status", b"message/global-delivery-status"
    ),
    "a notification in JSON": bounce(
        '{"notificationType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"'
        f'{MAILBOX}","action":"failed","status":"5.1.1"}}]}}}}\n',
        sender="SES <no-reply@sns.hosting.example>",
        subject="AWS Notification Message",
        fields={"x-amz-sns-message-id": "1"},
    ),
    "classic Macintosh line ends": report().replace(b"\n", b"\r"),
    "HTML alone": bounce(
        f"<html><style>p {{ }}</style><p>Delivery to <b>{MAILBOX}</b> failed:</p>550 5.1.1 unknown",
        fields={"Content-Type": "text/html", "Return-Path": "<>"},
    ),
    "a dovecot quota refusal": disposition(
        "deleted", sender="Mail Delivery Subsystem <postmaster@hosting.example>"
    ).replace(b"About your message.", b"Your message was automatically rejected: Quota exceeded"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_bounce_in_every_known_form_is_a_bounce_of_the_mailbox_written_to(form: str) -> None:
    reading = read(FORMS[form])
    assert reading.kind is Kind.BOUNCE, reading.evidence
    assert reading.evidence
    if form not in ("wrapped in a mailer-daemon's mail", "a dovecot quota refusal", "a filter"):
        named = [one.mailbox for one in reading.recipients]
        assert MAILBOX in named or form in ("postfix without recipients", "lotus"), named


SUBJECTS = """
Undelivered Mail Returned to Sender|Delivery Status Notification (Failure)|failure notice
Returned mail: User unknown|Undeliverable: Notice|Mail delivery failed|Mail could not be delivered
Unzustellbar: Notice|Mail System Error - Returned Mail|DELIVERY FAILURE: User|Message not delivered
Non remis : Notice|Rapport de non-remise|Onbestelbaar: Notice|Niet te bestellen: Notice|Rückgabe: x
Non recapitabile: Notice|Não entregue: Notice|Olevererbart: Notice|Kan ikke leveres: Notice
Nedoručitelné: Notice|Не доставлено: Notice|Niedostarczone: Notice|No se puede entregar: Notice
Sorry, your message could not be delivered|There was an error sending your mail|[BOUNCE]
Message you sent blocked by our bulk email filter|Permanent Delivery Failure|配信できませんでした
"""


@pytest.mark.parametrize("subject", SUBJECTS.strip().replace("\n", "|").split("|"))
def test_a_subject_of_returned_mail_is_no_answer_under_whatever_sender(subject: str) -> None:
    assert read(sent(subject=subject, sender="Mail <noreply@hosting.example>", body="")).kind in (
        Kind.BOUNCE,
        Kind.MAIL_SYSTEM,
    )


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON",
        "MAILER-DAEMON <>",
        "postmaster@hosting.example",
        "Mail Delivery Subsystem <x@hosting.example>",
        "Mail Delivery System <x@hosting.example>",
        "double-bounce@hosting.example",
        "mailer@hosting.example",
        "Mail Administrator <x@hosting.example>",
        "Delivery Failure <x@hosting.example>",
        "=?utf-8?q?Mail_Delivery_Subsystem?= <x@hosting.example>",
    ],
)
@pytest.mark.parametrize("automatic", [{}, {"Auto-Submitted": "auto-replied"}])
def test_nothing_of_a_mail_system_is_an_answer(sender: str, automatic: dict[str, str]) -> None:
    reading = read(sent(sender=sender, body="Hello.\n", fields=automatic))
    assert reading.kind is Kind.MAIL_SYSTEM
    assert reading.is_from_system
    assert reading.to_be_read


def test_a_postmaster_who_answers_is_read_by_a_person_and_bounces_nothing() -> None:
    body = (
        f"The site does not exist any more; the account is "
        f"suspended.\n\n-----Original Message-----\n{NOTICE}"
    )
    for fields in ({"In-Reply-To": "<n1@hotline.example>"}, {}):
        reading = read(sent(sender="postmaster@hosting.example", body=body, fields=fields))
        assert reading.kind is Kind.MAIL_SYSTEM


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (report(action="delayed", status="4.4.1"), Kind.DELAYED),
        (report(action="delivered", status="2.0.0"), Kind.DELIVERED),
        (report(action="relayed", status="2.0.0"), Kind.RELAYED),
        (report(action="expanded", status="2.0.0"), Kind.RELAYED),
        (report(action="delivered", container="multipart/mixed", encoded=True), Kind.DELIVERED),
        (report(action="Delayed; it is tried again", container="multipart/mixed"), Kind.DELAYED),
        (report(action="RELAYED", mta=""), Kind.RELAYED),
        (report(action="DELIVERED (to mailbox)"), Kind.DELIVERED),
        (report(action="relayed", encoded=True), Kind.RELAYED),
        (
            bounce(
                "Your message was not delivered within 4 hours. THIS IS A WARNING MESSAGE ONLY.\n",
                subject="Warning: could not send message for past 4 hours",
            ),
            Kind.DELAYED,
        ),
        (
            bounce(
                "Delivery attempts will continue to be made for four days.\n",
                subject="Warning: message 1aBcDe-0001 delayed 24 hours",
                fields={"Auto-Submitted": "auto-replied", "Return-Path": "<>"},
            ),
            Kind.DELAYED,
        ),
    ],
)
def test_a_report_says_what_became_of_it(raw: bytes, kind: Kind) -> None:
    reading = read(raw)
    assert reading.kind is kind
    if reading.recipients:
        assert reading.recipients[0].mailbox == MAILBOX


@pytest.mark.parametrize("kind", ["displayed", "deleted", "DISPLAYED/error", "processed"])
def test_a_disposition_is_of_its_own_kind(kind: str) -> None:
    reading = read(disposition(kind))
    assert (reading.kind, reading.disposition) == (
        Kind.DISPOSITION,
        kind.split("/", maxsplit=1)[0].lower(),
    )
    assert "<n1@hotline.example>" in reading.references


def test_a_report_about_several_says_it_of_each() -> None:
    blocks = "\n".join(
        f"Final-Recipient: rfc822; {name}@hosting.example\nAction: {action}\nStatus: {status}\n"
        for name, action, status in [("noc", "failed", "5.1.1"), ("abuse", "delivered", "2.0.0")]
    )
    reading = read(report(block=blocks))
    assert [(one.mailbox, one.action) for one in reading.recipients] == [
        ("noc@hosting.example", Action.FAILED),
        (MAILBOX, Action.DELIVERED),
    ]


AUTOMATIC_SUBJECTS = {
    "en": "Automatic reply: Notice",
    "en2": "Out of Office: Notice",
    "nl": "Automatisch antwoord: Melding",
    "de": "Automatische Antwort: Meldung",
    "de2": "Abwesenheitsnotiz",
    "fr": "Réponse automatique : Notification",
    "es": "Respuesta automática: Aviso",
    "pt": "Resposta automática: Aviso",
    "it": "Risposta automatica: Avviso",
    "pl": "Odpowiedź automatyczna: Zgłoszenie",
    "ru": "Автоматический ответ: Notice",
    "sv": "Autosvar: Notice",
    "da": "Automatisk svar: Notice",
    "no": "Automatisk svar: Fraværende",
    "cs": "Automatická odpověď: Notice",
    "tr": "Otomatik Yanıt: Notice",
    "ja": "自動返信: Notice",
    "fi": "Automaattinen vastaus: Notice",
    "hu": "Automatikus válasz: Notice",
    "ro": "Răspuns automat: Notice",
    "bg": "Автоматичен отговор: Notice",
    "el": "Αυτόματη απάντηση: Notice",
    "uk": "Автоматична відповідь: Notice",
}
RECEIPTS = {
    "en": "[#12] We have received your report",
    "nl": "Ontvangstbevestiging [12]",
    "de": "[Ticket#2026] Eingangsbestätigung",
    "fr": "Accusé de réception de votre message",
    "es": "Acuse de recibo",
    "pt": "Confirmação de recebimento",
    "it": "Conferma di ricezione",
    "pl": "Potwierdzenie otrzymania zgłoszenia",
    "ru": "Ваше обращение 12 получено",
    "sv": "Mottagningsbekräftelse",
    "da": "Kvittering for modtagelse",
    "no": "Bekreftelse på mottak",
    "cs": "Potvrzení přijetí",
    "tr": "Talebiniz alındı",
    "ja": "お問い合わせを受け付けました",
    "fi": "Viestisi on vastaanotettu",
}


@pytest.mark.parametrize("subject", [*AUTOMATIC_SUBJECTS.values(), *RECEIPTS.values()])
def test_an_answering_program_is_told_by_its_subject_in_many_languages(subject: str) -> None:
    assert read(sent(subject=subject)).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated (ticket system)"},
        {"X-AutoReply": "yes"},
        {"X-Autorespond": "1"},
        {"Precedence": "auto_reply"},
        {"X-MS-Exchange-Inbox-Rules-Loop": "abuse@hosting.example"},
        {"Return-Path": "<>", "Auto-Submitted": "auto-replied (vacation)"},
        {"Return-Path": "<>", "X-Autoreply-From": "abuse@hosting.example"},
        {"Return-Path": "<MAILER-DAEMON>", "Auto-Submitted": "auto-replied"},
    ],
)
def test_an_answering_program_is_told_by_its_fields(fields: dict[str, str]) -> None:
    reading = read(sent(fields=fields, subject="Notice", body="I am away until Monday.\n"))
    assert reading.kind is Kind.AUTO_REPLY
    assert set(reading.evidence) <= {Evidence.AUTO_SUBMITTED, Evidence.AUTOMATIC_FIELD}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Auto-Submitted": "no"},
        {"X-Auto-Response-Suppress": "All"},
        {"Precedence": "bulk"},
        {"Precedence": "list", "X-Auto-Response-Suppress": "DR, OOF, AutoReply"},
    ],
)
@pytest.mark.parametrize(
    "subject", ["Re: Notice", "[Ticket#2026030210000012] Notice of illegal content", "AW: Notice"]
)
def test_a_person_is_a_person_whatever_their_ticket_system_asks_of_others(
    fields: dict[str, str], subject: str
) -> None:
    assert read(sent(fields=fields, subject=subject)).kind is Kind.REPLY


QUOTED = "".join(f"> {line}\n" for line in FORMS["qmail"].decode().splitlines())


@pytest.mark.parametrize(
    "raw",
    [
        sent(
            subject="Re: failure notice", body=f"Your mail to us bounced, we have it now:\n{QUOTED}"
        ),
        sent(
            subject="Fwd: Undelivered Mail Returned to Sender",
            body=f"--B\nContent-Type: text/plain\n\nSee below.\n{ATTACHED}",
            fields={"Content-Type": "multipart/mixed; boundary=B"},
        ),
        sent(
            subject="AW: Automatic reply: Notice",
            body="Ich bin wieder da. Die Seite ist weg.\n",
        ),
        sent(
            subject="Notice of illegal content",
            body=f"We removed it; the page does not exist any more.\n\n-----Original "
            f"Message-----\n{NOTICE}",
        ),
        sent(
            subject="Re: Notice",
            body=f"--B\nContent-Type: text/plain\n\nIt bounced:\n"
            f"--B\nContent-Type: message/rfc822\n\n{FORMS['workmail'].decode()}\n--B--\n",
            fields={"Content-Type": "multipart/mixed; boundary=B"},
        ),
        sent(subject="Bearbeitung verzögert sich", body="Wir melden uns morgen.\n"),
    ],
)
def test_a_person_who_quotes_or_forwards_a_bounce_stays_a_person(raw: bytes) -> None:
    assert read(raw).kind is Kind.REPLY


def test_a_feedback_report_is_a_mail_systems_and_no_bounce() -> None:
    body = (
        "--B\nContent-Type: text/plain\n\nThis is an email abuse report for a message.\n"
        "--B\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        + ATTACHED
    )
    container = {"Content-Type": "multipart/report; report-type=feedback-report; boundary=B"}
    assert read(sent(fields=container, body=body)).kind is Kind.MAIL_SYSTEM
    mixed = {"Content-Type": "multipart/mixed; boundary=B"}
    assert read(sent(fields=mixed, subject="x", body=body)).kind is Kind.MAIL_SYSTEM


def test_a_list_server_is_a_mail_system() -> None:
    fields = {"X-MLServer": "fml [4.0]"}
    reading = read(
        sent(
            sender="list-admin@hosting.example",
            subject="Loop Alert: Duplicated Message-ID (list ML)",
            fields=fields,
            body="Duplicated Message-ID in <list@hosting.example>.\n",
        )
    )
    assert reading.kind is Kind.MAIL_SYSTEM


def test_who_answers_by_machine_with_a_failure_is_read_by_a_person() -> None:
    reading = read(
        sent(
            sender="noreply@hosting.example",
            subject="Your mail",
            body="Your message could not be delivered to this mailbox.\n",
            fields={"Auto-Submitted": "auto-generated"},
        )
    )
    assert reading.kind is Kind.MAIL_SYSTEM


def test_attachments_are_counted_and_never_opened() -> None:
    body = (
        "--B\nContent-Type: text/plain\n\nSee the picture.\n"
        "--B\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"
        "--B\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\n"
        "SECRET could not be delivered 550 5.1.1\n--B--\n"
    )
    reading = read(sent(fields={"Content-Type": "multipart/mixed; boundary=B"}, body=body))
    assert (reading.kind, reading.attachments) == (Kind.REPLY, 2)
    assert reading.attachments_sha256
    assert "SECRET" not in reading.text
    assert "See the picture." in reading.text
    other = body.replace("iVBORw0KGgo=", "iVBORw0KGgp=")
    again = read(sent(fields={"Content-Type": "multipart/mixed; boundary=B"}, body=other))
    assert again.attachments_sha256 != reading.attachments_sha256


@pytest.mark.parametrize(
    "date",
    ["Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 1900 00:00:00 +0000", "yesterday", ""],
)
def test_a_date_that_cannot_be_is_left_out(date: str) -> None:
    assert read(sent(date=date)).at is None


def test_a_date_of_year_one_is_read_as_mail_abbreviates_years() -> None:
    at = read(sent(date="Mon, 01 Jan 0001 00:00:00 +1400")).at
    assert at is not None
    assert at.year == 2000


def test_a_token_in_the_text_counts_where_none_stands_in_the_header() -> None:
    reading = read(sent(to="notices@hotline.example", body=f"> Reply-To: {REPLY_TO}\n"))
    assert reading.tokens == (TOKEN,)
    other = REPLY_TO.replace("abc", "zzz")
    assert read(sent(body=f"> Reply-To: {other}\n")).tokens == (TOKEN,)
