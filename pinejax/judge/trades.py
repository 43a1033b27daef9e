"""On how few trades a result stands: the best ones left out, and the position that is still open. From lists of trades alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pinejax.core.trade import TradeRecord
from pinejax.judge.figures import plain

MAKES_THE_RESULT = 0.5
"""Open profit is more than a detail from this share of a result on."""


def without_best(lists: Sequence[Sequence[TradeRecord]], n: int, capital: float) -> dict[str, Any]:
    """The result without the n best trades of all datasets, and what they make of it. lists: of each dataset its trades.

    Not of each dataset: without its best five of twenty hardly any strategy gains, and of ten symbols that would be fifty.

    Profits are simply taken away: the sizes of later trades stay what they were. An open trade counts with its profit at the last close.
    total_return: mean over the datasets; best_share, best_n_share: the best trade's and the n best trades' part of the profit of all
    datasets together, None where there is none.
    """
    every = sorted((t.pnl for trades in lists for t in trades), reverse=True)
    total, kept = sum(every), sum(every[n:])
    share = lambda k: plain(sum(every[:k]) / total) if total > 0 else None  # noqa: E731
    return {
        "n_dropped": len(every[:n]),
        "profit": plain(float(total)),
        "profit_without": plain(float(kept)),
        "total_return_without": plain(kept / (capital * len(lists))),
        "best_share": share(1),
        "best_n_share": share(n),
        "n": n,
    }


def open_at_end(lists: Sequence[Sequence[TradeRecord]]) -> dict[str, Any]:
    """What of the result is profit of positions still open. share: of the whole profit of all datasets, None where there is no profit.

    makes_the_result: whether there would be less than half of it, or none, without them.
    """
    open_trades = [t for trades in lists for t in trades if t.is_open]
    profit = float(sum(t.pnl for t in open_trades))
    total = float(sum(t.pnl for trades in lists for t in trades))
    share = profit / total if total > 0 else None
    return {
        "n_open": len(open_trades),
        "open_profit": profit,
        "share": share,
        "makes_the_result": share is not None and share >= MAKES_THE_RESULT,
    }
