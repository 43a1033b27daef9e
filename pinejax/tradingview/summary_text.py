"""The performance summary as a terminal shows it, and as performance_summary.csv. The figures are made in `summary`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from pinejax.report.text import grid
from pinejax.tradingview.summary import Figure


def summary_text(figures: Sequence[Figure]) -> str:
    """One line per figure: all, long and short trades."""
    rows = [[f.name, *(_shown(value, f.unit) for value in (f.all, f.long, f.short))] for f in figures]
    return grid(["TradingView's summary", "all", "long", "short"], rows)


def summary_csv(figures: Sequence[Figure]) -> str:
    """The figures with all their digits; fractions are not percent; empty where a figure is not defined."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["figure", "unit", "all", "long", "short"])
    writer.writerows([f.name, f.unit, *("" if math.isnan(v) else f"{v:.12g}" for v in (f.all, f.long, f.short))] for f in figures)
    return out.getvalue()


def _shown(value: float, unit: str) -> str:
    if math.isnan(value):
        return "-"
    match unit:
        case "money":
            return f"{value:,.2f}"
        case "fraction":
            return f"{100 * value:.2f}%"
        case "count":
            return f"{value:.0f}"
        case _:
            return f"{value:.6g}"
