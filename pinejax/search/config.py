"""How a search runs: how long, with which sampler and pruner, and where it starts. What it looks for is in `objective`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pinejax.errors import ConfigError
from pinejax.search.banks import Sources
from pinejax.search.lease import GRACE_S
from pinejax.search.samplers import batch_size_of


@dataclass(frozen=True)
class SearchConfig:
    """Settings of one run on one study.

    n_trials: the study's total, counting what it already holds. sampler: None: tpe, or nsga2 with several objectives. seed: None
    draws one (it is in the result). batch_size: None: the sampler's recommendation. sampler_flags, pruner_flags: what
    conf/sampler/<name>.yaml and conf/pruner/<name>.yaml hold, after the user's changes. resume_from: a bank.json, a run's folder, or
    several, whose parameter sets are tried first. context: whatever else changes results (data hashes, costs), compared when a study
    is resumed. worker: number of this worker among several on one study. timeout_s: ends after the batch in which it passes.
    patience_batches: ends after so many batches without a best that is better by more than patience_min_delta. target: ends when the
    best trial that holds every gate has this value or a better one. heartbeat_s: a worker's sign of
    life; grace_s: without one for so long its running trials are given to others.
    """

    study_name: str
    n_trials: int
    sampler: str | None = None
    pruner: str = "none"
    seed: int | None = 0
    batch_size: int | None = None
    sampler_flags: Mapping[str, Any] = field(default_factory=dict)
    pruner_flags: Mapping[str, Any] = field(default_factory=dict)
    resume_from: Sources | None = None
    top_k: int = 10
    context: Mapping[str, Any] = field(default_factory=dict)
    worker: int = 0
    timeout_s: float | None = None
    patience_batches: int | None = None
    patience_min_delta: float = 0.0
    target: float | None = None
    heartbeat_s: float = 30.0
    grace_s: float = GRACE_S


@dataclass(frozen=True)
class Plan:
    """A SearchConfig with every choice made."""

    sampler: str
    seed: int
    batch_size: int


def resolved(config: SearchConfig, n_objectives: int) -> Plan:
    """Fills in what the configuration leaves open. Errors: ConfigError for numbers out of range."""
    for name, least in (("n_trials", 1), ("top_k", 1), ("worker", 0)):
        value = getattr(config, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ConfigError(f"search.{name}: expected a whole number >= {least}, got {value!r}.")
    if config.batch_size is not None and (not isinstance(config.batch_size, int) or config.batch_size < 1):
        raise ConfigError(f"search.batch_size: expected a whole number >= 1, got {config.batch_size!r}.")
    if config.seed is not None and (not isinstance(config.seed, int) or not 0 <= config.seed < 2**32):
        raise ConfigError(f"search.seed: expected a whole number in 0..4294967295, got {config.seed!r}.")
    if not 0 < config.heartbeat_s < config.grace_s:
        raise ConfigError(
            f"search.grace_s: expected more than search.heartbeat_s, and that more than 0, got {config.grace_s} and {config.heartbeat_s}."
        )
    sampler = config.sampler or ("nsga2" if n_objectives > 1 else "tpe")
    recommended = batch_size_of(sampler, config.sampler_flags)
    seed = int(np.random.SeedSequence().generate_state(1, np.uint32)[0]) if config.seed is None else config.seed
    return Plan(sampler, seed, config.batch_size or recommended)
