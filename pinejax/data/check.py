"""Whether what is stored is still good: files readable, bars as described, and what is odd about them. Repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import PRICES
from pinejax.data.manifest import Manifest, describe, read_manifest
from pinejax.data.store import Store
from pinejax.errors import DataError


@dataclass(frozen=True)
class Finding:
    """One thing found in one dataset. An error makes the data unusable; a warning is for the user to judge."""

    level: Literal["ok", "warning", "error"]
    dataset: str
    text: str


def check_store(store: Store) -> list[Finding]:
    """Look at every dataset; at least one finding for each, in the order of their files."""
    findings: list[Finding] = []
    for path in sorted(store.root.glob("*/*.json")):
        try:
            manifest = read_manifest(path)
            findings += check_dataset(store, manifest)
        except DataError as error:
            findings.append(Finding("error", f"{path.parent.name}/{path.stem}", str(error)))
    for path in sorted(store.root.glob("*/*.parquet")):
        if not path.with_suffix(".json").exists():
            name = f"{path.parent.name}/{path.name}"
            findings.append(Finding("error", name, "a Parquet file without a manifest, so nobody reads it. Import it, or remove it."))
    return findings


def check_dataset(store: Store, manifest: Manifest) -> list[Finding]:
    """Findings for one dataset; a single `ok` where nothing is to be said. Errors: DataError where it cannot be loaded."""
    name = f"{manifest.symbol} {manifest.timeframe}"
    frame = store.load(manifest.symbol, Timeframe.parse(manifest.timeframe))
    errors = [Finding("error", name, text) for text in _errors(frame, manifest)]
    return errors or _warnings(name, manifest) or [Finding("ok", name, f"{manifest.n_rows:,} bars")]


def _errors(frame: pl.DataFrame, manifest: Manifest) -> list[str]:
    if frame.is_empty():
        return ["no bars"]
    errors = []
    if not bool((frame["time"].diff().drop_nulls() > 0).all()):
        errors.append("times are not strictly increasing")
    prices = frame.select(PRICES)
    n_bad = prices.select((~pl.all_horizontal((pl.all().is_finite() & (pl.all() > 0)).fill_null(False))).sum()).item()
    if n_bad:
        errors.append(f"{n_bad} bars with prices that are not finite and above zero")
    if errors:
        return errors
    now = describe(frame, manifest)
    if now.quality.n_ohlc_order:
        errors.append(f"{now.quality.n_ohlc_order} bars whose high is not the highest or low not the lowest price")
    if now != manifest:
        errors.append("its manifest does not describe these bars. Import its sources again, with --replace")
    return errors


def _warnings(name: str, manifest: Manifest) -> list[Finding]:
    quality, texts = manifest.quality, []
    if quality.n_gaps:
        longest = quality.gaps[0]
        worst = f"the longest: {longest.n_bars} after {longest.after} UTC"
        texts.append(f"gaps: {quality.n_gaps}, bars missing: {quality.n_missing_bars}, never filled; {worst}")
    if quality.n_off_grid:
        texts.append(f"bars that open off the {manifest.timeframe} grid: {quality.n_off_grid}")
    if quality.n_jumps:
        largest = quality.jumps[0]
        texts.append(f"jumps: {quality.n_jumps}; the largest: {largest.move_rate:.1%} at {largest.at} UTC")
    if not manifest.has_volume:
        texts.append("no volume (NaN)")
    return [Finding("warning", name, text) for text in texts]
