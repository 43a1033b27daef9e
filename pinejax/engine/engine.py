"""The engine: many parameter sets on many datasets, batch by batch. What one bar does is `program`; what is searched is `search`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from pinejax.broker.account import Terms
from pinejax.broker.config import BrokerConfig
from pinejax.core.evaluation import Evaluation, KeepFn
from pinejax.core.feed import Feed
from pinejax.core.inputs import Input, Params, Strategy
from pinejax.engine.blocks import Block, make_blocks, repack
from pinejax.engine.columns import bars_in
from pinejax.engine.config import FULL_BLOCK, EngineConfig
from pinejax.engine.on_native import NativeRunner
from pinejax.engine.on_xla import XlaRunner
from pinejax.engine.onefunction import one_function_works
from pinejax.engine.program import State, Window, discover
from pinejax.engine.rows import rows_of
from pinejax.engine.runner import LANES, Job, Runner
from pinejax.errors import ConfigError, DataError
from pinejax.metrics.finalize import finalize, status_of
from pinejax.native.errors import NotLowered
from pinejax.native.machine import is_available

if TYPE_CHECKING:
    from pinejax.engine.detail import Detail

logger = logging.getLogger(__name__)


@dataclass
class Timings:
    """Seconds spent and work done so far."""

    trace_s: float = 0.0
    compile_s: float = 0.0
    evaluate_s: float = 0.0
    lane_bars: int = 0


@dataclass
class Engine:
    """Backtests of one strategy on several datasets. Thread-safe for one caller at a time.

    inputs: the strategy's inputs as narrowed by the search space (a pinned one has low == high, or one option): they size buffers,
    and a pinned switch is compiled away. trade_from: per dataset the first bar on which orders are taken (0: no warm-up).
    Errors: StrategyError where the body cannot be traced; DataError where a dataset has too few bars for the longest length.
    """

    strategy: type[Strategy]
    feeds: Sequence[Feed]
    broker: BrokerConfig
    inputs: Mapping[str, Input]
    config: EngineConfig = field(default_factory=EngineConfig)
    trade_from: Sequence[int] = ()
    timings: Timings = field(default_factory=Timings)

    def __post_init__(self) -> None:
        jax.config.update("jax_enable_x64", True)
        if not self.feeds:
            raise DataError("expected at least one dataset, got none.")
        self.device = _device(self.config.device)
        self._terms = [terms_of(self.broker, f, self.config.dtype) for f in self.feeds]
        self._discover(native=may_be_native(self.config, self.device))

    def _discover(self, native: bool) -> None:
        """Trace the strategy for a runner's lanes."""
        started = time.perf_counter()
        config = self.config
        lanes = LANES[config.dtype] if native else config.block or FULL_BLOCK
        self.program = discover(self.strategy, self.inputs, self.broker, config.dtype, lanes)
        self.timings.trace_s += time.perf_counter() - started
        self._check_lengths()
        rows = [rows_of(f, config.dtype, self.program.columns).values for f in self.feeds]
        job = Job(self.program, rows, self._terms, [self.window(d) for d in range(len(self.feeds))])
        self.runner: Runner
        if native:
            self.runner = NativeRunner(job, native_cache())
        else:
            one_function = config.small_call and self.device.platform == "cpu" and one_function_works()
            self.runner = XlaRunner(job, self.device, one_function)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names such as `BTCUSDT 5m@1h`, in the order of every `[datasets]` array."""
        return tuple(f.name for f in self.feeds)

    @property
    def n_segments(self) -> int:
        """Time segments of an evaluation under a pruner."""
        return self.config.n_segments

    def _check_lengths(self) -> None:
        """Every dataset has more bars than the longest indicator can need."""
        for feed in self.feeds:
            higher = (longest * bars_in(feed, series) for series, longest in self.program.htf_longest.items())
            needed = max(self.program.longest, *higher, 2)
            if len(feed) <= needed:
                raise DataError(
                    f"{feed.name}: expected more bars than the longest indicator of {self.strategy.__name__} can need ({needed}), "
                    f"got {len(feed)}. Choose a longer range, a lower timeframe, or narrow the length."
                )

    def window(self, dataset: int) -> Window:
        """The bars a dataset's lanes run over."""
        first = self.trade_from[dataset] if self.trade_from else 0
        return Window(np.int32(0), np.int32(first), np.int32(len(self.feeds[dataset])))

    def warm_up(self) -> float:
        """Compile (or load from the persistent cache) for every shape of the datasets. Returns the seconds it took."""
        started = time.perf_counter()
        before = self.runner.trace_s
        try:
            for d in range(len(self.feeds)):
                self.runner.prepare(d)
        except NotLowered as error:
            if self.config.backend == "native":
                raise ConfigError(
                    f"engine.backend: {self.strategy.__name__} has no native form ({error}). Use engine.backend=auto."
                ) from error
            logger.info("%s runs through XLA: the native backend lacks %s.", self.strategy.__name__, error)
            self._discover(native=False)
            return time.perf_counter() - started + self.warm_up()
        took = time.perf_counter() - started
        traced = self.runner.trace_s - before
        self.timings.trace_s += traced
        self.timings.compile_s += took - traced
        return took

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """Backtest every parameter set of a batch on every dataset.

        keep(segment, trials, metrics) is asked after each segment but the last, with the running trials' metrics so far
        (`[running, datasets]`), which of them go on.
        """
        if not batch:
            return []
        self.warm_up()
        started = time.perf_counter()
        n_segments = self.n_segments if keep is not None else 1
        blocks = make_blocks(self.program, self.runner, batch, len(self.feeds), self.config.threads)
        alive = np.ones(len(batch), bool)
        results: list[Evaluation | None] = [None] * len(batch)
        with ThreadPoolExecutor(self.config.threads) as pool:
            for segment in range(n_segments):
                list(pool.map(lambda b, s=segment: self._segment(b, s, n_segments), blocks))
                for block in blocks:
                    begin, end = (self._bound(block.dataset, s, n_segments) for s in (segment, segment + 1))
                    self.timings.lane_bars += int(alive[block.trials].sum()) * (end - begin)
                trials, metrics, status = self._collect(blocks, alive, segment, n_segments)
                goes_on = np.zeros(len(trials), bool)
                if segment + 1 < n_segments and keep is not None:
                    goes_on = np.asarray(keep(segment, trials, metrics), bool)
                for row, trial in enumerate(trials):
                    if not goes_on[row]:
                        done = {name: values[row] for name, values in metrics.items()}
                        results[trial] = Evaluation(done, status[row], segment if segment + 1 < n_segments else None)
                if not goes_on.any():
                    break
                alive[:] = False
                alive[trials[goes_on]] = True
                blocks = repack(self.program, self.runner, blocks, alive)
        self.timings.evaluate_s += time.perf_counter() - started
        return [r for r in results if r is not None]

    def _segment(self, block: Block, segment: int, n_segments: int) -> None:
        begin, end = (self._bound(block.dataset, s, n_segments) for s in (segment, segment + 1))
        block.state = self.runner.advance(block.state, block.params, block.dataset, begin, end)

    def _bound(self, dataset: int, segment: int, n_segments: int) -> int:
        """The bar with which a segment of a dataset begins."""
        return len(self.feeds[dataset]) * segment // n_segments

    def advance(self, state: State, params: Mapping[str, Any], dataset: int, begin: int, end: int) -> State:
        """The whole state of the program's lanes after the bars begin..end of a dataset."""
        return self.runner.whole(self.runner.advance(self.runner.hold(state), params, dataset, begin, end))

    def detail(self, params: Params, dataset: int = 0) -> Detail:
        """One parameter set on one dataset with its trades and equity curve (`pinejax.engine.detail`)."""
        from pinejax.engine.detail import run_detail

        return run_detail(self, params, dataset)

    def _collect(
        self, blocks: Sequence[Block], alive: np.ndarray, segment: int, n_segments: int
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """Metrics so far of the running trials: their indices, name -> `[running, datasets]`, status `[running, datasets]`."""
        trials = np.flatnonzero(alive)
        place = {int(t): i for i, t in enumerate(trials)}
        metrics: dict[str, np.ndarray] = {}
        status = np.zeros((len(trials), len(self.feeds)), np.int32)
        for block in blocks:
            found, codes = self.measure(self.runner.measured(block.state), block.dataset, self._bound(block.dataset, segment + 1, n_segments))
            lanes = [i for i, t in enumerate(block.trials) if int(t) in place]
            at = [place[int(block.trials[i])] for i in lanes]
            for name, values in found.items():
                metrics.setdefault(name, np.full(status.shape, np.nan))[at, block.dataset] = values[lanes]
            status[at, block.dataset] = codes[lanes]
        return trials, metrics, status

    def measure(self, state: State, dataset: int, done: int | None = None) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Metrics and status of a block's state, `[lanes]`, `done` bars of the dataset having been run (by default all)."""
        feed, window = self.feeds[dataset], self.window(dataset)
        done = len(feed) if done is None else done
        first = min(int(window.trade_from), done - 1)
        fields = lambda x: {f: np.asarray(getattr(x, f), np.float64) for f in type(x).__dataclass_fields__}  # noqa: E731
        stats, track = fields(state.account.stats), fields(state.track)
        # The loop has filled the market orders of the next open already: between segments these figures look one open ahead of the mark.
        rate = 1.0 if feed.rate is None else float(feed.rate[done - 1])
        open_profit = open_profit_at(state, float(feed.ltf.close[done - 1]), float(self._terms[dataset].unit) * rate)
        span_ms = float(feed.ltf.time[done - 1] - feed.ltf.time[first]) + feed.timeframe.ltf.ms
        metrics = finalize(
            stats, track, open_profit, self.broker.initial_capital, done - first, span_ms, feed.timeframe.ltf.seconds / 86_400
        )
        return metrics, status_of(np.asarray(state.account.status), metrics)


def open_profit_at(state: State, price: float, unit: float) -> np.ndarray:
    """P&L of the open lots at a price, their entry commission deducted, `[lanes]`. unit: account currency per lot step and 1.0 of price."""
    lots = state.account.lots
    qty, entry, fee = (np.asarray(x, np.float64) for x in (lots.qty, lots.price, lots.fee))
    return np.where(qty != 0, qty * (price - entry) * unit - np.abs(qty) * fee, 0.0).sum(axis=0)


def terms_of(broker: BrokerConfig, feed: Feed, dtype: str) -> Terms:
    """The broker's numbers for one dataset, as scalars of the engine's type."""
    tool = feed.instrument
    number = np.dtype(dtype).type
    inverse = round(1.0 / tool.tick_size)
    exact = inverse > 0 and abs(inverse * tool.tick_size - 1.0) < 1e-9
    return Terms(
        tick=number(tool.tick_size),
        tick_size=number(1.0 if exact else tool.tick_size),
        ticks_in=number(inverse if exact else 1.0),
        lot_step=number(tool.lot_step),
        unit=number(tool.lot_step * tool.point_value),
        initial_capital=number(broker.initial_capital),
        size=number(broker.size),
        commission=number(broker.commission),
        slippage=number(broker.slippage_ticks * tool.tick_size),
        margin_rate=number(1.0 / broker.leverage),
        verify=number(broker.limit_verify_ticks * tool.tick_size),
        rate=None if feed.rate is None else number(1.0),
    )


def may_be_native(config: EngineConfig, device: Any) -> bool:
    """Whether to try native code. Errors: ConfigError where it was asked for and cannot be had."""
    if config.backend == "native" and device.platform != "cpu":
        raise ConfigError(f"engine.backend: native code is for the CPU, found engine.device={config.device} ({device.platform}).")
    if config.backend == "native" and not is_available():
        raise ConfigError("engine.backend: expected llvmlite for native code, found none. Install pinejax[native] or use engine.backend=auto.")
    return config.backend != "xla" and device.platform == "cpu" and is_available()


def native_cache() -> Path | None:
    """Where machine code is kept between processes: beside JAX's compiled programs, nowhere without that folder."""
    folder = jax.config.jax_compilation_cache_dir
    return Path(folder) if folder else None


def _device(name: str) -> Any:
    """The JAX device to run on. Errors: ConfigError where a GPU was asked for and none is there."""
    kinds = {d.platform for d in jax.devices()}
    if name == "cpu":
        return jax.devices("cpu")[0]
    if name == "gpu" and not kinds & {"gpu", "cuda", "rocm"}:
        raise ConfigError(
            f"engine.device: expected a GPU, found {', '.join(sorted(kinds))}. Install pinejax[gpu] or use engine.device=auto."
        )
    return jax.devices()[0]
