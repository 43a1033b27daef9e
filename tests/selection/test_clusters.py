"""Clusters of sets that do the same."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.selection.clusters import Clusters, alike, correlation_of, distance_of


def grouped(seed: int, groups: int, of: int, noise: float, n: int = 400) -> np.ndarray:
    """Returns of `groups` independent strategies, `of` sets each."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.normal(size=(n, groups)), of, axis=1) + noise * rng.normal(size=(n, groups * of))


@pytest.mark.parametrize(("groups", "of", "noise"), [(1, 30, 0.3), (4, 25, 0.5), (12, 5, 0.7), (3, 1, 0.1)])
def test_planted_groups_are_found(groups: int, of: int, noise: float):
    found = alike(correlation_of(grouped(1, groups, of, noise)))
    assert found.n == groups
    np.testing.assert_array_equal(found.labels, np.repeat(np.arange(groups), of))


def test_what_is_unrelated_stays_apart():
    assert alike(correlation_of(grouped(2, 200, 1, 0.0, 90))).n == 200


def test_opposite_sets_are_not_alike():
    x = grouped(3, 1, 1, 0.0)
    assert alike(correlation_of(np.c_[x, -x])).n == 2


def test_a_single_set_is_a_cluster():
    assert alike(np.ones((1, 1))).n == 1


def test_the_order_of_the_sets_does_not_matter():
    x = grouped(4, 6, 7, 0.6)
    order = np.random.default_rng(0).permutation(42)
    labels, shuffled = (alike(correlation_of(y)).labels for y in (x, x[:, order]))
    together = lambda a: a[:, None] == a[None, :]  # noqa: E731
    np.testing.assert_array_equal(together(labels)[np.ix_(order, order)], together(shuffled))


def test_the_best_of_each_stands_for_it():
    clusters = Clusters(np.array([0, 1, 0, 2, 1]))
    assert clusters.n == 3
    assert clusters.best(np.array([1.0, 5.0, 2.0, -1.0, 4.0])).tolist() == [2, 1, 3]


def test_correlations_are_those_of_numpy_and_none_where_nothing_varies():
    x = grouped(5, 3, 2, 0.5)
    np.testing.assert_allclose(correlation_of(x), np.corrcoef(x.T), atol=1e-12)
    flat = correlation_of(np.c_[x[:, :1], np.zeros(400)])
    np.testing.assert_array_equal(flat, np.eye(2))
    np.testing.assert_allclose(distance_of(np.array([[1.0, 0.0], [-1.0, 0.5]])), [[0.0, 0.5**0.5], [1.0, 0.5]])
