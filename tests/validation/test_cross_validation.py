"""Each fold's own choice, from its train bars alone, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pinejax.core.window import Window
from pinejax.job.division import divided
from pinejax.job.plan import objective_of, plan_search
from pinejax.job.study_table import StudyTable
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.cross_validation import _summary, cross_validation
from pinejax.judge.searched import objective_text
from pinejax.search import run_search
from pinejax.selection.splits import n_paths
from pinejax.validation import folds
from pinejax.validation.folds import judge_folds, longest_hold
from tests.validation.made import engine_of, parted, session_of, whole_session

PURGE = 40
KFOLD = {"method": "purged_kfold", "k": 4, "purge": PURGE, "embargo": 0.02}
CPCV = {"method": "cpcv", "n_groups": 4, "n_test_groups": 2, "purge": PURGE, "embargo": 0.0, "folds": "worst"}


@cache
def case_of(n_trials: int = 30, pruner: str = "none", **validation: Any) -> Case:
    """A finished search with the random sampler."""
    session = session_of(**validation)
    search = replace(session.config.search, n_trials=n_trials, sampler="random", batch_size=15, pruner=pruner)
    session = replace(session, config=replace(session.config, search=search))
    objective, settings = plan_search(session)
    engine: Any = parted(session) if session.n_parts else engine_of(session)
    result = run_search(settings, session.space, objective, engine)
    table = StudyTable(settings.study_name, "busy", session.space, objective, session.columns, 5)
    return Case(session, engine, objective, settings, table.of(result.trials), "sqlite://", Path())


@pytest.fixture(scope="module")
def kfold() -> Mapping[str, Any]:
    return cross_validation(case_of(**KFOLD))


def test_every_fold_chooses_the_best_on_its_train_bars_and_is_judged_on_its_test_bars(kfold: Mapping[str, Any]) -> None:
    case, found = case_of(**KFOLD), kfold
    whole = case.engine.whole  # type: ignore[attr-defined]
    embargo = round(0.02 * 700)
    # Part by part with windows made by hand: test part 1 leaves out 40 bars before it and 54 behind it.
    starts = {0: (0, 0, 175 - PURGE), 2: (350 + 4 + PURGE + embargo - 44, 350 + PURGE + embargo, 525), 3: (525 - 40, 525, 700)}
    window = lambda start, first, stop: Window(np.int32(start), np.int32(first), np.int32(stop))  # noqa: E731
    sharpes = {}
    for part, bars in {**starts, 1: (175 - 40, 175, 350)}.items():
        evaluations = whole.on(windows=[window(*bars)] * 2).evaluate(case.sets.params)
        sharpes[part] = np.array([e.metrics["sharpe"] for e in evaluations])
    told = lambda values: np.where(np.isfinite(values), values, -1e3).mean(axis=1)  # noqa: E731
    inside = np.mean([told(sharpes[part]) for part in (0, 2, 3)], axis=0)
    outside, best = told(sharpes[1]), int(np.argmax(inside))
    fold = found["folds"][1]
    assert fold["trial"] == case.sets.numbers[best]
    assert fold["in_sample"] == pytest.approx(inside[best], rel=1e-12) and fold["out_of_sample"] == pytest.approx(outside[best], rel=1e-12)
    assert fold["rank"] == 1 + (outside > outside[best]).sum() and fold["below_median"] == (outside[best] < np.median(outside))
    assert (fold["n_train"], fold["n_test"], fold["n_left_out"]) == (135 + 121 + 175, 175, 94)
    assert fold["test"] == [["1970-01-08 07:00", "1970-01-15 13:00"]]


def test_what_is_said_of_the_folds_is_plain_json_and_says_what_the_sampler_saw(kfold: Mapping[str, Any]) -> None:
    assert json.loads(json.dumps(kfold, allow_nan=False)) == kfold
    assert "The sampler saw every part" in kfold["note"] and kfold["paths"] == []
    assert kfold["n_sets"] == len(case_of(**KFOLD).sets) and kfold["embargo_bars"] == 14 and kfold["purge_bars"] == PURGE
    assert "of the longest holding time" in kfold["purge"]
    stability = kfold["stability"]
    assert 1 <= stability["most_chosen"]["n_folds"] <= stability["same_region"] <= 4
    assert 0 < stability["distance_of_any"] < 1 and -1 <= stability["rank_correlation_of_parts"] <= 1


def test_combinatorial_folds_make_whole_paths() -> None:
    case = case_of(**CPCV)
    found = cross_validation(case)
    assert len(found["folds"]) == 6 and len(found["paths"]) == n_paths(4, 2) == 3
    judged = judge_folds(case.session, case.engine.whole, case.objective, case.sets.params)  # type: ignore[attr-defined, arg-type]
    cells = judged.scores.cells(judged.tested)
    # The first path has part 0 from the first fold that tests it, (0, 1), and so on: (0,1) (0,1) (0,2) (0,3).
    chosen = [judged.chosen[fold] for fold in (0, 0, 1, 2)]
    worst = min(cells[which, :, part].mean() for part, which in enumerate(chosen))
    assert found["paths"][0] == (pytest.approx(worst) if worst > -900 else None)


def test_the_purge_grows_with_what_the_choices_hold() -> None:
    case = case_of(**{**KFOLD, "purge": None})
    judged = judge_folds(case.session, case.engine.whole, case.objective, case.sets.params)  # type: ignore[attr-defined, arg-type]
    longest = max(longest_hold(case.engine.whole, case.sets.params[i]) for i in {0, *judged.chosen})  # type: ignore[attr-defined]
    assert 40 < longest < 175 and judged.purge.holding == longest and judged.purge.bars == max(longest, 40)
    assert judged.folds == judged.split.folds(judged.purge.bars)


def test_a_purge_that_the_choices_outgrow_is_the_one_that_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(**{**KFOLD, "purge": None})
    monkeypatch.setattr(folds, "MOST_ROUNDS", 1)
    monkeypatch.setattr(folds, "longest_hold", lambda engine, params: 1 if params == case.sets.params[0] else 90)
    judged = judge_folds(case.session, case.engine.whole, case.objective, case.sets.params)  # type: ignore[attr-defined, arg-type]
    assert set(judged.chosen) != {0} and judged.purge.needed == 90 > judged.purge.bars
    assert judged.folds == judged.split.folds(judged.purge.bars) and "less than the 90" in judged.purge.warning


def test_gates_decide_a_folds_choice() -> None:
    session = whole_session(validation=KFOLD, objective={"metric": "sharpe", "gates": {"min_trades": 10_000}})
    case, session = case_of(**KFOLD), divided(session)
    judged = judge_folds(session, case.engine.whole, objective_of(session), case.sets.params)  # type: ignore[attr-defined, arg-type]
    trades = judged.scores.metrics["n_trades"]
    for pieces, best in zip(judged.train, judged.chosen, strict=True):
        counts = trades[:, [judged.scores.pieces.index(piece) for piece in pieces]].sum(axis=(1, 2))
        assert counts[best] == counts.max()


def test_too_few_sets_are_not_enough_and_other_methods_have_no_folds() -> None:
    with pytest.raises(NotEnough, match=r"at least 10 distinct sets that were evaluated, found 5"):
        cross_validation(case_of(5, **KFOLD))
    assert cross_validation(case_of(5)) == {}


def test_a_purge_that_leaves_nothing_is_not_enough() -> None:
    case = case_of(**KFOLD)
    eaten = session_of(**{**KFOLD, "purge": 600})
    with pytest.raises(
        NotEnough, match=r"nothing is left to choose on.*\(Purge 600 bars as given: 40 of the longest indicator, 4 of a higher bar"
    ):
        cross_validation(Case(eaten, case.engine, case.objective, case.settings, case.study, case.storage, case.folder))


def test_folds_without_a_value_are_left_out_of_the_means_and_counted() -> None:
    fold = lambda inside, outside, below=False: {"in_sample": inside, "out_of_sample": outside, "below_median": below}  # noqa: E731
    found = _summary([fold(1.0, 0.5), fold(2.0, 0.0), fold(3.0, -0.5, True), fold(9.0, None, True)])
    assert found == {
        "n_valued": 3,
        "mean_in_sample": 2.0,
        "mean_out_of_sample": pytest.approx(0.0),
        "slope": pytest.approx(-0.5),
        "below_median_rate": 0.5,
    }
    nothing = _summary([fold(None, None), fold(1.0, None)])
    assert nothing["mean_out_of_sample"] is None and nothing["slope"] is None and nothing["n_valued"] == 0
    assert _summary([fold(1.0, 2.0)] * 4)["slope"] is None


def test_the_steps_of_a_pruner_are_the_parts() -> None:
    case = case_of(30, "median", **KFOLD)
    pruned = [t for t in case.study.trials if t.state == "PRUNED"]
    complete = [t for t in case.study.trials if t.state == "COMPLETE"]
    assert pruned and complete and {t.n_steps for t in complete} == {4} and {t.n_steps for t in pruned} <= {1, 2, 3}
    for trial in pruned:
        sharpe = np.reshape(trial.metrics["sharpe"], (2, 4))
        assert np.isnan(np.reshape(trial.metrics["total_assets"], (2, 4))[:, trial.n_steps :]).all() and np.isnan(sharpe[:, -1]).all()
        assert np.isfinite(np.reshape(trial.metrics["total_assets"], (2, 4))[:, : trial.n_steps]).all()
    for trial in complete:
        sharpe = np.nan_to_num(np.reshape(trial.metrics["sharpe"], (2, 4)), nan=-1e3)
        assert trial.values == (pytest.approx(sharpe.mean()),)


def test_the_rule_says_how_parts_are_combined() -> None:
    assert objective_text(case_of(**CPCV).objective) == "largest sharpe, mean over datasets, worst of the parts"
