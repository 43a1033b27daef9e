"""The search itself: how many trials there were, and places for the charts that `assets/search.js` draws."""

from __future__ import annotations

import polars as pl

from pinejax.report.page.figures import metric, short
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.search_data import SearchData
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.statistics.searched import judged_importance, violated
from pinejax.report.statistics.surface import LEAST as LEAST_SURFACE

PAIR = "params_timeframe"
MOST_SHOWN = 8
"""Parameters of a set of the front."""
STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}


def section(saved: Saved, data: SearchData) -> Markup:
    """Always there."""
    trials = saved.trials
    if trials is None or not len(trials):
        return framed("search", note(say("search.none")))
    counts = [f"{n:,} {STATES.get(state, state.lower())}" for state in STATES if (n := int((trials["state"] == state).sum()))]
    repeated = int(trials["duplicate_of"].is_not_null().sum()) if "duplicate_of" in trials.columns else 0
    counts += [f"{repeated:,} of them repeated an earlier set"] if repeated else []
    parts: list[Child] = [el("p", say("search.counts", n=f"{len(trials):,}", said=", ".join(counts)), class_="lead")]
    if data.n_shown < len(trials):
        parts.append(note(say("search.sampled", shown=f"{data.n_shown:,}", n=f"{len(trials):,}")))
    if not data.n_finite:
        return framed("search", parts)
    if len(data.objectives) > 1:
        options = [el("option", name_of("metric", objective.name), value=i) for i, objective in enumerate(data.objectives)]
        parts.append(el("label", say("objective"), " ", el("select", options, data_choose="objective")))
        parts.append(_chart("pareto"))
        parts.append(front(saved))
    parts += [pairs(saved, data), _chart("history")]
    if data.has_importance:
        words = "importance.verdict" if judged_importance(saved) and len(data.objectives) == 1 else "importance.note"
        parts += [_chart("importance", plain=True, words=words), _chart("slices", plain=True), _chart("parallel")]
        parts.append(_chart("surface") if data.has_surface else note(say("surface.none", n=LEAST_SURFACE)))
    elif data.n_finite > 1:
        parts.append(note(say("importance.none")))
    return framed("search", parts)


def pairs(saved: Saved, data: SearchData) -> Child:
    """Of a study over timeframe pairs how its trials did on each, the best pair first; of its first objective."""
    trials = saved.trials
    assert trials is not None, "there are trials where there is a chart"
    if PAIR not in trials.columns:
        return None
    name, down = data.objectives[0].name, not data.objectives[0].maximised
    score = "value" if "value" in trials.columns else f"value_{name}"
    kept = trials.filter(pl.Series(~violated(trials)), pl.col("state") == "COMPLETE", pl.col(score).is_finite())
    best = pl.col("number").sort_by(score, descending=not down).first()
    rows = kept.group_by(PAIR).agg(
        pl.len(), (pl.col(score).min() if down else pl.col(score).max()).alias("best"), pl.col(score).median().alias("median"), best
    )
    cells = [
        [pair, f"{n:,}", metric(name, top), metric(name, middle), number]
        for pair, n, top, middle, number in rows.sort("best", descending=not down).iter_rows()
    ]
    head = [say("pairs"), say("pairs.trials"), *(say(f"pairs.{k}", name=name_of("metric", name)) for k in ("best", "median"))]
    shown = table([*head, say("pairs.trial")], cells, caption=say("pairs"), class_="figures")
    return el("figure", el("h3", say("pairs")), shown, el("figcaption", say("pairs.note")))


def front(saved: Saved) -> Markup | None:
    """The sets of the Pareto front by trial."""
    if not saved.front:
        return None
    names = list(saved.front[0].get("values", {}))
    searched = list((saved.best or {}).get("searched", ()))[:MOST_SHOWN]
    rows = [
        [
            entry.get("trial"), *(metric(name, entry["values"].get(name)) for name in names),
            *(short(entry.get("params", {}).get(name)) for name in searched),
        ]
        for entry in saved.front
    ]  # fmt: skip
    head = [say("trial"), *(name_of("metric", name) for name in names), *(el("code", name) for name in searched)]
    return table(head, rows, caption=say("pareto"), class_="figures front")


def _chart(key: str, plain: bool = False, words: str = "") -> Markup:
    place = el("div", class_=f"plot {key}", data_plot=key, role="group" if plain else "img", aria_label=say(key))
    return el("figure", el("h3", say(key)), place, el("figcaption", say(words or f"{key}.note"), " ", el("span", class_="beyond")))
