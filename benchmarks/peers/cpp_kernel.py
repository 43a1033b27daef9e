"""Builds `ema_cross.cpp` for this machine and calls it: the EMA cross with explicit vectors, as a measure of what the hardware can do."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from workload import Outcome, Task

STYLES = ("market", "bracket")
FLAGS = ("-std=c++20", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
SOURCE = Path(__file__).with_name("ema_cross.cpp")


def missing() -> str:
    """Why the kernel cannot run; empty where it can."""
    if shutil.which("g++") is None:
        return "no g++"
    try:
        _library()
    except subprocess.CalledProcessError as error:
        return f"g++ failed: {error.stderr.strip().splitlines()[0] if error.stderr.strip() else error.returncode}"
    return ""


@cache
def _library() -> ctypes.CDLL:
    """The shared library, built into a folder that is gone once it is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "ema_cross.so"
        subprocess.run(["g++", *FLAGS, str(SOURCE), "-o", str(built)], check=True, capture_output=True, text=True)
        library = ctypes.CDLL(str(built))
    library.lanes_at_a_time.restype = ctypes.c_int64
    return library


def run(task: Task, threads: int, dtype: str = "float64") -> Outcome:
    """All lanes of a task, a share of them per thread."""
    library, terms, n = _library(), task.terms, len(task.fast)
    width = library.lanes_at_a_time()
    padded = -(-n // width) * width
    # Lanes of like lengths trade at like times: side by side they share their branches.
    order = np.lexsort((task.fast, task.slow))
    places = np.resize(order, padded)
    columns = [x[places].astype(np.float64) for x in (task.fast, task.slow, np.maximum(task.atr_len, 1), task.mult)]
    numbers = np.array([terms.capital, terms.size, terms.commission, terms.slip, terms.unit])
    bars = [task.bars.open, task.bars.high, task.bars.low, task.bars.close]
    kernel = getattr(library, f"{task.style}_{dtype}")

    def share(begin: int, end: int) -> np.ndarray:
        out = np.empty((3, end - begin))
        inputs = [*bars, *(c[begin:end] for c in columns), numbers, out]
        kernel(ctypes.c_int64(len(task.bars)), ctypes.c_int64(end - begin), *(x.ctypes.data_as(ctypes.c_void_p) for x in inputs))
        return out

    bounds = [padded // width * i // threads * width for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        shares = list(pool.map(share, bounds[:-1], bounds[1:]))
    found = np.empty((3, n))
    found[:, order] = np.concatenate(shares, axis=1)[:, :n]
    return Outcome(*found)
