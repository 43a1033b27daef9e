"""The flagship: squeeze momentum with directional flux. Every module has its switch; one pinned off costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pinejax import LONG, SHORT, Strategy, input
from pinejax.errors import StrategyError
from pinejax.ops import absolute, divide, isnan, maximum, may_be, na, nz, sign, tighter_stop, where

# Wilder's own length, for the ATR that stop and breakeven count from the entry.
ENTRY_ATR_LEN = 14


def _needs_osc(v: Any) -> bool:
    return v.require_momentum_cross or v.use_mom_fade


def _needs_flux(v: Any) -> bool:
    return v.require_flux or not v.require_momentum_cross


def _uses_fixed(v: Any) -> bool:
    return v.require_momentum_cross and not v.use_dynamic_thresh


def _uses_two(v: Any) -> bool:
    return _uses_fixed(v) and not v.use_sym_threshold


def _uses_dynamic(v: Any) -> bool:
    return v.require_momentum_cross and v.use_dynamic_thresh


class Signals(NamedTuple):
    """Bools of one bar: what the modules say, before filters and position. fades: against a long and against a short."""

    long: Any
    short: Any
    fades_long: Any
    fades_short: Any


class SqueezeMomentum(Strategy):
    """Trade turns of a momentum oscillator that come out of an extreme, in the direction of the directional flux.

    Oscillator: the distance of the close from a basis, in ATR, plus Bollinger's width less Keltner's, through a linear
    regression; its signal line is an SMA. Flux: Wilder's +DM less -DM over ATR, optionally on Heikin-Ashi bars, smoothed.
    Entries: long when the oscillator crosses over its signal at or below minus the threshold and the flux is positive (short:
    the mirror image); with require_momentum_cross off, whenever flat or opposite and the flux has the sign. Filters: HTF close
    against its EMA, event windows, allowed sides, and reentry_bars to wait after any exit, so that a flip needs 0.
    Exits: an opposite signal flips where the entry is allowed and closes otherwise; with exit_opposite off it is no entry
    either. The oscillator crossing back (use_mom_fade) closes. Both wait for min_hold_bars. A time stop closes after
    max_hold_bars. The stops of all modules switched on are combined: one bracket a side at the tightest, moved every bar and
    never loosened while the position lasts.
    """

    # What takes part in an entry.
    require_momentum_cross = input.bool(True, help="the oscillator must cross its signal; off: the flux alone decides")
    require_flux = input.bool(True, active_if="require_momentum_cross", help="the flux must agree")
    use_htf = input.bool(True, help="the higher timeframe must agree")
    use_event_filter = input.bool(False, active_if=lambda _: False, help="no entry inside event_windows; active where a subclass lists any")
    allow_long = input.bool(True, help="take long entries")
    allow_short = input.bool(True, help="take short entries")
    # What ends a position.
    exit_opposite = input.bool(True, help="an opposite signal flips or closes")
    use_mom_fade = input.bool(False, help="close when the oscillator crosses back")
    use_time_stop = input.bool(False, help="close after max_hold_bars")
    use_atr_stop = input.bool(True, help="a stop at a multiple of the ATR at entry")
    use_fixed_stop = input.bool(False, help="a stop at a fraction of the entry price")
    use_swing_stop = input.bool(False, help="a stop at the extreme of the last bars")
    use_pivot_stop = input.bool(False, help="a stop at the last pivot")
    use_atr_trail = input.bool(False, help="a stop trailing the close by a multiple of the ATR")
    use_breakeven = input.bool(False, help="the stop to the entry price once in profit")

    # Oscillator.
    osc_len = input.int(12, low=8, high=40, active_if=_needs_osc)
    signal_len = input.int(3, low=2, high=10, active_if=_needs_osc)
    use_same_len = input.bool(False, active_if=_needs_osc, help="bb_len and kc_len follow osc_len")
    bb_len = input.int(20, low=10, high=40, active_if=lambda v: _needs_osc(v) and not v.use_same_len)
    kc_len = input.int(18, low=10, high=40, active_if=lambda v: _needs_osc(v) and not v.use_same_len)
    bb_mult = input.float(1.4, low=1.0, high=2.5, step=0.1, active_if=_needs_osc)
    kc_mult = input.float(1.0, low=0.8, high=2.5, step=0.1, active_if=_needs_osc)
    # Directional flux.
    use_flux_heikin = input.bool(True, active_if=_needs_flux, help="the flux of Heikin-Ashi bars")
    flux_len = input.int(14, low=7, high=30, active_if=_needs_flux)
    flux_smooth_len = input.int(1, low=1, high=7, active_if=_needs_flux)
    # Thresholds.
    use_dynamic_thresh = input.bool(True, active_if="require_momentum_cross", help="threshold from the oscillator's deviation")
    dyn_len = input.int(21, low=10, high=60, active_if=_uses_dynamic)
    dyn_mult = input.float(1.1, low=0.6, high=2.5, step=0.1, active_if=_uses_dynamic)
    use_sym_threshold = input.bool(False, active_if=_uses_fixed, help="one threshold for both sides")
    buy_threshold = input.float(36.0, low=10.0, high=80.0, active_if=_uses_two)
    sell_threshold = input.float(36.0, low=10.0, high=80.0, active_if=_uses_two)
    stat_threshold = input.float(38.0, low=10.0, high=80.0, active_if=lambda v: _uses_fixed(v) and v.use_sym_threshold)
    # Filters and exits.
    htf_ema_len = input.int(10, low=5, high=50, active_if="use_htf")
    reentry_bars = input.int(0, low=0, high=20, help="bars to wait after an exit")
    min_hold_bars = input.int(1, low=0, high=20, active_if=lambda v: v.exit_opposite or v.use_mom_fade, help="holds back the signal exits")
    max_hold_bars = input.int(96, low=10, high=500, active_if="use_time_stop")
    atr_mult = input.float(1.5, low=0.5, high=5.0, step=0.1, active_if="use_atr_stop")
    fixed_stop_rate = input.float(0.01, low=0.002, high=0.05, active_if="use_fixed_stop")
    stop_lookback = input.int(5, low=3, high=50, active_if="use_swing_stop")
    pivot_len = input.int(5, low=2, high=15, active_if="use_pivot_stop", help="bars on either side of a pivot")
    atr_trail_len = input.int(14, low=5, high=40, active_if="use_atr_trail")
    atr_trail_mult = input.float(2.0, low=0.5, high=6.0, step=0.1, active_if="use_atr_trail")
    breakeven_mult = input.float(1.0, low=0.5, high=4.0, step=0.1, active_if="use_breakeven")

    event_windows: Sequence[tuple[str, str]] = ()
    """ISO intervals (start, end), start inclusive, UTC where no offset is given; a subclass lists its own."""

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if cls.event_windows:
            from dataclasses import replace

            cls.inputs = {**cls.inputs, "use_event_filter": replace(cls.inputs["use_event_filter"], active_if=None)}

    def on_bar(self, ctx: Any) -> None:
        broker = ctx.broker
        signals = self._signals(ctx)
        position, held = broker.position_size, broker.bars_since_entry
        is_long, is_short = position > 0, position < 0
        held_enough = held >= self.min_hold_bars
        may_turn = held_enough & self.exit_opposite
        may_flip = may_turn & (self.reentry_bars <= 0)
        open_to_entries = self._passes(ctx) & ~(broker.bars_since_exit < self.reentry_bars)
        agrees_long, agrees_short = self._htf_agrees(ctx)
        go_long = signals.long & open_to_entries & agrees_long & self.allow_long & (~is_short | may_flip)
        go_short = signals.short & open_to_entries & agrees_short & self.allow_short & (~is_long | may_flip)

        leave_long = (may_turn & signals.short) | (held_enough & signals.fades_long)
        leave_short = (may_turn & signals.long) | (held_enough & signals.fades_short)
        leave = (is_long & leave_long & ~go_short) | (is_short & leave_short & ~go_long)
        if may_be(self.use_time_stop):
            leave |= (held >= self.max_hold_bars) & self.use_time_stop & ~(is_long & go_short) & ~(is_short & go_long)
        broker.entry("L", LONG, when=go_long)
        broker.entry("S", SHORT, when=go_short)
        broker.close_all(when=leave)
        self._protect(ctx, where(go_long, 1.0, where(go_short, -1.0, sign(position))), (go_long & ~is_long) | (go_short & ~is_short))

    def _signals(self, ctx: Any) -> Signals:
        cross, by_flux = may_be(self.require_momentum_cross), may_be(~self.require_momentum_cross)
        long = short = fades_long = fades_short = False
        if cross or may_be(self.use_mom_fade):
            osc, up, down = self._oscillator(ctx)
            if cross:
                buy, sell = self._thresholds(ctx, osc)
                long, short = up & (osc <= -buy), down & (osc >= sell)
            if may_be(self.use_mom_fade):
                fades_long, fades_short = down & self.use_mom_fade, up & self.use_mom_fade
        if by_flux or may_be(self.require_flux):
            flux = self._flux(ctx)
            position = ctx.broker.position_size
            long, short = long & ((flux > 0) | ~self.require_flux), short & ((flux < 0) | ~self.require_flux)
            long = where(self.require_momentum_cross, long, (flux > 0) & (position <= 0))
            short = where(self.require_momentum_cross, short, (flux < 0) & (position >= 0))
        return Signals(long, short, fades_long, fades_short)

    def _oscillator(self, ctx: Any) -> tuple[Any, Any, Any]:
        """The oscillator, and whether it crosses over and under its signal line."""
        bar, ta = ctx.bar, ctx.ta
        bb_len, kc_len = where(self.use_same_len, self.osc_len, self.bb_len), where(self.use_same_len, self.osc_len, self.kc_len)
        middle = (ta.highest(bar.high, self.osc_len) + ta.lowest(bar.low, self.osc_len)) / 2
        basis = (ta.sma(bar.hl2, bb_len) + middle) / 2
        pressure = self.bb_mult * ta.stdev(bar.close, bb_len) - self.kc_mult * ta.atr(kc_len)
        raw = divide(bar.close - basis, ta.atr(self.osc_len)) * 100 + pressure
        osc = ta.linreg(raw, self.osc_len)
        signal = ta.sma(osc, self.signal_len)
        return osc, ta.crossover(osc, signal), ta.crossunder(osc, signal)

    def _thresholds(self, ctx: Any, osc: Any) -> tuple[Any, Any]:
        """How far below and above zero a cross must happen."""
        buy = where(self.use_sym_threshold, self.stat_threshold, self.buy_threshold)
        sell = where(self.use_sym_threshold, self.stat_threshold, self.sell_threshold)
        if not may_be(self.use_dynamic_thresh):
            return buy, sell
        dynamic = self.dyn_mult * ctx.ta.stdev(osc, self.dyn_len)
        return where(self.use_dynamic_thresh, dynamic, buy), where(self.use_dynamic_thresh, dynamic, sell)

    def _flux(self, ctx: Any) -> Any:
        """Wilder's +DM less -DM over ATR, in percent, smoothed. The averages being linear, one of the difference is enough."""
        bar = ctx.bar
        move, reach = _movement(ctx, bar.high, bar.low, bar.close) if may_be(~self.use_flux_heikin) else (na, na)
        if may_be(self.use_flux_heikin):
            _, high, low, close = ctx.ta.heikin_ashi()
            heikin_move, heikin_reach = _movement(ctx, high, low, close)
            move, reach = where(self.use_flux_heikin, heikin_move, move), where(self.use_flux_heikin, heikin_reach, reach)
        flux = divide(100 * ctx.ta.rma(move, self.flux_len), ctx.ta.rma(reach, self.flux_len))
        return ctx.ta.sma(flux, self.flux_smooth_len)

    def _htf_agrees(self, ctx: Any) -> tuple[Any, Any]:
        """Whether the completed HTF bars allow a long and a short."""
        if not may_be(self.use_htf):
            return True, True
        close, average = ctx.htf(lambda bar, ta: (bar.close, ta.ema(bar.close, self.htf_ema_len)))
        return (close >= average) | ~self.use_htf, (close <= average) | ~self.use_htf

    def _passes(self, ctx: Any) -> Any:
        """Whether the bar opens outside every event window."""
        if not self.event_windows or not may_be(self.use_event_filter):
            return True
        inside = ctx.bar.time < 0
        for start, end in event_times(self.event_windows):
            inside = inside | ((ctx.bar.time >= start) & (ctx.bar.time < end))
        return ~(inside & self.use_event_filter)

    def _protect(self, ctx: Any, side: Any, enters: Any) -> None:
        """One bracket a side at the tightest stop. side: +1 or -1 where a position is or comes, 0 where none; enters: on a signal bar.

        On the signal bar the close stands in for the entry price.
        """
        bar, broker = ctx.bar, ctx.broker
        switches = (
            self.use_atr_stop, self.use_fixed_stop, self.use_swing_stop, self.use_pivot_stop, self.use_atr_trail, self.use_breakeven
        )  # fmt: skip
        if not any(may_be(s) for s in switches):
            return
        entry = where(enters, bar.close, broker.position_avg_price)
        # Levels are compared as distances towards the market: the side times the price, the larger the tighter.
        tightest = ctx.var(na)
        # One of the other sign is left from a reversal that the broker refused.
        best = where(enters | (side * tightest.value < 0), na, tightest.value)
        for level, switch in self._stops(ctx, side, entry, enters):
            # Between a signal and its fill, should that take longer than to the next bar, there is no side to protect.
            best = tighter_stop(1, best, where(switch & (side != 0), side * level, na))
        tightest.set(best)
        stop = side * best
        broker.exit("XL", "L", stop=stop, when=side > 0)
        broker.exit("XS", "S", stop=stop, when=side < 0)

    def _stops(self, ctx: Any, side: Any, entry: Any, enters: Any) -> list[tuple[Any, Any]]:
        """(price, switch) of every stop module that is not pinned off; na where it has none."""
        bar, ta = ctx.bar, ctx.ta
        stops = []
        if may_be(self.use_atr_stop) or may_be(self.use_breakeven):
            atr = ta.atr(ENTRY_ATR_LEN)
            at_entry = ctx.var(na)
            at_entry.set(where(enters, atr, at_entry.value))
            if may_be(self.use_atr_stop):
                stops.append((entry - side * self.atr_mult * at_entry.value, self.use_atr_stop))
            if may_be(self.use_breakeven):
                reached = where(side > 0, bar.high - entry, entry - bar.low) >= self.breakeven_mult * at_entry.value
                stops.append((where(reached & ~enters, entry, na), self.use_breakeven))
        if may_be(self.use_fixed_stop):
            stops.append((entry * (1 - side * self.fixed_stop_rate), self.use_fixed_stop))
        if may_be(self.use_swing_stop):
            low, high = ta.lowest(bar.low, self.stop_lookback), ta.highest(bar.high, self.stop_lookback)
            stops.append((where(side > 0, low, high), self.use_swing_stop))
        if may_be(self.use_pivot_stop):
            low = ta.fixnan(ta.pivotlow(bar.low, self.pivot_len, self.pivot_len))
            high = ta.fixnan(ta.pivothigh(bar.high, self.pivot_len, self.pivot_len))
            level = where(side > 0, low, high)
            # A pivot that the price has left behind protects nothing: as a stop it would fill at once.
            stops.append((where(side * level < side * bar.close, level, na), self.use_pivot_stop))
        if may_be(self.use_atr_trail):
            stops.append((bar.close - side * self.atr_trail_mult * ta.atr(self.atr_trail_len), self.use_atr_trail))
        return stops


def _movement(ctx: Any, high: Any, low: Any, close: Any) -> tuple[Any, Any]:
    """Wilder's directional movement of a bar, +DM less -DM (na on the first), and its true range."""
    up, down = ctx.ta.change(high), -ctx.ta.change(low)
    move = where(maximum(up, down) > 0, where(up > down, up, where(down > up, -down, 0.0)), where(isnan(up), na, 0.0))
    before = nz(ctx.history(close), close)
    return move, maximum(high - low, maximum(absolute(high - before), absolute(low - before)))


def event_times(windows: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
    """ISO intervals as epoch milliseconds. Errors: StrategyError for a text that is no ISO time, or an end not after its start."""
    times = []
    for start, end in windows:
        try:
            first, last = (datetime.fromisoformat(text) for text in (start, end))
        except ValueError as error:
            raise StrategyError(f"event_windows: expected ISO 8601 times such as 2024-03-20T18:00, got {start!r}, {end!r}.") from error
        first, last = ((t if t.tzinfo else t.replace(tzinfo=UTC)).timestamp() * 1000.0 for t in (first, last))
        if not last > first:
            raise StrategyError(f"event_windows: expected the end after the start, got {start!r}, {end!r}.")
        times.append((first, last))
    return times
