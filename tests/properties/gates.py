"""Conditions of the random programs' calls: the bar's shape, the position, and every reading of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

Gate = Literal[
    "always", "clock", "up", "down", "long", "short", "flat", "held", "few", "calm", "risen", "won", "lost_before", "winning", "streak",
    "ahead", "earning", "rested", "aged", "deep", "second", "shrunk", "averaged", "realised",
]  # fmt: skip
# Without a position, a trade or a level: what a first entry may wait for.
PLAIN_GATES: tuple[Gate, ...] = ("clock", "up", "down", "always")
POSITION_GATES: tuple[Gate, ...] = ("long", "short", "flat", "held")
# Thresholds are crooked so that no reading equals one but for its last bit.
ACCOUNT_GATES: Mapping[Gate, Callable[[Any, Any], Any]] = {
    "few": lambda bar, b: b.n_open_trades < 2,
    "calm": lambda bar, b: b.max_drawdown < 0.00723 * b.initial_capital,
    "risen": lambda bar, b: b.max_runup > 0.00319 * b.initial_capital,
    "won": lambda bar, b: b.closed_trade(0).profit > 0.00317,
    "lost_before": lambda bar, b: (b.closed_trade(1).profit < -0.00317) & (b.closed_trade(1).exit_bar > bar.index - 40),
    "winning": lambda bar, b: b.n_wins > b.n_losses,
    "streak": lambda bar, b: b.n_closed_trades - b.n_even > 2 * b.n_wins,
    "ahead": lambda bar, b: b.equity > 0.99977 * b.initial_capital,
    "earning": lambda bar, b: b.gross_profit > 0.71357 * b.gross_loss,
    "rested": lambda bar, b: b.bars_since_exit > 4,
    "aged": lambda bar, b: b.bars_since_entry > 3,
    "deep": lambda bar, b: (b.open_trade(0).profit < -0.00317) | (b.open_profit < -0.001391 * b.initial_capital),
    "second": lambda bar, b: (b.open_trade(1).size * b.open_trade(1).entry_price > 0) & (b.open_trade(1).entry_bar < bar.index - 1),
    "shrunk": lambda bar, b: b.max_contracts_held > 1.00031 * b.position_size,
    "averaged": lambda bar, b: b.position_avg_price < 1.000317 * bar.close,
    "realised": lambda bar, b: (b.net_profit > -0.00217 * b.initial_capital) & (b.closed_trade(0).size * b.closed_trade(0).entry_bar > -20),
}


def gate(name: Gate, bar: Any, broker: Any) -> Any:
    """The condition of that name on this bar; na readings make it false."""
    if name in ACCOUNT_GATES:
        return ACCOUNT_GATES[name](bar, broker)
    position = broker.position_size
    masks = {
        "up": bar.close > bar.open, "down": bar.close < bar.open, "long": position > 0, "short": position < 0,
        "flat": position == 0, "held": position != 0,
    }  # fmt: skip
    return masks.get(name, bar.index >= 0)
