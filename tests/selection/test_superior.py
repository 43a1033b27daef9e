"""Reality check, SPA and StepM against `arch` on the same drawn histories, and how often they find something in noise."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.errors import ConfigError
from pinejax.selection.clusters import alike, correlation_of
from pinejax.selection.superior import contest, judged_on, reality_check, superior_ability, superior_sets

N_DAYS, BLOCK, DRAWS = 200, 5, 400


def gains(seed: int, means: np.ndarray | float, n: int = N_DAYS, sets: int = 12, dependence: float = 0.3) -> np.ndarray:
    """Correlated returns that depend on the day before, of different spreads."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n + 1, sets)) + rng.normal(size=(n + 1, 1))
    return 0.01 * (noise[1:] + dependence * noise[:-1]) * np.linspace(0.5, 2.0, sets) + means


def of_arch(kind: str, returns: np.ndarray, **how: object):
    """A test of `arch`, computed, and how often each day was in each of its histories. It takes losses; it studentises nothing."""
    arch = pytest.importorskip("arch.bootstrap")
    test = getattr(arch, kind)(np.zeros(len(returns)), -returns, block_size=BLOCK, reps=DRAWS, seed=4, **how)
    test.compute()
    histories = arch.StationaryBootstrap(BLOCK, np.arange(len(returns)), seed=4)
    return test, np.array([np.bincount(data[0][0], minlength=len(returns)) for data in histories.bootstrap(DRAWS)], float)


def as_ours(p_values) -> list[float]:
    """Of `arch`, whose shares do not count the real history."""
    return [(p * DRAWS + 1) / (DRAWS + 1) for p in p_values]


@pytest.mark.parametrize("seed", range(4))
def test_spa_is_that_of_arch(seed: int):
    returns = gains(seed, np.linspace(-0.006, 0.0015, 12))
    ours = judged_on(returns, np.ones((1, N_DAYS)), BLOCK)
    test, drawn = of_arch("SPA", returns / ours.spread)
    found = superior_ability(judged_on(returns, drawn, BLOCK))
    assert [found.lower, found.consistent, found.upper] == pytest.approx(as_ours(test.pvalues), abs=1e-12)
    assert found.lower <= found.consistent <= found.upper


@pytest.mark.parametrize("seed", range(4))
def test_the_reality_check_is_that_of_arch(seed: int):
    returns = gains(seed, np.linspace(-0.002, 0.001, 12))
    test, drawn = of_arch("RealityCheck", returns, studentize=False)
    assert reality_check(judged_on(returns, drawn, BLOCK)) == pytest.approx(as_ours([test.pvalues["upper"]])[0], abs=1e-12)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_stepm_is_that_of_arch(alpha: float):
    returns = gains(1, np.array([0.0] * 6 + [0.002, 0.003, 0.004, 0.005, 0.006, -0.01]))
    spread = judged_on(returns, np.ones((1, N_DAYS)), BLOCK).spread
    test, drawn = of_arch("StepM", returns / spread, size=alpha)
    found = superior_sets(judged_on(returns, drawn, BLOCK), alpha)
    assert found.tolist() == test.superior_models and 0 < len(found) < 12


@pytest.mark.parametrize("n", [40, 41])
def test_the_spread_is_the_bootstraps_own(n: int):
    returns = gains(2, 0.0, n, 5)
    found = contest(returns, 40_000, 1, block=4.0)
    np.testing.assert_allclose(found.spread, found.drawn.std(axis=0) * n**0.5, rtol=0.02)


def test_a_planted_edge_is_found_and_named():
    returns = gains(3, 0.0)
    returns[:, 7] += 0.012
    c = contest(returns, 500)
    found = superior_ability(c)
    assert found.best == 7 and found.consistent < 0.01 and superior_sets(c).tolist() == [7]


def test_losses_are_never_superior():
    c = contest(gains(4, -0.02), 300)
    found = superior_ability(c)
    assert found.statistic == 0.0 and (found.lower, found.consistent, found.upper, reality_check(c)) == (1.0, 1.0, 1.0, 1.0)
    assert superior_sets(c).size == 0


def test_poor_sets_cost_the_consistent_test_nothing():
    good = gains(5, 0.002, sets=3)
    poor = gains(6, -0.02, sets=60)
    alone, crowd = (superior_ability(contest(x, 2_000, block=3.0)) for x in (good, np.c_[good, poor]))
    assert crowd.consistent == pytest.approx(alone.consistent, abs=0.02) and crowd.upper > 2 * crowd.consistent


def test_sets_that_do_nothing_are_left_out_and_numbers_stay_those_of_the_columns():
    returns = gains(7, np.array([0.01] * 4), sets=4)
    c = contest(np.c_[np.zeros(N_DAYS), returns], 200)
    assert c.columns.tolist() == [1, 2, 3, 4] and superior_sets(c).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("returns", "said"), [(np.zeros((50, 3)), "vary"), (np.ones((5, 3)), "8 days"), (np.full((50, 2), np.nan), "finite")]
)
def test_too_little_is_refused(returns: np.ndarray, said: str):
    with pytest.raises(ConfigError, match=said):
        contest(returns)


@pytest.mark.slow
@pytest.mark.parametrize(("dependence", "most"), [(0.0, 0.1), (0.3, 0.18)])
def test_noise_is_found_superior_about_as_rarely_as_it_should_be(dependence: float, most: float):
    """At 5 %, of 300 histories of 60 sets over 150 days; the binomial's 99.9 % quantile is 29 of them, 0.097.

    Where days depend on each other, short histories do not tell how much, and studentised tests find too much: 12 % or so.
    """
    spa, check, steps = [], [], 0
    for seed in range(300):
        c = contest(gains(seed, 0.0, 150, 60, dependence), 400, seed)
        spa.append(superior_ability(c).consistent)
        check.append(reality_check(c))
        steps += len(superior_sets(c)) > 0
    assert 0.01 <= np.mean(np.array(check) <= 0.05) <= 0.1
    for rate in (np.mean(np.array(spa) <= 0.05), steps / 300):
        assert 0.01 <= rate <= most


@pytest.mark.slow
def test_the_best_of_each_cluster_alone_would_make_noise_look_good():
    """Why all sets are drawn: representatives that were chosen by what is tested reject noise too often."""
    alone = everyone = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        returns = 0.01 * (np.repeat(rng.normal(size=(120, 5)), 40, axis=1) + rng.normal(size=(120, 200)) * 0.8)
        clusters = alike(correlation_of(returns))
        chosen = clusters.best(returns.mean(axis=0) / returns.std(axis=0))
        assert clusters.n <= 15
        alone += superior_ability(contest(returns[:, chosen], 300, seed, 1.0)).consistent <= 0.05
        everyone += superior_ability(contest(returns, 300, seed, 1.0)).consistent <= 0.05
    assert everyone / 200 <= 0.1 < alone / 200
