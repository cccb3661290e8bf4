"""Pictures of a dossier and of all providers as values for a template (`picture.html.j2`): SVG,
drawn with the page's own styles, so that it follows light and dark. Pure, and the same for the same
figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from attribution.pattern.assess import Assessment
from attribution.pattern.history import Sign
from attribution.pattern.times import moment

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 14, 34
_MOST_LINES = 60
_LEAST_E = 1e-6
_DAY_MARKS = ((0.25, "6 h"), (1, "1 d"), (7, "7 d"), (14, "14 d"), (30, "30 d"), (90, "90 d"))


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with a name, and where it leads."""

    x: float
    y: float
    kind: str
    name: str
    key: str
    told: str
    turned: bool
    """Whether its name stands to the left."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What a template draws: axes, paths and marks, in the units of the view box."""

    height: int
    x_marks: tuple[tuple[float, str], ...]
    y_marks: tuple[tuple[float, str], ...]
    paths: tuple[tuple[str, str], ...] = ()
    """(class, path)."""
    marks: tuple[Mark, ...] = ()
    bars: tuple[tuple[float, float, float, float, str], ...] = ()
    """(x, y, width, height, what it tells)."""
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def funnel_picture(rows: list[dict[str, Any]], names: dict[str, str]) -> Picture | None:
    """Draw every company: the share that failed against the cases that count, with the lines within
    which 95 % and 99.8 % would lie that had the common share (Spiegelhalter, Stat. Med. 24, 2005).
    None where nobody has a share.
    """
    seen = [row for row in rows if row["share_failed"] is not None and row["admitted"]]
    if not seen:
        return None
    most = max(2, *(row["admitted"] for row in seen))
    common = float(
        np.average([row["share_failed"] for row in seen], weights=[row["admitted"] for row in seen])
    )

    def x(count: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * math.log(max(count, 1)) / math.log(most), 1)

    counts = np.unique(np.geomspace(1, most, 50).astype(int))
    paths = [("axis", f"M{_LEFT} {_y(common)} H{WIDTH - _RIGHT}")]
    for level, name in ((0.95, "limit"), (0.998, "limit far")):
        for tail in ((1 - level) / 2, (1 + level) / 2):
            limits = binom.ppf(tail, counts, common) / counts
            paths.append(
                (
                    name,
                    _path(
                        [
                            (x(count), _y(float(limit)))
                            for count, limit in zip(counts, limits, strict=True)
                        ]
                    ),
                )
            )
    marks = tuple(
        Mark(
            x(row["admitted"]),
            _y(row["share_failed"]),
            row["now"],
            names.get(row["provider"], row["provider"]),
            row["provider"],
            f"{row['share_failed']:.0%}, {row['admitted']}",
            x(row["admitted"]) > WIDTH * 0.6,
        )
        for row in reversed(seen)
    )
    ticks = [one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000) if one <= most]
    return Picture(
        HEIGHT, tuple((x(one), str(one)) for one in ticks), _shares(), tuple(paths), marks
    )


def curve_picture(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> Picture | None:
    """Draw by when how much was gone: a company's curve with its interval,
    and all others' together. None where nothing was watched.
    """
    if not rows:
        return None

    def x(days: float) -> float:
        return round(
            _LEFT + (WIDTH - _LEFT - _RIGHT) * math.log(days / 0.25) / math.log(90 / 0.25), 1
        )

    upper = [(x(row["days"]), _y(row.get("high", row["gone_at_most"]))) for row in rows]
    lower = [(x(row["days"]), _y(row.get("low", row["gone_at_least"]))) for row in rows]
    paths = [("band", _path([*upper, *reversed(lower)]) + " Z")]
    paths.append(("curve", _path([(x(row["days"]), _y(row["gone_at_least"])) for row in rows])))
    if others:
        paths.append(
            ("others", _path([(x(row["days"]), _y(row["gone_at_least"])) for row in others]))
        )
    return Picture(
        HEIGHT, tuple((x(days), text) for days, text in _DAY_MARKS), _shares(), tuple(paths)
    )


def weeks_picture(values: dict[str, Any]) -> Picture | None:
    """Draw a dossier's weeks: the share of each that failed,
    and what is tolerated. None without weeks.
    """
    weeks = values["weeks"]
    if not weeks:
        return None
    told = [(week["share_failed"], f"{week['week']}: {week['share_failed']:.0%}") for week in weeks]
    tolerated = ("limit", f"M{_LEFT} {_y(values['thresholds']['p0'])} H{WIDTH - _RIGHT}")
    return Picture(HEIGHT, _week_marks(weeks), _shares(), (tolerated,), bars=_bars(told))


def evidence_picture(values: dict[str, Any]) -> Picture | None:
    """Draw a dossier's E after each week, on a logarithmic scale, and from where it counts.

    None without weeks.
    """
    weeks = values["weeks"]
    if not weeks:
        return None
    limits = [math.log10(values["thresholds"][name]) for name in ("noted_at", "named_at")]
    powers = [math.log10(max(week["e_value"], _LEAST_E)) for week in weeks]
    low, high = math.floor(min(0.0, *powers)), math.ceil(max(*limits, *powers, 1.0))

    def y(power: float) -> float:
        return _y((power - low) / (high - low))

    room = (WIDTH - _LEFT - _RIGHT) / len(weeks)
    curve = [
        (round(_LEFT + (place + 0.5) * room, 1), y(power)) for place, power in enumerate(powers)
    ]
    paths = [("limit", f"M{_LEFT} {y(limit)} H{WIDTH - _RIGHT}") for limit in limits]
    marks = [
        (y(power), f"{10.0**power:g}") for power in range(low, high + 1, max(1, (high - low) // 5))
    ]
    return Picture(HEIGHT, _week_marks(weeks), tuple(marks), (*paths, ("curve", _path(curve))))


def shares_picture(shares: list[float]) -> Picture:
    """Draw the share that failed in each week as bars alone, to stand small beside others."""
    return Picture(HEIGHT, (), _shares(), bars=_bars([(share, f"{share:.0%}") for share in shares]))


def timeline_picture(one: Assessment) -> Picture | None:
    """Draw the latest cases, a line each, from the notice to the removal,
    or to the last time that it was seen; a dot is a court's order.
    """
    record, gone, look = one.seen.record, one.seen.gone, one.verdict.at
    sent = record.cases["sent"]
    order = [int(row) for row in np.argsort(sent, kind="stable") if sent[row] <= look][
        -_MOST_LINES:
    ]
    if not order:
        return None
    begin = float(sent[order[0]])
    ordered = record.signs_of(Sign.COURT_ORDER)
    ordered_at = {
        int(row): at for row, at in zip(ordered["case"], ordered["at"], strict=True) if at <= look
    }
    room = max(look - begin, 1.0)
    height = _TOP + _BOTTOM + 7 * len(order)

    def x(day: float) -> float:
        return round(
            _LEFT + (WIDTH - _LEFT - _RIGHT) * (min(max(day, begin), look) - begin) / room, 1
        )

    paths = []
    for place, number in enumerate(order):
        y = _TOP + 7 * place + 3
        mine = slice(*np.searchsorted(record.urls["case"], [number, number + 1]))
        ended_urls = (gone.at[mine] <= look) & (gone.known[mine] <= look)
        ended = bool(ended_urls.size) and bool(ended_urls.all())
        until = (
            float(gone.at[mine].max())
            if ended
            else float(np.minimum(one.seen.last_on[mine], look).max(initial=begin))
        )
        start = x(float(sent[number]))
        paths.append(
            ("case" if ended else "case open", f"M{start} {y} H{max(x(until), start + 2)}")
        )
        if number in ordered_at:
            at = x(float(ordered_at[number]))
            paths.append(("order", f"M{at - 4} {y} l4 -4 l4 4 l-4 4 Z"))
    days = [begin + room * part / 4 for part in range(5)]
    ticks = tuple((x(day), f"{moment(day):%Y-%m-%d}") for day in days)
    return Picture(height, ticks, (), tuple(paths), bottom=height - _BOTTOM)


def _y(value: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - value), 1)


def _bars(told: list[tuple[float, str]]) -> tuple[tuple[float, float, float, float, str], ...]:
    """Return a bar for each (share, what it tells), side by side."""
    room = (WIDTH - _LEFT - _RIGHT) / max(len(told), 1)
    return tuple(
        (
            round(_LEFT + (place + 0.1) * room, 1),
            _y(share),
            round(room * 0.8, 1),
            round(_y(0) - _y(share), 1),
            text,
        )
        for place, (share, text) in enumerate(told)
    )


def _week_marks(weeks: list[dict[str, Any]]) -> tuple[tuple[float, str], ...]:
    """Return some weeks' dates, in the middle of each."""
    room, every = (WIDTH - _LEFT - _RIGHT) / len(weeks), max(1, len(weeks) // 6)
    return tuple(
        (round(_LEFT + (place + 0.5) * room, 1), week["week"])
        for place, week in enumerate(weeks)
        if place % every == 0 and place <= len(weeks) - every / 2
    )


def _shares() -> tuple[tuple[float, str], ...]:
    return tuple((_y(share), f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1))


def _path(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{'M' if number == 0 else 'L'}{x} {y}" for number, (x, y) in enumerate(points))
