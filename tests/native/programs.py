"""Random steps for the harness: whole and half numbers only, so that native code and XLA must agree to the last bit."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from pinejax.core.gate import any_lane, where_asked
from tests.native.harness import Case

SIZES = {"lane": (), "small": (3,), "as_many": (8,), "big": (20,), "bigger": (40,)}
"""The arrays per lane `[*size, lanes]`; shared ones have the same sizes without lanes."""
MOST = 64.0


def tame(x: Any) -> Any:
    """A float kept within numbers that float64 adds and multiplies exactly."""
    return jnp.clip(x, -MOST, MOST)


class Writer:
    """Writes one random step: `values` are the live ones by kind, a kind being (size, shared?, dtype)."""

    def __init__(self, rng: np.random.Generator, width: int):
        self.rng, self.width = rng, width

    def pick(self, items: list[Any]) -> Any:
        """One of them, the newest and the oldest with more weight."""
        if self.rng.random() < 0.4:
            return items[-1 - int(self.rng.integers(0, min(3, len(items))))]
        return items[int(self.rng.integers(0, len(items)))]

    def index(self, pool: dict, size: str) -> Any:
        """A shared index, sometimes out of the array's range."""
        n = SIZES[size][0]
        chosen = self.rng.integers(0, 3)
        if chosen == 0:
            return jnp.int32(self.rng.integers(0, n))
        moved = pool["t"] * int(self.rng.integers(1, 5)) - int(self.rng.integers(0, 4))
        return moved if chosen == 1 else moved % n

    def of(self, pool: dict, size: str, shared: bool) -> Any:
        """A live value of a kind."""
        return self.pick(pool[size, shared])

    def spread(self, pool: dict, size: str) -> Any:
        """A value per lane of a size, perhaps made of something smaller or shared."""
        way = self.rng.integers(0, 6)
        outer = SIZES[size]
        if way == 0:
            return jnp.broadcast_to(self.of(pool, "lane", True), (*outer, self.width))
        if way == 1:
            return jnp.broadcast_to(self.of(pool, size, True)[..., None], (*outer, self.width))
        if way == 2:
            return jnp.broadcast_to(self.of(pool, "lane", False), (*outer, self.width))
        return self.of(pool, size, False)

    def condition(self, pool: dict, shared: bool) -> Any:
        """A scalar bool."""
        if shared:
            ways = [
                lambda: pool["row"][int(self.rng.integers(0, 2))] > 0,
                lambda: self.of(pool, "lane", True) > 2,
                lambda: pool["t"] % 3 == 1,
            ]
            return ways[int(self.rng.integers(0, 3))]()
        return any_lane(self.of(pool, "lane", False) > self.rng.integers(-3, 9) * 4.0)

    def statement(self, pool: dict, depth: int) -> None:
        """Add one value, or several, to the pool."""
        rng, shared = self.rng, bool(self.rng.random() < 0.35)
        size = list(SIZES)[int(rng.integers(0, len(SIZES)))]
        way = rng.choice(
            ["arith", "arith", "select", "put", "put", "at", "gather", "reduce", "join", "gate", "gate", "gate", "loop", "scan", "shift"]
        )
        get = lambda: self.of(pool, size, True) if shared else self.spread(pool, size)  # noqa: E731
        if way == "arith":
            a, b = get(), get()
            ops = [
                lambda: tame(a + b),
                lambda: tame(a - b),
                lambda: jnp.maximum(a, b),
                lambda: jnp.minimum(a, -b),
                lambda: tame(jnp.floor(a * b)),
            ]
            ops += [lambda: -a, lambda: jnp.abs(a), lambda: jnp.floor(a * 0.5), lambda: jnp.sign(a), lambda: jnp.round(a / 4)]
            ops += [lambda: (a.astype(jnp.int32) // (b.astype(jnp.int32) | 1)).astype(jnp.float64), lambda: (a > b).astype(jnp.float64)]
            pool[size, shared].append(ops[int(rng.integers(0, len(ops)))]())
        elif way == "select":
            a, b, c = get(), get(), get()
            mask = (a > b) | (c == a) if rng.random() < 0.5 else (a <= c) & ~(b != 0)
            pool[size, shared].append(jnp.where(mask, c, a))
        elif way in ("put", "at", "gather", "shift") and size != "lane":
            self.indexed(pool, way, size, shared)
        elif way == "reduce" and size != "lane":
            over = [jnp.max, jnp.min, lambda x, axis: tame(jnp.sum(x, axis=axis))][int(rng.integers(0, 3))]
            pool["lane", shared].append(over(self.of(pool, size, shared), axis=0))
        elif way == "join":
            shared = shared and self.width != SIZES["as_many"][0]  # which has no native form
            parts = [self.of(pool, s, shared) for s in ("small", "as_many", "big")]
            pool["big", shared].append(jnp.concatenate([parts[2][11:], *parts[:2]]))
            pool["small", shared].append(jnp.stack([self.of(pool, "lane", shared) for _ in range(3)]))
        elif way == "gate" and depth:
            self.gate(pool, depth - 1)
        elif way in ("loop", "scan") and depth:
            self.loop(pool, depth - 1, way)

    def indexed(self, pool: dict, way: Any, size: str, shared: bool) -> None:
        """Reads and updates at an index."""
        array = self.of(pool, size, shared)
        if shared and size == "as_many" and self.width == SIZES[size][0]:
            return  # has no native form
        if way == "put":
            row, i = self.of(pool, "lane", shared), self.index(pool, size)
            pool[size, shared].append(lax.dynamic_update_index_in_dim(array, row, i, 0))
        elif way == "at":
            pool["lane", shared].append(lax.dynamic_index_in_dim(array, self.index(pool, size), keepdims=False))
        elif way == "shift":
            n, by = SIZES[size][0], int(self.rng.integers(1, 3))
            part = array[by:] if self.rng.random() < 0.5 else array[:-by]
            first = jnp.int32(self.rng.integers(0, n + 2))
            pool[size, shared].append(lax.dynamic_update_slice(array, part, (first, *(jnp.int32(0),) * (array.ndim - 1))))
        else:
            where = jnp.abs(self.of(pool, "lane", False)).astype(jnp.int32)
            got = array.at[where].get(mode="clip") if shared else jnp.take_along_axis(array, where[None], 0, mode="clip")[0]
            pool["lane", False].append(got)

    def carried(self, pool: dict) -> list[tuple[tuple[str, bool], Any]]:
        """What a gate or loop carries: one to five values, some of them perhaps the same one."""
        kinds = [k for k in pool if isinstance(k, tuple)]
        out = []
        for _ in range(int(self.rng.integers(1, 6))):
            kind = kinds[int(self.rng.integers(0, len(kinds)))]
            again = out and self.rng.random() < 0.2
            out.append(out[0] if again else (kind, self.pick(pool[kind])))
        return out

    def inside(self, pool: dict, kinds: list[Any], values: Any, depth: int) -> tuple:
        """A block's new values: any of the kind, of the block's own or from outside."""
        mine = {k: list(v) if isinstance(v, list) else v for k, v in pool.items()}
        for kind, value in zip(kinds, values, strict=True):
            mine[kind].append(value)
        for _ in range(int(self.rng.integers(1, 5))):
            self.statement(mine, depth)
        return tuple(self.pick(mine[kind]) if self.rng.random() < 0.7 else v for kind, v in zip(kinds, values, strict=True))

    def gate(self, pool: dict, depth: int) -> None:
        """A block under a condition."""
        carried = self.carried(pool)
        kinds = [k for k, _ in carried]
        asked = self.condition(pool, bool(self.rng.random() < 0.6))
        after = where_asked(asked, lambda q: self.inside(pool, kinds, q, depth), tuple(v for _, v in carried))
        for kind, value in zip(kinds, after, strict=True):
            pool[kind].append(value)

    def loop(self, pool: dict, depth: int, way: Any) -> None:
        """A few rounds of a block, or one per row of an array."""
        carried = self.carried(pool)
        kinds, first = [k for k, _ in carried], tuple(v for _, v in carried)
        if way == "loop":
            n = int(self.rng.integers(0, 4))
            after = lax.fori_loop(0, n, lambda i, q: self.inside(pool | {"t": jnp.int32(i) + pool["t"]}, kinds, q, depth), first)
        else:
            size, shared = ["small", "big", "bigger"][int(self.rng.integers(0, 3))], bool(self.rng.random() < 0.4)

            def one(q: Any, row: Any) -> Any:
                return self.inside(pool | {("lane", shared): [*pool["lane", shared], row]}, kinds, q, depth), None

            after, _ = lax.scan(one, first, self.of(pool, size, shared))
        for kind, value in zip(kinds, after, strict=True):
            pool[kind].append(value)


def random_case(seed: int) -> Case:
    """A random step, its state and its rows; the same for the same seed."""
    rng = np.random.default_rng(seed)
    width = int(rng.choice([8, 8, 16]))
    n, statements, depth = 2 * width, int(rng.integers(3, 14)), int(rng.integers(1, 4))
    state: dict[str, np.ndarray] = {}
    shared: list[str] = []
    for size, outer in SIZES.items():
        for i in range(int(rng.integers(1, 3))):
            state[f"{size}:own{i}"] = rng.integers(-20, 20, (*outer, n)) * 0.5
            state[f"{size}:shared{i}"] = np.asarray(rng.integers(-20, 20, outer) * 0.5)
            shared.append(f"{size}:shared{i}")
    draw = int(rng.integers(1 << 60))

    def step(s: dict[str, Any], row: Any, p: dict[str, Any]) -> dict[str, Any]:
        writer = Writer(np.random.default_rng(draw), width)
        pool: dict[Any, Any] = {"row": row, "t": p["t"]}
        for size in SIZES:
            for same in (False, True):
                pool[size, same] = [v for k, v in sorted(s.items()) if k.startswith(f"{size}:") and (k in shared) == same]
        pool["lane", False].append(p["p"])
        pool["lane", True].append(row[2])
        for _ in range(statements):
            writer.statement(pool, depth)
        return {k: writer.pick(pool[k.split(":")[0], k in shared]) for k in sorted(s)}

    rows = rng.integers(-6, 7, (int(rng.integers(1, 8)), 3)) * 0.5
    return Case(step, state, shared, {"p": rng.integers(-9, 9, n) * 0.5}, rows, width)
