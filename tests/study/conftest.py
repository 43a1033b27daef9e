"""A storage with three studies: a search of pinejax, one with two objectives, and one of stock Optuna with a trial left running."""

from __future__ import annotations

import sys
from pathlib import Path

import optuna
import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "search"))

from quadratic import Bowl, Quadratic
from stock import stock_study

from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, run_search


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database, made once. To be read only."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    file = tmp_path_factory.mktemp("studies") / "studies.db"
    url = f"sqlite:///{file}"
    space = build_space(Bowl, {"mode": "deep"})
    gated = build_objective(ObjectiveConfig("sharpe", gates={"max_drawdown": 0.2}, gate_mode="constraint"))
    run_search(SearchConfig("bowl", 40, sampler="random", context={"pinejax": "x"}), space, gated, Quadratic(), url)
    two = build_objective(ObjectiveConfig(["sharpe", "max_drawdown"]))
    run_search(SearchConfig("two", 24, sampler="nsga2", batch_size=8), build_space(Bowl), two, Quadratic(), url)
    stock_study(url)
    optuna.logging.set_verbosity(before)
    return file


@pytest.fixture
def database(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    copy = tmp_path / "studies.db"
    copy.write_bytes(made.read_bytes())
    return copy
