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
HEADLINE = ("total_return", "net_profit", "max_drawdown", "sharpe", "profit_factor", "win_rate", "n_trades")


def section(saved: Saved) -> Markup | None:
    """None where there is no best set."""
    if saved.best is None:
        return None
    currency = saved.manifest.get("broker", {}).get("currency") or ""
    chart = [
        el("div", class_="chart equity", data_chart="equity", role="group", aria_label=say("equity.label"), tabindex="0"),
        in_sample(saved),
        note(say("equity.note", currency=f", {currency}" if currency else "")),
    ]
    return framed(
        "overview",
        note(say("in_parts")) if saved.in_parts else None,
        all_datasets(saved) if len(saved.datasets) > 1 else None,
        per_dataset(saved, lambda dataset: both(saved, dataset)),
        chart if saved.lines else note(say("stored.equity" if "from_storage" in saved.manifest else "equity.none")),
        note(held_out(saved)) if saved.outside else None,
    )


def both(saved: Saved, dataset: Dataset) -> Child:
    """In sample, and out of sample where that is known."""
    capital, outside = saved.manifest.get("broker", {}).get("initial_capital"), saved.outside.get(dataset.name)
    inside = headline(saved.metrics(dataset), saved.summary(dataset), capital)
    if outside is None:
        return inside
    return [
        el("h3", say("side.in"), class_="side"),
        inside,
        el("h3", say("side.out"), class_="side"),
        headline(outside.metrics, outside.summary, capital),
    ]


def held_out(saved: Saved) -> str:
    """What the numbers out of sample are of."""
    section, said = saved.opened
    return say(f"{section}.note") + " " + say("opened.note", purge=figure((said.get("purge") or {}).get("bars"), "count"))


def headline(known: Mapping[str, float], summary: Mapping[str, tuple[str, list[float]]], capital: float | None) -> Child:
    """A handful of numbers, as large as they matter."""
    first = {name: values[0] for name, (_, values) in summary.items()}
    held, open_ = first.get("buy_hold_return"), first.get("open_profit")
    total = known.get("total_return")
    gain = None if capital is None or total is None else capital * total
    more = {
        "total_return": "" if gain is None else figure(gain, "money"),
        "net_profit": say("equity.open", money=figure(open_, "money")) if open_ else "",
    }
    shown = [
        el(
            "div",
            el("dt", name_of("metric", name)),
            el(
                "dd",
                el("span", metric(name, value), class_=(tone(value) if name in SIGNED else "") or None),
                el("small", said) if (said := more.get(name)) else None,
            ),
        )
        for name, value in ((name, known.get(name)) for name in HEADLINE)
    ]
    shown.append(
        el("div", el("dt", name_of("figure", "buy_hold_return")), el("dd", el("span", figure(held, "fraction"), class_=tone(held) or None)))
    )
    return el("dl", shown, class_="headline")


def in_sample(saved: Saved) -> Markup | None:
    """Which part of a curve flatters because a search saw it, and where a better one is."""
    if saved.trials is None or len(saved.trials) < 2:
        return None
    if not all(bool(line.seen.all()) for line in saved.lines.values()):
        return None if saved.outside else el("p", el("strong", say("equity.shaded")), class_="note")
    walked = ((saved.verdict or {}).get("evidence") or {}).get("walk_forward") or {}
    link = [" ", say("equity.walk"), " ", el("a", say("walk"), href="#walk_forward"), "."] if "folds" in walked else None
    return el("p", el("strong", say("equity.in_sample")), link, class_="note")


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
