"""The trades on candles: the place for the chart, its buttons and the chosen trade. What draws them is `assets/candles.js`."""

from __future__ import annotations

from pinejax.report.page.markup import Markup, el
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.words import say
from pinejax.report.saved import Saved


def section(saved: Saved) -> Markup | None:
    """None where there is no best set."""
    if saved.best is None:
        return None
    if not saved.bars:
        return framed("chart", note(say("chart.none")))
    buttons = [
        el("button", "←", type="button", data_go="previous", aria_label=say("previous"), title=say("previous")),
        el("button", "→", type="button", data_go="next", aria_label=say("next_trade"), title=say("next_trade")),
        el("button", say("best_trade"), type="button", data_go="best"),
        el("button", say("worst_trade"), type="button", data_go="worst"),
        el("button", say("whole"), type="button", data_go="whole"),
    ]
    return framed(
        "chart",
        el("div", buttons, el("p", class_="legend", aria_hidden="true"), class_="toolbar"),
        el("div", class_="chart candles", data_chart="candles", role="group", aria_label=say("chart.label"), tabindex="0"),
        el("div", el("p", say("pick")), class_="picked", aria_live="polite"),
        note(f"{say('chart.note')} {say('time_note')}"),
        el("p", class_="note merged", hidden=True),
    )
