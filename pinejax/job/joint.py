"""One search over several timeframe pairs: the pair is a parameter of the study, and each pair has an engine of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from pinejax.config import Config
from pinejax.core.evaluation import Evaluation, KeepFn
from pinejax.core.inputs import Input, Params
from pinejax.core.timeframe import PAIR
from pinejax.engine.detail import Detail
from pinejax.engine.engine import Timings
from pinejax.engine.parted import PartedEngine
from pinejax.errors import SpaceError
from pinejax.job.division import divided
from pinejax.job.session import Session, prepare
from pinejax.report.rows import DatasetRow
from pinejax.search.domain import narrowed
from pinejax.search.space import Space
from pinejax.selection.divide import Split
from pinejax.selection.purge import Purge

TIMEFRAME = PAIR


@dataclass
class JointEngine:
    """Backtests of parameter sets that name their timeframe pair. A dataset is a symbol; its bars are those of the set's own pair.

    engines: by pair, all of the same symbols, each an `Engine` or a `PartedEngine`. Every pair that a batch names is compiled once,
    whatever the number of batches.
    """

    engines: Mapping[str, Any]
    datasets: tuple[str, ...]

    @property
    def n_segments(self) -> int:
        """Time segments of an evaluation under a pruner."""
        return self._first.n_segments

    @property
    def device(self) -> Any:
        """What all of them run on."""
        return self._first.device

    @property
    def timings(self) -> Timings:
        """Of all pairs together."""
        each = [engine.timings for engine in self.engines.values()]
        return Timings(
            sum(t.trace_s for t in each), sum(t.compile_s for t in each), sum(t.evaluate_s for t in each), sum(t.lane_bars for t in each)
        )

    @property
    def plan(self) -> str:
        """How the last batches of the pairs were cut into blocks, in words."""
        return "; ".join(f"{pair}: {engine.plan}" for pair, engine in self.engines.items() if engine.plan)

    @property
    def _first(self) -> Any:
        return next(iter(self.engines.values()))

    def warm_up(self) -> float:
        """Compile for every pair. Returns the seconds it took."""
        return sum(engine.warm_up() for engine in self.engines.values())

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """Every set on its own pair's bars, pair by pair; `keep` is asked about the trials of one pair at a time."""
        results: dict[int, Evaluation] = {}
        for pair, engine in self.engines.items():
            mine = [i for i, params in enumerate(batch) if params[TIMEFRAME] == pair]
            asked = None if keep is None else partial(_keep_some, keep, np.array(mine, int))
            found = engine.evaluate([without_timeframe(batch[i]) for i in mine], asked)
            results |= dict(zip(mine, found, strict=True))
        return [results[i] for i in range(len(batch))]

    def detail(self, params: Params, dataset: int = 0) -> Detail:
        """One set on one symbol, on its own pair's bars, with trades and equity curve."""
        return self.engines[str(params[TIMEFRAME])].detail(without_timeframe(params), dataset)

    def detail_of_whole(self, params: Params, dataset: int = 0) -> Detail:
        """One set on one symbol, on its own pair's whole history, where datasets are parts of them."""
        engine = self.engines[str(params[TIMEFRAME])]
        assert isinstance(engine, PartedEngine), "only those have whole histories beside their datasets"
        return engine.detail_of_whole(without_timeframe(params), dataset)


def _keep_some(
    keep: KeepFn, places: np.ndarray, segment: int, trials: np.ndarray, metrics: Mapping[str, np.ndarray]
) -> np.ndarray:  # places: each trial's index in the whole batch
    return keep(segment, places[trials], metrics)


def without_timeframe(params: Params) -> dict[str, Any]:
    """A parameter set as a search of its pair alone would have it."""
    return {name: value for name, value in params.items() if name != TIMEFRAME}


@dataclass(frozen=True)
class JointSession(Session):
    """A session of several pairs. space: with the pair as its first parameter; feeds: of all pairs; parts: a session for each pair."""

    parts: tuple[Session, ...] = ()

    @property
    def is_joint(self) -> bool:
        """Whether the pair is a parameter."""
        return True

    @cached_property
    def columns(self) -> tuple[DatasetRow, ...]:
        """One per symbol: what an array over datasets has in a study of several pairs."""
        pairs, own = ",".join(map(str, self.config.pairs)), str(self.parts[0].config.timeframe)
        shown = lambda row: f"{row.symbol}{row.name.removeprefix(f'{row.symbol} {own}')}"  # noqa: E731
        return tuple(replace(row, name=shown(row), timeframe=pairs) for row in self.parts[0].datasets)

    def divided(self, split: Split) -> JointSession:
        """Every pair's at the same moments."""
        parts = tuple(part.divided(split) for part in self.parts)
        return replace(self, feeds=tuple(feed for part in parts for feed in part.feeds), parts=parts, split=split)

    def part(self, params: Params) -> Session:
        """The session of a parameter set's own pair."""
        return self.by_pair[str(params[TIMEFRAME])]

    @property
    def by_pair(self) -> dict[str, Session]:
        """`5m@1h` to its session."""
        return {str(part.config.timeframe): part for part in self.parts}

    def engine(self, n_trials: int, pinned: Params | None = None) -> JointEngine:
        """An engine per pair. Errors: StrategyError, DataError."""
        engines = {pair: part.engine(n_trials, pinned) for pair, part in self.by_pair.items()}
        return JointEngine(engines, tuple(row.name for row in self.columns))

    def purge_of(self, engine: Any, holding: int | None = None) -> Purge:
        """The smallest of the pairs' where `engine` is of them all: no set needs fewer bars."""
        if not isinstance(engine, JointEngine):
            return super().purge_of(engine, holding)
        return min((part.purge_of(engine.engines[pair], holding) for pair, part in self.by_pair.items()), key=lambda purge: purge.bars)


def prepare_search(config: Config) -> Session:
    """The session of a search: of its one pair, or of all in a joint study, without the bars that are kept back. Errors: those of
    `prepare` and of `divided`.
    """
    return divided(_prepare(config))


def _prepare(config: Config) -> Session:
    if not config.more_timeframes:
        return prepare(config)
    first = prepare(replace(config, more_timeframes=()))
    if TIMEFRAME in first.space.domains:
        raise SpaceError(
            f"sweep.mode=joint: {first.strategy.name} has an input of its own named {TIMEFRAME}, which is the name of the pair in a joint "
            "study. Rename the input, or use sweep.mode=study."
        )
    parts = (first, *(first.on(pair) for pair in config.more_timeframes))
    pairs = tuple(map(str, config.pairs))
    domain = narrowed(Input("choice", pairs[0], options=pairs, name=TIMEFRAME), None)
    return JointSession(
        config=replace(first.config, more_timeframes=config.more_timeframes),
        strategy=first.strategy,
        space=Space(first.space.strategy, {TIMEFRAME: domain, **first.space.domains}),
        feeds=tuple(feed for part in parts for feed in part.feeds),
        load_s=sum(part.load_s for part in parts),
        declared=first.declared,
        notes=first.notes,
        parts=parts,
    )
