"""pinejax as one of the programs that are measured: an engine for a style on a walk, and its figures as a peer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import numpy as np
from strategies import Style
from workload import Outcome, hourly_walk, walk

from pinejax.core.evaluation import Evaluation
from pinejax.core.feed import Feed
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine

HAS_BACKENDS = any(f.name == "backend" for f in fields(EngineConfig))


@lru_cache(maxsize=2)
def feed_of(n_bars: int, hourly: bool) -> Feed:
    """The walk of that many bars."""
    return hourly_walk(n_bars) if hourly else walk(n_bars)


def engine_of(style: Style, n_bars: int, dtype: str, threads: int, backend: str = "auto") -> Engine:
    """An engine that has not compiled yet. backend: passed on where this pinejax knows several."""
    chosen: dict[str, Any] = {"backend": backend} if HAS_BACKENDS else {}
    config = EngineConfig(dtype=dtype, n_threads=threads, n_segments=1, device="cpu", **chosen)  # type: ignore[arg-type]
    return Engine(style.strategy, [feed_of(n_bars, style.hourly)], style.broker, style.strategy.inputs, config)


def outcome_of(found: Sequence[Evaluation]) -> Outcome:
    """The three figures that the peers know. Margin calls, which they do not know, must not have happened."""
    columns = {name: np.array([e.metrics[name][0] for e in found]) for name in ("n_trades", "net_profit", "max_drawdown", "n_liquidations")}
    assert not columns.pop("n_liquidations").any(), "margin calls: choose a smaller size"
    return Outcome(**columns)
