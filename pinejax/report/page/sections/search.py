"""The search itself: how many trials there were, and places for the charts that `assets/search.js` draws."""

from __future__ import annotations

from pinejax.report.page.figures import metric, short
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.search_data import SearchData
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.words import name_of, say
from pinejax.report.saved import Saved
from pinejax.report.statistics.searched import judged_importance
from pinejax.report.statistics.surface import LEAST as LEAST_SURFACE

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
    parts.append(_chart("history"))
    if data.has_importance:
        words = "importance.verdict" if judged_importance(saved) and len(data.objectives) == 1 else "importance.note"
        parts += [_chart("importance", plain=True, words=words), _chart("slices", plain=True), _chart("parallel")]
        parts.append(_chart("surface") if data.has_surface else note(say("surface.none", n=LEAST_SURFACE)))
    elif data.n_finite > 1:
        parts.append(note(say("importance.none")))
    return framed("search", parts)


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
