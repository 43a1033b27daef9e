"""`ctx` on plain numbers, and the bar loop around it. What the words mean is docs/strategies.md; fills are the broker's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Bars, Feed
from pinejax.core.inputs import Params, Strategy
from pinejax.core.trade import TradeRecord
from pinejax.testing.reference.book import given
from pinejax.testing.reference.broker import Broker, RiskRules
from pinejax.testing.reference.fills import Fill, ScalarBar
from pinejax.testing.reference.orders import ExitLevels
from pinejax.testing.reference.sites import Frame, Held, Past, na
from pinejax.testing.reference.ta import Ta


class Bar:
    """One bar as a body sees it: NumPy scalars."""

    def __init__(self, index: int, bars: Bars, row: int):
        self.index = np.int64(index)
        self.time = np.float64(bars.time[row])
        self.open, self.high, self.low, self.close, self.volume = (
            np.float64(column[row]) for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)
        )

    @property
    def is_first(self) -> Any:
        """Whether this is the first bar."""
        return np.bool_(self.index == 0)

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


class Var:
    """A persistent variable of the user's: a float or a truth value, by its first value."""

    def __init__(self, frame: Frame, init: Any):
        self._frame = frame
        self._kind = np.bool_ if isinstance(init, (bool, np.bool_)) else np.float64
        self.value = self._kind(init)

    def set(self, new: Any) -> None:
        """Assign, where the mask holds."""
        if self._frame.active:
            self.value = self._kind(new)


class HigherFrame(Held):
    """A function of HTF bars: its own call sites, run once per completed HTF bar."""

    def __init__(self, body: Callable[[Any, Any], Any]):
        super().__init__()
        self.frame, self.n_bars = Frame(), 0
        example = body(_NaBar(), Ta(Frame(), _NaBar()))
        self.nothing = tuple(na for _ in example) if isinstance(example, tuple) else na
        self.out = self.nothing

    def step(self, body: Callable[[Any, Any], Any], bars: Bars, row: int) -> Any:
        """Run the body on the HTF bar that completes here."""
        self.frame.rewind()
        bar = Bar(self.n_bars, bars, row)
        self.n_bars += 1
        return body(bar, Ta(self.frame, bar))


class _NaBar(Bar):
    """A bar of na, to learn how many values an HTF function gives."""

    def __init__(self) -> None:
        self.index, self.time = np.int64(0), np.float64(na)
        self.open = self.high = self.low = self.close = self.volume = np.float64(na)


class BrokerApi:
    """`ctx.broker`: commands and-ed with the mask, and the account as of this bar's fills."""

    def __init__(self, broker: Broker, frame: Frame):
        self._broker, self._frame = broker, frame

    def _on(self, when: Any) -> bool:
        return self._frame.active and bool(when)

    def entry(self, id: str, direction: int, when: Any = True, qty: Any = None, limit: Any = None, stop: Any = None) -> None:
        """strategy.entry."""
        if self._on(when):
            self._broker.entry(id, direction, qty=given(qty), limit=given(limit), stop=given(stop))

    def order(
        self, id: str, direction: int, qty: Any, when: Any = True, limit: Any = None, stop: Any = None, oca_name: str | None = None,
        oca_type: str | None = None,
    ) -> None:  # fmt: skip
        """strategy.order."""
        if self._on(when):
            self._broker.order(id, direction, float(qty), limit=given(limit), stop=given(stop), oca_name=oca_name, oca_type=oca_type)

    def exit(
        self, id: str, from_entry: str, when: Any = True, qty: Any = None, qty_rate: Any = None, limit: Any = None, stop: Any = None,
        profit_ticks: Any = None, loss_ticks: Any = None, trail_price: Any = None, trail_ticks: Any = None, trail_offset_ticks: Any = None,
    ) -> None:  # fmt: skip
        """strategy.exit."""
        if self._on(when):
            asked = (limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks, trail_offset_ticks)
            self._broker.exit(id, from_entry, qty=given(qty), qty_rate=given(qty_rate), levels=ExitLevels(*map(given, asked)))

    def close(self, id: str, when: Any = True, qty: Any = None, qty_rate: Any = None, immediately: bool = False) -> None:
        """strategy.close."""
        if self._on(when):
            self._broker.close(id, qty=given(qty), qty_rate=given(qty_rate), immediately=immediately)

    def close_all(self, when: Any = True, immediately: bool = False) -> None:
        """strategy.close_all."""
        if self._on(when):
            self._broker.close_all(immediately=immediately)

    def cancel(self, id: str, when: Any = True) -> None:
        """strategy.cancel."""
        if self._on(when):
            self._broker.cancel(id)

    def cancel_all(self, when: Any = True) -> None:
        """strategy.cancel_all."""
        if self._on(when):
            self._broker.cancel_all()

    @property
    def position_size(self) -> Any:
        """Signed contracts."""
        return np.float64(self._broker.grid.qty(self._broker.account.position))

    @property
    def position_avg_price(self) -> Any:
        """Mean entry price; na when flat."""
        return np.float64(self._broker.account.average_price)

    @property
    def equity(self) -> Any:
        """At this close."""
        return np.float64(self._broker.equity)

    @property
    def net_profit(self) -> Any:
        """Of closed trades."""
        return np.float64(self._broker.account.net_profit)

    @property
    def open_profit(self) -> Any:
        """At this close, less entry fees paid."""
        return np.float64(self._broker.account.open_profit(self._broker.bar.close, self._broker.rate))

    @property
    def n_closed_trades(self) -> Any:
        """Rows of the trade list so far."""
        return np.int64(len(self._broker.account.trades))

    @property
    def bars_since_entry(self) -> Any:
        """Of the oldest open lot; na when flat."""
        lots = self._broker.account.lots
        return np.float64(self._broker.bar.index - lots[0].bar if lots else na)

    @property
    def bars_since_exit(self) -> Any:
        """Since the last closed trade; na before the first."""
        last = self._broker.account.last_exit_bar
        return np.float64(na if last is None else self._broker.bar.index - last)


class Context:
    """The `ctx` of one run."""

    bar: Bar
    ta: Ta

    def __init__(self, feed: Feed, broker: Broker):
        self._feed, self._frame, self._row = feed, Frame(), 0
        self.broker = BrokerApi(broker, self._frame)

    def begin(self, row: int) -> None:
        """Start a bar's script."""
        self._row = row
        self._frame.rewind()
        self.bar = Bar(row, self._feed.ltf, row)
        self.ta = Ta(self._frame, self.bar)

    def when(self, mask: Any) -> AbstractContextManager[None]:
        """Run a block under a mask."""
        return self._frame.when(mask)

    def var(self, init: Any) -> Var:
        """A persistent variable: `.value`, `.set(new)`."""
        return self._frame.state(lambda: Var(self._frame, init))

    def history(self, x: Any, n: int = 1) -> Any:
        """x of n executions ago."""
        return self._frame.state(lambda: Past(int(n))).run(self._frame.active, x)

    def htf(self, body: Callable[[Any, Any], Any], *, gaps: bool = False) -> Any:
        """The body's value as of the last completed HTF bar; with gaps, only on the bar that completes it."""
        site = self._frame.state(lambda: HigherFrame(body))
        completes = bool(self._feed.htf_complete[self._row])
        value = site.run(completes, body, self._feed.htf, self._row)
        return site.nothing if gaps and not completes else value


@dataclass(frozen=True)
class ReferenceResult:
    """What one run gives. equity, position: as the script saw them at each bar's close, before orders that fill at that very close;
    position in signed contracts.

    trades: closed ones in order of exit, then the open lots (exit signal `Open`). ruined_bar: the first bar that closed with
    no equity left, or None; the reference trades on after it.
    """

    trades: tuple[TradeRecord, ...]
    equity: Float[np.ndarray, " bars"]
    position: Float[np.ndarray, " bars"]
    net_profit: float
    open_profit: float
    commission_paid: float
    n_liquidations: int
    fills: tuple[Fill, ...]
    ruined_bar: int | None


def values_of(strategy: type[Strategy], params: Params) -> dict[str, Any]:
    """Complete parameters as NumPy scalars; a choice as the index of its option."""
    values: dict[str, Any] = {}
    for name, value in strategy.complete(params).items():
        item = strategy.inputs[name]
        values[name] = np.asarray(item.options.index(value) if item.kind == "choice" else value)[()]
    return values


def run(
    strategy: type[Strategy],
    params: Params,
    feed: Feed,
    broker: BrokerConfig,
    *,
    risk: RiskRules | None = None,
    rate_by_day: Mapping[int, float] | None = None,
) -> ReferenceResult:
    """One backtest, bar by bar. rate_by_day: account currency per quote currency, by days since 1970-01-01 UTC."""
    account = Broker(broker, feed.instrument, risk=risk, rate_by_day=rate_by_day)
    body, ctx, bars = strategy(values_of(strategy, params)), Context(feed, account), feed.ltf
    equity, position = np.zeros(len(bars)), np.zeros(len(bars))
    with np.errstate(all="ignore"):
        for i in range(len(bars)):
            row = (float(c[i]) for c in (bars.open, bars.high, bars.low, bars.close, bars.volume))
            account.begin_bar(ScalarBar(i, int(bars.time[i]), *row))
            ctx.begin(i)
            equity[i], position[i] = account.equity, account.grid.qty(account.account.position)
            body.on_bar(ctx)
            account.end_bar()
    return _result(account, equity, position)


def _result(account: Broker, equity: Any, position: Any) -> ReferenceResult:
    book = account.account
    last = account.bar if len(equity) else None
    still_open = book.still_open(last.close, account.rate, last.index) if last else []
    return ReferenceResult(
        trades=(*book.trades, *still_open),
        equity=equity,
        position=position,
        net_profit=book.net_profit,
        open_profit=book.open_profit(last.close, account.rate) if last else 0.0,
        commission_paid=book.commission_paid,
        n_liquidations=account.n_liquidations,
        fills=tuple(account.fills),
        ruined_bar=next((i for i, e in enumerate(equity) if e <= 0), None),
    )
