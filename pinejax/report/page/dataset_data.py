"""What the charts need of each dataset: equity, candles, trades, as packed columns. Fewer points where there are many; never other ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.report.listed import Listed, joined
from pinejax.report.page.embed import packed, seconds
from pinejax.report.saved import Dataset, Line, Outside, Saved
from pinejax.report.thin import kept, merged

MOST_POINTS, LEAST_POINTS = 36_000, 600
MOST_CANDLES, LEAST_CANDLES = 90_000, 600
MOST_TRADES = 20_000
"""Of a page, shared by its datasets. 27 bytes a candle, 21 a point, about 160 a trade: 7 MB at the very most."""


def dataset_data(saved: Saved) -> list[dict[str, Any]]:
    """One entry per dataset; a part is None where its file is missing."""
    n = max(len(saved.datasets), 1)
    points, candles = max(MOST_POINTS // n, LEAST_POINTS), max(MOST_CANDLES // n, LEAST_CANDLES)
    return [
        {
            "name": dataset.name,
            "ltf": dataset.timeframe.partition("@")[0],
            "equity": None if (line := saved.lines.get(dataset.name)) is None else _line(line, points),
            "bars": _bars(saved, dataset, candles),
            "trades": None
            if (trades := saved.trades(dataset)) is None
            else _trades(trades, saved.outside.get(dataset.name), MOST_TRADES // n),
        }
        for dataset in saved.datasets
    ]


def _line(line: Line, most: int) -> dict[str, Any]:
    at = kept([line.equity, line.hold, line.drawdown], most)
    return {
        "time": seconds(line.time[at]),
        "equity": packed(line.equity[at]),
        "hold": packed(line.hold[at]),
        "drawdown": packed(line.drawdown[at]),
        "n": len(at),
        "shades": shades(line),
    }


def shades(line: Line) -> list[dict[str, Any]]:
    """[{from, to, seen}] in seconds, `to` being the next one's `from`; empty where the search saw all."""
    if line.seen.all():
        return []
    first = np.flatnonzero(np.diff(line.seen.astype(int), prepend=-1))
    starts = (line.time[first] // 1000).tolist()
    return [
        {"from": start, "to": stop, "seen": bool(line.seen[i])}
        for start, stop, i in zip(starts, [*starts[1:], int(line.time[-1]) // 1000 + 1], first.tolist(), strict=True)
    ]


def _bars(saved: Saved, dataset: Dataset, most: int) -> dict[str, Any] | None:
    if dataset.name not in saved.bars:
        return None
    bars, each = saved.bars[dataset.name]
    bars, more = merged(bars, most)
    prices = {name: packed(getattr(bars, name)) for name in ("open", "high", "low", "close")}
    return {"time": seconds(bars.time), **prices, "n": len(bars), "each": int(each) * more, "decimals": decimals(bars.close)}


def _trades(inside: Listed, held_out: Outside | None, most: int) -> dict[str, Any]:
    """Those out of sample behind the others."""
    behind = None if held_out is None else held_out.trades
    trades = inside if behind is None else joined(inside, behind)
    signals = list(dict.fromkeys((*trades.entry_signal, *trades.exit_signal)))
    place = {signal: i for i, signal in enumerate(signals)}
    part = slice(0, most)
    floats = ("entry_price", "exit_price", "qty", "value", "pnl", "rate", "mfe", "mfe_rate", "mae", "mae_rate", "total", "total_rate")
    return {
        "n": min(len(trades), most),
        "of": len(trades),
        "direction": packed(trades.direction[part], "i4"),
        "entry_time": seconds(trades.entry_time[part]),
        "exit_time": seconds(trades.exit_time[part]),
        **{name: packed(getattr(trades, name)[part], "f8") for name in floats},
        "entry_signal": packed([place[s] for s in trades.entry_signal[part]], "u4"),
        "exit_signal": packed([place[s] for s in trades.exit_signal[part]], "u4"),
        "is_open": packed(trades.is_open[part], "u4"),
        "outside": packed(np.arange(len(trades))[part] >= len(inside), "u4"),
        "signals": signals,
    }


def decimals(prices: np.ndarray) -> int:
    """How many decimals prices have, 0 to 8."""
    some = prices[:: max(len(prices) // 500, 1)]
    return next((d for d in range(9) if np.allclose(some, np.round(some, d), rtol=1e-12, atol=1e-12)), 8)
