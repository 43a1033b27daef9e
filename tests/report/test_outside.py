from __future__ import annotations

import pytest

from pinejax.report.outside import common_kind, outside_values

EVIDENCE = {
    "holdout": {"method": "holdout", "out_of_sample": {"value": 0.5, "return": 0.1}},
    "walk_forward": {"efficiency": {"objective": {"out_of_sample": -0.25}}},
    "rerank": {"sets": [{"trial": 7, "out_of_sample": {"value": 0.75}}, {"trial": 8, "out_of_sample": {"value": 2.0}}]},
    "cross_validation": {"mean_out_of_sample": 1},
}


def test_every_kind_of_kept_back_bars_gives_the_value_of_the_choice_on_them():
    assert outside_values(EVIDENCE) == {"holdout": 0.5, "walk_forward": -0.25, "test": 0.75, "cross_validation": 1.0}


@pytest.mark.parametrize(
    "evidence",
    [
        {}, {"holdout": {"not_enough": "too few"}}, {"holdout": {"method": "none"}}, {"holdout": {"out_of_sample": {"value": None}}},
        {"holdout": {"out_of_sample": {"value": float("nan")}}}, {"rerank": {"sets": []}}, {"rerank": {"sets": "none"}}, {"rerank": []},
        {"cross_validation": {"mean_out_of_sample": True}},
    ],
)  # fmt: skip
def test_what_was_not_made_gives_none(evidence: dict):
    assert outside_values(evidence) == {}


def test_the_most_common_kind_is_compared_and_the_stronger_proof_of_two_as_common():
    walk, held = {"walk_forward": 1.0}, {"holdout": 1.0}
    assert common_kind([walk, walk, held]) == "walk_forward"
    assert common_kind([walk, held]) == "holdout"
    assert common_kind([{}, {}]) == "" and common_kind([]) == ""
