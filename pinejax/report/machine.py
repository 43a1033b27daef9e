"""What a run ran on, for its manifest: versions, processor, memory, age of the process. It measures nothing of the search."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

# The clock when the interpreter started: until this import it has done nothing but compute. (The age of the process is no
# measure: a shell that ends in `exec` hands its own on.)
STARTED_S = time.perf_counter() - time.process_time()

PACKAGES = ("jax", "jaxlib", "numpy", "polars", "optuna", "hydra-core", "sqlalchemy", "cmaes")


def versions() -> dict[str, str]:
    """Python's and the packages' versions."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """System, processor and its cores; no host or user names."""
    return {"system": f"{platform.system()} {platform.machine()}", "processor": _processor(), "n_cores": os.cpu_count()}


def peak_memory_bytes() -> int | None:
    """Largest resident size of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def age_from_now() -> Callable[[], float]:
    """A function that gives the seconds since this call: the age of a run in a process that had others before."""
    started = time.perf_counter()
    return lambda: time.perf_counter() - started


def process_age_s() -> float:
    """Seconds since this interpreter started."""
    return time.perf_counter() - STARTED_S


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            named = (line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
            return next(named, platform.processor())
    except OSError:
        return platform.processor()
