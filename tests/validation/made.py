"""Sessions of made-up feeds, divided as a search's are, with engines that are traced once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np

from pinejax.config import from_mapping
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.job.division import divided
from pinejax.job.session import Session
from pinejax.job.strategy_source import FoundStrategy
from pinejax.search.space import build_space
from pinejax.selection.splits import Span
from pinejax.testing.reference import make_feed
from tests.engine.busy import BROKER, N_BARS, Busy, wave

FEEDS = (wave(N_BARS, 1), wave(N_BARS, 2))
MARKER = 7_777.0


def whole_session(feeds: Sequence[Feed] = FEEDS, validation: dict[str, Any] | None = None, **more: Any) -> Session:
    """Not divided yet."""
    tree = {
        "strategy": "busy",
        "symbol": [feed.symbol for feed in feeds],
        "timeframe": "1h@4h",
        "engine": {"n_threads": 1},
        "validation": validation or {},
    }
    config = replace(from_mapping(tree | more), broker=BROKER)
    return Session(config, FoundStrategy(Busy, "busy", "0"), build_space(Busy), tuple(feeds), 0.0)


def session_of(feeds: Sequence[Feed] = FEEDS, **validation: Any) -> Session:
    """As a search has it."""
    return divided(whole_session(feeds, validation))


@cache
def traced() -> Engine:
    """On whole histories."""
    return whole_session().engine(8)


def engine_of(session: Session) -> Engine:
    """On a session's feeds, without tracing."""
    return traced().on(session.feeds)


def parted(session: Session) -> PartedEngine:
    """On the parts of its feeds, as the session makes it."""
    assert session.split is not None
    made = session._parted(engine_of(session), session.split)
    assert isinstance(made, PartedEngine)
    return made


def sets(n: int, seed: int = 1) -> list[dict[str, Any]]:
    """Drawn at random."""
    rng = np.random.default_rng(seed)
    return [
        {
            "fast": int(rng.integers(2, 13)),
            "slow": int(rng.integers(10, 41)),
            "stop_ticks": float(rng.uniform(20, 400)),
            "shorts": bool(i % 2),
        }
        for i in range(n)
    ]


def planted(feed: Feed, spans: Sequence[Span]) -> Feed:
    """The same feed with a marker for all prices and volumes of some bars, and of the higher bars that contain one."""
    marked = np.zeros(len(feed), bool)
    for span in spans:
        marked[span.first : span.stop] = True
    columns = [np.where(marked, MARKER, getattr(feed.ltf, f.name)) for f in fields(Bars) if f.name != "time"]
    return make_feed(feed.ltf.time, np.column_stack(columns), "1h@4h", symbol=feed.symbol, instrument=Instrument())
