"""A closed or still open trade, as records and tables see it. How fills make trades is the broker's business."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TradeRecord:
    """One row per lot and closing transaction, as TradingView lists trades.

    direction: 1 long, -1 short. entry_bar, exit_bar: indices of the bars on which the fills happened; exit_bar is the last
    bar and exit_signal `Open` where the trade was still open. qty in contracts; prices after slippage; pnl in account currency
    after both legs' commission. entry_signal: the text TradingView shows for the entry, its comment or else its id. mfe,
    mae: extremes of the open P&L along the walked path, in account currency (mfe >= 0 >= mae).
    """

    direction: int
    entry_id: str
    entry_bar: int
    entry_price: float
    exit_signal: str
    exit_bar: int
    exit_price: float
    qty: float
    pnl: float
    commission: float
    mfe: float
    mae: float
    entry_signal: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the trade was still open at the last bar."""
        return self.exit_signal == "Open"
