"""Imported first, makes the package importable on a machine that has JAX and NumPy only, and nothing installed from this repository."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

if find_spec("pinejax") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if find_spec("jaxtyping") is None:
    # The package's annotations are evaluated in its tests alone: here these names may mean anything.
    stand_in = ModuleType("jaxtyping")
    stand_in.Bool = stand_in.Float = stand_in.Int = Any  # type: ignore[attr-defined]
    sys.modules["jaxtyping"] = stand_in
