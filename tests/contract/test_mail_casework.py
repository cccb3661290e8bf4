"""Mail that came back, in the store:
what is noted by itself, what is proposed, what is believed.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from attribution.casework.mail_matching import MatchedBy
from attribution.casework.mailboxes import approvals
from attribution.casework.reading_mail import Decision, MailRead, Proposal, ReadMail, read_mails
from attribution.mail import Relay, read_mail
from attribution.store import Store
from attribution.store.engine import writing
from attribution.store.tables import cases, events
from casework import approve, correct, looked_up, record_notice, reported
from returned_mails import (
    MAILBOX,
    NOTICE,
    RELAY,
    REPLY_TO,
    TOKEN,
    Sent,
    authenticated,
    bounce,
    disposition,
    report,
)

OURS = Relay(RELAY, frozenset([RELAY]))
SIGNED = "dkim=pass header.d=hosting.example"
AUTOMATIC = bytes(Sent(subject="Automatic reply: Notice"))


@pytest.fixture
def case(store: Store) -> str:
    """A case whose token is TOKEN and whose notice is <n1@hotline.example>."""
    return opened(store, "www.site.example", TOKEN, "<n1@hotline.example>")


def opened(store: Store, host: str, token: str, message_id: str, **found: str) -> str:
    """Open a case at a host, with a notice to its mailbox."""
    case = reported(store, f"https://{host}/1", looked_up(host, **found)).case
    assert case
    with writing(store.engine) as connection:
        connection.execute(update(cases).where(cases.c.key == case).values(token=token))
    to = found.get("mailbox", MAILBOX)
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now - 3_600_000_000, to=to, message_id=message_id)
    return case


def read(
    store: Store, *raws: bytes, record: bool = True, take: frozenset[Proposal] = frozenset()
) -> list[MailRead]:
    mails = (
        ReadMail(f"{number}.eml", read_mail(raw, OURS), record=record, take=take)
        for number, raw in enumerate(raws)
    )
    return list(read_mails(store, "ann", mails))


def one(store: Store, raw: bytes, **more: Any) -> MailRead:
    (only,) = read(store, raw, **more)
    return only


def noted(store: Store, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what was noted of these kinds."""
    with store.read() as connection:
        rows = connection.execute(
            select(events.c.kind, events.c.detail)
            .where(events.c.kind.in_(kinds))
            .order_by(events.c.seq)
        )
        return [(row.kind, json.loads(row.detail)) for row in rows]


ALL = ("ack", "bounce", "delayed", "delivered", "relayed", "opened", "reply")


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    "raw",
    [
        bytes(Sent()),
        disposition("deleted"),
        disposition("displayed"),
        bytes(Sent(subject="Your notice bounced", body="We have it now.\n")),
        report(action="deliverable", status="2.1.5"),
        bytes(Sent(subject="unsubscribe", fields={"Auto-Submitted": "auto-replied"})),
    ],
)
def test_what_a_person_has_to_say_is_noted_by_nobody_else(store: Store, raw: bytes) -> None:
    read(store, authenticated(raw, SIGNED))
    assert noted(store, *ALL) == []


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    "sender", ["MAILER-DAEMON@mx.hosting.example", "postmaster@hosting.example"]
)
def test_nothing_of_a_mail_system_becomes_an_acknowledgement(store: Store, sender: str) -> None:
    raw = bytes(Sent(sender=sender, subject="Notice", fields={"Auto-Submitted": "auto-replied"}))
    everything = frozenset(Proposal)
    assert one(store, authenticated(raw, SIGNED), take=everything).decision is Decision.TO_READ
    assert noted(store, *ALL) == []


def test_a_programs_answer_counts_by_itself_only_from_where_the_notice_went(
    store: Store, case: str
) -> None:
    forged = authenticated(AUTOMATIC, "dkim=pass header.d=attacker.example")
    below = authenticated(AUTOMATIC, "dkim=pass header.d=customer.hosting.example")
    assert [done.decision for done in read(store, AUTOMATIC, forged, below)] == [
        Decision.PROPOSED
    ] * 3
    assert noted(store, *ALL) == []
    done = one(store, authenticated(AUTOMATIC, SIGNED))
    assert (done.decision, done.event, done.matches[0].case) == (Decision.RECORDED, "ack", case)
    ((kind, detail),) = noted(store, *ALL)
    assert (kind, detail["automatic"], detail["origin"]) == ("ack", True, "dkim")
    assert (detail["origin_domain"], detail["matched_by"]) == ("hosting.example", "token")
    assert detail["recognised_by"] == ["automatic_subject"]


def test_a_neighbour_in_a_domain_of_everybody_proves_nothing_of_a_mailbox(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = frozenset(["everybody.example"])
    monkeypatch.setattr("attribution.casework.mail_matching.SHARED_DOMAINS", shared)
    found = {
        "handle": "ORG-SM1-RIPE",
        "name": "Small Host",
        "mailbox": "smallhost@everybody.example",
    }
    opened(store, "www.small.example", TOKEN, "<s1@hotline.example>", **found)
    signed = "dkim=pass header.d=everybody.example"
    other = bytes(Sent(subject="Automatic reply", sender="rival@everybody.example"))
    assert one(store, authenticated(other, signed)).decision is Decision.PROPOSED
    forged = report(sender="rival@everybody.example")
    assert one(store, authenticated(forged, signed)).believed is False
    own = bytes(Sent(subject="Automatic reply", sender="smallhost@everybody.example"))
    assert one(store, authenticated(own, signed)).decision is Decision.RECORDED


@pytest.mark.usefixtures("case")
def test_a_mail_counts_once(store: Store) -> None:
    raw = authenticated(AUTOMATIC, SIGNED)
    assert [done.decision for done in read(store, raw, raw)] == [Decision.RECORDED, Decision.KNOWN]
    assert one(store, raw).decision is Decision.KNOWN
    assert one(store, raw, record=False).decision is Decision.KNOWN, "also to who only reads"
    assert len(noted(store, *ALL)) == 1


@pytest.mark.usefixtures("case")
def test_proposals_are_taken_in_bulk_by_a_person_and_say_so(store: Store) -> None:
    raws = [AUTOMATIC, report(action="delivered"), disposition("displayed", message_id="<m@h>")]
    assert [done.decision for done in read(store, *raws)] == [Decision.PROPOSED] * 3
    done = read(store, *raws, take=frozenset([Proposal.AUTOMATIC, Proposal.OPENED]))
    assert [each.decision for each in done] == [
        Decision.RECORDED,
        Decision.PROPOSED,
        Decision.RECORDED,
    ]
    assert [
        (kind, detail["origin"], detail["taken_in_bulk"]) for kind, detail in noted(store, *ALL)
    ] == [("ack", "unproven", True), ("opened", "unproven", True)]


@pytest.mark.usefixtures("case")
def test_a_delivery_is_a_receipt_only_from_the_providers_own_server(store: Store) -> None:
    raw = report(action="delivered", status="2.0.0")
    assert one(store, raw).decision is Decision.PROPOSED
    assert one(store, authenticated(raw, SIGNED)).decision is Decision.RECORDED
    ((kind, detail),) = noted(store, *ALL)
    assert (kind, detail["server"], detail["to"]) == ("delivered", "mx.hosting.example", MAILBOX)


@pytest.mark.usefixtures("case")
def test_nothing_is_noted_without_being_asked(store: Store) -> None:
    assert one(store, report(), record=False).decision is Decision.TO_RECORD
    assert noted(store, *ALL) == []


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    ("raw", "believed"),
    [
        (report(), False),
        (authenticated(report(), SIGNED), True),
        (authenticated(report(), "spf=pass smtp.helo=mx.hosting.example"), True),
        (authenticated(report(), "spf=pass smtp.helo=mx.attacker.example"), False),
        (report(mta=RELAY), True),
    ],
)
def test_a_bounce_is_believed_from_our_relay_or_the_mailboxs_domain(
    store: Store, raw: bytes, believed: bool
) -> None:
    done = one(store, raw)
    assert (done.decision, done.believed) == (Decision.RECORDED, believed)
    ((kind, detail),) = noted(store, *ALL)
    assert (kind, detail["believed"], detail["status"]) == ("bounce", believed, "5.1.1")
    assert "automatic" not in detail


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("action", ["relayed", "delivered"])
@pytest.mark.parametrize(
    ("mta", "believed"), [("mx2.hosting.example", False), ("mx.elsewhere.example", True)]
)
def test_who_takes_a_notice_and_bounces_it_after_has_received_it(
    store: Store, action: str, mta: str, believed: bool
) -> None:
    block = (
        f"Final-Recipient: rfc822; {MAILBOX}\nAction: {action}\nStatus: 2.0.0\n"
        "Remote-MTA: dns; mx.hosting.example\n"
    )
    early = "Mon, 02 Mar 2026 09:00:00 +0000"
    arrival = report(block=block, mta=RELAY, message_id="<first@h.example>", date=early)
    bounced = authenticated(report(mta=mta), SIGNED)
    # Told in the other order than they came, as files lie in a folder.
    assert [done.decision for done in read(store, bounced, arrival)] == [Decision.RECORDED] * 2
    assert noted(store, "bounce")[0][1]["believed"] is believed


def test_a_believed_bounce_ends_the_mailboxs_approval_until_it_is_taken_back(
    store: Store, case: str
) -> None:
    with store.read() as connection:
        provider = connection.execute(
            select(cases.c.provider_id).where(cases.c.key == case)
        ).scalar_one()
    with store.write("ann") as writer:
        approve(writer, provider, MAILBOX, "called back")
    read(store, report(message_id="<forged@h.example>"))
    with store.read() as connection:
        assert MAILBOX in approvals(connection, provider)
    done = one(store, authenticated(report(), SIGNED))
    with store.read() as connection:
        assert MAILBOX not in approvals(connection, provider)
    with store.write("ann") as writer:
        correct(writer, done.noted[0], "a test of theirs")
    with store.read() as connection:
        assert MAILBOX in approvals(connection, provider)


TO_ALL = {"to": "notices@hotline.example"}
REFERS = {"In-Reply-To": "<N1@Hotline.example>", "References": "<x@y.example> <n1@hotline.example>"}


@pytest.mark.parametrize(
    ("raw", "by"),
    [
        (bytes(Sent()), MatchedBy.TOKEN),
        (bytes(Sent(to=REPLY_TO.upper())), MatchedBy.TOKEN),
        (bytes(Sent(fields=REFERS, **TO_ALL)), MatchedBy.MESSAGE_ID),  # type: ignore[arg-type]
        (report(returned="text/rfc822-headers", **TO_ALL), MatchedBy.MESSAGE_ID),  # type: ignore[arg-type]
        (bounce(f"user unknown\n\nReturned mail:\n\n{NOTICE}", **TO_ALL), MatchedBy.MESSAGE_ID),  # type: ignore[arg-type]
        (disposition("deleted", **TO_ALL), MatchedBy.MESSAGE_ID),  # type: ignore[arg-type]
    ],
)
def test_a_mail_is_matched_by_what_it_has_of_the_notice(
    store: Store, case: str, raw: bytes, by: MatchedBy
) -> None:
    (match,) = one(store, raw, record=False).matches
    assert (match.case, match.by, match.mailbox) == (case, by, MAILBOX)


def test_a_report_is_matched_by_the_envelope_id(store: Store, case: str) -> None:
    with store.write("ann") as writer:
        row = writer.connection.execute(select(cases).where(cases.c.key == case)).one()
        detail = {"to": MAILBOX, "envelope_id": "E-4711"}
        about = {"case_id": row.id, "provider_id": row.provider_id}
        writer.add_event("reminder", writer.now, detail=detail, **about)
    raw = report(returned="text/plain", **TO_ALL)  # type: ignore[arg-type]
    raw = raw.replace(b"Arrival-Date:", b"Original-Envelope-Id: e-4711\nArrival-Date:")
    raw = raw.replace(NOTICE.encode(), b"(nothing)")
    (match,) = one(store, raw, record=False).matches
    assert (match.case, match.by) == (case, MatchedBy.ENVELOPE_ID)


def test_an_old_token_is_matched_in_any_case_while_that_names_one_case(store: Store) -> None:
    mixed = "AbCdEfGhIjKlMnOpQrStUvWx"
    case = opened(store, "www.old.example", mixed, "<o1@hotline.example>")
    assert one(store, bytes(Sent()), record=False).matches[0].case == case
    opened(store, "www.older.example", mixed.swapcase(), "<o2@hotline.example>")
    assert one(store, bytes(Sent()), record=False).decision is Decision.UNMATCHED
    exact = bytes(Sent(to=f"notices+{mixed}@hotline.example"))
    assert one(store, exact, record=False).matches[0].case == case


def test_new_tokens_are_the_same_in_any_case(store: Store) -> None:
    assert reported(store).case
    with store.read() as connection:
        token = connection.execute(select(cases.c.token)).scalar_one()
    assert len(token) == 24
    assert token == token.lower()
    assert token.isalnum()


@pytest.mark.usefixtures("case")
def test_a_mail_that_names_cases_of_two_companies_is_matched_with_none(store: Store) -> None:
    other = {"handle": "ORG-OT1-RIPE", "name": "Other B.V.", "mailbox": "abuse@other.example"}
    opened(store, "www.other.example", "z" * 24, "<n2@hotline.example>", **other)
    raw = bytes(Sent(subject="Automatic reply", fields={"Cc": f"n+{'z' * 24}@hotline.example"}))
    assert one(store, authenticated(raw, SIGNED)).decision is Decision.UNMATCHED
    crossed = bytes(Sent(subject="Auto: x", fields={"In-Reply-To": "<n2@hotline.example>"}))
    assert one(store, authenticated(crossed, SIGNED)).decision is Decision.UNMATCHED
    assert noted(store, *ALL) == []


def test_a_mail_about_several_cases_of_one_company_is_noted_for_each(
    store: Store, case: str
) -> None:
    other = opened(store, "www.second.example", "y" * 24, "<n1@hotline.example>")
    raw = bytes(Sent(subject="Auto: x", fields={"In-Reply-To": "<n1@hotline.example>"}, **TO_ALL))  # type: ignore[arg-type]
    done = one(store, authenticated(raw, SIGNED))
    assert {match.case for match in done.matches} == {case, other}
    assert len(done.noted) == 2


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Thu, 01 Jan 1998 00:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 +0000",
        "Fri, 31 Dec 2100 23:59:59 +0000",
    ],
)
def test_a_sender_cannot_move_a_time_before_the_notice_or_into_the_future(
    store: Store, date: str
) -> None:
    good = authenticated(AUTOMATIC.replace(b"<1@", b"<2@"), SIGNED)
    odd = report(message_id="<odd@h.example>", date=date)
    done = read(store, odd, good)
    assert [each.decision for each in done] == [Decision.RECORDED] * 2
    with store.read() as connection:
        rows = connection.execute(
            select(events.c.kind, events.c.at, events.c.known_at).order_by(events.c.seq)
        ).all()
    sent_at = next(row.at for row in rows if row.kind == "sent")
    bounced = next(row for row in rows if row.kind == "bounce")
    assert sent_at <= bounced.at <= bounced.known_at


def test_one_that_does_not_fit_does_not_stop_the_others(store: Store, case: str) -> None:
    early = reported(store, "https://www.early.example/1", looked_up("www.early.example")).case
    with store.read() as connection:
        token = connection.execute(select(cases.c.token).where(cases.c.key == early)).scalar_one()
    unsent = report().replace(TOKEN.encode(), token.encode()).replace(b"<n1@", b"<n9@")
    done = read(store, unsent, b"", report(message_id="<last@h.example>"))
    assert [each.decision for each in done] == [
        Decision.NOT_NOTED,
        Decision.UNMATCHED,
        Decision.RECORDED,
    ]
    assert "no notice yet" in str(done[0].problem)
    assert done[2].matches[0].case == case
