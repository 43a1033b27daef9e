"""pinejax.judge.plateau and importance on a small search of the bundled sample."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr
from searched_case import searched, study_of

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.importance import importance
from pinejax.judge.plateau import plateau
from pinejax.judge.told import told
from pinejax.report.rows import TrialRow


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return searched(tmp_path_factory.mktemp("case"), 40, stress={"n_neighbours": 30})


@pytest.fixture(scope="module")
def found(case: Case) -> Any:
    return plateau(case)


def with_values(case: Case, values: dict[int, float], metrics: dict[int, tuple[float, float]] | None = None) -> Case:
    """The same study with other results of some trials; of a set without a score, NaN."""
    rows = [
        replace(
            t,
            values=(values[t.number],) if t.number in values else t.values,
            metrics={**t.metrics, "sharpe": (metrics or {}).get(t.number, t.metrics["sharpe"])},
        )
        for t in case.study.trials
    ]
    return replace(case, study=study_of(case.session, case.objective, rows))


def test_it_is_strict_json_and_the_same_again(case: Case, found: Any) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found == plateau(case)


def test_drawn_neighbours_are_what_the_engine_says_of_them(case: Case, found: Any) -> None:
    # A step in either direction of two parameters, and no more sets than that lie within a twentieth of their ranges.
    best = case.chosen.complete
    around = [{**best, "fast": best["fast"] + i, "slow": best["slow"] + j} for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    around = [p for p in around if 3 <= p["fast"] <= 20 and 25 <= p["slow"] <= 60]
    runs = case.engine.evaluate(around)
    values = np.array([np.mean(run.metrics["sharpe"]) for run in runs])
    drawn = found["drawn"]
    assert drawn["value"] == case.chosen.values[0] and drawn["n"] == len(around) and drawn["n_asked"] == 30
    expected = [values.mean(), np.median(values), values.min(), np.mean(values > case.chosen.values[0] / 2)]
    np.testing.assert_allclose([drawn[key] for key in ("mean", "median", "worst", "keeps_half")], expected)
    assert drawn["profitable"] == np.mean([np.mean(run.metrics["total_return"]) > 0 for run in runs]) and drawn["n_failed"] == 0


def test_the_slopes_are_single_runs_one_step_away(case: Case, found: Any) -> None:
    chosen = case.chosen.complete
    slopes = {s["name"]: s for s in found["drawn"]["slopes"]}
    assert set(slopes) == {"fast", "slow"}
    for name, slope in slopes.items():
        for end, by in ((slope["down"], -1), (slope["up"], 1)):
            if end is None:
                continue
            assert end["to"] == chosen[name] + by
            (run,) = case.engine.evaluate([{**chosen, name: end["to"]}])
            assert end["value"] == np.mean(run.metrics["sharpe"])
            assert end["change"] == end["value"] - case.chosen.values[0]
            assert end["moved"] == pytest.approx(1 / (17 if name == "fast" else 35))
    falls = [s["worst_change"] for s in found["drawn"]["slopes"]]
    assert falls == sorted(falls)
    assert found["drawn"]["stands_on"] == (found["drawn"]["slopes"][0]["name"] if falls[0] < 0 else None)


def test_the_study_itself_scores_its_best_ten(case: Case, found: Any) -> None:
    study = found["study"]
    assert [row["trial"] for row in study["trials"]] == [t.number for t in case.study.best]
    best = case.chosen
    place = lambda t: np.array([(t.complete["fast"] - 3) / 17, (t.complete["slow"] - 25) / 35])  # noqa: E731
    away = {
        t.number: (np.abs(place(t) - place(best)).sum() + (t.complete["both_sides"] != best.complete["both_sides"])) / 3
        for t in case.study.trials
        if t.number != best.number
    }
    near = sorted(away, key=lambda n: (away[n], n))[:10]
    values = {t.number: t.values[0] for t in case.study.trials}
    first = study["trials"][0]
    assert first["mean"] == pytest.approx(np.mean([values[n] for n in near])) and first["worst"] == min(values[n] for n in near)
    assert first["reach"] == pytest.approx(away[near[-1]])


def test_a_lone_peak_yields_to_a_better_plateau(case: Case) -> None:
    peak = min(case.study.trials, key=lambda t: t.values[0])
    planted = with_values(case, {peak.number: 50.0})
    study = plateau(planted)["study"]
    assert study["trials"][0]["trial"] == peak.number != study["best_plateau"]
    assert f"Trial {study['best_plateau']} has a lower peak" in study["said"] and "better plateau" in study["said"]


def test_the_best_region_over_datasets(case: Case, found: Any) -> None:
    scores = np.array([t.metrics["sharpe"] for t in case.study.trials])
    values = np.array([t.values[0] for t in case.study.trials])
    best = lambda x: set(np.argsort(-x, kind="stable")[:4])  # noqa: E731
    stability = found["stability"]
    expected = {f"SYNTH_{name} 1h@4h": len(best(scores[:, d]) & best(values)) / 4 for d, name in enumerate("AB")}
    assert stability["overlap"] == expected and stability["by_chance"] == 0.1
    assert stability["mean_correlation"] == pytest.approx(spearmanr(scores[:, 0], scores[:, 1]).statistic)


def test_a_penalty_is_no_value(case: Case) -> None:
    failed = case.study.trials[3].number
    planted = with_values(case, {failed: -1_000.0}, {failed: (float("nan"), 0.5)})
    seen = told(planted)
    others = [t.values[0] for t in planted.study.trials if t.number != failed]
    assert seen.failed.tolist() == [t.number == failed for t in seen.rows]
    assert seen.floor == min(others) == seen.values[3] and seen.values.min() > -1_000
    assert np.isfinite(seen.scores).all()


def test_a_minimised_objective_is_told_in_its_own_sign(tmp_path: Path) -> None:
    falls = searched(tmp_path, 25, symbol="SYNTH_A", objective={"metric": "max_drawdown"}, stress={"n_neighbours": 6})
    found = plateau(falls)
    assert found["drawn"]["worst"] >= found["drawn"]["median"] > 0
    assert found["drawn"]["keeps_half"] is None  # half of a fall is no gain
    assert all(row["worst"] >= row["mean"] for row in found["study"]["trials"])
    assert "there is one" in found["stability"]["not_enough"]


def test_too_few_sets_are_not_enough(case: Case) -> None:
    few = replace(case, study=study_of(case.session, case.objective, list(case.study.trials[:19])))
    found = plateau(few)
    for look in ("study", "stability"):
        assert "expected 20 complete sets" in found[look]["not_enough"]
    assert "mean" in found["drawn"]
    with pytest.raises(NotEnough, match="expected 32 complete sets or more, there are 19"):
        importance(few)
    with pytest.raises(NotEnough, match="expected a best set"):
        plateau(replace(case, study=study_of(case.session, case.objective, [])))


def test_a_set_without_numbers_has_no_neighbours(tmp_path: Path) -> None:
    pinned = searched(tmp_path, 2, symbol="SYNTH_A", params={"fast": 9, "slow": 30})
    assert "expected a searched number" in plateau(pinned)["drawn"]["not_enough"]


def test_the_parameter_that_decides_is_the_important_one(case: Case) -> None:
    planted = with_values(case, {t.number: -abs(t.complete["slow"] - 40.0) for t in case.study.trials})
    found = importance(planted)
    assert found["n_trials"] == 40 and sum(found["ped_anova"].values()) == pytest.approx(1.0)
    assert next(iter(found["ped_anova"])) == "slow"
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_equal_values_have_no_importance(case: Case) -> None:
    with pytest.raises(NotEnough, match="come to the same"):
        importance(with_values(case, {t.number: 1.0 for t in case.study.trials}))


def test_only_evaluated_complete_trials_count(case: Case) -> None:
    rows = list(case.study.trials)
    more = [
        TrialRow(100, "PRUNED", (), {}, {}, {"sharpe": (9.0, 9.0)}, (0, 0)),
        replace(rows[0], number=101, duplicate_of=rows[0].number),
        TrialRow(102, "FAIL", (), {}, {}),
    ]
    assert len(told(replace(case, study=replace(case.study, trials=(*rows, *more))))) == 40


@pytest.mark.slow
def test_a_joint_study_has_plateaus_and_the_pair_among_its_parameters(tmp_path: Path) -> None:
    joint = searched(tmp_path, 40, timeframe=["2h@4h", "4h"], sweep={"mode": "joint"}, stress={"n_neighbours": 6})
    found = plateau(joint)
    assert found["drawn"]["value"] == joint.chosen.values[0]
    assert {s["name"] for s in found["drawn"]["slopes"]} == {"fast", "slow"}
    assert set(found["stability"]["overlap"]) == {"SYNTH_A", "SYNTH_B"}
    assert "timeframe" in importance(joint)["ped_anova"]
