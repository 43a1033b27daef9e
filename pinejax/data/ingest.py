"""From files to datasets in the store: read, check, merge, write. All or nothing: a refused file leaves the store as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from pinejax.core.clock import zone_of
from pinejax.core.session import Session
from pinejax.core.timeframe import Timeframe
from pinejax.data.currency import quote_currency
from pinejax.data.filenames import names_from
from pinejax.data.frame import VALUES, iso
from pinejax.data.grid import require_gridded
from pinejax.data.importers import read_table
from pinejax.data.manifest import DEFAULT_LOT_STEP, Manifest, Source, describe
from pinejax.data.quality import Quality
from pinejax.data.store import Store
from pinejax.data.ticks import infer_tick_size
from pinejax.data.validate import checked_bars
from pinejax.errors import ConfigError, DataError

_SHOWN = 5
_FEWEST_TO_INFER = 3


@dataclass(frozen=True)
class ImportOptions:
    """What the user gives for all files; None: from the file's name or content. replace: forget what is stored instead of merging."""

    symbol: str | None = None
    timeframe: Timeframe | None = None
    tick_size: float | None = None
    lot_step: float | None = None
    currency: str | None = None
    zone: str | None = None
    session: str | None = None
    point_value: float | None = None
    replace: bool = False


@dataclass(frozen=True)
class Imported:
    """What an import did to one dataset: n_added bars that were not stored before."""

    manifest: Manifest
    outcome: Literal["new", "extended", "replaced", "unchanged"]
    n_added: int


@dataclass(frozen=True, eq=False)
class _Part:
    """One file's bars and where they belong."""

    symbol: str
    timeframe: Timeframe
    bars: pl.DataFrame
    source: Source


def import_files(root: str | Path, files: Sequence[str | Path], options: ImportOptions | None = None) -> list[Imported]:
    """Import files into the store under `root` (made if needed); files of one symbol and timeframe are merged.

    Bars already stored stay and are merged with; importing a file again changes nothing. Errors: DataError for a file that cannot be
    read or has bad rows, a symbol that is not known, a timeframe that the bars contradict, or two files that differ on a bar.
    """
    options = options or ImportOptions()
    _check_options(options)
    store = Store(Path(root).expanduser())
    groups: dict[tuple[str, Timeframe], list[_Part]] = {}
    for file in files:
        part = _read_part(Path(file), options)
        groups.setdefault((part.symbol, part.timeframe), []).append(part)
    merged = [_merge(store, parts, options) for _, parts in sorted(groups.items(), key=lambda item: item[0])]
    for bars, imported in merged:
        if imported.outcome != "unchanged":
            store.write(bars, imported.manifest)
    return [imported for _, imported in merged]


def new_manifest(
    symbol: str, timeframe: Timeframe, bars: pl.DataFrame, sources: tuple[Source, ...], *, synthetic: bool = False
) -> Manifest:
    """The manifest of bars: measured quality, inferred tick size and currency, default lot step."""
    blank = Manifest(
        symbol=symbol,
        timeframe=str(timeframe),
        n_rows=0,
        first="",
        last="",
        n_duplicates=sum(source.n_rows for source in sources) - len(bars),
        quality=Quality(0, 0, 0, 0, 0),
        has_volume=True,
        tick_size=infer_tick_size(bars),
        tick_size_given=False,
        lot_step=DEFAULT_LOT_STEP,
        synthetic=synthetic,
        content_hash="",
        sources=sources,
        currency="" if synthetic else quote_currency(symbol),
    )
    return describe(bars, blank)


def infer_timeframe(time: np.ndarray, name: str) -> Timeframe:
    """The most common spacing of bars. Errors: DataError with fewer than three bars, or a spacing that is no timeframe."""
    if len(time) < _FEWEST_TO_INFER:
        raise DataError(f"{name}: {len(time)} bars are too few to tell the timeframe from. Give --timeframe.")
    spacing = _common_spacing(time)
    if spacing % 1_000:
        raise DataError(f"{name}: most bars are {spacing} ms apart, which is no timeframe. Give --timeframe.")
    return Timeframe(spacing // 1_000)


def _check_options(options: ImportOptions) -> None:
    for flag, value in (("--tick-size", options.tick_size), ("--lot-step", options.lot_step), ("--point-value", options.point_value)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise DataError(f"{flag}: expected a number above zero, got {value}.")
    if options.symbol is not None and not options.symbol.strip():
        raise DataError("--symbol: expected a name such as BTCUSDT, got nothing.")
    for flag, check, text in (("--zone", zone_of, options.zone), ("--session", Session.parse, options.session)):
        try:
            _ = text is None or check(text)
        except ConfigError as error:
            raise DataError(f"{flag}: {error}") from None


def _common_spacing(time: np.ndarray) -> int:
    steps, counts = np.unique(np.diff(time), return_counts=True)
    return int(steps[np.argmax(counts)])


def _read_part(path: Path, options: ImportOptions) -> _Part:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Check the path.") from None
    naming = names_from(path) if options.symbol is None or options.timeframe is None else None
    table = read_table(path, content)
    bars = checked_bars(table)
    symbol = options.symbol or (naming and naming.symbol)
    if not symbol:
        raise DataError(f"{path.name}: its name does not tell the symbol (as BTCUSDT_5m.csv would). Give --symbol.")
    time = bars["time"].to_numpy()
    timeframe = options.timeframe or (naming and naming.timeframe) or infer_timeframe(time, path.name)
    _check_spacing(time, require_gridded(timeframe), path.name)
    return _Part(symbol, timeframe, bars, Source(path.name, hashlib.sha256(content).hexdigest(), len(table.frame)))


def _check_spacing(time: np.ndarray, timeframe: Timeframe, name: str) -> None:
    """Errors: DataError where the bars are plainly of another timeframe: closer together, or never this close."""
    if len(time) < _FEWEST_TO_INFER:
        return
    common = _common_spacing(time)
    if common < timeframe.ms or not (np.diff(time) == timeframe.ms).any():
        raise DataError(f"{name}: expected {timeframe} bars, but most are {Timeframe(max(1, common // 1_000))} apart. Give --timeframe.")


def _merge(store: Store, parts: list[_Part], options: ImportOptions) -> tuple[pl.DataFrame, Imported]:
    symbol, timeframe = parts[0].symbol, parts[0].timeframe
    store.require_free(symbol)
    is_stored = store.manifest_path(symbol, timeframe).exists()
    old = store.manifest(symbol, timeframe) if is_stored and not options.replace else None
    if old and old.synthetic:
        raise DataError(f"{symbol} {timeframe}: the stored bars are synthetic. Give another --symbol or --root, or --replace them.")
    sources: dict[str, Source] = {}
    for source in (*(old.sources if old else ()), *(part.source for part in parts)):
        sources.setdefault(source.sha256, source)
    tables = [("the stored bars", store.load(symbol, timeframe))] if old else []
    bars = union([*tables, *((part.source.name, part.bars) for part in parts)], f"{symbol} {timeframe}")
    manifest = _with_steps(new_manifest(symbol, timeframe, bars, tuple(sources.values())), old, options)
    if old is None:
        outcome = "replaced" if is_stored else "new"
    else:
        outcome = "unchanged" if manifest == old else "extended"
    return bars, Imported(manifest, outcome, len(bars) - (old.n_rows if old else 0))


def _with_steps(manifest: Manifest, old: Manifest | None, options: ImportOptions) -> Manifest:
    lot_step = options.lot_step or (old.lot_step if old else manifest.lot_step)
    manifest = replace(manifest, **{name: _kept(name, manifest, old, options) for name in ("currency", "zone", "session", "point_value")})
    if options.tick_size is not None:
        return replace(manifest, tick_size=float(options.tick_size), tick_size_given=True, lot_step=float(lot_step))
    if old and old.tick_size_given:
        return replace(manifest, tick_size=old.tick_size, tick_size_given=True, lot_step=float(lot_step))
    return replace(manifest, lot_step=float(lot_step))


def _kept(name: str, manifest: Manifest, old: Manifest | None, options: ImportOptions) -> str | float:
    """What is given now, else what was stored, else what the import makes out by itself."""
    given, stored = getattr(options, name), getattr(old, name) if old else None
    return given if given is not None else stored or getattr(manifest, name)


def union(tables: Sequence[tuple[str, pl.DataFrame]], name: str) -> pl.DataFrame:
    """The bars of all tables in time order, each once.

    tables: (what messages call it, bars). Errors: DataError where two tables have a bar of the same time with other values.
    """
    labelled = [bars.with_columns(table=pl.lit(i, dtype=pl.Int32)) for i, (_, bars) in enumerate(tables)]
    together = pl.concat(labelled).sort("time", "table")
    unique = together.unique(subset=["time", *VALUES], keep="first", maintain_order=True)
    clashes = unique.filter(pl.col("time").is_duplicated())
    if not clashes.is_empty():
        times = clashes["time"].unique(maintain_order=True)
        labels = [tables[i][0] for i in clashes.filter(pl.col("time") == times[0])["table"]]
        shown = ", ".join(iso(time) for time in times.head(_SHOWN)) + (", ..." if len(times) > _SHOWN else "")
        raise DataError(
            f"{name}: {' and '.join(labels)} have other values for the same {len(times)} bars ({shown}); nothing was imported. "
            f"Import the better file alone, with --replace if there are stored bars."
        )
    return unique.drop("table")
