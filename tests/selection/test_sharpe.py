"""Deflation against the papers' own numbers."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan, sqrt

import numpy as np
import pytest
from scipy import stats

from pinejax.selection.sharpe import (
    Moments,
    deflated_sharpe,
    effective_sets,
    effective_trials,
    expected_maximum,
    minimum_backtest_years,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_ratios,
)

YEAR = 250
PAPER = Moments(1_250, 2.5 / sqrt(YEAR), -3.0, 10.0)
"""The example of "The deflated Sharpe ratio": five years of daily returns, the best of 100 trials whose annual ratios vary by 1/2."""


def test_the_deflated_ratio_of_the_papers_example():
    assert expected_maximum(100, 0.5 / YEAR) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(PAPER, 100, 0.5 / YEAR) == pytest.approx(0.9004, abs=5e-5)


def test_with_fewer_trials_the_papers_example_is_significant():
    assert deflated_sharpe(PAPER, 46, 0.5 / YEAR) == pytest.approx(0.9505, abs=5e-5)
    assert deflated_sharpe(Moments(1_250, 2.5 / sqrt(YEAR)), 88, 0.5 / YEAR) == pytest.approx(0.9505, abs=5e-4)


@pytest.mark.parametrize(("per_year", "years"), [(250, 2.73), (52, 2.83), (12, 3.24)])
def test_the_track_record_of_the_papers_example(per_year: int, years: float):
    record = minimum_track_record(Moments(1_000, 2 / sqrt(per_year)), 1 / sqrt(per_year))
    assert record / per_year == pytest.approx(years, abs=0.01)


def test_a_track_record_of_that_length_reaches_the_confidence():
    m = Moments(10, 0.12, -0.7, 6.0)
    long = Moments(round(minimum_track_record(m, 0.02, 0.9)), m.sharpe, m.skew, m.kurtosis)
    assert probabilistic_sharpe(long, 0.02) == pytest.approx(0.9, abs=2e-3)
    assert minimum_track_record(m, 0.12) == inf and isnan(minimum_track_record(Moments(5, float("nan"))))


def test_five_years_allow_45_trials_and_no_more():
    assert minimum_backtest_years(45, 1.0) < 5.0 < minimum_backtest_years(46, 1.0)


def test_the_expected_maximum_is_that_of_normal_numbers():
    drawn = np.random.default_rng(0).normal(size=(4_000, 500)).max(axis=1).mean()
    assert expected_maximum(500, 1.0) == pytest.approx(drawn, rel=0.02)
    assert expected_maximum(1, 1.0) == 0.0


def test_moments_are_those_of_scipy():
    x = np.random.default_rng(1).standard_t(5, 400) * 0.01 + 0.001
    m = moments(np.r_[x, np.nan])
    expected = (x.mean() / x.std(), stats.skew(x), stats.kurtosis(x, fisher=False))
    several = np.c_[x, 2 * x - 0.5, np.full(400, 0.1), np.r_[x[:-1], np.nan]]
    np.testing.assert_allclose(sharpe_ratios(several), [expected[0], moments(2 * x - 0.5).sharpe, np.nan, np.nan])
    assert m.n == 400 and (m.sharpe, m.skew, m.kurtosis) == pytest.approx(expected)


@pytest.mark.parametrize(("days", "sets"), [(60, 5), (250, 100), (1_500, 1_000)])
def test_the_ratios_are_those_of_skfolio(days: int, sets: int):
    measures = pytest.importorskip("skfolio.measures")
    x = np.random.default_rng(sets).standard_t(4, (days, sets)) * 0.01
    ratios = x.mean(axis=0) / x.std(axis=0, ddof=1)  # as there; a biased deviation here
    m = replace(moments(x[:, ratios.argmax()]), sharpe=float(ratios.max()))
    best, variance = x[:, ratios.argmax()], ratios.var(ddof=1)
    assert probabilistic_sharpe(m, 0.01) == pytest.approx(measures.probabilistic_sharpe_ratio(best, 0.01), abs=2e-3)
    assert expected_maximum(sets, variance) == pytest.approx(measures.expected_max_sharpe_ratio(sets, trial_sharpe_ratio_std=variance**0.5))
    assert deflated_sharpe(m, sets, variance) == pytest.approx(measures.deflated_sharpe_ratio(best, ratios), abs=2e-3)


@pytest.mark.parametrize("x", [np.array([]), np.array([0.1, 0.2]), np.full(50, 0.01), np.full(9, np.nan)])
def test_no_number_is_made_of_too_few_or_equal_returns(x: np.ndarray):
    assert isnan(moments(x).sharpe) and isnan(probabilistic_sharpe(moments(x)))


def test_trials_count_as_many_as_are_independent():
    rng = np.random.default_rng(2)
    one = rng.normal(size=(2_000, 1))
    assert effective_trials(np.ones((8, 8))) == pytest.approx(1.0)
    assert effective_trials(np.eye(8)) == pytest.approx(8.0)
    groups = np.repeat(rng.normal(size=(2_000, 3)), 10, axis=1) + 1e-3 * rng.normal(size=(2_000, 30))
    assert effective_trials(np.corrcoef(groups.T)) == pytest.approx(3.0, abs=0.1)
    some = one + rng.normal(size=(2_000, 8))
    assert 1.0 < effective_trials(np.corrcoef(some.T)) < 8.0
    for days in (2_000, 30, 5):
        assert effective_sets(some[:days]) == pytest.approx(effective_trials(np.corrcoef(some[:days].T)))
