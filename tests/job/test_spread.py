"""Datasets over processes: the results are those of one process, and what goes wrong in a process is said in the parent."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_run import MINE

from pinejax.config import Config, SearchChoices
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.errors import ConfigError
from pinejax.job.division import divided
from pinejax.job.session import Session, prepare
from pinejax.job.spread import SpreadEvaluator, dealt, evaluator_of, with_jobs
from pinejax.selection.config import ValidationConfig


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "mine.py").write_text(MINE)
    return prepare(Config(f"{tmp_path / 'mine.py'}:Mine", (), TimeframePair.parse("1h@4h"), engine=EngineConfig(n_segments=3)))


def test_processes_find_what_one_process_finds_with_and_without_a_pruner(session: Session):
    engine = session.engine(4)
    batch = [session.space.complete({"fast": n, "slow": 30 + n}) for n in (3, 5, 8, 13)]
    asked: list[tuple] = []

    def keep(segment: int, trials: np.ndarray, metrics: dict) -> np.ndarray:
        asked.append((segment, trials.tolist(), metrics["net_profit"].tolist()))
        return trials != segment

    with SpreadEvaluator(session, engine, 4, 2) as spread:
        assert spread.datasets == engine.datasets and len(engine.datasets) == 3
        for kept in (None, keep):
            before = engine.timings.lane_bars
            theirs = spread.evaluate(batch, kept)
            between, seen = engine.timings.lane_bars, list(asked)
            asked.clear()
            mine = engine.evaluate(batch, kept)
            assert between - before == engine.timings.lane_bars - between > 0 and seen == asked
            for a, b in zip(mine, theirs, strict=True):
                assert a.pruned_at == b.pruned_at and a.status.tolist() == b.status.tolist()
                for name in a.metrics:
                    np.testing.assert_array_equal(a.metrics[name], b.metrics[name])
            asked.clear()


@pytest.mark.slow
def test_processes_run_the_parts_of_their_feeds_without_what_is_held_out(session: Session):
    chosen = ValidationConfig(method="purged_kfold", k=3, holdout=0.2)
    parted = divided(replace(session, config=replace(session.config, validation=chosen)))
    engine = parted.engine(4)
    batch = [session.space.complete({"fast": n, "slow": 30 + n}) for n in (3, 5, 8, 13)]
    with SpreadEvaluator(parted, engine, 4, 2) as spread:
        assert spread.datasets == engine.datasets == tuple(row.name for row in parted.datasets) and spread.n_segments == 3
        for kept in (None, lambda step, trials, metrics: trials + metrics["n_trades"].shape[1] != 7):
            for a, b in zip(engine.evaluate(batch, kept), spread.evaluate(batch, kept), strict=True):
                assert a.pruned_at == b.pruned_at and a.status.tolist() == b.status.tolist()
                for name in a.metrics:
                    np.testing.assert_array_equal(a.metrics[name], b.metrics[name])


def test_a_process_that_dies_is_named_and_the_others_end(session: Session):
    with SpreadEvaluator(session, session.engine(1), 1, 3) as spread:
        first, *others = spread._parts
        os.kill(first.process.pid or 0, signal.SIGKILL)
        with pytest.raises(RuntimeError, match=r"dataset_executor=process ended with exit code -9"):
            spread.evaluate([session.space.complete({})])
    assert not any(part.process.is_alive() for part in others)


def test_a_mistake_that_only_a_process_meets_comes_back_as_itself(session: Session):
    engine = session.engine(1)
    broken = replace(session, config=replace(session.config, params={"fast": 99}))
    with pytest.raises(Exception, match="fast"):
        SpreadEvaluator(broken, engine, 1, 2)


def test_datasets_are_dealt_by_their_bars():
    assert dealt([10, 40, 20, 20], 2) == [[0, 1], [2, 3]]
    assert dealt([5, 5], 8) == [[0], [1]]


def test_jobs_of_threads_are_the_engines_threads(session: Session):
    config = replace(session.config, search=SearchChoices(dataset_jobs=3))
    assert with_jobs(config).engine.n_threads == 3
    with pytest.raises(ConfigError, match="Give one of the two"):
        with_jobs(replace(config, engine=EngineConfig(n_threads=2)))
    engine = session.engine(1)
    with evaluator_of(session, engine, 1) as evaluator:
        assert evaluator is engine
