"""The statistics of a search that was really made: from bars to JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from daily_case import case_of

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.judge.case import Sets
from pinejax.judge.datasets import datasets
from pinejax.judge.deflation import deflation
from pinejax.judge.intervals import intervals
from pinejax.report.rows import TrialRow
from tests.engine.busy import BROKER, wave


class Above(Strategy):
    """Long above an average."""

    length = input.int(5, low=2, high=40)

    def on_bar(self, ctx: Any) -> None:
        above = ctx.bar.close > ctx.ta.sma(ctx.bar.close, self.length)
        ctx.broker.entry("L", LONG, above)
        ctx.broker.close("L", ~above)


@pytest.fixture(scope="module")
def searched() -> Any:
    """All lengths on 90 days of two random walks, the best Sharpe ratio first."""
    engine = Engine(
        Above, [wave(2_160, 1), wave(2_160, 2)], replace(BROKER, commission=0.0, slippage_ticks=0), Above.inputs, EngineConfig(n_threads=1)
    )
    batch = [Above.complete({"length": n}) for n in range(2, 41)]
    found = engine.evaluate(batch)
    values = np.array([e.metrics["sharpe"].mean() for e in found])
    order = np.argsort(-values)
    case = case_of(np.zeros((2, len(order))))
    metrics = [{name: x.tolist() for name, x in e.metrics.items()} for e in found]
    trials = [TrialRow(i, "COMPLETE", (float(values[k]),), batch[k], batch[k], metrics[k]) for i, k in enumerate(order.tolist())]
    case.study = case.study.__class__("study", "Above", ("sharpe",), ("maximize",), (), tuple(trials), (trials[0],))
    case.engine = engine
    del case.__dict__["daily"]
    case.__dict__["sets"] = Sets(np.arange(len(order)), tuple(batch[k] for k in order), values[order], len(order))
    return case


def test_every_section_is_json_and_of_the_same_set(searched: Any):
    found = {section.__name__: section(searched) for section in (deflation, datasets, intervals)}
    json.dumps(found, allow_nan=False)
    sharpe = found["deflation"]["chosen"]["sharpe_annual"]
    assert sharpe == pytest.approx(found["intervals"]["metrics"]["sharpe"]["value"])
    assert found["intervals"]["n_days"] == found["deflation"]["chosen"]["n_days"] == 90
    told = searched.chosen.metrics["sharpe"]
    rows = found["datasets"]["datasets"].values()
    assert [row["sharpe_annual"] for row in rows] == pytest.approx(told) == [row["metrics"]["sharpe"] for row in rows]


def test_the_best_of_random_walks_is_not_superior(searched: Any):
    found = deflation(searched)
    assert found["superior"]["zero"]["superior_sets"] == 0 and found["deflated"]["distinct"]["dsr"] < 0.95
    assert 1 < found["trials"]["effective"]["entropy"] < 39 and 1 <= found["trials"]["effective"]["clusters"] < 39
