"""How fast the engine's loop is on a GPU, against the number of lanes: the plain scan, several datasets in one call, and the kernel.

    python benchmarks/gpu.py [--device auto|cpu|gpu] [--bars 5000] [--limit-s 60] [--lanes 64 512 ...] [market bracket squeeze]

Needs JAX, NumPy and this repository on the path, nothing else. A lane-bar is one bar of one parameter set on one dataset. `engine` is
what a user gets with `engine.device` and `engine.backend=xla`: blocks planned and dealt out, metrics made. Each ladder
of lanes ends where memory does, or where its next step would pass `--limit-s`. `same trades`: of the parameter sets whose number
of trades and net profit (to 1e-6) are those of the CPU's program.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import bare  # noqa: F401
import jax
import numpy as np
from strategies import STYLES, Style
from workload import draw_sets, hourly_walk, walk

from pinejax.engine.blocks import lane_params
from pinejax.engine.config import EngineConfig
from pinejax.engine.devices import USABLE_RATE, deal, devices_of, footprint_of, is_gpu, memory_of
from pinejax.engine.engine import Engine, terms_of
from pinejax.engine.groups import compiled_group, stacked
from pinejax.engine.kernel import LANES as KERNEL_LANES
from pinejax.engine.kernel import compiled_kernel
from pinejax.engine.loop import compiled
from pinejax.engine.onefunction import one_function_works
from pinejax.engine.program import Program, Window, discover
from pinejax.engine.rows import rows_of
from pinejax.engine.rowwise import NotRowwise
from pinejax.engine.ungated import compiled_ungated

LADDER = (64, 512, 4_096, 32_768, 262_144)
DISTINCT = 256
"""Parameter sets that differ; more lanes repeat them."""
DATASETS = 4
"""Of the ladder with several datasets in a call."""


@dataclass(frozen=True, eq=False)
class Work:
    """One strategy's bars and parameter sets."""

    style: Style
    n_bars: int
    dtype: str

    @cached_property
    def feed(self) -> Any:
        """The bars."""
        return (hourly_walk if self.style.hourly else walk)(self.n_bars)

    @cached_property
    def sets(self) -> list:
        """The sets that differ."""
        return draw_sets(self.style.strategy, DISTINCT, self.style.fixed)

    def program(self, lanes: int) -> Program:
        """Traced for so many lanes."""
        strategy = self.style.strategy
        return discover(strategy, strategy.inputs, self.style.broker, self.dtype, lanes)

    def rows(self, program: Program) -> np.ndarray:
        """Packed bars."""
        return rows_of(self.feed, self.dtype, program.columns).values

    @cached_property
    def terms(self) -> Any:
        """The broker's numbers."""
        return terms_of(self.style.broker, self.feed, self.dtype)

    @cached_property
    def window(self) -> Window:
        """All bars."""
        return Window(np.int32(0), np.int32(0), np.int32(self.n_bars))

    def params(self, program: Program, lanes: int) -> dict[str, np.ndarray]:
        """The sets again and again, `[lanes]`."""
        few = lane_params(program, self.sets, DISTINCT)
        return {name: np.resize(values, lanes) for name, values in few.items()}

    @cached_property
    def on_cpu(self) -> tuple[np.ndarray, np.ndarray]:
        """Trades and net profit of the sets by the CPU's program, a block of 64 at a time."""
        with jax.default_device(jax.devices("cpu")[0]):
            program = self.program(64)
            one_function = not is_gpu(jax.devices()[0]) and one_function_works()
            run = compiled(program, one_function)
            rows, params = self.rows(program), self.params(program, DISTINCT)
            found = []
            for first in range(0, DISTINCT, 64):
                own = {name: values[first : first + 64] for name, values in params.items()}
                state = jax.tree.map(jax.numpy.array, program.initial())
                found.append(run(state, rows, own, self.terms, self.window, np.int32(0), np.int32(self.n_bars)).account.stats)
        return np.concatenate([np.asarray(s.n_trades) for s in found]), np.concatenate([np.asarray(s.net_profit) for s in found])


@dataclass(frozen=True, eq=False)
class Made:
    """A program on a device. call(begin, end) -> state; n_bytes: that it needs; which: of the parameter sets each lane has."""

    call: Callable[[int, int], Any]
    n_bytes: int
    which: np.ndarray


@dataclass(frozen=True, eq=False)
class Way:
    """A way to run. make(work, lanes, device); None for the engine as a whole."""

    name: str
    make: Callable[[Work, int, Any], Made] | None


def gated_scan(work: Work, lanes: int, device: Any) -> Made:
    """The program of the CPU without its one native function."""
    return plain_scan(work, lanes, device, lambda program: compiled(program, False))


def plain_scan(work: Work, lanes: int, device: Any, compile_: Callable[[Program], Any] = compiled_ungated) -> Made:
    """One dataset, one block of lanes, no gates: what the engine does on a GPU."""
    program = work.program(lanes)
    rows = jax.device_put(work.rows(program), device)
    run, params = compile_(program), jax.device_put(work.params(program, lanes), device)

    def call(begin: int, end: int) -> Any:
        state = jax.device_put(jax.tree.map(np.array, program.initial()), device)
        return jax.block_until_ready(run(state, rows, params, work.terms, work.window, np.int32(begin), np.int32(end)))

    return Made(call, footprint_of(program).of_call(lanes, 1, rows.nbytes), np.arange(lanes) % DISTINCT)


def grouped_scan(work: Work, lanes: int, device: Any) -> Made:
    """The lanes dealt to several datasets that share the call."""
    each = lanes // DATASETS
    program = work.program(each)
    rows = work.rows(program)
    inputs = [stacked([x] * DATASETS, device) for x in (rows, work.params(program, each), work.terms, work.window)]
    run = compiled_group(program)

    def call(begin: int, end: int) -> Any:
        return jax.block_until_ready(run(stacked([program.initial()] * DATASETS, device), *inputs, np.int32(begin), np.int32(end)))

    which = np.broadcast_to(np.arange(each) % DISTINCT, (DATASETS, each))
    return Made(call, footprint_of(program).of_call(each, DATASETS, rows.nbytes), which)


def kernel(work: Work, lanes: int, device: Any) -> Made:
    """One dataset, blocks of lanes with the loop over bars inside."""
    program = work.program(KERNEL_LANES)
    n = max(1, lanes // KERNEL_LANES)
    params = {name: values.reshape(n, KERNEL_LANES) for name, values in work.params(program, n * KERNEL_LANES).items()}
    rows = work.rows(program)
    inputs = [jax.device_put(x, device) for x in (rows[None], np.zeros(n, np.int32), params)]
    inputs += [stacked([x], device) for x in (work.terms, work.window)]
    run = compiled_kernel(program, interpret=not is_gpu(device))

    def call(begin: int, end: int) -> Any:
        return jax.block_until_ready(run(stacked([program.initial()] * n, device), *inputs, np.int32(begin), np.int32(end)))

    which = np.arange(n * KERNEL_LANES).reshape(n, KERNEL_LANES) % DISTINCT
    return Made(call, footprint_of(program).of_call(which.size, 1, rows.nbytes), which)


WAYS = (
    Way("scan with gates", gated_scan),
    Way("scan", plain_scan),
    Way(f"scan of {DATASETS} datasets", grouped_scan),
    Way("kernel", kernel),
    Way("engine", None),
)


def measure(work: Work, way: Way, lanes: int, devices: Sequence[Any], memory: int | None, budget_s: float) -> tuple[str, float]:
    """One line of the table, and the seconds that a run took; every device runs the same call."""
    assert way.make is not None
    made = [way.make(work, lanes, d) for d in devices]
    needed, lanes = made[0].n_bytes, made[0].which.size * len(devices)
    if memory is not None and needed > memory * USABLE_RATE:
        return f"{lanes:>8,} would need {needed / 1e9:.1f} GB", float("inf")
    started = time.perf_counter()
    deal(made, devices, lambda m, _: m.call(0, 0))
    compile_s = time.perf_counter() - started
    runs: list[float] = []
    states: list[Any] = []
    while not runs or (len(runs) < 3 and sum(runs) < budget_s / 4):
        started = time.perf_counter()
        states = deal(made, devices, lambda m, _: m.call(0, work.n_bars))
        runs.append(time.perf_counter() - started)
    took = statistics.median(runs)
    rate = lanes * work.n_bars / took / 1e6
    agree = float(np.mean([agreement(work, m.which, s) for m, s in zip(made, states, strict=True)]))
    return f"{lanes:>8,} {compile_s:>9.1f} {took:>8.3f} {took / work.n_bars * 1e6:>10.1f} {rate:>13.2f} {agree:>12.1%}", took


def measure_engine(work: Work, lanes: int, device: str, budget_s: float) -> tuple[str, float]:
    """The same line for the engine as it is used, a batch of so many parameter sets on one dataset."""
    style, started = work.style, time.perf_counter()
    config = EngineConfig(dtype=work.dtype, device=device, backend="xla").for_batch(lanes)  # type: ignore[arg-type]
    engine = Engine(style.strategy, [work.feed], style.broker, style.strategy.inputs, config)
    engine.warm_up()
    compile_s = time.perf_counter() - started
    which = np.arange(lanes) % DISTINCT
    batch = [work.sets[i] for i in which]
    runs: list[float] = []
    found: list[Any] = []
    while not runs or (len(runs) < 3 and sum(runs) < budget_s / 4):
        started = time.perf_counter()
        found = engine.evaluate(batch)
        runs.append(time.perf_counter() - started)
    took = statistics.median(runs)
    trades, profit = (np.array([e.metrics[name][0] for e in found]) for name in ("n_trades", "net_profit"))
    rate, agree = lanes * work.n_bars / took / 1e6, share_of_same(work, which, trades, profit)
    return f"{lanes:>8,} {compile_s:>9.1f} {took:>8.3f} {took / work.n_bars * 1e6:>10.1f} {rate:>13.2f} {agree:>12.1%}", took


def agreement(work: Work, which: np.ndarray, state: Any) -> float:
    """The share of lanes that trade as their sets do on the CPU."""
    return share_of_same(work, which, np.asarray(state.account.stats.n_trades), np.asarray(state.account.stats.net_profit))


def share_of_same(work: Work, which: np.ndarray, n_trades: np.ndarray, net_profit: np.ndarray) -> float:
    """The share of lanes with the number of trades and the profit of their sets on the CPU."""
    trades, profit = work.on_cpu
    rtol = 1e-6 if work.dtype == "float64" else 1e-2
    near = np.isclose(net_profit, profit[which], rtol=rtol, atol=rtol * 100)
    return float(np.mean((n_trades == trades[which]) & near))


def ladder(work: Work, way: Way, asked: argparse.Namespace, devices: Sequence[Any], memory: int | None) -> None:
    """More and more lanes, until memory or time is spent."""
    spent, before, took = 0.0, 0, 0.0
    n_bars = work.n_bars
    if way.name == "kernel" and not is_gpu(devices[0]):
        # Interpreted: what is shown is that it runs and agrees.
        work = replace(work, n_bars=min(n_bars, 300))
    for lanes in asked.lanes:
        if before and (spent > asked.limit_s or took * lanes / before > asked.limit_s):
            print(f"{work.style.name:8} {way.name:22} {lanes:>8,} would take more than --limit-s", flush=True)
            return
        started = time.perf_counter()
        try:
            if way.make is None:
                line, took = measure_engine(work, lanes, asked.device, asked.limit_s)
            else:
                line, took = measure(work, way, lanes, devices, memory, asked.limit_s)
        except NotRowwise as error:
            line, took = f"none for this strategy: {error}", float("inf")
        spent += time.perf_counter() - started
        note = f"  (interpreted, {work.n_bars} bars)" if work.n_bars != n_bars else ""
        print(f"{work.style.name:8} {way.name:22} {line}{note}", flush=True)
        if took == float("inf") or note:
            return
        before = lanes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("strategies", nargs="*", default=["market", "bracket", "squeeze"], help=", ".join(STYLES))
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "gpu"))
    parser.add_argument("--bars", type=int, default=5_000)
    parser.add_argument("--lanes", type=int, nargs="+", default=list(LADDER))
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"))
    parser.add_argument("--limit-s", type=float, default=60.0, help="seconds for each ladder of lanes")
    parser.add_argument("--memory-gb", type=float, help="of a device, where JAX does not know")
    asked = parser.parse_args()
    jax.config.update("jax_enable_x64", True)
    devices = devices_of(asked.device)
    memory = int(asked.memory_gb * 1e9) if asked.memory_gb else memory_of(devices[0])
    known = f"{memory / 1e9:.1f} GB each" if memory else "memory unknown"
    print(f"{len(devices)} x {devices[0].device_kind} ({devices[0].platform}), {known}; jax {jax.__version__}")
    print(f"{asked.bars:,} bars, {asked.dtype}")
    heads = f"{'compile s':>9} {'run s':>8} {'us per bar':>10} {'M lane-bars/s':>13} {'same trades':>12}"
    print(f"{'strategy':8} {'way':22} {'lanes':>8} {heads}", flush=True)
    for name in asked.strategies:
        work = Work(STYLES[name], asked.bars, asked.dtype)
        for way in WAYS:
            ladder(work, way, asked, devices, memory)


if __name__ == "__main__":
    main()
