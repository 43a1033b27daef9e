"""From files to datasets in the store: read, check, merge, write. All or nothing: a refused file leaves the store as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.currency import quote_currency
from pinejax.data.manifest import DEFAULT_LOT_STEP, Manifest, Source, describe
from pinejax.data.merge import Changes, changes, union
from pinejax.data.options import ImportOptions
from pinejax.data.parts import Part, files_in, read_parts
from pinejax.data.quality import Quality
from pinejax.data.store import Store
from pinejax.data.symbols import read_symbols
from pinejax.data.ticks import infer_tick_size
from pinejax.errors import DataError


@dataclass(frozen=True)
class Imported:
    """What an import did to one dataset: n_added bars that were not stored before; changes: to bars that were."""

    manifest: Manifest
    outcome: Literal["new", "extended", "replaced", "unchanged"]
    n_added: int
    changes: Changes | None = None


def import_files(root: str | Path, files: Sequence[str | Path], options: ImportOptions | None = None) -> list[Imported]:
    """Import files, and the files of folders, into the store under `root` (made if needed).

    Files of one symbol and timeframe are merged. Bars already stored stay and are merged with; importing a file again changes nothing.
    Errors: DataError for a file that cannot be read or has bad rows, a symbol that is not known, a timeframe that the bars contradict,
    or two files that differ on a bar where `prefer` does not say which wins.
    """
    options = options or ImportOptions()
    return import_parts(Store(Path(root).expanduser()), read_files(files, options), options)


def read_files(files: Sequence[str | Path], options: ImportOptions) -> list[Part]:
    """The parts of all files, nothing stored. Errors: as `import_files`."""
    return [part for file in files_in(files) for part in read_parts(file, options)]


def import_parts(store: Store, parts: Sequence[Part], options: ImportOptions) -> list[Imported]:
    """Merge parts with what is stored and write what changed. Errors: as `import_files`."""
    known = read_symbols(store.root)
    groups: dict[tuple[str, Timeframe], list[Part]] = {}
    for part in parts:
        groups.setdefault((known.named(part.symbol), part.timeframe), []).append(part)
    merged = [_merge(store, name, of_one, options) for name, of_one in sorted(groups.items(), key=lambda item: item[0])]
    if not options.dry_run:
        store.write_all([(bars, imported.manifest) for bars, imported in merged if imported.outcome != "unchanged"])
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


def _merge(store: Store, name: tuple[str, Timeframe], parts: list[Part], options: ImportOptions) -> tuple[pl.DataFrame, Imported]:
    symbol, timeframe = name
    store.require_free(symbol)
    is_stored = store.manifest_path(symbol, timeframe).exists()
    is_merged = is_stored and not options.replace
    stored = store.load(symbol, timeframe) if is_merged else None  # First: it may put a manifest in place that waits.
    old = store.manifest(symbol, timeframe) if is_merged else None
    if old and old.synthetic:
        raise DataError(f"{symbol} {timeframe}: the stored bars are synthetic. Give another --symbol or --root, or --replace them.")
    sources: dict[str, Source] = {}
    for source in (*(old.sources if old else ()), *(part.source for part in parts)):
        sources.setdefault(source.sha256, source)
    tables = [("the stored bars", stored)] if stored is not None else []
    bars = union([*tables, *((part.source.name, part.bars) for part in parts)], f"{symbol} {timeframe}", options.prefer)
    manifest = _with_steps(new_manifest(symbol, timeframe, bars, tuple(sources.values())), old, options)
    if old is None:
        outcome = "replaced" if is_stored else "new"
    else:
        outcome = "unchanged" if manifest == old else "extended"
    changed = changes(stored, bars, [part.bars for part in parts]) if stored is not None else None
    return bars, Imported(manifest, outcome, len(bars) - (old.n_rows if old else 0), changed)


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
