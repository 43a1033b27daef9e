"""`pinejax.load` on folders in every state that a run can leave: what is in the frames, and what they look like when nothing is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from judged_folder import VERDICT, judge
from page_reader import EVIL, Reader
from report_folder import CAPITAL, make_run, trades_on, walk

import pinejax
from pinejax.errors import ReportError
from pinejax.report.all_trades import TradesOf, write_all_trades
from pinejax.report.loaded import frames
from pinejax.report.loaded.run import Run
from pinejax.report.page.words import WORDS
from pinejax.report.tables import RESULTS

PINNED = {
    "trials": frames.TRIALS, "results": RESULTS, "datasets": frames.DATASETS, "trades": frames.TRADES, "equity": frames.EQUITY,
    "bars": frames.BARS, "summary": frames.SUMMARY, "walk_forward": frames.FOLDS, "walk_forward_equity": frames.HISTORY,
    "null": frames.HISTORIES, "stress": frames.STRESS,
}  # fmt: skip


def loaded(folder: Path) -> Run:
    found = pinejax.load(folder)
    assert isinstance(found, Run)
    return found


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return loaded(judge(make_run(tmp_path_factory.mktemp("runs") / "mine", seen=1_500)))


def test_importing_the_package_loads_none_of_the_large_ones_and_a_notebook_shows_figures_without_pyplot(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=3)
    code = (
        "import sys, pinejax\n"
        "large = [n for n in ('polars', 'jax', 'matplotlib', 'numpy') if n in sys.modules]\n"
        f"run = pinejax.load({str(folder)!r}); run.trials, run._repr_html_()\n"
        "without = [n for n in ('jax', 'matplotlib') if n in sys.modules]\n"
        "picture, size = run.figures.history()._repr_png_()\n"
        "print(large, without, [n for n in ('jax', 'matplotlib.pyplot') if n in sys.modules], picture[1:4].decode(), size['width'])\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["[]", "[]", "[]", "PNG", "880"]


def test_a_run_says_what_it_is_of(run: Run):
    assert (run.name, run.study, run.strategy, run.state, run.synthetic) == ("mine", "a study", "ema_cross", "done", True)
    assert run.manifest["search"] == {"sampler": "tpe", "seed": 1}
    assert repr(run) == "Run('mine': ema_cross, done, 40 trials, best sharpe 2; verdict: luck)"
    assert run.pairs == {} and run.front == []


@pytest.mark.parametrize("name", PINNED)
def test_a_frame_begins_with_its_columns_whatever_the_run_has_left(run: Run, tmp_path: Path, name: str):
    (tmp_path / "manifest.json").touch()
    whole, empty = getattr(run, name), getattr(loaded(tmp_path), name)
    schema = dict(pl.Schema(PINNED[name]))
    assert len(whole) and not len(empty)
    assert dict(empty.schema) == schema
    assert list(whole.schema.items())[: len(schema)] == list(schema.items())


def test_frames_have_what_the_files_have(run: Run):
    assert run.trials.equals(pl.read_parquet(run.folder / "trials.parquet"))
    assert {"sharpe", "net_profit", "sortino"} <= set(run.results.columns)
    assert run.results["sortino"].null_count() == len(run.results) > 0
    assert run.datasets["name"].to_list() == ["AAA 15m@1h", "BBB 15m@1h"]
    assert run.datasets["first"].dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2024-06-01 00:00"] * 2
    assert run.equity.drop("drawdown").equals(pl.read_parquet(run.folder / "equity.parquet"))
    assert run.bars.equals(pl.read_parquet(run.folder / "bars.parquet"))
    assert run.null["value"].to_list() == VERDICT["evidence"]["null_search"]["distribution"]
    assert run.stress["name"].to_list() == ["base", "costs", "without AAA"]
    assert run.summary.filter(figure="net_profit")["unit"].to_list() == ["money", "money"]


def test_the_drawdown_is_below_the_highest_equity_of_the_same_dataset(run: Run):
    for _, rows in run.equity.group_by("dataset"):
        worth = rows["equity"].to_numpy()
        assert np.allclose(rows["drawdown"], worth / np.maximum.accumulate(worth) - 1)
    assert run.equity.filter(~pl.col("seen")).group_by("dataset").len()["len"].to_list() == [500, 500]


def test_trades_are_exact_where_the_table_is_there(tmp_path: Path):
    folder = make_run(tmp_path / "run", symbols=("AAA", "BBB"), n_trials=3)
    rounded, feed = loaded(folder).trades, walk("AAA", 2_000, 1)
    assert rounded["commission"].null_count() == len(rounded)
    odd = [replace(trade, qty=1 / 3, commission=0.12345678901) for trade in trades_on(feed)]
    write_all_trades(folder, [TradesOf(feed, odd)], CAPITAL)
    trades = loaded(folder).trades
    assert dict(trades.schema) == dict(rounded.schema) == dict(frames.TRADES)
    mine, others = trades.filter(symbol="AAA"), trades.filter(symbol="BBB")
    assert (mine["qty"] == 1 / 3).all() and (mine["commission"] == 0.12345678901).all()
    assert others.equals(rounded.filter(symbol="BBB"))
    write_all_trades(folder, [TradesOf(feed, trades_on(feed))], CAPITAL)
    mine, before = loaded(folder).trades_of("AAA"), rounded.filter(symbol="AAA")
    for name in frames.TRADES:
        if name != "commission":
            same = mine[name].equals(before[name]) if mine[name].dtype != pl.Float64 else np.allclose(mine[name], before[name], atol=0.006)
            assert same, name


def test_trades_are_those_of_the_lists(run: Run):
    trades = run.trades_of("AAA")
    assert trades.equals(run.trades.filter(pl.col("dataset") == "AAA 15m@1h")) and trades.equals(run.trades_of("AAA 15m@1h"))
    assert trades["number"].to_list() == list(range(1, len(trades) + 1))
    assert set(trades["side"]) == {"long", "short"} and trades["is_open"].to_list() == [False] * (len(trades) - 1) + [True]
    closed = trades.filter(~pl.col("is_open"))
    assert (closed["exit_time"] > closed["entry_time"]).all()
    assert closed["pnl"].sum() + trades["pnl"][-1] == pytest.approx(trades["total"][-1], abs=0.01)
    assert trades["total_rate"][-1] == pytest.approx(trades["total"][-1] / CAPITAL, abs=1e-4)
    with pytest.raises(ReportError, match=r"dataset: expected the name of one, got 'AAB 15m@1h'\. Did you mean AAA 15m@1h or BBB 15m@1h\?"):
        run.trades_of("AAB 15m@1h")


def test_what_an_opened_holdout_left_is_beside_the_rest_and_marked(tmp_path: Path):
    folder = make_run(tmp_path / "run", seen=1_500)
    for kind in ("trades", "performance_summary"):
        (folder / f"holdout_{kind}_AAA_15m_1h.csv").write_bytes((folder / f"{kind}_AAA_15m_1h.csv").read_bytes())
    run = loaded(judge(folder, evidence={"holdout": {"datasets": {"AAA 15m@1h": {"sharpe": 1.0}}}}))
    n = len(run.trades.filter(dataset="AAA 15m@1h", seen=True))
    assert n and len(run.trades.filter(dataset="AAA 15m@1h", seen=False)) == n and len(run.trades) == 3 * n
    assert run.summary.filter(~pl.col("seen"))["dataset"].unique().to_list() == ["AAA 15m@1h"]
    assert "Total return, out of sample" in Reader(run._repr_html_()).text


def test_what_the_test_bars_left_counts_where_no_holdout_was_opened(tmp_path: Path):
    folder = make_run(tmp_path / "run", seen=1_500)
    (folder / "test_trades_AAA_15m_1h.csv").write_bytes((folder / "trades_AAA_15m_1h.csv").read_bytes())
    tested = {"method": "train_test", "datasets": {"AAA 15m@1h": {"sharpe": 1.0}}, "purge": {"bars": 3}}
    for held_out in ({"method": "none"}, {"not_enough": "it stays closed"}):
        run = loaded(judge(folder, evidence={"rerank": tested, "holdout": held_out}))
        assert len(run.trades.filter(dataset="AAA 15m@1h", seen=False)) == len(run.trades.filter(dataset="AAA 15m@1h", seen=True)) > 0
    both = loaded(judge(folder, evidence={"rerank": tested, "holdout": {"datasets": {"AAA 15m@1h": {"sharpe": -1.0}}}}))
    assert both.saved.opened[0] == "holdout" and both.saved.outside["AAA 15m@1h"].metrics == {"sharpe": -1.0}
    assert run.saved.opened == ("rerank", tested)


def test_spans_of_a_walk_forward_have_times_and_the_set_that_was_chosen(run: Run):
    found = run.walk_forward
    assert found["fold"].to_list() == [1, 2, 3] and found["out_of_sample_return"].to_list() == [0.02, -0.03, None]
    assert (found["test_first"] > found["train_last"]).all()
    assert found["params_fast"].to_list() == [5, 6, 7] and found["params_mult"].to_list() == [1.0, None, 2.0]
    assert run.walk_forward_equity["day"].dtype == pl.Date


def test_the_verdict_is_a_value_with_its_rules(run: Run, tmp_path: Path):
    verdict = run.verdict
    assert (verdict.level, verdict.next) == ("luck", ("null=research",)) and "after 40 sets" in verdict.sentence
    assert verdict.reasons.select("name", "measured", "passed").rows() == [
        ("trades", "169", True), ("deflated_sharpe", "0.133165", False), ("holdout", None, None),
    ]  # fmt: skip
    text = Reader(verdict._repr_html_()).text
    assert WORDS["level.luck"] in text and "deflated 0.1332 >= 0.95 no" in text and "not made" in text
    other = loaded(make_run(tmp_path / "run")).verdict
    assert other.level == "none" and "luckiest of 40 trials" in other.sentence and not len(other.reasons)


def test_the_best_set_can_be_typed_again(run: Run):
    best, entry = run.best, json.loads((run.folder / "best.json").read_text())
    assert best is not None
    assert (best.trial, dict(best.values), dict(best.params)) == (entry["trial"], entry["values"], entry["params"])
    assert (
        best.overrides == " ".join(f"params.{n}={str(entry['params'][n]).lower()}" for n in entry["searched"] if n != "mult")
        or "mult" in best.searched
    )
    assert best.metrics["dataset"].to_list() == ["AAA 15m@1h", "BBB 15m@1h"] and best.metrics["sortino"].to_list() == [None, None]
    assert "3 … 40" in Reader(best._repr_html_()).text


def test_a_notebook_shows_verdict_best_set_and_datasets_and_fetches_nothing(run: Run):
    found = Reader(run._repr_html_())
    for words in (
        "ema_cross on AAA, BBB",
        "Synthetic bars.",
        WORDS["level.luck"],
        "params.fast=",
        "AAA 15m@1h",
        "BBB 15m@1h",
        "40 trials",
    ):
        assert words in found.text
    assert not found.fetched and "polyline" in found.names and not found.names & {"script", "style", "img", "link", "iframe"}
    assert len(run._repr_html_()) < 40_000


def test_names_are_text_and_never_markup(tmp_path: Path):
    folder = judge(
        make_run(tmp_path / "run", study=EVIL), level=EVIL, sentence=EVIL, reasons=[{"name": EVIL, "text": EVIL, "measured": EVIL}]
    )
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["strategy"] |= {"name": EVIL}
    manifest |= {"synthetic": EVIL, "state": "failed", "error": EVIL}
    for row in manifest["datasets"]:
        row["symbol"] = row["name"] = EVIL
    (folder / "manifest.json").write_text(json.dumps(manifest))
    best = json.loads((folder / "best.json").read_text())
    best |= {"searched": [EVIL], "params": {EVIL: EVIL}, "values": {EVIL: 1.0}, "trial": 3}
    (folder / "best.json").write_text(json.dumps(best))
    run = loaded(folder)
    assert run.best is not None
    for shown in (run, run.verdict, run.best):
        found = Reader(shown._repr_html_())
        assert "script" not in found.names and "<script>" in found.text


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"state": "running", "detailed": False}, "it still runs, or it was killed"),
        ({"state": "interrupted"}, "was interrupted"),
        ({"states": ("FAIL",)}, "All 40 trials failed"),
        ({"n_trials": 0}, "There is no trial yet"),
        ({"n_trials": 1}, "nothing was chosen"),
        ({"every": 5_000}, "luckiest of 40 trials"),
        ({"objectives": ("sharpe", "max_drawdown")}, "Max drawdown"),
    ],
)
def test_every_state_is_shown(tmp_path: Path, more: dict, words: str):
    run = loaded(make_run(tmp_path / "run", **more))
    assert words in Reader(run._repr_html_()).text
    assert repr(run).startswith("Run('run': ema_cross, ")
    assert len(run.trials) == more.get("n_trials", 40)
    assert (run.best is None) == (more.get("states") == ("FAIL",) or more.get("n_trials") == 0)


def test_every_file_but_the_manifest_may_be_missing(tmp_path: Path):
    folder = judge(make_run(tmp_path / "run"))
    for path in sorted(folder.iterdir()):
        if path.name != "manifest.json":
            path.unlink()
            run = loaded(folder)
            assert Reader(run._repr_html_()).text
            for name in PINNED:
                assert isinstance(getattr(run, name), pl.DataFrame)


def test_a_broken_file_is_named(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    (folder / "results_datasets.parquet").unlink()
    assert loaded(folder).results.equals(loaded(make_run(tmp_path / "same")).results), "the CSV has the same"
    (folder / "results_datasets.csv").write_text("number,sharpe\n1,x\n")
    with pytest.raises(ReportError, match=r"results_datasets\.csv: expected a table"):
        loaded(folder).results  # noqa: B018


def test_another_folder_is_refused_with_the_newest_runs_near_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match=r"nowhere: expected the folder of a run .* there is no such folder\. A run prints"):
        pinejax.load("nowhere")
    for i, name in enumerate("abcd"):
        manifest = make_run(Path("outputs") / name, n_trials=0) / "manifest.json"
        os.utime(manifest, (i, i))
    with pytest.raises(ReportError, match=r"outputs: .* it is neither\. The newest near by: outputs/d, outputs/c, outputs/b\."):
        pinejax.load("outputs")
    with pytest.raises(ReportError, match=r"outputs/e: .* no such folder\. The newest near by: outputs/d"):
        pinejax.load(Path("outputs/e"))
    with pytest.raises(ReportError, match="it is no folder"):
        pinejax.load("outputs/a/manifest.json")


def test_the_report_is_made_from_what_is_there(tmp_path: Path):
    run = loaded(make_run(tmp_path / "run", n_trials=5))
    assert run.report() == run.folder / "report.html" and run.report().stat().st_size > 100_000


def test_a_backtest_is_a_run_of_one_set(tmp_path: Path):
    folder = make_run(tmp_path / "run", symbols=("AAA",))
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("state", "study", "search"):
        del manifest[name]
    manifest["strategy"] = {"name": "ema_cross", "params": {"fast": 9}}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"metrics": {"sharpe": [0.5]}}))
    for name in ("best.json", "trials.parquet", "bank.json"):
        (folder / name).unlink()
    run = loaded(folder)
    assert run.best is not None and repr(run.best) == "Best(params.fast=9)" and run.best.trial is None
    assert repr(run) == "Run('run': ema_cross, done, 0 trials; verdict: not judged)"
    assert len(run.trades) and "Trial" not in Reader(run._repr_html_() + run.best._repr_html_()).text


def test_the_parts_of_a_joint_study_are_runs_of_their_own(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=5)
    make_run(folder / "15m_1h", n_trials=2)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"pairs": {"15m@1h": "15m_1h", "5m@1h": "5m_1h"}}))
    parts = loaded(folder).pairs
    assert {pair: (len(part.trials), part.strategy) for pair, part in parts.items()} == {"15m@1h": (2, "ema_cross")}
