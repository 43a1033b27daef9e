"""A real SLURM on this machine alone, for tests: munge, MariaDB, slurmdbd, slurmctld and slurmd in one folder, stopped by process id.

Debian: `apt-get install slurm-wlm munge slurmdbd mariadb-server`, and root. No systemd, no cgroups, nothing outside of the folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sbatch", "sacctmgr")
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
N_CPUS = 4
"""What the node claims to have, whatever the machine: two jobs of a test run at once."""
REQUEUE_S = 5
"""SLURM lets a requeued job wait for so long."""

CONF = """
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire={requeue_s}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={dbd}
AccountingStoragePass={folder}/munge.socket
JobAcctGatherType=jobacct_gather/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={n_cpus} State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=20
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP PriorityTier=9 PreemptMode=OFF
"""

DBD = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={dbd}
SlurmUser=root
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadb}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
"""


def missing() -> str:
    """Why SLURM cannot be started here; empty if it can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurm-wlm munge slurmdbd mariadb-server"
    return "" if os.geteuid() == 0 else "SLURM's daemons are started as root"


@dataclass(frozen=True)
class Slurm:
    """A running SLURM. env: what its commands (sbatch, squeue, sacct, scancel) need to find it."""

    folder: Path
    env: dict[str, str]

    def command(self, *words: str) -> str:
        """Runs one of SLURM's commands; what it printed. Errors: AssertionError with its message."""
        done = subprocess.run(words, env=self.env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{words}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def sbatch(self, script: Path, *options: str) -> str:
        """Submits a script; the job's number."""
        return self.command("sbatch", "--parsable", *options, str(script)).partition(";")[0]

    def state(self, job: str) -> str:
        """`PENDING`, `RUNNING`, `COMPLETED`, ... of a job in the controller's memory."""
        lines = self.command("scontrol", "show", "job", job).split()
        return next(word.partition("=")[2] for word in lines if word.startswith("JobState="))

    def restarts(self, job: str) -> int:
        """How often a job was queued again."""
        lines = self.command("scontrol", "show", "job", job).split()
        return int(next(word.partition("=")[2] for word in lines if word.startswith("Restarts=")))


@contextmanager
def one_machine_slurm(folder: Path) -> Iterator[Slurm]:
    """Starts everything in an empty folder (short, for sockets' names are limited to 107 characters); stops it afterwards."""
    for name in ("state", "spool", "db"):
        (folder / name).mkdir(parents=True)
    ports = dict(zip(("ctld", "slurmd", "dbd", "mariadb"), _free_ports(4), strict=True))
    values = {"folder": folder, "host": socket.gethostname(), "n_cpus": N_CPUS, "requeue_s": REQUEUE_S} | ports
    (folder / "slurm.conf").write_text(CONF.format(**values))
    (folder / "slurmdbd.conf").write_text(DBD.format(**values))
    (folder / "slurmdbd.conf").chmod(0o600)
    slurm = Slurm(folder, os.environ | {"PATH": PATH, "SLURM_CONF": str(folder / "slurm.conf")})
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        with (folder / f"{words[0]}.out").open("wb") as out:
            started.append(
                subprocess.Popen(words, env=slurm.env, cwd=folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
            )

    try:
        _start_munge(folder, start)
        _start_mariadb(folder, ports["mariadb"], slurm, start)
        start("slurmdbd", "-D")
        _until(lambda: _answers(slurm, "sacctmgr", "-n", "list", "cluster"), "slurmdbd", folder)
        slurm.command("sacctmgr", "-i", "add", "cluster", "local")
        start("slurmctld", "-D", "-c")
        _until(lambda: _answers(slurm, "scontrol", "ping"), "slurmctld", folder)
        start("slurmd", "-D", "-N", values["host"])
        _until(lambda: "idle" in slurm.command("sinfo", "-h", "-o", "%T"), "slurmd", folder)
        yield slurm
    finally:
        if (folder / "slurmctld.pid").exists():
            subprocess.run(["scancel", "--user=root"], env=slurm.env, check=False, capture_output=True, timeout=60)
        for process in reversed(started):
            _stop(process)


def _start_munge(folder: Path, start: Callable[..., None]) -> None:
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    places = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munge.pid", "log-file": folder / "munge.log"}
    options = [f"--{name}={place}" for name, place in places.items()]
    start("munged", "--foreground", "--force", f"--seed-file={folder}/munge.seed", *options)
    _until((folder / "munge.socket").exists, "munged", folder)


def _start_mariadb(folder: Path, port: int, slurm: Slurm, start: Callable[..., None]) -> None:
    data, sock = folder / "db", folder / "db.socket"
    slurm.command("mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db")
    start(
        "mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", f"--socket={sock}", f"--pid-file={folder}/db.pid",
        "--bind-address=127.0.0.1", f"--port={port}", "--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900",
    )  # fmt: skip
    client = ("mariadb", "--no-defaults", f"--socket={sock}", "--user=root")
    _until(lambda: _answers(slurm, *client, "-e", "SELECT 1"), "mariadbd", folder)
    grant = "CREATE DATABASE slurm_acct_db; GRANT ALL ON slurm_acct_db.* TO 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm'"
    slurm.command(*client, "-e", f"{grant}; GRANT ALL ON slurm_acct_db.* TO 'slurm'@'localhost' IDENTIFIED BY 'slurm'")


def _answers(slurm: Slurm, *words: str) -> bool:
    return subprocess.run(words, env=slurm.env, capture_output=True, timeout=60, check=False).returncode == 0


def _until(ready: Callable[[], bool], name: str, folder: Path, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() > deadline:
            logs = [folder / f"{name}.out", folder / f"{name}.log"]
            raise RuntimeError(f"{name} did not start: " + "\n".join(log.read_text()[-2000:] for log in logs if log.exists()))
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes], timeout_s: float = 20.0) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports(n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]
    finally:
        for item in sockets:
            item.close()
