"""strategy.risk rules: what they remember, when one is broken, and what that closes. (docs/semantics.md, 7)"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.broker.account import Account, position_of
from pinejax.broker.book import Book, clear_book
from pinejax.broker.commands import Cancel, Close, Command
from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.broker.deal import Fill, transact
from pinejax.broker.env import Env
from pinejax.broker.memory import RuleState

# Texts in records.
FILLS_SIGNAL = "Close Position (Max number of filled orders in one day)"
DRAWDOWN_SIGNAL = "Close Position (Max drawdown)"
DAY_LOSS_SIGNAL = "Close Position (Max intraday loss)"
LOSS_DAYS_SIGNAL = "Close Position (Max consecutive loss days)"
# The signal code of a close that a used-up day forces: the last of a program's texts.
FILLS_CODE = -1


def counts_fills(env: Env) -> bool:
    """Whether the fills of a day are limited."""
    return env.config.risk.max_intraday_filled_orders is not None


def broken_signals(rules: RiskRules) -> tuple[str, ...]:
    """The rules that are judged at a bar's close, by the texts of what they close; in the order in which they are judged."""
    given = (
        (DRAWDOWN_SIGNAL, rules.max_drawdown), (DAY_LOSS_SIGNAL, rules.max_intraday_loss), (LOSS_DAYS_SIGNAL, rules.max_cons_loss_days)
    )  # fmt: skip
    return tuple(signal for signal, limit in given if limit is not None)


def new_rule_state(config: BrokerConfig, lanes: int, dtype: Any) -> RuleState | None:
    """Before the first bar, as NumPy arrays; None without rules that remember anything."""
    rules = config.risk
    capital, days, off = np.full(lanes, config.initial_capital, dtype), np.full(lanes, -1, np.int32), np.zeros(lanes, bool)
    state = RuleState()
    if rules.max_intraday_filled_orders is not None:
        state = replace(state, fills=days + 1, fills_day=days, filled_day=days)
    if rules.max_drawdown is not None:
        state = replace(state, halted=off, peak=capital)
    if rules.max_intraday_loss is not None:
        state = replace(state, paused_day=days, day_peak=capital, closing=capital)
    if rules.max_cons_loss_days is not None:
        state = replace(state, halted=off, closing=capital, day_start=capital, loss_days=days + 1)
    return state if any(getattr(state, f) is not None for f in RuleState.__dataclass_fields__) else None


def is_locked(account: Account, day: Any) -> Any:
    """Lanes whose commands are ignored on this day; False where no rule can do that."""
    state, locked = account.rules, jnp.asarray(False)
    if state is None:
        return locked
    for last in (state.filled_day, state.paused_day):
        if last is not None:
            locked |= last == day
    return locked if state.halted is None else locked | state.halted


def count_fill(account: Account, book: Book, filled: Any, price: Any, index: Any, day: Any, env: Env) -> tuple[Account, Book, Any]:
    """One more fill where the mask holds, and the lanes on which it was the last that the day allows: there the position is closed at
    `price` and every order is dropped.
    """
    state, terms, limit = account.rules, env.terms, env.config.risk.max_intraday_filled_orders
    assert state is not None and limit is not None
    n = jnp.where(filled, jnp.where(state.fills_day == day, state.fills, 0) + 1, state.fills)
    full = filled & (n >= limit)
    qty = jnp.where(full, -position_of(account), 0.0)
    target = None if env.target_of(0) is None else -1
    paid = price + jnp.sign(qty) * terms.slippage
    fill = Fill(qty, paid, price, 0, FILLS_CODE, index, terms.unit, terms.rate, target)
    after = transact(account, fill, terms, env.config.commission_type)
    state = replace(
        state,
        fills=n.astype(jnp.int32),
        fills_day=jnp.where(filled, day, state.fills_day),
        filled_day=jnp.where(full, day, state.filled_day),
    )
    return replace(after, rules=state), clear_book(book, full), full


def judge(account: Account, equity: Any, day: Any, is_new_day: Any, config: BrokerConfig) -> tuple[Account, list[Any]]:
    """The rules at a bar's close: the account that remembers it, and per rule of `broken_signals` the lanes that have just broken it."""
    rules, state = config.risk, account.rules
    signals = broken_signals(rules)
    if state is None or not signals:
        return account, []
    broken = []
    if rules.max_drawdown is not None:
        state = replace(state, peak=jnp.maximum(state.peak, equity))
        broken.append(_fell(state.peak, equity, rules.max_drawdown, rules.max_drawdown_type))
    if rules.max_intraday_loss is not None:
        start = jnp.where(is_new_day, state.closing, state.day_peak)
        state = replace(state, day_peak=jnp.maximum(start, equity))
        broken.append(_fell(state.day_peak, equity, rules.max_intraday_loss, rules.max_intraday_loss_type))
    if rules.max_cons_loss_days is not None:
        lost = jnp.where(state.closing < state.day_start, state.loss_days + 1, 0)
        state = replace(
            state,
            loss_days=jnp.where(is_new_day, lost, state.loss_days).astype(jnp.int32),
            day_start=jnp.where(is_new_day, state.closing, state.day_start),
        )
        broken.append(state.loss_days >= rules.max_cons_loss_days)
    if state.closing is not None:
        state = replace(state, closing=equity)
    fresh, told = [], jnp.zeros_like(broken[0])
    for signal, mask in zip(signals, broken, strict=True):
        if signal == DAY_LOSS_SIGNAL:
            new = mask & (state.paused_day != day)
            state = replace(state, paused_day=jnp.where(mask, day, state.paused_day))
        else:
            new = mask & ~state.halted
            state = replace(state, halted=state.halted | mask)
        fresh.append(new & ~told)
        told |= new
    return replace(account, rules=state), fresh


def _fell(peak: Any, equity: Any, limit: float, kind: str) -> Any:
    return peak - equity >= (limit if kind == "cash" else limit * peak)


def closing_commands(broken: Sequence[Any], config: BrokerConfig) -> list[Command]:
    """What broken rules order before the body's own commands: drop everything, close the position."""
    out: list[Command] = []
    for signal, mask in zip(broken_signals(config.risk), broken, strict=True):
        out += [Cancel(None, mask), Close(None, mask, comment=signal)]
    return out
