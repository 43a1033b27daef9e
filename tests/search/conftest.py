"""Makes `quadratic` importable, quiets Optuna's information (not its warnings), closes its connections."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _quiet_optuna() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(autouse=True)
def _connections_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`optuna.load_study(storage=URL)` leaves its connections to the garbage collector."""
    made: list[RDBStorage] = []
    init = RDBStorage.__init__

    def recorded(self: RDBStorage, *args: object, **more: object) -> None:
        init(self, *args, **more)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(RDBStorage, "__init__", recorded)
    yield
    for storage in made:
        storage.remove_session()
        storage.engine.dispose()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A fresh SQLite file."""
    return f"sqlite:///{tmp_path / 'studies' / 'study.db'}"
