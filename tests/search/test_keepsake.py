"""What a run leaves with its study at its end, in every kind of storage."""

from __future__ import annotations

import json

import pytest
from stored_studies import storage

from pinejax.search.keepsake import AIM, LEFT_OUT, MANIFEST, MOST_BYTES, VERDICT, fitted, leave, note_aim
from pinejax.search.storage import open_store


@pytest.fixture(params=["sqlite", "journal"])
def store(request, tmp_path):
    store = open_store(storage(request.param, tmp_path), "study", ["maximize"])
    yield store
    store.close()


def test_the_last_run_has_the_say(store):
    leave(store, {"state": "interrupted"}, {"level": "not_enough"})
    leave(store, {"state": "done"}, {"level": "hint", "é": 1})
    assert store.study_attrs()[0] == {MANIFEST: {"state": "done"}, VERDICT: {"level": "hint", "é": 1}}


def test_a_run_that_was_not_judged_leaves_an_earlier_verdict(store):
    leave(store, {"state": "done"}, {"level": "hint"})
    leave(store, {"state": "done", "n_trials": 9}, None)
    assert store.study_attrs()[0] == {MANIFEST: {"state": "done", "n_trials": 9}, VERDICT: {"level": "hint"}}


def test_the_aim_is_the_last_runs(store):
    for n in (10, 10, 20):
        note_aim(store, n)
    assert store.study_attrs()[0] == {AIM: 20}


def test_what_fits_is_kept_as_it_is():
    content = {"level": "luck", "evidence": {"a": list(range(100)), "b": {"c": None}}}
    assert fitted(content) == content


def test_the_largest_lists_are_left_out_first_and_said():
    content = {"sentence": "S", "evidence": {"null": {"p": 0.3, "best": [0.123456789] * 9_000}, "small": [1, 2], "walk": [1.5] * 2_000}}
    kept = fitted(content)
    assert kept == {
        "sentence": "S",
        "evidence": {"null": {"p": 0.3}, "small": [1, 2], "walk": [1.5] * 2_000},
        LEFT_OUT: ["evidence.null.best"],
    }
    assert len(json.dumps(kept)) <= MOST_BYTES


def test_without_lists_objects_go_and_the_sentence_stays():
    content = {"sentence": "S", "evidence": {f"k{i}": {str(j): "x" * 50 for j in range(60)} for i in range(40)}}
    kept = fitted(content, 20_000)
    assert kept["sentence"] == "S" and len(json.dumps(kept)) <= 20_000 and kept[LEFT_OUT]
