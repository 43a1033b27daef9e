"""Datasets and imports in words, a line each. Not how they are found."""

from __future__ import annotations

from pinejax.data.ingest import Imported
from pinejax.data.manifest import Manifest

OK, DATA_ERRORS = 0, 1
"""Exit codes: all is well; the data are not (`check`, `verify`, an incomplete `fetch`)."""


def import_line(item: Imported) -> str:
    """What became of one dataset."""
    added = f" (+{item.n_added:,} bars: {item.changes})" if item.outcome == "extended" and item.changes else ""
    return f"{item.outcome:<9} {line(item.manifest)}{added}"


def line(manifest: Manifest) -> str:
    """One dataset on one line."""
    quality = manifest.quality
    notes = [
        f"{count(quality.n_gaps, 'gap')} ({count(quality.n_missing_bars, 'bar')} missing)" if quality.n_gaps else "no gaps",
        f"{count(manifest.n_duplicates, 'repeated row')} left out" if manifest.n_duplicates else "",
        f"{quality.n_off_grid} off grid" if quality.n_off_grid else "",
        count(quality.n_jumps, "jump") if quality.n_jumps else "",
        "" if manifest.has_volume else "no volume",
        f"tick {manifest.tick_size:g}",
        manifest.currency,
        "" if manifest.zone == "UTC" else manifest.zone,
        "" if manifest.session == "24x7" else manifest.session,
        "" if manifest.point_value == 1 else f"point value {manifest.point_value:g}",
        "SYNTHETIC" if manifest.synthetic else "",
    ]
    span = f"{manifest.first} .. {manifest.last}"
    return f"{manifest.symbol:<18} {manifest.timeframe:>4} {manifest.n_rows:>9,} bars  {span}  " + ", ".join(note for note in notes if note)


def count(n: int, noun: str) -> str:
    """`1 bar`, `2 bars`."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
