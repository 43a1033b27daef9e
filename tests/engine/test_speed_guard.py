"""The engine has not become slow: its rate over a hand-written numba loop's, measured by `benchmarks/guard.py` in a process of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

GUARD = Path(__file__).parents[2] / "benchmarks" / "guard.py"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="needs numba")
def test_the_engine_keeps_up_with_a_loop_written_by_hand() -> None:
    done = subprocess.run([sys.executable, str(GUARD)], capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
