"""A notice states what the log has of this very addressee, and goes to a mailbox that works."""

from __future__ import annotations

from dataclasses import replace

import pytest

from attribution.attributor import Investigation
from attribution.casework.drafting import Sender
from attribution.casework.mailboxes import approvals
from attribution.casework.noting import NoteEvent, note_event
from attribution.casework.providers import provider_named
from attribution.casework.views import case_view
from attribution.decide import decide
from attribution.errors import Refused
from attribution.evidence import Evidence
from attribution.notices.message import notice_message
from attribution.store import Store
from attribution.store.queries.cases import case_with_key
from attribution.store.queries.reports import reports_of_cases
from bundles import (
    AT,
    TARGET,
    below_parent,
    customer,
    entity,
    nobody_vouches,
    resolved,
    suffix,
)
from casework import Clock, correct, looked_up, reported
from chain import (
    HOST,
    HOST_KEY,
    NAMES,
    PARENT_MAILBOX,
    SENDER,
    TRANSIT,
    approve_all,
    approve_by_hand,
    case_at_chain,
    drafts_of,
    due_of,
    note,
    tell,
)

OTHER = "takedown@hosting.example"
BONA_FIDE, KNOWLEDGE = "16(2)(d)", "16(3)"
CONFIRM, DECIDE = "16(4)", "16(5)"


def by_mailbox(store: Store, clock: Clock, case: str, sender: Sender = SENDER) -> dict[str, str]:
    return {draft.mailbox or "": draft.text for draft in drafts_of(store, clock, case, sender)}


def test_only_who_was_written_to_reads_that_we_wrote(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    first = by_mailbox(store, clock, case)
    assert set(first) == {HOST, PARENT_MAILBOX, TRANSIT}
    assert not any("wrote" in text or "online" in text for text in first.values())
    tell(store, case)
    clock.move(days=1)
    texts = by_mailbox(store, clock, case)
    assert "We wrote to you on 2026-03-02." in texts[HOST]
    for mailbox in (PARENT_MAILBOX, TRANSIT):
        assert "We wrote to you" not in texts[mailbox]
        assert f"We wrote to {NAMES[HOST]} on 2026-03-02." in texts[mailbox]
    subjects = [draft.subject for draft in drafts_of(store, clock, case)]
    assert [subject.startswith("Reminder") for subject in subjects] == [True, False, False]


def test_online_is_said_only_of_a_check_after_the_notice(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    note(store, "still_online", case)
    clock.move(hours=1)
    tell(store, case)
    clock.move(days=1)
    assert not any("online" in text for text in by_mailbox(store, clock, case).values())
    note(store, "still_online", case)
    clock.move(days=1)
    sentence = "1 address was online when it was last checked, on 2026-03-03."
    assert all(sentence in text for text in by_mailbox(store, clock, case).values())


def test_an_analyst_is_named_only_where_one_looked_at_every_url(store: Store, clock: Clock) -> None:
    case = case_at_chain(store, urls=2)
    approve_all(store)
    with store.read() as reader:
        found = case_with_key(reader, case)
        assert found
        first, second = (report.key for report in reports_of_cases(reader, [found.id])[found.id])
    for report, compared, expected in (
        (first, "content", False),
        (first, "person", False),
        (second, "person", True),
    ):
        with store.write("ann") as writer:
            fields = {"compared": compared}
            note_event(writer, NoteEvent(kind="still_online", report=report, fields=fields))
        (draft, *_) = drafts_of(store, clock, case)
        assert ("analyst" in draft.text) is expected
    methods = [report["detection_method"] for report in drafts_of(store, clock, case)[0].xarf]
    assert methods == ["manual_review", "manual_review"]


def test_xarf_claims_no_review_and_no_check_that_was_not_made(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    (report,) = drafts_of(store, clock, case)[0].xarf
    assert report["detection_method"] == "user_report"
    assert not {"verified_at", "verification_method"} & set(report)
    note(store, "still_online", case, compared="content")
    (report,) = drafts_of(store, clock, case)[0].xarf
    assert report["verified_at"] == "2026-03-02T12:00:00Z"
    assert report["verification_method"] == "automated_crawler"
    assert report["detection_method"] == "user_report"


@pytest.mark.parametrize("detail", [{}, {"to": HOST, "believed": True}])
def test_a_bounce_ends_the_approval_and_the_dead_mailbox_is_never_used(
    detail: dict[str, object], store: Store, clock: Clock
) -> None:
    case = case_at_chain(store)
    approve_all(store)
    tell(store, case)
    clock.move(hours=1)
    note(store, "bounce", case, **detail)
    with store.read() as reader:
        number, _ = provider_named(reader, HOST_KEY)
        assert approvals(reader, number) == {}
    (due,) = due_of(store, clock)
    assert (due.case, due.to) == (case, None), "it is due at once, and not to the dead mailbox"
    assert any("bounced" in line for line in due.in_the_way)
    drafts = drafts_of(store, clock, case)
    assert [(draft.mailbox, draft.when) for draft in drafts] == [
        (None, "now"),
        (PARENT_MAILBOX, "now"),
        (TRANSIT, "if_silent"),
    ]
    assert any("bounced" in line for line in drafts[0].in_the_way)
    assert not any("wrote" in draft.text for draft in drafts)
    assert not any(HOST in draft.text for draft in drafts)
    assert {draft.what for draft in drafts} == {"notice"}


def test_after_a_bounce_another_approved_mailbox_is_used(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    approve_by_hand(store, OTHER)
    assert drafts_of(store, clock, case)[0].mailbox == HOST
    tell(store, case)
    note(store, "bounce", case)
    (due,) = due_of(store, clock)
    assert (due.to, due.in_the_way) == (OTHER, ())
    first = drafts_of(store, clock, case)[0]
    assert (first.mailbox, first.what, first.in_the_way) == (OTHER, "notice", ())
    assert first.xarf
    tell_later(store, clock, case, OTHER)
    clock.move(days=1)
    assert "We wrote to you on 2026-03-02." in by_mailbox(store, clock, case)[OTHER]


def test_a_bounce_that_nobody_vouches_for_changes_nothing(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    tell(store, case)
    note(store, "bounce", case, believed=False, to=HOST)
    assert due_of(store, clock) == []
    assert "We wrote to you" in by_mailbox(store, clock, case)[HOST]


def test_a_bounce_of_the_next_party_ends_its_own_approval(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    tell(store, case)
    tell_later(store, clock, case, PARENT_MAILBOX)
    (bounce,) = note(store, "bounce", case)
    other = case_at_chain(store, "other.example")
    assert PARENT_MAILBOX not in by_mailbox(store, clock, other)
    assert "We wrote to you" in by_mailbox(store, clock, case)[HOST]
    assert "Parent" not in by_mailbox(store, clock, case)[TRANSIT]
    with store.write("ann") as writer:
        correct(writer, bounce, "it was another case's")
    assert PARENT_MAILBOX in by_mailbox(store, clock, other)
    assert f"We wrote to {NAMES[PARENT_MAILBOX]}" in by_mailbox(store, clock, case)[TRANSIT]


def tell_later(store: Store, clock: Clock, case: str, to: str) -> None:
    clock.move(hours=1)
    tell(store, case, to)


def test_a_mailbox_approved_by_hand_is_used_where_the_registries_name_none(
    store: Store, clock: Clock
) -> None:
    case = reported(store, found=looked_up(mailbox=None), keep_url=True).case
    assert case
    (due,) = due_of(store, clock)
    assert due.to is None
    approve_by_hand(store, OTHER)
    (due,) = due_of(store, clock)
    assert (due.to, due.in_the_way) == (OTHER, ())
    (draft,) = drafts_of(store, clock, case)
    assert draft.mailbox == OTHER
    assert draft.xarf


def test_a_notice_sent_by_mistake_is_taken_back(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    tell(store, case)
    tell_later(store, clock, case, PARENT_MAILBOX)
    with store.read() as reader:
        events = case_view(reader, case, 0).events
    first, second = (event["seq"] for event in events if event["kind"] in ("sent", "reminder"))
    with store.write("ann") as writer, pytest.raises(Refused, match="reminder"):
        correct(writer, first, "the wrong company")
    for seq in (second, first):
        with store.write("ann") as writer:
            correct(writer, seq, "the wrong company")
    assert not any("wrote" in text for text in by_mailbox(store, clock, case).values())
    (due,) = due_of(store, clock)
    assert due.what == "notice"
    with store.read() as reader:
        assert case_view(reader, case, 0).line.state == "gathering"
    tell_later(store, clock, case, HOST)
    assert "We wrote to you" in by_mailbox(store, clock, case)[HOST]


def test_xarf_is_whole_however_the_text_names_urls(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    draft = drafts_of(store, clock, case)[0]
    assert "hxxps://www[.]site[.]example/1" in draft.text
    assert draft.xarf[0]["url"] == "https://www.site.example/1"


def test_what_the_law_gives_depends_on_role_and_country(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    approve_all(store)
    texts = by_mailbox(store, clock, case)
    for article in (BONA_FIDE, KNOWLEDGE, CONFIRM, DECIDE):
        assert article in texts[HOST]
        assert article not in texts[PARENT_MAILBOX]
        assert article not in texts[TRANSIT]
    assert "Wetboek van Strafrecht, Art. 252 (Netherlands)" in texts[HOST]
    assert "240b" not in texts[HOST]
    assert "6(1)(b)" in texts[HOST]


def test_outside_the_union_its_law_is_not_cited(store: Store, clock: Clock) -> None:
    case = case_at_chain(store, country="GB")
    approve_all(store)
    (draft, *_) = drafts_of(store, clock, case, country="GB")
    assert "2022/2065" not in draft.text
    assert "SI 2002/2013" in draft.text
    assert "Protection of Children Act 1978" in draft.text
    assert "Wetboek van Strafrecht, Art. 252 (Netherlands)" in draft.text  # the hotline's own
    assert "you know of the content" in draft.text


def test_without_urls_nothing_rests_on_the_notice(store: Store, clock: Clock) -> None:
    case = case_at_chain(store)
    text = drafts_of(store, clock, case)[0].text
    assert not any(article in text for article in (BONA_FIDE, KNOWLEDGE, CONFIRM, DECIDE))
    assert "you know of the content" not in text


def test_address_and_telephone_stand_in_a_notice_that_is_not_anonymous(
    store: Store, clock: Clock
) -> None:
    case = case_at_chain(store)
    approve_all(store)
    sender = replace(SENDER, address="Dam 1\n1012 JS Amsterdam", telephone="+31 20 555 0100")
    draft = drafts_of(store, clock, case, sender)[0]
    for line in ("Example Hotline", "1012 JS Amsterdam", "+31 20 555 0100"):
        assert line in draft.text
    hidden = drafts_of(store, clock, case, replace(sender, anonymous=True))[0]
    for line in ("Example Hotline", "1012 JS Amsterdam", "+31 20 555 0100"):
        assert line not in hidden.text
        assert line not in str(hidden.xarf)
    assert "16(2)(c)" in hidden.text
    assert hidden.reply_to in hidden.text


def test_a_customer_is_neither_written_to_nor_named(store: Store, clock: Clock) -> None:
    name, mailbox = "Shady Tenant Ltd", "owner@tenant.example"
    tenant = entity("ORG-TE1-RIPE", ["registrant"], name)
    leaf = customer(tenant, entity("AR7-RIPE", ["abuse"], "Abuse", mailbox))
    records = [
        resolved("www.site.example", TARGET),
        suffix("www.site.example", "site.example"),
        *below_parent(leaf),
        *nobody_vouches(tenant),
    ]
    url = "https://www.site.example/1"
    evidence = Evidence(url, AT, documentation_is_special=False, records=records)
    decision = decide(evidence)
    assert any(party.provider.name == name for party in decision.attribution.parties)
    found = Investigation(decision.attribution, decision.steps, evidence)
    case = reported(store, url, found, keep_url=True).case
    assert case
    approve_all(store, PARENT_MAILBOX)
    for again in range(2):
        drafts = drafts_of(store, clock, case)
        assert [draft.mailbox for draft in drafts] == [PARENT_MAILBOX]
        for draft in drafts:
            mail = notice_message(draft, SENDER).as_string()
            for told in (mail, draft.text, draft.subject, str(draft.xarf)):
                assert name not in told
                assert mailbox not in told
        if not again:
            tell(store, case, mailbox)  # somebody wrote to the customer after all
            clock.move(days=1)
