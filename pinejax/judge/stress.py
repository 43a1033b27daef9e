"""The chosen set put through worse than its backtest: costs, delay, noise, and without what it may stand on. It is chosen no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.errors import DataError, PinejaxError
from pinejax.job.details import CLOSE_ENOUGH, difference
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.delay import delayed
from pinejax.judge.figures import SHOWN, Figures, figures_of
from pinejax.judge.left_out import on_each_timeframe, without_each_symbol
from pinejax.judge.noise import noisy
from pinejax.judge.subject import Subject, Whole, whole_of
from pinejax.judge.trades import open_at_end, without_best

WORST_SHARE = 0.1
"""The worst tenth of the noisy histories."""


def stress(case: Case) -> Mapping[str, Any]:
    """Rows of figures (`pinejax.judge.figures`) under each strain against the base, or why one could not be had (`not_done`).

    base: the set as it was searched, on whole histories (equals_trial: None where trials were valued on parts of them); rows: costs,
    slippage, both, delay, noise (median and worst tenth); symbols, timeframes: one left out; trades, open: on how few trades it
    stands. Errors: NotEnough without a best set, or where it has no trades.
    """
    whole, choices = whole_of(case), case.config.stress
    subject = whole.subject(case.chosen.complete)
    found = subject.on(subject.engine)
    base = figures_of(whole.objective, found)
    lists = [subject.engine.detail(subject.params, d).trades for d in range(len(subject.engine.feeds))]
    if not any(lists):
        raise NotEnough("stress: expected trades of the best set, it has none.")
    told = case.chosen.values[0]
    equals = None if whole.of_parts else difference(told, base.value) <= CLOSE_ENOUGH
    rows = [
        *_costs(case, whole, subject, base),
        _tried("delay", lambda: _delay(whole, subject, base, choices.delay_bars)),
        *_noise(case, whole, subject, base),
    ]
    return {
        "base": {**base.row("base"), "trial": case.chosen.number, "trial_value": told, "equals_trial": equals},
        "rows": rows,
        "symbols": _enough(lambda: without_each_symbol(whole, subject, found, base)),
        "timeframes": _enough(lambda: on_each_timeframe(case, whole, base)),
        "trades": _enough(lambda: _concentration(lists, choices.drop_trades, subject.engine.broker.initial_capital)),
        "open": open_at_end(lists),
    }


def _costs(case: Case, whole: Whole, subject: Subject, base: Figures) -> list[dict[str, Any]]:
    choices, broker = case.config.stress, subject.engine.broker

    def row(name: str, costs: float, ticks: int) -> dict[str, Any]:
        changed = lambda: replace(  # noqa: E731
            broker, commission=broker.commission * costs, slippage_ticks=broker.slippage_ticks + ticks
        )
        return _tried(name, lambda: _same_program(whole, subject, changed()).row(name, base), _cost_note(broker, costs, ticks))

    return [
        row("costs", choices.costs, 0),
        row("slippage", 1.0, choices.slippage_ticks),
        row("both", choices.costs, choices.slippage_ticks),
    ]


def _same_program(whole: Whole, subject: Subject, broker: BrokerConfig) -> Figures:
    return figures_of(whole.objective, subject.on(subject.engine.on(broker=broker)))


def _cost_note(broker: BrokerConfig, costs: float, ticks: int) -> str:
    """Why a row says nothing, or nothing about the commission."""
    if costs != 1.0 and broker.commission == 0:
        return f"broker.commission is 0, and so are {costs:g} times as much. Give the costs that you pay."
    if costs == 1.0 and ticks == 0:
        return "stress.slippage_ticks is 0."
    return ""


def _delay(whole: Whole, subject: Subject, base: Figures, n_bars: int) -> dict[str, Any]:
    return {**figures_of(whole.objective, delayed(subject, n_bars)).row("delay", base), "bars": n_bars}


def _noise(case: Case, whole: Whole, subject: Subject, base: Figures) -> list[dict[str, Any]]:
    """The median and the worst tenth of the figures over noisy histories, each figure by itself, worse being less but for the drawdown."""
    n, noise = case.config.stress.n_noise, case.config.stress.noise
    if not n or not noise:
        return [{"name": "noise", "not_done": "stress.n_noise or stress.noise is 0."}]
    seen = []
    for history in range(n):
        try:
            feeds = _noisy_feeds(subject.engine.feeds, noise, case.config.search.seed, history)
        except DataError as error:
            return [{"name": "noise", "not_done": str(error)}]
        seen.append(figures_of(whole.objective, subject.on(subject.engine.on(feeds=feeds))))
    table = {key: np.array([getattr(figures, key) for figures in seen]) for key in SHOWN}
    sign = whole.sign
    sides = {"value": sign, "total_return": 1.0, "sharpe": 1.0, "max_drawdown": -1.0, "n_trades": 1.0}
    n_worse = int((~(sign * table["value"] >= sign * base.value)).sum())

    def row(name: str, rate: float) -> dict[str, Any]:
        made = Figures(**{key: sides[key] * _quantile(sides[key] * table[key], rate) for key in SHOWN}, n_failed=_n_failed(seen))
        return {**made.row(name, base), "n": n, "n_worse": n_worse}

    return [row("noise_median", 0.5), row("noise_worst", WORST_SHARE)]


def _noisy_feeds(feeds: Sequence[Feed], noise: float, seed: int, history: int) -> list[Feed]:
    """Each history once with its own noise, however many windows it has."""
    made: dict[int, Feed] = {}
    for feed in feeds:
        if id(feed) not in made:
            made[id(feed)] = noisy(feed, noise, np.random.default_rng([seed, history, len(made)]))
    return [made[id(feed)] for feed in feeds]


def _quantile(x: np.ndarray, rate: float) -> float:
    """From the bad side; a figure that is missing is the worst there is, NaN where it comes to that."""
    found = float(np.quantile(np.where(np.isfinite(x), x, -np.inf), rate, method="lower"))
    return found if np.isfinite(found) else float("nan")


def _n_failed(seen: Sequence[Figures]) -> int:
    """Histories on which some dataset had no score."""
    return sum(figures.n_failed > 0 for figures in seen)


def _concentration(lists: Sequence[Sequence[Any]], n: int, capital: float) -> dict[str, Any]:
    """Errors: NotEnough where as many trades would be left out as there are."""
    n_trades = sum(map(len, lists))
    if n < 1 or n_trades <= n:
        raise NotEnough(f"leaving the best trades out: expected 1 or more, and more trades than {n}, there are {n_trades}.")
    return without_best(lists, n, capital)


def _tried(name: str, row: Callable[[], dict[str, Any]], note: str = "") -> dict[str, Any]:
    """The row, or the words why it could not be made: not a number that would pass for it."""
    try:
        made = row()
    except PinejaxError as error:
        return {"name": name, "not_done": str(error)}
    return {**made, "note": note} if note else made


def _enough(piece: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return piece()
    except NotEnough as error:
        return {"not_enough": str(error)}
