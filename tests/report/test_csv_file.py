from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pinejax.report.csv_file import as_text, write_csv


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(1)", "\t=1", "-", "+DI"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str, tmp_path: Path):
    assert as_text(text) == f"'{text}"
    write_csv(tmp_path / "x.csv", pl.DataFrame({"symbol": [text, "BTC", None], "n": [-1, 2, 3]}))
    assert pl.read_csv(tmp_path / "x.csv").rows() == [(f"'{text}", -1), ("BTC", 2), (None, 3)]


@pytest.mark.parametrize("text", ["-1", "+2.5", "-1e-05", "BINANCE:BTCUSDT.P", "1+1", "<script>", "", ".5"])
def test_numbers_and_other_texts_stay_as_they_are(text: str):
    assert as_text(text) == text
