"""What comes back by mail: bounces, programs' and people's answers, told apart and matched by
token.
"""

from __future__ import annotations

import mailbox
from email.message import EmailMessage, MIMEPart
from pathlib import Path

import pytest

from attribution.errors import HistoryError
from attribution.mail import Reading, read_mail, read_mails

TOKEN = "abcdefghijklmnopqrstuvwx"
REPLY_TO = f"notices+{TOKEN}@hotline.example"


def answer(subject: str = "Re: notice", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Desk <abuse@hosting.example>", REPLY_TO, subject
    mail["Date"], mail["Message-ID"] = "Mon, 02 Mar 2026 10:00:00 +0100", "<1@hosting.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("We look into it.")
    return mail


def bounce(
    action: str = "failed", returned: str = "message/rfc822", token_in_to: bool = False
) -> bytes:
    """A delivery status notification as RFC 3464 has it."""
    notice = (
        f"From: Hotline <notices@hotline.example>\nReply-To: {REPLY_TO}\nTo: "
        "abuse@hosting.example\nSubject: Notice\nMessage-ID: <n@hotline.example>\n\nText\n"
    )
    to = REPLY_TO if token_in_to else "notices@hotline.example"
    return f"""From: MAILER-DAEMON@mx.hosting.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Date: Mon, 02 Mar 2026 09:00:00 +0000
Message-ID: <b@mx.hosting.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

It could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.hosting.example
Arrival-Date: Mon, 02 Mar 2026 08:59:00 +0000

Final-Recipient: rfc822; Abuse@hosting.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such
 mailbox

--B
Content-Type: {returned}

{notice}
--B--
""".encode()


def read(raw: bytes | EmailMessage) -> Reading:
    return read_mail(raw if isinstance(raw, bytes) else raw.as_bytes())


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_bounce_is_matched_by_the_notice_that_it_gives_back(returned: str) -> None:
    found = read(bounce(returned=returned))
    named = tuple(one.mailbox for one in found.recipients)
    assert (found.kind, found.tokens, named, found.status) == (
        "bounce",
        (TOKEN,),
        ("abuse@hosting.example",),
        "5.1.1",
    )
    assert found.diagnostic == "smtp; 550 5.1.1 no such mailbox"


def test_a_delayed_mail_did_not_bounce() -> None:
    assert read(bounce("delayed")).kind == "delayed"
    assert read(bounce("delivered")).kind == "delivered"


def test_a_bounce_to_the_cases_own_address_is_matched() -> None:
    assert read(bounce(returned="text/plain", token_in_to=True)).tokens == (TOKEN,)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x=y"},
        {"X_Autoreply": "yes"},
    ],
)
def test_a_programs_answer_is_told_from_a_persons(headers: dict[str, str]) -> None:
    assert read(answer(**headers)).kind == "auto_reply"


# The last two ask others not to answer; ticket systems write them into what a person answers.
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Precedence": "bulk"},
        {"X_Auto_Response_Suppress": "All"},
    ],
)
def test_a_persons_answer_is_a_reply(headers: dict[str, str]) -> None:
    found = read(answer(**headers))
    assert (found.kind, found.tokens, found.sender) == ("reply", (TOKEN,), "abuse@hosting.example")
    assert found.at is not None
    assert found.at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_a_subject_says_it_where_no_header_does() -> None:
    assert read(answer("Automatic reply: Re: notice")).kind == "auto_reply"
    assert read(answer("Automatische antwoord")).kind == "auto_reply"


def test_a_mail_without_a_token_is_matched_with_nothing() -> None:
    mail = answer()
    mail.replace_header("To", "notices@hotline.example")
    assert read(mail).tokens == ()


def test_the_time_is_the_hotlines_own_servers() -> None:
    mail = answer()
    mail["Received"] = (
        "from mx.hosting.example by mail.hotline.example; Tue, 03 Mar 2026 08:00:00 +0000"
    )
    at = read(mail).at
    assert at is not None
    assert at.day == 3


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 50,
        b"no headers at all",
        b"Subject: =?utf-8?b?////?=\nDate: yesterday\nFrom: <<<>>>\n\n",
        b"Content-Type: multipart/report; report-type=delivery-status\n\nbroken",
        b"To: " + b"a" * 100000 + b"\n\n",
    ],
)
def test_what_senders_make_up_stops_nothing(raw: bytes) -> None:
    read_mail(raw)


def test_files_folders_maildirs_and_mboxes_are_read(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(answer().as_bytes())
    assert [letter.kind for _, letter in read_mails(tmp_path / "one.eml")] == ["reply"]
    assert len(list(read_mails(tmp_path))) == 1
    box = mailbox.Maildir(tmp_path / "Maildir")
    box.add(answer().as_bytes())
    box.add(bounce())
    assert sorted(letter.kind for _, letter in read_mails(tmp_path / "Maildir")) == [
        "bounce",
        "reply",
    ]
    many = mailbox.mbox(tmp_path / "box")
    many.add(answer().as_bytes())
    many.add(answer(Auto_Submitted="auto-replied").as_bytes())
    many.close()
    assert [letter.kind for _, letter in read_mails(tmp_path / "box")] == [
        "reply",
        "auto_reply",
    ]
    with pytest.raises(HistoryError):
        list(read_mails(tmp_path / "none"))


def test_one_bad_mail_ends_the_reading_of_no_other(tmp_path: Path) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
        for depth in range(2000)
    )
    good = answer().as_bytes().replace(b"\r\n", b"\n")
    box = b"".join(b"From x\n" + raw.strip() + b"\n\n" for raw in (nested, b"\xff", good))
    (tmp_path / "box").write_bytes(box)
    assert [reading.kind for _, reading in read_mails(tmp_path / "box")] == [
        "reply",
        "no_mail",
        "reply",
    ]


def test_a_file_that_is_gone_or_cannot_be_read_ends_the_reading_of_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1-gone", "2-closed", "3-good"):
        (tmp_path / name).write_bytes(answer().as_bytes())
    opened = Path.open

    def refuse(path: Path, *arguments: object, **more: object) -> object:
        if path.name == "1-gone":
            raise FileNotFoundError(2, "gone", str(path))
        if path.name == "2-closed":
            raise PermissionError(13, "closed", str(path))
        return opened(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert [(name, reading.kind) for name, reading in read_mails(tmp_path)] == [
        ("2-closed", "no_mail"),
        ("3-good", "reply"),
    ]


def test_of_a_large_mail_the_beginning_is_read(tmp_path: Path) -> None:
    (tmp_path / "large.eml").write_bytes(answer().as_bytes() + b"x" * 30_000_000)
    ((_, reading),) = read_mails(tmp_path / "large.eml")
    assert (reading.kind, reading.tokens, list(reading.beyond)) == ("reply", (TOKEN,), ["bytes"])


def test_a_forwarded_notice_inside_a_reply_does_not_make_it_a_bounce() -> None:
    mail = answer()
    part = MIMEPart()
    part.set_content("x")
    mail.add_attachment(answer(), filename="notice.eml")
    assert read(mail).kind == "reply"
