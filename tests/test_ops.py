"""pinejax.ops: Pine's arithmetic and comparisons, the same on arrays, parameters and plain numbers"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pinejax import ops
from pinejax.core.bounded import Bounded, plain
from pinejax.core.feed import Bars
from pinejax.testing.record import Lengths, record, record_reference

NAN, INF = math.nan, math.inf
# a, b, then a < b, <=, >, >=, ==, != as Pine answers.
CASES = [
    (1.0, 2.0, True, True, False, False, False, True),
    (2.0, 1.0, False, False, True, True, False, True),
    (1.0, 1.0, False, True, False, True, True, False),
    (0.1 + 0.2, 0.3, False, True, False, True, True, False),  # 5.6e-17 apart
    (1.0, 1.0 + 5e-11, False, True, False, True, True, False),
    (1.0, 1.0 + 5e-10, True, True, False, False, False, True),
    (NAN, 1.0, False, False, False, False, False, False),
    (1.0, NAN, False, False, False, False, False, False),
    (NAN, NAN, False, False, False, False, False, False),
    (INF, INF, False, True, False, True, True, False),
    (-INF, INF, True, True, False, False, False, True),
]
COMPARISONS = (ops.lt, ops.le, ops.gt, ops.ge, ops.eq, ops.ne)
KINDS: dict[str, Callable[[float], Any]] = {
    "float": float,
    "NumPy": np.float64,
    "JAX": jnp.asarray,
    "parameter": lambda x: Bounded(jnp.asarray([x]), x, x),
}


@pytest.fixture(autouse=True)
def _doubles() -> None:
    jax.config.update("jax_enable_x64", True)


@pytest.mark.parametrize("kinds", [(a, b) for a in KINDS for b in KINDS], ids=" and ".join)
def test_comparisons_have_a_tolerance_and_are_false_with_na(kinds: tuple[str, str]) -> None:
    for a, b, *expected in CASES:
        answers = [compare(KINDS[kinds[0]](a), KINDS[kinds[1]](b)) for compare in COMPARISONS]
        assert [bool(np.asarray(plain(x)).item()) for x in answers] == expected, (a, b)
        assert all(np.asarray(plain(x)).dtype == bool for x in answers)


def test_a_comparison_of_parameters_stays_one() -> None:
    found = ops.gt(Bounded(jnp.asarray([1, 2, 3]), 1, 3), 2)
    assert isinstance(found, Bounded)
    assert (found.low, found.high, found.array.tolist()) == (0, 1, [False, False, True])
    assert not isinstance(ops.gt(Bounded(jnp.asarray([1.0]), 1, 1), jnp.asarray(2.0)), Bounded)


def test_whole_numbers_compare_too() -> None:
    assert bool(ops.eq(3, np.int64(3)))
    assert ops.lt(jnp.asarray([1, 2], jnp.int32), 2).tolist() == [True, False]


@pytest.mark.parametrize(
    ("x", "digits", "expected"),
    [
        (0.5, 0, 1.0), (1.5, 0, 2.0), (2.5, 0, 3.0), (-0.5, 0, 0.0), (-1.5, 0, -1.0), (-1.6, 0, -2.0), (0.49999999999999994, 0, 0.0),
        (1.25, 1, 1.3), (-1.25, 1, -1.2), (1234.5, -2, 1200.0), (NAN, 0, NAN),
    ],
)  # fmt: skip
def test_halves_are_rounded_up(x: float, digits: int, expected: float) -> None:
    for kind in KINDS.values():
        np.testing.assert_allclose(np.asarray(plain(ops.round_half_up(kind(x), digits))).item(), expected, rtol=1e-15)


def test_several_values() -> None:
    for kind in KINDS.values():
        values = [kind(x) for x in (3.0, 1.0, 2.0)]
        assert [float(np.asarray(plain(f(*values))).item()) for f in (ops.maximum, ops.minimum, ops.avg)] == [3.0, 1.0, 2.0]
        assert all(np.isnan(np.asarray(plain(f(*values, kind(NAN))))).all() for f in (ops.maximum, ops.minimum, ops.avg))


def test_powers_and_logarithms() -> None:
    for kind in KINDS.values():
        found = [ops.exp(kind(0.0)), ops.log(kind(math.e)), ops.log10(kind(1000.0)), ops.power(kind(2.0), 3), ops.power(9.0, kind(0.5))]
        np.testing.assert_allclose([np.asarray(plain(x)).item() for x in found], [1.0, 1.0, 3.0, 8.0, 3.0], rtol=1e-15)
        assert all(np.isnan(np.asarray(plain(x))).all() for x in (ops.log(kind(-1.0)), ops.power(kind(-1.0), 0.5)))


def test_bodies_see_the_same_on_the_engine_and_the_reference() -> None:
    """Differences of 1e-12 and of 1e-8 to a parameter, na on the first bar."""
    close = 5.0 + np.array([0.0, 1e-12, -1e-12, 1e-8, -1e-8, 1.0, -1.0])
    bars = Bars(np.arange(7, dtype=np.int64) * 900_000, close, close, close, close, np.ones(7))

    def body(ctx: Any, p: Any) -> dict[str, Any]:
        before = ctx.history(ctx.bar.close)
        found = {f"{f.__name__} {i}": f(ctx.bar.close, other) for f in COMPARISONS for i, other in enumerate((p.level, before))}
        return found | {"round": ops.round_half_up(ctx.bar.close / p.level, 2), "avg": ops.avg(ctx.bar.close, p.level, 1)}

    params = {"level": Lengths((5.0, 4.0), 1.0, 9.0)}
    found, expected = record(body, bars, params), record_reference(body, bars, params)
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-15, err_msg=name)
    assert found["eq 0"][:, 0].tolist() == [True, True, True, False, False, False, False]
    assert found["ne 1"][:3, 0].tolist() == [False, False, False]
