"""Where a whole run's seconds went, from the start of the process, as a table and in words. It measures nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pinejax.engine.engine import Timings as EngineTimings
from pinejax.search import Timings as SearchTimings

START_UP = ("import", "load", "trace", "compile", "open")
SHOWN_SHARE = 0.02
ASKING_MUCH = 0.5
COSTLY_SAMPLER, CHEAPER_SAMPLERS = "tpe", ("cmaes", "nsga2")
"""Cheaper: for one objective, for several. docs/search.md has what they cost and what they find."""


@dataclass(frozen=True)
class Spent:
    """Seconds outside the search: until imports were done, reading bars, making the engine but for its tracing, writing files, the best's
    detail run; and two moments, from the start of the process.
    """

    import_s: float
    load_s: float
    build_s: float = 0.0
    report_s: float = 0.0
    detail_s: float = 0.0
    first_trial_s: float | None = None
    total_s: float = 0.0


def seconds(engine: EngineTimings, search: SearchTimings, spent: Spent) -> dict[str, float]:
    """The parts of a run in the order of their first use, the rest (`other`) and the `total`, which they add up to.

    compile: making the engine, and compiling or loading its programs, before the search; so neither is part of evaluate.
    """
    parts = {
        "import": spent.import_s,
        "load": spent.load_s,
        "trace": engine.trace_s,
        "compile": spent.build_s + engine.compile_s,
        "open": search.open_s,
        "ask": search.ask_s,
        "evaluate": search.evaluate_s,
        "prune": search.prune_s,
        "tell": search.tell_s,
        "flush": search.flush_s,
        "pull": search.pull_s,
        "wait": search.wait_s,
        "report": spent.report_s,
        "detail": spent.detail_s,
    }
    rounded = {name: round(value, 4) for name, value in parts.items()}
    total = round(max(spent.total_s, sum(rounded.values())), 4)
    return {**rounded, "other": round(total - sum(rounded.values()), 4), "total": total}


def with_judging(table: Mapping[str, float], judge_s: float, total_s: float) -> dict[str, float]:
    """The table of a run that went on to judge its result, for `judge_s` seconds, and has taken `total_s` by now."""
    parts = {name: value for name, value in table.items() if name not in ("other", "total")} | {"judge": round(judge_s, 4)}
    total = round(max(total_s, sum(parts.values())), 4)
    return {**parts, "other": round(total - sum(parts.values()), 4), "total": total}


def shares(table: Mapping[str, float]) -> dict[str, float]:
    """Each part's share of the total."""
    total = table["total"]
    return {name: round(value / total, 4) if total > 0 else 0.0 for name, value in table.items() if name != "total"}


def time_text(table: Mapping[str, float], first_trial_s: float | None) -> str:
    """`Time: 12.3 s, 2.8 s to the first trial: evaluate 51%, ask 20%, ...`: the largest parts, largest first."""
    large = sorted(((share, name) for name, share in shares(table).items() if share >= SHOWN_SHARE), reverse=True)
    begun = "" if first_trial_s is None else f", {first_trial_s:.1f} s to the first trial"
    return f"Time: {table['total']:.1f} s{begun}: {', '.join(f'{name} {share:.0%}' for share, name in large)}."


def ask_share(table: Mapping[str, float]) -> float:
    """The part of the time after start-up that went into asking the sampler."""
    after = table["total"] - sum(table[name] for name in START_UP)
    return table["ask"] / after if after > 0 else 0.0


def advice(table: Mapping[str, float], sampler: str, n_objectives: int) -> str:
    """What to do where the sampler took most of the time after start-up; empty where it did not, or none is much cheaper."""
    share = ask_share(table)
    if share <= ASKING_MUCH or sampler != COSTLY_SAMPLER:
        return ""
    cheaper = CHEAPER_SAMPLERS[n_objectives > 1]
    return (
        f"Asking {sampler} took {share:.0%} of the time after start-up. search.sampler={cheaper} with twice the trials finds more in "
        "less time where evaluating is fast; sampler.tpe.max_history=150 bounds what asking costs in long studies "
        "(docs/search.md, What it costs)."
    )
