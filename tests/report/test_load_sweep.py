"""`pinejax.load` on a sweep's folder: tables, runs on demand, the matrix in a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from page_reader import EVIL, Reader
from sweep_folder import MIXED, One, make_sweep

import pinejax
from pinejax.errors import ReportError
from pinejax.report.loaded.run import Run
from pinejax.report.loaded.sweep import COMBINATIONS, Sweep


def loaded(folder: Path) -> Sweep:
    found = pinejax.load(folder)
    assert isinstance(found, Sweep)
    return found


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return loaded(make_sweep(tmp_path_factory.mktemp("sweeps") / "mine"))


def test_a_sweep_says_what_it_is(sweep: Sweep):
    assert (sweep.name, sweep.state, sweep.synthetic) == ("mine", "done", True)
    assert repr(sweep) == "Sweep('mine': done, 6 combinations, 1 failed)"
    assert dict(sweep.combinations.schema) == COMBINATIONS and sweep.combinations["state"].to_list() == ["done"] * 5 + ["failed"]


def test_its_tables_are_those_of_its_files(sweep: Sweep):
    assert sweep.results["best_value"].to_list() == [one.value for one in MIXED]
    assert sweep.results["error"].drop_nulls().to_list() == [MIXED[-1].error]
    assert sweep.rankings.columns[:5] == ["objective", "rank", "rank_in_symbol", "symbol", "timeframe"]
    assert sweep.rankings["index"].to_list() == [2, 0, 1, 4, 3]
    assert sweep.summary.columns == ["objective", "by", "key", "n", "mean", "median", "best", "best_index"]


def test_runs_are_read_on_demand_by_folder_or_index(sweep: Sweep):
    assert list(sweep.runs) == [f"{i}_{one.symbol}_{one.timeframe.replace('@', '_')}" for i, one in enumerate(MIXED[:5])]
    assert isinstance(sweep.runs[0], Run) and sweep.runs[0] is sweep.runs["0_AAA_15m_1h"]
    assert sweep.best is sweep.runs[2] and len(sweep.runs) == 5 and "nope" not in sweep.runs
    with pytest.raises(ReportError, match=r"5_BBB_1h_4h: .*failed: no bars of 'BBB' at 1h\.$"):
        sweep.runs[5]
    with pytest.raises(ReportError, match="0 to 5, got 6"):
        sweep.runs[6]
    with pytest.raises(ReportError, match=r"Did you mean 0_AAA_15m_1h"):
        sweep.runs["0_AAA_15m_1"]


def test_the_matrix_is_a_table_with_values_out_of_sample_verdicts_and_what_failed(sweep: Sweep):
    found = Reader(sweep._repr_html_())
    assert "AAA · Sharpe: out of sample (holdout)" in found.text
    assert "15m 0.4 ✓ \u22120.8 ✗" in found.text and "(0.7 in sample) ?" in found.text and "failed" in found.text
    assert not found.fetched and not found.names & {"script", "style"}


def test_a_sweep_without_any_value_out_of_sample_is_not_coloured(tmp_path: Path):
    sweep = loaded(make_sweep(tmp_path / "s", [One("AAA", "15m@1h", 1.5), One("AAA", "15m@4h", -1.0)]))
    assert "Sharpe in sample" in Reader(sweep._repr_html_()).text and "background:rgba(58" not in sweep._repr_html_()


def test_the_heatmap_is_a_figure_that_a_notebook_shows(sweep: Sweep):
    figure = sweep.figures.heatmap()
    assert isinstance(figure, Figure) and figure._repr_png_()[0][:4] == b"\x89PNG"  # type: ignore[attr-defined]


def test_names_are_text_and_never_markup(tmp_path: Path):
    folder = make_sweep(
        tmp_path / "s", [One("AAA", "15m@1h", 1.5, swept={EVIL: EVIL}), One(EVIL, "15m@4h", None, state="failed", error=EVIL)]
    )
    found = Reader(loaded(folder)._repr_html_())
    assert "script" not in found.names and found.text.count("<script>") >= 3


def test_a_sweep_that_has_only_just_begun_and_one_that_was_killed(tmp_path: Path):
    folder = make_sweep(tmp_path / "s", [One("AAA", "15m@1h", None, state="waiting")], state="running")
    sweep = loaded(folder)
    assert sweep.state == "running" and sweep.best is None and not len(sweep.runs) and len(sweep.results) == 1
    assert "waiting" in Reader(sweep._repr_html_()).text
    (folder / "sweep.json").write_text("")
    assert loaded(folder).state == "empty" and not len(loaded(folder).results) and Reader(loaded(folder)._repr_html_()).text
    (folder / "sweep.json").write_text(json.dumps({"combinations": [{"timeframes": ["nonsense"]}]}))
    with pytest.raises(ReportError, match=r"sweep\.json: expected what a sweep writes"):
        pinejax.load(folder)


def test_its_report_is_made_with_those_of_its_runs(tmp_path: Path):
    sweep = loaded(make_sweep(tmp_path / "s", MIXED[:1]))
    assert sweep.report() == sweep.folder / "report.html" and (sweep.folder / "0_AAA_15m_1h" / "report.html").is_file()
