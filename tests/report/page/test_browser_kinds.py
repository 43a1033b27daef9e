"""Reports of every kind of run in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_browser import DRAWN, Page
from report_folder import make_run

pytestmark = pytest.mark.browser


def test_a_name_runs_no_script(chromium: Any, tmp_path: Path):
    evil = "<script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    page = Page(chromium, make_run(tmp_path / "run", study=evil, symbols=("A<script>window.ran=1</script>",)))
    assert page.run("return window.ran === undefined")
    assert evil in page.text("header .facts")
    assert page.complaints == []


@pytest.mark.parametrize(
    "more",
    [
        {"every": 5_000}, {"n_trials": 1}, {"n_trials": 0}, {"states": ("FAIL",)}, {"states": ("PRUNED",)},
        {"detailed": False, "state": "running"}, {"objectives": ("sharpe", "max_drawdown")}, {"n_bars": 12},
    ],
)  # fmt: skip
def test_every_state_of_a_run_opens_without_a_complaint(chromium: Any, tmp_path: Path, more: dict):
    page = Page(chromium, make_run(tmp_path / "run", **more))
    assert page.complaints == []
    assert page.run("return typeof report") == "object"


def test_another_objective_redraws_the_searchs_charts(chromium: Any, tmp_path: Path):
    page = Page(chromium, make_run(tmp_path / "run", n_trials=120, objectives=("sharpe", "max_drawdown")))
    first = page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()")
    assert page.run(DRAWN)["pareto"][0] > 500
    page.run("const s = document.querySelector('[data-choose=objective]'); s.value = 1; s.dispatchEvent(new Event('change'))")
    assert page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()") != first
    assert page.complaints == []
