from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pinejax.report.statistics.importance import epsilon_squared, grouped, ranks


def test_it_is_scipys_h_made_into_a_share():
    random = np.random.default_rng(3)
    group = random.integers(0, 4, 200)
    score = group + random.normal(0, 1.5, 200).round(1)  # rounded: with ties
    h = stats.kruskal(*(score[group == g] for g in range(4))).statistic
    assert epsilon_squared(group.tolist(), score) == pytest.approx((h - 4 + 1) / (200 - 4), rel=1e-12)


def test_a_parameter_that_decides_all_explains_nearly_all_and_noise_nothing():
    random = np.random.default_rng(5)
    x, noise = random.random(400), random.random(400)
    assert epsilon_squared(x.tolist(), x) > 0.97
    assert epsilon_squared(noise.tolist(), x) < 0.05


def test_one_penalty_does_not_move_it():
    random = np.random.default_rng(6)
    x = random.random(200)
    score = x + random.normal(0, 0.1, 200)
    lowest = int(np.argmin(score))
    punished = score.copy()
    punished[lowest] = -1e9
    assert epsilon_squared(x.tolist(), punished) == epsilon_squared(x.tolist(), score)


def test_what_was_inactive_or_has_no_score_is_left_out():
    random = np.random.default_rng(7)
    x, score = random.random(100), random.random(100)
    values = [None if i % 3 == 0 else v for i, v in enumerate(x.tolist())]
    holes = np.where(np.arange(100) % 3 == 0, np.nan, score)
    used = [i for i in range(100) if i % 3]
    expected = epsilon_squared([x[i] for i in used], score[used])
    assert epsilon_squared(values, score) == epsilon_squared(x.tolist(), holes) == expected


@pytest.mark.parametrize("values", [[1] * 20, list(range(5))])
def test_too_few_trials_or_no_variation_is_no_number(values: list):
    assert math.isnan(epsilon_squared(values, np.arange(len(values), dtype=float)))


def test_words_are_groups_of_their_own_and_numbers_are_cut_into_neighbours():
    assert grouped(["a", "b", "a", True]).tolist() == [1, 2, 1, 0]
    cut = grouped(list(range(80)))
    assert np.bincount(cut).tolist() == [10] * 8
    assert (np.diff(cut) >= 0).all()


def test_ranks_are_scipys():
    values = np.array([3.0, 1.0, 3.0, -2.0, 3.0])
    assert ranks(values).tolist() == stats.rankdata(values).tolist()
