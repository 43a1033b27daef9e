"""On bars without an edge the verdict says so. The table in docs/selection.md is of the same experiment, with longer histories."""

from __future__ import annotations

import sys
from pathlib import Path

import optuna
import pytest

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["default", "holdout"])
def test_noise_is_called_luck_in_at_least_95_of_100_searches(kind, monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    from white_noise import levels

    found = levels(kind, range(1, 101), n_trials=32, n_bars=2_880)
    assert found["luck"] + found["not_enough"] >= 95, found
    assert found["luck"] >= 80, found
    del sys.modules["white_noise"]


@pytest.mark.slow
def test_an_edge_that_fills_the_bars_is_seen_by_a_holdout(monkeypatch):
    monkeypatch.syspath_prepend(str(EXPERIMENTS))
    from white_noise import levels

    assert levels("holdout", [1], n_trials=16, n_bars=5_760, edge_bps=8.0) == {"differs": 1}
    del sys.modules["white_noise"]
