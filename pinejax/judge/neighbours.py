"""What the sets around the chosen one are worth, drawn and evaluated afresh, and how steep it is along each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pinejax.core.evaluation import Evaluation
from pinejax.core.inputs import Params, Value
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.figures import plain, scores_of
from pinejax.judge.subject import Whole, whole_of
from pinejax.judge.told import Told
from pinejax.search.nearby import drawn_around, movable, one_step_away
from pinejax.search.scale import unit_of

HALF = 0.5


def drawn(case: Case, seen: Told) -> dict[str, Any]:
    """Sets drawn within `stress.radius` around the chosen one: mean, median and worst of their values, which share keeps more than half of
    the chosen one's value (None where that is not above 0) and which share has a profit; and every parameter one step down and up.

    A neighbour without a score on some dataset is in `n_failed`; the mean and the worst take it for the least value of the study, and
    it keeps nothing. Errors: NotEnough where nothing can be moved, or none is drawn.
    """
    chosen, choices, whole = case.chosen.complete, case.config.stress, whole_of(case)
    if not movable(case.session.space, chosen):
        raise NotEnough("neighbours: expected a searched number in the best set, it has switches, choices and pins alone.")
    rng = np.random.default_rng([case.config.search.seed, case.chosen.number])
    around = drawn_around(case.session.space, chosen, choices.n_neighbours, choices.radius, rng)
    if not around:
        raise NotEnough(f"neighbours: expected sets around the best one, found none (stress.n_neighbours={choices.n_neighbours}).")
    steps = one_step_away(case.session.space, chosen, choices.radius)
    stepped = [params for pair in steps.values() for params in pair if params is not None]
    found = whole.engine.evaluate([chosen, *around, *stepped])
    own = _values(whole, found[:1], seen)[0]
    values = _values(whole, found[1 : 1 + len(around)], seen)
    sign = whole.sign
    slopes = _slopes(case, whole, steps, dict(zip(map(case.session.space.key, stepped), found[1 + len(around) :], strict=True)), own, seen)
    profit = [float(np.mean(e.metrics["total_return"])) > 0 for e in found[1 : 1 + len(around)]]
    failed = np.array([_has_failed(whole, e) for e in found[1 : 1 + len(around)]])
    return {
        "n": len(around),
        "n_asked": choices.n_neighbours,
        "radius": choices.radius,
        "value": plain(sign * own),
        "mean": plain(sign * float(values.mean())),
        "median": plain(sign * float(np.median(values))),
        "worst": plain(sign * float(values.min())),
        "n_failed": int(failed.sum()),
        "keeps_half": plain(float(np.mean((values > HALF * own) & ~failed))) if own > 0 else None,
        "profitable": float(np.mean(profit)),
        "slopes": slopes,
        "stands_on": slopes[0]["name"] if slopes and slopes[0]["worst_change"] < 0 else None,
    }


def _values(whole: Whole, found: Sequence[Evaluation], seen: Told) -> np.ndarray:
    """More is better; a failed set's is the least of the study, or of the sets here."""
    sign = whole.sign
    verdicts = [whole.objective.judge(e.metrics, e.status).values for e in found]
    values = np.array([np.nan if v is None else sign * v[0] for v in verdicts])
    failed = np.array([_has_failed(whole, e) for e in found]) | ~np.isfinite(values)
    least = seen.floor if np.isfinite(seen.floor) else np.min(values[~failed], initial=0.0)
    return np.where(failed, least, values)


def _has_failed(whole: Whole, found: Evaluation) -> bool:
    return not np.isfinite(scores_of(whole.objective, found.metrics, found.status)).all()


def _slopes(
    case: Case,
    whole: Whole,
    steps: Mapping[str, tuple[dict[str, Value] | None, dict[str, Value] | None]],
    found: Mapping[Any, Evaluation],
    own: float,
    seen: Told,
) -> list[dict[str, Any]]:
    """Per parameter what a step down and one up make of the value, the steepest fall first. moved: the step as a part of the range."""
    rows = []
    for name, pair in steps.items():
        ends = [_end(case, whole, name, params, found, own, seen) for params in pair]
        changes = [end["change"] for end in ends if end is not None]
        worst = min((whole.sign * c for c in changes), default=0.0)
        rows.append({"name": name, "value": case.chosen.complete[name], "down": ends[0], "up": ends[1], "worst_change": worst})
    return sorted(rows, key=lambda row: row["worst_change"])


def _end(
    case: Case, whole: Whole, name: str, params: Params | None, found: Mapping[Any, Evaluation], own: float, seen: Told
) -> dict[str, Any] | None:
    if params is None:
        return None
    space, sign = case.session.space, whole.sign
    value = float(_values(whole, [found[space.key(params)]], seen)[0])
    moved = abs(unit_of(space.domains[name], params[name]) - unit_of(space.domains[name], case.chosen.complete[name]))
    return {"to": params[name], "value": sign * value, "change": sign * (value - own), "moved": moved}
