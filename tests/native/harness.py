"""One step of a loop run twice: by `pinejax.native`, any number of groups of lanes at once, and by plain JAX, group by group."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from unchecked import unchecked

from pinejax.native.call import NativeProgram, compile_program, traced

State = dict[str, Any]
Step = Callable[[State, Any, dict[str, Any]], State]

PADDING = 4
"""Rows behind the last bar: native code may read one beyond it."""
TERMS = {"size": np.float64(0.5), "first": np.int32(2), "open": np.bool_(True)}
"""Numbers that the lanes share."""
WINDOW = {"stop": np.int32(7), "rate": np.float64(2.0)}


@dataclass(frozen=True)
class Case:
    """A step, its first state of all lanes and its inputs. shared: the leaves without lanes; axes: lane axes other than the last one.

    prologue: constants made of the parameters once, which the step finds under "hoisted".
    """

    step: Step
    state: Mapping[str, np.ndarray]
    shared: Sequence[str] = ()
    params: Mapping[str, np.ndarray] | None = None
    rows: np.ndarray | None = None
    width: int = 8
    bars: int = 6
    axes: Mapping[str, int] | None = None
    prologue: Callable[[dict[str, Any], Any], Any] | None = None

    @property
    def names(self) -> list[str]:
        """The state's leaves in JAX's order."""
        return sorted(self.state)

    def axis(self, name: str) -> int:
        """A leaf's lane axis, -1 for none."""
        if name in self.shared:
            return -1
        return (self.axes or {}).get(name, np.ndim(self.state[name]) - 1)

    @property
    def groups(self) -> int:
        """How many vectors of lanes the state has."""
        return next(np.shape(self.state[n])[self.axis(n)] for n in self.names if self.axis(n) >= 0) // self.width

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The parameters of all lanes."""
        return dict(self.params) if self.params is not None else {"p": np.linspace(-1.0, 2.0, self.groups * self.width)}

    @property
    def table(self) -> np.ndarray:
        """The rows, some of padding at the end."""
        rows = self.rows if self.rows is not None else np.random.default_rng(5).normal(size=(self.bars, 3)).round(2)
        return np.ascontiguousarray(np.concatenate([rows, np.zeros((PADDING, rows.shape[1]), rows.dtype)]))

    def group(self, i: int) -> tuple[State, dict[str, np.ndarray]]:
        """State and parameters of one group."""
        lanes = slice(i * self.width, (i + 1) * self.width)
        state = {}
        for name in self.names:
            leaf, axis = np.asarray(self.state[name]), self.axis(name)
            state[name] = leaf if axis < 0 else leaf[(*(slice(None),) * axis, lanes)]
        return state, {k: v[lanes] for k, v in self.parameters.items()}

    def runner(self) -> Any:
        """The jitted `(state, rows, params, terms, window, begin, end) -> state`."""

        def outer(state: State, rows: Any, params: Any, terms: Any, window: Any, begin: Any, end: Any) -> State:
            known = dict(params) | {"terms": terms, "window": window}
            if self.prologue is not None:
                known["hoisted"] = self.prologue(params, {"state": state, "terms": terms})

            def bar(t: Any, carried: State) -> State:
                row = lax.dynamic_index_in_dim(rows, t, keepdims=False)
                new = self.step(dict(carried), row, known | {"t": t})
                return {k: jnp.asarray(v, carried[k].dtype) for k, v in new.items()}

            return lax.fori_loop(begin, end, bar, state)

        return jax.jit(outer)

    def compile(self, folder: Path | None = None) -> NativeProgram:
        """The native program."""
        state, params = self.group(0)
        closed = traced(self.runner(), state, params, self.table.shape[1], self.table.dtype, TERMS, WINDOW)
        return compile_program(closed, state, [self.axis(n) for n in self.names], len(params), self.width, folder)

    def native(self, program: NativeProgram | None = None, cuts: Sequence[int] = ()) -> State:
        """The last state of all lanes by native code; cuts: where the bars are cut into segments."""
        program = program or self.compile()
        packed = program.pack({n: np.asarray(self.state[n]) for n in self.names})
        common = program.common_numbers(TERMS, WINDOW)
        n = len(self.table) - PADDING
        for begin, end in zip([0, *cuts], [*cuts, n], strict=True):
            program.run(packed, self.parameters, self.table, common, begin, end)
        return program.unpack(packed)

    def plain(self) -> State:
        """The last state of all lanes by plain JAX."""
        runner, n = self.runner(), len(self.table) - PADDING
        ends = [
            jax.device_get(runner(*args[:1], self.table, args[1], TERMS, WINDOW, np.int32(0), np.int32(n)))
            for args in map(self.group, range(self.groups))
        ]
        return {
            name: ends[0][name] if self.axis(name) < 0 else np.concatenate([e[name] for e in ends], axis=self.axis(name))
            for name in self.names
        }


def assert_same(mine: State, theirs: State, rtol: float = 1e-13) -> None:
    """Both states, NaN being equal to NaN; whole numbers and bools exactly."""
    assert sorted(mine) == sorted(theirs)
    for name in sorted(theirs):
        a, b = np.asarray(mine[name]), np.asarray(theirs[name])
        assert a.shape == b.shape and a.dtype == b.dtype, (name, a.shape, b.shape, a.dtype, b.dtype)
        if b.dtype.kind == "f" and rtol:
            np.testing.assert_allclose(a, b, rtol=max(rtol, 8 * float(np.finfo(b.dtype).eps)), atol=0, err_msg=name)
        else:
            np.testing.assert_array_equal(a, b, err_msg=name)


def check(case: Case, rtol: float = 1e-13, is_typed: bool = False) -> None:
    """Native code and plain JAX end in the same state. is_typed: with run-time type checks, which take most of the time."""
    with nullcontext() if is_typed else unchecked():
        mine = case.native()
    assert_same(mine, case.plain(), rtol)


def lanes_of(width: int, groups: int, *outer: int, seed: int = 0, whole: bool = False) -> np.ndarray:
    """Random floats `[*outer, lanes]`, whole numbers if asked."""
    values = np.random.default_rng(seed).normal(size=(*outer, groups * width)) * 3
    return values.round() if whole else values.round(2)
