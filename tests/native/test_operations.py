"""Every operation that has a native form, on numbers, vectors of lanes and arrays, with the values where such forms go wrong."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from pinejax.native.elementwise import RULES as ELEMENTWISE
from pinejax.native.errors import NotLowered
from pinejax.native.shaping import RULES as SHAPING
from tests.native.harness import Case, assert_same, check, lanes_of

GROUPS = 2
WIDTHS = (8, 16)
SLOW = pytest.mark.slow
"""Forms that differ from a tested one in the number of bits or lanes only."""
LEAST = np.iinfo(np.int32).min
# No number below 1e-308: XLA takes those for zeros.
FLOATS = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1.0, -1.0, 3.7, -3.7, 1e300, -1e300, 2**31, -(2**31) - 1, 0.3]
)
WHOLES = np.array([0, 1, -1, 2, -2, 3, 7, -7, 100, 2**31 - 1, LEAST, LEAST + 1], np.int64)
UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg, "sign": jnp.sign, "abs": jnp.abs, "floor": jnp.floor, "ceil": jnp.ceil, "sqrt": jnp.sqrt, "square": lax.square,
    "round": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), "is_finite": jnp.isfinite, "exp": jnp.exp, "exp2": jnp.exp2,
    "log": jnp.log, "log1p": jnp.log1p, "expm1": jnp.expm1, "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "asin": lax.asin,
    "acos": lax.acos, "atan": lax.atan, "sinh": lax.sinh, "cosh": lax.cosh, "tanh": lax.tanh, "cbrt": lax.cbrt, "erf": lax.erf,
}  # fmt: skip
WHOLE_UNARY = ("neg", "sign", "abs", "square")
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lax.add, "sub": lax.sub, "mul": lax.mul, "div": lax.div, "rem": lax.rem, "max": lax.max, "min": lax.min,
    "eq": lax.eq, "ne": lax.ne, "lt": lax.lt, "le": lax.le, "gt": lax.gt, "ge": lax.ge,
}  # fmt: skip
LOGIC = {"and": lax.bitwise_and, "or": lax.bitwise_or, "xor": lax.bitwise_xor}
ELSEWHERE = {"add_any", "not", "select_n", "convert_element_type", "clamp", "integer_pow", "pow", "atan2", *LOGIC}
LIBRARY = set(UNARY) - {"neg", "sign", "abs", "floor", "ceil", "sqrt", "square", "round", "is_finite"}
FAR = {"sin", "cos", "tan", "exp", "exp2", "sinh", "cosh"}
"""Functions of the C library that XLA approximates otherwise for numbers this large."""


def test_every_element_wise_operation_has_a_test() -> None:
    assert set(ELEMENTWISE) == set(UNARY) | set(BINARY) | ELSEWHERE


def test_every_rearranging_operation_has_a_test() -> None:
    named = {name.removeprefix("test_") for name in globals()}
    assert {op for op in SHAPING if not any(op in name for name in named)} == set()


def filled(values: np.ndarray, dtype: Any, *shape: int, shift: int = 0) -> np.ndarray:
    """The values again and again in an array of that shape."""
    with np.errstate(all="ignore"):
        return np.roll(np.resize(values, np.prod(shape, dtype=int)), shift).reshape(shape).astype(dtype)


def shapes(width: int) -> dict[str, tuple[tuple[int, ...], bool]]:
    """By name a shape and whether the lanes share it: lanes, small and big arrays, arrays by chance as long as a vector."""
    n = GROUPS * width
    return {
        "lanes": ((n,), False), "small": ((3, n), False), "big": ((40, n), False), "number": ((), True), "few": ((3,), True),
        "many": ((40,), True), "as_lanes": ((width,), True), "as_lanes_1": ((width, 1), True), "rows_as_lanes": ((2, width), True),
        "twice": ((2 * width,), True),
    }  # fmt: skip


def elementwise_case(
    operation: Callable[..., Any], values: np.ndarray, dtype: Any, width: int, n: int, only: tuple[str, ...] | None = None
) -> Case:
    """One bar of an operation on every shape: its operands are leaves, and so are its results."""
    state: dict[str, np.ndarray] = {}
    shared = []
    out = np.dtype(jax.eval_shape(operation, *([jax.ShapeDtypeStruct((), dtype)] * n)).dtype)
    names = only or tuple(shapes(width))
    for name in names:
        shape, same = shapes(width)[name]
        for i in range(n):
            state[f"{name}:{i}"] = filled(values, dtype, *shape, shift=3 * i if i < 2 else 7)
        state[f"{name}:out"] = np.zeros(shape, out)
        shared += [f"{name}:{end}" for end in (*map(str, range(n)), "out") if same]

    def step(s: dict[str, Any], row: Any, p: Any) -> dict[str, Any]:
        # Operands that do not change at all would be constants of the loop.
        same = {k: lax.optimization_barrier(v) for k, v in s.items()}
        return same | {f"{name}:out": operation(*(s[f"{name}:{i}"] for i in range(n))) for name in names}

    return Case(step, state, shared, width=width, bars=1)


@pytest.mark.parametrize(
    ("dtype", "width"), [(np.float64, 8), pytest.param(np.float32, 8, marks=SLOW), pytest.param(np.float64, 16, marks=SLOW)]
)
@pytest.mark.parametrize("op", sorted(UNARY))
def test_operation_of_one_float(op: str, dtype: Any, width: int) -> None:
    values = FLOATS[np.isnan(FLOATS) | (np.abs(FLOATS) < 10)] if op in FAR else FLOATS
    only = ("lanes", "few", "many") if op in LIBRARY or width != 8 or dtype != np.float64 else None
    check(elementwise_case(UNARY[op], values, dtype, width, 1, only), rtol=1e-13 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("op", WHOLE_UNARY)
def test_operation_of_one_whole_number(op: str) -> None:
    check(elementwise_case(UNARY[op], WHOLES, np.int32, 8, 1))


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=SLOW), np.int32, pytest.param(np.int64, marks=SLOW)])
@pytest.mark.parametrize("op", sorted(BINARY))
def test_operation_of_two_numbers(op: str, dtype: Any) -> None:
    is_float = np.dtype(dtype).kind == "f"
    values = FLOATS if is_float else WHOLES if dtype == np.int32 else np.append(WHOLES, np.iinfo(np.int64).min)
    if op == "rem" and is_float:
        values = values[np.isnan(values) | (np.abs(values) < 1e5) & ((values == 0) | (np.abs(values) > 1e-5)) | np.isinf(values)]
    if op in ("max", "min") and is_float:
        values = values[~((values == 0) & np.signbit(values))]  # which zero it is, is not defined
    check(elementwise_case(BINARY[op], values, dtype, 8 if dtype != np.int32 else 16, 2))


@pytest.mark.parametrize("op", ["eq", "ne", "lt", "le", "gt", "ge", "max", "min", *LOGIC])
@pytest.mark.parametrize("width", [8, pytest.param(16, marks=SLOW)])
def test_operation_of_two_bools(op: str, width: int) -> None:
    values = np.array([True, False, False, True, True, False, True])
    check(elementwise_case((BINARY | LOGIC)[op], values, bool, width, 2))


@pytest.mark.parametrize("op", sorted(LOGIC))
def test_bitwise_operation_of_whole_numbers(op: str) -> None:
    check(elementwise_case(LOGIC[op], WHOLES, np.int32, 8, 2))


def test_not_of_bools_and_whole_numbers() -> None:
    for dtype in (bool, np.int32):
        check(elementwise_case(jnp.invert, WHOLES, dtype, 8, 1))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("old", [np.float64, np.float32, np.int32, np.int64, bool])
def test_conversions(old: Any, width: int) -> None:
    values = FLOATS if np.dtype(old).kind == "f" else WHOLES
    for new in (np.float64, np.float32, np.int32, np.int64, bool):
        if new != old and not (old == np.float64 and new == np.float32):
            check(elementwise_case(lambda x, new=new: lax.convert_element_type(x, new), values, old, width, 1))
    if old == np.float64:
        sane = values[np.isnan(values) | (np.abs(values) < 1e30) & (np.abs(values) > 1e-30) | np.isinf(values)]
        check(elementwise_case(lambda x: lax.convert_element_type(x, np.float32), sane, old, width, 1))


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_a_constant_is_converted_as_a_value_is() -> None:
    def step(s: Any, row: Any, p: Any) -> Any:
        odd = [jnp.full((), v).astype(jnp.int32) for v in (np.nan, 1e20, -1e20, 2.9, -2.9)]
        return {"n": s["n"] + sum(o // 7 for o in odd)}

    check(Case(step, {"n": np.arange(16, dtype=np.int32)}))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
@pytest.mark.parametrize("op", ["convert", "max", "div", "lt", "add"])
def test_unsigned_numbers_are_right_or_refused(op: str, dtype: Any) -> None:
    rules = BINARY | {"convert": lambda a, b: a.astype(jnp.float64) + b.astype(jnp.int32)}
    case = elementwise_case(rules[op], np.array([0, 1, 3, 127, 128, 200, 255]) * (1 if dtype == np.uint8 else 16_843_009), dtype, 8, 2)
    try:
        check(case)
    except NotLowered:
        pytest.skip("refused")


@pytest.mark.parametrize("dtype", [np.float64, np.int32, bool])
def test_select_n_of_arrays_by_a_mask_and_by_a_number(dtype: Any) -> None:
    values = {np.float64: FLOATS, np.int32: WHOLES, bool: np.array([True, False, False])}[dtype]
    check(elementwise_case(lambda a, b: jnp.where(a > b, a, b), values, dtype, 8, 2))
    if dtype is not bool:
        check(elementwise_case(lambda a, b: lax.select(a[(0,) * a.ndim] > b[(0,) * b.ndim], a, b), values, dtype, 8, 2))


def test_clamp_by_numbers_and_by_arrays() -> None:
    check(elementwise_case(lambda x: lax.clamp(jnp.asarray(-1, x.dtype), x, jnp.asarray(2.5, x.dtype)), FLOATS, np.float64, 8, 1))
    tame = FLOATS[~np.isnan(FLOATS)]
    check(elementwise_case(lambda x, a, b: lax.clamp(lax.min(a, b), x, lax.max(a, b)), np.where(tame == 0, 0.0, tame), np.float64, 8, 3))
    check(elementwise_case(lambda x: lax.clamp(jnp.asarray(-1, x.dtype), x, jnp.asarray(2, x.dtype)), WHOLES, np.int32, 16, 1))


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 3, 5, 8])
def test_integer_pow(n: int) -> None:
    check(elementwise_case(lambda x: lax.integer_pow(x, n), FLOATS[np.isnan(FLOATS) | (np.abs(FLOATS) < 10)], np.float64, 8, 1))
    if n >= 0:
        check(elementwise_case(lambda x: lax.integer_pow(x, n), WHOLES, np.int32, 8, 1))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("op", ["pow", "atan2"])
def test_pow_and_atan2(op: str, dtype: Any) -> None:
    values = FLOATS[~(np.abs(FLOATS) > 1e4) & ~((FLOATS != 0) & (np.abs(FLOATS) < 1e-5))]
    check(elementwise_case({"pow": lax.pow, "atan2": lax.atan2}[op], values, dtype, 8, 2), rtol=1e-13 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("constant", [np.nan, -np.nan, np.inf, -np.inf, 0.0, 1.5])
@pytest.mark.parametrize("op", ["max", "min"])
def test_extremes_with_a_constant_on_either_side(op: str, constant: float) -> None:
    values = FLOATS[~((FLOATS == 0) & np.signbit(FLOATS))]
    check(elementwise_case(lambda x: BINARY[op](x, jnp.full_like(x, constant)), values, np.float64, 8, 1))
    check(elementwise_case(lambda x: BINARY[op](jnp.full_like(x, constant), x), values, np.float64, 8, 1))
    check(Case(lambda s, r, p: {"x": BINARY[op](s["x"], np.full(8, constant)) + 0.5}, {"x": filled(values, np.float64, 24)}))


# Rearranging operations. The state: per lane x [lanes], k [3, lanes], m [8, lanes] (as many rows as lanes), b [40, lanes]; shared n, f [3],
# e [8], t [16], s [40], g [40, 3].


def arrays(width: int = 8, whole: bool = True) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """An example of each shape, and which of them are shared."""
    rng = np.random.default_rng(3)
    shared = {"n": (), "f": (3,), "e": (8,), "t": (16,), "s": (40,), "g": (40, 3)}
    state = {k: np.asarray(rng.integers(-20, 20, shape) * 0.5) for k, shape in shared.items()}
    for k, outer in {"x": (), "k": (3,), "m": (8,), "b": (40,)}.items():
        state[k] = lanes_of(width, GROUPS, *outer, seed=len(state), whole=whole)
    return state, tuple(shared)


def move(change: Callable[[dict[str, Any]], dict[str, Any]], width: int = 8, bars: int = 3, state: Any = None) -> None:
    """Check a step that replaces some of those arrays; the others are turned by one row, so that nothing is constant."""
    mine, shared = arrays(width)
    if state is not None:
        mine |= state

    def step(s: dict[str, Any], row: Any, p: dict[str, Any]) -> dict[str, Any]:
        turned = {k: jnp.roll(v, 1, axis=0) if v.ndim > 1 or (k in shared and v.ndim) else -v for k, v in s.items()}
        return turned | change(s | {"i": p["t"], "p": p["p"], "row": row})

    check(Case(step, mine, shared, width=width, bars=bars))


@pytest.mark.parametrize("width", WIDTHS)
def test_slice_reads_rows_lanes_and_steps(width: int) -> None:
    move(lambda s: {"x": s["k"][1] + s["b"][7] - s["m"][7] + s["e"][3] + s["t"][9] + s["s"][39] + s["g"][5, 2]}, width)
    move(lambda s: {"x": s["b"][::13].sum(0) + s["b"][2:39:4].max(0), "n": s["s"][3::7].sum() + s["g"][1::20, 1:].sum()}, width)
    move(lambda s: {"x": lax.slice(s["x"], (0,), (width,)) + 1, "m": lax.slice(s["m"], (0, 0), (8, width)), "e": s["t"][4:12]}, width)


def test_slice_of_single_lanes() -> None:
    move(lambda s: {"x": s["x"] + s["x"][3] + s["k"][:, 2].sum() - s["m"][:, 5].sum()})
    move(lambda s: {"x": jnp.concatenate([s["x"][4:], s["x"][:4]])})


def test_reshape_and_squeeze_and_expand_dims() -> None:
    move(lambda s: {"x": s["k"].reshape(3, 1, 8)[1, 0] + s["m"].reshape(2, 4, 8)[1, 2] + s["b"].reshape(5, 8, 8)[3, 1]})
    move(lambda s: {"s": s["s"].reshape(4, 10).reshape(10, 4).reshape(40) + 1, "t": s["t"].reshape(2, 8).reshape(4, 4).reshape(16)})
    move(lambda s: {"e": s["e"].reshape(8, 1).reshape(1, 8).reshape(8) + 1, "f": lax.expand_dims(s["f"], (0, 2)).reshape(3)})
    move(lambda s: {"x": jnp.squeeze(s["x"][None, :, None], (0, 2)) + lax.squeeze(s["k"][:1], (0,))})
    move(lambda s: {"x": s["x"] + s["m"].reshape(64)[::9], "g": s["s"][:, None] * s["g"]})


@pytest.mark.parametrize("width", WIDTHS)
def test_broadcast_in_dim_and_spread(width: int) -> None:
    move(lambda s: {"x": jnp.full_like(s["x"], s["n"]), "k": jnp.broadcast_to(s["n"], (3, width)) + s["f"][:, None] * s["x"]}, width)
    move(lambda s: {"b": s["b"] * s["x"] + s["s"][:, None], "m": jnp.broadcast_to(s["x"], (8, width)) - s["e"][:, None]}, width)
    move(lambda s: {"s": jnp.broadcast_to(s["n"], (40,)) + s["s"], "g": s["f"] + jnp.broadcast_to(s["s"][:, None], (40, 3))}, width)
    move(lambda s: {"b": jnp.broadcast_to(s["n"], (40, width)) + jnp.broadcast_to(s["row"][0], (1, width)) * s["b"]}, width)


def test_broadcast_in_dim_of_arrays_as_long_as_a_vector() -> None:
    move(lambda s: {"e": s["e"] * s["n"], "m": jnp.broadcast_to(s["e"], (8, 8)) + jnp.broadcast_to(s["e"][:, None], (8, 8)) * s["m"]})
    move(lambda s: {"k": jnp.broadcast_to(s["e"], (3, 8)) * s["k"], "x": s["e"] + s["x"], "b": s["b"] + s["e"]})


def test_concatenate_and_stack() -> None:
    move(lambda s: {"k": jnp.stack([s["x"], s["k"][0], s["m"][3]]), "m": jnp.concatenate([s["k"], s["m"][:5]])})
    move(lambda s: {"b": jnp.concatenate([s["b"][30:], s["m"], s["b"][:22]]), "s": jnp.concatenate([s["s"][1:], s["n"][None]])})
    move(lambda s: {"e": jnp.concatenate([s["f"], s["e"][:5]]), "t": jnp.concatenate([s["e"], s["e"][::-1] if 0 else s["e"] * 2])})
    move(lambda s: {"x": jnp.concatenate([s["x"][5:], s["x"][:5]]), "e": jnp.stack([s["e"][i] * i for i in range(8)])})
    move(lambda s: {"g": jnp.stack([s["s"], s["s"] + 1, s["g"][:, 0]], axis=1), "t": jnp.stack([s["e"], s["e"] * 2]).reshape(16)})


def test_concatenate_with_an_empty_part() -> None:
    move(lambda s: {"k": jnp.concatenate([s["k"][:0], s["k"]]) + 1, "s": jnp.concatenate([s["s"], s["s"][:0]]) + 1})


def test_iota_in_every_shape() -> None:
    move(lambda s: {"e": s["e"] + jnp.arange(8), "f": s["f"] * jnp.arange(3), "s": s["s"] + jnp.arange(40), "x": s["x"] + jnp.arange(8.0)})
    move(
        lambda s: {"g": s["g"] + lax.broadcasted_iota(jnp.float64, (40, 3), 0), "m": s["m"] + lax.broadcasted_iota(jnp.float64, (8, 8), 1)}
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_dynamic_slice_clamps_its_index(width: int) -> None:
    def change(s: dict[str, Any]) -> dict[str, Any]:
        far, before = s["i"] * 17, s["i"] - 2
        at = lambda a, i: lax.dynamic_index_in_dim(a, i, keepdims=False)  # noqa: E731
        x = at(s["b"], far) + at(s["k"], s["i"]) + at(s["m"], far) + at(s["s"], before) + at(s["e"], far) + at(s["f"], s["i"])
        g = lax.dynamic_slice(s["g"], (far, s["i"] % jnp.int32(3)), (1, 1))[0, 0]
        return {"x": x + g, "e": lax.dynamic_slice(s["s"], (far,), (8,)), "k": lax.dynamic_slice(s["b"], (far, far * 0), (3, width))}

    move(change, width)


def test_dynamic_slice_of_the_whole_array() -> None:
    move(lambda s: {"x": lax.dynamic_slice(s["x"], (s["i"],), (8,)), "k": lax.dynamic_slice(s["k"], (s["i"], s["i"]), (3, 8))})


@pytest.mark.parametrize("width", WIDTHS)
def test_dynamic_update_slice_in_small_and_big_arrays(width: int) -> None:
    put = lambda a, new, i: lax.dynamic_update_index_in_dim(a, new, i, 0)  # noqa: E731
    move(
        lambda s: {"k": put(s["k"], s["x"], s["i"] - 1), "b": put(s["b"], s["x"], s["i"] * 20), "m": put(s["m"], s["k"][0], s["i"] * 4)},
        width,
    )
    move(lambda s: {"s": put(s["s"], s["n"], s["i"] * 25), "f": put(s["f"], s["n"], s["i"] - 1)}, width)
    move(
        lambda s: {
            "b": lax.dynamic_update_slice(s["b"], s["m"], (s["i"] * 30, s["i"] * 0)),
            "k": lax.dynamic_update_slice(s["k"], s["m"][:2], (1, 0)),
        },
        width,
    )


def test_dynamic_update_slice_from_an_overlapping_part_of_itself() -> None:
    move(lambda s: {"b": lax.dynamic_update_slice(s["b"], s["b"][:-1], (1, 0)), "s": lax.dynamic_update_slice(s["s"], s["s"][:-1], (1,))})
    move(
        lambda s: {"b": lax.dynamic_update_slice(s["b"], s["b"][1:], (0, 0)), "s": lax.dynamic_update_slice(s["s"], s["s"][5:], (s["i"],))}
    )


def test_gather_from_a_shared_table_and_from_each_lanes_column() -> None:
    def change(s: dict[str, Any]) -> dict[str, Any]:
        i = (s["x"] * 5).astype(jnp.int32)
        x = s["s"].at[i].get(mode="clip") + jnp.take_along_axis(s["b"], i[None], 0, mode="clip")[0]
        many = jnp.take_along_axis(s["b"], jnp.stack([i, i + 1, -i]), 0, mode="clip")
        return {
            "x": x - jnp.take_along_axis(s["k"], i[None] % 3, 0, mode="clip")[0],
            "k": many,
            "m": s["m"] + s["f"].at[i % 3].get(mode="clip"),
        }

    move(change)
    move(lambda s: {"x": s["s"].at[s["x"].astype(jnp.int64)].get(mode="clip"), "n": s["s"].at[s["i"] * 30].get(mode="clip")})


def test_transpose_of_small_arrays() -> None:
    move(lambda s: {"x": s["k"].T[:, 1] + s["x"], "g": s["g"] + s["g"][:3].T[0]})


@pytest.mark.parametrize("width", WIDTHS)
def test_any_lane_of_one_lane_and_of_none(width: int) -> None:
    from pinejax.core.gate import any_lane

    def change(s: dict[str, Any]) -> dict[str, Any]:
        some = any_lane(s["x"] > 5.5)
        return {"x": jnp.where(some, s["x"] * 0.5, s["x"] + 1), "k": s["k"] + any_lane(s["n"] > 0)}

    move(change, width, bars=9)


@pytest.mark.parametrize("name", ["sum", "max", "min"])
def test_reduce_sum_and_reduce_max_and_reduce_min(name: str) -> None:
    f = getattr(jnp, name)
    move(lambda s: {"x": f(s["k"], 0) + f(s["m"], 0) - f(s["b"], 0), "n": f(s["e"]) + f(s["s"]) + f(s["f"]) + f(s["t"])})
    move(lambda s: {"x": s["x"] + f(s["x"]), "k": s["k"] + f(s["k"], 1)[:, None]})
    odd = {
        "k": filled(FLOATS[:6], np.float64, 3, 16),
        "b": filled(FLOATS[:6], np.float64, 40, 16),
        "s": filled(FLOATS[3:9], np.float64, 40),
    }
    move(lambda s: {"x": f(s["k"], 0), "m": jnp.broadcast_to(f(s["b"], 0), (8, 8)), "n": f(s["s"])}, state=odd)


def test_reduce_max_along_the_lanes_of_as_many_rows() -> None:
    move(lambda s: {"x": s["x"] + s["m"].max(axis=1)})


def test_reduce_or_and_reduce_and() -> None:
    def change(s: dict[str, Any]) -> dict[str, Any]:
        x = jnp.where(jnp.any(s["k"] > 1, 0) & ~jnp.all(s["m"] > -4, 0), s["x"], -s["x"])
        return {"x": jnp.where(jnp.any(s["b"] > 7, 0), x + 1, x), "n": jnp.where(jnp.any(s["e"] > 9) | jnp.all(s["f"] < 0), 1.0, 0.0)}

    move(change)


def test_bools_are_carried_in_every_shape() -> None:
    rng = np.random.default_rng(2)
    state = {name: rng.random(shape) > 0.5 for name, (shape, _) in shapes(8).items()}
    shared = [name for name, (_, same) in shapes(8).items() if same]

    def step(s: dict[str, Any], row: Any, p: dict[str, Any]) -> dict[str, Any]:
        turned = {k: jnp.roll(v, 1, axis=0) ^ (row[0] > 0) if v.ndim else ~v for k, v in s.items()}
        turned["big"] = lax.dynamic_update_index_in_dim(turned["big"], s["lanes"], p["t"] * 7, 0)
        return turned | {"lanes": s["small"][1] ^ s["many"][3] | s["big"][39], "many": turned["many"] & s["number"]}

    for width in WIDTHS:
        n = GROUPS * width
        mine = {k: np.resize(v, (*v.shape[:-1], n)) if k not in shared else np.resize(v, shapes(width)[k][0]) for k, v in state.items()}
        check(Case(step, mine, shared, width=width))


def test_big_constants() -> None:
    table = np.arange(40.0) ** 2
    move(lambda s: {"s": s["s"] + table, "b": s["b"] * table[:, None], "x": s["x"] + jnp.asarray(table)[s["i"] * 5]})
    move(lambda s: {"b": jnp.where(s["b"] > 1, jnp.nan, s["b"]), "s": jnp.where(s["s"] > 1, jnp.full(40, np.inf), s["s"])})


def test_leaves_without_elements() -> None:
    case = Case(lambda s, r, p: {"x": s["x"] + 1, "none": s["none"]}, {"x": np.arange(16.0), "none": np.zeros((0, 16))})
    assert_same(case.native(), case.plain())
