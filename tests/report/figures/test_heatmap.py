from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pinejax.core.timeframe import TimeframePair
from pinejax.report.figures.heatmap import MOST_PANELS, heatmap, heatmap_png
from pinejax.report.sweep_folder import write_heatmap
from pinejax.report.sweep_rows import SweepRow


def row(index: int, symbol: str, pair: str, value: float | None, **more) -> SweepRow:
    known = {"objective": "sharpe" if value is not None else "", "state": "done" if value is not None else "failed", **more}
    return SweepRow(index, symbol, TimeframePair.parse(pair), value=value, **known)


ROWS = [
    row(0, "A", "15m@1h", 1.0, deflated_sharpe=0.97, outside={"holdout": 0.4}),
    row(1, "A", "15m@4h", 3.0, deflated_sharpe=0.3, outside={"holdout": -1.5}),
    row(2, "B", "15m@1h", 2.0),
    row(3, "B", "15m@4h", None),
]


def words(rows: list[SweepRow], note: str = "") -> str:
    figure = heatmap(rows, note)
    texts = [text for axes in figure.axes for text in axes.texts] + list(figure.texts)
    return " | ".join(text.get_text() for text in texts)


def hatches(rows: list[SweepRow]) -> list[str]:
    return [patch.get_hatch() for axes in heatmap(rows).axes for patch in axes.patches if patch.get_hatch()]


def test_a_cell_says_the_deflated_score_and_the_values_out_of_and_in_sample():
    said = words(ROWS, "SYNTHETIC: made up")
    for text in ("A", "B", "0.97", "out 0.4  in 1", "0.30", "out -1.5  in 3", "✗ failed", "SYNTHETIC: made up", "sharpe on the holdout"):
        assert text in said
    assert len(hatches(ROWS)) == 1  # B has nothing out of sample


def test_a_broken_gate_is_said_in_words_and_its_penalty_has_no_part_in_the_colours():
    said = words([row(0, "A", "15m@1h", 1.0), row(1, "A", "15m@4h", -2000.0, violation=0.8)])
    assert "broke a gate" in said and "2000" not in said and "1 to 1: sharpe" in said


def test_values_in_sample_are_hatched():
    inside = [replace(r, outside={}, deflated_sharpe=None) for r in ROWS]
    assert "sharpe in sample (hatched)" in words(inside)
    assert len(hatches(inside)) == 3


def test_the_same_rows_give_the_same_bytes_and_other_rows_others():
    first = heatmap_png(ROWS)
    assert first.startswith(b"\x89PNG") and first == heatmap_png(ROWS)
    assert first != heatmap_png([replace(ROWS[0], outside={"holdout": -0.4}), *ROWS[1:]])
    assert b"Matplotlib" not in first


@pytest.mark.parametrize("symbol", ["A$^_{$", "<script>", "비트코인", "A" * 300, ""])
def test_any_name_can_be_drawn(symbol: str):
    assert heatmap_png([replace(r, symbol=symbol, swept={"strategy": "a$b"}) for r in ROWS]).startswith(b"\x89PNG")


def test_a_large_sweep_has_its_first_panels():
    rows = [row(i, f"S{i}", "1h", float(i)) for i in range(MOST_PANELS + 5)]
    assert f"The first {MOST_PANELS} of {MOST_PANELS + 5} panels" in words(rows)


def test_without_a_value_there_is_no_picture(tmp_path: Path):
    write_heatmap(tmp_path, [ROWS[3]])
    assert not any(tmp_path.iterdir())
    write_heatmap(tmp_path, ROWS)
    assert [path.name for path in tmp_path.iterdir()] == ["heatmap.png"]


def test_nothing_loads_matplotlib_before_something_is_drawn():
    code = "import sys, pinejax, pinejax.run, pinejax.sweep.run, pinejax.report.page.build; print('matplotlib' in sys.modules)"
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert found.stdout.strip() == "False"
