"""Attacks on the method: who games it is recognised all the same, and nobody is framed by it."""

from __future__ import annotations

import numpy as np
import pytest

from attribution.history.rows import AliasRow
from attribution.pattern.admission import Dropped
from attribution.pattern.assess import assess
from attribution.pattern.cohort import Cohort
from attribution.pattern.dossier.dossier import dossier
from attribution.pattern.labels import Label
from attribution.pattern.receipt import Proof, effective_corrections
from attribution.pattern.report import as_row
from attribution.pattern.tests import TestName
from attribution.pattern.times import days
from attribution.pattern.verdict import Assessment
from stories import MONDAY, Story, day

BASE = days(MONDAY)


def clocks(story: Story, at: float = 200, provider: str = "p") -> dict[str, tuple[float, Proof]]:
    """Return the start of each notice's clock, in days of the story, and by what it was proven."""
    seen = Cohort(story.history(), days(day(at))).examine((provider,))
    clock = seen.receipt.clock
    return {
        name: (round(float(start) - BASE, 6), Proof(int(proof)))
        for name, start, proof, known in zip(
            seen.record.notices, clock.start, clock.proof, clock.known, strict=True
        )
        if np.isfinite(known)
    }


def confirmed(story: Story, until: float = 120) -> Story:
    for at in np.arange(0, until, 30):
        story.event("contact_confirmed", float(at))
    return story


def ignoring(weeks: int = 16, *, ack: bool = False) -> Story:
    return Story().weekly(weeks, ack=ack)


def flags(found: Assessment) -> list[str]:
    return [flag["meets_conditions_since"] for flag in as_row(found)["flags"]]


# Receipt and the clock


def test_an_acknowledgement_within_a_day_starts_the_clock_on_arrival_and_a_later_one_then() -> None:
    story = Story()
    soon, late = story.notice(0, online=40), story.notice(50, online=40)
    story.event("ack", 0.9, notice=soon)
    story.event("ack", 63, notice=late)
    assert clocks(story) == {soon: (0.0, Proof.ACK), late: (63.0, Proof.ACK)}


def test_nothing_that_becomes_known_later_moves_a_clock_that_has_started() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("ack", 13, notice=name)
    story.event("contact_confirmed", 20)
    assert clocks(story) == {name: (13.0, Proof.ACK)}
    story.event("contact_confirmed", 0, known=1)
    assert clocks(story) == {name: (0.0, Proof.CONFIRMATION)}


def test_automatic_replies_after_the_flag_do_not_take_it_away() -> None:
    story = confirmed(ignoring())
    before = flags(story.one(115))
    assert before
    for number, row in enumerate(list(story.notices)):
        story.event("ack", 116 + number / 100, notice=row.notice, automatic=True)
    after = story.one(117)
    assert flags(after) == before
    assert after.now is Label.SYSTEMATIC


def test_a_programs_answer_from_a_mailbox_not_shown_to_be_the_providers_admits_nothing() -> None:
    story = ignoring()
    for row in list(story.notices):
        story.event("ack", (row.sent_at - MONDAY).days + 0.1, notice=row.notice, automatic=True)
    assert story.one().label is Label.INSUFFICIENT
    assert story.one().dropped == {"no proof of receipt": 32}


def test_one_misread_bounce_after_39_unanswered_notices_names_nobody() -> None:
    """Read as a person's acknowledgement, it proves the notices of a fortnight on either side at
    most.
    """
    story = Story().weekly(20, ack=False)
    story.event("ack", 136.1, notice=story.notices[39].notice)
    assert story.one().flags == ()
    automatic = Story().weekly(20, ack=False)
    automatic.event("ack", 136.1, notice=automatic.notices[39].notice, automatic=True)
    assert automatic.one().label is Label.INSUFFICIENT


def test_an_own_acknowledgement_does_not_prove_its_own_arrival_through_the_window() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("ack", 12, notice=name)
    story.event("ack", 13, notice=name)
    assert clocks(story) == {name: (12.0, Proof.ACK)}


def test_a_bounce_that_nobody_vouches_for_voids_nothing_where_the_server_took_the_notice() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("delivered", 0.01, notice=name)
    story.event("bounce", 0.1, notice=name, believed=False)
    assert clocks(story) == {name: (0.0, Proof.DELIVERED)}


@pytest.mark.parametrize("kind", ["delivered", "ack"])
def test_what_came_back_did_not_arrive_though_an_outer_server_took_it(kind: str) -> None:
    """Behind the server or the ticket system the mailbox of an honest company is broken."""
    story = Story()
    story.event("reply", 0)
    names = [story.notice(20 + 5 * place, online=60) for place in range(20)]
    for place, name in enumerate(names):
        more = {"automatic": True} if kind == "ack" else {}
        story.event(kind, 20.01 + 5 * place, notice=name, **more)
        story.event("bounce", 20.1 + 5 * place, notice=name)
    assert clocks(story) == {}
    assert story.one().label is Label.UNREACHABLE
    story.event("contact_confirmed", 15)
    assert list(clocks(story)) == names[:9]


def test_a_bounce_after_mail_servers_gave_up_moves_no_clock() -> None:
    """Who signs a bounce of his own making on day 13 has answered by a program before."""
    story = Story()
    story.event("reply", 0)
    names = [story.notice(20 + place, online=40) for place in range(2)]
    for place, back in enumerate((5, 13)):
        story.event("ack", 20.01 + place, notice=names[place], automatic=True)
        story.event("bounce", 20 + place + back, notice=names[place])
    assert list(clocks(story)) == names[1:]


def test_what_a_person_answered_arrived_though_it_came_back() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("bounce", 0.1, notice=name)
    story.event("ack", 0.2, notice=name)
    assert clocks(story) == {name: (0.0, Proof.ACK)}


@pytest.mark.parametrize(("confirmed_at", "counts"), [(-44, True), (-46, False), (5, False)])
def test_a_bounced_notice_counts_where_the_mailbox_was_confirmed_in_the_45_days_before(
    confirmed_at: float, counts: bool
) -> None:
    story = Story()
    name = story.notice(60, online=40)
    story.event("contact_confirmed", 60 + confirmed_at)
    story.event("bounce", 60.01, notice=name)
    assert (name in clocks(story)) is counts


def test_a_bounced_notice_that_a_letter_lists_counts_from_the_letter_on() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("bounce", 0.01, notice=name)
    story.event("letter_delivered", 20, notices=[name])
    assert clocks(story) == {name: (20.0, Proof.LETTER)}


def test_a_correction_by_the_hotline_voids_automatic_acknowledgements_too() -> None:
    story = Story()
    story.event("contact_confirmed", 0)
    for at in (60.0, 70.0):
        name = story.notice(at, online=40)
        story.event("ack", at + 0.1, notice=name, automatic=True)
    answered = story.notice(80, online=40, ack=True)
    story.event("contact_corrected", 110, by="hotline")
    reasons = story.one(200).reasons
    assert reasons == [Dropped.VOIDED, Dropped.VOIDED, None]
    assert answered == "n2"


def test_the_hotlines_corrections_void_at_most_once_in_180_days() -> None:
    assert effective_corrections(np.array([0.0, 30, 179, 181, 300, 361])).tolist() == [0, 3, 5]


def test_a_confirmation_proves_nothing_of_an_address_that_was_replaced_before_it() -> None:
    """The second correction within 180 days voids nothing, and yet it names another address."""
    story = Story()
    story.event("contact_corrected", 0, by="hotline")
    names = [story.notice(at, online=40) for at in (40, 60, 90)]
    story.event("contact_corrected", 100, by="hotline")
    after = story.notice(110, online=40)
    story.event("contact_confirmed", 102)
    story.event("ack", 110.1, notice=after)
    assert list(clocks(story)) == [names[0], after]


def test_a_correction_alone_lets_no_programs_answer_prove_receipt() -> None:
    """The address that it names may be another's ticket system too."""
    story = Story()
    story.event("contact_corrected", 0, by="hotline")
    name = story.notice(60, online=40)
    story.event("ack", 60.1, notice=name, automatic=True)
    assert clocks(story) == {}
    story.event("contact_confirmed", 10)
    assert clocks(story) == {name: (60.0, Proof.ACK_AUTOMATIC)}


def test_what_a_provider_wishes_voids_nothing() -> None:
    story = confirmed(ignoring())
    for at in range(29, 120, 30):
        story.event("contact_corrected", at, by="provider")
    assert story.one().label is Label.SYSTEMATIC


# Flags stay in the record


def test_a_flag_that_rests_on_voided_cases_is_withdrawn_and_stays_in_the_record() -> None:
    story = Story().weekly(16, ack=False)
    for row in story.notices:
        story.event("delivered", (row.sent_at - MONDAY).days + 0.01, notice=row.notice)
    before = flags(story.one(115))
    assert before
    story.event("contact_corrected", 120, by="hotline")
    row = as_row(story.one(130))
    assert [flag["meets_conditions_since"] for flag in row["flags"]] == before
    assert row["flags"][0]["withdrawn"] is not None
    assert (row["first_flagged"], row["label"]) == (None, "insufficient")


def test_joining_a_large_honest_name_withdraws_no_flag() -> None:
    story = ignoring(ack=True)
    story.weekly(30, ack=True, online=None, provider="sister")
    for at in range(200):
        story.notice(at, ack=True, provider="sister")
    before = flags(story.one(119))
    assert before
    story.aliases.append(AliasRow("sister", "p", day(120), "same_operator", "trade register"))
    found = story.one(190)
    assert set(found.names) == {"p", "sister"}
    assert flags(found) == before
    assert found.flags[0].withdrawn is None


def test_late_proofs_never_hurt() -> None:
    """What is known of the receipt only long after the blocks were frozen raises no flag."""
    story = Story().weekly(16, ack=False)
    assert not flags(story.one())
    for row in story.notices:
        at = (row.sent_at - MONDAY).days + 0.1
        story.event("ack", at, known=200, notice=row.notice)
    found = story.one(210)
    assert found.verdict.evidence[TestName.REFUSAL].now > found.verdict.named_at
    assert found.verdict.evidence[TestName.REFUSAL].frozen == 1.0
    assert not flags(found)


def test_a_single_late_confirmation_admits_too_little_for_a_flag() -> None:
    """A mailbox that was silently broken is repaired, and confirmed by telephone on that day."""
    for seed in range(5):
        story = Story()
        chance = np.random.default_rng(seed)
        for at in np.sort(chance.uniform(0, 150, 60)):
            story.notice(float(at), online=40)
        story.event("contact_confirmed", 150)
        assert not flags(story.one(230))


# Admission before the outcome, and who served it


def test_what_is_not_proven_of_an_outcome_counts_as_not_failed() -> None:
    story = Story()
    story.notice(0, ack=True, checked=False)
    moved = story.notice(1, ack=True, checked=False)
    story.gone(moved, 1.5, kind="moved_to_other_host", to="z")
    untold = story.notice(2, ack=True, checked=False)
    story.seen(untold, 17, served_by=None)
    other = story.notice(3, ack=True, checked=False)
    story.seen(other, 18, served_by="y")
    look = days(day(60))
    assert story.one(60).verdict.weeks.sites.tolist() == [4]
    assert Cohort(story.history(), look).examine(("p",)).refusal.now(look).share.tolist() == [0.0]


def test_our_own_look_up_within_a_day_of_the_check_stands_for_the_checkers_word() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.seen(name, 15, served_by=None, resolved_to=["p"])
    framed = story.notice(1, ack=True, checked=False)
    story.seen(framed, 16, served_by=None, resolved_to=["p", "y"])
    assert story.one(60).verdict.weeks.share.tolist() == [0.5]


def test_not_ours_voids_a_case_until_a_check_shows_that_it_is() -> None:
    story = Story()
    name = story.notice(0, online=7, ack=True)
    story.event("not_ours", 10, notice=name)
    assert story.one(60).reasons == [Dropped.NOT_OURS]
    story.seen(name, 20)
    assert story.one(60).reasons == [None]


def test_not_ours_when_the_checks_have_ended_undoes_no_proven_failure() -> None:
    story = confirmed(Story())
    for place in range(30):
        name = story.notice(4 * place + 1, ack=True, checked=False)
        for seen in range(1, 22):
            story.seen(name, 4 * place + 1 + seen)
        story.event("not_ours", 4 * place + 23, notice=name)
    found = story.one()
    assert found.label is Label.SYSTEMATIC
    assert found.dropped == {}


def test_not_ours_voids_what_was_seen_only_before_the_time_was_over() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.seen(name, 6)
    story.event("not_ours", 8, notice=name)
    for seen in (9, 14, 20):
        story.seen(name, seen, served_by="another")
    assert story.one(60).reasons == [Dropped.NOT_OURS]


def test_a_rival_framed_by_dns_is_never_charged() -> None:
    story = Story().weekly(14, online=None)
    for number in range(24):
        at = number * 4.0
        name = story.notice(at, ack=True, candidates=2, checked=False)
        story.event("not_ours", at + 0.3, notice=name)
        story.seen(name, at + 15, served_by="y")
    found = story.one(110)
    assert (found.flags, found.now) == ((), Label.COOPERATIVE)


def test_a_history_in_which_no_check_says_who_served_goes_no_further_than_non_responsive() -> None:
    story = ignoring(20, ack=True)
    for event in story.events:
        if event.kind == "still_online":
            object.__setattr__(event, "more", {})
    found = story.one()
    assert (found.now, found.flags) == (Label.NON_RESPONSIVE, ())


def test_six_failing_sites_rest_on_a_comparison() -> None:
    story = ignoring(20, ack=True)
    for event in story.events:
        if event.kind == "still_online":
            object.__setattr__(event, "more", {"served_by": "p", "compared": "status"})
    found = story.one()
    assert found.flags == ()
    assert "compared" in as_row(found)["floors_missing_codes"]


# Failure


def test_a_rivals_upload_after_the_removal_is_no_failure() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.gone(name, 0.4)
    story.seen(name, 14.2)
    assert story.one(60).verdict.weeks.share.tolist() == [0.0]


def test_taking_it_down_for_a_day_is_no_removal() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.gone(name, 0.5)
    for at in range(2, 16):
        story.seen(name, at)
    assert story.one(60).verdict.weeks.share.tolist() == [1.0]


def test_down_for_the_first_days_of_a_fortnight_is_no_clean_week() -> None:
    """Gone on most of the first seven days, it is no removal at 14; nor a sign of improvement."""
    story = confirmed(Story())
    for place in range(40):
        name = story.notice(3 * place + 1, checked=False)
        story.gone(name, 3 * place + 1.6)
        for seen in range(4, 40):
            story.seen(name, 3 * place + 1 + seen)
    found = story.one(120)
    assert found.label is Label.SYSTEMATIC
    assert found.flags[0].open


def test_removing_at_the_last_moment_is_a_removal() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    for at in range(1, 13):
        story.seen(name, at)
    story.gone(name, 13.5)
    assert story.one(60).verdict.weeks.share.tolist() == [0.0]


def test_an_end_that_becomes_known_later_takes_a_failure_back() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.seen(name, 15)
    assert story.one(30).verdict.weeks.share.tolist() == [1.0]
    story.event("offline", 1, notice=name, url=f"{name}-0", known=40)
    assert story.one(50).verdict.weeks.share.tolist() == [0.0]
    assert story.one(30).verdict.weeks.share.tolist() == [1.0]


# Disputes, checkers


@pytest.mark.parametrize(
    ("baseline", "confirmed_at", "failed"),
    [(False, None, 0.0), (True, None, 1.0), (False, 30, 1.0)],
)
def test_a_stated_legal_ground_suspends_a_case_for_the_long_horizon(
    baseline: bool, confirmed_at: float | None, failed: float
) -> None:
    story = Story()
    name = story.notice(0, online=60, ack=True, baseline=baseline)
    story.event("refused", 2, notice=name, legal_ground="Article 10 of an invented act")
    if confirmed_at is not None:
        story.event("illegality_confirmed", confirmed_at, notice=name, by_whom="an authority")
    look = days(day(150))
    seen = Cohort(story.history(), look).examine(("p",))
    assert seen.entrenched.now(look).share.tolist() == [failed]
    assert seen.refusal.now(look).share.tolist() == [1.0]


def test_a_checkers_bad_week_counts_for_nobody() -> None:
    """In week 20 a checker takes every site for online, at twelve providers."""
    story = Story()
    for number in range(12):
        for week in range(30):
            name = story.notice(week * 7 + 1, provider=f"h{number}", ack=True, checked=False)
            broken = week == 20
            story.seen(name, week * 7 + (15.5 if broken else 1.1), checker="c1")
            if not broken:
                story.gone(name, week * 7 + 1.5)
    for one in assess(story.history()):
        assert one.verdict.weeks.share.max() == 0.0


# Operators


def test_sites_that_move_between_names_of_one_operator_keep_their_clock() -> None:
    def moving(linked: float | None) -> Story:
        story = Story()
        for name in ("a", "b"):
            for at in range(0, 300, 30):
                story.event("contact_confirmed", at, provider=name)
        for number in range(60):
            at, here, there = number * 3.0, "ab"[number % 2], "ba"[number % 2]
            site = f"moving{number}"
            first = story.notice(at, provider=here, site=site, checked=False)
            story.seen(first, at + 12.5)
            story.gone(first, at + 12.9, kind="moved_to_other_host", to=there)
            second = story.notice(at + 13, provider=there, site=site, checked=False)
            story.seen(second, at + 15)
            story.gone(second, at + 25)
        if linked is not None:
            story.aliases.append(AliasRow("a", "b", day(linked), "same_operator", "trade register"))
        return story

    apart = assess(moving(None).history())
    assert [one.flags for one in apart] == [(), ()]
    assert {one.perhaps_with for one in apart} == {("a",), ("b",)}
    assert all(one.e_if_one and one.e_if_one > 40_000 for one in apart)
    (joined,) = assess(moving(40).history())
    assert joined.label is Label.SYSTEMATIC
    assert joined.flags[0].since > days(day(40))


def test_an_honest_host_is_no_partner_of_who_takes_in_whom_it_throws_out() -> None:
    story = Story()
    for number in range(20):
        thrown = story.notice(number * 3.0, ack=True, site=f"t{number}", checked=False)
        story.gone(thrown, number * 3.0 + 0.5, kind="moved_to_other_host", to="z")
        story.notice(number * 3.0 + 1, ack=True, site=f"t{number}", provider="z", online=40)
    assert {one.perhaps_with for one in assess(story.history())} == {()}


# Labels that accuse nobody of refusing


def test_a_dead_mailbox_is_unreachable_also_when_another_channel_works() -> None:
    story = ignoring(10)
    for row in list(story.notices):
        story.event("bounce", (row.sent_at - MONDAY).days + 0.01, notice=row.notice)
    assert story.one().now is Label.UNREACHABLE
    story.event("letter_delivered", 60)
    assert story.one().now is Label.UNREACHABLE


def test_doubted_bounces_make_nobody_unreachable() -> None:
    story = ignoring(10)
    for row in list(story.notices):
        at = (row.sent_at - MONDAY).days + 0.01
        story.event("bounce", at, notice=row.notice, believed=False)
    assert story.one().now is Label.INSUFFICIENT


def test_silence_is_unanswering_after_two_dated_tries_by_another_channel() -> None:
    story = ignoring(10)
    story.event("channel_failed", 40, channel="letter")
    assert story.one().now is Label.INSUFFICIENT
    story.event("channel_failed", 60, channel="telephone")
    assert story.one().now is Label.UNANSWERING


# The dossier


def test_a_dossier_says_by_what_each_receipt_was_proven_and_who_saw_what() -> None:
    story = Story()
    name = story.notice(0, ack=True, checked=False)
    story.seen(name, 15, checker="c1", compared="person")
    story.seen(name, 16, served_by=None)
    (case,) = dossier(story.history(), "p", day(60))["cases"]
    assert case["receipt"] == "a person acknowledged this notice"
    assert case["clock_started"] == "2024-01-01T00:00Z"
    first, second = case["checks"]
    assert (first["checker"], first["served_by"], first["compared"]) == ("c1", "p", "person")
    assert (first["counts"], second["counts"], second["served_by"]) == (True, False, None)


def test_evidence_is_told_in_words() -> None:
    assert as_row(ignoring(16, ack=True).one())["evidence"] == "overwhelming"
    assert as_row(Story().weekly(16, online=None).one())["evidence"] == "none"
