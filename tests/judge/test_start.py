"""What judging adds to the start of a run: its imports, all of which come before the first trial."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("scipy.stats", "scipy.cluster", "scipy.optimize", "sklearn", "arch")


def test_judging_is_imported_without_what_takes_long():
    code = f"import sys, pinejax.judge.run; print([name for name in {HEAVY} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"
