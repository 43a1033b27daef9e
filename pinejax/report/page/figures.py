"""Numbers as a reader wants them: thousands apart, percent where it is a fraction, a real minus sign. `–` for what is not defined."""

from __future__ import annotations

import math
from typing import Any

from pinejax.metrics import METRICS

NONE = "–"  # noqa: RUF001
MINUS = "−"  # noqa: RUF001


def figure(value: Any, unit: str) -> str:
    """unit: money, currency, fraction, count, ratio, bars or contracts, as catalogue and summary name them."""
    if value is None or not math.isfinite(value):
        return NONE
    match unit:
        case "money" | "currency":
            text = f"{value:,.2f}"
        case "fraction":
            text = f"{100 * value:,.2f}%"
        case "count":
            text = f"{value:,.0f}"
        case "bars":
            text = f"{value:,.1f}"
        case _:
            text = f"{value:,.4g}" if abs(value) < 1e6 else f"{value:.4g}"
    return text.replace("-", MINUS)


def metric(name: str, value: Any) -> str:
    """A metric of the catalogue."""
    return figure(value, METRICS[name].unit if name in METRICS else "ratio")


def short(value: Any) -> str:
    """Any value of a parameter or of a piece of evidence."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", MINUS) if math.isfinite(value) else NONE
    return str(value)


def rough(value: Any) -> str:
    """Four digits, for statistics; anything that is no number as `short`."""
    return short(float(f"{value:.4g}")) if isinstance(value, float) and math.isfinite(value) else short(value)


def tone(value: Any) -> str:
    """The class of a gain or a loss; nothing for neither."""
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value == 0:
        return ""
    return "gain" if value > 0 else "loss"
