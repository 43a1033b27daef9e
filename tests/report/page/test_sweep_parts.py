"""What a sweep's page is made of, without a page."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.page.markup import Markup
from pinejax.report.page.sweep.compared import Compared, details
from pinejax.report.page.sweep.curves import Picture
from pinejax.report.page.sweep.headline import sentences
from pinejax.report.page.words import say
from pinejax.report.saved import Line
from pinejax.report.sweep_rows import SweepRow

HOUR, DAY = TimeframePair.parse("1h"), TimeframePair.parse("1D")


def test_a_value_out_of_sample_is_named_by_how_its_own_objectives_bars_were_kept_back():
    held = SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, outside={"holdout": 0.5})
    walked = SweepRow(1, "A", HOUR, objective="calmar", value=2.0, outside={"walk_forward": 0.25})
    found = Compared([held, walked], ["", ""])
    assert dict(details(found, 0))[say("sweep.kind.holdout")] == "0.5"
    assert dict(details(found, 1))[say("sweep.kind.walk_forward")] == "0.25"


def test_a_joint_study_has_found_something_where_any_of_its_pairs_has():
    pairs = [SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, n_trials=30), SweepRow(0, "A", DAY, n_trials=10)]
    said = sentences(Compared(pairs, ["", ""]))
    assert say("sweep.found.nothing") not in said and say("sweep.found.best", trials="40") in said


def test_a_picture_compares_the_set_and_what_was_held_over_the_same_bars_from_the_capital():
    line = Line(np.arange(3), np.array([110.0, 120.0, 130.0]), np.array([90.0, 150.0, 300.0]), np.array([True, True, False]), 100.0)
    assert Picture("a", Markup(""), (line,)).ends == pytest.approx((1.2, 130 / 120, 1.5))
