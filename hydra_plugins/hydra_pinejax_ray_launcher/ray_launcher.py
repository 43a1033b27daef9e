"""The launcher that Hydra finds, and its options. Hydra imports this module at every start: Ray is loaded when jobs are launched."""

# No `from __future__ import annotations`: Hydra executes this module outside of sys.modules, where dataclasses cannot read them.
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf


@dataclass
class RayLauncherConf:
    """`hydra.launcher.*` of `hydra/launcher=ray`.

    address: of a cluster (`auto`, `host:port`, `ray://host:10001`); null starts one in this machine for the sweep. local_cpus: how
    many CPUs that one has, null is all. num_cpus, num_gpus: what one job takes. max_retries: how often a job whose process or
    machine died is started again. env_vars: names of variables that the jobs get from this process, out of sight of Ray's
    dashboard. runtime_env: Ray's own (pip, working_dir, ...).
    """

    _target_: str = "hydra_plugins.hydra_pinejax_ray_launcher.ray_launcher.RayLauncher"
    address: str | None = None
    local_cpus: int | None = None
    num_cpus: float = 1
    num_gpus: float = 0
    max_retries: int = 3
    env_vars: list[str] = field(default_factory=lambda: ["OPTUNA_STORAGE_URL"])
    runtime_env: dict[str, Any] = field(default_factory=dict)


ConfigStore.instance().store(group="hydra/launcher", name="ray", node=RayLauncherConf, provider="pinejax_ray_launcher")


class RayLauncher(Launcher):
    """Runs each job of a sweep as a task of Ray, all at once as far as there are CPUs."""

    def __init__(self, **options: Any):
        plain: dict[str, Any] = {
            key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value for key, value in options.items()
        }
        self.options = RayLauncherConf(**plain)
        self.config: DictConfig | None = None
        self.task_function: TaskFunction | None = None
        self.hydra_context: HydraContext | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """What Hydra gives every launcher before it launches. Errors: ConfigError without Ray."""
        if find_spec("ray") is None:
            from pinejax.errors import ConfigError

            raise ConfigError("hydra/launcher=ray: it needs ray. Install it: pip install 'pinejax[ray]'")
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Runs a job per list of overrides and waits for all; their returns in the same order, FAILED where one raised or died.

        Ctrl-C asks the running jobs to end after their batches, waits for them and is raised again.
        """
        os.environ.setdefault("RAY_DEDUP_LOGS", "0")  # read when Ray is imported: lines that two jobs print are not repetitions
        from hydra_plugins.hydra_pinejax_ray_launcher import _jobs

        assert self.config is not None and self.task_function is not None and self.hydra_context is not None, "Hydra calls setup first"
        sweep = _jobs.Sweep(self.hydra_context, self.task_function, self.config)
        return _jobs.launch(self.options, sweep, job_overrides, initial_job_idx)
