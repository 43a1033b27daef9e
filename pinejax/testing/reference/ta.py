"""Pine's ta.* on plain numbers: each a direct formula over remembered values (docs/semantics.md, 12). Slow and obvious on purpose."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.testing.reference.flows import Flows
from pinejax.testing.reference.momentum import Ranges
from pinejax.testing.reference.sites import na
from pinejax.testing.reference.states import LastKnown, LastTrue


class Ta(Ranges, Flows):
    """The `ctx.ta` of the reference. Lengths are whole numbers; every call is a call site of its frame."""

    def crossover(self, a: Any, b: Any) -> Any:
        """a above b now and not above at the previous execution; raw doubles."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a > b) & np.bool_(before_a <= before_b)

    def crossunder(self, a: Any, b: Any) -> Any:
        """a below b now and not below at the previous execution; raw doubles."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a < b) & np.bool_(before_a >= before_b)

    def cross(self, a: Any, b: Any) -> Any:
        """Over or under, from strictly the other side."""
        before_a, before_b = self._past(a), self._past(b)
        return np.bool_(a > b) & np.bool_(before_a < before_b) | np.bool_(a < b) & np.bool_(before_a > before_b)

    def rising(self, x: Any, n: Any) -> Any:
        """x above each of the n values before."""
        above = self._window(x, int(n) + 1, lambda w: float(w[-1] > max(w[:-1])))
        return np.bool_(above == 1.0) & ~np.isnan(x)

    def falling(self, x: Any, n: Any) -> Any:
        """x below each of the n values before."""
        below = self._window(x, int(n) + 1, lambda w: float(w[-1] < min(w[:-1])))
        return np.bool_(below == 1.0) & ~np.isnan(x)

    def pivothigh(self, x: Any, left: Any, right: Any) -> Any:
        """The candidate `right` bars back, where the left may be equal and the right must be lower; else na."""
        n_left = int(left)

        def pivot(w: list[Any]) -> Any:
            peak = w[n_left]
            return peak if all(v <= peak for v in w[:n_left]) and all(v < peak for v in w[n_left + 1 :]) else na

        return self._window(x, n_left + int(right) + 1, pivot, keep_na=True)

    def pivotlow(self, x: Any, left: Any, right: Any) -> Any:
        """The mirror image of pivothigh."""
        return -self.pivothigh(-x, left, right)

    def barssince(self, condition: Any) -> Any:
        """Executions since the condition held; na before it ever did."""
        return self._run(LastTrue, condition, na)

    def valuewhen(self, condition: Any, x: Any, k: Any = 0) -> Any:
        """x when the condition held for the k-th last time."""
        site = self._frame.state(LastTrue)
        site.run(self._frame.active, condition, x)
        return site.values[int(k)] if len(site.values) > int(k) else na

    def fixnan(self, x: Any) -> Any:
        """x, or the last value that was not na."""
        return self._run(LastKnown, x)
