"""A study as stock Optuna makes it, for the tests of `python -m pinejax.study`."""

from __future__ import annotations

import numpy as np
import optuna


def stock_study(url: str, n: int = 12) -> None:
    """A joint study as another tool makes it, with one infinite value and one trial that never ended."""
    storage = optuna.storages.RDBStorage(url)
    sampler = optuna.samplers.RandomSampler(seed=1)
    study = optuna.create_study(storage=storage, study_name="stock", direction="minimize", sampler=sampler)
    rng = np.random.default_rng(1)
    for i in range(n):
        trial = study.ask()
        pair = trial.suggest_categorical("timeframe", ["5m@1h", "15m@1h"])
        value = trial.suggest_float("x", 0.5, 2.0, log=True) + trial.suggest_int("k", 1, 9, step=2) + (3 if pair == "15m@1h" else 0)
        study.tell(trial, float("inf") if i == 3 else value + rng.normal() / 10)
    study.ask()
    storage.remove_session()
    storage.engine.dispose()
