"""A search in every train span sees nothing behind it, goes on where it was killed, and is traded on the test span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pinejax.core.feed import Feed
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.errors import DataError
from pinejax.search import ObjectiveConfig, SearchConfig, StopRequest, build_objective, build_space, open_store
from pinejax.search.records import metrics_of
from pinejax.selection.config import ValidationConfig
from pinejax.selection.splits import Span
from pinejax.selection.timeline import Timeline
from pinejax.selection.walk import walk_folds
from pinejax.validation.score import scored
from pinejax.validation.walk import Course, Plan, search_span, seed_of, settings_of, walk_forward
from tests.engine.busy import BROKER, N_BARS, Busy, wave

FEEDS = [wave(N_BARS, 1), wave(N_BARS, 2)]
CHOICES = ValidationConfig(method="walk_forward", n_windows=3, train_ratio=2.0)
WARM_UP = 48
N_TRIALS = 8


def course_on(feeds: Sequence[Feed], choices: ValidationConfig = CHOICES, like: Engine | None = None) -> Course:
    """A walk over these feeds. like: an engine whose compiled program is used."""
    line = Timeline.of(feeds)
    if like is None:
        engine = Engine(Busy, list(feeds), BROKER, Busy.inputs, EngineConfig(n_segments=2, n_threads=1))
    else:
        engine = like.on(feeds=list(feeds))
    return Course(engine, line, tuple(walk_folds(choices, line, line.n_bars, purge=10)), WARM_UP)


@pytest.fixture(scope="module")
def course() -> Course:
    """A walk of three folds."""
    return course_on(FEEDS)


def plan_on(storage: str | None, **settings: Any) -> Plan:
    """What is searched."""
    search = SearchConfig("study", 99, sampler="random", batch_size=4, seed=5, **settings)
    return Plan(build_space(Busy), build_objective(ObjectiveConfig("total_return")), search, storage, N_TRIALS)


def told(course: Course, span: Span) -> list[tuple[Any, ...]]:
    """All that a search of a span was told."""
    found = search_span(course, span, plan_on(None), StopRequest(), lambda text: None)
    return [(t.params, t.values, {k: v.tobytes() for k, v in metrics_of(t).items()}) for t in found.trials]


def planted(feed: Feed, first: int, stop: int) -> Feed:
    """A feed with another price on some bars."""
    marked = lambda x: np.r_[x[:first], np.full(stop - first, 7_777.0), x[stop:]]  # noqa: E731
    bars = lambda b: replace(b, **{name: marked(getattr(b, name)) for name in ("open", "high", "low", "close", "volume")})  # noqa: E731
    return replace(feed, ltf=bars(feed.ltf), htf=bars(feed.htf))


@pytest.mark.parametrize("number", [0, 2])
def test_no_train_search_changes_by_a_bit_when_its_test_bars_do(course: Course, number: int) -> None:
    fold = course.folds[number]
    before = told(course, fold.train[0])
    after = course_on([planted(feed, fold.test[0].first, N_BARS) for feed in FEEDS], like=course.engine)
    assert told(after, fold.train[0]) == before and len(before) == N_TRIALS
    # The marker is one that would be seen.
    one_bar_in = course_on([planted(feed, fold.train[0].stop - 20, N_BARS) for feed in FEEDS], like=course.engine)
    assert told(one_bar_in, fold.train[0]) != before


def test_the_best_set_of_each_span_is_traded_behind_it(course: Course) -> None:
    plan = plan_on(None)
    legs = walk_forward(course, plan, StopRequest())
    assert [leg.fold for leg in legs] == list(course.folds)
    for leg in legs:
        found = search_span(course, leg.fold.train[0], plan, StopRequest(), lambda text: None)
        best = max((t for t in found.trials if t.values), key=lambda t: t.values[0])
        assert leg.trial == best.number and leg.params == plan.space.complete(best.params)
        assert leg.inside is not None and leg.outside is not None and leg.inside.value == best.values[0]
        engine = course.engine.on(windows=course.line.windows(leg.fold.test[0], WARM_UP))
        details = [engine.detail(leg.params, d) for d in range(2)]
        assert leg.outside.value == pytest.approx(np.mean([d.metrics["total_return"] for d in details]), rel=1e-12)
        assert leg.outside.n_trades == sum(d.metrics["n_trades"] for d in details)
        assert leg.outside.years == pytest.approx(len(leg.fold.test[0]) / 24 / 365)
        assert all(t.entry_bar >= leg.fold.test[0].first for d in details for t in d.trades)
    assert len({leg.study for leg in legs}) == 3


def test_nothing_is_traced_or_compiled_again(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    walk_forward(course, plan_on(None), StopRequest())

    def traced(*args: object) -> None:
        raise AssertionError("a program was traced again")

    monkeypatch.setattr("pinejax.engine.engine.discover", traced)
    before = course.engine.runner.n_compiled
    walk_forward(course, plan_on(None), StopRequest())
    assert course.engine.runner.n_compiled == before
    assert course.on(course.folds[0].test[0]).runner.n_compiled == 0


def test_a_walk_that_was_broken_off_goes_on_where_it_was(course: Course, tmp_path: Path) -> None:
    whole = walk_forward(course, plan_on(f"sqlite:///{tmp_path}/whole.db"), StopRequest())
    url, stop = f"sqlite:///{tmp_path}/broken.db", StopRequest()

    def ctrl_c(text: str, *_: int) -> None:
        if "walk-forward 2 of 3" in text and "4 of 8 trials" in text:
            stop.set()

    first = walk_forward(course, plan_on(url), stop, ctrl_c)
    assert [leg.trial for leg in first] == [whole[0].trial]
    said: list[str] = []
    again = walk_forward(course, plan_on(url), StopRequest(), lambda text, *_: said.append(text))
    counted = lambda i: [text.rpartition(", ")[2] for text in said if f"walk-forward {i} of 3" in text]  # noqa: E731
    assert [counted(i) for i in (1, 2, 3)] == [[], ["8 of 8 trials"], ["4 of 8 trials", "8 of 8 trials"]]
    assert again[0] == whole[0]
    assert [leg.n_trials for leg in again] == [N_TRIALS] * 3
    for leg in again:
        store = open_store(url, leg.study, ["maximize"])
        assert len(store.read()) == N_TRIALS
        store.close()


def test_an_error_in_a_span_keeps_what_was_before(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    real, n_calls = Engine.evaluate, 0

    def dies(self: Engine, *args: Any) -> Any:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 5:
            raise RuntimeError("the device is gone")
        return real(self, *args)

    monkeypatch.setattr(Engine, "evaluate", dies)
    with pytest.raises(RuntimeError, match="gone"):
        walk_forward(course, plan_on(url), StopRequest())
    monkeypatch.setattr(Engine, "evaluate", real)
    legs = walk_forward(course, plan_on(url), StopRequest())
    assert [leg.n_trials for leg in legs] == [N_TRIALS] * 3


def test_a_span_starts_from_nothing_that_was_found_on_other_bars(course: Course) -> None:
    plan = plan_on(None, resume_from="outputs/of_all_bars", sampler_flags={"warm_start": "outputs/of_all_bars"})
    spans = [fold.train[0] for fold in course.folds]
    made = [settings_of(plan, span, course.windows(span)) for span in spans]
    assert all(m.resume_from is None and m.sampler_flags["warm_start"] is None and m.n_trials == N_TRIALS for m in made)
    assert len({m.seed for m in made}) == len({m.study_name for m in made}) == 3
    assert made[0].seed == seed_of(5, spans[0]) != 5
    assert made[0].context["walk"] == [[0, 0, spans[0].stop]] * 2


def test_overlapping_tests_are_one_history_once() -> None:
    course = course_on(FEEDS, ValidationConfig(method="walk_forward", train=300, test=120, step=80))
    assert course.used[:2] == [Span(300, 380), Span(380, 460)] and course.used[-1] == course.folds[-1].test[0]
    assert all(a.stop == b.first for a, b in pairwise(course.used))


def test_spans_with_too_few_bars_are_refused_before_the_first_search(course: Course) -> None:
    cut = FEEDS[1].cut(N_BARS - 200)
    late = Course(course.engine.on(feeds=[FEEDS[0], cut]), Timeline.of([FEEDS[0], cut]), course.folds, WARM_UP)
    said: list[str] = []
    with pytest.raises(DataError, match="WAVE2 1h@4h"):
        walk_forward(late, plan_on(None), StopRequest(), lambda text, *_: said.append(text))
    assert not said


def test_a_score_has_no_gates_and_no_number_where_a_dataset_has_none() -> None:
    objective = build_objective(ObjectiveConfig("sharpe", gates={"min_trades": 30}))
    metrics = {"sharpe": [1.0, 2.0], "total_return": [0.1, 0.3], "n_trades": [4.0, 5.0]}
    score = scored(objective, metrics, (), 0.5)
    assert (score.value, score.total_return, score.n_trades) == (1.5, 0.2, 9)
    assert np.isnan(scored(objective, {**metrics, "sharpe": [1.0, np.nan]}, (), 0.5).value)
    assert np.isnan(scored(objective, metrics, [0, 3], 0.5).value)
    assert scored(objective, {**metrics, "sharpe": [np.nan, 1.0]}, (), 0.5).described["value"] is None
