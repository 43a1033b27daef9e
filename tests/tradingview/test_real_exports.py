"""TradingView's own exports, as they are and rewritten as other settings would have written them: the same trades on the same bars"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import DataError
from pinejax.tradingview.export import read_export
from pinejax.tradingview.match import their_key
from pinejax.tradingview.place import Placed, place
from tests.parity.replay import BARS, RATES, TRADES, missing_inputs

pytestmark = pytest.mark.skipif(bool(missing_inputs()), reason=missing_inputs())

ROOT = Path(__file__).resolve().parents[2]
NAME = "mtf-daily-ema26-warmup-01.csv"
LAST_MS = 1_777_600_000_000


@cache
def feed() -> Feed:
    table = np.loadtxt(BARS, delimiter=",", skiprows=1)
    bars = Bars(table[:, 0].astype(np.int64), *(np.ascontiguousarray(table[:, i]) for i in range(1, 6)))
    return Feed("ETHUSDT.P", TimeframePair.parse("15m"), bars, bars, np.ones(len(bars), bool), Instrument())


def rows_of(name: str = NAME) -> list[list[str]]:
    with (TRADES / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def placed(path: Path, **how: str) -> Placed:
    return place(read_export(path), feed(), **how)[0]


def keys(found: Placed) -> list:
    return [their_key(t, feed().instrument, LAST_MS) for t in found.trades]


def rewrite(
    path: Path, cell: Callable[[str], str] = str, date: Callable[[datetime], str] = lambda t: f"{t:%Y-%m-%d %H:%M}", *,
    separator: str = ",", encoding: str = "utf-8",
) -> Path:  # fmt: skip
    """The export with every number and every date written another way."""
    header, *rest = rows_of()
    out = [header]
    for row in rest:
        out.append([*row[:2], date(datetime.fromisoformat(row[2])), row[3], *map(cell, row[4:])])
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(out)
    return path


def in_zone(name: str) -> Callable[[datetime], str]:
    """From the exports' UTC+8 to a zone's clock."""
    return lambda t: f"{t.replace(tzinfo=ZoneInfo('Asia/Shanghai')).astimezone(ZoneInfo(name)):%d/%m/%Y %I:%M %p}"


@pytest.mark.parametrize("path", sorted(TRADES.glob("*.csv")) if TRADES.exists() else [], ids=lambda p: p.stem)
@pytest.mark.slow
def test_every_export_lies_on_the_bars_in_utc_plus_8(path: Path) -> None:
    found = placed(path)
    assert found.zone.name == "UTC+8"
    assert found.n_fit == found.n_fills
    assert found.n_outside == 0


@pytest.mark.parametrize(
    ("how", "zone"),
    [
        ({}, "UTC+8"),
        ({"cell": lambda c: c.replace(".", ","), "separator": ";"}, "UTC+8"),
        ({"cell": lambda c: c.replace("-", "\u2212"), "separator": "\t", "encoding": "utf-16"}, "UTC+8"),
        ({"date": in_zone("America/New_York")}, "America/New_York"),
        ({"date": lambda t: f"{t - timedelta(hours=2.5):%d.%m.%Y %H:%M}", "cell": lambda c: c.replace(".", ",")}, "UTC+5:30"),
    ],
    ids=["as it is", "decimal comma", "utf-16", "New York", "Kolkata"],
)
def test_an_export_rewritten_is_the_same_list(how: dict, zone: str, tmp_path: Path) -> None:
    original, other = placed(TRADES / NAME), placed(rewrite(tmp_path / "other.csv", **how))
    assert keys(other) == keys(original)
    assert len(keys(original)) == 31
    assert other.zone.name == zone


def test_the_same_list_of_another_symbol_is_refused(tmp_path: Path) -> None:
    def other_price(cell: str) -> str:
        return f"{float(cell) * 17.3:.2f}"

    with pytest.raises(DataError, match=r"typically 1\S* times our price"):
        placed(rewrite(tmp_path / "other.csv", other_price))


COMMAND = ("-m", "pinejax.backtest", "symbol=ETHUSDT.P", "strategy=tests/parity/probes/signals.py:TaRsi14Cross50", "timeframe=15m")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        ((), 0, ("All 4690 trades agree", "data.start was not given", "2025-03-31 00:00 UTC agrees best", "chart zone UTC+8, guessed")),
        (("data.start=2025-03-31", f"data.rates={RATES}"), 0, ("All 4690 trades agree",)),
        (("data.start=2025-03-31", "broker.process_orders_on_close=true"), 1, ("broker.process_orders_on_close=false",)),
        (("data.start=2025-03-20",), 1, ("Another start: from", "The first that differs")),
    ],
)
def test_command_line_compares_a_real_export(typed: tuple[str, ...], code: int, said: tuple[str, ...], tmp_path: Path) -> None:
    python = [sys.executable, "-m", "pinejax.data", "import", str(BARS), "--root", str(tmp_path / "store"), "--symbol", "ETHUSDT.P"]
    subprocess.run([*python, "--timeframe", "15m", "--tick-size", "0.01"], check=True, cwd=ROOT, capture_output=True)
    words = [
        *COMMAND,
        f"data.root={tmp_path / 'store'}",
        f"compare={TRADES / 'ta-rsi14-cross-50-01.csv'}",
        f"hydra.run.dir={tmp_path / 'out'}",
    ]
    done = subprocess.run([sys.executable, *words, *typed], check=False, cwd=ROOT, capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == code, done.stderr
    assert all(words in done.stdout for words in said), done.stdout
    if code == 0:
        assert ("Money differs" in done.stdout) == (not any("data.rates" in word for word in typed))
