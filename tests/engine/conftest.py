"""Engines compiled once per session, importable helpers as `tests.engine`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from pinejax.engine.engine import Engine

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@cache
def _engine(**changes: Any) -> Engine:
    from pinejax.engine.config import EngineConfig
    from pinejax.engine.engine import Engine
    from tests.engine.busy import BROKER, N_BARS, Busy, wave

    feeds = [wave(N_BARS, 1), wave(N_BARS, 2)]
    return Engine(Busy, feeds, BROKER, Busy.inputs, EngineConfig(**{"n_threads": 1, "n_segments": 4, **changes}))


@pytest.fixture(scope="session")
def engine() -> Callable[..., Engine]:
    """engine(**config): `Busy` on two datasets, compiled once per configuration."""
    return _engine


@pytest.fixture(scope="session")
def trials() -> list[dict[str, Any]]:
    """More of them than two blocks hold."""
    from tests.engine.busy import N_TRIALS, Busy

    rng = np.random.default_rng(0)
    lanes = zip(rng.integers(2, 13, N_TRIALS), rng.integers(10, 41, N_TRIALS), rng.uniform(20, 400, N_TRIALS), strict=True)
    return [Busy.complete({"fast": int(f), "slow": int(s), "stop_ticks": float(t), "shorts": bool(f % 2)}) for f, s, t in lanes]
