"""Search a trading strategy's parameters over many symbols and timeframes, with the fills TradingView would print."""

from __future__ import annotations

__version__ = "0.1.0"
