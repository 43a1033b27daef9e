"""Real servers for these tests, each started once and stopped by its process id."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import debian_postgres
import one_machine_slurm
import optuna
import pytest
from pinejax_process import optuna_storage
from small_run import MINE


@pytest.fixture(scope="session")
def slurm() -> Iterator[one_machine_slurm.Slurm]:
    """A SLURM controller with one node on this machine."""
    if reason := one_machine_slurm.missing():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="slurm"))
    with one_machine_slurm.one_machine_slurm(folder / "s") as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty working folder with mine.py in it."""
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[debian_postgres.Server]:
    """Debian's PostgreSQL."""
    if reason := debian_postgres.missing():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    folder.chmod(0o755)
    with debian_postgres.debian_postgres(folder / "s") as running:
        yield running
    folder.rmdir()


@pytest.fixture
def postgres(postgres_server: debian_postgres.Server) -> str:
    """The URL of its database, without any study."""
    url = postgres_server.url
    with optuna_storage(url) as storage:
        for name in optuna.get_all_study_names(storage):
            optuna.delete_study(study_name=name, storage=storage)
    return url
