"""What a sweep's page is made of, without a page."""

from __future__ import annotations

import numpy as np
import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.page.markup import Markup
from pinejax.report.page.sweep import headline, matrix, ranking, summary
from pinejax.report.page.sweep.compared import Compared, details
from pinejax.report.page.sweep.curves import Picture
from pinejax.report.page.sweep.headline import sentences
from pinejax.report.page.words import name_of, say
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


def test_a_penalty_for_a_broken_gate_is_no_value_of_the_page():
    held = [SweepRow(i, "A", pair, objective="sharpe", value=float(i), state="done") for i, pair in enumerate((HOUR, DAY))]
    broken = SweepRow(2, "A", TimeframePair.parse("4h"), objective="sharpe", value=-2000.0, violation=0.8, state="done")
    found = Compared([*held, broken], ["", "", ""])
    assert found.scales["sharpe"].ends == (0.0, 1.0) and found.ranked == [1, 0, 2]
    assert dict(details(found, 2))[say("sweep.broke")] == say("sweep.broke.said", violation=0.8)
    shown = "".join(str(part) for part in (matrix.section(found), ranking.section(found), summary.section(found), headline.section(found)))
    assert "2000" not in shown and "2,000" not in shown and say("sweep.cell.broke") in shown


def test_a_page_on_which_every_set_broke_a_gate_has_found_nothing():
    found = Compared([SweepRow(0, "A", HOUR, objective="sharpe", value=-2000.0, violation=0.8, state="done")], [""])
    assert sentences(found) == [say("sweep.found.nothing")] and summary.section(found) is None
    assert "2000" not in str(headline.section(found)) + str(matrix.section(found))


def test_a_drawdown_is_a_percent():
    found = Compared([SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, metrics={"max_drawdown": 0.04192, "n_trades": 12.0})], [""])
    said = dict(details(found, 0))
    assert said[name_of("metric", "max_drawdown")] == "4.19%" and said[name_of("metric", "n_trades")] == "12"
