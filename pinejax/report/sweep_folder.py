"""The tables of a sweep as files, each whole or absent. When to write them is the sweep's business."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pinejax.report.atomic import write_atomically, write_text
from pinejax.report.csv_file import write_csv
from pinejax.report.folder import SYNTHETIC_NOTE
from pinejax.report.heatmap import heatmap_svg
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import rankings_table, results_table, summary_table


def write_sweep(folder: Path, rows: Sequence[SweepRow]) -> None:
    """results.csv and .parquet; results_timeframe_summary.csv, results_timeframe_rankings.csv and heatmap.svg once there is a value."""
    results = results_table(rows)
    write_csv(folder / "results.csv", results)
    write_atomically(folder / "results.parquet", results.write_parquet)
    if any(row.value is not None for row in rows):
        write_csv(folder / "results_timeframe_summary.csv", summary_table(rows))
        write_csv(folder / "results_timeframe_rankings.csv", rankings_table(rows))
        note = f"SYNTHETIC: {SYNTHETIC_NOTE}" if any(row.synthetic for row in rows) else ""
        write_text(folder / "heatmap.svg", heatmap_svg(rows, note))
