"""The result with one symbol or one timeframe left out: whether one of them makes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinejax.core.evaluation import Evaluation
from pinejax.job.joint import TIMEFRAME
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.figures import Figures, figures_of, plain
from pinejax.judge.subject import Subject, Whole, symbols_in_order


def without_each_symbol(whole: Whole, subject: Subject, found: Evaluation, base: Figures) -> dict[str, Any]:
    """The chosen set judged on all datasets but one symbol's, for each, and which is the worst. found: its evaluation on all.

    Errors: NotEnough with one symbol.
    """
    names = symbols_in_order(subject.symbols)
    if len(names) < 2:
        raise NotEnough(f"leaving one symbol out: expected two symbols or more, there is {names[0]} alone.")
    rows = [
        figures_of(whole.objective, found, [d for d, symbol in enumerate(subject.symbols) if symbol != name]).row(name, base)
        for name in names
    ]
    return {"rows": rows, "worst": _worst(whole, rows)}


def on_each_timeframe(case: Case, whole: Whole, base: Figures) -> dict[str, Any]:
    """The chosen set's other parameters on every pair of a joint study, and the study's best set without each pair.

    rows: change against the chosen set on its own pair; best_without: by the pair left out, a trial's number and value. Errors: NotEnough
    for a study of one pair.
    """
    if None in whole.engines:
        raise NotEnough("leaving one timeframe out: expected a joint study of several timeframe pairs (sweep.mode=joint), this has one.")
    pairs = [str(pair) for pair in whole.engines]
    found = whole.engine.evaluate([{**case.chosen.complete, TIMEFRAME: pair} for pair in pairs])
    rows = [figures_of(whole.objective, e).row(pair, base) for pair, e in zip(pairs, found, strict=True)]
    others = [row for row in rows if row["name"] != case.chosen.complete[TIMEFRAME]]
    return {
        "own": case.chosen.complete[TIMEFRAME],
        "rows": rows,
        "worst": _worst(whole, others),
        "best_without": _best_without(case, pairs),
    }


def _best_without(case: Case, pairs: list[str]) -> dict[str, Any]:
    best: dict[str, Any] = {}
    for left_out in pairs:
        rows = [t for t in case.study.trials if t.state == "COMPLETE" and t.duplicate_of is None and t.values]
        rows = [t for t in rows if t.complete.get(TIMEFRAME) != left_out]
        sign = case.objective.terms[0].sign
        first = min(rows, key=lambda t: (t.violation, -sign * t.values[0], t.number), default=None)
        best[left_out] = None if first is None else {"trial": first.number, "value": plain(first.values[0])}
    return best


def _worst(whole: Whole, rows: list[dict[str, Any]]) -> str | None:
    """The name of the row with the least value; one without a value is the least."""
    return min(rows, key=lambda row: -np.inf if row["value"] is None else whole.sign * row["value"], default={"name": None})["name"]
