"""CSCV: luck alone is overfit in about half of the splits, skill is not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pinejax.errors import ConfigError
from pinejax.selection.overfit import cscv


def noise(seed: int, n: int = 320, trials: int = 40) -> np.ndarray:
    """Returns without skill."""
    return np.random.default_rng(seed).normal(size=(n, trials)) * 0.01


def test_it_is_what_the_definition_says():
    returns = noise(0, 64, 9)
    blocks, logits = np.array_split(returns, 6), []
    for half in combinations(range(6), 3):
        inside, outside = (np.concatenate([b for i, b in enumerate(blocks) if (i in half) == want]) for want in (True, False))
        ratio = lambda x: x.mean(axis=0) / x.std(axis=0)  # noqa: E731
        rank = 1 + np.argsort(np.argsort(ratio(outside)))[ratio(inside).argmax()]
        logits.append(np.log(rank / 10 / (1 - rank / 10)))
    found = cscv(returns, 6)
    np.testing.assert_allclose(found.logits, logits, atol=1e-12)
    assert found.pbo == np.mean(np.array(logits) <= 1e-12)


def test_luck_is_overfit_about_as_often_as_not_and_lies_in_its_null_band():
    found = [cscv(noise(seed), 10, n_null=40, seed=seed) for seed in range(20)]
    assert 0.35 < np.mean([f.pbo for f in found]) < 0.65
    inside = [f.null is not None and f.null[0] <= f.pbo <= f.null[1] for f in found]
    assert np.mean(inside) >= 0.75


def test_skill_is_not_overfit():
    returns = noise(3)
    returns[:, 7] += 0.004
    found = cscv(returns, 10, n_null=40)
    assert found.null is not None and found.pbo < 0.05 < found.null[0] and found.loss_rate < 0.05


def test_what_trades_nothing_is_a_ratio_of_zero():
    returns = np.c_[np.zeros(64), -np.abs(noise(4, 64, 3))]
    found = cscv(returns, 8)
    assert found.pbo == 0.0 and found.loss_rate == 0.0


@pytest.mark.parametrize(
    ("shape", "blocks", "said"), [((100, 5), 7, "even number"), ((100, 1), 8, "2 trials"), ((20, 5), 16, "32 returns")]
)
def test_too_little_is_refused(shape, blocks, said):
    with pytest.raises(ConfigError, match=said):
        cscv(np.zeros(shape), blocks)
