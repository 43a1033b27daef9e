"""What sections say: rules in their units, switches as lists, the walk forward's spans, trials that broke a gate."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from report_folder import make_run

from pinejax.report.atomic import write_json
from pinejax.report.page.drawings import steps
from pinejax.report.page.run_page import page
from pinejax.report.page.search_data import search_data
from pinejax.report.page.sections import best
from pinejax.report.page.sections.best import switched
from pinejax.report.page.sections.manifest import costs, taken
from pinejax.report.page.sections.tables import plateau
from pinejax.report.page.sections.verdict import glance, measured, named
from pinejax.report.page.strip import Span, walk_picture
from pinejax.report.page.words import WORDS
from pinejax.report.saved import read_folder
from pinejax.report.statistics.searched import searched, violated

DAY = 86_400_000


@pytest.mark.parametrize(
    ("name", "value", "threshold", "said"),
    [
        ("trades", 1_126, ">= 30", "Closed trades 1,126"),
        ("walk-forward", -0.05447, ">= 0", "Walk-forward, return \u22125.45%"),
        ("holdout", 0.9712, ">= 0.95, of one set", "Holdout, probability of a gain 0.9712"),
        ("open_position", -0.01635, "< 100%", "Share of profit still open \u22121.64%"),
        ("few_trades", -1709.4188, "> 0", "Without the best trades \u22121,709.42"),
        ("deflated_sharpe", None, ">= 0.95", "Deflated Sharpe ratio \u2013"),
        ("a_rule_of_later", 0.25, "<= 1", "A rule of later 0.25"),
    ],
)
def test_a_rule_is_said_in_its_own_unit(name: str, value: float | None, threshold: str, said: str):
    rule = {"name": name, "measured": value, "threshold": threshold}
    assert f"{named(rule)} {measured(rule)}" == said


def test_whether_a_rule_passed_is_a_mark_and_a_word():
    text = str(
        glance([{"name": "days", "measured": 90, "passed": True}, {"name": "gates", "passed": False}, {"name": "x", "passed": None}])
    )
    assert [word in text for word in ("passed:", "failed:", "not known:")] == [True] * 3
    assert re.findall(r'aria-hidden="true">(.)<', text) == ["\u2713", "\u2717", "?"]


def test_many_switches_are_two_lists():
    shown = str(switched({"a": True, "b": False, "c": True}, ["a", "b", "c"]))
    assert re.findall(r"<(?:dt|code)>([^<]+)", shown) == ["Switched on", "a", "c", "Switched off", "b"]
    assert switched({}, []) is None


def test_a_span_lies_where_its_days_are_and_its_bar_has_its_height():
    spans = [Span(0, 10 * DAY, 0.02, "one"), Span(10 * DAY, 40 * DAY, -0.01, "two"), Span(40 * DAY, 50 * DAY, None, "three")]
    text = str(walk_picture(np.arange(51) * DAY, np.linspace(1.0, 1.5, 51), spans, "label", ("from", "to")))
    bars = [
        tuple(map(float, found)) for found in re.findall(r'</title><rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"', text)
    ]
    (x1, wide1, tall1), (x2, wide2, tall2) = bars
    assert (x2 - x1) / (wide2 + 2) == pytest.approx(1 / 3, abs=0.01) and (wide1 + 2) / (wide2 + 2) == pytest.approx(1 / 3, abs=0.01)
    assert tall1 / tall2 == pytest.approx(2.0, abs=0.02)
    assert "50.00%" in text and "0.00%" in text and text.count('class="band"') == 2
    alone = str(walk_picture(np.zeros(0, np.int64), np.zeros(0), spans, "label", ("from", "to")))
    assert "polyline" not in alone and alone.count("<title>") == 2


def test_steps_have_a_gap_where_there_is_no_value():
    text = str(steps([3.0, None, 5.0, 5.0], "name"))
    assert [len(found.split()) for found in re.findall(r'points="([^"]+)"', text)] == [2, 4]
    assert "off" in str(steps([0.0, 0.0], "name", ("off", "off")))


def test_trials_that_broke_a_gate_are_marked_unless_all_did(tmp_path: Path):
    trials = pl.DataFrame({"state": ["COMPLETE", "COMPLETE", "PRUNED"], "violation": [0.0, 0.5, None]})
    assert violated(trials).tolist() == [False, True, False]
    assert not violated(trials.filter(pl.col("violation") > 0)).any()
    assert not violated(trials.drop("violation")).any()
    plain = search_data(read_folder(make_run(tmp_path / "run", n_trials=120, broken=30, states=("COMPLETE",)))).plain
    assert sum(plain["violated"]) == 30
    known = [v for row in plain["surfaces"][0]["z"] for v in row if v is not None]
    assert min(known) > -10


def test_a_contour_is_of_parameters_that_act_in_the_best_set_if_it_can(tmp_path: Path):
    known = searched(read_folder(make_run(tmp_path / "run", n_trials=120)))
    lists = {**known.lists, "other": [float(i % 17) for i in range(120)]}
    three = replace(
        known, names=[*known.names, "other"], lists=lists, importance=[[*known.importance[0], 0.9]], chosen=["other", *known.chosen]
    )
    found, first = replace(three, acting=frozenset()).surface(), replace(three, acting=frozenset({"fast", "mult"})).surface()
    assert found is not None and "other" in (found.x, found.y)
    assert first is not None and {first.x, first.y} == {"fast", "mult"}


def test_a_plateau_says_what_one_step_does():
    drawn = {
        "value": 1.0, "mean": 0.9, "worst": 0.2, "keeps_half": 0.9,
        "slopes": [
            {"name": "calm", "value": 3, "down": None, "up": {"to": 4, "value": 0.9, "change": -0.1}, "worst_change": -0.1},
            {"name": "steep", "value": 7, "down": {"to": 6, "value": 0.2, "change": -0.8}, "up": None, "worst_change": -0.8},
        ],
    }  # fmt: skip
    text = "".join(map(str, plateau({"drawn": drawn})))
    assert text.index("steep") < text.index("calm") and "6: 0.2" in text


def test_costs_and_times_are_said_with_their_units():
    assert costs({"commission": 0.0005, "commission_type": "percent"})["commission"] == "0.05%"
    assert costs({"commission": 2.0, "commission_type": "cash_per_order"})["commission"] == 2.0
    assert costs({"size": 0.5, "size_type": "percent_of_equity"})["size"] == "50%"
    assert taken({"timings_s": {"total": 62.9039}, "trials_per_s": 41.35}) == "62.9 s, 41.4 trials/s"
    assert taken({}) == ""


def test_a_best_set_that_breaks_a_gate_has_a_penalty_for_a_value_and_no_advice_to_ask_for_trades_again(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=3)
    files = {name: json.loads((folder / name).read_text()) for name in ("manifest.json", "best.json")}
    for figures in files["best.json"]["datasets"].values():
        figures["n_trades"] = 0.0
    files["best.json"]["violation"] = 1.0
    for mode, has_penalty in (("penalty", True), ("constraint", False)):
        files["manifest.json"]["objective"] = {"metric": "sharpe", "gate_mode": mode, "gates": {"min_trades": 30}}
        for name, content in files.items():
            write_json(folder / name, content)
        said = str(best.section(read_folder(folder)))
        assert (WORDS["best.penalty"] in said) is has_penalty
        assert "ask for trades with a gate" not in said and "though the study asks for trades" in said


def test_the_title_of_a_joint_run_says_that_there_are_more_pairs(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=3, symbols=("AAA",))
    made = json.loads((folder / "manifest.json").read_text())
    row = made["datasets"][0]
    made["datasets"] += [row | {"name": f"AAA {pair}", "timeframe": pair} for pair in ("5m@1h", "30m@4h")]
    chosen = json.loads((folder / "best.json").read_text())
    write_json(folder / "best.json", chosen | {"params": chosen["params"] | {"timeframe": "15m@1h"}})
    write_json(folder / "manifest.json", made)
    assert "ema_cross on AAA 15m@1h and 2 more pairs" in page(read_folder(folder))
