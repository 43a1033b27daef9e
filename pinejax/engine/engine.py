"""The engine: many parameter sets on many datasets, batch by batch. What one bar does is `program`; what is searched is `search`."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Float, Int

from pinejax.broker.account import Terms
from pinejax.broker.config import BrokerConfig
from pinejax.core.evaluation import Evaluation, KeepFn
from pinejax.core.feed import Feed
from pinejax.core.inputs import Input, Params, Strategy
from pinejax.engine.blocks import Block, make_blocks, repack
from pinejax.engine.columns import bars_in
from pinejax.engine.config import EngineConfig
from pinejax.engine.devices import USABLE_RATE, devices_of, footprint_of, is_gpu, memory_of
from pinejax.engine.found import Found
from pinejax.engine.memory import DEFAULT_RATE, Cut, Need, available_bytes, bytes_of, cut_batch, in_words
from pinejax.engine.on_gpu import GpuRunner, plan_for
from pinejax.engine.on_native import NativeRunner
from pinejax.engine.on_xla import XlaRunner
from pinejax.engine.onefunction import one_function_works
from pinejax.engine.program import Program, State, Window, discover
from pinejax.engine.rows import rows_of
from pinejax.engine.runner import LANES, Job, Runner, advance_all
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
    """Backtests of one strategy on several datasets, or on windows of them. Thread-safe for one caller at a time.

    inputs: the strategy's inputs as narrowed by the search space (a pinned one has low == high, or one option): they size buffers,
    and a pinned switch is compiled away. windows: per feed the bars that it is run over, all of them if not given; several windows of one
    history are so many times the same feed, whose bars are held once. Everything per dataset is per feed, so per window.
    plan: how the last batch was cut into blocks, in words. Errors: StrategyError where the body cannot be traced; DataError where a
    dataset has too few bars for the longest length.
    """

    strategy: type[Strategy]
    feeds: Sequence[Feed]
    broker: BrokerConfig
    inputs: Mapping[str, Input]
    config: EngineConfig = field(default_factory=EngineConfig)
    windows: Sequence[Window] = ()
    timings: Timings = field(default_factory=Timings)

    def __post_init__(self) -> None:
        jax.config.update("jax_enable_x64", True)
        if not self.feeds:
            raise DataError("expected at least one dataset, got none.")
        check_windows(self.feeds, self.windows)
        self.devices = devices_of(self.config.device)
        self.device = self.devices[0]
        self._limit = _memory_limit(self.config, self.devices)
        self.plan = ""
        self._terms = [terms_of(self.broker, f, self.config.dtype) for f in self.feeds]
        self._discover(native=may_be_native(self.config, self.device))

    def _discover(self, native: bool) -> None:
        """Trace the strategy for a runner's lanes, and make the runner."""
        config, device = self.config, self.device
        job = self._job(LANES[config.dtype] if native else config.lanes)
        self.runner: Runner
        if native:
            self.runner = NativeRunner(job, native_cache())
        elif is_gpu(device):
            # The program's own bytes per lane decide how many lanes it is to have.
            memory = None if config.memory_limit is None else bytes_of(config.memory_limit)
            plan = plan_for(job.program, job.rows, self.devices, config.batch_size, memory)
            logger.info("engine: %s on %d x %s", plan, len(self.devices), device.device_kind)
            job = replace(job, program=self._traced(config.block or plan.lanes))
            self.runner = GpuRunner(job, self.devices, plan.datasets)
        else:
            with jax.default_device(device):
                one_function = config.small_call and device.platform == "cpu" and one_function_works()
            self.runner = XlaRunner(job, device, one_function)
        self._take(job)

    def _take(self, job: Job) -> None:
        """What is known about the job that the runner works on."""
        self.program, self._rows = job.program, job.rows
        self._need = Need(footprint_of(job.program).lane, sum(r.nbytes for r in {id(r): r for r in job.rows}.values()))

    def _job(self, lanes: int) -> Job:
        """The program for so many lanes and what it runs on."""
        program, dtype = self._traced(lanes), self.config.dtype
        packed = {id(f): rows_of(f, dtype, program.columns).values for f in {id(f): f for f in self.feeds}.values()}
        return Job(program, [packed[id(f)] for f in self.feeds], self._terms, [self.window(d) for d in range(len(self.feeds))])

    def _traced(self, lanes: int) -> Program:
        started = time.perf_counter()
        program = discover(self.strategy, self.inputs, self.broker, self.config.dtype, lanes)
        self.timings.trace_s += time.perf_counter() - started
        self._check_lengths(program)
        return program

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names such as `BTCUSDT 5m@1h`, in the order of every `[datasets]` array; windows are told apart by their bars."""
        if self.windows:
            return tuple(f"{f.name} [{w.trade_from}:{w.stop}]" for f, w in zip(self.feeds, self.windows, strict=True))
        return tuple(f.name for f in self.feeds)

    @property
    def n_segments(self) -> int:
        """Time segments of an evaluation under a pruner."""
        return self.config.n_segments

    def _check_lengths(self, program: Program) -> None:
        """Every dataset has more bars than the longest indicator can need."""
        for d, feed in enumerate(self.feeds):
            window = self.window(d)
            n_bars = int(window.stop - window.start)
            higher = (longest * bars_in(feed, series) for series, longest in program.htf_longest.items())
            needed = max(program.longest, *higher, 2)
            if n_bars <= needed:
                raise DataError(
                    f"{feed.name}: expected more bars than the longest indicator of {self.strategy.__name__} can need ({needed}), "
                    f"got {n_bars}. Choose a longer range, a lower timeframe, or narrow the length."
                )

    def window(self, dataset: int) -> Window:
        """The bars a dataset's lanes run over."""
        if self.windows:
            return self.windows[dataset]
        return Window(np.int32(0), np.int32(0), np.int32(len(self.feeds[dataset])))

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
        (`[running, datasets]`), which of them go on. Errors: ConfigError where the batch does not fit in `memory_limit`: without `keep`
        never because of its size, since blocks come one after the other then.
        """
        if not batch:
            return []
        self.warm_up()
        started = time.perf_counter()
        n_segments = self.n_segments if keep is not None else 1
        cut = self._cut(len(batch), n_segments > 1)
        blocks = make_blocks(self.program, self.runner, batch, len(self.feeds), cut)
        self._say(cut, blocks, n_segments > 1)
        found = Found(len(batch), len(self.feeds))
        trials = np.arange(len(batch))
        results: list[Evaluation | None] = [None] * len(batch)
        for segment in range(n_segments):
            last = segment + 1 == n_segments
            spans = [(self._bound(d, segment, n_segments), self._bound(d, segment + 1, n_segments)) for d in range(len(self.feeds))]
            advance_all(self.runner, blocks, spans, cut.n_threads, partial(self._finish, found, spans, last))
            self.timings.lane_bars += len(trials) * sum(end - begin for begin, end in spans)
            goes_on = np.zeros(len(trials), bool)
            if not last and keep is not None:
                goes_on = np.asarray(keep(segment, trials, found.of(trials)), bool)
            for trial in trials[~goes_on].tolist():
                results[trial] = Evaluation(*found.row(trial), None if last else segment)
            trials = trials[goes_on]
            if not len(trials):
                break
            alive = np.zeros(len(batch), bool)
            alive[trials] = True
            blocks = repack(self.program, self.runner, blocks, alive)
        self.timings.evaluate_s += time.perf_counter() - started
        return [r for r in results if r is not None]

    def _cut(self, n_trials: int, pruned: bool) -> Cut:
        """How a batch is cut into blocks. A GPU's blocks are planned already, but a pruner holds all of them."""
        limit = self._limit if pruned or not is_gpu(self.device) else None
        return cut_batch(
            self._need, limit, n_trials=n_trials, n_datasets=len(self.feeds), unit=self.runner.unit,
            n_threads=self.config.threads, pruned=pruned,
        )  # fmt: skip

    def _say(self, cut: Cut, blocks: Sequence[Block], pruned: bool) -> None:
        """What was chosen, once for batches of one size."""
        lanes = [b.lanes for b in blocks]
        at_once = sum(lanes if pruned else sorted(lanes)[-cut.n_threads :])
        limit = "none" if self._limit is None else in_words(self._limit)
        said = (
            f"engine: {sum(lanes):,} lanes in {len(blocks)} blocks of {max(lanes):,}, {in_words(at_once * self._need.lane)} of state, "
            f"{in_words(self._need.bars)} of bars, limit {limit}"
        )
        if said != self.plan:
            logger.info(said)
        self.plan = said

    def _finish(self, found: Found, spans: Sequence[tuple[int, int]], last: bool, block: Block) -> None:
        """Read a block's metrics, in the thread that ran it."""
        found.put(block, *self.measure(self.runner.measured(block.state), block.dataset, spans[block.dataset][1]))
        if last:
            block.state = None

    def _bound(self, dataset: int, segment: int, n_segments: int) -> int:
        """The bar with which a segment of a dataset begins."""
        window = self.window(dataset)
        return int(window.start) + int(window.stop - window.start) * segment // n_segments

    def advance(self, state: State, params: Mapping[str, Any], dataset: int, begin: int, end: int) -> State:
        """The whole state of the program's lanes after the bars begin..end of a dataset."""
        return self.runner.whole(self.runner.advance(self.runner.hold(state), params, dataset, begin, end))

    def detail(self, params: Params, dataset: int = 0) -> Detail:
        """One parameter set on one dataset with its trades and equity curve (`pinejax.engine.detail`)."""
        from pinejax.engine.detail import run_detail

        return run_detail(self, params, dataset)

    def histories_that_fit(self, n: int) -> int:
        """Of n times these bars, how many times leave half of the memory limit for states; at least once."""
        return n if self._limit is None else max(1, min(n, self._limit // (2 * self._need.bars)))

    def on(
        self, feeds: Sequence[Feed] | None = None, windows: Sequence[Window] | None = None, broker: BrokerConfig | None = None
    ) -> Engine:
        """The same compiled program on other bars, windows, or broker numbers; what is not given stays (`pinejax.engine.again`)."""
        from pinejax.engine.again import engine_on

        return engine_on(self, feeds, windows, broker)

    def equity(self, batch: Sequence[Params], edges: Sequence[Int[np.ndarray, " edges"]]) -> Float[np.ndarray, "edges trials datasets"]:
        """Equity of every parameter set at the close of the bar before each edge, in account currency (`pinejax.engine.curves`)."""
        from pinejax.engine.curves import equity_at

        return equity_at(self, batch, edges)

    def measure(self, state: State, dataset: int, done: int | None = None) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Metrics and status of a block's state, `[lanes]`, the bars before `done` having been run (by default the whole window)."""
        feed, window = self.feeds[dataset], self.window(dataset)
        done = int(window.stop) if done is None else done
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


def check_windows(feeds: Sequence[Feed], windows: Sequence[Window]) -> None:
    """Errors: DataError for a window that its feed does not have."""
    if windows and len(windows) != len(feeds):
        raise DataError(f"windows: expected one per feed, {len(feeds)}, got {len(windows)}.")
    for feed, window in zip(feeds, windows, strict=False):
        if not 0 <= window.start <= window.trade_from < window.stop <= len(feed):
            raise DataError(
                f"{feed.name}: expected a window with 0 <= start <= trade_from < stop <= {len(feed)}, "
                f"got start={window.start}, trade_from={window.trade_from}, stop={window.stop}."
            )


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
        raise ConfigError(
            "engine.backend: expected llvmlite for native code, found none. Install pinejax[native] or use engine.backend=auto."
        )
    return config.backend != "xla" and device.platform == "cpu" and is_available()


def native_cache() -> Path | None:
    """Where machine code is kept between processes: beside JAX's compiled programs, nowhere without that folder."""
    folder = jax.config.values.get("jax_compilation_cache_dir")
    return Path(folder) if folder else None


def _memory_limit(config: EngineConfig, devices: Sequence[Any]) -> int | None:
    """Bytes for what is computed at once, on all devices; None where nobody knows."""
    if is_gpu(devices[0]):
        each = memory_of(devices[0]) if config.memory_limit is None else bytes_of(config.memory_limit)
        return None if each is None else int(each * USABLE_RATE) * len(devices)
    if config.memory_limit is not None:
        return bytes_of(config.memory_limit)
    free = available_bytes()
    return None if free is None else int(free * DEFAULT_RATE)
