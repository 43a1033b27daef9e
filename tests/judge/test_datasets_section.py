"""The section on datasets."""

from __future__ import annotations

import json

import numpy as np
import pytest
from daily_case import case_of

from pinejax.judge.case import NotEnough
from pinejax.judge.datasets import datasets
from pinejax.selection.sharpe import moments, probabilistic_sharpe


def of(days: int, mean: float, seed: int) -> np.ndarray:
    """Daily returns of a standard deviation of 1 %."""
    return np.random.default_rng(seed).normal(mean, 0.01, days)


def test_what_holds_up_is_named_with_its_q_value():
    parts = {"A 1h": of(300, 0.004, 0), "B 1h": of(300, 0.0, 1), "C 1h": of(300, -0.003, 2), "D 1h": of(20, 0.01, 3)}
    found = datasets(case_of(of(300, 0.0, 4)[:, None], datasets=parts))
    assert found["hold_up"] == ["A 1h"] and (found["n_datasets"], found["n_tested"]) == (4, 3)
    a, d = found["datasets"]["A 1h"], found["datasets"]["D 1h"]
    p = 1 - probabilistic_sharpe(moments(parts["A 1h"]))
    assert a["p"] == pytest.approx(p) and a["q"] == pytest.approx(3 * p) and a["q_any"] == pytest.approx(3 * p * (1 + 1 / 2 + 1 / 3))
    assert a["holds_up"] and not found["datasets"]["C 1h"]["holds_up"] and found["datasets"]["B 1h"]["metrics"] == {"sharpe": 1.0}
    assert "60 days" in d["not_enough"] and "q" not in d
    assert "1 of 3 datasets" in found["text"] and "as if it had not been searched for" in found["text"]
    assert "1 have too little" in found["text"]
    json.dumps(found, allow_nan=False)


def test_of_many_datasets_of_noise_none_holds_up():
    held = [len(datasets(case_of(of(100, 0, 0)[:, None], datasets={f"{i} 1h": of(100, 0.0, 100 * s + i) for i in range(20)}))["hold_up"])
            for s in range(20)]  # fmt: skip
    assert np.mean(np.array(held) > 0) <= 0.2


def test_one_dataset_says_so():
    assert datasets(case_of(of(100, 0.002, 0)[:, None]))["text"].startswith("One dataset")


def test_nothing_to_test_is_not_enough():
    with pytest.raises(NotEnough, match="returns vary"):
        datasets(case_of(np.zeros((100, 1))))
