"""One engine in a process of its own: seconds to import, trace, compile and run, and the peak of its memory, as one line of JSON.

    python benchmarks/probe.py market --lanes 64 --bars 54000 [--threads 1] [--dtype float64] [--backend auto]

Compiled programs are kept where pinejax keeps them (XDG_CACHE_HOME says where), so a second process shows what a warm cache is worth.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def probe(
    style: str, *, lanes: int, bars: int, cache: str, threads: int = 1, dtype: str = "float64", backend: str = "auto"
) -> dict[str, Any]:
    """What a fresh process measures; cache: the folder of its compiled programs."""
    options = {"lanes": lanes, "bars": bars, "threads": threads, "dtype": dtype, "backend": backend}
    command = [sys.executable, __file__, style, *(str(x) for name, value in options.items() for x in (f"--{name}", value))]
    env = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"} | {"XDG_CACHE_HOME": cache}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"probe of {style} failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_mb() -> float:
    """The most memory that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: what it says on Linux begins with the size of the process that started this one.
        (line,) = (x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("style")
    parser.add_argument("--lanes", type=int, default=64)
    parser.add_argument("--bars", type=int, default=54_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--backend", default="auto")
    asked = parser.parse_args()
    begun = time.perf_counter()
    from engines import engine_of
    from strategies import STYLES
    from workload import draw_sets

    from pinejax.job.session import use_compile_cache

    use_compile_cache()
    imported = time.perf_counter()
    style = STYLES[asked.style]
    engine = engine_of(style, asked.bars, asked.dtype, asked.threads, asked.backend)
    traced = time.perf_counter()
    compiled = engine.warm_up()
    sets = draw_sets(style.strategy, asked.lanes, style.fixed)
    started = time.perf_counter()
    engine.evaluate(sets)
    found = {
        "import_s": imported - begun,
        "trace_s": traced - imported,
        "compile_s": compiled,
        "run_s": time.perf_counter() - started,
        "peak_mb": peak_mb(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
