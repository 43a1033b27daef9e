"""A marker in the bars that a set is judged on changes not one bit of what it is chosen by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pinejax.job.plan import objective_of
from pinejax.selection.splits import Span
from pinejax.validation.folds import Piece, pieces_of, replay
from tests.validation.made import FEEDS, MARKER, engine_of, planted, session_of, sets

METHODS = [{"method": "purged_kfold", "k": 4}, {"method": "cpcv", "n_groups": 5, "n_test_groups": 2}]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m["method"])
@pytest.mark.parametrize("holdout", [0.0, 0.2])
def test_no_train_lane_sees_a_test_part(method: dict[str, Any], holdout: float) -> None:
    session = session_of(**method, holdout=holdout, embargo=0.0)
    engine, objective, batch, split = engine_of(session), objective_of(session), sets(6), session.split
    assert split is not None
    folds = split.folds(session.purge_of(engine).bars)
    for fold in folds[:: max(1, len(folds) // 4)]:
        train, test = pieces_of(fold, split.parts), [Piece(span) for span in fold.test]
        before = replay(session, engine, objective, [*train, *test], batch)
        feeds = tuple(planted(feed, fold.test) for feed in session.feeds)
        marked = replace(session, feeds=feeds, split=split.on(feeds))
        after = replay(marked, engine.on(feeds), objective, [*train, *test], batch)
        n = len(train)
        for name in before.metrics:
            np.testing.assert_array_equal(before.metrics[name][:, :n], after.metrics[name][:, :n])
            a, b = (np.nan_to_num(scores.metrics[name][:, n:], nan=-1e6) for scores in (before, after))
            assert (a != b).any(axis=0).all()  # while every test lane of some set does


@pytest.mark.parametrize(
    "validation", [{"method": "train_test", "test_rate": 0.3}, {"method": "holdout", "holdout": 0.25}, {"holdout": 0.1}]
)
def test_searched_bars_lack_what_is_kept_back(validation: dict[str, Any]) -> None:
    session = session_of(**validation)
    assert session.split is not None
    kept = Span(session.split.searched.stop, len(FEEDS[0]))
    assert len(kept) and len(session.feeds[0]) == kept.first and len(session.whole[0]) == len(FEEDS[0])
    marked = session_of([planted(feed, [kept]) for feed in FEEDS], **validation)
    for feed in marked.feeds:
        for bars in (feed.ltf, feed.htf):
            for values in (bars.open, bars.high, bars.low, bars.close, bars.volume):
                assert not (values == MARKER).any()
    batch = sets(5)
    for a, b in zip(engine_of(session).evaluate(batch), engine_of(marked).evaluate(batch), strict=True):
        for name in a.metrics:
            np.testing.assert_array_equal(a.metrics[name], b.metrics[name])


def test_a_piece_behind_a_test_part_gets_warm_on_what_lies_between() -> None:
    session = session_of(method="purged_kfold", k=4, embargo=0.05)
    split = session.split
    assert split is not None
    (fold, *_), timeline = split.folds(60), split.on(session.feeds).timeline
    piece = pieces_of(fold, split.parts)[0]
    assert piece.clear_of == 175 and piece.span.first == 175 + 60 + 35
    (window, _) = timeline.windows(piece.span, 80, piece.clear_of, 4)
    assert int(window.start) == 270 - 80 and int(window.trade_from) == 270
    (window, _) = timeline.windows(piece.span, 300, piece.clear_of, 4)
    assert int(window.start) == 175 + 4
