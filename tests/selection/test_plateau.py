"""pinejax.selection.plateau"""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from pinejax.selection.plateau import best_overlap, distances, neighbourhoods, rank_correlation

NUMBERS = np.zeros(2, bool)


def test_a_distance_is_the_mean_difference_of_numbers_labels_and_inactive_parameters():
    nan = np.nan
    points = np.array([[0.2, 1.0, nan], [0.5, 1.0, nan], [0.2, 2.0, nan], [0.2, 1.0, 0.9]])
    found = distances(points, points[0], np.array([False, True, False]))
    np.testing.assert_allclose(found, [0.0, 0.1, 1 / 3, 1 / 3])


def test_a_distance_is_symmetric_and_obeys_the_triangle():
    rng = np.random.default_rng(0)
    points = rng.random((30, 4))
    points[:, 3] = rng.integers(0, 3, 30)
    points[rng.random(points.shape) < 0.3] = np.nan
    label = np.array([False, False, False, True])
    table = np.array([distances(points, p, label) for p in points])
    np.testing.assert_array_equal(table, table.T)
    assert (np.diag(table) == 0).all() and table.max() <= 1
    assert (table[:, :, None] + table[None] >= table[:, None, :].transpose(0, 1, 2) - 1e-12).all()


def test_a_broad_hill_has_a_better_neighbourhood_than_a_lone_peak():
    x = np.linspace(0, 1, 101)
    hill = 1.0 - 4.0 * np.abs(x - 0.25)
    peak = np.where(np.abs(x - 0.8) < 0.005, 1.5, -1.0)
    values = np.maximum(hill, peak)
    points = np.column_stack([x, np.zeros(101)])
    top = np.array([int(values.argmax()), 25])
    found = neighbourhoods(points, values, top, 4, NUMBERS)
    assert top[0] == 80 and values[80] > values[25]
    np.testing.assert_allclose(found.mean, [-1.0, 1.0 - 4.0 * 0.015])
    np.testing.assert_allclose(found.worst, [-1.0, 1.0 - 4.0 * 0.02])
    np.testing.assert_allclose(found.reach, 0.02 / 2)


def test_the_overlap_is_all_of_equal_rankings_and_the_share_of_unrelated_ones():
    rng = np.random.default_rng(1)
    overall = rng.normal(size=4_000)
    scores = np.column_stack([overall, -overall, np.exp(overall), rng.normal(size=4_000)])
    found = best_overlap(scores, overall)
    np.testing.assert_array_equal(found[:3], [1.0, 0.0, 1.0])
    assert abs(found[3] - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 400)


def test_rank_correlation_is_scipys_and_nan_for_a_constant():
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 6, (40, 3)).astype(float)  # with ties
    np.testing.assert_allclose(rank_correlation(scores), spearmanr(scores).statistic, atol=1e-12)
    flat = np.column_stack([scores[:, :2], np.ones(40)])
    found = rank_correlation(flat)
    assert np.isnan(found[2]).all() and np.isfinite(found[:2, :2]).all()
