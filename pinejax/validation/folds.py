"""A study's sets on the folds of its history: each fold chooses by its own train bars alone. What is said of it: `judge.cross_validation`.

A fold's train bars are cut where the parts meet; each piece is a history of its own, as a part is to the search, and they are combined as
`validation.folds` says, each piece counting alike. A piece behind a test part gets warm on what lies between them, and on nothing before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.errors import ConfigError
from pinejax.job.session import Session, memory_and_higher
from pinejax.search.parts import PartsObjective
from pinejax.selection.divide import Split
from pinejax.selection.purge import Purge
from pinejax.selection.splits import Fold, Span

SETS_TOGETHER = 256
"""Sets that are replayed at a time: of all metrics only those that the objective needs are kept."""
MOST_ROUNDS = 3
"""Of making the purge longer because the sets that were chosen hold longer."""


@dataclass(frozen=True, order=True)
class Piece:
    """Bars to run over as one. clear_of: the bar before which nothing may be seen."""

    span: Span
    clear_of: int = 0


@dataclass(frozen=True, eq=False)
class Scores:
    """All sets on all pieces. metrics: name -> [sets, pieces, datasets], what the objective needs; status: 0 is fine."""

    objective: PartsObjective
    pieces: tuple[Piece, ...]
    metrics: dict[str, Float[np.ndarray, "sets pieces datasets"]]
    status: Int[np.ndarray, "sets pieces datasets"]

    def cells(self, pieces: Sequence[Piece]) -> Float[np.ndarray, "sets datasets pieces"]:
        """The first objective's score of each set, dataset and piece, more is better; `-penalty` where there is none."""
        some = self._some(pieces)
        scores = self.objective.scores(self.objective.terms[0], some)
        return np.where(self._status(pieces) != 0, -self.objective.penalty, scores).reshape(len(scores), -1, len(pieces))

    def over(self, pieces: Sequence[Piece]) -> Float[np.ndarray, " sets"]:
        """Each set's score of these pieces together, as the objective combines parts, without gates; more is better."""
        return self.combined(self.cells(pieces))

    def combined(self, cells: Float[np.ndarray, "*sets datasets pieces"]) -> Float[np.ndarray, "*sets"]:
        """One score of those of datasets and pieces."""
        return self.objective.combined(cells.reshape(*cells.shape[:-2], -1))

    def has_scores(self, cells: Float[np.ndarray, "*sets datasets pieces"]) -> Bool[np.ndarray, "*sets"]:
        """Whether every dataset has a score on every piece."""
        return np.asarray((cells > -self.objective.penalty).all(axis=(-2, -1)))

    def best(self, pieces: Sequence[Piece]) -> int:
        """The set that a study of these pieces would call its best: by its gates' violations, then by its value, then by its place."""
        if not self.objective.gates and self.objective.config.on_status != "fail":
            return int(np.argmax(self.over(pieces)))
        some, status, sign = self._some(pieces), self._status(pieces), self.objective.terms[0].sign
        order = []
        for i in range(len(status)):
            verdict = self.objective.judge({name: values[i] for name, values in some.items()}, status[i])
            if verdict.values is not None:
                order.append((sum(verdict.violations.values()), -sign * verdict.values[0], i))
        return min(order)[2] if order else int(np.argmax(self.over(pieces)))

    def _some(self, pieces: Sequence[Piece]) -> dict[str, np.ndarray]:
        """As the objective takes metrics: [sets, datasets x pieces]."""
        return {name: self._side_by_side(values, pieces) for name, values in self.metrics.items()}

    def _status(self, pieces: Sequence[Piece]) -> np.ndarray:
        return self._side_by_side(self.status, pieces)

    def _side_by_side(self, values: np.ndarray, pieces: Sequence[Piece]) -> np.ndarray:
        chosen = values[:, [self.pieces.index(piece) for piece in pieces]]
        return np.swapaxes(chosen, 1, 2).reshape(len(values), -1)


@dataclass(frozen=True, eq=False)
class Judged:
    """folds: with their bars; train: the pieces of each; tested: the parts; chosen: each fold's own best set, by its place in the sets."""

    split: Split
    purge: Purge
    folds: list[Fold]
    train: list[list[Piece]]
    tested: list[Piece]
    scores: Scores
    chosen: list[int]

    def test(self, fold: int) -> list[Piece]:
        """The test parts of a fold."""
        return [self.tested[group] for group in self.folds[fold].test_groups]


def judge_folds(session: Session, engine: Engine, objective: PartsObjective, sets: Sequence[Params]) -> Judged:
    """Every fold's choice. session: divided, whose search has parts; engine: of its whole histories; sets: the study's, its best first.

    The purge covers the longest holding time of the best set and of every fold's choice, at most a part, with which every position ends:
    where a choice holds longer than what was left out, the folds are made again. Errors: ConfigError where the purge leaves nothing to
    choose on, DataError where a piece is too short.
    """
    split = session.split
    assert split is not None and split.parts, "a session whose search has parts"
    longest_part = max(map(len, split.parts))
    hold = lambda which: min(longest_hold(engine, sets[which]), longest_part)  # noqa: E731  a position ends with its part
    held = {0: hold(0)}
    tested = [Piece(part) for part in split.parts]
    for left in reversed(range(MOST_ROUNDS)):
        purge = session.purge_of(engine, max(held.values()))
        folds = _folds(split, purge)
        train = [pieces_of(fold, split.parts) for fold in folds]
        scores = replay(session, engine, objective, sorted({*tested, *(piece for pieces in train for piece in pieces)}), sets)
        chosen = [scores.best(pieces) for pieces in train]
        held |= {which: hold(which) for which in set(chosen) - held.keys()}
        if session.purge_of(engine, max(held.values())).bars <= purge.bars or not left:
            break
    known = replace(purge, holding=max(held.values()))
    said = known if known.bars <= purge.bars else replace(known, given=purge.bars)  # choices that hold ever longer: what was used
    return Judged(split, said, folds, train, tested, scores, chosen)


def _folds(split: Split, purge: Purge) -> list[Fold]:
    try:
        return split.folds(purge.bars)
    except ConfigError as error:
        raise ConfigError(f"{error} ({str(purge)[0].upper()}{str(purge)[1:]}.) {purge.advice}") from None


def longest_hold(engine: Engine, params: Params) -> int:
    """Bars of a set's longest trade on any dataset, from its detail run."""
    details = (engine.detail(params, d) for d in range(len(engine.feeds)))
    return max((trade.exit_bar - trade.entry_bar for detail in details for trade in detail.trades), default=0)


def pieces_of(fold: Fold, parts: Sequence[Span]) -> list[Piece]:
    """The train bars of a fold, cut where parts meet."""
    edges = sorted({edge for part in parts for edge in (part.first, part.stop)})
    found = []
    for span in fold.train:
        cuts = [span.first, *(edge for edge in edges if span.first < edge < span.stop), span.stop]
        clear_of = max((test.stop for test in fold.test if test.stop <= span.first), default=0)
        found += [Piece(Span(a, b), clear_of) for a, b in pairwise(cuts)]
    return found


def replay(session: Session, engine: Engine, objective: PartsObjective, pieces: Sequence[Piece], sets: Sequence[Params]) -> Scores:
    """All sets on all pieces, each stretch of bars run once however many pieces have it."""
    assert session.split is not None, "a divided session"
    memory, higher = memory_and_higher(engine.program, session.feeds[0])
    timeline = session.split.on(session.feeds).timeline
    each = [timeline.windows(piece.span, memory, piece.clear_of, higher if higher > 1 else 0) for piece in pieces]
    keys = [tuple((int(w.start), int(w.trade_from), int(w.stop)) for w in windows) for windows in each]
    distinct = dict(zip(keys, each, strict=True))
    at = [list(distinct).index(key) for key in keys]
    there = engine.on([feed for _ in distinct for feed in session.feeds], [w for windows in distinct.values() for w in windows])
    shape = len(sets), len(distinct), len(session.feeds)
    metrics = {name: np.full(shape, np.nan) for name in objective.needed}
    status = np.zeros(shape, np.int64)
    for begin in range(0, len(sets), SETS_TOGETHER):
        for i, evaluation in enumerate(there.evaluate(sets[begin : begin + SETS_TOGETHER]), begin):
            status[i] = evaluation.status.reshape(shape[1:])
            for name, values in metrics.items():
                values[i] = evaluation.metrics[name].reshape(shape[1:])
    return Scores(objective, tuple(pieces), {name: values[:, at] for name, values in metrics.items()}, status[:, at])
