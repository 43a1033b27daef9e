"""Margin: what an entry must be able to pay, and what is liquidated when a position no longer can. (docs/semantics.md, 6.5, 6.6)"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from pinejax.broker.account import Account, open_profit_of, position_of
from pinejax.broker.env import LOT_TOLERANCE_STEPS, Env
from pinejax.core.orders import SHORT

# TradingView liquidates this many times what would restore the margin.
MARGIN_CALL_FACTOR = 4.0
# Amounts of money this close (relative) are equal, so that an all-in order is not refused for its last bit.
MONEY_TOLERANCE = 1e-9


def can_be_called(env: Env) -> bool:
    """Whether a margin call is possible at all: not without shorts on full margin, nor where liquidation is off."""
    sells = any(SHORT in e.directions for e in env.spec.entries)
    return env.config.liquidation and (sells or env.config.leverage > 1.0)


def equity_of(account: Account, price: Any, env: Env) -> Any:
    """Initial capital + closed P&L + open P&L at `price`."""
    return env.terms.initial_capital + account.stats.net_profit + open_profit_of(account, price, env.terms)


def is_afforded(steps: Any, account: Account, close: Any, env: Env) -> Any:
    """Admission of a market entry at the call, of its base quantity alone."""
    margin = steps * close * env.terms.unit * env.terms.margin_rate
    return margin <= equity_of(account, close, env) * (1.0 + MONEY_TOLERANCE)


def shortfall_of(account: Account, price: Any, env: Env) -> Any:
    """Margin that the position lacks at `price`; at most 0 where it lacks none, is flat, or is a long on full margin."""
    position = position_of(account)
    needed = jnp.abs(position) * price * env.terms.unit * env.terms.margin_rate
    liable = (position < 0) | ((position > 0) & (env.terms.margin_rate < 1.0))
    return jnp.where(liable, needed - equity_of(account, price, env), 0.0)


def margin_call_size(account: Account, price: Any, env: Env) -> Any:
    """Signed lot steps that a margin call at `price` closes: four times what restores the margin, at most the position.

    What restores it is floored to the lot step, and one whole contract where that is nothing.
    """
    terms, position = env.terms, position_of(account)
    least = jnp.floor(shortfall_of(account, price, env) / (price * terms.unit * terms.margin_rate) + LOT_TOLERANCE_STEPS)
    contract = jnp.floor(1.0 / terms.lot_step + LOT_TOLERANCE_STEPS)
    least = jnp.where(least > 0, least, contract)
    return -jnp.sign(position) * jnp.minimum(MARGIN_CALL_FACTOR * least, jnp.abs(position))


def count_liquidations(account: Account, called: Any) -> Account:
    """The account with one more liquidation where the mask holds."""
    return replace(account, stats=replace(account.stats, n_liquidations=account.stats.n_liquidations + called))
