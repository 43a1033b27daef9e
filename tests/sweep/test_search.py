"""Sweeps that really search, on the bundled sample with a user's own strategy."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from small_run import MINE

from pinejax.cli import main
from pinejax.job.outcome import Outcome
from pinejax.run import run

WORDS = (
    "-m", "strategy=mine.py:Mine", "timeframe=2h@4h,4h", "symbol=SYNTH_A,NOPE", "search.n_trials=6", "search.sampler=random",
    "search.batch_size=6", "verdict=none", "hydra.sweep.dir=sweep",
)  # fmt: skip


@dataclass(frozen=True)
class Swept:
    """A sweep that was done: its working folder, exit code and output."""

    place: Path
    code: int
    said: str
    error: str


def swept(place: Path, words: tuple[str, ...]) -> Swept:
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(place)
        code = main(run, words)
    return Swept(place, code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    """A sweep of four combinations, two of which fail. To be read, or continued."""
    place = tmp_path_factory.mktemp("sweep")
    (place / "mine.py").write_text(MINE)
    return swept(place, WORDS)


def test_what_can_be_searched_is_and_what_fails_is_named(first):
    assert first.code == 2
    assert first.error.count("symbol=NOPE") == 2 and "2 of 4 combinations failed" in first.error
    assert "[4/4]" in first.said
    told = json.loads((first.place / "sweep/sweep.json").read_text())
    assert [one["state"] for one in told["combinations"]] == ["done", "failed", "done", "failed"]
    assert [one["n_trials"] for one in told["combinations"]] == [6, None, 6, None]


def test_the_tables_hold_what_the_combinations_found(first):
    results = pl.read_csv(first.place / "sweep/results.csv")
    assert results["folder"].to_list() == ["0_SYNTH_A_2h_4h", None, "2_SYNTH_A_4h", None]
    for row in results.filter(pl.col("state") == "done").iter_rows(named=True):
        best = json.loads((first.place / "sweep" / row["folder"] / "best.json").read_text())
        assert row["best_value"] == best["values"]["sharpe"]
        assert row["params_fast"] == best["params"]["fast"]
        assert row["study"] == best["study"]
    assert pl.read_csv(first.place / "sweep/results_timeframe_rankings.csv")["rank"].to_list() == [1, 2]
    assert pl.read_csv(first.place / "sweep/results_timeframe_summary.csv").height == 2 + 1 + 2 + 1


def test_a_combinations_seconds_are_its_own(first):
    told = json.loads((first.place / "sweep/sweep.json").read_text())
    own = [one["seconds"] for one in told["combinations"] if one["seconds"] is not None]
    assert sum(own) <= told["seconds"] + 0.5


def test_the_same_sweep_goes_on_with_the_same_studies(first):
    before = [one["study"] for one in json.loads((first.place / "sweep/sweep.json").read_text())["combinations"]]
    words = tuple("search.n_trials=8" if word.startswith("search.n_trials") else word for word in WORDS)
    again = swept(first.place, words)
    told = json.loads((first.place / "sweep_2/sweep.json").read_text())
    assert [one["study"] for one in told["combinations"]] == before
    assert again.said.count("The study has its 8 trials, 2 of them new.") == 2


def test_one_ctrl_c_leaves_a_whole_report_of_the_search_in_flight_and_the_same_command_completes(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MINE)
    words = (*WORDS, "symbol=SYNTH_A", "search.batch_size=2")
    after_batch = Outcome.after_batch

    def interrupted(self, progress) -> None:
        after_batch(self, progress)
        if progress.n_counted == 4:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Outcome, "after_batch", interrupted)
        one = swept(tmp_path, words)
    assert one.code == 130 and "Not run: timeframe=4h." in one.said
    told = json.loads((tmp_path / "sweep/sweep.json").read_text())
    assert [found["state"] for found in told["combinations"]] == ["interrupted", "not run"]
    manifest = json.loads((tmp_path / "sweep/0_SYNTH_A_2h_4h/manifest.json").read_text())
    assert (manifest["state"], manifest["n_trials"], manifest.get("error")) == ("interrupted", 4, None)
    assert pl.read_csv(tmp_path / "sweep/0_SYNTH_A_2h_4h/trials_final.csv").height == 4
    assert not (tmp_path / "sweep/.stop").exists()
    again = swept(tmp_path, words)
    assert again.code == 0 and "The study has its 6 trials, 2 of them new." in again.said
