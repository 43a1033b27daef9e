"""Who moves a block's state over bars: native code of our own, or XLA. Both run the same traced program; the engine does not care which."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np

from pinejax.broker.account import Terms
from pinejax.engine.program import Program, State, Window

LANES = {"float64": 8, "float32": 16}
"""Lanes of one native vector of 64 bytes."""


@dataclass(frozen=True)
class Job:
    """What a runner is made for: the program, and per dataset its packed bars, the broker's numbers, the bars to run over."""

    program: Program
    rows: Sequence[np.ndarray]
    terms: Sequence[Terms]
    windows: Sequence[Window]


@runtime_checkable
class Part(Protocol):
    """What is asked of a block: its dataset's number, its lanes, their parameters `[lanes]`, its state (None before the first bar)."""

    dataset: int
    lanes: int
    params: dict[str, np.ndarray]
    state: Any


P = TypeVar("P", bound=Part)


@runtime_checkable
class Runner(Protocol):
    """A block's states are the runner's own: `whole` gives one as NumPy arrays `[..., lanes]`, `hold` takes one back.

    unit: a block has a multiple of so many lanes; most_lanes: and not more than these, 0 if any number will do. trace_s, compile_s:
    seconds spent so far; n_compiled: programs compiled, those found on disk not counted.
    """

    unit: int
    most_lanes: int
    trace_s: float
    compile_s: float
    n_compiled: int

    def prepare(self, dataset: int) -> None:
        """Compile what a dataset needs, unless that is done. Errors: NotLowered, JaxRuntimeError."""

    def initial(self, lanes: int) -> Any:
        """The state of a new block."""

    def hold(self, state: State) -> Any:
        """A whole state as the runner's own."""

    def whole(self, state: Any) -> State:
        """A state as NumPy arrays."""
        ...

    def measured(self, state: Any) -> State:
        """As `whole`, at least what metrics are made of."""
        ...

    def equity(self, state: Any) -> np.ndarray:
        """Equity at the close of the last bar that was run, `[lanes]`."""
        ...

    def on(self, job: Job) -> Runner:
        """The same compiled code on another job, whose program differs in nothing that is compiled; what must be compiled for a new length
        of bars is compiled for both."""
        ...

    def advance(self, state: Any, params: Mapping[str, np.ndarray], dataset: int, begin: int, end: int) -> Any:
        """The state after the bars begin..end; the given one is used up."""


@runtime_checkable
class Together(Runner, Protocol):
    """A runner that moves several blocks in one call, and decides itself how many and where."""

    def walk_all(self, blocks: Sequence[P], stops: Sequence[Sequence[int]], seen: Callable[[P, int], None]) -> None:
        """As the function `walk_all`."""


def advance_all(runner: Runner, blocks: Sequence[P], spans: Sequence[tuple[int, int]], n_threads: int, done: Callable[[P], None]) -> None:
    """Move the states of blocks over the bars begin..end of their datasets. spans: (begin, end) per dataset; done: called with each block
    that is through, from any thread; it may drop the state."""
    walk_all(runner, blocks, spans, n_threads, lambda block, _: done(block))


def walk_all(runner: Runner, blocks: Sequence[P], stops: Sequence[Sequence[int]], n_threads: int, seen: Callable[[P, int], None]) -> None:
    """Move each block from stop to stop of its dataset, one block through all of them before the next.

    stops: per dataset the first bar and where to stop after it, never falling; seen: called with the block and 0, 1, ... at each stop but
    the first, from any thread; it may drop the state at the last.
    """
    if isinstance(runner, Together):
        runner.walk_all(blocks, stops, seen)
        return

    def move(block: P) -> None:
        block.state = runner.initial(block.lanes) if block.state is None else block.state
        for i, (begin, end) in enumerate(pairwise(stops[block.dataset])):
            block.state = runner.advance(block.state, block.params, block.dataset, begin, end)
            seen(block, i)

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(move, blocks))


def default_params(program: Program) -> dict[str, np.ndarray]:
    """A value inside every narrowed input on every lane of the program, to compile with."""
    from pinejax.engine.blocks import lane_params

    return lane_params(program, [{name: item.default for name, item in program.inputs.items()}], program.lanes)
