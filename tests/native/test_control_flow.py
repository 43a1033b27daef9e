"""Gates, loops and carried values: who may write where, what is read later, and what the two halves leave for each other."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from pinejax.core.gate import any_lane, where_asked
from pinejax.native.errors import NotLowered
from tests.native.harness import Case, check, lanes_of

Values = dict[str, Any]
WIDTH, GROUPS = 8, 2
X, Y, Z = (lanes_of(WIDTH, GROUPS, seed=i, whole=True) for i in range(3))
SMALL = lanes_of(WIDTH, GROUPS, 3, seed=3, whole=True)
BIG, OTHER = (lanes_of(WIDTH, GROUPS, 40, seed=i, whole=True) for i in (4, 5))
LADDER = np.arange(40.0) * 0.5
# Signs of the first two columns: both, either and none of two gates are open, on the last bar too.
ROWS = np.array([[1, 1, 2], [-1, 1, 3], [1, -1, 5], [-1, -1, 7], [1, 1, -2], [1, -1, 4], [-1, 1, 1], [1, 1, 3.0]])


def put(array: Any, row: Any, i: Any) -> Any:
    """An array with one row replaced."""
    return lax.dynamic_update_index_in_dim(array, row, i, 0)


def at(array: Any, i: Any) -> Any:
    """One row of an array."""
    return lax.dynamic_index_in_dim(array, i, keepdims=False)


def run(step: Any, shared: tuple[str, ...] = (), bars: int = 8, prologue: Any = None, **state: np.ndarray) -> None:
    """Both must end alike after every number of bars: what a gate did wrong, the next one may undo."""
    for n in {1, 2, 3, bars - 1, bars}:
        check(Case(step, state, shared, rows=ROWS[:n], prologue=prologue), is_typed=n == 1)


# Gates


def test_gate_changes_some_of_what_it_carries() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x, k, b = where_asked(row[0] > 0, lambda q: (q[0] + 1, q[1], put(q[2], q[0], p["t"])), (s["x"], s["k"], s["b"]))
        return {"x": x, "k": k * 1, "b": b}

    run(step, x=X, k=SMALL, b=BIG)


def test_gate_inside_a_gate() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def outer(q: Any) -> Any:
            x, y, b = where_asked(row[1] > 0, lambda r: (r[0] * 2, r[0] + r[1], put(r[2], r[1], 3)), q)
            return x + 1, y - x, put(b, x, p["t"])

        x, y, b = where_asked(row[0] > 0, outer, (s["x"], s["y"], s["b"]))
        return {"x": x, "y": y, "b": b, "z": s["z"] + x + b[3]}

    run(step, x=X, y=Y, z=Z, b=BIG)


def test_old_values_are_read_after_a_gate() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x, k, b = where_asked(row[0] > 0, lambda q: (q[0] + 1, q[1] * 2, put(q[2], q[0], p["t"])), (s["x"], s["k"], s["b"]))
        return {"x": x, "k": k, "b": b, "y": s["x"] + s["k"][1] - at(s["b"], p["t"])}

    run(step, x=X, y=Y, k=SMALL, b=BIG)


def test_two_gates_in_a_row_and_old_values_between() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x1, b1 = where_asked(row[0] > 0, lambda q: (q[0] + 1, put(q[1], q[0], p["t"])), (s["x"], s["b"]))
        x2, b2 = where_asked(row[1] > 0, lambda q: (q[0] * 2, put(q[1], x1, 2)), (x1, b1))
        return {"x": x2, "b": b2, "y": s["x"] - x1 + x2, "c": jnp.where(x1 > 0, b1, s["b"])}

    run(step, x=X, y=Y, b=BIG, c=OTHER)


def test_two_gates_from_the_same_value() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x = where_asked(row[0] > 0, lambda q: q + 1, s["x"])
        y = where_asked(row[1] > 0, lambda q: q * 2, s["x"])
        b = where_asked(row[0] > 0, lambda q: put(q, x, 1), s["b"])
        c = where_asked(row[1] > 0, lambda q: put(q, y, 2), s["b"])
        return {"x": y, "y": x, "b": c, "c": b}

    run(step, x=X, y=Y, b=BIG, c=OTHER)


def test_gate_that_swaps_what_it_carries() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x, y, b, c = where_asked(row[0] > 0, lambda q: (q[1], q[0], q[3], q[2]), (s["x"], s["y"], s["b"], s["c"]))
        return {"x": x, "y": y, "b": b, "c": c}

    run(step, x=X, y=Y, b=BIG, c=OTHER)


def test_gate_that_begins_twice_with_one_array() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        b, c = where_asked(row[0] > 0, lambda q: (q[0] + 1, put(q[1] * 2, q[0][1], 3)), (s["b"], s["b"]))
        x, y = where_asked(row[1] > 0, lambda q: (q[0] + 1, q[1] * 2), (s["x"], s["x"]))
        return {"b": b, "c": c, "x": x, "y": y}

    run(step, x=X, y=Y, b=BIG, c=OTHER)


def test_gate_that_changes_an_array_and_also_hands_it_on() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        ladder = s["ladder"]
        same, other = where_asked(row[0] > 0, lambda q: (ladder, s["steps"]), (ladder, ladder))
        b, c = where_asked(row[1] > 0, lambda q: (s["b"], s["c"]), (s["b"], s["b"]))
        y, x = where_asked(row[1] > 0, lambda q: (s["x"], s["y"]), (s["x"], s["x"]))
        return {"b": b, "c": c, "x": x, "y": y, "ladder": other, "steps": same}

    run(step, ("ladder", "steps"), b=BIG, c=OTHER, x=X, y=Y, ladder=LADDER, steps=LADDER * -2.0)


def test_gate_that_begins_with_two_views_of_one_array() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        view = s["b"].reshape(8, 5, 8).reshape(40, 8)
        b, c = where_asked(row[0] > 0, lambda q: (put(q[0], q[0][0] + 1, 0), put(q[1], q[0][0] * 2, 0)), (s["b"], view))
        return {"b": b, "c": c}

    run(step, b=BIG, c=OTHER)


def test_gate_that_hands_a_value_on_under_another_name() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        again, k = where_asked(row[1] > 0, lambda q: (lax.optimization_barrier(q[0]), q[1] + 1), (s["x"], s["z"]))
        same, _ = where_asked(row[1] > 0, lambda q: (lax.optimization_barrier(q[0]), q[1] + 1), (s["b"], s["z"]))
        x, y = where_asked(row[0] > 0, lambda q: (q[0] + 1, q[1] * 2), (s["x"], again))
        b, c = where_asked(row[0] > 0, lambda q: (q[0] + 1, put(q[1], x, 2)), (s["b"], same))
        return {"x": x, "y": y, "z": k, "b": b, "c": c}

    run(step, x=X, y=Y, z=Z, b=BIG, c=OTHER)


def test_gate_asked_by_any_lane_inside_a_shared_gate() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def outer(q: Any) -> Any:
            return where_asked(
                any_lane(q[0] > 2), lambda r: (jnp.where(r[0] > 2, r[0] - 3, r[0]), put(r[1], r[0], p["t"])), (q[0] + 1, q[1])
            )

        x, b = where_asked(row[0] > 0, outer, (s["x"], s["b"]))
        return {"x": x, "b": b}

    run(step, x=X, b=BIG)


def test_gate_asked_by_a_constant_and_by_a_carried_bool() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x = where_asked(jnp.asarray(True), lambda q: q + 1, s["x"])
        y = where_asked(jnp.asarray(False), lambda q: q + 1, s["y"])
        z = where_asked(s["on"], lambda q: q * 2, s["z"])
        return {"x": x, "y": y * 1, "z": z, "on": ~s["on"]}

    run(step, ("on",), x=X, y=Y, z=Z, on=np.array(True))


# Carried values


def test_carried_values_move_to_one_another() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return {"x": s["y"], "y": s["z"], "z": s["x"] + 0.5, "b": s["c"], "c": s["b"], "k": s["k"][::-1] if 0 else s["k"] * 2}

    run(step, x=X, y=Y, z=Z, b=BIG, c=OTHER, k=SMALL)


def test_previous_value_is_kept_while_the_present_one_changes() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        now, b = where_asked(row[0] > 0, lambda q: (q[0] + row[2], put(q[1], q[0], p["t"])), (s["now"], s["b"]))
        return {"previous": s["now"], "now": now, "moved": now - s["previous"], "b": b, "old_b": s["b"]}

    run(step, previous=X, now=Y, moved=Z, b=BIG, old_b=OTHER)


def test_two_outputs_share_a_value() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        new, array = s["x"] + s["y"], s["b"] * row[0] + s["c"]
        x, y = where_asked(row[1] > 0, lambda q: (q[0] + q[1],) * 2, (new, s["y"]))
        return {"x": x, "y": y, "z": x, "b": array, "c": array}

    run(step, x=X, y=Y, z=Z, b=BIG, c=OTHER)


def test_state_that_is_unused_constant_or_never_changes() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return s | {"x": s["x"] + s["fixed"] + s["n"], "zero": jnp.zeros(8), "one": jnp.ones(()), "table": jnp.full((40, 8), 2.0)}

    shared = {"n": np.float64(3), "nothing": np.arange(40.0), "one": np.float64(0.0)}
    run(step, tuple(shared), x=X, fixed=Y, unused=BIG, zero=Z, table=OTHER, **shared)


def test_shared_array_that_never_changes_is_read_per_lane() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        where = jnp.abs(s["x"]).astype(jnp.int32)
        return s | {
            "x": s["x"] + s["table"].at[where].get(mode="clip") + at(s["table"], p["t"]) + s["eight"],
            "b": s["b"] + s["table"][:, None],
        }

    run(step, ("table", "eight"), x=X, b=BIG, table=LADDER, eight=np.arange(8.0))


def test_masks_and_gates_with_numbers_of_all_types() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        hit = (s["n"] % 3 == 0) & ~s["on"]
        n, on = where_asked(any_lane(hit), lambda q: (jnp.where(hit, q[0] // 2, q[0]), q[1] | hit), (s["n"] + 1, s["on"]))
        return {"n": n, "on": on ^ (row[0] > 0), "big": put(s["big"], n, p["t"]), "f": s["f"] + n.astype(jnp.float32)}

    n = GROUPS * WIDTH
    run(step, n=np.arange(n, dtype=np.int32), on=np.arange(n) % 2 == 0, big=np.zeros((40, n), np.int32), f=np.zeros(n, np.float32))


# Loops inside a bar


def test_while_loop_of_several_rounds() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def a_round(c: Any) -> Any:
            i, x, k, b = c
            return i + 1, x * 0.5 + s["y"], put(k, x, i % 3), put(b, x + at(b, i + 1), i)

        _, x, k, b = lax.while_loop(lambda c: any_lane(c[1] > 4) & (c[0] < 6), a_round, (p["t"] * 0, s["x"], s["k"], s["b"]))
        return {"x": x + 5, "k": k, "b": b, "y": s["y"] - 1, "old": s["b"]}

    run(step, x=X, y=Y, k=SMALL, b=BIG, old=OTHER)


def test_loop_over_slots_with_dynamic_indices() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def slot(i: Any, c: Any) -> Any:
            k, b, total = c
            mine = at(k, i)
            return put(k, mine + total, i), put(b, mine * 2, i * 9 + p["t"]), total + mine - at(b, 39 - i)

        k, b, total = lax.fori_loop(0, 3, slot, (s["k"], s["b"], s["x"] * 0))
        return {"k": k * 0.5, "b": b, "x": s["x"] + total, "m": s["k"]}

    run(step, x=X, k=SMALL, b=BIG, m=SMALL * 2)


def test_loop_that_carries_one_array_twice() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def slot(i: Any, c: Any) -> Any:
            return put(c[0], c[0][0] + 1, i + 1), put(c[1], c[0][1] * 2, i)

        b, c = lax.fori_loop(0, 3, slot, (s["b"], s["b"]))
        x, y = lax.fori_loop(0, 3, lambda i, c: (c[0] + 1, c[1] + c[0]), (s["x"], s["x"]))
        return {"b": b, "c": c, "x": x, "y": y}

    run(step, b=BIG, c=OTHER, x=X, y=Y)


def test_scan_over_the_rows_of_arrays() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def one(c: Any, xs: Any) -> Any:
            wide, shared, number = xs
            return c * 0.5 + wide + shared + number, None

        x, _ = lax.scan(one, s["x"], (s["b"], s["ladder"], jnp.arange(40.0)))
        y, _ = lax.scan(one, s["y"], (s["k"], s["ladder"][:3], jnp.arange(3.0)))
        return {"x": x, "y": y, "k": s["k"] + 1, "b": put(s["b"], x, p["t"]), "ladder": s["ladder"] + row[0]}

    run(step, ("ladder",), x=X, y=Y, k=SMALL, b=BIG, ladder=LADDER)


def test_scan_over_the_array_that_it_carries() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return {"b": lax.scan(lambda c, r: (put(c, r + 1, 39), None), s["b"], s["b"])[0]}

    run(step, b=BIG)


def test_scan_that_changes_its_rows() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        rows = jnp.broadcast_to(s["b"][None] * 1.0, (5, 40, 8))
        return {"b": lax.scan(lambda c, r: (c + put(r, r[0] + 1, 0), None), s["b"] * 0, rows)[0] * 0.25}

    run(step, b=BIG)


def test_loop_of_no_rounds() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        x = lax.fori_loop(0, 0, lambda i, c: c + 1, s["x"])
        y, _ = lax.scan(lambda c, r: (c + r, None), s["y"], s["k"][:0])
        return {"x": x - 1, "y": y - 1, "k": s["k"] * 2}

    run(step, x=X, y=Y, k=SMALL)


def test_gate_inside_a_loop_inside_a_gate() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def slot(i: Any, c: Any) -> Any:
            return where_asked(any_lane(at(c[1], i) > row[2]), lambda q: (put(q[0], at(q[1], i), i * 10), put(q[1], q[2], i), q[2] + 1), c)

        def outer(q: Any) -> Any:
            b, k, x = lax.fori_loop(0, 3, slot, q)
            return b, k, x * 0.5

        b, k, x = where_asked(row[1] > 0, outer, (s["b"], s["k"], s["x"]))
        return {"b": b, "k": k, "x": x, "y": s["k"][0] + b[10] - s["b"][10]}

    run(step, b=BIG, k=SMALL, x=X, y=Y)


def test_loop_inside_a_loop() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def inner(j: Any, c: Any) -> Any:
            return c[0] + at(c[1], j), put(c[1], c[0], j + 1)

        def outer(i: Any, c: Any) -> Any:
            x, b = lax.fori_loop(0, 3, inner, (c[0], s["b"]))
            return x * 0.25 + at(c[1], i), b

        x, b = lax.fori_loop(0, 2, outer, (s["x"], s["b"]))
        return {"x": x.round(), "b": b}

    run(step, x=X, b=BIG)


# Big arrays in place


def test_an_old_version_of_an_array_is_read_after_its_update() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        new = put(s["b"], s["x"], p["t"])
        newer = put(new, at(s["b"], p["t"]), 20)
        return {"b": newer, "x": at(s["b"], 20) + at(new, 20), "c": jnp.where(s["x"] > 0, new, s["c"])}

    run(step, x=X, b=BIG, c=OTHER)


def test_a_view_is_read_after_the_update_of_its_array() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        view, turned = s["b"][4:30], s["b"].reshape(2, 20, 8)
        new = put(s["b"], s["x"], p["t"] + 4)
        return {"b": new, "c": lax.dynamic_update_slice(s["c"], view, (p["t"], p["t"] * 0)), "x": turned[0, 4] + view[1]}

    run(step, x=X, b=BIG, c=OTHER)


def test_sums_of_arrays_are_read_after_the_arrays_change() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        twice, shifted = s["b"] * 2, s["b"][1:] - s["c"][:39]
        b = where_asked(row[0] > 0, lambda q: put(q, s["x"], p["t"]), s["b"])
        c = put(s["c"], s["x"], 3)
        return {"b": twice + b - c, "c": lax.dynamic_update_slice(c, shifted * 0.5, (0, 0)), "x": s["x"] + b[2]}

    run(step, x=X, b=BIG, c=OTHER)


def test_outputs_in_place_depend_on_one_another() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return {"b": s["c"] + 1, "c": s["b"] - 1, "d": jnp.where(s["b"] > s["c"], s["d"], s["b"] + s["d"]), "x": s["b"][3] + s["c"][4]}

    run(step, b=BIG, c=OTHER, d=BIG * 2, x=X)


# The two halves


def test_ladder_is_updated_under_a_shared_condition_and_read_per_lane_inside() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def change(q: Any) -> Any:
            ladder, x = q
            ladder = jnp.concatenate([ladder[1:], row[2:3]])
            where = jnp.abs(x).astype(jnp.int32)
            return ladder, x + ladder.at[where].get(mode="clip")

        ladder, x = where_asked(row[0] > 0, change, (s["ladder"], s["x"]))
        return {"ladder": ladder, "x": x, "y": s["y"] + ladder.at[jnp.abs(s["y"]).astype(jnp.int32) % 40].get(mode="clip") - s["ladder"][3]}

    run(step, ("ladder",), x=X, y=Y, ladder=LADDER)


def test_shared_value_is_used_only_inside_a_rare_gate() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        total = s["total"] + row[2]
        x = where_asked(any_lane(s["x"] > 7), lambda q: q - total - s["n"], s["x"] + 1)
        return {"total": total, "x": x, "n": s["n"] + 1}

    run(step, ("total", "n"), x=X, total=np.float64(0), n=np.float64(1))


def test_shared_gate_inside_a_shared_gate_makes_values_for_lanes() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        def inner(q: Any) -> Any:
            high, ladder, x = q
            high = jnp.maximum(high, row[2])
            return high, put(ladder, high, p["t"]), x + high

        def outer(q: Any) -> Any:
            high, ladder, x = where_asked(row[1] > 0, inner, q)
            middle = (high + ladder[2]) * 0.5
            return high + 1, put(ladder, middle, 7), x - middle

        high, ladder, x = where_asked(row[0] > 0, outer, (s["high"], s["ladder"], s["x"]))
        return {"high": high, "ladder": ladder, "x": x, "before": s["high"]}

    run(step, ("high", "ladder", "before"), x=X, ladder=LADDER, high=np.float64(0), before=np.float64(0))


def test_higher_timeframe_holds_its_values_until_it_closes() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        closes = p["t"] % 3 == 2

        def close(q: Any) -> Any:
            value, ema, ring, mine = q
            new = ema * 0.5 + value
            return row[2], new, put(ring, new, (p["t"] // 3) % 40), mine * 0.5 + new

        value, ema, ring, mine = where_asked(closes, close, (jnp.maximum(s["value"], row[2]), s["ema"], s["ring"], s["mine"]))
        return {"value": value, "ema": ema, "ring": ring, "mine": mine, "x": jnp.where(s["x"] > ema, mine, s["x"] + ring[1])}

    run(step, ("value", "ema", "ring"), x=X, mine=Y, value=np.float64(0), ema=np.float64(0), ring=LADDER)


def test_shared_loop_and_shared_whole_numbers() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        ladder = lax.fori_loop(0, 5, lambda i, c: put(c, c[3] + i, i * 2), s["ladder"])
        n = jnp.where(row[0] > 0, s["n"] + 1, s["n"])
        on = (n % 2 == 0) ^ s["on"]
        return {"ladder": ladder, "n": n, "on": on, "x": jnp.where(on, s["x"] + at(ladder, n), s["x"]), "k": s["k"] + n}

    run(step, ("ladder", "n", "on"), x=X, k=SMALL, ladder=LADDER, n=np.int32(2), on=np.array(False))


def test_leaf_that_begins_shared_and_becomes_the_lanes_own() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return {"x": s["x"] + s["n"], "n": s["n"] + any_lane(s["x"] > 100), "m": jnp.maximum(s["m"], row[2])}

    run(step, ("n", "m"), x=X, n=np.float64(1), m=np.float64(0))


def test_constants_made_before_the_loop() -> None:
    def prologue(params: Values, known: Values) -> Any:
        length = (jnp.abs(params["p"]) * 5).astype(jnp.int32) + 1
        return 2.0 / (length + 1), length, known["terms"]["size"] * 3, jnp.arange(40.0)[:, None] < length

    def step(s: Values, row: Any, p: Values) -> Values:
        alpha, length, size, mask = p["hoisted"]
        x = s["x"] + alpha * (row[2] - s["x"]) + size + p["terms"]["first"]
        return {"x": x, "b": jnp.where(mask, s["b"], 0) + x, "n": s["n"] + length, "total": s["total"] + size * p["window"]["rate"]}

    run(step, ("total",), x=X, b=BIG, n=np.zeros(16, np.int32), total=np.float64(0), prologue=prologue)


@pytest.mark.parametrize("mixed", [False, True])
def test_gate_before_the_loop(mixed: bool) -> None:
    def prologue(params: Values, known: Values) -> Any:
        size = known["terms"]["size"]
        return where_asked(known["terms"]["open"], lambda q: (q[0] + 1, q[1] * 2), (size, params["p"] if mixed else size + 5))

    def step(s: Values, row: Any, p: Values) -> Values:
        return {"x": s["x"] * p["hoisted"][1], "n": s["n"] + p["hoisted"][0]}

    run(step, ("n",), x=X, n=np.float64(3), prologue=prologue)


def test_state_read_before_the_loop_is_refused() -> None:
    """Each chunk of bars begins with another state."""

    def step(s: Values, row: Any, p: Values) -> Values:
        return {"x": s["x"] + p["hoisted"], "n": s["n"] + 1}

    with pytest.raises(NotLowered, match="before its loop"):
        run(step, ("n",), x=X, n=np.float64(3), prologue=lambda params, known: known["state"]["n"] * params["p"])
