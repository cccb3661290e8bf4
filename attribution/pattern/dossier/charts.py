"""The picture of all providers as a file of its own, SVG or PNG: the same bytes for the same
figures. Needs matplotlib (extra `pictures`); what stands in a page is drawn by
`attribution.pattern.dossier.pictures`.
"""

from __future__ import annotations

import io
from typing import Any

from attribution.extras import Extra, require

# Okabe & Ito's colours, told apart by colour-blind readers too (https://jfly.uni-koeln.de/color/).
COLOURS = {
    "systematic": "#D55E00",
    "non_responsive": "#E69F00",
    "unreachable": "#882255",
    "unanswering": "#AA4499",
    "delaying": "#DDCC77",
    "slow": "#CC79A7",
    "mixed": "#56B4E9",
    "cooperative": "#009E73",
    "insufficient": "#999999",
}
MARKS = {
    "systematic": "X",
    "non_responsive": "s",
    "unreachable": "P",
    "unanswering": "p",
    "delaying": "<",
    "slow": "v",
    "mixed": "D",
    "cooperative": "o",
    "insufficient": ".",
}
_STYLE = {
    "svg.hashsalt": "attribution",
    "svg.fonttype": "path",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def overview_chart(rows: list[dict[str, Any]], form: str) -> bytes:
    """Draw every provider: the share that failed against how many cases count (a funnel plot), and
    how many there are of each label.

    The funnel's lines are where 95 % and 99.8 % of providers would lie whose true share is the
    common one (Spiegelhalter, Stat. Med. 24, 2005).
    """
    import numpy as np
    from scipy.stats import binom

    pyplot = _pyplot()
    with pyplot.rc_context(_STYLE):
        figure, (funnel, bars) = pyplot.subplots(
            1, 2, figsize=(11, 4.5), gridspec_kw={"width_ratios": [3, 1]}
        )
        seen = [row for row in rows if row["share_failed"] is not None]
        for label, colour in COLOURS.items():
            mine = [row for row in seen if row["now"] == label]
            if mine:
                funnel.scatter(
                    [row["admitted"] for row in mine],
                    [row["share_failed"] for row in mine],
                    s=18,
                    c=colour,
                    marker=MARKS[label],
                    label=label.replace("_", " "),
                    alpha=0.35 if label == "insufficient" else 0.85,
                    linewidths=0,
                )
        if seen:
            common = float(
                np.average(
                    [row["share_failed"] for row in seen], weights=[row["admitted"] for row in seen]
                )
            )
            counts = np.unique(
                np.geomspace(1, max(2, *(row["admitted"] for row in seen)), 60).astype(int)
            )
            for level, line in ((0.95, ":"), (0.998, "--")):
                for tail in ((1 - level) / 2, (1 + level) / 2):
                    funnel.plot(
                        counts,
                        binom.ppf(tail, counts, common) / counts,
                        color="black",
                        linewidth=0.7,
                        linestyle=line,
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
        figure.savefig(
            out,
            format=form,
            metadata={"Date": None} if form == "svg" else {"Software": None},
            dpi=130,
        )
        pyplot.close(figure)
        return out.getvalue()


def _pyplot() -> Any:
    require("a picture as SVG or PNG", Extra.PICTURES)
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    return pyplot
