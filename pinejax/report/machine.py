"""What a run ran on, for its manifest: versions, processor, memory, age of the process. It measures nothing of the search."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib import metadata
from typing import Any

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


def process_age_s() -> float | None:
    """Seconds since this process was started; None where the system does not tell."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            start_ticks = int(file.read().rsplit(")", 1)[1].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            named = (line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
            return next(named, platform.processor())
    except OSError:
        return platform.processor()
