"""Random order programs: the engine makes the slow reference's trades, one by one, on every lane of a mixed block."""

from __future__ import annotations

from concurrent.futures import Executor

import pytest
from hypothesis import HealthCheck, settings

from tests.properties.cases import cases, total
from tests.properties.compare import compare
from tests.properties.fixed import FIXED

# A case costs one compilation, many seconds of it: few programs, many lanes of each.
QUICK = settings(deadline=None, max_examples=2, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(deadline=None, max_examples=16, derandomize=True, suppress_health_check=list(HealthCheck))
QUICK_FIXED = ("pyramids_with_partial_brackets_and_trails", "any_rule_with_groups_that_cancel")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in QUICK_FIXED else [pytest.mark.slow]) for n in FIXED])
def test_fixed_programs_trade_like_the_reference(name: str, workers: Executor) -> None:
    assert compare(FIXED[name], workers) > 100


def test_a_few_random_programs_trade_like_the_reference(workers: Executor) -> None:
    assert total(QUICK, cases(n_bars=250, lanes=16), lambda case: compare(case, workers)) > 100


@pytest.mark.slow
def test_many_random_programs_trade_like_the_reference(workers: Executor) -> None:
    assert total(MANY, cases(n_bars=400, lanes=48), lambda case: compare(case, workers)) > 1_000
