"""Closed trades, one by one or summed up. Which trades there are is `pinejax.broker.deal`'s business."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.core.pytree import pytree


@pytree
class Stats:
    """Sums over closed trades, `[lanes]`; `pinejax.metrics.finalize` turns them into metrics."""

    net_profit: Any
    gross_profit: Any
    gross_loss: Any
    n_trades: Any
    n_wins: Any
    n_losses: Any
    loss_streak: Any
    max_loss_streak: Any
    hold_bars: Any
    mfe: Any
    mae: Any
    commission: Any
    n_liquidations: Any


@pytree
class Closed:
    """One closed trade that a body reads, `[lanes]`. size: signed lot steps, 0 where there is none yet; bars are indices; profit in
    account currency after both fees.
    """

    size: Any
    entry_price: Any
    entry_bar: Any
    exit_price: Any
    exit_bar: Any
    profit: Any


@pytree
class Log:
    """Closed trades of lane 0: `rows[:n]`, in the order of `LOG_FIELDS`. `n` may pass the capacity: then rows were lost."""

    rows: Any
    n: Any


LOG_FIELDS = (
    "direction",
    "entry",
    "entry_bar",
    "entry_price",
    "signal",
    "exit_bar",
    "exit_price",
    "steps",
    "pnl",
    "fee",
    "entry_fee",
    "high",
    "low",
)


def new_stats(lanes: int, dtype: Any) -> Stats:
    """Nothing closed yet, as NumPy arrays."""
    return Stats(*(np.zeros(lanes, dtype),) * len(Stats.__dataclass_fields__))


def new_log(rows: int, dtype: Any) -> Log:
    """An empty log of that many rows."""
    return Log(np.zeros((rows, len(LOG_FIELDS)), dtype), np.int32(0))


def new_closed(lanes: int, dtype: Any) -> Closed:
    """No trade."""
    zero, whole = np.zeros(lanes, dtype), np.zeros(lanes, np.int32)
    return Closed(zero, zero, whole, zero, whole, zero)


def write_rows(log: Log, closed: Any, columns: tuple) -> Log:
    """Append lane 0's trades, one row per lot that was closed. closed: `[lots, lanes]`; columns: that or `[lanes]`, as LOG_FIELDS.
    Past the capacity only the count goes on.
    """
    table = jnp.stack([jnp.broadcast_to(jnp.asarray(x, log.rows.dtype), closed.shape)[:, 0] for x in columns], axis=1)

    def write(i: Any, log: Log) -> Log:
        at = jnp.minimum(log.n, log.rows.shape[0] - 1)
        row = lax.dynamic_index_in_dim(table, i, keepdims=False)
        kept = lax.dynamic_index_in_dim(log.rows, at, keepdims=False)
        here = lax.dynamic_index_in_dim(closed[:, 0], i, keepdims=False)
        # The next free row, or the last one, keeps what it holds where nothing was closed.
        return Log(lax.dynamic_update_index_in_dim(log.rows, jnp.where(here, row, kept), at, axis=0), log.n + here)

    return lax.fori_loop(0, closed.shape[0], write, log)
