"""Equity at bar closes: its extremes, and the risk rules that are judged by it. What a broken rule does is the broker's business."""

from __future__ import annotations

from dataclasses import dataclass, field

from pinejax.broker.config import LossType, RiskRules

DRAWDOWN_SIGNAL = "Close Position (Max drawdown)"
INTRADAY_LOSS_SIGNAL = "Close Position (Max intraday loss)"
LOSS_DAYS_SIGNAL = "Close Position (Max consecutive loss days)"


@dataclass
class Watch:
    """What is remembered of the closes so far, in account currency. (docs/semantics.md, 7.3 and 8)

    peak, trough: highest and lowest equity at any close and the initial capital; neither ever starts again. max_drawdown: largest
    fall from the peak; max_runup: largest rise from the trough. day_start: equity at the last close of the exchange day before, or
    the initial capital; day_peak: highest equity at a close of this day, day_start included. n_loss_days: finished days in a row
    that ended with less equity than they began with. halted: the rule that ended trading for the rest of the run is broken;
    halted_day: the day that trading ended for.
    """

    rules: RiskRules
    initial_capital: float
    peak: float = field(init=False)
    trough: float = field(init=False)
    last: float = field(init=False)
    day_start: float = field(init=False)
    day_peak: float = field(init=False)
    day: int | None = None
    max_drawdown: float = 0.0
    max_runup: float = 0.0
    n_loss_days: int = 0
    halted: bool = False
    halted_day: int | None = None

    def __post_init__(self) -> None:
        self.peak = self.trough = self.last = self.day_start = self.day_peak = self.initial_capital

    @property
    def stopped(self) -> bool:
        """Whether commands are ignored: for the rest of the run, or until the exchange day changes."""
        return self.halted or (self.day is not None and self.halted_day == self.day)

    def enter_day(self, day: int) -> None:
        """A bar begins; on another exchange day than the last one, that day is finished and counted."""
        if self.day is not None and day != self.day:
            self.n_loss_days = self.n_loss_days + 1 if self.last < self.day_start else 0
            self.day_start = self.day_peak = self.last
        self.day = day

    def close(self, equity: float) -> str | None:
        """The equity of a close: the signal of the rule that it breaks first, or None.

        The close is held against the extremes of the closes before it, and moves them afterwards. A fall that equals its limit breaks
        the rule; losing days are known, and judged, at the first close of the day after. Drawdown, the day's loss and losing days in
        this order; all that are broken count, and one broken before is not broken again.
        """
        broken = [] if self.halted else self._broken(equity)
        self.peak, self.trough, self.day_peak = max(self.peak, equity), min(self.trough, equity), max(self.day_peak, equity)
        self.max_drawdown, self.max_runup = max(self.max_drawdown, self.peak - equity), max(self.max_runup, equity - self.trough)
        self.last = equity
        return broken[0] if broken else None

    def _broken(self, equity: float) -> list[str]:
        rules, signals = self.rules, []
        if _fell(self.peak, equity, rules.max_drawdown, rules.max_drawdown_type):
            self.halted = True
            signals.append(DRAWDOWN_SIGNAL)
        if not self.stopped and _fell(self.day_peak, equity, rules.max_intraday_loss, rules.max_intraday_loss_type):
            self.halted_day = self.day
            signals.append(INTRADAY_LOSS_SIGNAL)
        if rules.max_cons_loss_days is not None and self.n_loss_days >= rules.max_cons_loss_days:
            self.halted = True
            signals.append(LOSS_DAYS_SIGNAL)
        return signals


def _fell(highest: float, equity: float, limit: float | None, kind: LossType) -> bool:
    """Whether equity is at least the limit below its highest value: an amount, or a fraction of that highest value."""
    if limit is None:
        return False
    return highest - equity >= (limit if kind == "cash" else limit * highest)
