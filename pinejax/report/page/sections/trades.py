"""The list of trades: the place for it and its pages. The rows are made by `assets/trades.js` from the page's data."""

from __future__ import annotations

from pinejax.report.page.markup import Markup, el
from pinejax.report.page.sections.frame import framed, note, per_dataset
from pinejax.report.page.words import say
from pinejax.report.saved import Saved


def section(saved: Saved) -> Markup | None:
    """None where there is no best set."""
    if saved.best is None:
        return None
    lists = [saved.trades(dataset) for dataset in saved.datasets]
    if all(trades is None for trades in lists):
        return framed("trades", note(say("trades.missing")))
    if not any(trades is not None and len(trades) for trades in lists):
        return framed("trades", note(say("trades.none")))
    head = ["number", "side", "entry", "exit", "qty", "pnl", "mfe", "mae", "total"]
    pages = [
        el("button", say("page.previous"), type="button", data_page="-1"),
        el("span", class_="shown", aria_live="polite"),
        el("button", say("page.next"), type="button", data_page="1"),
    ]
    return framed(
        "trades",
        per_dataset(saved, lambda dataset: None),
        el("div", pages, class_="toolbar"),
        el(
            "div",
            el("table", el("thead", el("tr", [el("th", say(f"trade.{key}"), scope="col") for key in head])), el("tbody"), class_="trades"),
            class_="scroll",
            tabindex="0",
            role="group",
            aria_label=say("trades"),
        ),
        el("p", class_="note left", hidden=True),
        note(say("trades.outside")) if saved.outside else None,
    )
