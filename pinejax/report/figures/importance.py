"""Parameter importance as bars, the largest first."""

from __future__ import annotations

from pinejax.report.figures.canvas import SMALL, TEXT, Drawing, Look, canvas, dress, percents, plain, sentence
from pinejax.report.figures.words import told
from pinejax.report.page.words import say
from pinejax.report.statistics.searched import Searched

MOST = 16


def importance(known: Searched, look: Look, *, objective: int = 0, judged: bool = False) -> Drawing:
    """judged: the verdict's own (PED-ANOVA), else epsilon squared. A sentence where nothing can be said."""
    ranked = known.ranked(objective)[:MOST] if known.scores else []
    if not ranked:
        return sentence(look, say("importance"), told("none.importance"))
    notes = [say("importance.verdict" if judged else "importance.note")]
    figure = canvas(look, say("importance"), height=1.5 + 0.25 * len(ranked), notes=notes)
    axes = figure.subplots()
    dress(axes, look, x=told("share"), grid="x")
    names, shares = [name for name, _ in ranked], [value for _, value in ranked]
    places = range(len(ranked))
    axes.barh(places, shares, color=look.palette.gain, height=0.62)
    axes.set_yticks(places, [plain(name) for name in names], fontsize=TEXT, color=look.palette.ink)
    axes.invert_yaxis()
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    for place, share in zip(places, shares, strict=True):
        axes.annotate(f"{100 * share:.0f}%", (share, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=SMALL,
                      color=look.palette.soft)  # fmt: skip
    axes.set_xlim(0, max(*shares, 0.1) * 1.08)
    percents(axes, "x")
    return figure
