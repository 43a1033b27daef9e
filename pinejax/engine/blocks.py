"""Blocks of lanes: which trial and dataset each lane is, and how survivors of a pruning are packed together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from pinejax.core.inputs import Params
from pinejax.engine.program import Program, State
from pinejax.engine.runner import Runner


@dataclass
class Block:
    """Some lanes of one dataset. trials: index into the batch per used lane; the rest of the block repeats the last one.

    lanes: used ones and the rest; params: `[lanes]` each; state: the runner's own.
    """

    dataset: int
    trials: np.ndarray
    lanes: int
    params: dict[str, np.ndarray]
    state: Any


def order_for_locality(batch: Sequence[Params], names: Sequence[str]) -> np.ndarray:
    """An order of the trials that puts similar parameters side by side, so that the lanes of a block tend to trade on the same bars."""
    keys = [np.array([float(p[n]) if not isinstance(p[n], str) else 0.0 for p in batch]) for n in names]
    return np.lexsort(keys[::-1]) if keys else np.arange(len(batch))


def make_blocks(program: Program, runner: Runner, batch: Sequence[Params], n_datasets: int, n_threads: int) -> list[Block]:
    """Lanes = datasets x trials, in blocks of one dataset each."""
    names = [n for n in program.inputs if n not in program.static]
    order = order_for_locality(batch, names)
    size = block_lanes(runner, len(order), n_datasets, n_threads)
    parts = [order[first : first + size] for first in range(0, len(order), size)]
    lanes = [runner.most_lanes or padded(len(part), runner.unit) for part in parts]
    params = [lane_params(program, [batch[i] for i in part], n) for part, n in zip(parts, lanes, strict=True)]
    return [
        Block(dataset, part, n, own, runner.initial(n))
        for dataset in range(n_datasets)
        for part, own, n in zip(parts, params, lanes, strict=True)
    ]


def block_lanes(runner: Runner, n_trials: int, n_datasets: int, n_threads: int) -> int:
    """Lanes of a block: all that a dataset has, unless that leaves threads without work or takes too much memory."""
    if runner.most_lanes:
        return runner.most_lanes
    return padded(-(-n_trials * n_datasets // n_threads), runner.unit)


def padded(n: int, unit: int) -> int:
    """The next multiple."""
    return -(-n // unit) * unit


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
        picks = [(i, lane) for i, b in enumerate(mine) for lane in range(len(b.trials)) if keeps[b.trials[lane]]]
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
