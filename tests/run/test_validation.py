"""A run whose trials are valued by parts of the history, or that keeps bars back: its files and what it says."""

from __future__ import annotations

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


def test_a_holdout_that_leaves_too_little_to_search_is_named(tmp_path):
    from finished_case import case_on

    from pinejax.errors import DataError

    with pytest.raises(DataError, match=r"kept back by validation.holdout=0.99: keep fewer back"):
        case_on(tmp_path, validation={"method": "holdout", "holdout": 0.99})
