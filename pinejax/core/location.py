"""Where studies are kept, as a user says it: the choices of `storage`, and the words of a command line. It opens nothing."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pinejax.errors import ConfigError


@dataclass(frozen=True)
class StorageConfig:
    """Where studies are kept: `url`, else Optuna's `journal` file, else Dask's scheduler at `address`, else the URL in the environment
    variable `url_env` if set, else the file `sqlite`.
    """

    url: str | None = None
    url_env: str | None = "OPTUNA_STORAGE_URL"
    sqlite: str = "outputs/studies.db"
    journal: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        if self.journal is not None and self.address is not None:
            raise ConfigError("storage: expected one of storage.journal and storage.address, got both.")
        if self.address is not None and not self.address.startswith(("tcp://", "tls://", "ucx://", "ws://", "wss://")):
            raise ConfigError(f"storage.address: expected a Dask scheduler such as tcp://host:8786, got {self.address!r}.")

    def resolve(self, environment: Mapping[str, str]) -> str:
        """The URL to use: of a database, journal:///path, or dask+tcp://host:port."""
        if self.url:
            return self.url
        if self.journal is not None:
            return f"journal:///{Path(self.journal).expanduser()}"
        if self.address is not None:
            return f"dask+{self.address}"
        from_environment = environment.get(self.url_env, "") if self.url_env else ""
        return from_environment or f"sqlite:///{Path(self.sqlite).expanduser()}"

    def make_room(self, url: str) -> None:
        """Makes the folder of an SQLite file. Errors: ConfigError where that cannot be done."""
        kind, _, path = url.partition(":///")
        if not kind.startswith("sqlite") or not path or path.startswith((":memory:", "file:")):
            return
        try:
            Path(path.partition("?")[0]).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"storage: {path} cannot be made there ({error.strerror}). Choose another storage.sqlite.") from None


def add_location(parser: argparse.ArgumentParser) -> None:
    """Adds --storage and --sqlite, for `url_of`."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--storage", metavar="URL", help="such as postgresql+psycopg://user:password@host/database, or journal:///file.log")
    where.add_argument("--sqlite", metavar="FILE", help=f"default: the URL in {StorageConfig.url_env} if set, else {StorageConfig.sqlite}")


def url_of(arguments: argparse.Namespace) -> str:
    """Where to look: --storage, --sqlite, the environment's URL, the default file."""
    if arguments.sqlite:
        return StorageConfig(url_env=None, sqlite=arguments.sqlite).resolve({})
    return StorageConfig(url=arguments.storage).resolve(os.environ)
