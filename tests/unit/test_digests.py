"""One notice of all cases of a company: a text with a part a case, a mail, and one record."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from attribution.casework.digests import Digest, draft_digest
from attribution.casework.notices_sent import RecordDigest, record_digest
from attribution.casework.views import case_view
from attribution.errors import Refused
from attribution.notices.message import notice_message
from attribution.store import Store
from casework import Clock, looked_up, reported
from chain import HOST, SENDER, approve_all, case_at_chain, due_of, note, tell

SITES = ("one.example", "two.example", "three.example")


@pytest.fixture
def cases(store: Store) -> list[str]:
    """Three cases of one company, the second of two URLs; its mailboxes are approved."""
    added = [case_at_chain(store, site, urls=1 + (site == SITES[1])) for site in SITES]
    approve_all(store)
    return added


def digest_of(store: Store, clock: Clock, cases: list[str]) -> Digest:
    due = [notice for notice in due_of(store, clock) if notice.case in cases]
    with store.read() as reader:
        (digest,) = draft_digest(reader, store.keys, due, SENDER)
    return digest


def parsed(message: EmailMessage) -> EmailMessage:
    read = message_from_bytes(message.as_bytes(policy=SMTP), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_digest_has_a_part_a_case_with_its_own_token(
    store: Store, clock: Clock, cases: list[str]
) -> None:
    digest = digest_of(store, clock, cases)
    assert (digest.mailbox, digest.in_the_way) == (HOST, ())
    assert [part.case for part in digest.cases] == cases
    assert "3 cases" in digest.subject
    for part, site in zip(digest.cases, SITES, strict=True):
        assert part.reply_to in digest.text
        assert f"Case {part.case}" in digest.text
        assert f"hxxps://www[.]{site.replace('.', '[.]')}/1" in digest.text
        assert all(site in report["url"] for report in part.xarf)
    assert [len(part.xarf) for part in digest.cases] == [1, 2, 1]
    assert digest.text.count("16(2)(d)") == 1
    assert len({part.reply_to for part in digest.cases}) == 3


def test_each_part_states_its_own_case_only(store: Store, clock: Clock, cases: list[str]) -> None:
    tell(store, cases[0])
    clock.move(days=2)
    note(store, "still_online", cases[0])
    digest = digest_of(store, clock, cases)
    first, *others = digest.text.split("\nCase ")[1:]
    assert "We wrote to you on 2026-03-02." in first
    assert "1 address was online when it was last checked, on 2026-03-04." in first
    assert not any("wrote" in part or "online" in part for part in others)
    assert [part.what for part in digest.cases] == ["reminder", "notice", "notice"]


def test_cases_of_several_companies_are_no_digest(
    store: Store, clock: Clock, cases: list[str]
) -> None:
    elsewhere = looked_up("www.four.example", "ORG-OT1-RIPE", "Other", "abuse@other.example")
    reported(store, "https://www.four.example/1", elsewhere, keep_url=True)
    with store.read() as reader, pytest.raises(Refused, match="one company"):
        draft_digest(reader, store.keys, due_of(store, clock), SENDER)
    with store.read() as reader, pytest.raises(Refused, match="another country"):
        draft_digest(reader, store.keys, due_of(store, clock, cases[0], "DE"), SENDER)


def test_a_digest_is_a_mail_with_a_report_an_attachment(
    store: Store, clock: Clock, cases: list[str]
) -> None:
    from xarf import parse

    digest = digest_of(store, clock, cases)
    mail = parsed(notice_message(digest, SENDER))
    assert [address.addr_spec for address in mail["To"].addresses] == [HOST]
    assert mail["Cc"] is None
    assert [address.addr_spec for address in mail["Reply-To"].addresses] == [
        part.reply_to for part in digest.cases
    ]
    assert mail["From"].addresses[0].display_name == "Example Hotline"
    assert mail["Message-ID"].endswith("@hotline.example>")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip() == digest.text.strip()
    attachments = list(mail.iter_attachments())
    assert {part.get_content_type() for part in attachments} == {"application/json"}
    assert [part.get_filename() for part in attachments] == [
        f"xarf-{cases[0]}-1.json",
        f"xarf-{cases[1]}-1.json",
        f"xarf-{cases[1]}-2.json",
        f"xarf-{cases[2]}-1.json",
    ]
    for part in attachments:
        report = json.loads(part.get_content())
        assert parse(report).errors == []
        assert report["url"].startswith("https://")


def test_a_mail_without_mailbox_or_with_a_broken_head_is_refused(
    store: Store, clock: Clock, cases: list[str]
) -> None:
    from dataclasses import replace

    digest = digest_of(store, clock, cases)
    for broken in ({"mailbox": None}, {"mailbox": "a@b\nBcc: c@d"}, {"subject": "a\nBcc: c@d"}):
        with pytest.raises(Refused):
            notice_message(replace(digest, **broken), SENDER)  # type: ignore[arg-type]


def test_a_digest_is_noted_for_each_of_its_cases_or_for_none(
    store: Store, clock: Clock, cases: list[str]
) -> None:
    tell(store, cases[1])
    clock.move(hours=1)
    message_id = "<1@hotline.example>"
    with store.write("ann") as writer, pytest.raises(Refused):
        record_digest(writer, RecordDigest(cases=(*cases, "c-none"), to=HOST))
    with store.write("ann") as writer:
        command = RecordDigest(cases=tuple(cases), to=HOST, message_id=message_id)
        kinds = record_digest(writer, command)
    assert list(kinds.values()) == ["sent", "reminder", "sent"]
    with store.read() as reader:
        for case in cases:
            notices = [
                event
                for event in case_view(reader, case, 0).events
                if event["detail"].get("message_id") == message_id
            ]
            assert len(notices) == 1, "the first try left nothing"
