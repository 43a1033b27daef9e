"""Random order programs: the engine makes the slow reference's trades, one by one, on every lane of a mixed block."""

from __future__ import annotations

from concurrent.futures import Executor

import pytest
from hypothesis import HealthCheck, given, settings

from tests.properties.cases import cases
from tests.properties.compare import Case, compare
from tests.properties.fixed import FIXED

# A case costs one compilation, seconds of it: few programs, many lanes of each.
QUICK = settings(deadline=None, max_examples=2, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(deadline=None, max_examples=16, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("case", FIXED.values(), ids=FIXED)
def test_fixed_programs_trade_like_the_reference(case: Case, workers: Executor) -> None:
    assert compare(case, workers) > 100


@QUICK
@given(case=cases(n_bars=250, lanes=16))
def test_a_few_random_programs_trade_like_the_reference(case: Case, workers: Executor) -> None:
    compare(case, workers)


@pytest.mark.slow
@MANY
@given(case=cases(n_bars=400, lanes=32))
def test_many_random_programs_trade_like_the_reference(case: Case, workers: Executor) -> None:
    compare(case, workers)
