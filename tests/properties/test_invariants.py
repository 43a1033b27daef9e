"""What must hold of any run of an order program, whatever the rules in detail: contracts, cash and lots add up. On the slow reference."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from pinejax.core.feed import Feed
from pinejax.testing.reference import ReferenceResult
from tests.properties.cases import cases, total
from tests.properties.compare import Case, reference_results
from tests.properties.fixed import FIXED

QUICK = settings(deadline=None, max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(deadline=None, max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("case", FIXED.values(), ids=FIXED)
def test_fixed_programs_add_up(case: Case, workers: Executor) -> None:
    assert check(case, workers) > 100


def test_random_programs_add_up(workers: Executor) -> None:
    assert total(QUICK, cases(n_bars=150, lanes=4), lambda case: check(case, workers)) > 100


@pytest.mark.slow
def test_many_random_programs_add_up(workers: Executor) -> None:
    assert total(MANY, cases(n_bars=300, lanes=8), lambda case: check(case, workers)) > 1_000


def check(case: Case, workers: Executor) -> int:
    """Every lane of a case; the number of its trades."""
    free = replace(case, broker=replace(case.broker, commission=0.0))
    waiting = [(c, workers.submit(reference_results, c)) for c in (case, free)]
    n = 0
    for c, results in waiting:
        for feed, lanes in zip(c.feeds(), results.result(), strict=True):
            for result in lanes:
                check_contracts(c, feed, result)
                check_order(c, result)
                check_money(c, feed, result)
                n += len(result.trades)
    return n


def check_contracts(case: Case, feed: Feed, result: ReferenceResult) -> None:
    """The position is the sum of the fills; every contract filled is one of a trade's, at its entry or its exit."""
    step = feed.instrument.lot_step
    fills = np.zeros(len(feed))
    np.add.at(fills, [f.bar for f in result.fills], [f.steps for f in result.fills])
    at_end, still_open = np.cumsum(fills), [t for t in result.trades if t.is_open]
    assert round(sum(t.direction * t.qty for t in still_open) / step) == at_end[-1]
    if not _fills_at_close(case):
        np.testing.assert_allclose(result.position / step, at_end, atol=1e-6)
    assert all(t.qty > 0 for t in result.trades)
    filled = sum(abs(f.steps) for f in result.fills)
    assert round(sum(t.qty * (1 if t.is_open else 2) for t in result.trades) / step) == filled
    assert all(t.direction == still_open[0].direction for t in still_open)


def check_order(case: Case, result: ReferenceResult) -> None:
    """Trades end in the order of their rows; first in, first out among all lots, or among those of the id that was named."""
    closed = [t for t in result.trades if not t.is_open]
    assert all(a.exit_bar <= b.exit_bar for a, b in pairwise(closed))
    assert all(t.entry_bar <= t.exit_bar for t in result.trades)
    queues = Counter()
    for t in result.trades:
        queue = t.entry_id if case.broker.close_entries_rule == "ANY" else ""
        assert t.entry_bar >= queues[queue]
        queues[queue] = t.entry_bar


def check_money(case: Case, feed: Feed, result: ReferenceResult) -> None:
    """Equity is what was there, what was closed and what is open, at every close; with fees checked at the last one."""
    capital, last = case.broker.initial_capital, len(feed) - 1
    closed, still_open = [t for t in result.trades if not t.is_open], [t for t in result.trades if t.is_open]
    worth = max(capital, *(t.qty * t.entry_price * feed.instrument.point_value for t in result.trades), 0.0)
    near = {"rtol": 0, "atol": 1e-9 * worth}
    assert np.isclose(result.net_profit, sum(t.pnl for t in closed), **near)
    assert np.isclose(result.open_profit, sum(t.pnl for t in still_open), **near)
    assert np.isclose(result.commission_paid, sum(t.commission for t in result.trades), **near)
    if _fills_at_close(case) or case.broker.commission:
        return
    assert np.isclose(result.equity[last], capital + result.net_profit + result.open_profit, **near)
    rate = np.ones(len(feed)) if feed.rate is None else feed.rate
    expected = np.full(len(feed), capital)
    for t in result.trades:
        end = len(feed) if t.is_open else t.exit_bar
        gain = t.direction * (feed.ltf.close[t.entry_bar : end] - t.entry_price) * t.qty * feed.instrument.point_value
        expected[t.entry_bar : end] += gain * rate[t.entry_bar : end]
        if not t.is_open:
            at_exit = t.direction * (t.exit_price - t.entry_price) * t.qty * feed.instrument.point_value * rate[t.exit_bar]
            assert np.isclose(t.pnl, at_exit, **near)
            expected[end:] += at_exit
    np.testing.assert_allclose(result.equity, expected, **near)


def _fills_at_close(case: Case) -> bool:
    """Whether orders may fill at a close, after the script has read the account."""
    return case.broker.process_orders_on_close or any(call.immediately for call in case.program)
