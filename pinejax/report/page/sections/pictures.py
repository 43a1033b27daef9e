"""Pictures of pieces of evidence, by the name of the piece in verdict.json: the null search and the walk forward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pinejax.report.page.drawings import course, histogram, steps, strip
from pinejax.report.page.figures import figure, rough
from pinejax.report.page.markup import Child, el
from pinejax.report.page.words import say
from pinejax.report.saved import Saved

MOST_DRIFTS = 6


def null_search(content: Mapping[str, Any], saved: Saved) -> Child:
    """The best value of each history without an edge, and the best set's."""
    values = np.array([v for v in content["distribution"] if v is not None], float)
    best = content["best"]
    if len(values) < 2 or best is None:
        return None
    picture = histogram(values, say("null"), marked=float(best))[0]
    text = say(
        "null.text", n=len(content["distribution"]), median=rough(float(np.median(values))), best=rough(float(best)),
        p=rough(float(content["p_value"])), smallest=rough(float(content["smallest_p"])),
    )  # fmt: skip
    caution = say("null.replay") if content.get("optimistic") else say("null.research")
    return el("figure", picture, el("figcaption", f"{say('null.note')} {text} {caution}"))


def walk_forward(content: Mapping[str, Any], saved: Saved) -> Child:
    """The out-of-sample return of each test span, and where the parameters went."""
    folds = content["folds"]
    scores = [(fold.get("out_of_sample") or {}).get("return") for fold in folds]
    names = [str(fold["test"]["dates"][0])[:10] for fold in folds]
    said = [f"{name}: {figure(value, 'fraction')}" for name, value in zip(names, scores, strict=True)]
    parts: list[Child] = []
    if saved.walk is not None and len(saved.walk) > 1:
        days = saved.walk["day"].dt.strftime("%Y-%m-%d").to_list()
        picture = course(saved.walk["equity"].to_numpy(), (days[0], days[-1]), say("walk.equity"))
        parts.append(el("figure", picture, el("figcaption", say("walk.equity"))))
    parts += [el("figure", strip(scores, names, said, say("walk")), el("figcaption", say("walk.note")))]
    parameters = list(content.get("drift", {}).get("parameters", {}).items())
    drifting = sorted(parameters, key=lambda item: -(item[1].get("mean") or 0.0))[:MOST_DRIFTS]
    cells = [
        el("figure", el("h4", name), steps(values, name), class_="small")
        for name, drift in drifting
        if (values := [v for v in drift["values"] if isinstance(v, (int, float))]) and len(values) == len(drift["values"]) > 1
    ]
    if cells:
        parts += [el("h4", say("walk.drift")), el("div", cells, class_="small-multiples")]
    return parts


def cross_validation(content: Mapping[str, Any], saved: Saved) -> Child:
    """The out-of-sample score of each fold's own choice."""
    folds = content["folds"]
    scores, names = [fold.get("out_of_sample") for fold in folds], [str(fold["test"][0][0])[:10] for fold in folds]
    said = [f"{name}: {rough(score)}" for name, score in zip(names, scores, strict=True)]
    picture = strip(scores, names, said, say("piece.cross_validation"))
    return el("figure", picture, el("figcaption", f"{say('walk.folds')} {content.get('note', '')}"))


PICTURES = {"null_search": null_search, "walk_forward": walk_forward, "cross_validation": cross_validation}
