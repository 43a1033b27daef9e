"""pinejax.judge.stress on a small search of the bundled sample."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from searched_case import searched, study_of
from small_run import MINE

from pinejax.judge.case import Case, NotEnough
from pinejax.judge.delay import delayed
from pinejax.judge.figures import figures_of
from pinejax.judge.plateau import plateau
from pinejax.judge.stress import stress
from pinejax.judge.subject import whole_of

BROKER = {"commission": 0.0004, "slippage_ticks": 1}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return searched(tmp_path_factory.mktemp("case"), 12, broker=BROKER, stress={"n_noise": 5})


@pytest.fixture(scope="module")
def told(case: Case) -> Any:
    return stress(case)


def alone(case: Case, tmp_path: Path, **broker: float) -> float:
    """The chosen set's value in a search of its own with another broker."""
    return searched(tmp_path, [case.chosen.complete], broker=BROKER | broker).chosen.values[0]


def row(told: Any, name: str) -> Any:
    return next(r for r in told["rows"] if r["name"] == name)


def test_the_base_is_the_trial(case: Case, told: Any) -> None:
    assert told["base"]["value"] == case.chosen.values[0] and told["base"]["trial"] == case.chosen.number
    assert told["base"]["equals_trial"] is True
    metrics = case.chosen.metrics
    assert told["base"]["n_trades"] == sum(metrics["n_trades"])
    assert told["base"]["total_return"] == np.mean(metrics["total_return"])
    assert told["base"]["max_drawdown"] == max(metrics["max_drawdown"])


def test_it_is_strict_json(told: Any) -> None:
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_costs_are_those_of_a_search_with_these_costs(case: Case, told: Any, tmp_path: Path) -> None:
    assert row(told, "costs")["value"] == alone(case, tmp_path, commission=0.0008)
    assert row(told, "both")["value"] == alone(case, tmp_path, commission=0.0008, slippage_ticks=2)
    base = told["base"]["value"]
    for name in ("costs", "slippage", "both"):
        assert row(told, name)["value"] < base
        assert row(told, name)["change"] == row(told, name)["value"] - base
    assert row(told, "both")["value"] < row(told, "costs")["value"]


def test_a_symbol_left_out_leaves_the_others(case: Case, told: Any) -> None:
    sharpe = dict(zip(("SYNTH_A", "SYNTH_B"), case.chosen.metrics["sharpe"], strict=True))
    found = {r["name"]: r["value"] for r in told["symbols"]["rows"]}
    assert found == {"SYNTH_A": sharpe["SYNTH_B"], "SYNTH_B": sharpe["SYNTH_A"]}
    assert told["symbols"]["worst"] == max(sharpe, key=lambda name: sharpe[name])
    assert "joint study" in told["timeframes"]["not_enough"]


def test_noise_moves_the_value_and_is_seeded(case: Case, told: Any) -> None:
    median, worst = row(told, "noise_median"), row(told, "noise_worst")
    assert median["n"] == 5 and worst["value"] <= median["value"] != told["base"]["value"]
    assert worst["max_drawdown"] >= median["max_drawdown"]
    again = stress(case)
    assert row(again, "noise_median") == median


def test_none_late_is_the_base_and_one_late_is_not(case: Case, told: Any) -> None:
    subject = whole_of(case).subject(case.chosen.complete)
    prompt = figures_of(case.objective, delayed(subject, 0))
    assert prompt.value == pytest.approx(told["base"]["value"], rel=1e-9) and prompt.n_trades == told["base"]["n_trades"]
    assert row(told, "delay")["bars"] == 1 and row(told, "delay")["value"] != told["base"]["value"]


def test_the_best_trades_left_out_are_those_of_the_detail_runs(case: Case, told: Any) -> None:
    lists = [[t.pnl for t in case.engine.detail(case.chosen.complete, d).trades] for d in (0, 1)]
    total = sum(map(sum, lists))
    assert told["trades"]["profit"] == pytest.approx(total)
    profit = sum(np.add(case.chosen.metrics["net_profit"], case.chosen.metrics["open_profit"]))
    assert total == pytest.approx(profit)
    assert told["trades"]["profit_without"] == pytest.approx(total - sum(sorted(p for pnl in lists for p in pnl)[-5:]))
    assert told["open"]["open_profit"] == pytest.approx(sum(case.chosen.metrics["open_profit"]))


def test_what_cannot_be_done_says_so(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from pinejax.broker.recorder import Broker
    from pinejax.judge import late

    monkeypatch.setattr(late, "ORDERS", late.ORDERS - {"close"})
    assert hasattr(Broker, "close")
    free = replace(case.config, stress=replace(case.config.stress, n_noise=0, drop_trades=0))
    told = stress(replace(case, session=replace(case.session, config=free)))
    assert "broker.close: it is not known how to make it late" in row(told, "delay")["not_done"]
    assert "value" not in row(told, "delay")
    assert "not_done" in row(told, "noise")
    assert "expected 1 or more" in told["trades"]["not_enough"]


def test_costs_of_nothing_say_so(tmp_path: Path) -> None:
    free = searched(tmp_path, 2, symbol="SYNTH_A", broker={"commission": 0.0}, stress={"n_noise": 0})
    told = stress(free)
    assert "broker.commission is 0" in row(told, "costs")["note"] and row(told, "costs")["change"] == 0.0
    assert "there is SYNTH_A alone" in told["symbols"]["not_enough"]


def test_without_a_best_set_or_trades_there_is_not_enough(case: Case, tmp_path: Path) -> None:
    none = replace(case, study=study_of(case.session, case.objective, []))
    with pytest.raises(NotEnough, match="expected a best set, found none"):
        stress(none)
    idle = MINE.replace("when=ta.crossover(fast, slow))", "when=fast < 0)").replace("& self.both_sides", "& (fast < 0)")
    with pytest.raises(NotEnough, match="it has none"):
        stress(searched(tmp_path, 2, idle, symbol="SYNTH_A"))


@pytest.mark.slow
def test_a_joint_study_is_told_on_every_pair(tmp_path: Path) -> None:
    joint = searched(tmp_path, 10, timeframe=["2h@4h", "4h"], sweep={"mode": "joint"}, stress={"n_noise": 2})
    told = stress(joint)
    assert told["base"]["equals_trial"] is True
    own = joint.chosen.complete["timeframe"]
    rows = {r["name"]: r for r in told["timeframes"]["rows"]}
    assert told["timeframes"]["own"] == own and set(rows) == {"2h@4h", "4h"} and rows[own]["change"] == 0.0
    (other,) = set(rows) - {own}
    assert told["timeframes"]["worst"] == other
    without = told["timeframes"]["best_without"]
    assert without[other] == {"trial": joint.chosen.number, "value": joint.chosen.values[0]}
    values = {t.number: t.values[0] for t in joint.study.trials if t.complete["timeframe"] == other}
    assert without[own] == {"trial": max(values, key=lambda n: values[n]), "value": max(values.values())}


@pytest.mark.slow
def test_a_search_of_parts_is_stressed_on_whole_histories(tmp_path: Path) -> None:
    parted = searched(tmp_path, 25, validation={"method": "purged_kfold", "k": 3}, stress={"n_noise": 2, "n_neighbours": 4})
    told = stress(parted)
    (run,) = parted.engine.evaluate([parted.chosen.complete])
    assert told["base"]["value"] == np.mean(run.metrics["sharpe"]) != parted.chosen.values[0] == told["base"]["trial_value"]
    assert told["base"]["equals_trial"] is None
    assert {r["name"]: r["value"] for r in told["symbols"]["rows"]} == dict(zip(("SYNTH_B", "SYNTH_A"), run.metrics["sharpe"], strict=True))
    found = plateau(parted)
    assert found["drawn"]["value"] == told["base"]["value"]
    assert set(found["stability"]["overlap"]) == {f"SYNTH_{s} 1h@4h part {i} of 3" for s in "AB" for i in (1, 2, 3)}
