from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from report_folder import CAPITAL, make_run, trades_on, walk

from pinejax.errors import ReportError
from pinejax.report.atomic import write_json
from pinejax.report.cli import build_parser
from pinejax.report.listed import read_trades
from pinejax.report.page import run_page
from pinejax.report.page.dataset_data import decimals, shades
from pinejax.report.page.drawings import histogram
from pinejax.report.page.figures import figure, metric, short
from pinejax.report.page.search_data import MOST_TRIALS, sampled, search_data
from pinejax.report.saved import Line, read_folder
from pinejax.report.statistics.bins import bins
from pinejax.report.statistics.months import monthly
from pinejax.report.trades import write_trades


def test_trades_come_back_from_their_file_as_they_were(tmp_path: Path):
    feed = walk("AAA", 400)
    trades = trades_on(feed)
    write_trades(tmp_path / "trades.csv", trades, feed, CAPITAL)
    back = read_trades(tmp_path / "trades.csv")
    assert back.direction.tolist() == [trade.direction for trade in trades]
    assert back.entry_time.tolist() == [feed.ltf.time[trade.entry_bar] for trade in trades]
    assert back.exit_time.tolist() == [feed.ltf.time[trade.exit_bar] for trade in trades]
    assert back.pnl == pytest.approx([trade.pnl for trade in trades], abs=0.005)
    assert back.rate == pytest.approx([trade.pnl / trade.entry_price for trade in trades], abs=5.1e-5)
    assert back.total[-1] == pytest.approx(sum(trade.pnl for trade in trades), abs=0.01)
    assert back.is_open.tolist() == [False] * (len(trades) - 1) + [True]


def test_a_history_that_was_searched_in_parts_has_the_results_of_its_detail_run(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    manifest, best = (json.loads((folder / name).read_text()) for name in ("manifest.json", "best.json"))
    manifest["datasets"] = [row | {"name": f"{row['name']} [{i}]"} for row in manifest["datasets"] for i in range(2)]
    best["datasets"] = {row["name"]: {"sharpe": 1.0} for row in manifest["datasets"]}
    write_json(folder / "manifest.json", manifest)
    write_json(folder / "best.json", best)
    saved = read_folder(folder)
    assert saved.in_parts and [d.name for d in saved.datasets] == ["AAA 15m@1h", "BBB 15m@1h"]
    found, line = saved.metrics(saved.datasets[0]), saved.lines["AAA 15m@1h"]
    assert found["total_return"] == line.equity[-1] / CAPITAL - 1
    assert found["max_drawdown"] == pytest.approx(np.max(1 - line.equity / np.maximum.accumulate(line.equity)))
    assert found["n_trades"] == (~saved.trades(saved.datasets[0]).is_open).sum()


def test_a_list_of_another_layout_is_refused(tmp_path: Path):
    (tmp_path / "trades.csv").write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(ReportError, match="two rows of 15 columns"):
        read_trades(tmp_path / "trades.csv")


def test_months_are_from_last_close_to_last_close_and_multiply_to_the_whole():
    time = np.array(["2024-01-30", "2024-01-31", "2024-02-15", "2024-04-01"], "datetime64[ms]").astype(np.int64)
    line = Line(time, np.array([100.0, 110.0, 121.0, 60.5]), np.ones(4), np.ones(4, bool))
    found = monthly(line.time, line.equity, 100.0)
    assert found == pytest.approx({(2024, 0): 0.1, (2024, 1): 0.1, (2024, 3): -0.5})
    assert np.prod([1 + r for r in found.values()]) == pytest.approx(0.605)


def test_a_loss_on_the_first_bar_is_a_drawdown_from_the_capital():
    line = Line(np.arange(3), np.array([90.0, 95.0, 120.0]), np.ones(3), np.ones(3, bool), 100.0)
    assert line.drawdown == pytest.approx([-0.1, -0.05, 0.0])
    assert Line(line.time, line.equity, line.hold, line.seen).drawdown == pytest.approx([0.0, 0.0, 0.0])


def test_what_the_search_did_not_see_is_a_stretch_of_its_own():
    time = np.arange(6, dtype=np.int64) * 60_000
    seen = np.array([True, True, True, False, False, False])
    assert shades(Line(time, np.ones(6), np.ones(6), seen)) == [
        {"from": 0, "to": 180, "seen": True},
        {"from": 180, "to": 301, "seen": False},
    ]
    assert shades(Line(time, np.ones(6), np.ones(6), np.ones(6, bool))) == []


@pytest.mark.parametrize(("prices", "places"), [([1.0, 2.0], 0), ([1.25, 2.5], 2), ([0.00001234, 1.0], 8)])
def test_prices_have_as_many_decimals_as_they_need(prices: list[float], places: int):
    assert decimals(np.array(prices)) == places


def test_figures_read_as_people_write_them():
    assert figure(-1234.567, "money") == "\u22121,234.57"
    assert metric("total_return", 0.12345) == "12.35%"
    assert figure(float("nan"), "ratio") == figure(None, "money") == "\u2013"
    assert [short(v) for v in (True, 3, 0.1 + 0.2, "x", None)] == ["true", "3", "0.3", "x", "\u2013"]


@pytest.mark.parametrize("split", [True, False])
def test_bins_hold_every_value_and_one_edge_is_zero_where_asked(split: bool):
    values = np.random.default_rng(1).normal(0.3, 2, 300)
    edges = bins(float(values.min()), float(values.max()), len(values), split)
    assert np.histogram(values, edges)[0].sum() == 300
    assert len(edges) <= 43
    assert not split or np.abs(edges).min() < 1e-12


def test_a_histogram_of_one_value_is_drawn_and_says_where_the_mark_is():
    picture, width = histogram(np.array([2.0, 2.0, np.nan]), "label", marked=5.0)
    assert width > 0 and 'aria-label="label"' in picture and ">5</text>" in picture


def test_many_trials_are_thinned_to_the_best_and_a_spread_of_the_others(tmp_path: Path):
    import polars as pl

    n = 3 * MOST_TRIALS
    score = np.random.default_rng(1).normal(size=n)
    at = sampled(pl.DataFrame({"number": np.arange(n)}), score, "maximize")
    assert len(at) <= MOST_TRIALS and (np.diff(at) > 0).all()
    best = np.argsort(-score)[: MOST_TRIALS // 5]
    assert set(best.tolist()) <= set(at.tolist())


def test_the_searchs_data_name_the_parameters_by_importance_and_leave_inactive_ones_empty(tmp_path: Path):
    data = search_data(read_folder(make_run(tmp_path / "run", n_trials=120)))
    parameters = {p["name"]: p for p in data.plain["parameters"]}
    assert data.plain["importance"][0][0][0] == data.plain["parameters"][0]["name"] == "fast"
    assert parameters["use"]["options"] == ["false", "true"]
    assert parameters["mult"]["log"] and None in parameters["mult"]["values"]
    assert all(v is None for v, s in zip(data.plain["values"][0], data.plain["state"], strict=True) if s)
    assert data.has_surface


@pytest.mark.parametrize("name", ["manifest.json", "best.json", "verdict.json"])
def test_json_of_another_kind_is_refused(tmp_path: Path, name: str):
    folder = make_run(tmp_path / "run", n_trials=3)
    (folder / name).write_text("[]")
    with pytest.raises(ReportError, match=f"{name}: expected an object as a run writes it, got list"):
        run_page.page(read_folder(folder))
    with pytest.raises(ReportError, match="it is a file"):
        build_parser().parse_args(["build", str(folder / name)]).command(build_parser().parse_args(["build", str(folder / name)]))
