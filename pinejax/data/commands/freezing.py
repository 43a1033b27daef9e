"""`snapshot` and `verify`: bars frozen under a name, and proved."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from pinejax.data.commands.lines import DATA_ERRORS, OK, count
from pinejax.data.snapshot import FILE, FOLDER, freeze, read_snapshot, verify
from pinejax.data.store import open_store
from pinejax.errors import DataError

_ROOT = "data/real"


def add(commands) -> None:
    """Declare the commands."""
    parser = commands.add_parser("snapshot", help="freeze the stored bars under a name, for runs with data.snapshot=NAME")
    parser.add_argument("name", metavar="NAME", help="such as q2-2025")
    parser.add_argument("--root", default=_ROOT, metavar="DIR", help=f"the store's folder; default: {_ROOT}")
    parser.add_argument("--symbols", metavar="A,B", help="these alone; default: all")
    parser.set_defaults(command=_snapshot)

    parser = commands.add_parser("verify", help="prove a snapshot, or a folder against one; exit code 1 if a bar has changed")
    parser.add_argument("what", metavar="NAME", help="a snapshot of the store, or a folder")
    parser.add_argument("--root", default=_ROOT, metavar="DIR", help=f"the store's folder; default: {_ROOT}")
    parser.add_argument("--against", metavar="FILE", help=f"the {FILE} that a folder is compared with; default: its own")
    parser.set_defaults(command=_verify)


def _snapshot(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.root)
    symbols = [name.strip() for name in (arguments.symbols or "").split(",") if name.strip()]
    snapshot, is_new = freeze(store, arguments.name, datetime.now(UTC).isoformat(timespec="seconds"), symbols)
    what = "frozen" if is_new else "is there"
    for item in snapshot.datasets:
        print(f"{what:<9} {item.symbol:<18} {item.timeframe:>4} {item.n_rows:>9,} bars  {item.first} .. {item.last}")
    where = f"{store.root / FOLDER / snapshot.name}, hash {snapshot.hash[:12]}"
    print(f"{count(len(snapshot.datasets), 'dataset')} in {where}. Run with data.root={store.root} data.snapshot={snapshot.name}.")
    return OK


def _verify(arguments: argparse.Namespace) -> int:
    named = Path(arguments.root).expanduser() / FOLDER / arguments.what
    folder = named if named.is_dir() else Path(arguments.what).expanduser()
    if not folder.is_dir():
        raise DataError(f"verify: expected a snapshot of {arguments.root} or a folder, got {arguments.what!r}.")
    snapshot = read_snapshot(Path(arguments.against).expanduser() if arguments.against else folder)
    findings = verify(folder, snapshot)
    for finding in findings:
        print(f"{finding.level:<8} {finding.dataset}: {finding.text}")
    n_errors = sum(finding.level == "error" for finding in findings)
    said = f"{count(n_errors, 'difference')} from" if n_errors else "exactly"
    print(f"{folder}: {said} the snapshot {snapshot.name} of {snapshot.created} (hash {snapshot.hash[:12]}).")
    return DATA_ERRORS if n_errors else OK
