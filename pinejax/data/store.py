"""The store: one Parquet and one manifest per symbol and timeframe, in a folder. Not importing (`ingest`) nor resampling."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA, content_hash
from pinejax.data.manifest import Manifest, read_manifest
from pinejax.data.parquet import read_parquet, stage_parquet, temporary_beside
from pinejax.data.symbols import Symbols, read_symbols
from pinejax.errors import DataError, did_you_mean

_ADVICE = "Import its sources again, with --replace."
_PACKAGE = Path(__file__).resolve().parents[1]


def slug(symbol: str) -> str:
    """A symbol's folder: `BINANCE:ETHUSDT.P` is `BINANCE_ETHUSDT.P`."""
    return re.sub(r"[^A-Za-z0-9._!+-]", "_", symbol).lstrip(".") or "_"


@dataclass(frozen=True)
class _Staged:
    """A dataset written beside its place."""

    bars: Path
    bars_place: Path
    manifest: Path
    manifest_place: Path

    @property
    def is_placed(self) -> bool:
        """Whether its bars are in place, after which its manifest must not be lost. The folder knows it, also at a Ctrl-C."""
        return not self.bars.exists()


@dataclass(frozen=True)
class Store:
    """Datasets under `root`: `<root>/<slug of the symbol>/<timeframe>.parquet` with `<timeframe>.json` beside it."""

    root: Path

    def datasets(self) -> list[tuple[str, Timeframe, Manifest]]:
        """Everything stored, by symbol, then timeframe. Errors: DataError for an unreadable manifest."""
        found = [read_manifest(path) for path in self.manifest_paths()]
        return sorted(((m.symbol, Timeframe.parse(m.timeframe), m) for m in found), key=lambda item: item[:2])

    def manifest_paths(self) -> list[Path]:
        """The manifests of all datasets, by name. What is hidden is none: a manifest that waits, a cache."""
        found = sorted(self.root.glob("*/*.json"))
        return [path for path in found if not (path.name.startswith(".") or path.parent.name.startswith("."))]

    def given(self) -> Symbols:
        """What the store's `symbols.yaml` says. Errors: DataError where it cannot be read."""
        return read_symbols(self.root)

    def symbols(self) -> list[str]:
        """The stored symbols, sorted."""
        return sorted({symbol for symbol, _, _ in self.datasets()})

    def timeframes(self, symbol: str) -> list[Timeframe]:
        """The timeframes stored for a symbol, shortest first. Errors: DataError for an unknown symbol, with the nearest names."""
        manifests = [read_manifest(path) for path in sorted((self.root / slug(symbol)).glob("[!.]*.json"))]
        found = sorted(Timeframe.parse(m.timeframe) for m in manifests if m.symbol == symbol)
        if not found:
            raise DataError(self._unknown(symbol))
        return found

    def has(self, symbol: str, timeframe: Timeframe) -> bool:
        """Whether the dataset is there (its manifest is; a broken Parquet shows when it is loaded)."""
        path = self.manifest_path(symbol, timeframe)
        return path.exists() and read_manifest(path).symbol == symbol

    def manifest(self, symbol: str, timeframe: Timeframe) -> Manifest:
        """The dataset's manifest. Errors: DataError where the symbol or the timeframe is not stored."""
        stored = self.timeframes(symbol)
        if timeframe not in stored:
            raise DataError(f"{symbol}: {timeframe} bars are not stored; stored: {', '.join(map(str, stored))}. Import them.")
        return read_manifest(self.manifest_path(symbol, timeframe))

    def load(self, symbol: str, timeframe: Timeframe) -> pl.DataFrame:
        """The dataset's bars: time (Int64, epoch ms UTC, open of the bar), open, high, low, close, volume (Float64).

        Errors: DataError where it is not stored, its Parquet cannot be read, or the bars are not those its manifest describes.
        """
        manifest = self.manifest(symbol, timeframe)
        path = self.parquet_path(symbol, timeframe)
        frame = read_parquet(path, str(path), _ADVICE)
        if frame.schema != SCHEMA:
            raise DataError(f"{path}: expected the columns {', '.join(SCHEMA)}, got {', '.join(frame.columns)}. {_ADVICE}")
        if content_hash(frame) != manifest.content_hash and not self._finish(symbol, timeframe, frame):
            raise DataError(f"{path}: its bars are not the ones its manifest describes (content hash). {_ADVICE}")
        return frame

    def write(self, frame: pl.DataFrame, manifest: Manifest) -> None:
        """Put a dataset into the store, replacing the one of the same symbol and timeframe. Errors: as `write_all`."""
        self.write_all([(frame, manifest)])

    def write_all(self, datasets: Sequence[tuple[pl.DataFrame, Manifest]]) -> None:
        """Put datasets into the store, replacing those of the same symbol and timeframe: all of them, or none where one cannot be written.

        Everything is written beside its place first, then put in place. What ends between a dataset's two files (a kill, Ctrl-C, an error)
        leaves the new manifest beside the old one, and `load` takes it. Errors: DataError where another symbol already has the folder, the
        folder cannot be written, or the disk is full.
        """
        for _, manifest in datasets:
            self.require_free(manifest.symbol)
        staged: list[_Staged] = []
        placing = False
        try:
            for frame, manifest in datasets:
                timeframe = Timeframe.parse(manifest.timeframe)
                path, beside = self.parquet_path(manifest.symbol, timeframe), self.manifest_path(manifest.symbol, timeframe)
                path.parent.mkdir(parents=True, exist_ok=True)
                staged.append(_Staged(temporary_beside(path), path, _pending(beside), beside))
                stage_parquet(frame.select(SCHEMA.names()).cast(SCHEMA), staged[-1].bars)
                manifest.write(staged[-1].manifest)
            placing = True
            for one in staged:
                os.replace(one.bars, one.bars_place)
                os.replace(one.manifest, one.manifest_place)
        except OSError as error:
            where = staged[-1].bars_place.parent if staged else self.root
            n_placed = sum(one.is_placed for one in staged) if placing else 0
            said = (
                f"only {n_placed} of {len(staged)} datasets were imported, the last maybe in part" if n_placed else "nothing was imported"
            )
            raise DataError(
                f"{where}: cannot be written ({error.strerror or error}); {said}. Make room, or choose another --root, and import again."
            ) from None
        finally:
            for one in staged:
                if not one.is_placed:
                    one.bars.unlink()
                    one.manifest.unlink(missing_ok=True)

    def require_free(self, symbol: str) -> None:
        """Errors: DataError where the symbol's folder belongs to another symbol of the same slug."""
        for path in sorted((self.root / slug(symbol)).glob("[!.]*.json")):
            try:
                other = read_manifest(path).symbol
            except DataError:
                continue  # Replacing a broken dataset must stay possible.
            if other != symbol:
                raise DataError(f"{symbol}: its folder {slug(symbol)} is taken by {other}. Give another --symbol or --root.")

    def _finish(self, symbol: str, timeframe: Timeframe, frame: pl.DataFrame) -> bool:
        """Whether a writer was killed between these bars and their manifest, which is then put in place."""
        path = self.manifest_path(symbol, timeframe)
        pending = _pending(path)
        if not pending.exists() or read_manifest(pending).content_hash != content_hash(frame):
            return False
        os.replace(pending, path)
        return True

    def parquet_path(self, symbol: str, timeframe: Timeframe) -> Path:
        """Where the dataset's bars lie."""
        return self.root / slug(symbol) / f"{timeframe}.parquet"

    def manifest_path(self, symbol: str, timeframe: Timeframe) -> Path:
        """Where the dataset's manifest lies."""
        return self.root / slug(symbol) / f"{timeframe}.json"

    def _unknown(self, symbol: str) -> str:
        known = self.symbols()
        other_case = [name for name in known if name.lower() == symbol.lower()]
        hint = f"Did you mean {other_case[0]}?" if other_case else did_you_mean(symbol, known)
        return f"symbol: no bars of {symbol!r} in {self.root}. {hint}"


def _pending(manifest_path: Path) -> Path:
    """Where a manifest waits until its bars are in place."""
    return manifest_path.with_name(f".{manifest_path.name}.next")


def open_store(root: str | Path | None = None) -> Store:
    """The store in a folder; None: the synthetic sample that pinejax ships.

    Errors: DataError where there is no such folder, or its name is empty.
    """
    if root is None:
        bundled = _bundled_sample()
        if next(bundled.glob("*/*.json"), None) is None:
            raise DataError(f"The bundled sample is missing from {bundled}. Reinstall pinejax or give data.root.")
        return Store(bundled)
    if not str(root).strip():
        raise DataError(
            "data.root: expected a folder with imported bars, got an empty text. Give one, or leave data.root out for the bundled sample."
        )
    path = Path(root).expanduser()
    if not path.is_dir():
        raise DataError(
            f"data.root: expected a folder with imported bars, got {path}, which is none. "
            f"Import some: python -m pinejax.data import FILE... --root {path}"
        )
    return Store(path)


def _bundled_sample() -> Path:
    """The synthetic sample's store: inside the package in an installed wheel, `data/synthetic` in a checkout."""
    installed = _PACKAGE / "_bundled" / "synthetic"
    return installed if installed.is_dir() else _PACKAGE.parent / "data" / "synthetic"
