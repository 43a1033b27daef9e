"""The stationary bootstrap: its histories, its length of stretches against `arch`, the coverage of its intervals."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy import stats

from pinejax.selection import bootstrap
from pinejax.selection.bootstrap import (
    Resampled,
    block_length,
    block_lengths,
    counts,
    max_drawdown,
    resample,
    stretches,
    total_return,
    win_share,
    yearly_growth,
    yearly_sharpe,
)


def autoregressive(rng: np.random.Generator, n: int, slope: float, n_series: int = 1) -> np.ndarray:
    """AR(1) of unit innovations after a burn-in, `[n, series]`."""
    noise = rng.normal(size=(n + 100, n_series))
    for t in range(1, len(noise)):
        noise[t] += slope * noise[t - 1]
    return noise[100:]


def test_stretches_are_of_the_length_that_is_asked_for():
    at = stretches(np.random.default_rng(0), 500, 8.0, 400)
    assert at.min() == 0 and at.max() == 499
    follows = np.diff(at, axis=1) % 500 == 1
    # A new stretch follows the old one by chance too, once in 500.
    assert follows.mean() == pytest.approx(1 - 1 / 8 + 1 / 8 / 500, abs=0.003)
    assert np.bincount(at.ravel(), minlength=500).std() / 400 < 0.15


def test_stretches_of_one_are_independent_draws():
    at = stretches(np.random.default_rng(0), 50, 1.0, 2_000)
    assert (np.diff(at, axis=1) % 50 == 1).mean() == pytest.approx(1 / 50, abs=0.002)


def test_counts_are_those_of_the_same_histories(monkeypatch):
    drawn = counts(np.random.default_rng(5), 60, 6.0, 40)
    at = stretches(np.random.default_rng(5), 60, 6.0, 40)
    np.testing.assert_array_equal(drawn, [np.bincount(row, minlength=60) for row in at])
    monkeypatch.setattr(bootstrap, "CHUNK", 60 * 7)
    assert counts(np.random.default_rng(5), 60, 6.0, 40).sum() == 60 * 40


@pytest.mark.parametrize(("n", "slope"), [(60, 0.0), (90, 0.3), (400, 0.6), (1_826, -0.2), (1_826, 0.9), (12, 0.5)])
def test_the_best_length_is_that_of_arch(n: int, slope: float):
    optimal = pytest.importorskip("arch.bootstrap").optimal_block_length
    x = autoregressive(np.random.default_rng(n), n, slope, 6)
    ours, theirs = block_lengths(x), optimal(x)["stationary"].to_numpy()
    np.testing.assert_allclose(ours, np.maximum(theirs, 1.0), rtol=1e-9)
    assert block_length(x[:, 2]) == pytest.approx(ours[2])


def test_what_depends_longer_needs_longer_stretches():
    lengths = [np.median(block_lengths(autoregressive(np.random.default_rng(1), 1_000, slope, 30))) for slope in (0.0, 0.4, 0.8)]
    assert lengths[0] < 5 < lengths[1] < lengths[2]
    # (2009, eq. 9) with the autocovariances of an AR(1) summed up.
    slope = 0.8
    best = ((2 * slope / (1 - slope**2)) ** 2 * 1_000) ** (1 / 3)
    assert lengths[2] == pytest.approx(best, rel=0.35)


@pytest.mark.parametrize("x", [np.zeros((50, 2)), np.full((50, 1), 0.1), np.arange(3.0)[:, None]])
def test_what_does_not_vary_needs_no_stretches(x: np.ndarray):
    np.testing.assert_array_equal(block_lengths(x), 1.0)


def test_the_numbers_of_a_history_are_what_they_say():
    r = np.array([0.10, -0.50, 0.0, 0.20])
    assert total_return(r[None])[0] == pytest.approx(1.1 * 0.5 * 1.2 - 1)
    assert yearly_growth(r[None], 8.0)[0] == pytest.approx((1.1 * 0.5 * 1.2) ** 2 - 1)
    assert yearly_sharpe(r[None], 365.0)[0] == pytest.approx(r.mean() / r.std() * 365**0.5)
    assert max_drawdown(r[None])[0] == pytest.approx(0.5) and max_drawdown(np.array([[-0.1, 0.3]]))[0] == pytest.approx(0.1)
    assert win_share(r[None])[0] == pytest.approx(2 / 3)
    assert max_drawdown(np.array([[0.1, 0.2]]))[0] == 0.0 and win_share(np.zeros((1, 3)))[0] == 0.0
    assert yearly_sharpe(np.full((1, 5), 0.01), 365.0)[0] == 0.0


def test_percentiles_and_bca_are_those_of_arch_on_the_same_draws():
    arch = pytest.importorskip("arch.bootstrap")
    x = np.random.default_rng(3).standard_gamma(2.0, 80)
    theirs = arch.IIDBootstrap(x, seed=1)
    skewness = lambda a: float(stats.skew(a))  # noqa: E731
    expected = {how: theirs.conf_int(skewness, 600, how, 0.9, reuse=how == "bca")[:, 0] for how in ("percentile", "bca")}
    drawn = np.array(theirs._results)[:, 0]
    jackknife = np.array([skewness(np.delete(x, i)) for i in range(80)])
    ours = Resampled(skewness(x), drawn, jackknife)
    for how in ("percentile", "bca"):
        found = getattr(ours, how)(0.9)
        np.testing.assert_allclose([found.low, found.high], expected[how], rtol=2e-2)


def test_the_same_seed_gives_the_same_intervals():
    x = np.random.default_rng(0).normal(0.001, 0.01, 120)
    find = lambda seed: resample(x, {"sharpe": partial(yearly_sharpe, per_year=365.0)}, 4.0, 200, seed)["sharpe"].bca(0.9)  # noqa: E731
    assert find(1) == find(1) != find(2)


def test_a_number_that_is_none_has_no_interval():
    undefined = Resampled(1.0, np.array([1.0, np.nan]), np.array([1.0, 2.0]))
    assert np.isnan(undefined.percentile(0.9).low) and np.isnan(undefined.bca(0.9).high)


@pytest.mark.slow
@pytest.mark.parametrize(("slope", "least"), [(0.0, 0.86), (0.3, 0.80)])
def test_intervals_of_90_percent_cover_the_truth_about_that_often(slope: float, least: float):
    """Of 250 days with Student's t innovations. Short of 90 % where days depend on each other, as block bootstraps are known to be."""
    rng, n, n_runs, inside = np.random.default_rng(7), 250, 400, {"sharpe": 0, "total_return": 0}
    for run in range(n_runs):
        noise = stats.t.rvs(5, size=(n + 50,), random_state=rng)
        for t in range(1, len(noise)):
            noise[t] += slope * noise[t - 1]
        spread = (5 / 3 / (1 - slope**2)) ** 0.5
        x = 0.001 + 0.01 * noise[50:] / spread
        statistics = {"sharpe": partial(yearly_sharpe, per_year=365.0), "total_return": total_return}
        found = resample(x, statistics, block_length(x), 500, run)
        sharpe, growth = found["sharpe"].bca(0.9), found["total_return"].percentile(0.9)
        inside["sharpe"] += sharpe.low <= 0.1 * 365**0.5 <= sharpe.high
        # The median growth of so many days: their mean log return, to second order.
        inside["total_return"] += growth.low <= np.expm1(n * (0.001 - 0.01**2 / 2)) <= growth.high
    rates = {name: k / n_runs for name, k in inside.items()}
    assert all(least <= rate <= 0.95 for rate in rates.values()), rates
