"""The loop over bars, and what it gives. What a body sees is `script` and `api`; fills are the broker's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params, Strategy
from pinejax.core.trade import TradeRecord
from pinejax.testing.reference.api import BrokerApi
from pinejax.testing.reference.broker import Broker
from pinejax.testing.reference.fills import Fill, ScalarBar
from pinejax.testing.reference.script import Context


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
) -> ReferenceResult:
    """One backtest, bar by bar."""
    account = Broker(broker, feed.instrument)
    body, ctx, bars = strategy(values_of(strategy, params)), Context(feed, partial(BrokerApi, account)), feed.ltf
    equity, position = np.zeros(len(bars)), np.zeros(len(bars))
    with np.errstate(all="ignore"):
        for i in range(len(bars)):
            o, h, l, c, v = (float(column[i]) for column in (bars.open, bars.high, bars.low, bars.close, bars.volume))  # noqa: E741
            account.begin_bar(ScalarBar(i, int(bars.time[i]), o, h, l, c, v, 1.0 if feed.rate is None else float(feed.rate[i])))
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
