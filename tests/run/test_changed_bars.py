"""A study and the bars it was made on"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pinejax.cli import main
from pinejax.data.cli import main as data
from pinejax.run import run

SEARCH = (
    "strategy=mine.py:Mine", "timeframe=15m", "symbol=X", "data.root=store", "search.n_trials=4", "search.sampler=random",
    "verdict=none",
)  # fmt: skip


@pytest.fixture
def bars(place: Path) -> pl.DataFrame:
    """X in the store, frozen as `before`."""
    made = {"time": [1_704_067_200_000 + 900_000 * i for i in range(400)], "open": [100.0 + i % 17 for i in range(400)]}
    frame = pl.DataFrame(made).with_columns(high=pl.col("open") + 2, low=pl.col("open") - 2, close=pl.col("open") + 1, volume=pl.lit(1.0))
    frame.write_csv("X_15m.csv")
    assert data(["import", "X_15m.csv", "--root", "store"]) == 0
    assert data(["snapshot", "before", "--root", "store"]) == 0
    return frame


def changed(bars: pl.DataFrame) -> None:
    bars.with_columns(close=pl.col("close") - 1).write_csv("X_15m.csv")
    assert data(["import", "X_15m.csv", "--root", "store", "--prefer", "new"]) == 0


def test_a_named_study_refuses_changed_bars_and_goes_on_with_its_snapshot(bars, place: Path, capsys) -> None:
    assert main(run, [*SEARCH, "search.study_name=s", "data.snapshot=before"]) == 0
    changed(bars)
    assert main(run, [*SEARCH, "search.study_name=s", "search.n_trials=8"]) == 2
    said = capsys.readouterr().err
    assert "the bars have changed since (context.data.X 15m: stored" in said
    assert "it was made on the snapshot before" in said and "Go on with data.snapshot=before" in said
    assert main(run, [*SEARCH, "search.study_name=s", "search.n_trials=8", "data.snapshot=before"]) == 0
    manifests = [json.loads(path.read_text()) for path in (place / "outputs").glob("*/manifest.json")]
    assert {manifest["chosen"]["snapshot"] for manifest in manifests if manifest.get("chosen")} == {"before"}


def test_a_study_without_a_name_says_that_the_bars_have_changed_and_begins_anew(bars, place: Path, capsys) -> None:
    assert main(run, list(SEARCH)) == 0
    assert "have changed" not in capsys.readouterr().out
    changed(bars)
    assert main(run, list(SEARCH)) == 0
    said = capsys.readouterr().out
    assert "NOTE: the bars have changed since the study X_15m_" in said
    assert "The study has its 4 trials, 4 of them new." in said
    assert main(run, [*SEARCH, "data.end=2024-01-03"]) == 0
    assert "have changed" not in capsys.readouterr().out
