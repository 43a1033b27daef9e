"""False discovery control against the paper's example and its own promise."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.errors import ConfigError
from pinejax.selection.discovery import discoveries

PAPER = (0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0)
"""Benjamini and Hochberg (1995), section 4: fifteen comparisons, four of which are rejected at 0.05, and three by Bonferroni's rule."""


def test_the_papers_example():
    found = discoveries({str(i): p for i, p in enumerate(PAPER)})
    assert [name for name, d in found.items() if d.holds] == ["0", "1", "2", "3"]
    assert found["3"].q == pytest.approx(0.0095 * 15 / 4)


def test_any_dependence_costs_the_harmonic_sum():
    p = {str(i): x for i, x in enumerate(PAPER)}
    plain, safe = discoveries(p), discoveries(p, method="by")
    assert safe["0"].q == pytest.approx(plain["0"].q * (1 / np.arange(1, 16)).sum())


@pytest.mark.parametrize("method", ["bh", "by"])
def test_adjusted_p_values_are_scipys(method):
    from scipy.stats import false_discovery_control

    p = np.round(np.random.default_rng(3).random(200) ** 3, 2)  # with ties, zeros and ones
    found = discoveries({str(i): float(x) for i, x in enumerate(p)}, method=method)
    np.testing.assert_allclose([d.q for d in found.values()], false_discovery_control(p, method=method), rtol=1e-12)


def test_one_alone_is_its_own_p_value_and_nothing_is_no_test():
    found = discoveries({"A": 0.04, "B": float("nan")})
    assert found["A"].q == 0.04 and found["A"].holds and np.isnan(found["B"].q) and not found["B"].holds
    assert not discoveries({"B": float("nan")})["B"].holds and discoveries({}) == {}


def test_a_p_value_outside_0_to_1_is_refused():
    with pytest.raises(ConfigError, match=r"1\.5 for A"):
        discoveries({"A": 1.5})


def test_the_rate_of_false_ones_is_kept():
    rng, rates = np.random.default_rng(0), []
    for _ in range(200):
        p = np.r_[rng.random(16), rng.random(4) * 1e-3]
        found = [int(name) for name, d in discoveries({str(i): float(x) for i, x in enumerate(p)}, 0.2).items() if d.holds]
        rates.append(sum(i < 16 for i in found) / max(len(found), 1))
    assert 0.08 < np.mean(rates) < 0.2
