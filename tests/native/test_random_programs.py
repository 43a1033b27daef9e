"""Random programs end in the same state, to the last bit, by native code and by plain JAX."""

from __future__ import annotations

import pytest

from tests.native.harness import check
from tests.native.programs import random_case

FEW, MANY = 100, 1_500


@pytest.mark.parametrize("seed", range(FEW))
def test_random_program(seed: int) -> None:
    check(random_case(seed), rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(FEW, MANY))
def test_many_random_programs(seed: int) -> None:
    check(random_case(seed), rtol=0)
