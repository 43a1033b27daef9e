"""A run whose trials are valued by parts of the history, or that keeps bars back: its files and what it says."""

from __future__ import annotations

import base64
import json

import numpy as np
import polars as pl
import pytest

PARTS_MEET = "2024-01-31 00:00"
PARTS = [f"SYNTH_{x} 1h@4h part {i} of 3" for x in "AB" for i in (1, 2, 3)]


def test_results_have_a_row_per_part_and_trades_are_of_the_whole_history(search, capsys):
    folder = search(
        "symbol=[SYNTH_A,SYNTH_B]", "validation=purged_kfold", "validation.k=3", "validation.folds=worst", "verdict.enabled=false"
    )
    said = capsys.readouterr().out
    assert "a trial's value: worst of 3 parts of 720 bars" in said and "purge 60 bars: 60 of the longest indicator" in said
    assert "Best re-run in detail equals the trial: 22 metrics on 6 datasets" in said
    rows = pl.read_csv(folder / "results_datasets.csv")
    assert rows.filter(pl.col("number") == 0)["dataset"].to_list() == PARTS
    best = json.loads((folder / "best.json").read_text())
    assert list(best["datasets"]) == PARTS
    sharpe = np.reshape([row["sharpe"] for row in best["datasets"].values()], (2, 3))
    np.testing.assert_allclose(best["values"]["sharpe"], sharpe.mean(axis=0).min())
    times = (
        pl.read_csv(folder / "trades_SYNTH_A_1h_4h.csv")
        .group_by("Trade #")
        .agg(pl.col("Date and time").min().alias("entry"), pl.max("Date and time"))
    )
    across = times.filter((pl.col("entry") < PARTS_MEET) & (pl.col("Date and time") > PARTS_MEET))
    assert across.height == 1  # one run through all bars: nothing was closed where two parts meet
    manifest = json.loads((folder / "manifest.json").read_text())
    assert [row["name"] for row in manifest["datasets"]] == ["SYNTH_A 1h@4h", "SYNTH_B 1h@4h"]


def test_a_held_out_span_is_named_and_not_searched(search, capsys):
    folder = search("symbol=SYNTH_A", "validation=holdout", "validation.holdout=0.25", "verdict.enabled=false")
    said = capsys.readouterr().out
    assert "SYNTH_A 1h@4h (1,620 bars)" in said and "held out: 2024-03-08 12:00 .. 2024-03-30 23:00, 540 bars" in said
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["datasets"][0]["last"] == "2024-03-08 11:00" and manifest["datasets"][0]["n_bars"] == 1_620
    assert manifest["validation"]["divided"][0].startswith("held out: ")


def test_an_opened_holdout_is_left_trade_by_trade_and_the_curve_goes_on_over_it(search):
    words = ("symbol=SYNTH_A", "validation=holdout", "validation.holdout=0.25", "verdict.min_days=5", "null=none", "stress=none")
    closed, folder = search(*words, "verdict=none"), search(*words, "verdict=default")
    assert not list(closed.glob("holdout_*")) and pl.read_parquet(closed / "equity.parquet")["seen"].all()

    assert json.loads((folder / "manifest.json").read_text())["best_rerun_in_detail"]["equal"]
    for name in ("best.json", "trades_SYNTH_A_1h_4h.csv", "performance_summary_SYNTH_A_1h_4h.csv"):
        told = [
            json.loads((f / name).read_text()) | {"verdict": 0} if name == "best.json" else (f / name).read_text() for f in (closed, folder)
        ]
        assert told[0] == told[1], f"{name} is of the searched bars alone"
    found = json.loads((folder / "verdict.json").read_text())["evidence"]["holdout"]
    metrics = found["datasets"]["SYNTH_A 1h@4h"]
    curve, short = pl.read_parquet(folder / "equity.parquet"), pl.read_parquet(closed / "equity.parquet")
    assert (len(curve), len(short)) == (2_160, 1_620) and curve["seen"].sum() == 1_620
    assert curve.head(1_620).equals(short)
    first, level = found["bars"][0], short["equity"][-1]
    assert (curve["equity"][1_620:first] == level).all() and first == 1_620 + found["purge"]["bars"]
    assert curve["equity"][-1] / level - 1 == pytest.approx(metrics["total_return"], rel=1e-9)
    assert pl.read_parquet(folder / "bars.parquet").height == 2_160

    trades = pl.read_csv(folder / "holdout_trades_SYNTH_A_1h_4h.csv")
    assert trades.filter(pl.col("Type").str.starts_with("Exit") & (pl.col("Signal") != "Open")).height == found["n_trades"] > 0
    assert trades["Date and time"].min() >= found["dates"][0]
    figures = pl.read_csv(folder / "holdout_performance_summary_SYNTH_A_1h_4h.csv")
    assert float(figures.row(by_predicate=pl.col("figure") == "net_profit")[2]) == pytest.approx(metrics["net_profit"])

    page = (folder / "report.html").read_text()
    data = json.loads(page[page.index('id="data">') + 10 : page.index("</script>")])["datasets"][0]
    assert [span["seen"] for span in data["equity"]["shades"]] == [True, False]
    assert np.frombuffer(base64.b64decode(data["trades"]["outside"]), np.uint32).sum() == len(trades) // 2
    assert "From 2024-03-08 12:00 on it is out of sample." in page
    assert '<p class="note">The held-out bars' in page and '<p class="note">The held-out bars' not in (closed / "report.html").read_text()


def test_test_bars_are_left_trade_by_trade_and_the_curve_goes_on_over_them(search):
    words = ("symbol=SYNTH_A", "validation=train_test", "validation.test_rate=0.25", "verdict.min_days=5", "null=none", "stress=none")
    folder = search(*words, "verdict=default")
    found = json.loads((folder / "verdict.json").read_text())["evidence"]["rerank"]
    curve, ((first, stop),) = pl.read_parquet(folder / "equity.parquet"), [window["bars"] for window in found["windows"]]
    assert len(curve) == stop == 2_160 and curve["seen"].to_list() == [True] * 1_620 + [False] * 540
    assert curve["equity"][-1] / curve["equity"][first - 1] - 1 == pytest.approx(
        found["datasets"]["SYNTH_A 1h@4h"]["total_return"], rel=1e-9
    )
    assert found["first"]["return"] == pytest.approx(found["datasets"]["SYNTH_A 1h@4h"]["total_return"], rel=1e-6)
    trades = pl.read_csv(folder / "test_trades_SYNTH_A_1h_4h.csv")
    assert (
        trades["Date and time"].min() >= found["windows"][0]["dates"][0]
        and (folder / "test_performance_summary_SYNTH_A_1h_4h.csv").is_file()
    )
    page = (folder / "report.html").read_text()
    data = json.loads(page[page.index('id="data">') + 10 : page.index("</script>")])["datasets"][0]
    assert [span["seen"] for span in data["equity"]["shades"]] == [True, False]
    assert np.frombuffer(base64.b64decode(data["trades"]["outside"]), np.uint32).sum() == len(trades) // 2
    assert "other sets were ranked on them too, so a gain there is no proof. There it was run anew" in page


def test_a_holdout_that_leaves_too_little_to_search_is_named(tmp_path):
    from finished_case import case_on

    from pinejax.errors import DataError

    with pytest.raises(DataError, match=r"kept back by validation.holdout=0.99: keep fewer back"):
        case_on(tmp_path, validation={"method": "holdout", "holdout": 0.99})
