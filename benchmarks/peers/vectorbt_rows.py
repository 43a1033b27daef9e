"""vectorbt on the same EMA crosses, in a process of its own, so that another Python environment can be measured.

    python vectorbt_rows.py TASK.npz      # then one line in, one line of JSON out, per measurement

Its rules differ, so trades are not compared: an order is a fixed amount of cash (a share of equity cannot be reversed there), not
floored to lot steps; a stop is a fraction of the entry price, watched from the bar after the entry; a bar has no path. Signals are
moved by one bar and filled at its open, as pinejax fills them. `vbt.MA` makes each EMA from its first value on, not from the mean of
the first n.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from workload import Task

STYLES = ("market", "stop")
# Columns simulated at a time: each needs some twenty arrays of one number a bar.
COLUMNS = 64


def missing(python: str) -> str:
    """Why vectorbt cannot run with that interpreter; empty where it can."""
    asked = subprocess.run([python, "-c", "import vectorbt"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else f"not installed ({(asked.stderr.strip().splitlines() or ['no message'])[-1][:80]})"


class Remote:
    """A running measurement process: every call is one measured run."""

    def __init__(self, task: Task, python: str):
        self.folder = tempfile.TemporaryDirectory()
        path, bars = Path(self.folder.name) / "task.npz", task.bars
        np.savez(
            path, style=task.style, open=bars.open, high=bars.high, low=bars.low, close=bars.close, fast=task.fast, slow=task.slow,
            atr_len=task.atr_len, mult=task.mult, cash=task.terms.capital, size=task.terms.size, fees=task.terms.commission,
        )  # fmt: skip
        self.child = subprocess.Popen([python, __file__, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self()  # vectorbt compiles on first use

    def __call__(self) -> dict[str, Any]:
        """Seconds and trades of one run."""
        assert self.child.stdin is not None and self.child.stdout is not None
        self.child.stdin.write("run\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.child.communicate()
        self.folder.cleanup()


def _run(task: Any) -> int:
    """All parameter sets, COLUMNS at a time; the number of closed trades."""
    n = len(task["fast"])
    return sum(_simulate(task, slice(i, min(i + COLUMNS, n))) for i in range(0, n, COLUMNS))


def _simulate(task: Any, columns: slice) -> int:
    import pandas as pd  # pyright: ignore[reportMissingImports]
    import vectorbt as vbt  # pyright: ignore[reportMissingImports]

    close = pd.Series(task["close"])
    fast = vbt.MA.run(close, window=task["fast"][columns], ewm=True).ma.to_numpy()
    slow = vbt.MA.run(close, window=task["slow"][columns], ewm=True).ma.to_numpy()
    above = fast > slow
    up, down = np.zeros_like(above), np.zeros_like(above)
    # Two bars later than the cross began: one because a cross compares with the bar before, one for the next open.
    up[2:], down[2:] = above[1:-1] & ~above[:-2], ~above[1:-1] & above[:-2]
    stop = {}
    if str(task["style"]) == "stop":
        ranges = vbt.ATR.run(task["high"], task["low"], close, window=task["atr_len"][columns], ewm=True).atr.to_numpy()
        distance = np.full_like(ranges, np.nan)
        distance[1:] = (ranges * task["mult"][columns] / task["close"][:, None])[:-1]
        stop = {"sl_stop": distance, "high": task["high"][:, None], "low": task["low"][:, None], "open": task["open"][:, None]}
    price = np.broadcast_to(task["open"][:, None], up.shape)
    found = vbt.Portfolio.from_signals(
        close, entries=up, short_entries=down, price=price, size=float(task["cash"] * task["size"]), size_type="value",
        fees=float(task["fees"]), init_cash=float(task["cash"]), freq="15min", **stop,
    )  # fmt: skip
    found.total_profit()
    found.max_drawdown()
    return int(found.trades.count().sum())


def main() -> None:
    """Answer every line of the input with one measured run."""
    task = dict(np.load(sys.argv[1]))
    for _ in sys.stdin:
        started = time.perf_counter()
        trades = _run(task)
        print(json.dumps({"seconds": time.perf_counter() - started, "trades": trades}), flush=True)


if __name__ == "__main__":
    main()
