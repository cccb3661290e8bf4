"""When non-cooperation is a pattern: what counts, what does not, and what is never concluded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.history.rows import AliasRow, HistoryRows, NoticeRow
from attribution.pattern.assess import assess
from attribution.pattern.betting import e_process
from attribution.pattern.builder import history_from_rows
from attribution.pattern.cohort import Cohort
from attribution.pattern.floors import RECENT_SHARE, Floor
from attribution.pattern.labels import interval
from attribution.pattern.mixture import fit
from attribution.pattern.report import as_row
from attribution.pattern.tests import ENTRENCHED, NOTED_AT, REFUSAL, Test, named_at
from attribution.pattern.times import days, week_of
from stories import MONDAY, Story, day

P0 = REFUSAL.p
NAMED_AT = named_at(0)


def counted(story: Story, at: float) -> list[str]:
    """Return the notices that count at a day."""
    seen = Cohort(story.history(), days(day(at))).examine(("p",))
    good = seen.refusal.admission.counts(days(day(at)))
    return [name for name, counts in zip(seen.record.notices, good, strict=True) if counts]


def test_a_notice_whose_receipt_nobody_proved_does_not_count() -> None:
    story = Story()
    story.notice(0, online=40)
    assert counted(story, 60) == []


@pytest.mark.parametrize(
    ("kind", "at", "counts"), [("ack", 0.1, True), ("refused", 5, True), ("bounce", 0.1, False)]
)
def test_what_proves_the_receipt_of_a_notice(kind: str, at: float, counts: bool) -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event(kind, at, notice=name)
    assert (counted(story, 60) == [name]) is counts


@pytest.mark.parametrize(("gap", "counts"), [(-13, True), (-15, False), (13, True), (15, False)])
def test_an_acknowledgement_of_another_notice_counts_from_14_days_before_to_14_after(
    gap: float, counts: bool
) -> None:
    story = Story()
    name = story.notice(50, online=40)
    other = story.notice(50 + gap, online=None)
    story.event("ack", 50 + gap + 0.1, notice=other)
    assert (name in counted(story, 120)) is counts


@pytest.mark.parametrize(("gap", "counts"), [(-44, True), (-46, False), (44, True), (46, False)])
def test_a_confirmed_contact_counts_from_45_days_before_to_45_after(
    gap: float, counts: bool
) -> None:
    story = Story()
    name = story.notice(60, online=40)
    story.event("contact_confirmed", 60 + gap)
    assert (name in counted(story, 120)) is counts


def test_a_bounced_notice_proves_nothing_unless_the_contact_was_confirmed_before() -> None:
    story = Story()
    early, late = story.notice(10, online=40), story.notice(30, online=40)
    for name, at in ((early, 10.1), (late, 30.1)):
        story.event("bounce", at, notice=name)
    story.event("contact_confirmed", 20)
    assert counted(story, 90) == [late]


def test_what_failed_before_a_contact_was_corrected_is_void_unless_it_had_acknowledged() -> None:
    story = Story()
    silent = story.notice(0, online=40)
    story.event("contact_corrected", 20)
    after = story.notice(21, online=40)
    assert counted(story, 90) == [after]  # the correction confirms the new contact
    story.event("ack", 5, notice=silent)
    assert counted(story, 90) == [silent, after]


def test_an_acknowledgement_of_the_new_contact_does_not_prove_what_the_old_one_got() -> None:
    story = Story()
    old = story.notice(0, online=40)
    story.event("contact_corrected", 20)
    new = story.notice(30, online=None)
    story.event("ack", 30.1, notice=new)
    assert old not in counted(story, 90)


def test_a_known_resellers_case_is_not_the_parents() -> None:
    story = Story()
    story.notice(0, online=40, ack=True, reseller="r1")
    own = story.notice(1, online=40, ack=True)
    assert counted(story, 60) == [own]


def test_nothing_counts_before_it_is_known() -> None:
    story = Story()
    name = story.notice(0, online=40)
    story.event("ack", 1, notice=name, known=30)
    assert counted(story, 29) == []
    assert counted(story, 31) == [name]


def shares(story: Story, at: float) -> list[float]:
    """Return the share of each closed week, by all that is known at a day."""
    look = days(day(at))
    return Cohort(story.history(), look).examine(("p",)).refusal.now(look).share.tolist()


def test_a_week_is_the_mean_over_its_sites_of_the_share_of_their_urls() -> None:
    story = Story()
    story.notice(0, site="a", online=40, urls=4, ack=True)
    story.notice(1, site="a", online=None, urls=4, ack=True)
    story.notice(2, site="b", online=None, urls=100, ack=True)
    assert shares(story, 60) == [0.25]  # half of a's eight URLs, none of b's hundred


def test_a_week_is_judged_when_its_horizon_closed() -> None:
    """14 days after the week ended, and one for the check:
    a fixed day, whoever sends notices when.
    """
    story = Story()
    story.notice(0, online=40, ack=True)
    assert shares(story, 21.9) == []
    assert shares(story, 22.0) == [1.0]


def test_a_url_that_nobody_checked_did_not_fail() -> None:
    story = Story()
    story.notice(0, online=7, ack=True)
    assert shares(story, 60) == [0.0]


def test_urls_that_only_the_notice_counts_did_not_fail() -> None:
    story = Story()
    story.notice(0, online=40, ack=True)
    story.notices[0] = NoticeRow("n0", "p", "s0", day(0), urls=4)
    assert shares(story, 60) == [0.25]


def test_weeks_begin_on_mondays() -> None:
    monday = (MONDAY - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
    assert (
        week_of(np.array([monday, monday + 6.99])).tolist() == [week_of(np.array([monday]))[0]] * 2
    )
    assert week_of(np.array([monday - 0.01]))[0] == week_of(np.array([monday]))[0] - 1


@given(
    st.lists(st.floats(0, 1), min_size=0, max_size=30),
    st.lists(st.integers(1, 9), min_size=31, max_size=31),
)
def test_under_the_hypothesis_e_does_not_grow_on_average(
    past: list[float], gaps: list[int]
) -> None:
    """A week that fails wholly with chance P0 leaves E as it was, whatever happened before: the bet
    is fair.
    """
    week = np.cumsum(gaps[: len(past) + 1])
    before = e_process(week[:-1], np.array(past), P0)[-1] if past else 1.0
    ends = [e_process(week, np.array([*past, x]), P0)[-1] for x in (0.0, 1.0)]
    assert (1 - P0) * ends[0] + P0 * ends[1] == pytest.approx(before, rel=1e-9)


def test_e_of_one_week_is_what_the_formula_says() -> None:
    stakes = (0.15, 0.35, 0.60, 0.85)
    expected = 0.5 + 0.5 * np.mean([1 + stake / 0.1 * 0.9 for stake in stakes])
    assert e_process(np.array([7]), np.array([1.0]), P0)[0] == pytest.approx(expected)
    assert e_process(np.array([], int), np.array([]), P0).tolist() == []


def test_a_week_without_evidence_changes_nothing_and_many_looks_are_followed_at_once() -> None:
    week, share = np.arange(5), np.array([1.0, np.nan, 1.0, 0.0, 1.0])
    alone = e_process(week, share, P0)
    assert alone[1] == pytest.approx(alone[0])
    both = e_process(week, np.column_stack([share, np.zeros(5)]), P0)
    assert both[:, 0] == pytest.approx(alone)
    assert both[:, 1] == pytest.approx(e_process(week, np.zeros(5), P0))


def test_e_of_a_lifetime_of_failures_is_a_number() -> None:
    assert np.isfinite(e_process(np.arange(2000), np.ones(2000), P0)).all()


def named_ever(share: np.ndarray) -> np.ndarray:
    """Say of each run whether E and the floor under the last eight weeks ever hold together; weeks
    x runs.
    """
    value = e_process(np.arange(len(share)), share, P0)
    recent = np.array(
        [share[max(0, end - 8) : end].mean(axis=0) for end in range(1, len(share) + 1)]
    )
    return ((value >= NAMED_AT) & (recent >= RECENT_SHARE)).any(axis=0)


@pytest.mark.parametrize(("p", "most"), [(0.10, 0.05), (0.08, 0.0)])
def test_a_provider_at_the_boundary_is_named_in_at_most_5_percent_of_2000_runs(
    p: float, most: float
) -> None:
    """Ten years of weeks that hang together: a mood of each month moves the chance of failing, with
    p as its mean.
    """
    chance = np.random.default_rng(8)
    runs, count = 2000, 520
    mood = np.repeat(chance.beta(2, 2 * (1 - p) / p, (runs, count // 4)), 4, axis=1)
    share = chance.binomial(3, mood) / 3
    assert named_ever(share.T).mean() <= most
    assert share.mean() == pytest.approx(p, rel=0.05)


@pytest.mark.parametrize("test", [REFUSAL, ENTRENCHED])
def test_independent_weeks_at_the_boundary_stay_within_villes_bound(test: Test) -> None:
    chance = np.random.default_rng(9)
    share = chance.binomial(2, test.p, (520, 2000)) / 2
    highest = e_process(np.arange(520) * test.weeks, share, test.p).max(axis=0)
    assert (highest >= NOTED_AT).mean() <= 1 / NOTED_AT
    assert (highest >= NAMED_AT).mean() <= 5 / NAMED_AT * 20


def test_a_provider_that_ignores_everything_is_named_and_the_day_is_told() -> None:
    found = Story().weekly(12).one()
    assert found.label == found.now == "systematic"
    assert found.first_flagged is not None
    assert 6 <= found.flags[0].weeks <= 8


def test_a_provider_that_acts_is_cooperative() -> None:
    found = Story().weekly(12, online=None).one()
    assert (found.label, found.flags) == ("cooperative", ())


def test_a_slow_provider_is_slow_and_never_named() -> None:
    found = Story().weekly(30, online=3).one()
    assert found.label == "slow"


def test_a_provider_that_removes_after_a_week_delays_and_is_never_named() -> None:
    found = Story().weekly(40, online=7).one()
    assert (found.label, found.flags) == ("delaying", ())


def test_few_sites_are_insufficient() -> None:
    assert Story().weekly(2).one().label == "insufficient"


def test_a_provider_that_was_never_reached_is_never_named() -> None:
    found = Story().weekly(40, ack=False).one()
    assert found.label == "insufficient"
    assert found.dropped == {"no proof of receipt": 80}


def test_one_site_noticed_again_and_again_is_not_a_pattern() -> None:
    story = Story()
    for week in range(30):
        story.notice(week * 7, site="only", online=40, ack=True)
    found = story.one()
    assert found.flags == ()
    assert Floor.SITES in found.verdict.nearest.missing


def test_a_month_of_outage_names_nobody() -> None:
    story = Story().weekly(20, online=None).weekly(4, begin=20).weekly(20, begin=24, online=None)
    assert story.one().flags == ()


def test_six_clean_weeks_end_the_label_and_falling_back_begins_it_anew() -> None:
    story = Story().weekly(14).weekly(8, begin=14, online=None)
    found = story.one()
    assert (found.label, found.now) == ("systematic", "mixed") or found.now != "systematic"
    assert found.released is not None
    assert timedelta(days=6 * 7) <= found.released - day(14 * 7) <= timedelta(days=8 * 7)
    again = story.weekly(12, begin=22).one()
    assert again.now == "systematic"
    assert again.released is None
    assert len(again.flags) == 2


def test_non_responsive_comes_before_systematic() -> None:
    story = Story().weekly(30)
    found = story.one()
    noted = next(number for number in range(1, 200) if story.one(number).now == "non_responsive")
    assert found.first_flagged is not None
    assert day(noted) + timedelta(days=14) <= found.first_flagged


def test_cutting_the_history_at_the_flag_gives_the_same_flag() -> None:
    story = Story().weekly(20)
    found = story.one()
    assert found.first_flagged is not None
    number = (found.first_flagged - MONDAY) / timedelta(days=1)
    assert story.one(number).first_flagged == found.first_flagged
    assert story.one(number - 1).first_flagged is None


def test_a_renamed_company_is_one_history_from_the_day_on_which_that_was_known() -> None:
    story = Story().weekly(5, provider="old").weekly(5, begin=5, provider="new")
    assert all(not one.flags for one in assess(story.history()))
    story.aliases.append(AliasRow("new", "old", day(60)))
    (found,) = assess(story.history())
    assert found.names == ("new", "old")
    assert found.first_flagged is not None
    assert found.first_flagged >= day(60)


def test_other_links_join_nothing() -> None:
    story = Story().weekly(5, provider="old").weekly(5, begin=5, provider="new")
    for kind in ("owned_by", "same_abuse_desk", "announces_for"):
        story.aliases.append(AliasRow("new", "old", day(1), kind))
    assert len(assess(story.history())) == 2


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Brown, Cai & DasGupta (2001), table 5: 95 % Jeffreys intervals for n = 10.
    [
        (0, 10, 0.0, 0.217),
        (1, 10, 0.011, 0.381),
        (3, 10, 0.093, 0.606),
        (5, 10, 0.224, 0.776),
        (10, 10, 0.783, 1.0),
    ],
)
def test_jeffreys_interval_is_the_published_one(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert interval(successes, trials) == pytest.approx((low, high), abs=6e-4)


def test_p_systematic_is_in_the_order_of_the_evidence() -> None:
    failed, sites = np.array([0.0, 0, 3, 9, 30]), np.array([0.0, 30, 10, 10, 30])
    chances = fit(failed, sites).probability(failed, sites)
    assert chances[1] < chances[0] < chances[3] < chances[4]
    assert chances[1] < 0.01
    assert chances[4] > 0.99


def test_a_row_says_what_stands_in_the_way_and_what_may_be_done() -> None:
    row = as_row(Story().weekly(12).one(), "NL")
    assert (row["label"], row["provider"], row["floors_missing"]) == ("systematic", "p", [])
    assert "Digital Services Coordinator" in row["next_step"]["step"]  # the ATKM had no power yet
    later = as_row(Story().weekly(12).one(182), "NL")
    assert "ATKM" in later["next_step"]["step"]
    assert later["next_step"]["since"] == "2024-07-01"
    assert as_row(Story().weekly(12, online=None).one())["next_step"] is None


def test_rows_that_fit_nothing_are_told() -> None:
    story = Story().weekly(3)
    story.event("ack", 3, notice="n99")
    assert story.history().faults == ["event ack: notice n99 is not in the history"]


def test_an_empty_history_has_nobody() -> None:
    empty: Iterable[NoticeRow] = ()
    assert assess(history_from_rows(HistoryRows(notices=empty))) == []
