"""What a search's session keeps back, says of it, and is known by."""

from __future__ import annotations

from typing import Any

import pytest

from pinejax.core.feed import Feed
from pinejax.errors import ConfigError, DataError
from pinejax.job.plan import objective_of, plan_search
from pinejax.search.parts import PartsObjective
from pinejax.selection.splits import Span
from tests.engine.busy import N_BARS
from tests.validation.made import FEEDS, engine_of, parted, planted, session_of, whole_session


def named(**validation: Any) -> str:
    """The study's name, which is the search's identity."""
    return plan_search(session_of(**validation))[1].study_name


def test_nothing_is_kept_back_unless_asked() -> None:
    session = session_of()
    assert session.feeds == session.whole == FEEDS and session.split is not None
    assert session.split.identity == {} and session.split.lines == [] and session.n_parts == 0
    assert "validation" not in session.context
    assert named() == plan_search(whole_session())[1].study_name == named(method="walk_forward")


def test_a_holdout_is_cut_off_all_else() -> None:
    session = session_of(method="train_test", holdout=0.2, test_rate=0.25)
    split = session.split
    assert split is not None
    assert (split.searched, split.test, split.held_out) == (Span(0, 420), Span(420, 560), Span(560, 700))
    assert [len(feed) for feed in session.feeds] == [420, 420] and [len(feed) for feed in session.whole] == [N_BARS] * 2
    assert session.feeds[0].content_hash != FEEDS[0].content_hash
    assert split.lines == [
        "held out: 1970-01-24 08:00 .. 1970-01-30 03:00, 140 bars",
        "test: 1970-01-18 12:00 .. 1970-01-24 07:00, 140 bars",
        "searched: 1970-01-01 00:00 .. 1970-01-18 11:00, 420 bars",
    ]
    assert session.context["validation"] == {"searched": "the first 420 of 700 bars"}


def test_rerank_searches_the_first_train_span() -> None:
    session = session_of(method="walk_forward", walk="rerank", train="10D", test="5D", holdout=0.1)
    assert session.split is not None and session.split.searched == Span(0, 240) and session.split.held_out == Span(630, 700)
    assert len(session.feeds[0]) == 240


def test_judging_begins_a_purge_behind_the_searched_bars() -> None:
    session = session_of(holdout=0.2)
    split = session.split
    assert split is not None and split.held_out is not None
    purge = session.purge_of(engine_of(session), holding=55)
    assert (purge.memory, purge.higher, purge.holding, purge.bars) == (40, 4, 55, 55)
    assert split.judged(split.held_out, purge.bars) == Span(615, 700)


def test_what_changes_the_search_changes_the_study() -> None:
    kfold = {"method": "purged_kfold", "k": 4}
    names = [
        named(),
        named(holdout=0.2),
        named(method="train_test"),
        named(**kfold),
        named(**kfold, holdout=0.2),
        named(**kfold, folds="worst"),
        named(**kfold, folds="mean_std"),
        named(**kfold, folds="mean_std", std_weight=0.5),
        named(method="purged_kfold", k=5),
    ]
    assert len(set(names)) == len(names)
    assert named(**kfold) == named(**kfold, embargo=0.0) == named(**kfold, purge=9) == named(**kfold, std_weight=3.0)
    assert named(**kfold) == named(method="cpcv", n_groups=4)  # judged otherwise, searched alike


def test_parts_are_the_datasets_of_the_study() -> None:
    session = session_of(method="purged_kfold", k=4, holdout=0.2)
    assert [row.name for row in session.datasets] == [f"WAVE{w} 1h@4h part {p} of 4" for w in (1, 2) for p in (1, 2, 3, 4)]
    assert [(row.n_bars, row.first) for row in session.datasets[:2]] == [(140, "1970-01-01 00:00"), (140, "1970-01-06 20:00")]
    assert [row.name for row in session.histories] == ["WAVE1 1h@4h", "WAVE2 1h@4h"]
    objective = objective_of(session)
    assert isinstance(objective, PartsObjective) and objective.n_datasets == 2
    engine = parted(session)
    assert engine.datasets == tuple(row.name for row in session.datasets) and engine.n_segments == session.n_segments == 4
    assert [int(w.trade_from - w.start) for w in engine._windows[1]] == [40, 40]  # warm on the longest memory
    assert any("a trial's value: mean of 4 parts of 140 bars" in note for note in session.notes)
    assert any(note.startswith("purge 40 bars: 40 of the longest indicator, 4 of a higher bar") for note in session.notes)


def test_a_purge_that_is_too_small_is_said() -> None:
    session = session_of(method="purged_kfold", k=4, purge="3h")
    parted(session)
    assert any(note.startswith("WARNING: validation.purge=3 bars is less than the 40 that are needed") for note in session.notes)


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ({"method": "purged_kfold", "k": 701}, r"validation\.k: 700 bars cannot be cut into 701 parts"),
        ({"method": "cpcv", "n_groups": 4, "n_test_groups": 4}, r"fewer test parts than parts, got 4 and 4"),
        ({"method": "cpcv", "n_groups": 40, "n_test_groups": 20}, r"are 137,846,528,820 folds"),
        (
            {"method": "walk_forward", "walk": "rerank", "train": 600, "test": 200},
            r"expected at least train \+ test = 600 \+ 200 = 800 bars",
        ),
        ({"method": "walk_forward", "n_windows": 900}, r"bars hold no 900 test windows beside the train span"),
        ({"method": "walk_forward", "train": "a while"}, r"validation\.train: expected a whole number of bars, or a duration"),
        ({"method": "train_test", "test_rate": 0.9999}, r"nothing is left to choose on"),
        ({"holdout": 0.0001}, r"nothing is left|bars"),
        ({"method": "purged_kfold", "k": 2, "embargo": 0.6}, r"nothing is left to choose on beside the test bars 0\.\.350"),
    ],
)
def test_spans_that_the_bars_have_no_room_for_are_refused(validation: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        session_of(**validation)


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ({"method": "purged_kfold", "k": 2, "purge": 351}, r"nothing is left to choose on"),
        ({"holdout": 0.05}, r"a purge of 40 bars leaves nothing of the 35 bars that are kept back"),
        ({"method": "train_test", "test_rate": 0.1, "purge": "3D"}, r"a purge of 72 bars leaves nothing of the 70 bars"),
        ({"method": "purged_kfold", "purge": "-3"}, r"validation\.purge: expected a whole number of bars"),
    ],
)
def test_a_purge_that_eats_what_is_judged_on_is_refused(validation: dict[str, Any], said: str) -> None:
    session = session_of(**validation)
    assert session.split is not None
    with pytest.raises(ConfigError, match=said):
        session._parted(engine_of(session), session.split)


def test_parts_shorter_than_an_indicator_are_refused() -> None:
    with pytest.raises(DataError, match=r"more bars than the longest indicator of Busy can need"):
        parted(session_of(method="purged_kfold", k=20, purge=5)).warm_up()


def test_a_symbol_without_bars_to_search_is_named() -> None:
    late = planted(FEEDS[1], [])
    late = Feed("LATE", late.timeframe, *(_later(bars) for bars in (late.ltf, late.htf)), late.htf_complete)
    with pytest.raises(DataError, match="LATE 1h@4h: expected bars before"):
        session_of([FEEDS[0], late], holdout=0.6)


def _later(bars: Any) -> Any:
    """The same bars 600 hours later."""
    return type(bars)(bars.time + 600 * 3_600_000, bars.open, bars.high, bars.low, bars.close, bars.volume)
