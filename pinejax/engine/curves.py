"""Equity of many parameter sets at chosen bars: what a whole curve would take too much room for. Metrics come from `Engine.evaluate`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from pinejax.core.inputs import Params
from pinejax.engine.blocks import Block, make_blocks
from pinejax.engine.engine import Engine
from pinejax.engine.runner import walk_all
from pinejax.errors import DataError


def equity_at(
    engine: Engine, batch: Sequence[Params], edges: Sequence[Int[np.ndarray, " edges"]]
) -> Float[np.ndarray, "edges trials datasets"]:
    """Equity in account currency, open positions at the close of the bar before each edge: a point of the detail run's curve.

    edges: per dataset bar numbers of its feed in its window, never falling, as many for each; an edge at the window's first bar is the
    initial capital. Bars after the last edge are not run. Blocks and threads are those of `Engine.evaluate`, so the memory limit holds; a
    block passes all edges before the next one begins. NaN where a lane's equity is no number. Errors: DataError for edges that are none.
    """
    stops = _stops(engine, edges)
    out = np.full((len(stops[0]) - 1, len(batch), len(engine.feeds)), np.nan)
    if not batch or not len(out):
        return out
    engine.warm_up()
    started = time.perf_counter()
    cut = engine._cut(len(batch), False)
    blocks = make_blocks(engine.program, engine.runner, batch, len(engine.feeds), cut)

    def seen(block: Block, edge: int) -> None:
        out[edge, block.trials, block.dataset] = engine.runner.equity(block.state)[: len(block.trials)]
        if edge + 1 == len(out):
            block.state = None

    walk_all(engine.runner, blocks, stops, cut.n_threads, seen)
    engine.timings.lane_bars += len(batch) * sum(bars[-1] - bars[0] for bars in stops)
    engine.timings.evaluate_s += time.perf_counter() - started
    return out


def _stops(engine: Engine, edges: Sequence[Int[np.ndarray, " edges"]]) -> list[tuple[int, ...]]:
    """Per dataset its window's first bar and the edges. Errors: DataError."""
    if len(edges) != len(engine.feeds) or len({len(bars) for bars in edges}) != 1:
        raise DataError(
            f"edges: expected as many bar numbers for each of {len(engine.feeds)} datasets, got {[len(bars) for bars in edges]} for "
            f"{len(edges)}."
        )
    out = []
    for d, bars in enumerate(edges):
        window = engine.window(d)
        stops = (int(window.start), *(int(b) for b in bars))
        if any(b < a for a, b in pairwise(stops)) or stops[-1] > int(window.stop):
            raise DataError(
                f"{engine.datasets[d]}: expected edges that never fall, from bar {window.start} to {window.stop}, got {list(stops[1:4])} "
                f".. {stops[-1]}."
            )
        out.append(stops)
    return out
