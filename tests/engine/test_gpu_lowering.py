"""The loop lowers for CUDA without a GPU: the plain one as it is, the kernel where a strategy's state is numbers per lane."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from pinejax.core.gate import any_lane, where_asked
from pinejax.engine.groups import compiled_group, stacked
from pinejax.engine.kernel import LANES, compiled_kernel
from pinejax.engine.loop import compiled
from pinejax.engine.rowwise import NotRowwise, Rowwise, flattened
from pinejax.engine.ungated import ungated
from tests.engine.gpu import PROGRAMS, Case, case, same_state

MANY = 4_096
FIRST, END = np.int32(0), np.int32(300)

SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("braced", "pyramid")]

case = cache(case)


def lowered(run: Any, *args: Any) -> Any:
    """A jitted function's module for CUDA."""
    return run.trace(*args).lower(lowering_platforms=("cuda",))


def kernel_args(c: Case) -> tuple:
    """A block on each dataset."""
    return (
        stacked([c.initial()] * 2), np.stack(c.rows), np.arange(2, dtype=np.int32), stacked([c.params] * 2),
        stacked(c.terms), stacked(c.windows), FIRST, END,
    )  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_loop_lowers_for_cuda_as_one_loop_over_one_block(name: str) -> None:
    c = case(name, MANY)
    args = c.initial(), c.rows[0], c.params, c.terms[0], c.windows[0], FIRST, END
    module = lowered(compiled(c.program, False), *args).compiler_ir("stablehlo")
    (main,) = (f for f in module.body.operations if f.attributes["sym_name"].value == "main")
    loops = [op for op in main.body.blocks[0].operations if op.operation.name == "stablehlo.while"]
    assert len(loops) == 1
    carried = [str(r.type) for r in loops[0].operation.results]
    assert f"tensor<{MANY}xf64>" in carried
    assert not any(t.startswith("tensor<64x") for t in carried)
    assert "small_call" not in str(module)


def test_datasets_that_share_a_call_lower_for_cuda() -> None:
    c = case("ema_cross", MANY)
    rows, terms, windows = stacked(c.rows), stacked(c.terms), stacked(c.windows)
    args = stacked([c.initial()] * 2), rows, stacked([c.params] * 2), terms, windows, FIRST, END
    assert f"tensor<2x{MANY}xf64>" in lowered(compiled_group(c.program), *args).as_text()


@pytest.mark.parametrize("name", ["ema_cross", *SLOW])
def test_without_gates_the_loop_gives_the_same_and_has_few_loops(name: str) -> None:
    c = case(name, 64)
    args = c.rows[0], c.params, c.terms[0], c.windows[0], FIRST, END
    plain = compiled(c.program, False)
    bare = jax.jit(ungated(plain))
    assert same_state(bare(c.initial(), *args), plain(c.initial(), *args))
    n_loops = [lowered(run, c.initial(), *args).as_text().count("stablehlo.while") for run in (bare, plain)]
    assert n_loops[0] <= 4 < n_loops[1]


@pytest.mark.parametrize("name", ["ema_cross", *SLOW])
def test_the_kernel_lowers_for_cuda_with_the_loop_inside(name: str) -> None:
    c = case(name, LANES)
    text = lowered(compiled_kernel(c.program), *kernel_args(c)).as_text()
    assert text.count("__gpu$xla.gpu.triton") == 1
    assert "stablehlo.while" not in text


def test_a_strategy_with_windows_of_bars_has_no_kernel() -> None:
    c = case("squeeze_momentum", LANES)
    with pytest.raises(NotRowwise, match="an array of"):
        compiled_kernel(c.program).trace(*kernel_args(c))


@pytest.mark.parametrize(
    "name", ["ema_cross", pytest.param("braced", marks=pytest.mark.slow), pytest.param("pyramid", marks=pytest.mark.slow)]
)
def test_the_kernel_gives_what_the_loop_gives(name: str) -> None:
    c = case(name, LANES)
    together = compiled_kernel(c.program, interpret=True)(*kernel_args(c))
    plain = compiled(c.program, False)
    for d in range(2):
        alone = plain(c.initial(), c.rows[d], c.params, c.terms[d], c.windows[d], FIRST, END)
        assert np.asarray(alone.account.stats.n_trades).sum() > 100
        assert same_state(jax.tree.map(lambda x, d=d: x[d], together), alone)


def taken_apart(f: Any, *args: np.ndarray) -> Any:
    """What `f` gives when run on elements."""
    traced = jax.make_jaxpr(f)(*args)
    by = Rowwise(4)

    def run(*args: Any) -> list:
        return [by.join(x) for x in by.run(traced.jaxpr, traced.consts, [by.split(a) for a in args])]

    return jax.jit(run)(*args)


LOTS = np.arange(12.0).reshape(3, 4) - 5.5
ONE = np.array([0.5, 1.5, -2.5, 1.2])


@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: jnp.round(y) + x,
        lambda x, y: lax.round(y, lax.RoundingMethod.AWAY_FROM_ZERO) * x[0],
        lambda x, y: jnp.stack([x[2], y, x[0]]),
        lambda x, y: jnp.concatenate([x[1:], y[None]]),
        lambda x, y: jnp.where(jnp.arange(3)[:, None] == 1, x, y),
        lambda x, y: x.sum(axis=0) + x.max(axis=0),
        lambda x, y: lax.dynamic_index_in_dim(x, any_lane(y > 1.4).astype(int) + 1, keepdims=False) + y,
        lambda x, y: lax.fori_loop(0, 3, lambda k, s: s + x[k] * k, y),
        lambda x, y: lax.while_loop(lambda s: any_lane(s < 9), lambda s: s + 1.0, y),
        lambda x, y: where_asked(any_lane(y > 1.4), lambda s: s * 2.0, x),
        lambda x, y: where_asked(any_lane(y > 5.0), lambda s: s * 2.0, x),
        lambda x, y: lax.cond(any_lane(y < -2), lambda s: s + 1.0, lambda s: s - 1.0, x),
    ],
)
def test_a_function_on_elements_gives_what_it_gives_on_arrays(f: Any) -> None:
    (found,) = taken_apart(f, LOTS, ONE)
    np.testing.assert_array_equal(found, jax.jit(f)(LOTS, ONE))


@pytest.mark.parametrize("f", [lambda x, y: x[0][::-1], lambda x, y: jnp.sort(y), lambda x, y: x.sum(axis=1), lambda x, y: y[1]])
def test_what_mixes_lanes_is_refused(f: Any) -> None:
    with pytest.raises(NotRowwise):
        taken_apart(f, LOTS, ONE)


def test_elements_go_into_one_list_and_back() -> None:
    by = Rowwise(4)
    flat, back = flattened([by.split(LOTS), by.split(ONE)])
    assert len(flat) == 4
    np.testing.assert_array_equal(by.join(back(flat)[0]), LOTS)
