"""Walk-forward: a search of its own in every train span, whose best set trades the test span behind it. What it comes to is `judge`.

Robert Pardo, The Evaluation and Optimization of Trading Strategies (2008), chapter 11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from pinejax.core.inputs import Params
from pinejax.core.window import Window
from pinejax.engine.engine import Engine
from pinejax.search import Callback, Objective, Progress, SearchConfig, SearchResult, Space, StopRequest, run_search
from pinejax.search.interrupts import stop_on_signals
from pinejax.search.records import STATUS_KEY
from pinejax.selection.splits import Fold, Span
from pinejax.selection.timeline import Timeline
from pinejax.validation.score import Score, score_of, scored, years_of

Say = Callable[[str, int, int], None]
"""Told in words where the walk is, then how many trials are done, of all spans, and of how many."""


@dataclass(frozen=True)
class Course:
    """Where a walk goes. engine: over the bars that may be looked at, all of them; line: of the same datasets, and maybe more bars at the
    end; warm_up: bars before a window on which indicators get warm and nothing is traded.
    """

    engine: Engine
    line: Timeline
    folds: tuple[Fold, ...]
    warm_up: int

    def windows(self, span: Span) -> list[Window]:
        """Of each dataset."""
        return self.line.windows(span, self.warm_up)

    def on(self, span: Span) -> Engine:
        """The engine on a span alone: flat at its start; nothing is traced or compiled again. Errors: DataError for too few bars."""
        return self.engine.on(windows=self.windows(span))

    def years(self, span: Span) -> float:
        """Mean over the datasets."""
        feeds = self.line.feeds
        ms = [
            float(f.ltf.time[int(w.stop) - 1] - f.ltf.time[int(w.trade_from)]) + f.timeframe.ltf.ms
            for f, w in zip(feeds, self.windows(span), strict=True)
        ]
        return years_of(float(np.mean(ms)))

    @property
    def used(self) -> list[Span]:
        """Each test span, but for what the next one tests again: together they are one history."""
        tests = [fold.test[0] for fold in self.folds]
        firsts = [b.first for _, b in pairwise(tests)]
        return [Span(test.first, min(test.stop, first)) for test, first in zip(tests, [*firsts, tests[-1].stop], strict=True)]

    def check(self) -> None:
        """Errors: DataError naming a dataset that has too few bars in some span, before anything is searched."""
        for fold in self.folds:
            self.on(fold.train[0])
            self.on(fold.test[0])


@dataclass(frozen=True)
class Plan:
    """What is searched in every train span. settings: the run's own; n_trials: of each span; storage: where all studies are."""

    space: Space
    objective: Objective
    settings: SearchConfig
    storage: str | None
    n_trials: int


@dataclass(frozen=True)
class Leg:
    """A fold that was searched. study: its name; trial, params: of the best set; all None where no trial had a result."""

    fold: Fold
    study: str
    n_trials: int
    trial: int | None = None
    params: Params | None = None
    inside: Score | None = None
    outside: Score | None = None


def walk_forward(course: Course, plan: Plan, stop: StopRequest, say: Say = lambda text, done, of: None) -> list[Leg]:
    """Fold by fold; fewer than there are where `stop` was asked for. A span's study is in the storage like any other.

    The same call goes on where it stopped, and several at once share the work of each span. Errors: those of `run_search`, and DataError
    for a span with too few bars, before the first search.
    """
    course.check()
    legs: list[Leg] = []
    with stop_on_signals(stop):
        for i, fold in enumerate(course.folds):
            told = f"walk-forward {i + 1} of {len(course.folds)}, {' .. '.join(d[:10] for d in course.line.dates(fold.train[0]))}"

            def batch(progress: Progress, i: int = i, told: str = told) -> None:
                text = f"{told}, {progress.n_counted} of {progress.n_trials} trials"
                say(text, i * plan.n_trials + progress.n_counted, len(course.folds) * plan.n_trials)

            result = search_span(course, fold.train[0], plan, stop, batch)
            if result.stopped == "interrupted":
                break
            legs.append(leg_of(course, fold, plan.objective, result))
    return legs


def search_span(course: Course, span: Span, plan: Plan, stop: StopRequest, callback: Callback) -> SearchResult:
    """The configured search on one train span alone."""
    settings = settings_of(plan, span, course.windows(span))
    return run_search(
        settings,
        plan.space,
        plan.objective,
        course.on(span),
        plan.storage,
        [callback],
        stop,
    )


def settings_of(plan: Plan, span: Span, windows: Sequence[Window]) -> SearchConfig:
    """The run's settings for one span. What was found on other bars is no start: neither a bank nor a warm start of CMA-ES is taken over.

    The study is named by its span, so that other lengths make other studies, and the same ones go on.
    """
    base = plan.settings
    flags: Mapping[str, Any] = {k: None if k == "warm_start" else v for k, v in base.sampler_flags.items()}
    return replace(
        base,
        study_name=f"{base.study_name}_walk_{span.first}-{span.stop}",
        n_trials=plan.n_trials,
        seed=None if base.seed is None else seed_of(base.seed, span),
        sampler_flags=flags,
        resume_from=None,
        context={**base.context, "walk": [[int(w.start), int(w.trade_from), int(w.stop)] for w in windows]},
    )


def seed_of(seed: int, span: Span) -> int:
    """Another one for every span, the same for every run."""
    return int(np.random.SeedSequence([seed, span.first, span.stop]).generate_state(1, np.uint32)[0])


def leg_of(course: Course, fold: Fold, objective: Objective, result: SearchResult) -> Leg:
    """The best set of a train span, and what it did on the test span behind it."""
    best = result.best
    if best is None:
        return Leg(fold, result.study_name, result.n_counted)
    params = result.params(best)
    inside = scored(objective, result.metrics(best), best.user_attrs.get(STATUS_KEY, ()), course.years(fold.train[0]))
    (found,) = course.on(fold.test[0]).evaluate([params])
    outside = score_of(objective, found, course.years(fold.test[0]))
    return Leg(fold, result.study_name, result.n_counted, best.number, params, inside, outside)
