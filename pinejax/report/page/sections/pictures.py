"""Pictures for pieces of evidence whose layout is known, by the name of the piece. One whose layout is another gets none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pinejax.report.page.drawings import histogram, strip
from pinejax.report.page.figures import short
from pinejax.report.page.markup import Markup, el
from pinejax.report.page.words import say


def null_search(content: Mapping[str, Any]) -> Markup | None:
    """The best value of each history without an edge, and the best set's."""
    values = first_of(content, ("values", "best_values", "surrogates", "null", "bests"))
    best = first_of(content, ("observed", "best", "value", "chosen"))
    if not _numbers(values) or not _number(best):
        return None
    known = np.array(values, float)
    text = say("null.text", n=len(known), better=int((known >= best).sum()), best=short(float(best)), median=short(float(np.median(known))))
    return el("figure", histogram(known, say("null"), marked=float(best))[0], el("figcaption", f"{say('null.note')} {text}"))


def walk_forward(content: Mapping[str, Any]) -> Markup | None:
    """The out-of-sample score of each test span."""
    windows = first_of(content, ("windows", "folds", "spans"))
    if not isinstance(windows, list) or not windows or not all(isinstance(row, Mapping) for row in windows):
        return None
    scores = [first_of(row, ("test", "out_of_sample", "oos", "value", "score", "sharpe")) for row in windows]
    if not any(map(_number, scores)):
        return None
    names = [str(first_of(row, ("name", "test_from", "from", "start")) or i + 1) for i, row in enumerate(windows)]
    return el("figure", strip([s if _number(s) else None for s in scores], names, say("walk")), el("figcaption", say("walk.note")))


def first_of(content: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    """The first of some keys that is there."""
    return next((content[key] for key in keys if content.get(key) is not None), None)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and bool(np.isfinite(value))


def _numbers(values: Any) -> bool:
    return isinstance(values, list) and len(values) > 1 and all(map(_number, values))


PICTURES: dict[str, Callable[[Mapping[str, Any]], Markup | None]] = {"null_search": null_search, "walk_forward": walk_forward, "walk": walk_forward}
