"""Single rules that a random series rarely meets: tolerance, ties, inputs as switches, windows of one value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unchecked import unchecked

from pinejax.core.feed import Bars
from pinejax.testing.record import Lengths, record, record_reference

CLOSE = np.array([1.0, 1.0 + 4e-11, 1.0 - 4e-11, 1.0 - 1e-8, 3.0, 2.0, 2.0, 3.0, 5.0, 5.0, 5.0, 5.0])
LANES = {"biased": Lengths((1, 0), 0, 1), "n": Lengths((4, 2), 2, 4)}


def body(ctx: Any, p: Any) -> dict[str, Any]:
    ta, x = ctx.ta, ctx.bar.close
    return {
        "percentrank": ta.percentrank(x, 2), "mode": ta.mode(x, p.n), "rci": ta.rci(x, p.n), "variance": ta.variance(x, 4, p.biased),
        "variance of one": ta.variance(x, 1, False), "correlation": ta.correlation(x, -2 * x, p.n), "cog": ta.cog(x - x, p.n),
        "largest": ta.percentile_nearest_rank(x, p.n, 100), "half": ta.percentile_linear_interpolation(x, 4, 50),
        "median": ta.median(x, 4),
    }  # fmt: skip


@pytest.fixture(scope="module", params=(record, record_reference), ids=("engine", "reference"))
def found(request: Any) -> dict[str, Any]:
    n = len(CLOSE)
    bars = Bars(np.arange(n, dtype=np.int64) * 900_000, CLOSE, CLOSE + 1, CLOSE - 1, CLOSE, np.ones(n))
    with unchecked():
        return request.param(body, bars, LANES)


def test_percentrank_takes_values_within_a_tenth_of_a_billionth_as_equal(found: dict[str, Any]) -> None:
    # 1 and 1 + 4e-11 are not above 1 - 4e-11; both values before are above 1 - 1e-8.
    assert found["percentrank"][2:5, 0] == pytest.approx([100.0, 0.0, 100.0])


def test_mode_is_the_smallest_of_the_most_frequent(found: dict[str, Any]) -> None:
    assert list(found["mode"][7:10, 0]) == [2.0, 2.0, 5.0]  # of 3 2 2 3, of 2 2 3 5, of 2 3 5 5
    assert list(found["mode"][7:10, 1]) == [2.0, 3.0, 5.0]  # of two: none repeats, so the smaller


def test_rank_correlation_averages_ties_and_is_na_for_equal_values(found: dict[str, Any]) -> None:
    assert found["rci"][9, 0] == pytest.approx(100 * 4.5 / np.sqrt(5 * 4.5))  # ranks 1 2 3.5 3.5 with 1 2 3 4
    assert np.isnan(found["rci"][11]).all()


def test_an_input_chooses_between_population_and_sample(found: dict[str, Any]) -> None:
    assert found["variance"][7] == pytest.approx([0.25, 1 / 3])
    assert np.isnan(found["variance of one"]).all()


def test_a_straight_relation_correlates_fully_and_a_constant_not_at_all(found: dict[str, Any]) -> None:
    assert found["correlation"][8] == pytest.approx([-1.0, -1.0])
    assert np.isnan(found["correlation"][11]).all()


def test_centre_of_gravity_of_nothing_is_na(found: dict[str, Any]) -> None:
    assert np.isnan(found["cog"]).all()


def test_hundredth_percentile_is_the_largest_and_the_fiftieth_the_median(found: dict[str, Any]) -> None:
    assert list(found["largest"][8]) == [5.0, 5.0]
    np.testing.assert_allclose(found["half"], found["median"])
