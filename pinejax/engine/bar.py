"""One bar as a body sees it. How rows become bars is `pinejax.engine.program`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BarView:
    """One bar as scalars shared by all lanes of the block; `time` is its open in epoch milliseconds, UTC."""

    open: Any
    high: Any
    low: Any
    close: Any
    volume: Any
    time: Any
    index: Any
    is_first: Any

    @property
    def hl2(self) -> Any:
        """(high + low) / 2."""
        return (self.high + self.low) / 2

    @property
    def hlc3(self) -> Any:
        """(high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3

    @property
    def ohlc4(self) -> Any:
        """(open + high + low + close) / 4."""
        return (self.open + self.high + self.low + self.close) / 4

    @property
    def hlcc4(self) -> Any:
        """(high + low + close + close) / 4."""
        return (self.high + self.low + self.close + self.close) / 4
