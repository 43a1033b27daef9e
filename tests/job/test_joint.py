"""Several timeframe pairs in one study, on the bundled sample."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from small_run import MINE

from pinejax.cli import main
from pinejax.config import Config, from_mapping
from pinejax.errors import ConfigError, SpaceError
from pinejax.job.joint import TIMEFRAME, JointSession, prepare_search
from pinejax.job.plan import plan_search
from pinejax.job.session import prepare
from pinejax.run import run

PAIRS = ["2h@4h", "1h@4h", "4h"]
FIXED = {"fast": 9, "slow": 30, "both_sides": True}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)


def config(**changes) -> Config:
    tree = {"strategy": "mine.py:Mine", "symbol": ["SYNTH_A", "SYNTH_B"], "timeframe": PAIRS, "sweep": {"mode": "joint"}}
    return from_mapping(tree | changes)


def joint(**changes) -> JointSession:
    session = prepare_search(config(**changes))
    assert isinstance(session, JointSession)
    return session


def test_the_pair_is_the_first_parameter_and_the_datasets_are_symbols():
    session = joint()
    assert next(iter(session.space.domains)) == TIMEFRAME
    assert session.space.domains[TIMEFRAME].values == tuple(PAIRS)
    assert [row.name for row in session.columns] == ["SYNTH_A", "SYNTH_B"]
    assert [feed.name for feed in session.feeds][:3] == ["SYNTH_A 2h@4h", "SYNTH_B 2h@4h", "SYNTH_A 1h@4h"]


def test_each_set_of_a_batch_is_evaluated_as_by_an_engine_of_its_pair_alone():
    session = joint()
    batch = [{TIMEFRAME: pair, **FIXED, "fast": fast} for fast in (5, 9) for pair in PAIRS]
    found = session.engine(len(batch)).evaluate(batch)
    for params, evaluation in zip(batch, found, strict=True):
        alone = prepare(config(timeframe=params[TIMEFRAME], sweep={})).engine(1)
        expected = alone.evaluate([{name: value for name, value in params.items() if name != TIMEFRAME}])[0]
        for name, values in expected.metrics.items():
            np.testing.assert_array_equal(evaluation.metrics[name], values, err_msg=f"{name} on {params[TIMEFRAME]}")


def test_pairs_are_divided_at_the_same_moments_and_run_in_parts():
    session = joint(timeframe=PAIRS[:2], validation={"method": "purged_kfold", "k": 3, "holdout": 0.2})
    assert [row.name for row in session.columns] == [f"SYNTH_{x} part {i} of 3" for x in "AB" for i in (1, 2, 3)]
    ends = {int(feed.ltf.time[-1]) + feed.timeframe.ltf.ms for feed in session.feeds}
    assert len(ends) == 1 and len(session.whole) == len(session.feeds)
    engine = session.engine(2)
    assert engine.datasets == tuple(row.name for row in session.columns) and engine.n_segments == 3
    batch = [{TIMEFRAME: pair, **FIXED} for pair in PAIRS[:2]]
    for params, evaluation in zip(batch, engine.evaluate(batch), strict=True):
        part = session.part(params)
        first, second = (row.n_bars for row in part.datasets[:2])
        detail = part.engine(1).detail({**FIXED}, 1)
        assert detail.metrics["sharpe"] == evaluation.metrics["sharpe"][1] and first == second
    assert len(engine.detail_of_whole(batch[0], 1).equity) == len(session.by_pair[PAIRS[0]].feeds[1])


def test_a_pruner_is_asked_about_trials_by_their_places_in_the_whole_batch():
    batch = [{TIMEFRAME: pair, **FIXED, "fast": fast} for fast in (5, 9) for pair in PAIRS]
    seen: set[int] = set()

    def keep(segment, trials, metrics):
        assert len(trials) == len(metrics["sharpe"])
        seen.update(trials.tolist())
        return trials % 2 == 0

    found = joint().engine(len(batch)).evaluate(batch, keep)
    assert seen == set(range(6))
    assert [evaluation.pruned_at for evaluation in found] == [None, 0, None, 0, None, 0]


def test_the_fingerprint_and_the_name_hold_every_pair_and_all_bars():
    names = {plan_search(prepare_search(config(timeframe=pairs)))[1].study_name for pairs in (PAIRS, PAIRS[:2], PAIRS[::-1])}
    assert len(names) == 3
    assert any(name.startswith("SYNTH_A+1_2h_4h+2_Mine_") for name in names)
    assert set(joint().context["data"]) == {f"{symbol} {pair}" for symbol in ("SYNTH_A", "SYNTH_B") for pair in PAIRS}


def test_one_pair_alone_is_an_ordinary_search():
    assert not prepare_search(config(timeframe=["1h@4h"])).is_joint


def test_only_a_search_takes_several_pairs():
    with pytest.raises(ConfigError, match="Only a search compares several"):
        prepare(config())


def test_an_input_of_the_pairs_name_is_refused():
    Path("mine.py").write_text(MINE.replace("both_sides", "timeframe"))
    with pytest.raises(SpaceError, match=r"sweep\.mode=joint: Mine has an input of its own named timeframe"):
        prepare_search(config())


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small joint search, done once; its folder."""
    place = tmp_path_factory.mktemp("joint")
    (place / "mine.py").write_text(MINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        words = ["strategy=mine.py:Mine", "symbol=SYNTH_A", "timeframe=[2h@4h,4h]", "sweep.mode=joint", "search.n_trials=12"]
        assert main(run, [*words, "search.sampler=random", "search.batch_size=6", "verdict=none", "hydra.run.dir=out"]) == 0
    return place / "out"


def test_results_are_reported_per_pair_and_the_best_overall_is_run_again(searched):
    told = json.loads((searched / "manifest.json").read_text())
    best = json.loads((searched / "best.json").read_text())
    assert told["pairs"] == {"2h@4h": "2h_4h", "4h": "4h"}
    assert told["best_rerun_in_detail"]["equal"] is True
    assert (searched / f"trades_SYNTH_A_{told['pairs'][best['params']['timeframe']]}.csv").is_file()
    results = pl.read_csv(searched / "results.csv")
    assert results["timeframe"].to_list() == ["2h@4h", "4h"]
    assert results["n_trials"].sum() == 12
    assert results["best_value"].max() == best["values"]["sharpe"]
    assert (searched / "heatmap.png").is_file() and (searched / "report.html").is_file()


def test_a_pairs_folder_is_what_a_search_of_that_pair_leaves(searched):
    trials = pl.read_parquet(searched / "trials.parquet")
    for pair, place in (("2h@4h", "2h_4h"), ("4h", "4h")):
        mine = trials.filter(pl.col("params_timeframe") == pair)
        own = pl.read_parquet(searched / place / "trials.parquet")
        assert own["number"].to_list() == mine["number"].to_list()
        assert "params_timeframe" not in own.columns
        best = json.loads((searched / place / "best.json").read_text())
        assert set(best["params"]) == {"fast", "slow", "both_sides"}
        assert best["values"]["sharpe"] == mine["value"].max()
        assert set(best["datasets"]) == {f"SYNTH_A {pair}"}


def test_every_row_of_the_datasets_table_names_its_own_timeframes(searched):
    datasets = pl.read_csv(searched / "results_datasets.csv")
    trials = pl.read_parquet(searched / "trials.parquet").select("number", "params_timeframe")
    joined = datasets.join(trials, on="number")
    assert joined.height > 0
    assert (joined["timeframe"] == joined["params_timeframe"]).all()
