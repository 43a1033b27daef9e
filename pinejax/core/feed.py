"""What the engine reads: one dataset's bars as NumPy arrays. How they come from Parquet is `pinejax.data.feed`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.timeframe import TimeframePair
from pinejax.errors import DataError


@dataclass(frozen=True)
class Instrument:
    """What the broker must know about a symbol.

    tick_size: smallest price step; lot_step: smallest quantity step; point_value: quote currency per 1.0 of price
    and one contract; currency: the quote currency, empty where unknown; zone: the exchange's IANA time zone, in which days begin;
    session: its trading hours there, `24x7` or such as `0930-1600`.
    """

    tick_size: float = 0.01
    lot_step: float = 0.0001
    point_value: float = 1.0
    currency: str = ""
    zone: str = "UTC"
    session: str = "24x7"


@dataclass(frozen=True, eq=False)
class Bars:
    """OHLCV columns, oldest first. `time` is each bar's open in epoch milliseconds, UTC; volume may be NaN."""

    time: Int[np.ndarray, " bars"]
    open: Float[np.ndarray, " bars"]
    high: Float[np.ndarray, " bars"]
    low: Float[np.ndarray, " bars"]
    close: Float[np.ndarray, " bars"]
    volume: Float[np.ndarray, " bars"]

    def __len__(self) -> int:
        return len(self.time)

    def cut(self, stop: int) -> Bars:
        """The first `stop` bars, as views."""
        return Bars(*(getattr(self, f.name)[:stop] for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Feed:
    """One dataset: LTF bars, and the HTF bars aligned to the LTF bar on which each becomes known.

    ltf: the bars traded on. htf_complete[i] is true where an HTF bar is complete by the close of LTF bar i; there `htf`
    holds that HTF bar (open, high, low, close, volume; time = its own open), and NaN (time 0) elsewhere. At most one HTF
    bar per LTF bar, in order, never early. Without an HTF every LTF bar completes itself. rate: account currency per quote currency
    on each LTF bar; None: the account is kept in the quote currency.
    """

    symbol: str
    timeframe: TimeframePair
    ltf: Bars
    htf: Bars
    htf_complete: Bool[np.ndarray, " bars"]
    instrument: Instrument = field(default_factory=Instrument)
    content_hash: str = ""
    synthetic: bool = False
    rate: Float[np.ndarray, " bars"] | None = None

    def __len__(self) -> int:
        return len(self.ltf)

    def cut(self, stop: int) -> Feed:
        """The first `stop` bars, as if there were no later ones: an HTF bar that ends after them is not known. Views, not copies.

        The whole feed for `stop == len(feed)`; else with a content hash of its own. Errors: DataError for a number of bars that it does
        not have.
        """
        if not 0 < stop <= len(self):
            raise DataError(f"{self.name}: expected to keep 1 to {len(self)} bars, got {stop}.")
        if stop == len(self):
            return self
        ltf, marks = self.ltf.cut(stop), self.htf_complete[:stop]
        htf = ltf if self.htf is self.ltf else self.htf.cut(stop)
        identity = hashlib.sha256(f"{self.content_hash}[:{stop}]".encode()).hexdigest()
        rate = None if self.rate is None else self.rate[:stop]
        return replace(self, ltf=ltf, htf=htf, htf_complete=marks, content_hash=identity, rate=rate)

    @property
    def name(self) -> str:
        """`BTCUSDT 5m@1h`: how tables and messages call this dataset."""
        return f"{self.symbol} {self.timeframe}"
