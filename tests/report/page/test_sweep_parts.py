"""What a sweep's page is made of, without a page."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.page.markup import Markup
from pinejax.report.page.sweep import headline, matrix, parameters, ranking, summary
from pinejax.report.page.sweep.compared import Compared, details
from pinejax.report.page.sweep.curves import Picture
from pinejax.report.page.sweep_page import page
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Line
from pinejax.report.saved_sweep import read_sweep
from pinejax.report.sweep_folder import write_sweep
from pinejax.report.sweep_luck import sentences
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import adjusted, sweep_text

HOUR, DAY = TimeframePair.parse("1h"), TimeframePair.parse("1D")


def test_a_value_out_of_sample_is_named_by_how_its_own_objectives_bars_were_kept_back():
    held = SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, outside={"holdout": 0.5})
    walked = SweepRow(1, "A", HOUR, objective="calmar", value=2.0, outside={"walk_forward": 0.25})
    found = Compared([held, walked], ["", ""])
    assert dict(details(found, 0))[say("sweep.kind.holdout")] == "0.5"
    assert dict(details(found, 1))[say("sweep.kind.walk_forward")] == "0.25"


def test_a_joint_study_has_found_something_where_any_of_its_pairs_has():
    pairs = [SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, n_trials=30), SweepRow(0, "A", DAY, n_trials=10)]
    said = sentences(pairs)
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
    assert sentences(found.rows) == [say("sweep.found.nothing")] and summary.section(found) is None
    assert "2000" not in str(headline.section(found)) + str(matrix.section(found))


def test_a_drawdown_is_a_percent():
    found = Compared([SweepRow(0, "A", HOUR, objective="sharpe", value=1.0, metrics={"max_drawdown": 0.04192, "n_trades": 12.0})], [""])
    said = dict(details(found, 0))
    assert said[name_of("metric", "max_drawdown")] == "4.19%" and said[name_of("metric", "n_trades")] == "12"


def test_the_terminal_says_of_luck_what_the_page_says():
    levels = ("not_enough", "luck", "not_enough")
    rows = [
        SweepRow(i, "A", HOUR, objective="sharpe", value=1.0, verdict=level, null_p=p, n_trials=40)
        for i, (level, p) in enumerate(zip(levels, (0.2, 0.4, 0.6), strict=True))
    ]
    for some in (rows, rows[::2]):
        said = " ".join(sentences(some))
        assert said in sweep_text(some) and said in str(headline.section(Compared(some, [""] * len(some))))
    assert "The one judged combination does not differ" in " ".join(sentences(rows)) and "Of 2 there is not enough" in " ".join(
        sentences(rows)
    )
    unjudged = " ".join(sentences(rows[::2]))
    assert say("sweep.found.unjudged") in unjudged and say("sweep.found.smallest", n=2, q="0.400") in unjudged


def test_a_folder_that_is_gone_does_not_make_the_correction_weaker(tmp_path):
    known = [
        SweepRow(i, "A", HOUR, objective="sharpe", value=1.0, verdict="luck", null_p=p, n_trials=40) for i, p in enumerate((0.02, 0.5))
    ]
    combinations = [
        {"index": i, "symbols": ["A"], "timeframes": ["1h"], "folder": f"{i}_A", "state": "done", "n_trials": 40} for i in range(2)
    ]
    (tmp_path / "sweep.json").write_text(json.dumps({"state": "done", "combinations": combinations}))
    (tmp_path / "0_A").mkdir()
    lost = read_sweep(tmp_path).rows[1]
    assert (lost.gone, lost.lost, lost.n_trials, lost.value) == (True, True, 40, None)
    assert adjusted([known[0], lost]) == [0.04, None] and say("sweep.found.lost", n=1) in sentences([known[0], lost])
    write_sweep(tmp_path, known)
    sweep = read_sweep(tmp_path)
    kept = sweep.rows[1]
    assert (kept.gone, kept.lost, kept.n_trials, kept.null_p) == (True, False, 40, 0.5)
    assert adjusted([known[0], kept]) == adjusted(known)
    shown = page(sweep, "report.html", tmp_path, {})
    assert say("sweep.cell.gone") in shown and "The folder of A 1h is gone" in shown


def test_few_switches_that_are_alike_are_not_said_to_agree():
    def said(values, known):
        return str(parameters.strips([SweepRow(i, "A", HOUR, params={"x": value}) for i, value in enumerate(values)], {"x": known}))

    word = f">{say('parameters.agree')}<"
    switch = {"values": [True, False]}
    assert word not in said([True] * 3, switch) and word in said([True] * 6, switch)
    assert word not in said([0.2, 0.3, 0.4], {"low": 0.0, "high": 1.0}) and word in said([0.2, 0.22, 0.24], {"low": 0.0, "high": 1.0})
    assert word not in said([1, 1, 1], {"low": 1, "high": 2}) and word in said([40, 41, 42], {"low": 1, "high": 100})
