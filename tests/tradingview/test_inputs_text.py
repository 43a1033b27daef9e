from __future__ import annotations

import pytest

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.core.inputs import Strategy, input
from pinejax.core.timeframe import Timeframe
from pinejax.report.rows import DatasetRow
from pinejax.tradingview.inputs_text import chart_timeframe, inputs_text


class Mine(Strategy):
    length = input.int(20, low=5, high=50)
    mult = input.float(2.0, low=0.5, high=4.0)
    use_stop = input.bool(True)
    stop = input.float(0.02, low=0.01, high=0.1, active_if="use_stop")
    source = input.choice("close", ["close", "hl2"])


PARAMS = {"length": 21, "mult": 1.75, "use_stop": False, "stop": 0.02, "source": "hl2"}


def dataset(symbol: str, timeframe: str) -> DatasetRow:
    return DatasetRow(f"{symbol} {timeframe}", symbol, timeframe, 100, "2025-01-01 00:00", "2025-01-02 00:00", "abc", True)


def lines(broker: BrokerConfig, *datasets: DatasetRow) -> dict[str, str]:
    """Name -> value."""
    text = inputs_text(Mine, PARAMS, broker, datasets or [dataset("BINANCE:BTCUSDT.P", "15m@4h")])
    return {name: value for line in text.splitlines() if "  " in line.strip() for name, value in [line.strip().split("  ", 1)]}


def test_inputs_stand_in_the_order_of_their_declaration_with_boxes_for_switches():
    text = inputs_text(Mine, PARAMS, BrokerConfig(), [dataset("BINANCE:BTCUSDT.P", "15m@4h")], ["Mine, trial 3", "SYNTHETIC: made\nup"])
    inputs = text.split("\n\n")[2].splitlines()
    assert [line.split() for line in inputs] == [
        ["Inputs"], ["length", "21"], ["mult", "1.75"], ["use_stop", "[", "]"], ["stop", "0.02", "(changes", "nothing", "here)"],
        ["source", "hl2"],
    ]  # fmt: skip
    assert text.startswith("Mine, trial 3\nSYNTHETIC: made up\n\nChart\n")


def test_chart_and_properties_are_named_as_tradingview_names_them():
    broker = BrokerConfig(size=0.5, commission=0.0005, slippage_ticks=2, leverage=4.0)
    found = {name: value.strip() for name, value in lines(broker).items()}
    assert (found["Symbol"], found["Timeframe"], found["Higher timeframe"]) == ("BINANCE:BTCUSDT.P", "15", "240")
    assert found["Initial capital"] == "10000"
    assert found["Base currency"] == "USDT"
    assert found["Default order size"] == "50 % of equity"
    assert found["Pyramiding"] == "1 orders"
    assert found["Commission"] == "0.05 %"
    assert found["Slippage"] == "2 ticks"
    assert found["Margin for long positions"] == found["Margin for short positions"] == "25 %"
    assert found["Fill orders: On bar close"] == "[ ]"


@pytest.mark.parametrize(
    ("broker", "name", "value"),
    [
        (BrokerConfig(size_type="fixed", size=3), "Default order size", "3 contracts"),
        (BrokerConfig(size_type="cash", size=500, currency="EUR"), "Default order size", "500 EUR"),
        (BrokerConfig(commission_type="cash_per_order", commission=1.5), "Commission", "1.5 USDT / order"),
        (BrokerConfig(commission_type="cash_per_contract", commission=0.5), "Commission", "0.5 USDT / contract"),
        (BrokerConfig(process_orders_on_close=True), "Fill orders: On bar close", "[x]"),
        (BrokerConfig(close_entries_rule="ANY"), "close_entries_rule", "ANY"),
        (BrokerConfig(risk=RiskRules(max_drawdown=0.2)), "strategy.risk.max_drawdown", "20 %"),
        (BrokerConfig(risk=RiskRules(max_cons_loss_days=3)), "strategy.risk.max_cons_loss_days", "3"),
    ],
)
def test_every_kind_of_property_has_its_unit(broker: BrokerConfig, name: str, value: str):
    assert lines(broker)[name].strip() == value


def test_several_charts_are_named_once_each():
    found = lines(BrokerConfig(), dataset("AUSDT", "1h"), dataset("BKRW", "1h"))
    assert (found["Symbol"].strip(), found["Timeframe"].strip(), found["Base currency"].strip()) == ("AUSDT, BKRW", "60", "Default")
    assert "Higher timeframe" not in found


@pytest.mark.parametrize(
    ("text", "shown"), [("30s", "30S"), ("1m", "1"), ("15m", "15"), ("4h", "240"), ("1D", "1D"), ("3D", "3D"), ("1W", "1W")]
)
def test_timeframes_are_in_tradingviews_notation(text: str, shown: str):
    assert chart_timeframe(Timeframe.parse(text)) == shown


def test_a_strategy_without_inputs_says_so():
    class Bare(Strategy):
        pass

    assert "Inputs\n  none\n" in inputs_text(Bare, {}, BrokerConfig(), [dataset("A", "1h")])
