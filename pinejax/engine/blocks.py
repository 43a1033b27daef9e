"""Blocks of lanes: which trial and dataset each lane is, and how survivors of a pruning are packed together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from pinejax.core.inputs import Params
from pinejax.engine.memory import Cut, padded
from pinejax.engine.program import Program, State
from pinejax.engine.runner import Runner


@dataclass
class Block:
    """Some lanes of one dataset. trials: index into the batch per used lane; the rest of the block repeats the last one.

    lanes: used ones and the rest; params: `[lanes]` each; state: the runner's own, None before the first bar and after the last.
    """

    dataset: int
    trials: np.ndarray
    lanes: int
    params: dict[str, np.ndarray]
    state: Any = None


BLOCKS_A_THREAD, EVEN_LANES = 4, 128


def order_for_locality(columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """An order of the trials that puts similar parameters side by side, so that the lanes of a block tend to trade on the same bars."""
    return np.lexsort(list(columns.values())[::-1])


def make_blocks(program: Program, runner: Runner, batch: Sequence[Params], n_datasets: int, cut: Cut) -> list[Block]:
    """Lanes = datasets x trials, in blocks of one dataset each.

    Datasets that give every thread a block are whole blocks, as far as the cut allows: the lanes of a block share what does not depend on
    them. The datasets that are left over are divided among the threads.
    """
    columns = lane_params(program, batch, len(batch))
    order = order_for_locality(columns) if columns else np.arange(len(batch))
    n_left = n_datasets % cut.n_threads
    whole, shared = range(n_datasets - n_left), range(n_datasets - n_left, n_datasets)
    smaller = padded(-(-len(batch) * n_left // cut.n_threads), runner.unit)
    if smaller > 2 * EVEN_LANES:
        # Neighbours in the order trade about as often: a thread that is done with a quiet block takes the next.
        smaller = max(EVEN_LANES, padded(-(-smaller // BLOCKS_A_THREAD), runner.unit))
    return [
        Block(dataset, trials, lanes, params)
        for datasets, size in ((whole, cut.lanes), (shared, min(cut.lanes, smaller)))
        for trials, lanes, params in (_parts(columns, order, runner.most_lanes or size, runner) if datasets else ())
        for dataset in datasets
    ]


def _parts(columns: Mapping[str, np.ndarray], order: np.ndarray, size: int, runner: Runner) -> list[tuple[np.ndarray, int, dict]]:
    """The trials of each block of a dataset, its lanes, and their parameters, which the datasets share."""
    out = []
    for first in range(0, len(order), size):
        trials = order[first : first + size]
        lanes = runner.most_lanes or padded(len(trials), runner.unit)
        full = np.concatenate([trials, np.repeat(trials[-1:], lanes - len(trials))])
        out.append((trials, lanes, {name: values[full] for name, values in columns.items()}))
    return out


def lane_params(program: Program, trials: Sequence[Params], lanes: int) -> dict[str, np.ndarray]:
    """Parameter arrays `[lanes]`; unused lanes repeat the last trial."""
    out = {}
    for name, item in program.inputs.items():
        if name in program.static:
            continue
        text = item.kind == "choice" and isinstance(item.options[0], str)
        # An index counts in the declared options, also where the search has fewer of them.
        values = [program.strategy.inputs[name].options.index(p[name]) if text else p[name] for p in trials]
        kind = bool if item.kind == "bool" else np.int32 if item.kind == "int" or text else np.dtype(program.dtype)
        out[name] = np.array(values + values[-1:] * (lanes - len(values)), dtype=kind)
    return out


def repack(program: Program, runner: Runner, blocks: Sequence[Block], keeps: np.ndarray) -> list[Block]:
    """The lanes of the kept trials in as few units as hold them. keeps: bool per trial of the batch.

    A dataset whose units would not become fewer is left alone: its dropped lanes run on unseen.
    """
    out: list[Block] = []
    for dataset in sorted({b.dataset for b in blocks}):
        mine = [b for b in blocks if b.dataset == dataset]
        n_kept = sum(int(keeps[b.trials].sum()) for b in mine)
        if n_kept == 0:
            continue
        if padded(n_kept, runner.unit) >= sum(b.lanes for b in mine):
            out += mine
            continue
        host = [(b, runner.whole(b.state)) for b in mine]
        picks = [(i, lane) for i, b in enumerate(mine) for lane in np.flatnonzero(keeps[b.trials]).tolist()]
        size = max(b.lanes for b in mine)
        for first in range(0, len(picks), size):
            out.append(_gather(program, runner, host, picks[first : first + size], dataset))
    return out


def _gather(program: Program, runner: Runner, host: list[tuple[Block, Any]], picks: list[tuple[int, int]], dataset: int) -> Block:
    full = picks + [picks[-1]] * (padded(len(picks), runner.unit) - len(picks))
    used = sorted({i for i, _ in full})
    first = dict(zip(used, np.cumsum([0] + [host[i][0].lanes for i in used]), strict=False))
    lanes = np.array([first[i] + lane for i, lane in full])

    def take(axis: int, *leaves: np.ndarray) -> np.ndarray:
        return leaves[0] if axis < 0 else np.take(np.concatenate(leaves, axis=axis), lanes, axis=axis)

    axes = state_axes(program, host[0][1])
    state = jax.tree.map(take, axes, *(host[i][1] for i in used))
    params = {n: np.concatenate([host[i][0].params[n] for i in used])[lanes] for n in host[0][0].params}
    return Block(dataset, np.array([host[i][0].trials[lane] for i, lane in picks]), len(lanes), params, runner.hold(state))


def state_axes(program: Program, state: State) -> State:
    """For every array of a state the axis of its lanes, -1 where the lanes share it."""
    last = lambda tree: jax.tree.map(lambda x: np.ndim(x) - 1, tree)  # noqa: E731
    account = replace(last(state.account), log=jax.tree.map(lambda x: -1, state.account.log))
    return State(program.lane_axes, account, last(state.book), last(state.track), None if state.equity_log is None else -1)
