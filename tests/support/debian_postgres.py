"""Debian's PostgreSQL (`apt-get install postgresql`) in a folder of its own, for tests: no service, stopped by process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

USER = "postgres"
PASSWORD = "only-for-tests"


def programs() -> Path | None:
    """The folder of the newest server's programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3].split(".")[0]))
    return found[-1].parent if found else None


def missing() -> str:
    """Why the server cannot be started here; empty if it can."""
    if programs() is None:
        return "no PostgreSQL in /usr/lib/postgresql: apt-get install postgresql"
    return "" if os.geteuid() == 0 else "the server is started as the user postgres, which takes root"


@dataclass
class Server:
    """A server that can be stopped and started again. url: for storage.url, with a password, on 127.0.0.1."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """As `storage.url` takes it."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        folder = programs()
        assert folder is not None, missing()
        settings = [f"-c{item}" for item in ("listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *self.options)]
        with (self.folder / "log").open("ab") as log:
            command = [str(folder / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *settings]
            self.process = subprocess.Popen(command, user=USER, group=USER, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 30
        while subprocess.run([str(folder / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start: " + (self.folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast shutdown: connections are closed at once; SIGQUIT its immediate one, as after a crash."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(30)
            self.process = None


@contextmanager
def debian_postgres(folder: Path, *options: str) -> Iterator[Server]:
    """A new, empty server in a folder that every user may enter. options: settings such as `max_connections=50`."""
    found = programs()
    assert found is not None, missing()
    folder.mkdir()
    password = folder / "password"
    password.write_text(PASSWORD)
    entry = pwd.getpwnam(USER)
    for path in (folder, password):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    command = [str(found / "initdb"), "-D", str(folder / "data"), "-A", "scram-sha-256", "-U", USER, f"--pwfile={password}", "-N"]
    subprocess.run(command, user=USER, group=USER, cwd=folder, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(folder, port, tuple(options))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
