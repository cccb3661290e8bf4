"""One look at one provider: which cases count, and what share of each week's URLs failed. Pure.

All of it is evaluated with only what was known at the look. What is not admissible is dropped: neither success nor failure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution.pattern.history import (
    CHECK_DAYS,
    FAILED_AFTER,
    WARNED_AFTER,
    Arrays,
    Floats,
    Ints,
    week_start,
)

ACK_WINDOW = 14.0
"""Days before a notice from which on an acknowledgement of the same contact shows that the notice was received."""
CONFIRMED_WINDOW = 45.0
"""The same of a confirmation of the contact by a second channel."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Weeks:
    """The weeks with evidence, in order, and the share of failed URLs in each (the mean over the week's sites)."""

    week: Ints
    share: Floats
    sites: Ints


@dataclass(frozen=True, slots=True)
class Admitted:
    """Which cases count at a look, and why the others do not."""

    admitted: Bools
    no_receipt: Bools
    bounced: Bools
    voided: Bools
    """Sent to a contact that was corrected later, and that had not acknowledged in between."""
    reseller: Bools


def admitted(arrays: Arrays, at: float) -> Admitted:
    """Say which cases count at a look: those whose receipt is proven by what was known then.

    Receipt is proven by an acknowledgement or refusal of the notice, by any acknowledgement of the same contact from 14 days before it on,
    or by a confirmation of the contact from 45 days before it on. A bounced notice proves nothing, unless a contact was confirmed
    before it. A notice to a contact that was corrected later counts only if that contact had acknowledged in between.
    """
    sent = arrays.sent
    known = sent <= at
    acks, confirmed, corrected = (
        _known(pairs, at) for pairs in (arrays.acks, arrays.confirmed, arrays.corrected)
    )
    own_receipt = arrays.receipt_known <= at
    bounced = arrays.bounced_known <= at
    # A correction is also a confirmation, of the contact that it names.
    confirmed = np.concatenate([confirmed, corrected])
    corrected = np.sort(corrected)
    after = np.searchsorted(corrected, sent, side="right")
    ends = np.append(corrected, np.inf)[after]
    """When the contact that a notice went to was replaced."""
    begins = np.concatenate([[-np.inf], corrected])[after]
    by_ack = _any_within(acks, np.maximum(sent - ACK_WINDOW, begins), ends)
    by_confirmation = _any_within(confirmed, np.maximum(sent - CONFIRMED_WINDOW, begins), ends)
    confirmed_before = _any_within(confirmed, begins, np.minimum(sent, ends), closed=True)
    replaced = np.isfinite(ends)
    acked_between = own_receipt | _any_within(acks, sent, ends)
    proven = own_receipt | ((~bounced | confirmed_before) & (by_ack | by_confirmation))
    voided = known & replaced & ~acked_between
    reseller = known & ~arrays.own
    good = known & arrays.own & proven & ~voided
    return Admitted(
        good,
        no_receipt=known & arrays.own & ~proven & ~bounced & ~voided,
        bounced=known & arrays.own & ~proven & bounced & ~voided,
        voided=voided & arrays.own,
        reseller=reseller,
    )


def weeks(arrays: Arrays, at: float, counted: Bools, after: float = FAILED_AFTER) -> Weeks:
    """Return the weeks that can be judged at a look, and the mean over each week's sites of the share of their URLs that failed.

    A week is judged when it is over, its last notice could have failed, and the checker told: 14 days (or `after`) and one after that notice.
    """
    if not counted.any():
        return Weeks(np.array([], np.int64), np.array([], float), np.array([], np.int64))
    first = int(arrays.week.min())
    last_sent = np.full(int(arrays.week.max()) - first + 1, -np.inf)
    np.maximum.at(last_sent, arrays.week[counted] - first, arrays.sent[counted])
    over = np.maximum(
        last_sent[arrays.week - first] + after + CHECK_DAYS, week_start(1) + arrays.week * 7
    )
    ripe = counted & (over <= at)
    online_known = arrays.failed_known if after == FAILED_AFTER else arrays.warned_known
    # What moved before it failed is neither: the provider did nothing, and is not blamed either.
    of_url = ripe[arrays.case_of] & ~((arrays.moved_known <= at) & (online_known > at))
    if not of_url.any():
        return Weeks(np.array([], np.int64), np.array([], float), np.array([], np.int64))
    case = arrays.case_of[of_url]
    online = online_known[of_url] <= at
    weight = arrays.weight[of_url]
    key = arrays.week[case] * (int(arrays.site.max()) + 1) + arrays.site[case]
    keys, place = np.unique(key, return_inverse=True)
    share = np.bincount(place, online * weight) / np.bincount(place, weight)
    week = keys // (int(arrays.site.max()) + 1)
    numbers, place = np.unique(week, return_inverse=True)
    sites = np.bincount(place)
    return Weeks(numbers, np.bincount(place, share) / sites, sites)


def warned_weeks(arrays: Arrays, at: float, counted: Bools) -> Weeks:
    """Return the weeks judged at 7 days: improvement shows there sooner."""
    return weeks(arrays, at, counted, WARNED_AFTER)


def failures(arrays: Arrays, at: float, counted: Bools) -> Floats:
    """Return when the notices were sent of which a URL failed, in order."""
    failed = (arrays.failed_known <= at) & counted[arrays.case_of]
    return np.sort(np.unique(arrays.sent[arrays.case_of[failed]]))


def _known(pairs: tuple[Floats, Floats], at: float) -> Floats:
    """Return when those happened that were known at a look."""
    when, known = pairs
    return when[: np.searchsorted(known, at, side="right")]


def _any_within(when: Floats, low: Floats, high: Floats, *, closed: bool = False) -> Bools:
    """Say for each pair of bounds whether something happened from the lower on and before the upper."""
    ordered = np.sort(when)
    return np.searchsorted(ordered, high, side="right" if closed else "left") > np.searchsorted(
        ordered, low, side="left"
    )
