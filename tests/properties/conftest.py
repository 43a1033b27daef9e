"""The helpers here are importable as `tests.properties` from any working folder; the slow reference runs in its own processes."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)


@pytest.fixture(scope="session")
def workers() -> Iterator[ProcessPoolExecutor]:
    """Fresh processes: this one checks every call's types, which makes the scalar loop 40 times slower."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
