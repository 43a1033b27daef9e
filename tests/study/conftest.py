"""A storage with three studies: a search of pinejax, one with two objectives, and one of stock Optuna with a trial left running."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import optuna
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "search"))

from quadratic import Bowl, Quadratic

from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, run_search


def stock_study(url: str, n: int = 12) -> None:
    """A joint study as another tool makes it, with one infinite value and one trial that never ended."""
    storage = optuna.storages.RDBStorage(url)
    study = optuna.create_study(storage=storage, study_name="stock", direction="minimize")
    rng = np.random.default_rng(1)
    for i in range(n):
        trial = study.ask()
        pair = trial.suggest_categorical("timeframe", ["5m@1h", "15m@1h"])
        value = trial.suggest_float("x", 0.5, 2.0, log=True) + trial.suggest_int("k", 1, 9, step=2) + (3 if pair == "15m@1h" else 0)
        study.tell(trial, float("inf") if i == 3 else value + rng.normal() / 10)
    study.ask()
    storage.remove_session()
    storage.engine.dispose()


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
