from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_run import MINE

from pinejax.config import from_mapping
from pinejax.job.plan import plan_search
from pinejax.job.session import prepare


@pytest.fixture
def study_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The name of the study that a configuration belongs to."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)

    def name(**changes: Any) -> str:
        tree = {"strategy": "mine.py:Mine", "symbol": ["SYNTH_A", "SYNTH_B"], "timeframe": "1h@4h", **changes}
        return plan_search(prepare(from_mapping(tree)))[1].study_name

    return name


def test_the_same_search_is_the_same_study_wherever_and_however_long_it_runs(study_name):
    first = study_name()
    assert first.startswith("SYNTH_A+1_1h_4h_Mine_")
    Path("mine.py").write_text("# a remark\n" + MINE)
    assert study_name() == first
    assert study_name(search={"n_trials": 999, "top_k": 3}, storage={"sqlite": "x.db"}, engine={"n_threads": 1}) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"search": {"seed": 2}},
        {"search": {"sampler": "random"}},
        {"search": {"batch_size": 8}},
        {"search": {"pruner": "median"}},
        {"sampler": {"tpe": {"n_startup_trials": 3}}},
        {"objective": {"metric": "calmar"}},
        {"broker": {"commission": 0.0}},
        {"engine": {"dtype": "float32"}},
        {"params": {"fast": 9}},
        {"disable": ["both_sides"]},
        {"symbol": ["SYNTH_B", "SYNTH_A"]},
        {"timeframe": "1h"},
        {"data": {"end": "2024-03-01"}},
    ],
)
def test_whatever_changes_results_is_another_study(study_name, changes):
    assert study_name(**changes) != study_name()


def test_changed_code_is_another_study(study_name):
    before = study_name()
    Path("mine.py").write_text(MINE.replace("ta.crossunder(fast, slow))\n", "ta.cross(fast, slow))\n"))
    assert study_name() != before


def test_a_name_of_ones_own_is_taken_as_it_is(study_name):
    assert study_name(search={"study_name": "mine"}) == "mine"


def test_a_flag_that_came_later_changes_the_name_only_where_it_is_set(study_name):
    flags = {"n_startup_trials": 10}
    name = study_name(sampler={"tpe": flags})
    assert study_name(sampler={"tpe": {**flags, "max_history": None}}) == name
    assert study_name(sampler={"tpe": {**flags, "max_history": 150}}) != name
