"""The holdout is opened for the chosen set alone, each look is counted before its result is known, and nothing else sees its bars."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from finished_case import case_on

from pinejax.engine.engine import Engine
from pinejax.errors import ConfigError
from pinejax.judge.case import NotEnough
from pinejax.judge.foreseen import foreseen, foreseen_of_holdout
from pinejax.judge.holdout import holdout
from pinejax.judge.outside import split_of
from pinejax.judge.rerank import rerank
from pinejax.search.openings import KEY
from pinejax.selection.purge import Purge
from pinejax.selection.sharpe import moments, probabilistic_sharpe

HOLDOUT = {"method": "holdout", "holdout": 0.3}
VERDICT = {"min_trades": 1, "min_days": 5}


@pytest.fixture
def case(tmp_path: Path) -> Any:
    """A finished search of all but the last bars."""
    return case_on(tmp_path, validation=HOLDOUT, verdict=VERDICT)


def n_stored(place: Path) -> int:
    """Openings in SQLite."""
    with sa.create_engine(f"sqlite:///{place}/studies.db").connect() as connection:
        return sum(key.startswith(KEY) for key in connection.execute(sa.text("select key from study_user_attributes")).scalars())


def second_chosen(case: Any) -> Any:
    """The same study, had the second best been the best."""
    best = case.study.best
    return replace(case, study=replace(case.study, best=(best[1], best[0], *best[2:])))


def test_it_is_what_a_detail_run_of_these_bars_says(case: Any) -> None:
    found = holdout(case)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    first, stop = found["bars"]
    held_out = split_of(case).held_out
    assert held_out is not None and (first, stop) == (held_out.first + found["purge"]["bars"], len(case.session.whole[0]))
    on = case.engine.on(feeds=list(case.session.whole))
    on = on.on(windows=[type(on.window(0))(*map(np.int32, (first - 60, first, stop)))] * 2)
    details = [on.detail(case.chosen.complete, d) for d in range(2)]
    assert found["out_of_sample"]["value"] == pytest.approx(np.mean([d.metrics["sharpe"] for d in details]), rel=1e-9)
    assert found["out_of_sample"]["n_trades"] == found["n_trades"] == sum(d.metrics["n_trades"] for d in details) > 0
    assert found["in_sample"]["value"] == pytest.approx(case.chosen.values[0], rel=1e-9)
    days = case.session.whole[0].ltf.time[first:stop] // 86_400_000
    last = np.flatnonzero(np.r_[days[1:] != days[:-1], True]) + 60
    level = [np.r_[case.config.broker.initial_capital, d.equity[last]] for d in details]
    returns = np.mean([x[1:] / x[:-1] - 1 for x in level], axis=0)
    assert found["return"] == pytest.approx(np.prod(1 + returns) - 1, rel=1e-9)
    assert found["probability"] == pytest.approx(probabilistic_sharpe(moments(returns)), rel=1e-9)
    assert found["max_drawdown"] == pytest.approx(
        (1 - np.r_[1, np.cumprod(1 + returns)] / np.maximum.accumulate(np.r_[1, np.cumprod(1 + returns)])).max()
    )


def test_every_look_is_counted_and_a_second_set_ends_the_innocence(case: Any, tmp_path: Path) -> None:
    first = holdout(case)
    assert first["openings"] | {"list": []} == {"n": 1, "n_sets": 1, "untouched": True, "list": []}
    assert first["openings"]["list"][0]["trials"] == [case.chosen.number] and first["text"].endswith(
        "It was opened once, for this set alone."
    )
    again = holdout(case)["openings"]
    assert (again["n"], again["n_sets"], again["untouched"]) == (2, 1, True)
    other = holdout(second_chosen(case))
    assert (other["openings"]["n"], other["openings"]["n_sets"], other["openings"]["untouched"]) == (3, 2, False)
    assert "opened 3 times for 2 different sets: no longer untouched" in other["text"]
    assert n_stored(tmp_path) == 3
    assert other["openings"]["list"][0]["bars"] == {f"SYNTH_{symbol} 1h@4h": first["bars"] for symbol in "AB"}


def test_a_look_is_recorded_before_its_result_is_known(case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object) -> None:
        raise RuntimeError("the device is gone")

    monkeypatch.setattr("pinejax.judge.holdout.score_of", breaks)
    with pytest.raises(RuntimeError):
        holdout(case)
    assert n_stored(tmp_path) == 1


def test_nothing_is_looked_at_where_it_cannot_be_recorded(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **more: object) -> None:
        raise ConnectionError("the database is gone")

    looked: list[int] = []
    real = Engine.evaluate
    monkeypatch.setattr("pinejax.judge.outside.record_opening", away)
    monkeypatch.setattr(Engine, "evaluate", lambda self, *args: looked.append(1) or real(self, *args))
    with pytest.raises(ConnectionError):
        holdout(case)
    assert not looked


def test_test_bars_on_which_sets_were_ranked_are_no_holdout_afterwards(tmp_path: Path) -> None:
    ranked = rerank(case_on(tmp_path, validation={"method": "train_test", "test_rate": 0.3}, verdict=VERDICT))
    assert [o["by"] for o in ranked["openings"]["list"]] == ["rerank"] and ranked["openings"]["n_sets"] == 5
    found = holdout(case_on(tmp_path, validation=HOLDOUT, verdict=VERDICT))  # the same search, and so the same study
    assert [o["by"] for o in found["openings"]["list"]] == ["rerank", "holdout"]
    assert (found["openings"]["n_sets"], found["openings"]["untouched"]) == (5, False)
    assert "opened 2 times for 5 different sets: no longer untouched" in found["text"]


def test_a_search_that_was_broken_off_leaves_it_closed(case: Any, tmp_path: Path) -> None:
    case.stop.set()
    with pytest.raises(NotEnough, match="stays closed until the chosen set is final"):
        holdout(case)
    assert n_stored(tmp_path) == 0


def test_one_of_too_few_days_stays_closed_and_is_said_at_the_start(tmp_path: Path) -> None:
    case = case_on(tmp_path, validation={"method": "holdout", "holdout": 0.2})
    with pytest.raises(NotEnough, match=r"stays closed: it has \d+ days behind its purge, fewer than verdict.min_days=60"):
        holdout(case)
    assert n_stored(tmp_path) == 0
    note = start_note(case)
    assert re.match(r"NOTE: the holdout has at most \d+ days behind its purge of at least \d+ bars", note)
    days, advised = (int(re.search(said, note)[1]) for said in (r"at most (\d+) days", r"take at least (\d+) days of bars"))
    assert days <= 18 and advised == (60 + 18 - days) * 5


def test_one_that_is_long_enough_but_for_its_purge_is_said_at_the_start_too(tmp_path: Path) -> None:
    case = case_on(tmp_path, validation={"method": "holdout", "holdout": 0.2, "purge": "3D"}, verdict={"min_days": 17})
    with pytest.raises(NotEnough, match="stays closed: it has 15 days behind its purge"):
        holdout(case)
    note = start_note(case)
    assert "the holdout has 15 days behind its purge of " in note and "17 days behind it take 100 days of bars" in note
    assert not foreseen_of_holdout(case.session, Purge(0, given=0))


def start_note(case: Any) -> str:
    """What a run says of its holdout before it searches."""
    [note] = foreseen_of_holdout(case.session, case.session.purge_of(case.engine))
    return note


def test_few_trades_have_a_return_and_no_ratio(tmp_path: Path) -> None:
    found = holdout(case_on(tmp_path, validation=HOLDOUT, verdict={"min_trades": 10_000, "min_days": 5}))
    assert found["sharpe"] is found["probability"] is None and found["return"] is not None
    assert "expected 10000 closed trades or more (verdict.min_trades), found" in found["not_enough"]


@pytest.mark.parametrize(
    ("null", "said"),
    [
        ({"mode": "replay", "n_surrogates": 9}, "p is 0.1 at least, so it cannot reach verdict.alpha=0.05. That takes 19 surrogates"),
        ({"mode": "none", "n_surrogates": 9}, None),
        ({"mode": "research", "n_surrogates": 19}, None),
    ],
)
def test_surrogates_that_cannot_reach_alpha_are_said_at_the_start(case: Any, null: dict[str, Any], said: str | None) -> None:
    notes = foreseen(session_with(case, null), case.objective)
    assert (said is None and not notes[1:]) or (said is not None and said in " ".join(notes))


def test_blocks_of_more_than_a_quarter_of_the_bars_are_refused(case: Any) -> None:
    with pytest.raises(ConfigError, match=r"null.block_bars: .* got 400. Choose null.block_bars=378 or less"):
        foreseen(session_with(case, {"block_bars": 400}), case.objective)


def session_with(case: Any, null: dict[str, Any]) -> Any:
    """Its session with another null search."""
    config = case.config
    return replace(case.session, config=replace(config, null=replace(config.null, **null)))


def test_a_purge_that_eats_it_leaves_it_closed(case: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinejax.judge.outside.longest_hold", lambda engine, params: 10_000)
    with pytest.raises(NotEnough, match="a purge of 10000 bars leaves nothing of the 648 bars that are kept back"):
        holdout(case)
    assert n_stored(tmp_path) == 0


def test_without_one_it_is_nothing(tmp_path: Path) -> None:
    assert holdout(case_on(tmp_path)) == {"method": "none"}


def test_it_goes_with_folds_in_the_objective(tmp_path: Path) -> None:
    case = case_on(tmp_path, validation={"method": "purged_kfold", "k": 3, "holdout": 0.3}, verdict=VERDICT)
    found = holdout(case)
    whole = case.engine.whole.evaluate([case.chosen.complete])[0]
    assert found["in_sample"]["value"] == pytest.approx(float(np.mean(whole.metrics["sharpe"])), rel=1e-12)
    assert found["probability"] is not None and found["openings"]["n"] == 1
