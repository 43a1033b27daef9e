"""What the store knows about one dataset, as JSON beside its Parquet. Not the bars."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from pinejax.core.feed import Instrument
from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import content_hash, iso
from pinejax.data.parquet import write_text
from pinejax.data.quality import Gap, Jump, Quality, assess
from pinejax.errors import DataError

FORMAT_VERSION = 1
DEFAULT_LOT_STEP = 0.0001


@dataclass(frozen=True)
class Source:
    """A file that bars came from: its name (no folder), SHA-256, and how many rows it had."""

    name: str
    sha256: str
    n_rows: int


@dataclass(frozen=True)
class Manifest:
    """One dataset's description.

    first, last: opens of the first and last bar, UTC. n_duplicates: rows of the sources that were left out: they repeated another row
    exactly, or gave way to it (`--prefer`). tick_size is inferred from the prices' decimals unless tick_size_given. sources: in the order
    they were imported.
    currency, zone, session, point_value: as in `Instrument`; a manifest written before they were kept has the defaults.
    """

    symbol: str
    timeframe: str
    n_rows: int
    first: str
    last: str
    n_duplicates: int
    quality: Quality
    has_volume: bool
    tick_size: float
    tick_size_given: bool
    lot_step: float
    synthetic: bool
    content_hash: str
    sources: tuple[Source, ...]
    currency: str = ""
    zone: str = "UTC"
    session: str = "24x7"
    point_value: float = 1.0
    format_version: int = FORMAT_VERSION

    @property
    def instrument(self) -> Instrument:
        """What the broker and the clocks read."""
        return Instrument(self.tick_size, self.lot_step, self.point_value, self.currency, self.zone, self.session)

    def write(self, path: Path) -> None:
        """Write as JSON, atomically, the same bytes for the same manifest."""
        write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", path)


def describe(frame: pl.DataFrame, known: Manifest) -> Manifest:
    """`known` with everything that can be read off the bars filled in from them."""
    timeframe = Timeframe.parse(known.timeframe)
    return replace(
        known,
        n_rows=len(frame),
        first=iso(frame["time"][0]),
        last=iso(frame["time"][-1]),
        quality=assess(frame, timeframe),
        has_volume=not bool(frame["volume"].is_nan().all()),
        content_hash=content_hash(frame),
    )


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file. Errors: DataError where it is missing, no JSON, or of another format version."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = raw["format_version"]
        if found != FORMAT_VERSION:
            raise DataError(f"{path}: expected manifest version {FORMAT_VERSION}, got {found}. Import its sources again, with --replace.")
        quality = raw["quality"]
        raw["quality"] = Quality(
            **{**quality, "gaps": tuple(Gap(**gap) for gap in quality["gaps"]), "jumps": tuple(Jump(**jump) for jump in quality["jumps"])}
        )
        raw["sources"] = tuple(Source(**source) for source in raw["sources"])
        return Manifest(**raw)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: expected a dataset's manifest, got something unreadable ({error}). Import its sources again, with --replace."
        ) from None
