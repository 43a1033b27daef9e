"""The section `null_search`: the real best against those of the same search on histories without an edge. The parts are in `pinejax.null`.

null=research is the test: its p-value is that of "the search found no more than it finds where there is nothing". null=replay costs a
hundredth and is optimistic. Besides, the circular-shift test of the chosen set alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from pinejax import __version__
from pinejax.engine.engine import Engine
from pinejax.errors import ConfigError, DataError
from pinejax.job.session import memory_and_higher
from pinejax.judge.case import EVALUATED, Case, NotEnough
from pinejax.judge.foreseen import too_long_blocks
from pinejax.null.best import Best, p_value
from pinejax.null.ground import Ground
from pinejax.null.kept import Kept, bests, identity_of
from pinejax.null.replay import Replayed, at_once, replay
from pinejax.null.research import research, settings_for
from pinejax.null.shift import exposure_of, scores_at_shifts, shift_p_value
from pinejax.null.surrogate import Recipe
from pinejax.selection.config import NullConfig

Progress = Callable[[int, int], None]
"""Told how many surrogates are done, and of how many."""


def null_search(case: Case, progress: Progress | None = None) -> Mapping[str, Any]:
    """As plain JSON; p-values are those of the distribution over surrogates, no smaller than `smallest_p`.

    best: on the real bars, of the same sets (replay) or the study's (research); distribution: of the surrogates' bests, the metric's own
    sign; n_infeasible: those of them whose best breaks a gate, which are worse than any that breaks none. per_dataset: the chosen set
    alone, without correction for the search (replay). stopped_by_budget: fewer than n_asked were made; the same command goes on.
    optimistic: the sets, or those that the search began with, come from real bars.
    Errors: NotEnough for a study over timeframe pairs or with several objectives, without a complete trial, on prices not above 0.
    """
    config: NullConfig = case.config.null
    if config.mode == "none":
        return {"mode": "none"}
    _require_simple(case)
    progress = progress or (lambda done, of: case.say(f"null search: {done} of {of} histories", done, of))
    started = time.perf_counter()
    ground = ground_of(case)
    recipe = ground.recipe(config.method, config.block_bars, config.seed)
    if wrong := too_long_blocks(recipe.block_bars, min(map(len, ground.engine.feeds))):
        raise NotEnough(f"blocks of bars: {wrong}")
    try:
        ground.surrogate(recipe, 0)
    except DataError as error:
        raise NotEnough(f"expected bars of which surrogate histories can be made. {error}") from error
    real = _real(case, ground)
    kept = Kept(case.folder, identity_of(_decisive(case, recipe)))
    try:
        _make(case, ground, recipe, kept, progress, started)
    except ConfigError as error:
        raise NotEnough(f"expected a search that can be repeated on other bars. {error}") from error
    found = bests(kept.found, config.n_surrogates)
    sign, nulls = case.objective.terms[0].sign, [one.best for one in found]
    out = {
        "mode": config.mode,
        "method": recipe.method,
        "block_bars": recipe.block_bars,
        "n_asked": config.n_surrogates,
        "n_made": len(found),
        "stopped_by_budget": len(found) < config.n_surrogates,
        "p_value": p_value(real.best, nulls, sign),
        "smallest_p": 1.0 / (1 + len(found)),
        "optimistic": config.mode == "replay" or bool(case.told_by),
        "best": real.best.value,
        "violation": real.best.violation,
        "distribution": [null.value for null in nulls],
        "n_infeasible": sum(null.violation > 0 for null in nulls),
        "n_sets": len(case.sets) if config.mode == "replay" else None,
        "n_trials": None if config.mode == "replay" else n_trials_of(case),
        "per_dataset": _per_dataset(case, real, found, sign) if config.mode == "replay" else {},
        "shift": shift(case),
    }
    return out | {"seconds": time.perf_counter() - started}


def ground_of(case: Case) -> Ground:
    """Where the search was run, its parts included."""
    split = case.session.split
    if split is None or not split.parts:
        return Ground(case.engine)
    warm_up = memory_and_higher(case.engine.program, case.session.feeds[0])[0]
    timeline = split.on(case.session.feeds).timeline
    return Ground(case.engine, tuple(tuple(timeline.windows(span, warm_up)) for span in split.parts))


def n_trials_of(case: Case) -> int:
    """Trials that the study came to, as a search counts them: of all its runs, also where the last one asked for fewer."""
    return max(1, sum(trial.state in EVALUATED or bool(trial.status) for trial in case.study.trials))


def shift(case: Case) -> dict[str, Any]:
    """The circular-shift test of the chosen set, dataset by dataset and of the mean over datasets (all rotated alike)."""
    engine, params = case.engine, case.chosen.complete
    scores, scales, per_dataset = [], [], {}
    for d, name in enumerate(engine.datasets):
        feed, detail, window = engine.feeds[d], engine.detail(params, d), engine.window(d)
        first, traded = int(window.start), slice(int(window.trade_from) - int(window.start), None)
        exposure = exposure_of(detail.trades, detail.equity, feed, first)[traded]
        close = feed.ltf.close[int(window.trade_from) : int(window.stop)]
        if len(close) < 3 or not exposure[:-1].any():
            per_dataset[name] = None
            continue
        scores.append(scores_at_shifts(exposure, close))
        scales.append(float(np.abs(exposure[:-1] * (close[1:] / close[:-1] - 1.0)).sum()))
        per_dataset[name] = shift_p_value(scores[-1], scales[-1])
    if not scores:
        return {"not_enough": "expected a position on some dataset, found none at any close."}
    n = min(len(s) for s in scores)
    mean = np.mean([s[:n] for s in scores], axis=0)
    return {"p_value": shift_p_value(mean, sum(scales)), "n_shifts": n, "per_dataset": per_dataset, "corrected": False}


def _require_simple(case: Case) -> None:
    """Errors: NotEnough."""
    if case.session.is_joint or not isinstance(case.engine, Engine):
        raise NotEnough(
            "expected a study of one timeframe pair, found one that searches over pairs. Search each pair alone for a null search."
        )
    if case.objective.is_multi:
        raise NotEnough(
            f"expected a study of one objective, found {len(case.objective.terms)}: the best of several has no order. Search with one."
        )
    if not case.study.best or not len(case.sets):
        raise NotEnough("expected a complete trial, found none: there is no best set to compare.")


def _real(case: Case, ground: Ground) -> Replayed:
    """The real history's: of the sets that are replayed, or of the study."""
    if case.config.null.mode == "research":
        return Replayed(Best(case.chosen.values[0], case.chosen.violation), ())
    return replay(ground, case.objective, case.sets.params, [list(case.engine.feeds)])[0]


def _make(case: Case, ground: Ground, recipe: Recipe, kept: Kept, progress: Progress, started: float) -> None:
    """Surrogates that are not there yet, until all are or the budget is spent; a few at least."""
    config: NullConfig = case.config.null
    missing = [n for n in range(config.n_surrogates) if n not in kept.found]
    together = at_once(ground) if config.mode == "replay" else 1
    done = config.n_surrogates - len(missing)
    for first in range(0, len(missing), together):
        progress(done + first, config.n_surrogates)
        spent = time.perf_counter() - started
        if config.budget_s is not None and spent >= config.budget_s and (first or done):
            break
        numbers = missing[first : first + together]
        kept.add(dict(zip(numbers, _found(case, ground, recipe, numbers), strict=True)))
    progress(sum(n in kept.found for n in range(config.n_surrogates)), config.n_surrogates)


def _found(case: Case, ground: Ground, recipe: Recipe, numbers: Sequence[int]) -> list[Replayed]:
    histories = [ground.surrogate(recipe, n) for n in numbers]
    if case.config.null.mode == "replay":
        return replay(ground, case.objective, case.sets.params, histories)
    plans = [settings_for(case.settings, n_trials_of(case), recipe.seed, n) for n in numbers]
    both = zip(plans, histories, strict=True)
    return [Replayed(research(ground, case.objective, case.session.space, plan, history, stop=case.stop), ()) for plan, history in both]


def _decisive(case: Case, recipe: Recipe) -> dict[str, Any]:
    """All that decides what is found on a surrogate, and nothing else."""
    engine, settings = case.engine, case.settings
    common = {
        "pinejax": __version__,
        "mode": case.config.null.mode,
        "recipe": asdict(recipe),
        "objective": [type(case.objective).__name__, case.objective.config.describe()],
        "context": case.session.context,
        "bars": [[feed.name, feed.content_hash, [str(x) for x in (w.start, w.trade_from, w.stop)]] for feed, w in _windows(engine)],
        "space": case.session.space.fingerprint,
    }
    if case.config.null.mode == "replay":
        return common | {"sets": [dict(params) for params in case.sets.params]}
    chosen = ("sampler", "pruner", "seed", "batch_size", "patience_batches", "patience_min_delta", "target", "resume_from")
    flags = [dict(settings.sampler_flags), dict(settings.pruner_flags)]
    searched = {name: getattr(settings, name) for name in chosen}
    return common | {"n_trials": n_trials_of(case), "n_segments": case.session.n_segments, "search": searched, "flags": flags}


def _windows(engine: Engine) -> list[tuple[Any, Any]]:
    return [(feed, engine.window(d)) for d, feed in enumerate(engine.feeds)]


def _per_dataset(case: Case, real: Replayed, found: Sequence[Replayed], sign: float) -> dict[str, Any]:
    names = [feed.name for feed in case.engine.feeds] if not case.engine.windows else list(case.engine.datasets)
    out = {}
    for d, name in enumerate(names):
        out[name] = {"value": real.own[d].value, "p_value": p_value(real.own[d], [one.own[d] for one in found], sign)}
    return out
