from __future__ import annotations

import numpy as np
import pytest

from pinejax.report.statistics.surface import GRID, scaled, smoothed


def test_the_surface_follows_the_scores_and_is_blank_far_from_them():
    random = np.random.default_rng(2)
    x, y = random.random(2_000) * 0.5, random.random(2_000)
    found = smoothed(x, y, x + 0.0 * y)
    row = found[GRID // 2]
    assert np.isnan(row[int(0.9 * GRID) :]).all()
    inside = row[int(0.1 * GRID) : int(0.4 * GRID)]
    assert inside == pytest.approx((np.arange(int(0.1 * GRID), int(0.4 * GRID)) + 0.5) / GRID, abs=0.06)


def test_a_penalty_counts_as_a_bad_score_and_not_by_its_size():
    random = np.random.default_rng(2)
    x, y, score = random.random(200), random.random(200), random.random(200)
    score[0] = -50.0
    a = smoothed(x, y, score)
    score[0] = -5e9
    b = smoothed(x, y, score)
    assert np.nanmax(np.abs(a - b)) == 0.0


def test_a_logarithmic_range_is_scaled_by_its_logarithm():
    assert scaled(np.array([1.0, 10.0, 100.0]), 1.0, 100.0, True) == pytest.approx([0.0, 0.5, 1.0])
    assert scaled(np.array([3.0, 3.0]), 3.0, 3.0, False).tolist() == [0.0, 0.0]
