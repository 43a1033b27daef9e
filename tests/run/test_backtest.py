from __future__ import annotations

import contextlib
import csv
import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from small_run import MINE

from pinejax.backtest import backtest
from pinejax.cli import main
from pinejax.job.session import Session, prepare
from pinejax.run import run

ONE = ("strategy=mine.py:Mine", "timeframe=15m@1h", "symbol=SYNTH_A", "data.end=2024-01-15")


def test_prints_every_metric_and_writes_the_trades(place: Path, capsys):
    assert main(backtest, [*ONE, "params.fast=9", "params.slow=40"]) == 0
    said = capsys.readouterr().out
    assert "Mine: params.fast=9 params.slow=40 params.both_sides=true" in said
    assert "SYNTHETIC" in said
    (folder,) = (place / "outputs").glob("*_SYNTH_A_15m_1h")
    metrics = json.loads((folder / "manifest.json").read_text())["metrics"]
    with (folder / "trades.csv").open() as file:
        rows = list(csv.DictReader(file))
    closed = [row for row in rows if row["Type"].startswith("Exit") and row["Signal"] != "Open"]
    assert len(closed) == metrics["n_trades"][0] > 0
    assert all(name in said for name in metrics)
    with (folder / "performance_summary.csv").open() as file:
        summary = {row["figure"]: row for row in csv.DictReader(file)}
    assert float(summary["net_profit"]["all"]) == pytest.approx(metrics["net_profit"][0])
    assert float(summary["closed_trades"]["long"]) + float(summary["closed_trades"]["short"]) == metrics["n_trades"][0]
    assert "max_drawdown_close_to_close" in said
    assert rows[0]["Date and time"] > rows[1]["Date and time"], "the exit comes first"


def test_the_same_set_gives_the_same_numbers_as_its_trial(finished, place: Path):
    best = json.loads((finished.folder / "best.json").read_text())
    typed = [f"params.{name}={str(value).lower()}" for name, value in best["params"].items()]
    assert main(backtest, ["strategy=mine.py:Mine", "timeframe=1h@4h", "symbol=SYNTH_B", *typed]) == 0
    (manifest,) = (place / "outputs").glob("*/manifest.json")
    metrics = json.loads(manifest.read_text())["metrics"]
    told = best["datasets"]["SYNTH_B 1h@4h"]
    assert set(metrics) == set(told)
    for name, (value,) in metrics.items():
        assert value == pytest.approx(told[name], rel=1e-9), name


HIGHER = """
from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.ops import may_be


class Higher(Strategy):
    use_htf = input.bool(True)

    def on_bar(self, ctx):
        if may_be(self.use_htf):
            ctx.htf(lambda bar, ta: bar.close)
        ctx.htf(lambda bar, ta: bar.close, timeframe="1h")
        ctx.broker.entry("L", LONG, when=ctx.bar.index == 3)
"""
NOTE = "NOTE: the strategy calls ctx.htf without timeframe=, and timeframe=15m has no higher one"


@pytest.mark.parametrize(("timeframe", "more", "n"), [("15m", (), 1), ("15m@1h", (), 0), ("15m", ("disable=[use_htf]",), 0)])
def test_a_higher_timeframe_that_is_none_is_noted(place: Path, capsys, timeframe: str, more: tuple[str, ...], n: int):
    (place / "higher.py").write_text(HIGHER)
    words = ["strategy=higher.py:Higher", "symbol=SYNTH_A", "data.end=2024-01-08", f"timeframe={timeframe}", *more]
    assert main(backtest, [*words, "hydra.run.dir=outputs/mine"]) == 0
    assert capsys.readouterr().out.count(NOTE) == n
    export = str(place / "outputs" / "mine" / "trades.csv")
    main(backtest, [*words, f"compare={export}"])
    assert capsys.readouterr().out.count(NOTE) == n
    assert main(run, [*words, "search.n_trials=2", "search.sampler=random", "objective=net_profit", "verdict=none"]) == 0
    assert capsys.readouterr().out.count(NOTE) == n


def test_several_symbols_have_a_file_each(place: Path):
    assert main(backtest, [*ONE, "symbol=[SYNTH_A,SYNTH_B]"]) == 0
    (folder,) = (place / "outputs").glob("*/")
    kinds = ("trades", "performance_summary")
    assert {path.name for path in folder.glob("*.csv")} == {"trades.csv"} | {f"{kind}_SYNTH_{x}_15m_1h.csv" for kind in kinds for x in "AB"}
    assert (folder / "inputs.txt").read_text().startswith("Mine\nSYNTHETIC: ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("params.fast=interval(3,9)", "A backtest searches nothing"),
        ("params.fast=choice(3,9)", "A backtest searches nothing"),
        ("params.fsat=9", "Did you mean fast?"),
        ("params.fast=2", "3..20"),
        ("data.end=2024-01-01T05:00", "longest indicator"),
    ],
)
def test_a_mistake_is_one_message_and_writes_nothing(typed, said, place: Path, capsys):
    assert main(backtest, [*ONE, typed]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (place / "outputs").exists()


def test_a_strategy_that_branches_on_traced_values_is_told_what_to_do(place: Path, capsys):
    (place / "mine.py").write_text(MINE.replace("        broker.close", "        if fast > slow:\n            pass\n        broker.close"))
    assert main(backtest, list(ONE)) == 2
    error = capsys.readouterr().err
    assert "if fast > slow:" in error
    assert "ctx.when" in error or "where" in error


@pytest.fixture(scope="module")
def usual_export(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The list of trades of the plain backtest, which has TradingView's layout. Made once."""
    place = tmp_path_factory.mktemp("exported")
    (place / "mine.py").write_text(MINE)
    with contextlib.chdir(place):
        assert main(backtest, list(ONE)) == 0
    (path,) = place.glob("outputs/*/trades.csv")
    return path.read_text()


@pytest.fixture
def export(place: Path, usual_export: str) -> Callable[..., Path]:
    """The list of trades of a backtest with some words, as export.csv."""

    def run(*typed: str) -> Path:
        if not typed:
            (place / "export.csv").write_text(usual_export)
            return place / "export.csv"
        assert main(backtest, [*ONE, *typed]) == 0
        (folder,) = (place / "outputs").glob("*/")
        (folder / "trades.csv").rename(place / "export.csv")
        shutil.rmtree(place / "outputs")
        return place / "export.csv"

    return run


def rewritten(path: Path, change: Callable[[list[dict[str, str]]], None]) -> None:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def later(rows: list[dict[str, str]], hours: float) -> None:
    for row in rows:
        row["Date and time"] = str(datetime.fromisoformat(row["Date and time"]) + timedelta(hours=hours))[:16]


def comparison(place: Path) -> list[dict[str, str]]:
    (path,) = (place / "outputs").glob("*/comparison.csv")
    with path.open() as file:
        return list(csv.DictReader(file))


def test_an_export_that_agrees_ends_with_0_in_whatever_zone_it_is(export, place: Path, capsys):
    n = len(export().read_text().splitlines()) // 2
    for hours, zone in ((0, "UTC"), (5.5, "UTC+5:30")):
        rewritten(place / "export.csv", lambda rows, hours=hours: later(rows, hours))
        capsys.readouterr()
        assert main(backtest, [*ONE, "compare=export.csv"]) == 0
        said = capsys.readouterr().out
        assert f"All {n} trades agree" in said
        assert f"chart zone {zone}, guessed: all {2 * n} fills lie within their bars" in said
        assert "Money differs" not in said
        assert [row["status"] for row in comparison(place)] == ["equal"] * n
        shutil.rmtree(place / "outputs")


def test_the_start_is_found_where_it_is_not_given(export, place: Path, capsys):
    n = len(export("data.start=2024-01-05").read_text().splitlines()) // 2
    assert main(backtest, [*ONE, "compare=export.csv"]) == 0
    said = capsys.readouterr().out
    assert f"All {n} trades agree" in said
    assert "data.start was not given; of" in said
    assert "starts tried 2024-01-05 00:00 UTC agrees best (tried: 2024-01-01 00:00" in said
    (manifest,) = (place / "outputs").glob("*/manifest.json")
    told = json.loads(manifest.read_text())["comparison"]
    assert (told["agrees"], told["start"], told["trades"]["equal"]) == (True, "2024-01-05 00:00", n)


def test_one_tick_ends_with_1_and_both_sides_are_shown(export, place: Path, capsys):
    export()

    def a_tick(rows: list[dict[str, str]]) -> None:
        rows[6]["Price"] = f"{float(rows[6]['Price']) + 0.1:.1f}"

    rewritten(place / "export.csv", a_tick)
    assert main(backtest, [*ONE, "data.start=2024-01-01", "compare=export.csv", "compare_zone=UTC"]) == 1
    said = capsys.readouterr().out
    (row,) = [row for row in comparison(place) if row["status"] != "equal"]
    assert (row["status"], row["number"]) == ("differs", "4")
    assert "1 begin alike but differ" in said
    theirs, ours = (next(line for line in said.splitlines() if line.startswith(f"  {side}")) for side in ("TradingView", "pinejax"))
    assert f"at {row['their_exit_price']} (" in theirs
    assert f"at {row['our_exit_price']} (" in ours
    assert float(row["their_exit_price"]) - float(row["our_exit_price"]) == pytest.approx(0.1)
    assert "their exit, our exit" in said
    assert "O " in said and "UTC: " in said


def test_another_setting_is_found_out(export, place: Path, capsys):
    export("broker.size_type=fixed", "broker.size=0.02")
    assert main(backtest, [*ONE, "broker.size_type=fixed", "broker.size=0.01", "data.start=2024-01-01", "compare=export.csv"]) == 1
    assert "2 times ours throughout: another default size" in capsys.readouterr().out


def test_a_comparison_prints_its_verdict_first_and_no_long_tables(export, place: Path, capsys):
    path = export()
    path.write_text(path.read_text().replace("P&L,", "P&L USD,").replace("Price,", "Price USDT,"))
    assert main(backtest, [*ONE, "compare=export.csv"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Currency: the export's prices are in USDT, its P&L in USD, and there are no rates. Set broker.currency=USD")
    assert said.index("Compared with") < said.index("trades agree") < said.index("sharpe") < said.index("performance_summary.csv")
    assert "max_drawdown_close_to_close" not in said and "sortino" not in said
    (folder,) = (place / "outputs").glob("*/")
    assert "sortino" in json.loads((folder / "manifest.json").read_text())["metrics"]
    assert "max_drawdown_close_to_close" in (folder / "performance_summary.csv").read_text()


@pytest.mark.parametrize("typed", [("data.start=2024-01-01",), ()])
def test_no_clock_hides_a_strategy_that_fills_a_bar_early(typed: tuple[str, ...], export, place: Path, capsys):
    """The export fills at opens, ours at the closes before them: 15 minutes, which no zone makes up for."""
    export()
    rewritten(place / "export.csv", lambda rows: later(rows, 8))
    assert main(backtest, [*ONE, *typed, "broker.process_orders_on_close=true", "compare=export.csv"]) == 1
    said = capsys.readouterr().out
    assert "chart zone UTC+8, guessed" in said
    assert "process_orders_on_close=false" in said
    assert "Another zone" not in said


def test_a_size_that_cannot_be_paid_is_said(export, place: Path, capsys):
    export()
    assert main(backtest, [*ONE, "broker.size=8", "data.start=2024-01-01", "compare=export.csv"]) == 1
    said = capsys.readouterr().out
    assert "1. We made no trades at all: broker.size=8 with percent_of_equity is a fraction (8 is 800 %)" in said
    assert "Entries at once" not in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("symbol=SYNTH_B",), "is not of these bars"),
        (("symbol=[SYNTH_A,SYNTH_B]",), "an export is of one symbol"),
        (("timeframe=1h",), "is not of 1h bars"),
        (("data.start=2024-02-01", "data.end=2024-02-20"), "no time in common"),
        (("compare=mine.py",), "is no list of trades"),
        (("compare=gone.csv",), "cannot be read"),
        (("compare_zone=Nowhere/Land",), "compare_zone: expected UTC"),
        (("compare_zone=UTC+3",), "Another zone than compare_zone=UTC+3"),
    ],
)
def test_what_cannot_be_compared_is_one_message(typed, said, export, place: Path, capsys):
    export()
    assert main(backtest, [*ONE, "compare=export.csv", *typed]) == 2
    assert said in capsys.readouterr().err
    assert not (place / "outputs").exists()


def test_a_search_compares_nothing(place: Path, capsys):
    assert main(run, ["strategy=mine.py:Mine", "compare=export.csv"]) == 2
    assert "pinejax.backtest" in capsys.readouterr().err


DECLARED = MINE.replace(
    "    fast = input", "    broker = {'size_type': 'fixed', 'size': 1, 'risk': {'max_position_size': 3}}\n\n    fast = input", 1
)


def prepared(*typed: str) -> Session:
    """What a backtest with these words would run, not run."""
    seen: list[Session] = []
    assert main(lambda config, folder: seen.append(prepare(config)), [*ONE, *typed]) == 0
    return seen[0]


@pytest.mark.parametrize(
    ("typed", "size_type", "size", "commission"),
    [
        ((), "fixed", 1.0, 0.0005),
        (("broker=free",), "fixed", 1.0, 0.0),
        (("broker.size=0.5",), "fixed", 0.5, 0.0005),
        (("broker.size_type=percent_of_equity", "broker.size=0.5"), "percent_of_equity", 0.5, 0.0005),
    ],
)
def test_properties_that_a_strategy_declares_stand_in_for_defaults_only(typed, size_type, size, commission, place: Path):
    (place / "mine.py").write_text(DECLARED)
    session = prepared(*typed)
    broker = session.config.broker
    assert (broker.size_type, broker.size, broker.commission) == (size_type, size, commission)
    assert broker.risk.max_position_size == 3.0
    assert "risk.max_position_size" in session.declared
    assert ("size" in session.declared) == (size == 1.0)
    assert session.context["broker"]["size"] == size, "another broker is another study"


def test_an_experiment_wins_over_the_strategy_even_with_a_default_value(place: Path):
    (place / "mine.py").write_text(DECLARED)
    (place / "conf" / "experiment").mkdir(parents=True)
    (place / "conf" / "experiment" / "half.yaml").write_text("# @package _global_\nbroker: {size_type: percent_of_equity, size: 0.5}\n")
    session = prepared("experiment=half", "--config-dir", str(place / "conf"))
    assert (session.config.broker.size_type, session.config.broker.size) == ("percent_of_equity", 0.5)
    assert session.declared == ("risk.max_position_size",)


def test_a_whole_broker_config_may_be_declared(place: Path):
    text = DECLARED.replace("{'size_type': 'fixed', 'size': 1, 'risk': {'max_position_size': 3}}", "BrokerConfig(commission=0.001)")
    (place / "mine.py").write_text("from pinejax.broker.config import BrokerConfig\n" + text)
    assert prepared().config.broker.commission == 0.001
    assert prepared("broker.commission=0").config.broker.commission == 0.0


def test_declared_properties_are_said(place: Path, capsys):
    (place / "mine.py").write_text(DECLARED)
    assert main(backtest, list(ONE)) == 0
    assert "Properties the strategy declares: size_type=fixed size=1 risk.max_position_size=3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("{'sise': 1}", "Mine.broker.sise: there is no such key. Did you mean size"),
        ("{'size': 'big'}", "Mine.broker.size: expected a number, got 'big'"),
        ("'fixed'", "Mine.broker: expected a mapping"),
    ],
)
def test_a_wrong_declaration_is_named(declared, said, place: Path, capsys):
    (place / "mine.py").write_text(DECLARED.replace("{'size_type': 'fixed', 'size': 1, 'risk': {'max_position_size': 3}}", declared))
    assert main(backtest, list(ONE)) == 2
    assert said in capsys.readouterr().err
