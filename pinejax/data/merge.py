"""Tables of bars of one dataset into one, and what that changed. Not the store (`ingest`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from pinejax.data.frame import SCHEMA, VALUES, iso
from pinejax.data.options import Prefer
from pinejax.errors import DataError

_SHOWN = 5


@dataclass(frozen=True)
class Changes:
    """What a merge did to stored bars: added before the first, between, after the last, replaced by other values, kept against them.

    first_changed: the earliest bar that is added or replaced, UTC; empty where nothing is.
    """

    n_before: int = 0
    n_between: int = 0
    n_after: int = 0
    n_replaced: int = 0
    n_kept: int = 0
    first_changed: str = ""

    def __str__(self) -> str:
        counts = (
            (self.n_before, "before the first"), (self.n_between, "in between"), (self.n_after, "after the last"),
            (self.n_replaced, "replaced"), (self.n_kept, "kept against other values"),
        )  # fmt: skip
        said = ", ".join(f"{n:,} {what}" for n, what in counts if n) or "nothing changed"
        return f"{said}; the first change at {self.first_changed} UTC" if self.first_changed else said


def union(tables: Sequence[tuple[str, pl.DataFrame]], name: str, prefer: Prefer | None = None) -> pl.DataFrame:
    """The bars of all tables in time order, each once.

    tables: (what messages call it, bars in time order), those stored first. prefer: where tables differ on a bar, `stored` takes that of
    the first of them, `new` that of the last; None refuses. Errors: DataError where two tables have a bar of the same time with other
    values and prefer is None.
    """
    filled = sorted((table for table in tables if len(table[1])), key=lambda table: table[1]["time"][0])
    if all(a[1]["time"][-1] < b[1]["time"][0] for a, b in pairwise(filled)):
        return pl.concat([bars.select(SCHEMA.names()) for _, bars in filled])
    labelled = [bars.with_columns(table=pl.lit(i, dtype=pl.Int32)) for i, (_, bars) in enumerate(tables)]
    together = pl.concat(labelled).sort("time", "table")
    unique = together.unique(subset=["time", *VALUES], keep="first", maintain_order=True)
    clashes = unique.filter(pl.col("time").is_duplicated())
    if clashes.is_empty():
        return unique.drop("table")
    if prefer is not None:
        return together.unique(subset="time", keep="first" if prefer == "stored" else "last", maintain_order=True).drop("table")
    times = clashes["time"].unique(maintain_order=True)
    labels = [tables[i][0] for i in clashes.filter(pl.col("time") == times[0])["table"]]
    shown = ", ".join(iso(time) for time in times.head(_SHOWN)) + (", ..." if len(times) > _SHOWN else "")
    raise DataError(
        f"{name}: {' and '.join(labels)} have other values for the same {len(times)} bars ({shown}); nothing was imported. "
        f"Say whose bars win with --prefer stored or --prefer new, or import the better file alone, with --replace."
    )


def changes(old: pl.DataFrame, new: pl.DataFrame, offered: Sequence[pl.DataFrame]) -> Changes:
    """What became of the stored bars `old`, which are now `new`, after the tables `offered` were merged with them."""
    first, last = old["time"][0], old["time"][-1]
    added = new.join(old, on="time", how="anti")["time"]
    both = new.join(old, on="time", suffix="_old", maintain_order="left")
    replaced = both.filter(~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_old")) for name in VALUES))["time"]
    kept = sum(_n_other(bars, new) for bars in offered)
    moved = [times.min() for times in (added, replaced) if len(times)]
    return Changes(
        n_before=int((added < first).sum()),
        n_between=int(((added > first) & (added < last)).sum()),
        n_after=int((added > last).sum()),
        n_replaced=len(replaced),
        n_kept=kept,
        first_changed=iso(min(moved)) if moved else "",  # type: ignore[type-var]
    )


def _n_other(bars: pl.DataFrame, now: pl.DataFrame) -> int:
    """Bars that are not the ones taken."""
    both = bars.join(now, on="time", suffix="_now")
    return len(both.filter(~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_now")) for name in VALUES)))
