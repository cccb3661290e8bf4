"""Charts of a dossier and of all providers, as values for a template (`picture.html.j2`). Pure.

SVG without script or styles of its own, so that it follows the page's, and the same for the same
figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binom

from attribution.pattern.dossier.removal import court_orders
from attribution.pattern.times import moment
from attribution.pattern.verdict import Assessment

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 14, 14, 34
_PLOT_WIDTH = WIDTH - _LEFT - _RIGHT
_PLOT_HEIGHT = HEIGHT - _TOP - _BOTTOM
_MOST_CASES = 60
_LINE_HEIGHT = 7
_LEAST_E = 1e-6
_FIRST_DAY, _LAST_DAY = 0.25, 90
_DAY_TICKS = ((0.25, "6 h"), (1, "1 d"), (7, "7 d"), (14, "14 d"), (30, "30 d"), (90, "90 d"))
_COUNT_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000)
_LIMITS = ((0.95, "limit"), (0.998, "limit far"))
"""Share of providers within each pair of lines of a funnel plot, and the lines' class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A provider in a funnel plot."""

    x: float
    y: float
    kind: str
    """Its label: the class of its circle."""
    name: str
    key: str
    """What its link ends in."""
    figures: str
    turned: bool
    """Whether its name stands to the left."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A text at a place of an axis."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line or area: its class, and its data in SVG."""

    kind: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar, and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a template draws, in the units of the view box."""

    height: int = HEIGHT
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    paths: tuple[Path, ...] = ()
    points: tuple[Point, ...] = ()
    bars: tuple[Bar, ...] = ()
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def _x(part: float) -> float:
    """Return where a part (0 to 1) of the width lies."""
    return round(_LEFT + _PLOT_WIDTH * part, 1)


def _y(part: float) -> float:
    """Return where a part (0 to 1) of the height lies, upwards."""
    return round(_TOP + _PLOT_HEIGHT * (1 - part), 1)


def _line(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if number else 'M'}{x} {y}" for number, (x, y) in enumerate(points))


def _level(kind: str, y: float) -> Path:
    """Return a line across the whole width."""
    return Path(kind, f"M{_LEFT} {y} H{WIDTH - _RIGHT}")


_SHARE_TICKS = tuple(Tick(_y(share), f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1))


def funnel_picture(rows: list[dict[str, Any]], names: dict[str, str]) -> Picture | None:
    """Draw every company: the share that failed against the cases that count.

    The lines are those within which 95 % and 99.8 % would lie that had the common share
    (Spiegelhalter, Stat. Med. 24, 2005). `rows` are those of `as_row`, `names` what a key is
    called. None where nobody has a share.
    """
    rows = [row for row in rows if row["share_failed"] is not None and row["admitted"]]
    if not rows:
        return None
    weights = [row["admitted"] for row in rows]
    most = max(2, *weights)
    common = float(np.average([row["share_failed"] for row in rows], weights=weights))

    def x(count: float) -> float:
        return _x(math.log(max(count, 1)) / math.log(most))

    counts = np.unique(np.geomspace(1, most, 50).astype(int))
    paths = [_level("axis", _y(common))]
    for level, kind in _LIMITS:
        for tail in ((1 - level) / 2, (1 + level) / 2):
            shares = binom.ppf(tail, counts, common) / counts
            line = [(x(n), _y(float(share))) for n, share in zip(counts, shares, strict=True)]
            paths.append(Path(kind, _line(line)))
    points = tuple(
        Point(
            x=x(row["admitted"]),
            y=_y(row["share_failed"]),
            kind=row["now"],
            name=names.get(row["provider"], row["provider"]),
            key=row["provider"],
            figures=f"{row['share_failed']:.0%}, {row['admitted']}",
            turned=x(row["admitted"]) > WIDTH * 0.6,
        )
        for row in reversed(rows)
    )
    return Picture(
        x_ticks=tuple(Tick(x(count), str(count)) for count in _COUNT_TICKS if count <= most),
        y_ticks=_SHARE_TICKS,
        paths=tuple(paths),
        points=points,
    )


def curve_picture(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> Picture | None:
    """Draw how much was gone by when: a company's curve with its interval, and all others'.

    `rows` are those of a dossier's `removal`. None where there are none.
    """
    if not rows:
        return None

    def x(days: float) -> float:
        return _x(math.log(days / _FIRST_DAY) / math.log(_LAST_DAY / _FIRST_DAY))

    def line(rows: list[dict[str, Any]], name: str, otherwise: str) -> list[tuple[float, float]]:
        return [(x(row["days"]), _y(row.get(name, row[otherwise]))) for row in rows]

    upper = line(rows, "high", "gone_at_most")
    lower = line(rows, "low", "gone_at_least")
    paths = [Path("band", _line([*upper, *reversed(lower)]) + " Z")]
    for kind, curve in (("curve", rows), ("others", others)):
        if curve:
            paths.append(Path(kind, _line(line(curve, "gone_at_least", "gone_at_least"))))
    return Picture(
        x_ticks=tuple(Tick(x(days), text) for days, text in _DAY_TICKS),
        y_ticks=_SHARE_TICKS,
        paths=tuple(paths),
    )


def weeks_picture(values: dict[str, Any]) -> Picture | None:
    """Draw a dossier's weeks: the share of each that failed, and what is tolerated.

    None without weeks.
    """
    weeks = values["weeks"]
    if not weeks:
        return None
    shares = [
        (week["share_failed"], f"{week['week']}: {week['share_failed']:.0%}") for week in weeks
    ]
    return Picture(
        x_ticks=_week_ticks(weeks),
        y_ticks=_SHARE_TICKS,
        paths=(_level("limit", _y(values["thresholds"]["p0"])),),
        bars=_bars(shares),
    )


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

    curve = [(_x((place + 0.5) / len(weeks)), y(power)) for place, power in enumerate(powers)]
    step = max(1, (high - low) // 5)
    return Picture(
        x_ticks=_week_ticks(weeks),
        y_ticks=tuple(Tick(y(power), f"{10.0**power:g}") for power in range(low, high + 1, step)),
        paths=(*(_level("limit", y(limit)) for limit in limits), Path("curve", _line(curve))),
    )


def shares_picture(shares: list[float]) -> Picture:
    """Draw the share that failed in each week as bars alone, to stand small beside others."""
    return Picture(y_ticks=_SHARE_TICKS, bars=_bars([(share, f"{share:.0%}") for share in shares]))


def timeline_picture(assessment: Assessment) -> Picture | None:
    """Draw the latest cases, a line each, from the notice to the removal, or until last seen.

    A dot is a court's order. None without cases.
    """
    examination, now = assessment.examination, assessment.verdict.at
    record, gone = examination.record, examination.gone
    sent = record.cases["sent"]
    order = np.argsort(sent, kind="stable")
    cases = order[sent[order] <= now][-_MOST_CASES:].tolist()
    if not cases:
        return None
    begin = float(sent[cases[0]])
    room = max(now - begin, 1.0)
    height = _TOP + _BOTTOM + _LINE_HEIGHT * len(cases)

    def x(day: float) -> float:
        return _x((min(max(day, begin), now) - begin) / room)

    order_at = court_orders(assessment, now)
    paths = []
    for place, case in enumerate(cases):
        y = _TOP + _LINE_HEIGHT * place + 3
        urls = slice(*np.searchsorted(record.urls["case"], [case, case + 1]))
        ended = gone.seen_by(now)[urls]
        is_gone = bool(ended.size) and bool(ended.all())
        last_on = np.minimum(examination.last_on[urls], now).max(initial=begin)
        until = float(gone.at[urls].max() if is_gone else last_on)
        start = x(float(sent[case]))
        line = f"M{start} {y} H{max(x(until), start + 2)}"
        paths.append(Path("case" if is_gone else "case open", line))
        if np.isfinite(order_at[case]):
            ordered = x(float(order_at[case]))
            paths.append(Path("order", f"M{ordered - 4} {y} l4 -4 l4 4 l-4 4 Z"))
    days = [begin + room * part / 4 for part in range(5)]
    return Picture(
        height=height,
        x_ticks=tuple(Tick(x(day), f"{moment(day):%Y-%m-%d}") for day in days),
        paths=tuple(paths),
        bottom=height - _BOTTOM,
    )


def _bars(shares: list[tuple[float, str]]) -> tuple[Bar, ...]:
    """Return a bar for each (share, what it says), side by side."""
    room = _PLOT_WIDTH / max(len(shares), 1)
    return tuple(
        Bar(
            x=_x((place + 0.1) / len(shares)),
            y=_y(share),
            width=round(room * 0.8, 1),
            height=round(_y(0) - _y(share), 1),
            text=text,
        )
        for place, (share, text) in enumerate(shares)
    )


def _week_ticks(weeks: list[dict[str, Any]]) -> tuple[Tick, ...]:
    """Return some weeks' dates, in the middle of each."""
    every = max(1, len(weeks) // 6)
    return tuple(
        Tick(_x((place + 0.5) / len(weeks)), week["week"])
        for place, week in enumerate(weeks)
        if place % every == 0 and place <= len(weeks) - every / 2
    )
