"""Shared by all tests: annotations are checked at run time, and no test reads or writes the user's own places."""

from __future__ import annotations

from pathlib import Path

import pytest
from jaxtyping import install_import_hook

# For the whole session: every pinejax module imported from here on has its shapes and types checked.
install_import_hook("pinejax", "typecheck.check")

REPOSITORY = Path(__file__).parents[1]
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage URL or a debug switch in the developer's shell must not reach the tests; compiled programs stay in the repository."""
    for name in ("OPTUNA_STORAGE_URL", "HYDRA_FULL_ERROR", "JAX_COMPILATION_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(REPOSITORY / ".pytest_cache" / "user"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real bars beside the repository."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"no real bars at {REAL_DATA}")
    return REAL_DATA
