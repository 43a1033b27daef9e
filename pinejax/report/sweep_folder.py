"""The tables and the picture of a sweep as files, each whole or absent. When to write them is the sweep's business."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pinejax.report.atomic import write_atomically
from pinejax.report.csv_file import write_csv
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import rankings_table, results_table, summary_table

HEATMAP = "heatmap.png"


def write_sweep(folder: Path, rows: Sequence[SweepRow]) -> None:
    """results.csv and .parquet; results_timeframe_summary.csv and results_timeframe_rankings.csv once there is a value."""
    results = results_table(rows)
    write_csv(folder / "results.csv", results)
    write_atomically(folder / "results.parquet", results.write_parquet)
    if any(row.value is not None for row in rows):
        write_csv(folder / "results_timeframe_summary.csv", summary_table(rows))
        write_csv(folder / "results_timeframe_rankings.csv", rankings_table(rows))


def write_heatmap(folder: Path, rows: Sequence[SweepRow]) -> None:
    """heatmap.png, once there is a value. Loads matplotlib, and draws for a quarter of a second: not after every trial."""
    if not any(row.value is not None for row in rows):
        return
    from pinejax.report.figures.heatmap import heatmap_png

    note = f"SYNTHETIC: {SYNTHETIC_NOTE}" if any(row.synthetic for row in rows) else ""
    drawn = heatmap_png(rows, note)
    write_atomically(folder / HEATMAP, lambda path: path.write_bytes(drawn))
