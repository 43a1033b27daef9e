"""TradingView's performance, trades analysis and ratios, in its order, from performance_summary and the trial's own metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pinejax.report.page.drawings import histogram
from pinejax.report.page.figures import figure, metric
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.sections.frame import framed, note, per_dataset
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Dataset, Saved

PERFORMANCE = (
    "net_profit", "net_profit_rate", "open_profit", "gross_profit", "gross_loss", "commission_paid", "buy_hold_profit", "buy_hold_return",
    "cagr", "max_runup_close_to_close", "max_drawdown_close_to_close", "max_runup_intrabar", "max_drawdown_intrabar", "max_contracts_held",
    "margin_calls",
)  # fmt: skip
ANALYSIS = (
    "closed_trades", "open_trades", "winning_trades", "losing_trades", "even_trades", "percent_profitable", "avg_trade", "avg_trade_rate",
    "avg_winning_trade", "avg_losing_trade", "win_loss_ratio", "largest_winning_trade", "largest_winning_trade_rate",
    "largest_losing_trade", "largest_losing_trade_rate", "avg_bars_in_trades", "avg_bars_in_winning_trades", "avg_bars_in_losing_trades",
)  # fmt: skip
RATIOS = ("sharpe_monthly", "sortino_monthly", "profit_factor")
OWN_RATIOS = ("sharpe", "sortino", "calmar", "reward_risk", "expectancy")


def performance(saved: Saved) -> Markup | None:
    """Money."""
    return _section(saved, "performance", lambda dataset: sides(saved, dataset, PERFORMANCE))


def analysis(saved: Saved) -> Markup | None:
    """Trades, with how their results are spread."""
    return _section(saved, "analysis", lambda dataset: [spread(saved, dataset), sides(saved, dataset, ANALYSIS)])


def ratios(saved: Saved) -> Markup | None:
    """TradingView's ratios from months, and ours from days."""
    return _section(saved, "ratios", lambda dataset: [sides(saved, dataset, RATIOS), note(say("ratios.note")), own(saved, dataset)])


def _section(saved: Saved, key: str, content) -> Markup | None:
    if saved.best is None or not any(saved.summary(dataset) for dataset in saved.datasets):
        return None
    return framed(key, per_dataset(saved, content))


def sides(saved: Saved, dataset: Dataset, names: Sequence[str]) -> Child:
    """In sample, and out of sample where that is known."""
    inside, outside = figures(saved.summary(dataset), dataset.name, names), saved.outside.get(dataset.name)
    if outside is None:
        return inside
    after = figures(outside.summary, f"{dataset.name}, {say('side.out').lower()}", names)
    return [el("h3", say("side.in"), class_="side"), inside, el("h3", say("side.out"), class_="side"), after]


def figures(found: Mapping[str, tuple[str, list[float]]], caption: str, names: Sequence[str]) -> Child:
    """A row per figure over all, long and short trades."""
    rows = []
    for name in names:
        if name in found:
            unit, values = found[name]
            whole = all(math.isnan(value) for value in values[1:]) and len(values) > 1
            rows.append([name_of("figure", name), *("" if whole and i else figure(value, unit) for i, value in enumerate(values))])
    return table(["", say("all"), say("long"), say("short")], rows, caption=caption, class_="figures")


def own(saved: Saved, dataset: Dataset) -> Child:
    """The catalogue's ratios of daily returns."""
    known, outside = [saved.metrics(dataset)], saved.outside.get(dataset.name)
    known += [] if outside is None else [outside.metrics]
    rows = [[name_of("metric", name), *(metric(name, side.get(name)) for side in known)] for name in OWN_RATIOS if name in known[0]]
    head = [say("all")] if outside is None else [say("side.in"), say("side.out")]
    return table(["", *head], rows, caption=dataset.name, class_="figures") if rows else None


def spread(saved: Saved, dataset: Dataset) -> Child:
    """A histogram of the closed trades' results."""
    trades = saved.trades(dataset)
    if trades is None or not len(trades):
        return note(say("trades.none" if trades is not None else "trades.missing"))
    rates = 100 * trades.rate[~trades.is_open]
    if len(rates) < 2:
        return None
    picture, width = histogram(rates, say("histogram"), split=True, unit="%")
    text = say("histogram.note", n=f"{len(rates):,}", width=f"{width:.3g}%", mean=figure(float(rates.mean()) / 100, "fraction"))
    return el("figure", picture, el("figcaption", f"{say('histogram')}. {text}"))
