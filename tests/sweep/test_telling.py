from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pinejax.config import Config
from pinejax.core.timeframe import TimeframePair
from pinejax.report.naming import Names
from pinejax.report.sweep_rows import SweepRow
from pinejax.sweep.combinations import Chosen, Combination
from pinejax.sweep.record import Record, Standing
from pinejax.sweep.telling import AGAIN_S, Teller

PAIR = TimeframePair.parse("1h")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Three combinations that wait."""
    names = Names.of(("A",), (PAIR,))
    chosen = [Chosen((), (("timeframe", text),)) for text in ("1h", "2h", "4h")]
    return Record(tmp_path, [Combination(i, one, Config("x", ("A",), PAIR), names, f"run_{i}", None) for i, one in enumerate(chosen)], {})


@pytest.fixture
def teller(record: Record, now: list[float]) -> Teller:
    return Teller(record, lambda: now[0], lambda: NOON)


def row(index: int, value: float | None, objective: str = "sharpe", **more: object) -> SweepRow:
    return SweepRow(index, "A", PAIR, objective=objective if value is not None else "", value=value, **more)


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("2026-01-31T12:00:00Z  ") for line in lines)
    return [line[22:] for line in lines]


def test_what_begins_and_ends_is_told_once(record, teller, now, capsys):
    record.standing[:2] = Standing("running"), Standing("running")
    teller.tell([])
    assert said(capsys) == ["[1/3] timeframe=1h: running", "[2/3] timeframe=2h: running"]
    now[0] = 30.0
    record.standing[0], record.standing[1] = Standing("done"), Standing("failed", "no bars")
    rows = [row(0, 0.5, n_trials=512, seconds=29.0), row(1, None), row(2, None)]
    teller.tell(rows)
    assert said(capsys) == [
        "[1/3] timeframe=1h: done, sharpe = 0.5, 512 trials, 29s",
        "[2/3] timeframe=2h: failed, no bars",
        "sweep: 2 of 3 ended (1 failed); best sharpe = 0.5: timeframe=1h; 30s gone, about 15s left",
    ]
    teller.tell(rows)
    assert said(capsys) == []


def test_a_sweep_in_which_nothing_ends_says_now_and_then_that_it_is_alive(record, teller, now, capsys):
    record.standing[:2] = Standing("running"), Standing("running")
    teller.tell([])
    said(capsys)
    now[0] = AGAIN_S - 1
    teller.tell([])
    assert said(capsys) == []
    now[0] = AGAIN_S + 1
    teller.tell([])
    assert said(capsys) == ["sweep: 0 of 3 ended, 2 running; 1m01s gone"]


def test_values_of_different_objectives_have_no_best(record, teller):
    assert "best" not in teller.summary([row(0, 0.5), row(1, 7.0, "net_profit")])
    assert "best sharpe = 0.7: timeframe=2h" in teller.summary([row(0, 0.5), row(1, 0.7)])
    assert "best sharpe = 0.5: timeframe=1h" in teller.summary([row(0, 0.5, better="minimize"), row(1, 0.7, better="minimize")])
