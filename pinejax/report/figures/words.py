"""Words that figures show and the page does not; what both say is in `page.words`."""

from __future__ import annotations

from typing import Any

FIGURE_WORDS: dict[str, str] = {
    "synthetic": "Synthetic bars: this says nothing about any market.",
    "money": "Account currency",
    "utc": "UTC",
    "shaded": "Shaded: bars that the search did not see.",
    "out": "out of sample",
    "so_far": "Best so far",
    "each": "One trial",
    "each_broken": "One that broke a gate",
    "broken": "Crosses, trials that broke a gate (such as the least number of trades): {n}.",
    "walk": "All test spans as one history, of one unit",
    "best": "Best set",
    "front": "Pareto front",
    "trial": "Trial",
    "share": "Share",
    "count.null": "Histories",
    "count.trades": "Trades",
    "return": "Return",
    "return.percent": "Return, percent",
    "span": "First day of the test span",
    "unit": "Worth of one unit",
    "histories": "Best of each history without an edge",
    "beyond": "Trials beyond the axis, drawn at its edge: {n}.",
    "more_datasets": "The first {shown} of {n} datasets.",
    "trade_returns": "Results of closed trades",
    "trade_return": "Net P&L, percent of the entry's value",
    "mean": "mean {value}",
    "better": "better",
    # nothing to draw
    "none.equity": "No equity curve: the run has left no equity.parquet.",
    "none.trials": "No trial has a result.",
    "none.importance": "Too few finished trials, or nothing varied.",
    "none.surface": "It takes two numeric parameters that were searched together in at least {n} trials that broke no gate.",
    "none.pareto": "It takes a search with two objectives or more; this one has {n}.",
    "none.null": "No null search was made (null=replay, with the verdict on).",
    "none.walk": "No walk-forward was made (validation=walk_forward).",
    "none.stress": "No stress was tested.",
    "none.trades": "The best set made no closed trade.",
}


def told(key: str, **values: Any) -> str:
    """The words of a key, filled in."""
    return FIGURE_WORDS[key].format(**values) if values else FIGURE_WORDS[key]
