"""How long importing, resampling and opening take, and how much memory: python benchmarks/data.py [--rows 10000000] [--folder DIR]

Writes a CSV of one-minute bars, imports it, resamples it to eight timeframes, opens it; each step in a process of its own, whose peak of
resident memory is printed. Not the engine (`throughput.py`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

TIMEFRAMES = ("3m", "5m", "15m", "30m", "1h", "4h", "1D", "1W")
SYMBOL = "BENCHUSDT"
_PIECE = 1_000_000


def write_csv(path: Path, n_rows: int) -> None:
    """A random walk of whole cents, one row a minute from 2005-01-01 on, in pieces."""
    rng = np.random.default_rng(1)
    price = 10_000_000
    with path.open("wb") as file:
        for begin in range(0, n_rows, _PIECE):
            n = min(_PIECE, n_rows - begin)
            close = price + np.cumsum(rng.integers(-50, 51, n))
            open_ = np.append(price, close[:-1])
            high, low = np.maximum(open_, close) + rng.integers(0, 30, n), np.minimum(open_, close) - rng.integers(0, 30, n)
            price = int(close[-1])
            columns = {"time": 1_104_537_600_000 + 60_000 * np.arange(begin, begin + n, dtype=np.int64)}
            columns |= {
                name: values / 100 for name, values in zip(("open", "high", "low", "close"), (open_, high, low, close), strict=True)
            }
            frame = pl.DataFrame(columns | {"volume": rng.integers(1, 10_000, n) / 1_000})
            frame.write_csv(file, include_header=begin == 0)


_OPEN = (
    "from pinejax.data import open_store; from pinejax.core.timeframe import Timeframe as T\n"
    "from pinejax.data.mapped import open_bars; began = time.perf_counter()\n"
    f"store = open_store(root); open_bars(store, store.manifest({SYMBOL!r}, T(60)))"
)
_FEED = f"from pinejax.data import load_feed, open_store; began = time.perf_counter()\nload_feed(open_store(root), {SYMBOL!r}, '15m@1h')"
STEPS = {
    "import the CSV": "from pinejax.data.ingest import import_files; import_files(root, [csv])",
    "resample to 8 timeframes": (
        "from pinejax.core.timeframe import Timeframe as T; from pinejax.data.resample import resample_files; from pathlib import Path\n"
        f"path = Path(root) / {SYMBOL!r} / '1m.parquet'; out = Path(root).parent\n"
        f"resample_files(path, T.parse('1m'), [T.parse(text) for text in {TIMEFRAMES!r}], out)"
    ),
    "open it, the first time": _OPEN,
    "open it again": _OPEN,
    "a feed of it, 15m@1h": _FEED,
}
_HARNESS = """
import json, resource, sys, time
import polars, pinejax.data
root, csv = sys.argv[1:]
began = time.perf_counter()
{step}
spent = time.perf_counter() - began
print(json.dumps([spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024]))
"""


def main() -> None:
    """Prints a line for each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", help="where some 60 bytes a row and the store go; default: a temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        csv, root = Path(folder) / f"{SYMBOL}_1m.csv", Path(folder) / "store"
        began = time.perf_counter()
        write_csv(csv, arguments.rows)
        print(f"{arguments.rows:,} rows, {csv.stat().st_size / 2**20:,.0f} MiB of CSV, written in {time.perf_counter() - began:.1f} s")
        for name, step in STEPS.items():
            command = [sys.executable, "-c", _HARNESS.format(step=step), str(root), str(csv)]
            spent, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            print(f"{name:<26} {spent:>9.3f} s   peak {peak / 2**20:>7,.0f} MiB", flush=True)
        print(f"{'the stored Parquet':<26} {(root / SYMBOL / '1m.parquet').stat().st_size / 2**20:>9,.0f} MiB")


if __name__ == "__main__":
    main()
