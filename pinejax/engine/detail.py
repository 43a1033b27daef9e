"""One parameter set on one dataset in detail: its trades and equity curve, from the sweep's own program with recording on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from pinejax.broker.stats import LOG_FIELDS, Log
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.core.trade import TradeRecord
from pinejax.engine.blocks import lane_params
from pinejax.engine.engine import Engine
from pinejax.engine.program import State
from pinejax.errors import SpaceError, did_you_mean

CHUNK_BARS = 16_384
FIRST_LOG_ROWS = 8_192
"""A chunk's cost besides its bars is to pack and unpack the state; more trades in one than rows make a program of their own."""


@dataclass(frozen=True, eq=False)
class Detail:
    """metrics and status: as the sweep would report them; trades: closed ones in the order of their exits, then the open ones;
    equity: at each bar's close, `[bars of the window]`; start: the window's first bar in the feed.
    """

    metrics: dict[str, float]
    status: int
    trades: tuple[TradeRecord, ...]
    equity: Float[np.ndarray, " bars"]
    feed: Feed
    start: int = 0


def run_detail(engine: Engine, params: Params, dataset: int = 0) -> Detail:
    """Backtest one parameter set on one dataset with every trade and the equity of every bar.

    Parameters that are not given take the default of the engine's (narrowed) inputs. Errors: SpaceError for a value outside the
    declared ones.
    """
    return record_first(engine, [complete_params(engine, params)], dataset)


def record_first(engine: Engine, trials: Sequence[Params], dataset: int = 0) -> Detail:
    """The first of some complete parameter sets in detail, the others on the other lanes of its block (the last one fills it up)."""
    engine.warm_up()
    feed, program = engine.feeds[dataset], engine.program
    params = lane_params(program, trials[: program.lanes], program.lanes)
    state = program.initial(FIRST_LOG_ROWS, CHUNK_BARS)
    rows: list[np.ndarray] = []
    equity: list[np.ndarray] = []
    window = engine.window(dataset)
    for begin in range(int(window.start), int(window.stop), CHUNK_BARS):
        end = min(begin + CHUNK_BARS, int(window.stop))
        state = _run_chunk(engine, state, params, dataset, begin, end)
        log = state.account.log
        assert log is not None
        rows.append(np.asarray(log.rows)[: int(log.n)])
        equity.append(np.roll(np.asarray(state.equity_log), -(begin % CHUNK_BARS))[: end - begin])  # written at bar number % rows
        state = _with_log(state, Log(log.rows, np.int32(0)))
    found, codes = engine.measure(state, dataset)
    names = program.signals()
    entries = [(e.id, e.signal) for e in program.spec.entries]
    closed = [_closed(row, entries, names, feed) for row in np.concatenate(rows)]
    metrics = {name: float(values[0]) for name, values in found.items()}
    trades = (*closed, *_open(state, entries, feed, int(window.stop) - 1))
    return Detail(metrics, int(codes[0]), trades, np.concatenate(equity), feed, int(window.start))


def complete_params(engine: Engine, params: Params) -> dict[str, Any]:
    """`params` checked, the rest filled in from the engine's inputs."""
    for name in params:
        if name not in engine.inputs:
            raise SpaceError(f"params.{name}: {engine.strategy.__name__} has no such input. {did_you_mean(name, engine.inputs)}")
    return {name: item.check(params[name]) if name in params else item.default for name, item in engine.inputs.items()}


def _run_chunk(engine: Engine, state: State, params: dict[str, Any], dataset: int, begin: int, end: int) -> State:
    """Some bars; again with a longer log where they closed more trades than it holds."""
    while True:
        after = engine.advance(state, params, dataset, begin, end)
        log, room = after.account.log, state.account.log
        assert log is not None and room is not None
        if int(log.n) <= len(room.rows):
            return after
        state = _with_log(state, Log(np.zeros((2 * int(log.n), len(LOG_FIELDS)), room.rows.dtype), np.int32(0)))


def _with_log(state: State, log: Log) -> State:
    return replace(state, account=replace(state.account, log=log))


def _closed(row: np.ndarray, entries: list[tuple[str, str]], signals: tuple[str, ...], feed: Feed) -> TradeRecord:
    x = dict(zip(LOG_FIELDS, (float(v) for v in row), strict=True))
    direction = int(x["direction"])
    worth = x["steps"] * feed.instrument.lot_step * feed.instrument.point_value
    favourable, adverse = _excursions(direction, x["entry_price"], x["high"], x["low"], feed)
    entry_id, entry_signal = entries[int(x["entry"])]
    return TradeRecord(
        direction=direction,
        entry_id=entry_id,
        entry_bar=int(x["entry_bar"]),
        entry_price=x["entry_price"],
        exit_signal=signals[int(x["signal"])],
        exit_bar=int(x["exit_bar"]),
        exit_price=x["exit_price"],
        qty=x["steps"] * feed.instrument.lot_step,
        pnl=x["pnl"],
        commission=x["fee"],
        mfe=max(favourable * worth - x["entry_fee"], 0.0),
        mae=min(-adverse * worth - x["entry_fee"], 0.0),
        entry_signal=entry_signal,
    )


def _excursions(direction: int, price: float, high: float, low: float, feed: Feed) -> tuple[float, float]:
    """How far the price went for and against a lot, in account currency per contract and point. Ranges as `pinejax.broker.account.Lots`."""
    up, down = (high - price, price - low) if feed.rate is None else (high, -low)
    return (up, down) if direction > 0 else (down, up)


def _open(state: State, entries: list[tuple[str, str]], feed: Feed, last: int) -> list[TradeRecord]:
    """The lots left at the last bar, as trades with the exit signal `Open` at its close."""
    out = []
    unit = feed.instrument.lot_step * feed.instrument.point_value
    rate = 1.0 if feed.rate is None else float(feed.rate[last])
    close = float(feed.ltf.close[last])
    lots = state.account.lots
    for i in range(len(lots)):
        qty, price, fee, high, low = (float(np.asarray(x)[i, 0]) for x in (lots.qty, lots.price, lots.fee, lots.high, lots.low))
        if qty == 0:
            continue
        direction, worth, fee = (1 if qty > 0 else -1), abs(qty) * unit, abs(qty) * fee
        favourable, adverse = _excursions(direction, price, high, low, feed)
        entry_id, entry_signal = entries[int(np.asarray(lots.entry)[i, 0])]
        out.append(
            TradeRecord(
                direction=direction,
                entry_id=entry_id,
                entry_bar=int(np.asarray(lots.bar)[i, 0]),
                entry_price=price,
                exit_signal="Open",
                exit_bar=last,
                exit_price=close,
                qty=abs(qty) * feed.instrument.lot_step,
                pnl=direction * (close - price) * worth * rate - fee,
                commission=fee,
                mfe=max(favourable * worth - fee, 0.0),
                mae=min(-adverse * worth - fee, 0.0),
                entry_signal=entry_signal,
            )
        )
    return out
