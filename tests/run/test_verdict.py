"""A run's end: its best set judged, on the bundled sample with a user's own strategy."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_run import MINE, SMALL

from pinejax.cli import main
from pinejax.judge import pipeline
from pinejax.judge.case import NotEnough
from pinejax.report.from_study import read_study
from pinejax.run import run
from pinejax.search.keepsake import AIM, MANIFEST, VERDICT
from pinejax.search.library import Library

JUDGED = (*SMALL, "symbol=[SYNTH_A,SYNTH_B]", "verdict=default", "null.n_surrogates=19", "stress.n_noise=2", "stress.n_bootstrap=200")
LEVELS = ("luck", "hint", "differs", "not_enough")


@dataclass(frozen=True)
class Judged:
    """A judged run: its folder and what it said."""

    folder: Path
    said: str
    error: str

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text())


def judged(place: Path, *words: str, code: int = 0) -> Judged:
    (place / "mine.py").write_text(MINE)
    out, err = io.StringIO(), io.StringIO()
    before = set((place / "outputs").glob("*/"))
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(place)
        assert main(run, [*JUDGED, *words]) == code, err.getvalue()
    (folder,) = set((place / "outputs").glob("*/")) - before
    return Judged(folder, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """A search judged with every section of the default. To be read only."""
    return judged(tmp_path_factory.mktemp("judged"))


def test_the_study_keeps_the_verdict_and_the_manifest_for_those_who_have_the_storage_alone(ended):
    with Library(f"sqlite:///{ended.folder.parent / 'studies.db'}") as library:
        (name,) = library.names()
        study = library.read(name)
    assert study.attrs[VERDICT] == ended.read("verdict.json")
    kept, manifest = study.attrs[MANIFEST], ended.read("manifest.json")
    assert study.attrs[AIM] == 8
    assert {key: value for key, value in kept.items() if key != "strategy"} == {k: v for k, v in manifest.items() if k != "strategy"}
    saved = read_study(study, library.name, datetime.now(UTC))
    assert saved.verdict == ended.read("verdict.json")
    best = ended.read("best.json")
    assert saved.best is not None
    assert {key: saved.best[key] for key in ("trial", "values", "datasets")} == {key: best[key] for key in ("trial", "values", "datasets")}
    assert [d.name for d in saved.datasets] == [d["name"] for d in manifest["datasets"]]


def test_a_search_ends_with_a_verdict_in_words_and_its_files(ended):
    told = ended.read("verdict.json")
    assert told["version"] == 1
    assert told["level"] in LEVELS
    assert f"Verdict: {told['sentence'][:60]}" in ended.said
    assert set(pipeline.SECTIONS) <= set(told["evidence"])
    assert told["evidence"]["search"]["trials"]["raw"] == 8
    short = ended.read("manifest.json")["verdict"]
    assert (short["level"], short["sentence"]) == (told["level"], told["sentence"])
    assert ended.read("best.json")["verdict"] == {"level": told["level"], "sentence": told["sentence"]}


def test_the_time_of_the_judging_is_the_runs(ended):
    told = ended.read("manifest.json")
    seconds = told["timings_s"]
    assert seconds["judge"] > 0
    assert sum(spent for name, spent in seconds.items() if name != "total") == pytest.approx(seconds["total"], abs=0.01)
    assert ended.said.index("Verdict: ") < ended.said.index("Time: ") < ended.said.index("Files: ")


def test_the_rule_is_recorded_before_the_first_trial(ended):
    rule = ended.read("verdict.json")["evidence"]["rule"]
    assert rule["recorded"]["verdict"]["alpha"] == 0.05
    assert rule["changed"] == []
    assert "fixed before the search" in " ".join(ended.said.split())


def test_without_a_verdict_nothing_is_judged(tmp_path):
    ended = judged(tmp_path, "verdict=none")
    assert "Verdict" not in ended.said
    assert not (ended.folder / "verdict.json").exists()
    assert "judge" not in ended.read("manifest.json")["timings_s"]


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What sections there are, to be chosen."""
    chosen: dict[str, Any] = {}
    monkeypatch.setattr(pipeline, "SECTIONS", chosen)
    return chosen


def test_a_rule_that_was_changed_after_the_search_is_said(tmp_path, sections):
    judged(tmp_path)
    again = judged(tmp_path, "verdict.alpha=0.2", "stress.drop_trades=1")  # both can move the level
    assert again.read("verdict.json")["evidence"]["rule"]["changed"] == ["stress.drop_trades", "verdict.alpha"]
    assert "changed since: stress.drop_trades, verdict.alpha" in " ".join(again.said.split())


def test_a_further_test_is_no_changed_rule_and_one_left_out_is(tmp_path, sections):
    judged(tmp_path)
    more = judged(tmp_path, "null=research", "null.budget_s=9", "null.n_surrogates=39")
    assert more.read("verdict.json")["evidence"]["rule"]["changed"] == []
    fewer = judged(tmp_path, "null=none", "stress.drop_trades=0")
    assert fewer.read("verdict.json")["evidence"]["rule"]["changed"] == ["null.mode", "stress.drop_trades"]


def test_ctrl_c_keeps_what_was_made_and_ends_with_130(tmp_path, sections):
    def broken_off(case):
        case.say("second: 3 of 9 done")
        raise KeyboardInterrupt

    sections |= {"first": lambda case: {"found": 1}, "second": broken_off, "third": lambda case: {"found": 3}}
    ended = judged(tmp_path, code=130)
    told = ended.read("verdict.json")
    assert told["evidence"]["first"] == {"found": 1}
    assert "third" not in told["evidence"]
    assert told["evidence"]["interrupted"] == {"section": "second", "reached": "second: 3 of 9 done"}
    assert told["level"] == "not_enough" and "interrupted in its second (second: 3 of 9 done)" in told["sentence"]
    assert ended.read("manifest.json")["state"] == "interrupted"
    assert "Files: " in ended.said


def test_a_wish_to_end_that_a_section_took_for_its_own_ends_the_judging(tmp_path, sections):
    def asked(case):
        case.stop.set()
        return {"found": 1}

    sections |= {"first": asked, "second": lambda case: {"found": 2}}
    told = judged(tmp_path, code=130).read("verdict.json")
    assert told["evidence"]["first"] == {"found": 1}
    assert "second" not in told["evidence"]
    assert "interrupted" in told["sentence"]


def test_a_bug_in_a_section_loses_nothing_of_the_search(tmp_path, sections):
    def broken(case):
        raise RuntimeError("a section has a bug")

    sections |= {"first": lambda case: {"found": 1}, "broken": broken}
    ended = judged(tmp_path, code=1)
    assert "a section has a bug" in ended.error
    told = ended.read("manifest.json")
    assert (told["state"], told["n_trials"]) == ("done", 8)
    assert ended.read("best.json")["trial"] >= 0
    left = ended.read("verdict.json")
    assert left["evidence"]["first"] == {"found": 1}
    assert left["evidence"]["failed"] == "RuntimeError: a section has a bug"
    assert (left["level"], told["verdict"]["sentence"]) == ("not_enough", left["sentence"])
    assert left["sentence"].startswith("Not judged: the judging failed") and left["sentence"][:30] in ended.said


def test_bars_that_stayed_closed_are_not_said_to_have_been_chosen_on(tmp_path, sections):
    closed = judged(tmp_path, "validation=holdout", "hparams_search=multi_objective")
    assert "Not judged: with 2 objectives" in closed.said
    assert "all bars that there are" not in closed.said


def test_a_section_without_enough_is_said_and_the_others_go_on(tmp_path, sections):
    def too_little(case):
        raise NotEnough("expected 100 of something, found 3.")

    sections |= {"little": too_little, "next": lambda case: {"found": 2}}
    ended = judged(tmp_path)
    assert ended.read("verdict.json")["evidence"]["next"] == {"found": 2}
    assert "little: expected 100 of something, found 3." in ended.said


def test_only_the_first_worker_judges(tmp_path):
    assert "Verdict" not in judged(tmp_path, "search.worker=1").said


def test_a_sweep_judges_each_combination_and_counts_all_trials(tmp_path, sections):
    sections["null_search"] = lambda case: {
        "mode": "replay",
        "p_value": 0.04 if "SYNTH_A" in case.engine.datasets[0] else 0.03,
        "n_made": 99,
    }
    (tmp_path / "mine.py").write_text(MINE)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.chdir(tmp_path):
        assert main(run, ["-m", *JUDGED, "symbol=SYNTH_A,SYNTH_B", "hydra.sweep.dir=sweep"]) == 0
    import polars as pl

    table = pl.read_csv(tmp_path / "sweep" / "results.csv")
    assert set(table["verdict"]) <= set(LEVELS)
    assert table["null_p"].to_list() == [0.04, 0.03]
    assert table["null_p_adjusted"].to_list() == pytest.approx([0.04, 0.04])
    said = out.getvalue()
    assert said.count("Verdict: ") == 2
    assert "All together they had 16 trials" in said
    assert "adjusted for the 2 combinations that have one (Benjamini and Hochberg), is 0.040" in said
    assert os.path.exists(tmp_path / "sweep" / "0_SYNTH_A_1h_4h" / "verdict.json")
