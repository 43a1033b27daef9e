"""Blocks of lanes: which trial and dataset each lane is, and how survivors of a pruning are packed together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from pinejax.core.inputs import Params
from pinejax.engine.program import Program, State


@dataclass
class Block:
    """Up to `lanes` lanes of one dataset. trials: index into the batch per used lane; the rest of the block repeats the last one."""

    dataset: int
    trials: np.ndarray
    params: dict[str, np.ndarray]
    state: State


def order_for_locality(batch: Sequence[Params], names: Sequence[str]) -> np.ndarray:
    """An order of the trials that puts similar parameters side by side, so that the lanes of a block tend to trade on the same bars."""
    keys = [np.array([float(p[n]) if not isinstance(p[n], str) else 0.0 for p in batch]) for n in names]
    return np.lexsort(keys[::-1]) if keys else np.arange(len(batch))


def make_blocks(program: Program, batch: Sequence[Params], n_datasets: int) -> list[Block]:
    """Lanes = datasets x trials, in blocks of one dataset each."""
    names = [n for n in program.inputs if n not in program.static]
    order = order_for_locality(batch, names)
    initial = program.initial()
    blocks = []
    for dataset in range(n_datasets):
        for first in range(0, len(order), program.lanes):
            trials = order[first : first + program.lanes]
            blocks.append(Block(dataset, trials, lane_params(program, [batch[i] for i in trials]), initial))
    return blocks


def lane_params(program: Program, trials: Sequence[Params]) -> dict[str, np.ndarray]:
    """Parameter arrays `[lanes]`; unused lanes repeat the last trial."""
    padded = list(trials) + [trials[-1]] * (program.lanes - len(trials))
    out = {}
    for name, item in program.inputs.items():
        if name in program.static:
            continue
        text = item.kind == "choice" and isinstance(item.options[0], str)
        # An index counts in the declared options, also where the search has fewer of them.
        values = [program.strategy.inputs[name].options.index(p[name]) if text else p[name] for p in padded]
        kind = bool if item.kind == "bool" else np.int32 if item.kind == "int" or text else np.dtype(program.dtype)
        out[name] = np.array(values, dtype=kind)
    return out


def repack(program: Program, blocks: Sequence[Block], keeps: np.ndarray) -> list[Block]:
    """The lanes of the kept trials in as few blocks as hold them. keeps: bool per trial of the batch.

    A dataset whose blocks would not become fewer is left alone: its dropped lanes run on unseen.
    """
    out: list[Block] = []
    for dataset in sorted({b.dataset for b in blocks}):
        mine = [b for b in blocks if b.dataset == dataset]
        n_kept = sum(int(keeps[b.trials].sum()) for b in mine)
        if n_kept == 0:
            continue
        if -(-n_kept // program.lanes) == len(mine):
            out += mine
            continue
        host = [(b, jax.tree.map(np.asarray, b.state)) for b in mine]
        picks = [(i, lane) for i, b in enumerate(mine) for lane in range(len(b.trials)) if keeps[b.trials[lane]]]
        for first in range(0, len(picks), program.lanes):
            out.append(_gather(program, host, picks[first : first + program.lanes], dataset))
    return out


def _gather(program: Program, host: list[tuple[Block, Any]], picks: list[tuple[int, int]], dataset: int) -> Block:
    padded = picks + [picks[-1]] * (program.lanes - len(picks))
    used = sorted({i for i, _ in padded})
    where = {i: n for n, i in enumerate(used)}
    lanes = np.array([where[i] * program.lanes + lane for i, lane in padded])

    def take(axis: int, *leaves: np.ndarray) -> np.ndarray:
        return leaves[0] if axis < 0 else np.take(np.concatenate(leaves, axis=axis), lanes, axis=axis)

    axes = state_axes(program, host[0][1])
    state = jax.tree.map(take, axes, *(host[i][1] for i in used))
    params = {n: np.concatenate([host[i][0].params[n] for i in used])[lanes] for n in host[0][0].params}
    return Block(dataset, np.array([host[i][0].trials[lane] for i, lane in picks]), params, state)


def state_axes(program: Program, state: State) -> State:
    """For every array of a state the axis of its lanes, -1 where the lanes share it."""
    last = lambda tree: jax.tree.map(lambda x: np.ndim(x) - 1, tree)  # noqa: E731
    return State(program.lane_axes, last(state.account), last(state.book), last(state.track), None)
