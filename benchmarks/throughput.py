"""How fast the engine is, beside its peers: lane-bars per second, compile time, memory. One command, one run, Markdown out.

    python benchmarks/throughput.py [--quick] [--only market,bracket] [--tables base,lanes,bars,start,memory] [--repeats 7]
                                    [--backends native,xla] [--vectorbt-python PATH]

A lane-bar is one bar of one parameter set on one dataset: a random walk of 15-minute bars, sets drawn at random. All programs of
a case run in turns; figures are medians of the repeats (slowest .. fastest), fewer of them where --seconds run out. "same" counts
the lanes whose number of trades and net profit (to 1e-9; not in float32) equal those of the first row of the case, pinejax in float64.
What each peer does and leaves out: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from engines import HAS_BACKENDS, engine_of, feed_of, outcome_of
from peers import cpp_kernel, numba_loops, vectorbt_rows
from probe import probe
from strategies import STYLES, Style
from workload import Outcome, draw_sets, task_of

from pinejax.engine.config import EngineConfig

TABLES = ("base", "lanes", "bars", "start", "memory")
# Net profits this close, relative or in account currency, are equal: programs add up in other orders.
RELATIVE, ABSOLUTE = 1e-9, 1e-6


@dataclass(frozen=True)
class Sizes:
    """What the tables run over. memory: pairs of lanes and bars; scaled, started: styles of the tables over lanes and bars, and of the
    fresh processes."""

    lanes: int
    bars: int
    over_lanes: tuple[int, ...]
    over_bars: tuple[int, ...]
    memory: tuple[tuple[int, int], ...]
    scaled: tuple[str, ...] = ("market", "bracket", "squeeze")
    started: tuple[str, ...] = ("market", "pyramid", "squeeze")


FULL = Sizes(1_024, 54_000, (1, 64, 1_024, 8_192), (26_000, 54_000, 1_000_000), ((64, 54_000), (1_024, 1_000_000)))
QUICK = Sizes(256, 10_000, (1, 64, 512), (10_000, 40_000), ((64, 10_000), (256, 40_000)), ("market",), ("market",))


@dataclass(frozen=True)
class Program:
    """One program on one case. run: one timed run, seconds and what to compare (None where rules differ)."""

    name: str
    dtype: str
    threads: int
    run: Callable[[], tuple[float, Outcome | None]]


def timed(work: Callable[[], Any], made: Callable[[Any], Outcome] = lambda x: x) -> Callable[[], tuple[float, Outcome]]:
    """A run whose result is converted after the clock has stopped."""

    def run() -> tuple[float, Outcome]:
        started = time.perf_counter()
        found = work()
        return time.perf_counter() - started, made(found)

    return run


def pinejax_programs(style: Style, lanes: int, bars: int, variants: list[tuple[str, int]], backends: list[str]) -> list[Program]:
    """The engine, compiled, for every backend and every (type, threads). One that does not compile is said to and left out."""
    sets, found = draw_sets(style.strategy, lanes, style.fixed), []
    for backend in backends:
        name = f"pinejax ({backend})" if HAS_BACKENDS and backend != "auto" else "pinejax"
        for dtype, threads in variants:
            engine = engine_of(style, bars, dtype, threads, backend)
            try:
                engine.warm_up()
            except Exception as error:
                print(row(style, lanes, bars, name, dtype, threads, f"fails: {type(error).__name__}: {str(error)[:60]}", ""), flush=True)
                continue
            found.append(Program(name, dtype, threads, timed(lambda engine=engine: engine.evaluate(sets), outcome_of)))
    return found


def row(style: Style, lanes: int, bars: int, *cells: object) -> str:
    """A row of the tables of rates."""
    return "| " + " | ".join(map(str, (style.text, f"{lanes:,}", f"{bars:,}", *cells))) + " |"


@contextlib.contextmanager
def peer_programs(style: Style, lanes: int, bars: int, threads: tuple[int, ...], python: str | None) -> Iterator[list[Program]]:
    """The peers that can run the style here. python: vectorbt's interpreter, None to leave it out."""
    sets = draw_sets(style.strategy, lanes, style.fixed)
    task = task_of(style.name, feed_of(bars, style.hourly), sets, style.broker)
    found, remote = [], None
    for n in threads:
        if style.name in numba_loops.STYLES and not numba_loops.missing():
            found.append(Program("numba loop", "float64", n, timed(lambda n=n: numba_loops.run(task, n))))
        if style.name in cpp_kernel.STYLES and not cpp_kernel.missing():
            dtypes = ("float64", "float32") if n == 1 else ("float64",)
            found += [Program("C++ vectors", d, n, timed(lambda n=n, d=d: cpp_kernel.run(task, n, d))) for d in dtypes]
    if python and style.name in vectorbt_rows.STYLES and not vectorbt_rows.missing(python):
        remote = vectorbt_rows.Remote(task, python)
        found.append(Program("vectorbt", "float64", 1, lambda: (remote()["seconds"], None)))
    for program in found:
        if program.name == "numba loop":
            program.run()  # compiles
    try:
        yield found
    finally:
        if remote is not None:
            remote.close()


def in_turns(programs: list[Program], repeats: int, budget_s: float) -> tuple[list[list[float]], list[Outcome | None]]:
    """Seconds of every program, one run of each in turn; the outcomes of the first turn."""
    seconds: list[list[float]] = [[] for _ in programs]
    outcomes: list[Outcome | None] = []
    started = time.perf_counter()
    for turn in range(repeats):
        for i, program in enumerate(programs):
            took, outcome = program.run()
            seconds[i].append(took)
            if turn == 0:
                outcomes.append(outcome)
        if time.perf_counter() - started > budget_s:
            break
    return seconds, outcomes


def same_lanes(a: Outcome | None, b: Outcome | None, dtype: str) -> str:
    """How many lanes made as many trades with the same profit; as many trades, in float32."""
    if a is None or b is None:
        return "other rules"
    same = a.n_trades == b.n_trades
    if dtype == "float64":
        same &= np.isclose(a.net_profit, b.net_profit, rtol=RELATIVE, atol=ABSOLUTE)
    return f"{int(same.sum()):,} of {len(same):,}"


def print_case(style: Style, lanes: int, bars: int, programs: list[Program], asked: argparse.Namespace) -> None:
    """Measure and print the rows of one case."""
    seconds, outcomes = in_turns(programs, asked.repeats, asked.seconds)
    reference = next((o for o in outcomes if o is not None), None)
    for program, took, outcome in zip(programs, seconds, outcomes, strict=True):
        rates = sorted(lanes * bars / s / 1e6 for s in took)
        rate = f"{statistics.median(rates):.1f} ({rates[0]:.1f} .. {rates[-1]:.1f})"
        same = same_lanes(reference, outcome, program.dtype)
        print(row(style, lanes, bars, program.name, program.dtype, program.threads, rate, same), flush=True)


def head(title: str, *columns: str) -> None:
    """A table's title and first lines."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{' --- |' * len(columns)}", flush=True)


RATES = ("strategy", "lanes", "bars", "program", "type", "threads", "M lane-bars/s", "same")


def base_table(names: list[str], sizes: Sizes, asked: argparse.Namespace) -> None:
    """All styles and programs at one size."""
    head("Strategies", *RATES)
    cores = EngineConfig().threads
    counts = (1, cores) if cores > 1 else (1,)
    for style in (STYLES[n] for n in names):
        variants = [("float64", n) for n in counts] + [("float32", 1)]
        own = pinejax_programs(style, sizes.lanes, sizes.bars, variants, asked.backends)
        with peer_programs(style, sizes.lanes, sizes.bars, counts, asked.vectorbt_python) as peers:
            print_case(style, sizes.lanes, sizes.bars, [*own, *peers], asked)


def scaling_table(title: str, names: list[str], cases: list[tuple[int, int]], asked: argparse.Namespace) -> None:
    """Pinejax and the numba loop over lanes or bars, one thread."""
    head(title, *RATES)
    for style in (STYLES[n] for n in names):
        for lanes, bars in cases:
            own = pinejax_programs(style, lanes, bars, [("float64", 1)], asked.backends)
            with peer_programs(style, lanes, bars, (1,), None) as peers:
                print_case(style, lanes, bars, [*own, *(p for p in peers if p.dtype == "float64")], asked)


def start_table(names: list[str], sizes: Sizes, asked: argparse.Namespace) -> None:
    """Import, trace and compile in fresh processes, with an empty cache and with the one it left."""
    head("Start-up in a fresh process, seconds", "strategy", "backend", "cache", "import", "trace", "compile")
    for name in names:
        for backend in asked.backends:
            with tempfile.TemporaryDirectory() as cache:
                for state in ("empty", "warm"):
                    found = probe(name, lanes=64, bars=sizes.bars, cache=cache, backend=backend)
                    figures = " | ".join(f"{found[k]:.2f}" for k in ("import_s", "trace_s", "compile_s"))
                    print(f"| {STYLES[name].text} | {backend} | {state} | {figures} |", flush=True)


def memory_table(names: list[str], sizes: Sizes, asked: argparse.Namespace) -> None:
    """Peak memory of fresh processes."""
    head("Peak memory of a process", "strategy", "backend", "lanes", "bars", "MB")
    with tempfile.TemporaryDirectory() as cache:
        for name in names:
            for backend in asked.backends:
                for lanes, bars in sizes.memory:
                    found = probe(name, lanes=lanes, bars=bars, cache=cache, backend=backend)
                    print(f"| {STYLES[name].text} | {backend} | {lanes:,} | {bars:,} | {found['peak_mb']:.0f} |", flush=True)


def asked_for() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    several = lambda known: lambda text: [x for x in text.split(",") if x in known or parser.error(f"{x!r} is none of {list(known)}")]  # noqa: E731
    parser.add_argument("--only", type=several(STYLES), default=list(STYLES), metavar="STYLES", help=f"of {','.join(STYLES)}")
    parser.add_argument("--tables", type=several(TABLES), default=list(TABLES), help=f"of {','.join(TABLES)}")
    parser.add_argument("--repeats", type=int, default=0, help="7, or 3 with --quick")
    parser.add_argument("--seconds", type=float, default=60.0, help="a case gets no further repeat after that")
    parser.add_argument("--quick", action="store_true", help="small sizes: a minute or two")
    parser.add_argument("--backends", type=several(("auto", "native", "xla")), default=["auto"], help="of auto,native,xla")
    parser.add_argument("--vectorbt-python", default=sys.executable, help="the interpreter that has vectorbt")
    asked = parser.parse_args()
    asked.repeats = asked.repeats or (3 if asked.quick else 7)
    if not HAS_BACKENDS and asked.backends != ["auto"]:
        parser.error("--backends: this pinejax has one backend")
    return asked


def main() -> None:
    """Print the tables."""
    asked = asked_for()
    sizes = QUICK if asked.quick else FULL
    print(f"Medians of up to {asked.repeats} runs in turns (slowest .. fastest); {EngineConfig().threads} cores.")
    away = {"numba": numba_loops.missing(), "C++": cpp_kernel.missing(), "vectorbt": vectorbt_rows.missing(asked.vectorbt_python)}
    print("".join(f"{name}: {why}\n" for name, why in away.items() if why), end="", flush=True)
    scaled = [n for n in asked.only if n in sizes.scaled]
    if "base" in asked.tables:
        base_table(asked.only, sizes, asked)
    if "lanes" in asked.tables:
        scaling_table("Over lanes", scaled, [(n, sizes.bars) for n in sizes.over_lanes], asked)
    if "bars" in asked.tables:
        scaling_table("Over bars", scaled, [(sizes.lanes, n) for n in sizes.over_bars], asked)
    if "start" in asked.tables:
        start_table([n for n in asked.only if n in sizes.started], sizes, asked)
    if "memory" in asked.tables:
        memory_table([n for n in asked.only if n in sizes.started and n != "pyramid"], sizes, asked)


if __name__ == "__main__":
    main()
