"""The helpers here are importable as `tests.native` from any working folder; numbers are of 64 bits, as in the engine."""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import pytest

pytest.importorskip("llvmlite")
jax.config.update("jax_enable_x64", True)

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
