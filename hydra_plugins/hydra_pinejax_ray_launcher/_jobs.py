"""A sweep's jobs as Ray tasks: started, waited for, turned into Hydra's JobReturns. Imported only where jobs are launched."""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict
from ray.cloudpickle.cloudpickle import dumps  # functions of __main__ travel by value
from ray.exceptions import RayError

from pinejax.core.secrets import without_passwords
from pinejax.errors import PinejaxError

if TYPE_CHECKING:
    from hydra_plugins.hydra_pinejax_ray_launcher.ray_launcher import RayLauncherConf

CONNECT_S = 10.0
GRACE_S = 60.0
"""How long Ctrl-C waits for the jobs' batches."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sweep:
    """What Hydra says of a sweep: the same for all its jobs."""

    hydra_context: HydraContext
    task_function: TaskFunction
    config: DictConfig


@dataclass(frozen=True)
class Job:
    """One job as it travels. state: Hydra's singletons and resolvers; environment: variables to set there; cwd: where to run."""

    sweep: Sweep
    overrides: tuple[str, ...]
    number: int
    state: dict[Any, Any]
    environment: dict[str, str]
    cwd: str


def launch(options: RayLauncherConf, sweep: Sweep, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
    """Runs the jobs on Ray. Errors: PinejaxError where no cluster answers at the address."""
    setup_globals()
    hydra = sweep.config.hydra
    configure_log(hydra.hydra_logging, hydra.verbose)
    Path(str(hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
    environment = {name: os.environ[name] for name in options.env_vars if name in os.environ}
    state = Singleton.get_state()
    with _cluster(options):
        task = ray.remote(_run).options(num_cpus=options.num_cpus, num_gpus=options.num_gpus, max_retries=options.max_retries)
        references = []
        for number, overrides in enumerate(job_overrides, initial_job_idx):
            log.info("\t#%d : %s", number, without_passwords(" ".join(filter_overrides(overrides))))
            job = Job(sweep, tuple(overrides), number, state, environment, os.getcwd())
            references.append(task.remote(dumps(job)))
        return _collected(references)


@contextmanager
def _cluster(options: RayLauncherConf) -> Iterator[None]:
    """A connection to the cluster, or a cluster of our own on this machine; one that is there already is left as it is."""
    if ray.is_initialized():
        yield
        return
    own: dict[str, Any] = {"include_dashboard": False, "num_cpus": options.local_cpus} if options.address is None else {}
    try:
        _check_reachable(options.address)
        # "local": without an address Ray would look for one in RAY_ADDRESS and in what runs on this machine.
        ray.init(options.address or "local", runtime_env=options.runtime_env or None, logging_level=logging.WARNING, **own)
    except (OSError, RayError) as error:
        raise PinejaxError(
            f"hydra.launcher.address={options.address}: no Ray cluster answers there ({error}). "
            "Start one with `ray start --head`, or leave it null for one on this machine."
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str | None) -> None:
    """Ray itself tries for minutes. Errors: OSError."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=CONNECT_S).close()


def _collected(references: list[Any]) -> list[JobReturn]:
    try:
        return [_returned(reference) for reference in references]
    except KeyboardInterrupt:
        for reference in references:
            ray.cancel(reference)  # an interrupt in its process: the search there ends after its batch
        ray.wait(references, num_returns=len(references), timeout=GRACE_S)
        raise


def _returned(reference: Any) -> JobReturn:
    """What a job returned; where its process or its machine died for good, a failed job with that error."""
    try:
        return pickle.loads(ray.get(reference))
    except RayError as error:
        return JobReturn(status=JobStatus.FAILED, _return_value=error)


def _run(packed: bytes) -> bytes:
    """In a process of Ray's: Hydra's job, as its other launchers run it."""
    job: Job = pickle.loads(packed)
    os.environ.update(job.environment)
    if os.path.isdir(job.cwd):  # relative paths mean what they mean where the sweep was started, if that folder is shared
        os.chdir(job.cwd)
    setup_globals()
    Singleton.set_state(job.state)
    sweep = job.sweep
    config = sweep.hydra_context.config_loader.load_sweep_config(sweep.config, list(job.overrides))
    with open_dict(config):
        config.hydra.job.id = f"{config.hydra.job.name}_{job.number}"
        config.hydra.job.num = job.number
    HydraConfig.instance().set_config(config)
    done = run_job(
        hydra_context=sweep.hydra_context,
        task_function=sweep.task_function,
        config=config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    return _packed(done)


def _packed(done: JobReturn) -> bytes:
    """For the way back. An error that cannot be pickled becomes a RuntimeError with its text."""
    try:
        packed = dumps(done)
        pickle.loads(packed)  # some exceptions pickle and do not come back
    except Exception as error:
        if done.status != JobStatus.FAILED:
            raise
        told = done._return_value
        done._return_value = RuntimeError(f"{type(told).__name__}: {told} (it could not be sent: {error})")
        return dumps(done)
    return packed
