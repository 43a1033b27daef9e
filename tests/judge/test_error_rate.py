"""On bars without an edge the verdict says so. The table in docs/selection.md is of the same experiment, with longer histories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def levels(*words: str) -> dict[str, int]:
    """What the experiment counts, in a process of its own: without the checks of types a hundred searches take a minute or two."""
    command = [sys.executable, str(REPOSITORY / "experiments" / "white_noise.py"), *words]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=True)
    header, row = done.stdout.splitlines()[-2:]
    names, cells = header.split()[-5:-1], row.split()[-5:-1]
    return dict(zip(names, map(int, cells), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["default", "holdout"])
def test_noise_is_called_luck_in_at_least_95_of_100_searches(kind):
    found = levels("--kinds", kind, "--runs", "100", "--bars", "2880", "--trials", "32")
    assert sum(found.values()) == 100
    assert found["luck"] + found["not_enough"] >= 95, found
    assert found["luck"] >= 80, found


@pytest.mark.slow
def test_an_edge_that_fills_the_bars_is_seen_by_a_holdout():
    words = ("--kinds", "holdout", "--runs", "3", "--bars", "5760", "--trials", "16", "--edge-bps", "8")
    assert levels(*words)["differs"] >= 2
