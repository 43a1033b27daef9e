import logging
from pathlib import Path

import pytest

from pinejax.search.filesystem import mount_of, warn_of_network

MOUNTS = r"""/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/home /home nfs4 rw,vers=4.2,addr=10.0.0.1 0 0
/dev/sdb1 /home/scratch ext4 rw 0 0
old:/x /mnt/with\040space nfs rw,vers=2 0 0
me@host:/y /mnt/ssh fuse.sshfs rw 0 0
//win/share /mnt/win cifs rw 0 0
mds@tcp:/fs /lustre lustre rw 0 0
gpfs0 /gpfs gpfs rw 0 0
beegfs_nodev /beegfs beegfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/outputs/studies.db", "nfs4"),
        ("/mnt/with space/a.db", "nfs"),
        ("/mnt/ssh/a.db", "fuse.sshfs"),
        ("/mnt/win/a.db", "cifs"),
        ("/lustre/a.db", "lustre"),
        ("/gpfs/a.db", "gpfs"),
        ("/beegfs/a.db", "beegfs"),
    ],
)
def test_sqlite_on_a_network_file_system_is_warned_of(path, kind, caplog):
    with caplog.at_level(logging.WARNING):
        said = warn_of_network(f"sqlite:///{path}", MOUNTS)
    assert said is not None
    assert path in said and kind in said
    assert "storage=journal" in said
    assert said in caplog.text


@pytest.mark.parametrize("url", ["sqlite:////home/scratch/a.db", "sqlite:////var/a.db", "postgresql://home/db", "sqlite:////homes/a.db"])
def test_a_local_disk_is_not(url):
    assert warn_of_network(url, MOUNTS) is None


def test_the_nearest_mount_holds_a_path_and_of_two_in_one_place_the_later():
    assert mount_of(Path("/home/scratch/x/y"), MOUNTS).folder == "/home/scratch"
    assert mount_of(Path("/mnt/with space/z"), MOUNTS).options == ("rw", "vers=2")
    assert mount_of(Path("/x"), MOUNTS + "host:/ / nfs rw 0 0\n").kind == "nfs"
    assert mount_of(Path("/x"), "") is None
