"""Pictures of a dossier and of all providers, as SVG or PNG: the same bytes for the same figures. Needs matplotlib (extra `overview`)."""

from __future__ import annotations

import io
from typing import Any

from attribution.errors import StoreError

# Okabe & Ito's colours, told apart by colour-blind readers too (https://jfly.uni-koeln.de/color/).
COLOURS = {
    "systematic": "#D55E00", "non_responsive": "#E69F00", "slow": "#CC79A7", "mixed": "#56B4E9", "cooperative": "#009E73", "insufficient": "#999999",
}  # fmt: skip
MARKS = {"systematic": "X", "non_responsive": "s", "slow": "v", "mixed": "D", "cooperative": "o", "insufficient": "."}
_STYLE = {
    "svg.hashsalt": "attribution",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def weeks_chart(values: dict[str, Any]) -> str:
    """Draw the weeks of a dossier: share failed, and E with the lines at which it counts."""
    pyplot = _pyplot()
    with pyplot.rc_context(_STYLE):
        figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(7.5, 4.2), sharex=True)
        weeks = values["weeks"]
        places = list(range(len(weeks)))
        upper.bar(places, [week["share_failed"] for week in weeks], color="#56B4E9", width=0.8)
        upper.axhline(values["thresholds"]["p0"], color="black", linewidth=0.8, linestyle=":")
        upper.set_ylim(0, 1)
        upper.set_ylabel("share failed")
        lower.plot(places, [max(week["e_value"], 1e-6) for week in weeks], color="#D55E00", marker="o", markersize=3)
        for name in ("noted_at", "named_at"):
            lower.axhline(values["thresholds"][name], color="black", linewidth=0.8, linestyle="--")
        lower.set_yscale("log")
        lower.set_ylabel("E")
        step = max(1, len(weeks) // 8)
        lower.set_xticks(places[::step], [week["week"] for week in weeks[::step]], rotation=30, ha="right")
        return _svg(pyplot, figure)


def removal_chart(values: dict[str, Any]) -> str:
    """Draw the curve of time to removal of a dossier, with its interval."""
    pyplot = _pyplot()
    with pyplot.rc_context(_STYLE):
        figure, axis = pyplot.subplots(figsize=(7.5, 2.8))
        rows = values["removal"]["curve"]
        days = [row["days"] for row in rows]
        axis.fill_between(
            days, [row.get("low", row["gone_at_least"]) for row in rows], [row.get("high", row["gone_at_most"]) for row in rows],
            color="#56B4E9", alpha=0.35, linewidth=0, step="post",
        )  # fmt: skip
        axis.step(days, [row["gone_at_least"] for row in rows], where="post", color="#0072B2")
        axis.set_ylim(0, 1)
        axis.set_xscale("log")
        axis.set_xticks([0.25, 1, 7, 14, 30, 90], ["6 h", "1 day", "7", "14", "30", "90"])
        axis.set_ylabel("gone")
        return _svg(pyplot, figure)


def overview_chart(rows: list[dict[str, Any]], form: str) -> bytes:
    """Draw every provider: the share that failed against how many cases count (a funnel plot), and how many there are of each label.

    The funnel's lines are where 95 % and 99.8 % of providers would lie whose true share is the common one (Spiegelhalter, Stat. Med. 24, 2005).
    """
    import numpy as np
    from scipy.stats import binom

    pyplot = _pyplot()
    with pyplot.rc_context(_STYLE):
        figure, (funnel, bars) = pyplot.subplots(1, 2, figsize=(11, 4.5), gridspec_kw={"width_ratios": [3, 1]})
        seen = [row for row in rows if row["share_failed"] is not None]
        for label, colour in COLOURS.items():
            mine = [row for row in seen if row["now"] == label]
            if mine:
                funnel.scatter(
                    [row["admitted"] for row in mine], [row["share_failed"] for row in mine], s=18, c=colour, marker=MARKS[label],
                    label=label.replace("_", " "), alpha=0.35 if label == "insufficient" else 0.85, linewidths=0,
                )  # fmt: skip
        if seen:
            common = float(np.average([row["share_failed"] for row in seen], weights=[row["admitted"] for row in seen]))
            counts = np.unique(np.geomspace(1, max(2, *(row["admitted"] for row in seen)), 60).astype(int))
            for level, line in ((0.95, ":"), (0.998, "--")):
                for tail in ((1 - level) / 2, (1 + level) / 2):
                    funnel.plot(
                        counts, binom.ppf(tail, counts, common) / counts, color="black", linewidth=0.7, linestyle=line
                    )
            funnel.axhline(common, color="black", linewidth=0.8)
            funnel.set_xscale("log")
            funnel.legend(frameon=False, loc="upper right")
        funnel.set_xlabel("cases that count")
        funnel.set_ylabel("share failed, mean over weeks")
        funnel.set_ylim(-0.02, 1.02)
        labels = list(COLOURS)
        bars.barh(
            [label.replace("_", " ") for label in labels],
            [sum(row["now"] == label for row in rows) for label in labels],
            color=list(COLOURS.values()),
        )
        bars.invert_yaxis()
        bars.set_xlabel("providers")
        out = io.BytesIO()
        figure.tight_layout()
        figure.savefig(out, format=form, metadata={"Date": None} if form == "svg" else {"Software": None}, dpi=130)
        pyplot.close(figure)
        return out.getvalue()


def multiples_chart(weekly: list[tuple[str, str, list[float]]]) -> str:
    """Draw the weeks of some providers beside each other, to one scale: (name, label, share failed a week)."""
    pyplot = _pyplot()
    columns = 4
    with pyplot.rc_context(_STYLE):
        figure, axes = pyplot.subplots(
            -(-len(weekly) // columns),
            columns,
            figsize=(11, 1.5 * -(-len(weekly) // columns)),
            squeeze=False,
            sharey=True,
        )
        for axis, one in zip(axes.flat, [*weekly, *[None] * (axes.size - len(weekly))], strict=True):
            if one is None:
                axis.set_axis_off()
                continue
            name, label, shares = one
            axis.bar(range(len(shares)), shares, color=COLOURS[label], width=0.9)
            axis.set_ylim(0, 1)
            axis.set_xticks([])
            axis.set_title(f"{name[:28]} ({len(shares)} weeks)", fontsize=8)
        return _svg(pyplot, figure)


def _svg(pyplot: Any, figure: Any) -> str:
    out = io.StringIO()
    figure.tight_layout()
    figure.savefig(out, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    text = out.getvalue()
    return text[text.index("<svg") :]


def _pyplot() -> Any:
    try:
        import matplotlib
    except ModuleNotFoundError:
        raise StoreError("pictures need matplotlib: pip install 'attribution[overview]'.") from None
    matplotlib.use("agg")
    from matplotlib import pyplot

    return pyplot
