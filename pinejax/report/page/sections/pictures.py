"""Pictures of pieces of evidence, by the name of the piece in verdict.json: the null search and the walk forward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pinejax.report.page.drawings import histogram, steps, strip
from pinejax.report.page.figures import figure, rough, short
from pinejax.report.page.markup import Child, el, table
from pinejax.report.page.sections.frame import folded, note
from pinejax.report.page.strip import Span, walk_picture
from pinejax.report.page.words import say
from pinejax.report.saved import Saved
from pinejax.report.statistics.searched import judged_importance

MOST_DRIFTS = 8


def null_search(content: Mapping[str, Any], saved: Saved) -> Child:
    """The best value of each history without an edge, and the best set's."""
    values = np.array([v for v in content["distribution"] if v is not None], float)
    best = content["best"]
    if len(values) < 2 or best is None:
        return None
    picture = histogram(values, say("null"), marked=float(best), said=say("null.best", value=rough(float(best))))[0]
    text = say(
        "null.text", n=len(content["distribution"]), median=rough(float(np.median(values))), best=rough(float(best)),
        p=rough(float(content["p_value"])), smallest=rough(float(content["smallest_p"])),
    )  # fmt: skip
    caution = say("null.replay") if content.get("optimistic") else say("null.research")
    return el("figure", picture, el("figcaption", f"{say('null.note')} {text} {caution}"))


def walk_forward(content: Mapping[str, Any], saved: Saved) -> Child:
    """The out-of-sample history over its test spans, and where the parameters went."""
    spans = [_span(fold) for fold in content["folds"]]
    first, last = str(content["folds"][0]["test"]["dates"][0])[:10], str(content["folds"][-1]["test"]["dates"][1])[:10]
    rows = saved.walk
    time = np.zeros(0, np.int64) if rows is None else rows["day"].dt.epoch("ms").to_numpy()
    equity = np.zeros(0) if rows is None else rows["equity"].to_numpy()
    label = f"{say('walk')}: {'; '.join(span.text for span in spans)}"
    return [
        el("figure", walk_picture(time, equity, spans, label, (first, last)), el("figcaption", say("walk.note"))),
        _drift(content, saved),
    ]


def _span(fold: Mapping[str, Any]) -> Span:
    first, last = (str(date) for date in fold["test"]["dates"])
    value = (fold.get("out_of_sample") or {}).get("return")
    text = say("walk.span", first=first[:10], last=last[:10], value=figure(value, "fraction"))
    return Span(_ms(first), _ms(last), value, text)


def _ms(date: str) -> int:
    return int(np.datetime64(date, "ms").astype(np.int64))


def _drift(content: Mapping[str, Any], saved: Saved) -> Child:
    """The most important parameters that were used in two spans or more, step by step; all of them as a table."""
    drift = content.get("drift") or {}
    found = {name: row for name, row in (drift.get("parameters") or {}).items() if sum(v is not None for v in row["values"]) > 1}
    if not found:
        return None
    weight = judged_importance(saved)
    order = sorted(found, key=lambda name: (-weight.get(name, 0.0), -(found[name].get("mean") or 0.0)))
    cells = [_steps(name, found[name]) for name in order if all(isinstance(v, (int, float, type(None))) for v in found[name]["values"])]
    heads = [say("parameter"), *range(1, len(content["folds"]) + 1)]
    rows = [[el("code", name), *map(_switch, found[name]["values"])] for name in order]
    return [
        el("h4", say("walk.drift")),
        note(say("walk.drift.mean", **{key: figure(drift[k], "fraction") for key, k in (("mean", "mean"), ("chance", "by_chance"))}))
        if isinstance(drift.get("mean"), float) and isinstance(drift.get("by_chance"), float)
        else None,
        el("div", cells[:MOST_DRIFTS], class_="small-multiples"),
        folded(say("walk.drift.all"), table(heads, rows, caption=say("walk.drift"), class_="figures")),
    ]


def _steps(name: str, row: Mapping[str, Any]) -> Child:
    values = row["values"]
    switch = all(isinstance(v, bool) for v in values if v is not None)
    label = f"{name}: {', '.join(map(_switch, values))}"
    known = {v for v in values if v is not None}
    names = (say("off"), say("off") if known == {False} else say("on")) if switch else None
    picture = steps([None if v is None else float(v) for v in values], label, names)
    mean, chance = row.get("mean"), row.get("by_chance")
    moved = isinstance(mean, float) and isinstance(chance, float)
    said = say("walk.drift.one", mean=figure(mean, "fraction"), chance=figure(chance, "fraction")) if moved else None
    return el("figure", el("h5", el("code", name)), picture, el("figcaption", said) if said else None, class_="small")


def _switch(value: Any) -> str:
    return say("on" if value else "off") if isinstance(value, bool) else short(value)


def cross_validation(content: Mapping[str, Any], saved: Saved) -> Child:
    """The out-of-sample score of each fold's own choice."""
    folds = content["folds"]
    scores, names = [fold.get("out_of_sample") for fold in folds], [str(fold["test"][0][0])[:10] for fold in folds]
    said = [f"{name}: {rough(score)}" for name, score in zip(names, scores, strict=True)]
    picture = strip(scores, names, said, say("piece.cross_validation"))
    return el("figure", picture, el("figcaption", f"{say('walk.folds')} {content.get('note', '')}"))


PICTURES = {"null_search": null_search, "walk_forward": walk_forward, "cross_validation": cross_validation}
