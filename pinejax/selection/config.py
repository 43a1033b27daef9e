"""What a user chooses about honest selection: how bars are kept back, the null search, stress, and when a verdict is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pinejax.errors import ConfigError

Method = Literal["none", "holdout", "train_test", "walk_forward", "purged_kfold", "cpcv"]
Length = int | float | str
"""Bars as a whole number, or a duration such as `30D` or `12h`."""


@dataclass(frozen=True)
class ValidationConfig:
    """Which bars a search may look at, and on which it is judged. Fractions are of the bars, lengths bars or durations.

    holdout: the last part of the bars, kept from everything else and opened for the chosen set at the end; 0: none. train, test, step: of
    walk-forward; None: from n_windows, a train span being train_ratio test spans long, step None: test. walk: search anew in every train
    span (reoptimise), or judge the best sets of a search of the first train span on what follows (rerank); n_trials: of each train span,
    None: search.n_trials. purge: bars left out between train and test, None: from holding times, the HTF and the indicators' memory.
    folds: how a trial's value is made of its folds, mean_std: mean less std_weight standard deviations.
    """

    method: Method = "none"
    holdout: float = 0.0
    test_rate: float = 0.3
    train: Length | None = None
    test: Length | None = None
    step: Length | None = None
    n_windows: int = 8
    train_ratio: float = 3.0
    anchored: bool = False
    walk: Literal["reoptimise", "rerank"] = "reoptimise"
    n_trials: int | None = None
    k: int = 5
    n_groups: int = 6
    n_test_groups: int = 2
    embargo: float = 0.01
    purge: Length | None = None
    folds: Literal["mean", "median", "worst", "mean_std"] = "mean"
    std_weight: float = 1.0

    def __post_init__(self) -> None:
        _least("validation", self, n_windows=1, k=2, n_groups=2, n_test_groups=1, n_trials=1)
        for key in ("holdout", "embargo"):
            _fraction(f"validation.{key}", getattr(self, key))
        if not 0.0 < self.test_rate < 1.0:
            raise ConfigError(f"validation.test_rate: expected a fraction between 0 and 1, got {self.test_rate}.")
        if not (math.isfinite(self.train_ratio) and self.train_ratio > 0):
            raise ConfigError(f"validation.train_ratio: expected a number above 0, got {self.train_ratio}.")
        if not (math.isfinite(self.std_weight) and self.std_weight >= 0):
            raise ConfigError(f"validation.std_weight: expected a number of 0 or more, got {self.std_weight}.")
        if self.method == "holdout" and not self.holdout:
            raise ConfigError("validation.holdout: expected a fraction above 0 for validation=holdout, got 0.")


@dataclass(frozen=True)
class NullConfig:
    """The null search: the same on histories without an edge. mode: replay runs the study's own sets on each, research searches anew.

    method: blocks of bars in another order (permutation), drawn with replacement (bootstrap), or bars turned upside down at random
    (mirror), always the same for all symbols. block_bars: mean length of a block, None: one bar of the HTF. budget_s: seconds after which
    no further surrogate is begun, None: no limit.
    """

    mode: Literal["none", "replay", "research"] = "replay"
    n_surrogates: int = 100
    method: Literal["permutation", "bootstrap", "mirror"] = "permutation"
    block_bars: int | None = None
    seed: int = 1
    budget_s: float | None = 60.0

    def __post_init__(self) -> None:
        _least("null", self, n_surrogates=1, block_bars=1, seed=0)
        if self.budget_s is not None and not self.budget_s > 0:
            raise ConfigError(f"null.budget_s: expected a number of seconds above 0, got {self.budget_s}.")


@dataclass(frozen=True)
class StressConfig:
    """What the chosen set is put through. costs: factor on the commission; slippage_ticks, delay_bars: added; noise: standard deviation of
    the prices' noise as a fraction of the mean bar range, n_noise times; drop_trades: so many best trades left out; n_bootstrap: histories
    of the block bootstrap for intervals; n_neighbours: sets drawn within `radius` (of each parameter's range) around it.
    """

    enabled: bool = True
    costs: float = 2.0
    slippage_ticks: int = 1
    delay_bars: int = 1
    noise: float = 0.1
    n_noise: int = 20
    drop_trades: int = 5
    n_bootstrap: int = 1_000
    n_neighbours: int = 64
    radius: float = 0.05

    def __post_init__(self) -> None:
        _least("stress", self, slippage_ticks=0, delay_bars=0, n_noise=0, drop_trades=0, n_bootstrap=0, n_neighbours=0)
        for key in ("costs", "noise"):
            if not (math.isfinite(getattr(self, key)) and getattr(self, key) >= 0):
                raise ConfigError(f"stress.{key}: expected a number of 0 or more, got {getattr(self, key)}.")
        _fraction("stress.radius", self.radius)


@dataclass(frozen=True)
class VerdictConfig:
    """When a result counts. enabled: false ends a run with its search. alpha: the error rate of every test; min_trades, min_days: fewer of
    the chosen set's are not enough for a judgement. sets: so many of a study's sets are looked at for what is done with all of them, the
    best and others spread over the ranks; None: all.
    """

    enabled: bool = True
    alpha: float = 0.05
    min_trades: int = 30
    min_days: int = 60
    sets: int | None = 2_000

    def __post_init__(self) -> None:
        _least("verdict", self, min_trades=0, min_days=0, sets=2)
        if not 0.0 < self.alpha < 1.0:
            raise ConfigError(f"verdict.alpha: expected a probability between 0 and 1, got {self.alpha}.")


def _least(group: str, config: object, **least: int) -> None:
    for key, low in least.items():
        value = getattr(config, key)
        if value is not None and value < low:
            raise ConfigError(f"{group}.{key}: expected {low} or more, got {value}.")


def _fraction(key: str, value: float) -> None:
    if not 0.0 <= value < 1.0:
        raise ConfigError(f"{key}: expected a fraction in 0..1, below 1, got {value}.")
