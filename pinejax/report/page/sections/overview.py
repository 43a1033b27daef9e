"""The first numbers of each dataset, all datasets side by side, and equity with its drawdown."""

from __future__ import annotations

from collections.abc import Mapping

from pinejax.report.page.drawings import spark
from pinejax.report.page.figures import figure, metric, tone
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.sections.frame import framed, note, per_dataset
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Dataset, Saved
from pinejax.report.thin import kept

COLUMNS = ("total_return", "max_drawdown", "sharpe", "profit_factor", "win_rate", "n_trades", "exposure")
SIGNED = ("total_return", "net_profit")


def section(saved: Saved) -> Markup | None:
    """None where there is no best set."""
    if saved.best is None:
        return None
    currency = saved.manifest.get("broker", {}).get("currency") or ""
    chart = [
        el("div", class_="chart equity", data_chart="equity", role="img", aria_label=say("equity.label"), tabindex="0"),
        note(say("equity.note", currency=f", {currency}" if currency else "")),
    ]
    return framed(
        "overview",
        note(say("in_parts")) if saved.in_parts else None,
        all_datasets(saved) if len(saved.datasets) > 1 else None,
        per_dataset(saved, lambda dataset: both(saved, dataset)),
        chart if saved.lines else note(say("stored.equity" if "from_storage" in saved.manifest else "equity.none")),
        note(say("held_out.note", purge=purge(saved))) if saved.outside else None,
    )


def both(saved: Saved, dataset: Dataset) -> Child:
    """In sample, and out of sample where that is known."""
    inside, outside = headline(saved.metrics(dataset), saved.summary(dataset)), saved.outside.get(dataset.name)
    if outside is None:
        return inside
    return [el("h4", say("side.in")), inside, el("h4", say("side.out")), headline(outside.metrics, outside.summary)]


def purge(saved: Saved) -> str:
    """How many bars were left out before the held-out ones."""
    return figure((saved.holdout.get("purge") or {}).get("bars"), "count")


def headline(known: Mapping[str, float], summary: Mapping[str, tuple[str, list[float]]]) -> Child:
    """A handful of numbers, as large as they matter."""
    held = summary.get("buy_hold_return", ("fraction", [float("nan")]))[1][0]
    cells = [
        (
            "net_profit",
            metric("net_profit", known.get("net_profit")),
            metric("total_return", known.get("total_return")),
            known.get("net_profit"),
        ),
        ("max_drawdown", metric("max_drawdown", known.get("max_drawdown")), "", None),
        ("sharpe", metric("sharpe", known.get("sharpe")), "", None),
        ("profit_factor", metric("profit_factor", known.get("profit_factor")), "", None),
        ("win_rate", metric("win_rate", known.get("win_rate")), "", None),
        ("n_trades", metric("n_trades", known.get("n_trades")), "", None),
    ]
    shown = [
        el(
            "div",
            el("dt", name_of("metric", name)),
            el("dd", el("span", value, class_=tone(sign) or None), el("small", more) if more else None),
        )
        for name, value, more, sign in cells
    ]
    shown.append(
        el("div", el("dt", name_of("figure", "buy_hold_return")), el("dd", el("span", figure(held, "fraction"), class_=tone(held) or None)))
    )
    return el("dl", shown, class_="headline")


def all_datasets(saved: Saved) -> Markup:
    """One row per dataset, with its equity as a line."""
    rows = []
    for i, dataset in enumerate(saved.datasets):
        known, line = saved.metrics(dataset), saved.lines.get(dataset.name)
        picture = "" if line is None else spark(line.equity[kept([line.equity], 240)], say("equity"))
        name = el("button", dataset.name, type="button", class_="pick-dataset", data_dataset=i)
        cells = [el("span", metric(key, known.get(key)), class_=tone(known.get(key)) if key in SIGNED else None) for key in COLUMNS]
        rows.append([name, picture, *cells])
    head = [say("dataset"), say("equity"), *(name_of("metric", key) for key in COLUMNS)]
    return table(head, rows, caption=say("all_datasets"), class_="datasets")
