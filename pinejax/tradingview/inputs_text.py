"""A parameter set as it is typed into TradingView's settings: chart, Inputs, Properties. To be copied by hand; nothing reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pinejax.broker.config import BrokerConfig
from pinejax.core.inputs import Input, Params, Strategy, Value
from pinejax.core.timeframe import Timeframe, TimeframePair
from pinejax.report.rows import DatasetRow
from pinejax.report.text import typed
from pinejax.report.trades import quote_currency

INPUTS = "inputs.txt"
ON, OFF = "[x]", "[ ]"
Line = tuple[str, str]


def inputs_text(
    strategy: type[Strategy], params: Params, broker: BrokerConfig, datasets: Sequence[DatasetRow], said: Sequence[str] = ()
) -> str:
    """Sections under their titles, `name  value` a line; a switch is a box, ticked or not. said: lines above.

    params: complete. An input that changes nothing under the others is marked. datasets: the charts, each named once.
    """
    symbols = list(dict.fromkeys(row.symbol for row in datasets))
    sections = [
        ("Chart", list(_chart(datasets))),
        ("Inputs", [(name, _input(item, params)) for name, item in strategy.inputs.items()] or [("none", "")]),
        ("Properties", list(_properties(broker, broker.currency or _common([quote_currency(symbol) for symbol in symbols])))),
        ("In the script alone", list(_script(broker))),
    ]
    shown = [section for section in sections if section[1]]
    width = max(len(name) for _, lines in shown for name, _ in lines)
    texts = [" ".join(line.split()) for line in said]
    for title, lines in shown:
        texts += ["", title, *(f"  {name:<{width}}  {value}".rstrip() for name, value in lines)]
    return "\n".join(texts).lstrip("\n") + "\n"


def chart_timeframe(timeframe: Timeframe) -> str:
    """TradingView's notation: `15` and `240` are minutes, `30S`, `1D`, `1W`."""
    text = str(timeframe)
    minutes, rest = divmod(timeframe.seconds, 60)
    if rest:
        return f"{timeframe.seconds}S"
    return str(minutes) if text[-1] in "mh" else text


def _chart(datasets: Sequence[DatasetRow]) -> Iterator[Line]:
    pairs = [TimeframePair.parse(text) for text in dict.fromkeys(row.timeframe for row in datasets)]
    yield "Symbol", ", ".join(dict.fromkeys(row.symbol for row in datasets))
    yield "Timeframe", ", ".join(dict.fromkeys(chart_timeframe(pair.ltf) for pair in pairs))
    higher = dict.fromkeys(chart_timeframe(pair.htf) for pair in pairs if not pair.alone)
    if higher:
        yield "Higher timeframe", ", ".join(higher)


def _input(item: Input, params: Params) -> str:
    value: Value = params[item.name]
    text = (ON if value else OFF) if item.kind == "bool" else typed(value)
    return text if item.is_active(params) else f"{text}  (changes nothing here)"


def _properties(broker: BrokerConfig, currency: str) -> Iterator[Line]:
    """In the order and with the names of the Properties tab."""
    unit = currency or "(account currency)"
    size, fee = broker.size, broker.commission
    yield "Initial capital", typed(broker.initial_capital)
    yield "Base currency", currency or "Default"
    sizes = {"fixed": f"{typed(size)} contracts", "cash": f"{typed(size)} {unit}", "percent_of_equity": f"{_percent(size)} of equity"}
    yield "Default order size", sizes[broker.size_type]
    yield "Pyramiding", f"{broker.pyramiding} orders"
    per = {"cash_per_order": f"{unit} / order", "cash_per_contract": f"{unit} / contract"}
    yield "Commission", _percent(fee) if broker.commission_type == "percent" else f"{typed(fee)} {per[broker.commission_type]}"
    yield "Verify price for limit orders", f"{broker.limit_verify_ticks} ticks"
    yield "Slippage", f"{broker.slippage_ticks} ticks"
    yield "Margin for long positions", _percent(1.0 / broker.leverage)
    yield "Margin for short positions", _percent(1.0 / broker.leverage)
    yield "Recalculate: After order is filled", OFF
    yield "Recalculate: On every tick", OFF
    yield "Fill orders: Using bar magnifier", OFF
    yield "Fill orders: On bar close", ON if broker.process_orders_on_close else OFF


def _script(broker: BrokerConfig) -> Iterator[Line]:
    """What no tab has, where it is not the default."""
    if broker.close_entries_rule != "FIFO":
        yield "close_entries_rule", broker.close_entries_rule
    if not broker.liquidation:
        yield "margin calls", "none were made; TradingView makes them"
    rules, usual = vars(broker.risk), vars(type(broker.risk)())
    for name, value in rules.items():
        if value is not None and value != usual[name]:
            kind = rules.get(f"{name}_type")
            yield f"strategy.risk.{name}", _percent(value) if kind == "percent_of_equity" else typed(value)


def _percent(rate: float) -> str:
    return f"{100 * rate:.10g} %"


def _common(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""
