"""Ranks by the mean over windows; no value is no rank above one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from pinejax.validation.rank import means_of, ranks_of, spearman

NAN = float("nan")


def test_ranks_are_by_the_mean() -> None:
    values = np.random.default_rng(5).normal(size=(30, 4))
    np.testing.assert_array_equal(ranks_of(values, True), rankdata(-values.mean(axis=1)).astype(int))
    np.testing.assert_array_equal(ranks_of(values, False), rankdata(values.mean(axis=1)).astype(int))


def test_a_set_without_a_value_somewhere_comes_behind() -> None:
    values = np.array([[9.0, NAN], [1.0, 2.0], [NAN, NAN], [NAN, 10.0], [1.0, 2.0]])
    assert ranks_of(values, True).tolist() == [4, 1, 5, 3, 2]
    assert ranks_of(values, False).tolist() == [3, 1, 5, 4, 2]
    np.testing.assert_array_equal(means_of(values), [9.0, 1.5, NAN, 10.0, 1.5])


def test_the_order_in_sample_may_say_all_or_nothing_of_the_one_outside() -> None:
    order = np.arange(1, 9)
    assert spearman(order, order) == pytest.approx(1.0)
    assert spearman(order, order[::-1]) == pytest.approx(-1.0)
    d = order - np.array([2, 1, 4, 3, 6, 5, 8, 7])
    assert spearman(order, order - d) == pytest.approx(1 - 6 * (d**2).sum() / (8 * 63))
    assert np.isnan(spearman(order[:2], order[:2]))
