"""pinejax.data.findings, .expected"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pinejax.core.feed import Instrument
from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.expected import is_open
from pinejax.data.findings import Finding, look_at
from pinejax.data.frame import to_bars
from pinejax.data.ingest import import_files
from pinejax.errors import DataError

M5, M30, D1 = (Timeframe.parse(text) for text in ("5m", "30m", "1D"))
FRIDAY_MS = 1_704_412_800_000  # 2024-01-05 00:00 UTC
NEW_YORK = Instrument(zone="America/New_York", session="0930-1600:23456")


def kinds(findings: list[Finding]) -> dict[str, int]:
    return {finding.kind: finding.n for finding in findings}


def only(findings: list[Finding], kind: str) -> Finding:
    (found,) = (finding for finding in findings if finding.kind == kind)
    return found


def within(bars: pl.DataFrame, instrument: Instrument, timeframe: Timeframe, exchange: str | None = None) -> pl.DataFrame:
    return bars.filter(pl.Series(is_open(bars["time"].to_numpy(), timeframe, instrument.session, instrument.zone, exchange)))


def test_sound_bars_have_no_findings(make_bars) -> None:
    assert look_at(to_bars(make_bars(500)), M5, "X") == []


def test_nights_and_weekends_are_no_gaps_of_a_session(make_bars) -> None:
    bars = within(make_bars(10 * 48, minutes=30, start_ms=FRIDAY_MS), NEW_YORK, M30)
    assert len(bars) == 13 * 6
    assert "gaps" in kinds(look_at(to_bars(bars), M30, "X"))
    assert look_at(to_bars(bars), M30, "X", NEW_YORK) == []
    holed = bars.filter(~pl.int_range(len(bars)).is_in([20, 21, 22, 40]))
    gaps = only(look_at(to_bars(holed), M30, "X", NEW_YORK), "gaps")
    assert (gaps.n, gaps.level, [worst.size for worst in gaps.worst]) == (4, "warning", [3.0, 1.0])


def test_bars_outside_the_session_are_found(make_bars) -> None:
    bars = make_bars(48, minutes=30, start_ms=FRIDAY_MS)
    assert only(look_at(to_bars(bars), M30, "X", NEW_YORK), "outside_session").n == 48 - 13


def test_holidays_and_short_days_of_an_exchange_are_no_gaps(make_bars) -> None:
    """New York: closed on 2024-07-04, until 13:00 on the day before."""
    start_ms = 1_719_792_000_000  # 2024-07-01
    bars = within(make_bars(7 * 48, minutes=30, start_ms=start_ms), NEW_YORK, M30, "XNYS")
    assert len(bars) == 13 + 13 + 7 + 13
    assert look_at(to_bars(bars), M30, "X", NEW_YORK, "XNYS") == []
    assert only(look_at(to_bars(bars), M30, "X", NEW_YORK), "gaps").n == 6 + 13
    days = within(make_bars(14, minutes=1440, start_ms=start_ms), NEW_YORK, D1, "XNYS")
    assert len(days) == 9
    assert look_at(to_bars(days), D1, "X", NEW_YORK, "XNYS") == []


def test_lunch_breaks_are_closed(make_bars) -> None:
    bars = make_bars(48, minutes=30, start_ms=1_719_792_000_000)
    assert len(within(bars, Instrument(), M30, "XHKG")) == 0, "2024-07-01 is a holiday in Hong Kong"
    tuesday = make_bars(48, minutes=30, start_ms=1_719_792_000_000 + 86_400_000)
    assert len(within(tuesday, Instrument(), M30, "XHKG")) == 11


def test_an_unknown_exchange_is_refused(make_bars) -> None:
    with pytest.raises(DataError, match="expected an exchange of exchange-calendars such as XNYS or XLON, got 'WALL STREET'"):
        look_at(to_bars(make_bars(skip=[3])), M5, "X", exchange="WALL STREET")


def test_a_split_is_told_from_a_jump(make_bars) -> None:
    prices = ["open", "high", "low", "close"]
    split = make_bars(200).with_columns(pl.when(pl.int_range(200) >= 120).then(pl.col(prices) / 4).otherwise(pl.col(prices)))
    found = kinds(look_at(to_bars(split), M5, "X"))
    assert found["splits"] == 1 and "jumps" not in found
    assert only(look_at(to_bars(split), M5, "X"), "splits").worst[0].at == "2024-01-01 10:00"
    jump = make_bars(200).with_columns(pl.when(pl.int_range(200) >= 120).then(pl.col(prices) * 1.27).otherwise(pl.col(prices)))
    found = kinds(look_at(to_bars(jump), M5, "X"))
    assert found["jumps"] == 1 and "splits" not in found


@pytest.mark.parametrize("column", ["high", "low"])
def test_a_bad_tick_is_an_outlier_and_a_move_that_stays_is_not(make_bars, column: str) -> None:
    spiked = make_bars(500).with_columns(
        pl.when(pl.int_range(500) == 77).then(pl.col(column) * (1.3 if column == "high" else 0.7)).otherwise(column).alias(column)
    )
    outliers = only(look_at(to_bars(spiked), M5, "X"), "outliers")
    assert (outliers.n, outliers.worst[0].at) == (1, "2024-01-01 06:25")
    prices = ["open", "high", "low", "close"]
    moved = make_bars(500).with_columns(pl.when(pl.int_range(500) >= 77).then(pl.col(prices) * 1.3).otherwise(pl.col(prices)))
    assert "outliers" not in kinds(look_at(to_bars(moved), M5, "X"))


def test_stale_runs_are_found_with_their_lengths(make_bars) -> None:
    columns = {
        name: pl.when(pl.int_range(200).is_between(50, 99)).then(100.0).otherwise(pl.col(name)) for name in ("open", "high", "low", "close")
    }
    stale = only(look_at(to_bars(make_bars(200).with_columns(**columns)), M5, "X"), "stale")
    assert stale.worst[0].size in (49.0, 50.0) and stale.n == stale.worst[0].size


def test_volume_holes_are_moves_without_volume(make_bars) -> None:
    bars = make_bars(100)
    zero = bars.with_columns(volume=pl.when(pl.int_range(100).is_between(10, 14)).then(0.0).otherwise("volume"))
    n = int((bars["high"] > bars["low"])[10:15].sum())
    assert only(look_at(to_bars(zero), M5, "X"), "volume_holes").n == n > 0
    nan = bars.with_columns(volume=pl.when(pl.int_range(100) < 3).then(float("nan")).otherwise("volume"))
    assert only(look_at(to_bars(nan), M5, "X"), "volume_holes").n == 3
    assert kinds(look_at(to_bars(bars.with_columns(volume=pl.lit(float("nan")))), M5, "X")) == {"no_volume": 100}


@pytest.mark.parametrize(("value", "kind"), [(0.0, "prices"), (-1.0, "prices"), (np.nan, "prices")])
def test_zero_and_negative_prices_are_errors(make_bars, value: float, kind: str) -> None:
    bars = make_bars(60).with_columns(low=pl.when(pl.int_range(60) == 7).then(value).otherwise("low"))
    (finding,) = look_at(to_bars(bars), M5, "X")
    assert (finding.level, finding.kind, finding.n, finding.worst[0].at) == ("error", kind, 1, "2024-01-01 00:35")


def test_duplicates_are_errors(make_bars) -> None:
    bars = pl.concat([make_bars(10), make_bars(10)]).sort("time")
    assert "10 of them duplicates" in look_at(to_bars(bars), M5, "X")[0].text


def test_findings_as_json_and_the_exit_codes(tmp_path: Path, csv_file, make_bars, capsys) -> None:
    root = tmp_path / "store"
    import_files(root, [csv_file("X_5m.csv", make_bars(100, skip=[5, 6]))])
    assert main(["check", str(root), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["levels"] == {"warning": 1}
    assert told["findings"][0]["worst"] == [{"at": "2024-01-01 00:25", "size": 2.0}]
    assert main(["check", str(root), "--strict"]) == 1
    (root / "symbols.yaml").write_text("instruments: {X: {accept: gaps}}")
    assert main(["check", str(root), "--strict"]) == 0
    assert "note     X 5m: gaps: 1" in capsys.readouterr().out


def test_without_the_extra_a_calendar_says_what_to_install(make_bars, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(DataError, match=r"it needs exchange-calendars\. Install it: pip install 'pinejax\[calendars\]'"):
        look_at(to_bars(make_bars(skip=[3])), M5, "X", exchange="XNYS")
