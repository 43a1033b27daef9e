"""Reports of every kind of run in Chromium."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_browser import DRAWN, Page
from report_folder import make_run
from report_verdict import VERDICT

from pinejax.report.page.words import WORDS

pytestmark = pytest.mark.browser


def test_a_name_runs_no_script(chromium: Any, tmp_path: Path):
    evil = "<script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    folder = make_run(tmp_path / "a <script>window.ran=1<-script> folder", study=evil, symbols=("A<script>window.ran=1</script>",))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["strategy"] |= {"name": evil, "given": f"{evil}.py:Mine"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "verdict.json").write_text(json.dumps(VERDICT | {"sentence": evil, "next": [evil, f"{evil}=1"]}))
    page = Page(chromium, folder)
    page.press(".candles", "\ue014")
    assert page.run("return window.ran === undefined && document.querySelectorAll('main img, main script').length === 0")
    assert evil in page.text("header .facts") and evil in page.text("#verdict .sentence") and evil in page.text("h1")
    assert page.complaints == []


@pytest.mark.parametrize(
    "more",
    [
        {"every": 5_000}, {"n_trials": 1}, {"n_trials": 0}, {"states": ("FAIL",)}, {"states": ("PRUNED",)},
        {"detailed": False, "state": "running"}, {"objectives": ("sharpe", "max_drawdown")}, {"n_bars": 12},
        {"pairs": ("15m@1h", "1h@4h")}, {"broken": 20}, {"state": "failed"},
    ],
)  # fmt: skip
def test_every_state_of_a_run_opens_without_a_complaint(chromium: Any, tmp_path: Path, more: dict):
    page = Page(chromium, make_run(tmp_path / "run", **more), width=390)
    assert page.complaints == []
    assert page.run("return typeof report") == "object"
    assert page.run("return document.documentElement.scrollWidth") == 390


def test_a_run_without_trades_says_so_beside_its_candles(chromium: Any, tmp_path: Path):
    page = Page(chromium, make_run(tmp_path / "run", every=5_000))
    assert page.text("#chart .picked") == WORDS["trades.none"] == page.text("#trades p")
    page.press(".candles", "\ue014")
    assert page.run("return report.state.trade") is None
    assert page.run(DRAWN)["candles"][0] > 500


def test_ten_thousand_trials_and_a_million_bars_open_soon_and_are_small(chromium: Any, tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=10_000, n_bars=1_000_000, symbols=("AAA",), every=200)
    page = Page(chromium, folder)
    assert (folder / "report.html").stat().st_size < 8_000_000
    assert page.run("return performance.getEntriesByType('navigation')[0].loadEventEnd") < 10_000
    drawn = page.run(DRAWN)
    assert all(inked > 500 for inked, _ in drawn.values()) and {"candles", "equity", "history", "surface"} <= set(drawn)
    assert "17 bars of 15m" in page.text("#chart .merged")
    page.press(".candles", "\ue012")
    assert page.text("#chart .picked dd span") == "5000"
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_verdict_is_seen_first_with_its_evidence_drawn(chromium: Any, tmp_path: Path, width: int):
    folder = make_run(tmp_path / "run")
    (folder / "verdict.json").write_text(json.dumps(VERDICT))
    page = Page(chromium, folder, width)
    assert page.run("return document.querySelector('#verdict .sentence').getBoundingClientRect().bottom < innerHeight")
    edge = "return document.querySelector(arguments[0]).getBoundingClientRect()[arguments[1]]"
    assert (page.run(edge, "#best", "left") > page.run(edge, "#verdict .sentence", "right")) == (width > 600)
    shapes = page.run("return [...document.querySelectorAll('#walk_forward svg, #null_search svg')].map((s) => s.getBBox().width)")
    assert len(shapes) >= 3 and all(shape > 50 for shape in shapes)
    assert page.run("return document.documentElement.scrollWidth") == width
    assert page.complaints == []


def test_trials_that_broke_a_gate_set_no_scale(chromium: Any, tmp_path: Path):
    page = Page(chromium, make_run(tmp_path / "run", n_trials=120, broken=30, states=("COMPLETE",)))
    assert "30 trials, drawn as crosses, broke a gate" in page.text("[data-plot=history] ~ figcaption")
    assert "-2000" not in page.run("return document.querySelector('[data-plot=surface]').getAttribute('aria-label')")
    assert page.complaints == []


def test_another_objective_redraws_the_searchs_charts(chromium: Any, tmp_path: Path):
    page = Page(chromium, make_run(tmp_path / "run", n_trials=120, objectives=("sharpe", "max_drawdown")))
    first = page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()")
    assert page.run(DRAWN)["pareto"][0] > 500
    page.run("const s = document.querySelector('[data-choose=objective]'); s.value = 1; s.dispatchEvent(new Event('change'))")
    assert page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()") != first
    assert page.complaints == []
