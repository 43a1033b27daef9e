"""The probes are importable as `tests.parity` from any working folder, and skip where the exports are not beside the repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture
def _exports() -> None:
    from tests.parity.replay import missing_inputs

    if reason := missing_inputs():
        pytest.skip(reason)
