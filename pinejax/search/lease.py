"""Who runs a trial, as its lease says, and whether that process is known to be gone. It reads no database."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEASE_KEY = "pinejax:lease"
"""System attribute of a trial: the lease under which it was evaluated. The trials of one batch have the same."""
FAILED_KEY, HISTORY_KEY, FIXED_KEY = "failed_trial", "retry_history", "fixed_params"
"""As Optuna's RetryHeartbeatStaleTrialCallback names the first failed trial, all of them, and `enqueue_trial` the parameters."""
EARLY_KEYS = (LEASE_KEY, FIXED_KEY, FAILED_KEY, HISTORY_KEY)
"""System attributes that are stored when a trial is reserved: what its retry needs. The others come with its results."""
MOST_RETRIES = 3
"""A set that has failed so often with its workers may be what kills them."""
GRACE_S = 120.0

_GONE_STATES = "ZX"


@dataclass(frozen=True)
class Owner:
    """One run of a worker. host: a name that two machines, containers or boots do not share; started: of the process, in the
    system's ticks, None where it does not say; run: of this search alone, another one in the same process has another.
    """

    worker: int
    host: str
    pid: int
    started: int | None
    run: str

    @classmethod
    def here(cls, worker: int) -> Owner:
        """This process."""
        return cls(worker, host_name(), os.getpid(), started_at(os.getpid()), uuid.uuid4().hex[:12])

    def lease(self, batch: int) -> dict[str, Any]:
        """What its trials carry; equal for the trials of one batch, and only for those."""
        return {**vars(self), "batch": batch}

    def is_mine(self, lease: Mapping[str, Any] | None) -> bool:
        """Whether this run holds the lease."""
        return lease is not None and lease.get("run") == self.run


def is_gone(lease: Mapping[str, Any]) -> bool:
    """Whether the owner ran on this machine and does not any more. False where that cannot be known from here."""
    if lease.get("host") != host_name() or not isinstance(lease.get("pid"), int):
        return False
    pid = lease["pid"]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # somebody else's process
    now = started_at(pid)
    return _is_dead(pid) or (now is not None and lease.get("started") is not None and now != lease["started"])


def said(lease: Mapping[str, Any] | None) -> str:
    """`worker 2 (process 4711 on node7)`."""
    if lease is None:
        return "another program"
    return f"worker {lease.get('worker')} (process {lease.get('pid')} on {str(lease.get('host')).partition('/')[0]})"


def host_name() -> str:
    """The host's name; on Linux with its boot and the process namespace, without which process numbers mean nothing."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        namespace = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{namespace}"


def started_at(pid: int) -> int | None:
    """When the process started, in ticks since boot; None where the system does not tell."""
    fields = _stat(pid)
    return int(fields[19]) if len(fields) > 19 else None


def _is_dead(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] in _GONE_STATES


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def split_attrs(attrs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """System attributes that are stored when a trial is reserved, and those that come with its results."""
    early = {key: value for key, value in attrs.items() if key in EARLY_KEYS}
    return early, {key: value for key, value in attrs.items() if key not in EARLY_KEYS}


def retry_attrs(number: int, params: Mapping[str, Any], attrs: Mapping[str, Any]) -> dict[str, Any] | None:
    """System attributes of the WAITING trial that retries trial `number`; None where it has been tried often enough."""
    history = [*attrs.get(HISTORY_KEY, []), number]
    if len(history) > MOST_RETRIES:
        return None
    return {FIXED_KEY: dict(params), FAILED_KEY: attrs.get(FAILED_KEY, number), HISTORY_KEY: history}
