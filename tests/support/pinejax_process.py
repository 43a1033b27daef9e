"""pinejax's commands as processes of their own, and what their studies hold afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
import sqlalchemy as sa
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial
from sqlalchemy import exc

REPOSITORY = Path(__file__).parents[2]
SLOW_SEARCH = (
    "strategy=squeeze_momentum",
    "symbol=SYNTH_A",
    "timeframe=1h@4h",
    "search.sampler=tpe",
    "search.batch_size=16",
    "verdict=none",
)
"""Asking TPE for the many parameters of this strategy takes most of a second per batch: time for a signal."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A process finds this checkout, and this Python as `python`."""
    env = os.environ | dict(more or {})
    return env | {"PYTHONPATH": str(REPOSITORY), "PATH": os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])}


def start(place: Path, words: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """`python -m pinejax.run WORDS` in a folder; its output is kept in pipes."""
    command = [sys.executable, "-m", "pinejax.run", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return Ending(command, cwd=place, env=environment(env), text=True, **pipes)


class Ending(subprocess.Popen[str]):
    """A process that a `with` does not wait for without end: where the block is left by an error, it is killed."""

    def __exit__(self, kind: object, *more: object) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *more)  # type: ignore[arg-type]


def run(
    place: Path, words: Sequence[str], env: Mapping[str, str] | None = None, timeout_s: float = 300
) -> subprocess.CompletedProcess[str]:
    """The same, waited for."""
    with start(place, words, env) as process:
        try:
            out, err = process.communicate(timeout=timeout_s)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def n_stored(storage: str) -> int:
    """How many trials a storage has at this moment; 0 while it is not there. Makes nothing."""
    if storage.startswith("sqlite:///") and not Path(storage.removeprefix("sqlite:///")).exists():
        return 0
    engine = sa.create_engine(storage)
    try:
        with engine.connect() as connection:
            return connection.execute(sa.text("SELECT count(*) FROM trials")).scalar_one()
    except (exc.OperationalError, exc.ProgrammingError):  # tables that are just being made
        return 0
    finally:
        engine.dispose()


def trials_of(url: str) -> list[FrozenTrial]:
    """The trials of all studies of a storage, as stock Optuna reads them."""
    with optuna_storage(url) as storage:
        names = optuna.get_all_study_names(storage)
        return [trial for name in names for trial in optuna.load_study(study_name=name, storage=storage).trials]


@contextmanager
def optuna_storage(url: str) -> Iterator[RDBStorage]:
    """Optuna's own storage, with its connections closed at the end."""
    storage = RDBStorage(url)
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


def until(ready: Callable[[], object], what: str, timeout_s: float = 300.0) -> None:
    """Waits for something. Errors: TimeoutError naming it."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(0.2)
