"""The walk-forward section: one history of test windows, what is left of the train windows' gain, and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from finished_case import case_on

from pinejax.errors import ConfigError
from pinejax.judge.case import NotEnough
from pinejax.judge.outside import course_of, split_of
from pinejax.judge.walk_forward import result_of, walk_forward
from pinejax.selection.walk import walk_folds
from pinejax.validation.walk import Leg, Plan
from pinejax.validation.walk import walk_forward as walk

WALK = {"method": "walk_forward", "n_windows": 4, "n_trials": 6}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished search, with a walk to do behind a holdout."""
    return case_on(tmp_path_factory.mktemp("walk"), validation={**WALK, "holdout": 0.1}, verdict={"min_trades": 1, "min_days": 10})


@pytest.fixture(scope="module")
def found(case: Any) -> dict[str, Any]:
    """Its section."""
    return walk_forward(case)


def test_it_is_plain_json_without_nan(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_stitched_equity_is_that_of_detail_runs(case: Any, found: dict[str, Any]) -> None:
    course = course_of(case, walk_folds(case.config.validation, split_of(case).timeline, split_of(case).searched.stop), searched=True)
    growth: dict[tuple[int, int], float] = {}  # (day, dataset)
    n_trades = 0.0
    for row in found["folds"]:
        for d, feed in enumerate(case.engine.feeds):
            first, stop = row["test"]["bars"]
            window = course.windows(course.folds[row["fold"] - 1].test[0])[d]
            assert (int(window.trade_from), int(window.stop)) == (first, stop)
            detail = course.engine.on(windows=course.windows(course.folds[row["fold"] - 1].test[0])).detail(row["params"], d)
            n_trades += detail.metrics["n_trades"]
            equity = detail.equity[first - int(window.start) :]
            days, before = feed.ltf.time[first:stop] // 86_400_000, case.config.broker.initial_capital
            for day in np.unique(days):
                last = equity[np.flatnonzero(days == day)[-1]]
                growth[int(day), d] = growth.get((int(day), d), 1.0) * last / before
                before = last
    days = sorted({day for day, _ in growth})
    returns = np.array([np.mean([growth[day, d] - 1 for d in range(2)]) for day in days])
    file = pl.read_parquet(case.folder / "walk_forward_equity.parquet")
    np.testing.assert_allclose(file["return"].to_numpy(), returns, rtol=0, atol=1e-12)
    np.testing.assert_allclose(file["equity"].to_numpy(), np.cumprod(1 + returns), rtol=1e-12)
    assert [d.toordinal() - 719_163 for d in file["day"].to_list()] == days
    stitched = found["stitched"]
    assert stitched["return"] == pytest.approx(np.prod(1 + returns) - 1, rel=1e-9)
    assert stitched["sharpe"] == pytest.approx(returns.mean() / returns.std() * np.sqrt(365), rel=1e-9)
    assert stitched["n_trades"] == n_trades > 0 and stitched["days"] == len(days)
    assert 0.0 < stitched["max_drawdown"] < 1.0


def test_efficiency_is_the_yearly_gain_outside_by_the_one_inside(found: dict[str, Any]) -> None:
    def per_year(side: str) -> float:
        return sum(row[side]["return"] for row in found["folds"]) / sum(row[side]["years"] for row in found["folds"])

    left = found["efficiency"]
    assert left["yearly_return"]["in_sample"] == pytest.approx(per_year("in_sample"))
    assert left["yearly_return"]["out_of_sample"] == pytest.approx(per_year("out_of_sample"))
    assert left["yearly_return"]["efficiency"] == pytest.approx(per_year("out_of_sample") / per_year("in_sample"))
    means = [np.mean([row[side]["value"] for row in found["folds"]]) for side in ("in_sample", "out_of_sample")]
    assert left["objective"]["efficiency"] == pytest.approx(means[1] / means[0])
    assert found["profitable_folds"] == np.mean([row["out_of_sample"]["return"] > 0 for row in found["folds"]])


def test_the_files_have_a_row_per_fold_and_day(case: Any, found: dict[str, Any]) -> None:
    table = pl.read_csv(case.folder / "walk_forward.csv")
    assert table["fold"].to_list() == [1, 2, 3, 4] and table["n_trials"].to_list() == [6] * 4
    assert table["test_first"].to_list() == [row["test"]["dates"][0] for row in found["folds"]]
    assert table["params_fast"].to_list() == [row["params"]["fast"] for row in found["folds"]]
    np.testing.assert_allclose(table["out_of_sample_return"].to_numpy(), [row["out_of_sample"]["return"] for row in found["folds"]])
    assert set(pl.read_parquet(case.folder / "walk_forward_equity.parquet")["fold"]) == {1, 2, 3, 4}


def test_no_bar_of_the_holdout_is_searched_or_tested(case: Any, found: dict[str, Any]) -> None:
    held_out = split_of(case).held_out
    assert held_out is not None and found["folds"][-1]["test"]["bars"][1] <= held_out.first
    assert all(len(feed) == held_out.first for feed in case.engine.feeds)
    for row in found["folds"]:
        assert row["train"]["bars"][1] + found["purge"]["bars"] == row["test"]["bars"][0]
    assert found["purge"]["bars"] >= 60 and "60 of the longest indicator" in found["purge"]["text"]


def test_drift_is_of_the_chosen_sets(found: dict[str, Any]) -> None:
    fast = found["drift"]["parameters"]["fast"]
    assert fast["values"] == [row["params"]["fast"] for row in found["folds"]]
    np.testing.assert_allclose(fast["steps"], np.abs(np.diff(fast["values"])) / 17)
    assert found["drift"]["mean"] > 0 and 0.3 < found["drift"]["by_chance"] < 0.5


def test_again_it_searches_nothing(case: Any, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def batch(text: str, done: int = 0, of: int = 0) -> None:
        raise AssertionError("a trial was asked for")

    monkeypatch.setattr(case, "say", batch)
    assert walk_forward(case) == found


def test_a_walk_that_is_broken_off_says_what_is_kept(tmp_path: Path) -> None:
    case = case_on(tmp_path, validation=WALK)
    case.say = lambda text, done=0, of=0: case.stop.set() if "2 of 4" in text else None
    with pytest.raises(KeyboardInterrupt, match=r"ended in train span 3 of 4. The trials of all spans so far are stored"):
        walk_forward(case)
    assert not (tmp_path / "walk_forward.csv").exists()


def test_too_few_days_and_trades_have_no_ratio(case: Any, found: dict[str, Any], tmp_path: Path) -> None:
    few = case_on(tmp_path, validation={**WALK, "n_windows": 2}, verdict={"min_trades": 5_000, "min_days": 10})
    stitched = walk_forward(few)["stitched"]
    assert stitched["sharpe"] is stitched["probability"] is None and stitched["return"] is not None
    assert "expected 5000 closed trades or more (verdict.min_trades), found" in stitched["not_enough"]
    assert found["stitched"]["probability"] is not None


def test_a_value_that_grows_with_time_has_no_efficiency(tmp_path: Path) -> None:
    found = walk_forward(case_on(tmp_path, validation={**WALK, "n_windows": 2}, objective={"metric": "net_profit"}))
    assert found["efficiency"]["objective"]["efficiency"] is None
    assert "grows with the length of a span" in found["efficiency"]["objective"]["not_enough"]


@pytest.mark.parametrize("validation", [{}, {"method": "train_test"}, {"method": "walk_forward", "walk": "rerank"}])
def test_it_is_nothing_unless_asked_for(validation: dict[str, Any], tmp_path: Path) -> None:
    assert walk_forward(case_on(tmp_path, validation=validation)) == {"method": "none"}


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        ({"train": "80D", "test": "20D"}, r"at least train \+ test = 1920 \+ 480 = 2400 bars, found 2160\. Choose shorter"),
        ({"train": "60D", "test": "20D", "holdout": 0.2}, r"found 1728 \(432 more are kept for the holdout\)"),
        ({"train": 130, "test": 50, "purge": 80}, r"purge of 80 bars leaves 50 of a train span, expected more than the 60 that"),
        ({"train": 100, "test": 50, "purge": 100}, r"purge of 100 bars leaves nothing of a train span of 100"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_searched(validation: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        case_on(tmp_path, validation={**WALK, **validation})
    assert not (tmp_path / "studies.db").exists()


def test_a_span_without_a_set_is_flat_and_counts_as_no_gain(case: Any, found: dict[str, Any], tmp_path: Path) -> None:
    split = split_of(case)
    course = course_of(case, walk_folds(case.config.validation, split.timeline, split.searched.stop, found["purge"]["bars"]), searched=True)
    config = case.config.validation
    legs = walk(course, Plan(case.session.space, case.objective, case.settings, case.storage, config.n_trials), case.stop)
    legs[1] = Leg(legs[1].fold, legs[1].study, 6)
    told = result_of(replace(case, folder=tmp_path), course, legs)
    assert told["folds"][1]["in_sample"] is told["folds"][1]["params"] is None
    assert told["drift"]["parameters"]["fast"]["values"][1] is None
    assert told["profitable_folds"] == sum((r["out_of_sample"] or {"return": 0})["return"] > 0 for r in told["folds"]) / 4
    daily = [pl.read_parquet(folder / "walk_forward_equity.parquet") for folder in (tmp_path, case.folder)]
    inside = (daily[0]["fold"] == 2).to_numpy()
    assert daily[0]["return"].to_numpy()[inside][1:-1] == pytest.approx(0.0) and inside.sum() > 5
    others = ~inside & np.r_[True, ~inside[:-1]] & np.r_[~inside[1:], True]  # days that are not shared with it
    np.testing.assert_array_equal(daily[0]["return"].to_numpy()[others], daily[1]["return"].to_numpy()[others])


def test_a_walk_without_a_single_result_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_on(tmp_path, validation={**WALK, "n_windows": 2})
    monkeypatch.setattr("pinejax.search.result.SearchResult.best", None)
    with pytest.raises(NotEnough, match="in none of the 2 train spans a trial has a result"):
        walk_forward(case)
