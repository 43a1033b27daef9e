"""How often does the verdict call noise luck, and how often does it see an edge that is there?

    python experiments/white_noise.py                                # every kind of judging, on bars without an edge
    python experiments/white_noise.py --edge-bps 2,4,8                # and on bars with a planted one: the power
    python experiments/white_noise.py --kinds default,holdout --runs 20

Each run is a search over a momentum strategy's length on bars of its own seed: hourly, no regimes, no clustering of volatility, no costs.
With --edge-bps a drift of so many basis points a bar has the sign of the last 20 bars' move (`python -m pinejax.data synth --edge-bps`).
Prints, by kind, the number of runs of each level.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna

from pinejax import LONG, SHORT, Strategy, input
from pinejax.broker.config import BrokerConfig
from pinejax.config import Config, SearchChoices
from pinejax.core.align import align_htf
from pinejax.core.feed import Feed
from pinejax.core.timeframe import Timeframe, TimeframePair
from pinejax.data.frame import to_bars
from pinejax.data.synth import Market, SynthSpec, generate
from pinejax.job.division import divided
from pinejax.job.plan import plan_search
from pinejax.job.session import Session
from pinejax.job.strategy_source import find_strategy
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case
from pinejax.judge.found import found_in
from pinejax.judge.run import collect
from pinejax.judge.verdict import Verdict, verdict_of
from pinejax.report.atomic import plain
from pinejax.report.text import grid
from pinejax.search import build_space, run_search
from pinejax.selection.config import NullConfig, StressConfig, ValidationConfig

PAIR = TimeframePair.parse("1h")
LEVELS = ("luck", "not_enough", "hint", "differs")
KINDS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "research": {"null": NullConfig("research", n_surrogates=19, budget_s=None)},
    "holdout": {"validation": ValidationConfig("holdout", holdout=0.4)},
    "walk_forward": {"validation": ValidationConfig("walk_forward", n_windows=4)},
    "train_test": {"validation": ValidationConfig("train_test")},
    "purged_kfold": {"validation": ValidationConfig("purged_kfold")},
    "cpcv": {"validation": ValidationConfig("cpcv")},
}
"""What of the configuration is not the default."""


class Momentum(Strategy):
    """Long above the close of `length` bars ago, short below it."""

    length = input.int(20, low=2, high=100)

    def on_bar(self, ctx):
        """At each close."""
        bar, ta, broker = ctx.bar, ctx.ta, ctx.broker
        change = ta.change(bar.close, self.length)
        broker.entry("L", LONG, when=change > 0)
        broker.entry("S", SHORT, when=change < 0)


def noise(seed: int, n_bars: int, edge_bps: float = 0.0) -> Feed:
    """Hourly bars whose moves are independent of each other but for the planted edge."""
    spec = SynthSpec("NOISE", seed=seed, timeframe=Timeframe(3_600), n_bars=n_bars, garch_a=0.0, garch_b=0.0)
    ltf = to_bars(generate(spec, Market(regimes=("range",), edge_rate=edge_bps / 10_000)))
    htf, marks = align_htf(ltf, PAIR, "UTC")
    return Feed("NOISE", PAIR, ltf, htf, marks, content_hash=f"{seed}-{n_bars}-{edge_bps}", synthetic=True)


def config_of(kind: str, n_trials: int, sampler: str) -> Config:
    """The defaults, without costs, which would make noise easy to tell, and without stress, which speaks against a set only."""
    return replace(
        Config(f"{Path(__file__).resolve()}:Momentum", ("NOISE",), PAIR),
        broker=BrokerConfig(commission=0.0),
        search=SearchChoices(n_trials=n_trials, sampler=sampler, study_name="noise"),
        samplers={},
        stress=StressConfig(enabled=False, n_bootstrap=0),
        **KINDS[kind],
    )


class Bench:
    """Judged searches, one after the other, with one strategy."""

    def __init__(self, config: Config):
        self.config = config
        self.strategy = find_strategy(config.strategy)
        self.space = build_space(self.strategy.cls)

    def run(self, feed: Feed, seed: int) -> tuple[Verdict, dict[str, Any]]:
        """One search and its verdict, with the evidence."""
        config = replace(self.config, search=replace(self.config.search, seed=seed))
        session = divided(Session(config, self.strategy, self.space, (feed,), 0.0))
        objective, settings = plan_search(session)
        engine = session.engine(64)
        with tempfile.TemporaryDirectory() as folder:
            storage = f"sqlite:///{folder}/studies.db"
            result = run_search(settings, session.space, objective, engine, storage)
            table = StudyTable(settings.study_name, self.strategy.name, session.space, objective, session.columns, settings.top_k)
            whole: Any = getattr(engine, "whole", engine)
            case = Case(session, whole, objective, settings, table.of(result.trials), storage, Path(folder))
            found: dict[str, Any] = {}
            collect(case, found, result.stopped)
        found = plain(found)
        return verdict_of(found, config.verdict), found


def levels(
    kind: str, seeds: Sequence[int], *, n_trials: int = 48, n_bars: int = 4_380, edge_bps: float = 0.0, sampler: str = "random"
) -> Counter[str]:
    """How many runs came to each level."""
    bench = Bench(config_of(kind, n_trials, sampler))
    return Counter(bench.run(noise(seed, n_bars, edge_bps), seed)[0].level for seed in seeds)


def main() -> None:
    """The tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--edge-bps", default="0")
    parser.add_argument("--bars", type=int, default=4_380)
    parser.add_argument("--trials", type=int, default=48)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--show", action="store_true", help="the sentence of every run")
    given = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    rows = []
    for edge in map(float, given.edge_bps.split(",")):
        for kind in given.kinds.split(","):
            bench, count, started = Bench(config_of(kind, given.trials, given.sampler)), Counter(), time.perf_counter()
            for seed in range(given.first_seed, given.first_seed + given.runs):
                verdict, found = bench.run(noise(seed, given.bars, edge), seed)
                count[verdict.level] += 1
                if given.show:
                    numbers = found_in(found)
                    print(edge, kind, seed, verdict.level, numbers.deflated, numbers.null_p, numbers.overfit, verdict.sentence, flush=True)
            rows.append([f"{edge:g}", kind, *(str(count[level]) for level in LEVELS), f"{time.perf_counter() - started:.0f}"])
            print(rows[-1], flush=True)
    print(grid(["edge, bps a bar", "kind", *LEVELS, "seconds"], rows))


if __name__ == "__main__":
    main()
