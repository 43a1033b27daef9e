"""`list` and `check`: what is stored, and whether it is still good."""

from __future__ import annotations

import argparse

from pinejax.data.check import check_store
from pinejax.data.commands.lines import DATA_ERRORS, OK, count, line
from pinejax.data.store import open_store


def add(commands) -> None:
    """Declare the commands."""
    for name, command, text in (
        ("list", _list, "list the stored datasets"),
        ("check", _check, "check the stored datasets; exit code 1 if one is broken"),
    ):
        look = commands.add_parser(name, help=text)
        look.add_argument("--root", metavar="DIR", help="the store's folder; default: the bundled synthetic sample")
        look.set_defaults(command=command)


def _list(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.root)
    datasets = store.datasets()
    for _, _, manifest in datasets:
        print(line(manifest))
    print(f"{count(len(datasets), 'dataset')} in {store.root}; times are UTC opens.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.root)
    findings = check_store(store)
    for finding in findings:
        print(f"{finding.level:<8} {finding.dataset}: {finding.text}")
    n_errors, n_warnings = (sum(finding.level == level for finding in findings) for level in ("error", "warning"))
    n_datasets = len({finding.dataset for finding in findings})
    print(f"{count(n_datasets, 'dataset')} in {store.root}: {count(n_errors, 'error')}, {count(n_warnings, 'warning')}.")
    return DATA_ERRORS if n_errors else OK
