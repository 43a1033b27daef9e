from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from pinejax.job.details import compare, difference
from pinejax.report.rows import TrialRow

TOLD = TrialRow(7, "COMPLETE", (1.0,), {}, {"fast": 5}, {"sharpe": (1.5, math.nan), "n_trades": (10.0, 0.0)})


def test_equal_numbers_pass_to_the_last_bit():
    check = compare(TOLD, [{"sharpe": 1.5, "n_trades": 10.0}, {"sharpe": math.nan, "n_trades": 0.0}], ["A", "B"])
    assert check.equal
    assert str(check) == "Best re-run in detail equals the trial: 2 metrics on 2 datasets, to the last bit."


def test_last_bits_are_forgiven_and_said():
    check = compare(TOLD, [{"sharpe": 1.5 + 4e-16, "n_trades": 10.0}, {"sharpe": math.nan, "n_trades": 0.0}], ["A", "B"])
    assert check.equal
    assert "last bits" in str(check)


@pytest.mark.parametrize("wrong", [{"sharpe": 1.50001}, {"sharpe": math.nan}, {"n_trades": 11.0}])
def test_any_other_difference_is_named(wrong):
    check = compare(TOLD, [{"sharpe": 1.5, "n_trades": 10.0} | wrong, {"sharpe": math.nan, "n_trades": 0.0}], ["A", "B"])
    assert not check.equal
    assert f"DIFFERS from the trial: {next(iter(wrong))} on A" in str(check)


def test_difference_is_relative_and_nan_equals_nan():
    assert difference(100.0, 101.0) == pytest.approx(1 / 101)
    assert difference(math.nan, math.nan) == 0.0
    assert difference(math.inf, math.inf) == 0.0
    assert difference(math.inf, 1.0) == math.inf
    assert difference(0.0, -0.0) == 0.0


def test_recorder_is_whatever_has_detail():
    from pinejax.job.details import Recorder

    assert isinstance(SimpleNamespace(detail=lambda params, dataset: None), Recorder)
