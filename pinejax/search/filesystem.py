"""Whether a path lies on a network file system, on which SQLite loses data. It writes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

MOUNTS = Path("/proc/mounts")
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smbfs", "smb3", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs", "9p", "fuse.sshfs"}
    | {"fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone"}
)


@dataclass(frozen=True)
class Mount:
    """A line of /proc/mounts: the folder, the kind of file system, its options."""

    folder: str
    kind: str
    options: tuple[str, ...]

    @property
    def is_network(self) -> bool:
        """Whether other machines may write there too."""
        return self.kind in NETWORK


def mount_of(path: Path, mounts: str | None = None) -> Mount | None:
    """The mount that holds `path`, which need not exist; None where the system does not tell. mounts: the text of /proc/mounts."""
    if mounts is None:
        try:
            mounts = MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    where = Path(path).expanduser().resolve()
    found = [mount for line in mounts.splitlines() if (mount := _parsed(line.split())) and where.is_relative_to(mount.folder)]
    return max(reversed(found), key=lambda mount: len(mount.folder)) if found else None  # of two in one place the later one is seen


def warn_of_network(url: str, mounts: str | None = None) -> str | None:
    """Warns, once per call, where the URL is an SQLite file on a network file system; the warning, None where there is none."""
    kind, _, path = url.partition(":///")
    if not kind.startswith("sqlite") or not path or path.startswith((":memory:", "file:")):
        return None
    found = mount_of(Path(path.partition("?")[0]), mounts)
    if found is None or not found.is_network:
        return None
    text = (
        f"{path} lies on a network file system ({found.kind} at {found.folder}): SQLite's locks do not hold there, and several workers "
        "would damage the study. Use storage=journal storage.journal=PATH there, or a PostgreSQL server (storage.url=...), "
        "or a local disk (storage.sqlite=...)."
    )
    logger.warning("%s", text)
    return text


def _parsed(fields: Sequence[str]) -> Mount | None:
    if len(fields) < 4:
        return None
    folder = fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
    return Mount(folder, fields[2], tuple(fields[3].split(",")))
