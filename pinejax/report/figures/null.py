"""What a search finds where there is nothing to find: the null search's best values, the real one marked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pinejax.report.figures.canvas import SMALL, Drawing, Look, canvas, dress, measured, sentence, whole_numbers
from pinejax.report.figures.words import told
from pinejax.report.page.figures import rough
from pinejax.report.page.words import name_of, say
from pinejax.report.statistics.bins import bins


def null(content: Mapping[str, Any], look: Look, *, objective: str = "") -> Drawing:
    """content: `evidence.null_search` of verdict.json. A sentence where there is none, or fewer than two histories."""
    values = np.array([v for v in content.get("distribution", ()) if v is not None], float)
    best = content.get("best")
    if len(values) < 2 or best is None:
        return sentence(look, say("null"), told("none.null"))
    text = say(
        "null.text", n=len(content["distribution"]), median=rough(float(np.median(values))), best=rough(float(best)),
        p=rough(float(content["p_value"])), smallest=rough(float(content["smallest_p"])),
    )  # fmt: skip
    figure = canvas(look, say("null"), height=3.6, notes=[f"{text} {say('null.replay' if content.get('optimistic') else 'null.research')}"])
    axes = figure.subplots()
    name = name_of("metric", objective) if objective else say("value")
    dress(axes, look, x=f"{told('histories')}, {name}", y=told("count.null"))
    edges = bins(min(float(values.min()), best), max(float(values.max()), best), len(values), split=False)
    axes.hist(values, edges.tolist(), color=look.palette.hold, rwidth=0.94)
    axes.axvline(best, color=look.palette.mark, linewidth=2)
    right = best > (edges[0] + edges[-1]) / 2
    axes.annotate(
        f"{told('best')} {rough(float(best))}", (best, 1.0), xycoords=("data", "axes fraction"), xytext=(-5 if right else 5, -2),
        textcoords="offset points", ha="right" if right else "left", va="top", fontsize=SMALL + 1, fontweight="bold",
        color=look.palette.mark, bbox={"facecolor": look.palette.paper, "edgecolor": "none", "alpha": 0.7, "pad": 1},
    )  # fmt: skip
    whole_numbers(axes, "y")
    measured(axes, objective, "x")
    return figure
