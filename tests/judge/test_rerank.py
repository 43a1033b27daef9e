"""The best sets on the test bars: ranks, their correlation, and a warning on what was chosen there."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from finished_case import case_on
from scipy.stats import spearmanr

from pinejax.judge.case import NotEnough
from pinejax.judge.outside import split_of
from pinejax.judge.rerank import WARNING, rerank
from pinejax.validation.score import finite

CASES = {
    "train_test": {"method": "train_test", "test_rate": 0.3},
    "rerank": {"method": "walk_forward", "walk": "rerank", "n_windows": 3, "holdout": 0.1},
}


@pytest.fixture(scope="module", params=sorted(CASES))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A finished search of the first bars."""
    return case_on(tmp_path_factory.mktemp("rerank"), validation=CASES[request.param], verdict={"min_trades": 1, "min_days": 5})


@pytest.fixture(scope="module")
def found(case: Any) -> dict[str, Any]:
    """Its section."""
    return rerank(case)


def test_it_is_plain_json(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_windows_follow_the_searched_bars(case: Any, found: dict[str, Any]) -> None:
    split = split_of(case)
    bars = [window["bars"] for window in found["windows"]]
    assert bars[0][0] == len(case.engine.feeds[0]) + found["purge"]["bars"] == split.searched.stop + found["purge"]["bars"]
    assert all(a[1] <= b[0] for a, b in pairwise(bars))
    assert bars[-1][1] <= (split.timeline.n_bars if split.held_out is None else split.held_out.first)
    assert len(bars) == (1 if found["method"] == "train_test" else 3)


def test_values_and_ranks_are_those_of_detail_runs(case: Any, found: dict[str, Any]) -> None:
    sets = found["sets"]
    assert [row["trial"] for row in sets] == [trial.number for trial in case.study.best] and len(sets) == 5
    whole = case.engine.on(feeds=list(case.session.whole))
    for row, trial in zip(sets, case.study.best, strict=True):
        assert row["in_sample"]["value"] == pytest.approx(trial.values[0], rel=1e-12)
        for window, value in zip(found["windows"], row["out_of_sample"]["values"], strict=True):
            first, stop = window["bars"]
            memory = 60
            on = whole.on(windows=[type(whole.window(0))(*map(np.int32, (first - memory, first, stop)))] * 2)
            assert value == pytest.approx(np.mean([on.detail(row["params"], d).metrics["sharpe"] for d in range(2)]), rel=1e-9)
    means = np.array([np.mean(row["out_of_sample"]["values"]) for row in sets])
    ranks = [row["out_of_sample_rank"] for row in sets]
    assert np.argsort(-means, kind="stable").tolist() == np.argsort(ranks).tolist()
    assert found["spearman"] == pytest.approx(float(spearmanr(np.arange(5), ranks)[0]))


def test_what_the_searchs_own_first_did_there_is_left_trade_by_trade(case: Any, found: dict[str, Any]) -> None:
    first, stop = found["windows"][0]["bars"][0], found["windows"][-1]["bars"][1]
    for d, (name, feed) in enumerate(zip(found["datasets"], case.session.whole, strict=True)):
        assert name == feed.name
        trades = pl.read_csv(case.folder / f"test_trades_{feed.symbol}_1h_4h.csv", try_parse_dates=True)["Date and time"]
        times = feed.ltf.time[[first, stop - 1]].astype("datetime64[ms]")
        assert len(trades) and times[0] <= trades.min() and trades.max() <= times[1]
        if found["method"] == "train_test":
            window = type(case.engine.window(0))(*map(np.int32, (first - 60, first, stop)))
            on = case.engine.on(feeds=list(case.session.whole), windows=[window] * 2)
            metrics = {key: finite(value) for key, value in on.detail(case.chosen.complete, d).metrics.items()}
            assert found["datasets"][name] == pytest.approx(metrics)


def test_the_first_afterwards_carries_its_warning(found: dict[str, Any]) -> None:
    first = next(row for row in found["sets"] if row["out_of_sample_rank"] == 1)
    assert found["chosen_after"] == {"trial": first["trial"], "params": first["params"], "warning": WARNING}
    assert WARNING in found["text"] and "no proof" in WARNING


def test_what_the_searchs_own_first_did_there_is_evidence(found: dict[str, Any]) -> None:
    first, row = found["first"], found["sets"][0]
    assert (first["trial"], first["rank"], first["n_trades"]) == (row["trial"], row["out_of_sample_rank"], row["out_of_sample"]["n_trades"])
    assert 0.0 < first["probability"] < 1.0
    if len(found["windows"]) == 1:
        # Equal weights every day here, each dataset by itself there.
        assert first["return"] == pytest.approx(row["out_of_sample"]["return"], abs=1e-3)


def test_the_file_is_in_the_new_order(case: Any, found: dict[str, Any]) -> None:
    table = pl.read_csv(case.folder / "rerank.csv")
    assert table["out_of_sample_rank"].to_list() == [1, 2, 3, 4, 5]
    order = sorted(found["sets"], key=lambda row: row["out_of_sample_rank"])
    assert table["trial"].to_list() == [row["trial"] for row in order]
    assert table["params_slow"].to_list() == [row["params"]["slow"] for row in order]


def test_it_is_nothing_unless_asked_for(tmp_path: Path) -> None:
    assert rerank(case_on(tmp_path, validation={"method": "walk_forward"})) == {"method": "none"}


def test_one_set_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(NotEnough, match="two sets or more to rank"):
        rerank(case_on(tmp_path, validation=CASES["train_test"], search={"top_k": 1}))


def test_test_bars_without_a_trade_are_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_on(tmp_path, validation={"method": "train_test", "test_rate": 0.05})
    monkeypatch.setattr("pinejax.judge.outside.longest_hold", lambda engine, params: 106)
    with pytest.raises(NotEnough, match=r"none of the 5 best sets closed a trade on the test bars"):
        rerank(case)


def test_a_purge_that_eats_the_test_bars_is_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_on(tmp_path, validation={"method": "train_test", "test_rate": 0.05})
    monkeypatch.setattr("pinejax.judge.outside.longest_hold", lambda engine, params: 108)
    with pytest.raises(NotEnough, match=r"a purge of 108 bars leaves nothing of the 108 bars that are kept back"):
        rerank(case)
