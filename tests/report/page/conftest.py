"""A run's folder that tests of the page look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_folder import make_run


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on two symbols with holdout bars; read only."""
    return make_run(tmp_path_factory.mktemp("browser") / "run", n_trials=120, seen=1_500)
