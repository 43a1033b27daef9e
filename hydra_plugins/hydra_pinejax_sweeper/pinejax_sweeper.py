"""The sweeper that Hydra finds, and its options. Hydra executes this module at every start: what it does is in `pinejax.sweep`."""

# No `from __future__ import annotations`: Hydra executes this module outside of sys.modules, where dataclasses cannot read them.
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class PinejaxSweeperConf:
    """`hydra.sweeper.*`: names of Hydra's stock Optuna sweeper, each for a key of ours (docs/sweeps.md has the table).

    n_jobs: workers per combination. max_batch_size: combinations handed to the launcher at once, null is all; the basic
    launcher, which runs them one after the other, always gets one.
    """

    _target_: str = "hydra_plugins.hydra_pinejax_sweeper.pinejax_sweeper.PinejaxSweeper"
    sampler: Any = None
    pruner: Any = None
    direction: Any = None
    storage: Any = None
    study_name: Any = None
    n_trials: Any = None
    n_jobs: int = 1
    max_batch_size: int | None = None
    params: Any = None


ConfigStore.instance().store(group="hydra/sweeper", name="pinejax", node=PinejaxSweeperConf, provider="pinejax")


class PinejaxSweeper(Sweeper):
    """One study per combination of the swept keys, launched through the configured launcher."""

    def __init__(self, **options: Any):
        self.options = options
        self.hydra_context: HydraContext | None = None
        self.task_function: TaskFunction | None = None
        self.config: DictConfig | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """What Hydra gives every sweeper before it sweeps."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def sweep(self, arguments: Sequence[str]) -> Any:
        """Runs every combination; the launcher's returns. Errors: those of `pinejax.sweep.run_sweep`."""
        from hydra.core.plugins import Plugins

        from pinejax.sweep import run_sweep

        assert self.hydra_context is not None and self.task_function is not None and self.config is not None, "Hydra calls setup first"
        known = {"hydra_context": self.hydra_context, "task_function": self.task_function}
        make = Plugins.instance().instantiate_launcher
        return run_sweep(
            list(arguments), self.options, self.hydra_context.config_loader, self.config, lambda config: make(config=config, **known)
        )
