"""pinejax.data.importers.tradingview"""

from __future__ import annotations

from pathlib import Path

from pinejax.data.importers import read_table
from pinejax.data.validate import checked_bars

NAME = Path("BINANCE_ETHUSDT.P, 15_1a2b3.csv")


def test_plots_are_ignored_whatever_they_are_called() -> None:
    head = "time,open,high,low,close,EMA,v,Close,Volume,Volume\n"
    text = head + "1735689600,10,12,9,11,,7,999,5,8\n2025-01-01T01:15:00+01:00,11,11,10,10.5,1.5,7,x,6,8\n"
    rows = checked_bars(read_table(NAME, text.encode())).rows()
    assert rows == [(1_735_689_600_000, 10.0, 12.0, 9.0, 11.0, 5.0), (1_735_690_500_000, 11.0, 11.0, 10.0, 10.5, 6.0)]


def test_an_export_without_volume_has_nan_volume_even_with_a_plot_called_v() -> None:
    text = "time,open,high,low,close,V\n1735689600,10,12,9,11,3\n1735690500,11,11,10,10.5,3\n"
    assert checked_bars(read_table(NAME, text.encode()))["volume"].is_nan().all()
