"""Volume on plain numbers: totals, indices, intensities; and the pivot point levels of a period."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pinejax.testing.reference.calls import Calls
from pinejax.testing.reference.formulas import divide
from pinejax.testing.reference.levels import LEVELS
from pinejax.testing.reference.sites import na
from pinejax.testing.reference.states import Accumulated, Anchored, Compounded, Period


class Flows(Calls):
    """Running totals and what else is made of volume."""

    def cum(self, x: Any) -> Any:
        """Running total."""
        return self._run(Accumulated, x)

    def obv(self) -> Any:
        """On-balance volume; 0 on the first bar."""
        d = self._bar.close - self._past(self._bar.close)
        return self.cum(0.0 if math.isnan(d) else np.sign(d) * self._bar.volume)

    def pvt(self) -> Any:
        """Price-volume trend; na on the first bar."""
        before = self._past(self._bar.close)
        return self.cum(divide(self._bar.close - before, before) * self._bar.volume)

    def accdist(self) -> Any:
        """Accumulation/distribution."""
        bar = self._bar
        place = divide(2 * bar.close - bar.low - bar.high, bar.high - bar.low)
        return self.cum((0.0 if math.isnan(place) else place) * bar.volume)

    def nvi(self) -> Any:
        """Negative volume index, from 1."""
        return self._volume_index(-1)

    def pvi(self) -> Any:
        """Positive volume index, from 1."""
        return self._volume_index(1)

    def _volume_index(self, sign: int) -> Any:
        bar, before, volume = self._bar, self._past(self._bar.close), self._past(self._bar.volume)
        known = not any(math.isnan(v) or v == 0 for v in (bar.close, before))
        counts = known and sign * (bar.volume - (0.0 if math.isnan(volume) else volume)) > 0
        return self._run(Compounded, (bar.close - before) / before if counts else 0.0)

    def wad(self) -> Any:
        """Williams' accumulation/distribution, with the true high and low."""
        bar, before = self._bar, self._past(self._bar.close)
        gain = 0.0
        if bar.close > before:
            gain = bar.close - min(bar.low, before)
        elif bar.close < before:
            gain = bar.close - max(bar.high, before)
        return self.cum(gain)

    def iii(self) -> Any:
        """Intraday intensity."""
        bar = self._bar
        return divide(2 * bar.close - bar.high - bar.low, (bar.high - bar.low) * bar.volume)

    def wvad(self) -> Any:
        """Williams' variable accumulation/distribution."""
        bar = self._bar
        return divide(bar.close - bar.open, bar.high - bar.low) * bar.volume

    def vwap(self, x: Any, anchor: Any, k: Any = 1.0) -> tuple[Any, Any, Any]:
        """(vwap, upper, lower) since the last bar on which `anchor` was true; na before the first."""
        middle, deviation = self._run(Anchored, x, self._bar.volume, anchor)
        return middle, middle + k * deviation, middle - k * deviation

    def pivot_point_levels(self, kind: str, anchor: Any, developing: bool = False) -> tuple[Any, ...]:
        """(P, R1, S1, ..., R5, S5) of the period before the last anchor, or of the developing one."""
        period = self._run(Period, self._bar, anchor, developing)
        found = LEVELS[kind](*(period if isinstance(period, list) else [na] * 5))
        return (*(np.float64(v) for v in found), *[na] * (11 - len(found)))
