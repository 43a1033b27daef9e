"""The section on deflation: what it says of noise, of skill, and of too little."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from daily_case import case_of

from pinejax.judge.case import NotEnough
from pinejax.judge.deflation import deflation, looked_at
from pinejax.report.rows import TrialRow
from pinejax.selection.sharpe import Moments, deflated_sharpe


def noise(seed: int, days: int = 120, sets: int = 40, common: float = 0.0) -> np.ndarray:
    """Returns without skill, the best first as a search would have it. common: correlation between any two sets."""
    rng = np.random.default_rng(seed)
    x = np.sqrt(common) * rng.normal(size=(days, 1)) + np.sqrt(1 - common) * rng.normal(size=(days, sets))
    return 0.01 * x[:, np.argsort(-x.mean(axis=0) / x.std(axis=0))]


def skilled(seed: int, days: int = 400) -> np.ndarray:
    """The first of 40 sets gains a third of a standard deviation a day."""
    x = noise(seed, days)
    x[:, 0] = 0.01 * (0.33 + np.random.default_rng(seed + 1).normal(size=days))
    return x


def leaves(value: Any) -> list[Any]:
    """All values of nested JSON."""
    if isinstance(value, Mapping):
        return [x for v in value.values() for x in leaves(v)]
    return [x for v in value for x in leaves(v)] if isinstance(value, list) else [value]


def test_the_best_of_noise_is_luck():
    found = deflation(case_of(noise(0)))
    assert found["psr"] > 0.9  # looked at alone it seems to be good
    assert found["deflated"]["distinct"]["dsr"] < 0.9
    assert found["superior"]["zero"]["spa"] > 0.1 and found["superior"]["zero"]["superior_sets"] == 0
    low, high = (found["overfitting"][end] for end in ("null_low", "null_high"))
    assert 0 <= low < high <= 1 and found["overfitting"]["pbo"] > 0.1


def test_skill_is_told_from_luck():
    found = deflation(case_of(skilled(1)))
    assert found["deflated"]["distinct"]["dsr"] > 0.99 and found["overfitting"]["pbo"] < 0.05
    for benchmark, most in (("zero", 0.01), ("hold", 0.05)):  # holding alone varies twice as much as the set
        one = found["superior"][benchmark]
        assert one["spa"] < most and one["chosen_is_superior"] and one["best_trial"] == 0 and one["superior_clusters"] == 1
    assert found["min_track_record_days"] < found["chosen"]["n_days"]
    assert found["min_backtest_years"]["found"] == pytest.approx(400 / 365)


def test_it_says_the_same_twice_and_is_json():
    first, second = (deflation(case_of(noise(2, 70, 12))) for _ in range(2))
    assert json.dumps(first, allow_nan=False) == json.dumps(second, allow_nan=False)
    assert not any(isinstance(x, (np.generic, np.ndarray)) for x in leaves(first))


def test_numbers_are_those_of_the_formulas():
    x = noise(3)
    found = deflation(case_of(x))
    ratios, c = x.mean(axis=0) / x.std(axis=0), found["chosen"]
    assert found["sharpe_variance"] == pytest.approx(ratios.var())
    m = Moments(120, c["sharpe"], c["skew"], c["kurtosis"])
    assert found["deflated"]["distinct"]["dsr"] == pytest.approx(deflated_sharpe(m, 40, min(ratios.var(), 1 / 119)))
    assert c["sharpe_annual"] == pytest.approx(c["sharpe"] * 365**0.5)


def test_copies_of_a_set_are_one_trial():
    one = noise(4, 200, 1)
    x = np.c_[one, one + 1e-5 * np.random.default_rng(0).normal(size=(200, 30))]
    found = deflation(case_of(x))
    assert found["trials"]["effective"]["entropy"] == pytest.approx(1.0, abs=0.01) and found["trials"]["effective"]["clusters"] == 1.0
    assert found["deflated"]["clusters"]["dsr"] == pytest.approx(found["psr"])
    assert found["deflated"]["distinct"]["n_trials"] == 31.0


def test_every_trial_is_counted_and_what_was_left_out_is_said():
    extra = (
        TrialRow(90, "PRUNED", (), {}, {}, {"sharpe": [0.0]}),
        TrialRow(91, "FAIL", (), {}, {}),
        TrialRow(92, "COMPLETE", (1.0,), {}, {}, {"sharpe": [0.0]}, duplicate_of=3),
    )
    x = noise(5, 100, 20)
    x[:, 7] = 0.0
    found = deflation(case_of(x, n_all=500, extra=extra))
    t = found["trials"]
    assert (t["total"], t["complete"], t["pruned"], t["failed"], t["duplicates"], t["distinct"]) == (23, 21, 1, 1, 1, 500)
    assert (t["looked_at"], t["used"]) == (20, 19) and found["deflated"]["distinct"]["n_trials"] == 500.0
    said = " ".join(found["assumptions"])
    assert "Of 500 distinct sets 20 were looked at" in said and "1 sets whose returns do not vary" in said


def test_sets_that_were_left_out_count_in_the_variance_by_weight():
    x = noise(6, 150, 400)
    kept = [*range(50), *np.linspace(50, 399, 50).round().astype(int)]
    whole, part = (looked_at(case_of(y, n_all=400).sets, y) for y in (x, x[:, kept]))
    assert part.variance == pytest.approx(whole.variance, rel=0.1) and part.ratios.var() > 1.3 * whole.variance


def test_a_loser_has_no_track_record_but_the_rest():
    x = noise(7)
    x[:, 0] -= 0.01
    found = deflation(case_of(x))
    assert "above 0" in found["min_track_record_days"]["not_enough"] and "above 0" in found["min_backtest_years"]["not_enough"]
    assert found["psr"] < 0.01 and found["deflated"]["distinct"]["dsr"] < 0.01


@pytest.mark.parametrize("hold", ["nan", "same"])
def test_a_benchmark_that_nothing_can_be_told_from_leaves_the_rest(hold: str):
    """Prices at or below 0 have no return of holding; sets that hold are the benchmark."""
    returns = np.repeat(noise(3, sets=1), 3, axis=1)
    case = case_of(returns)
    case.__dict__["daily"] = replace(case.daily, hold=np.full(len(returns), np.nan) if hold == "nan" else returns[:, 0])
    found = deflation(case)
    assert "superior" in found["superior"]["hold"]["not_enough"]
    assert 0 <= found["superior"]["zero"]["spa"] <= 1


def test_one_set_alone_has_its_own_numbers_only():
    found = deflation(case_of(noise(8, 100, 1)))
    assert 0 < found["psr"] < 1
    assert found["deflated"]["distinct"]["dsr"] == pytest.approx(found["psr"])  # nothing was chosen
    for lacking in (found["sharpe_variance"], found["overfitting"], found["superior"]["zero"]):
        assert "2 sets" in lacking["not_enough"]


def test_sets_that_lose_do_not_make_luck_look_larger():
    """Costs, or a switch that turns signals around: the ratios of such sets vary, but none of them could have been the best."""
    losers = np.random.default_rng(1).normal(-0.02, 0.01, size=(400, 30))
    found, alone = deflation(case_of(np.c_[skilled(1), losers])), deflation(case_of(skilled(1)))
    assert found["sharpe_variance"] > 20 / 399
    assert found["deflated"]["distinct"]["dsr"] > 0.99
    assert found["deflated"]["distinct"]["expected_maximum"] < 1.2 * alone["deflated"]["distinct"]["expected_maximum"]
    lucky = [deflation(case_of(np.c_[noise(seed, 90, 30), losers[:90]]))["deflated"]["distinct"]["dsr"] > 0.95 for seed in range(40)]
    assert sum(lucky) <= 4


@pytest.mark.parametrize(
    ("returns", "said"),
    [(noise(9, 59), "60 days or more"), (np.zeros((100, 4)), "that vary"), (np.full((100, 4), np.nan), "that vary")],
)
def test_too_little_is_said(returns: np.ndarray, said: str):
    with pytest.raises(NotEnough, match=said):
        deflation(case_of(returns))


def test_the_best_of_noise_passes_the_deflated_ratio_rarely_however_alike_the_sets_are():
    """At 95 %, over the distinct sets: correlated sets vary less among themselves, but their common luck is one draw."""
    for common in (0.0, 0.5, 0.9):
        passed = 0
        for seed in range(200):
            x = noise(seed, 90, 100, common)
            ratios, m = x.mean(axis=0) / x.std(axis=0), x[:, 0]
            passed += deflated_sharpe(Moments(90, m.mean() / m.std()), 100, ratios.var()) >= 0.95
        assert passed / 200 <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("days", [90, 1_826])
def test_a_thousand_sets_take_a_few_seconds(days: int):
    """Of the processor: a few, and with checked annotations and a busy machine's waiting threads a few times that."""
    case = case_of(noise(10, days, 1_000, 0.3))
    started = time.process_time()
    deflation(case)
    assert time.process_time() - started < 20.0
