"""`list` and `check`: what is stored, and whether it is still good."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import asdict

from pinejax.data.check import check_store
from pinejax.data.commands.lines import DATA_ERRORS, OK, count, line
from pinejax.data.findings import Finding
from pinejax.data.store import open_store

_MEASURES = {"gaps": "bars", "stale": "bars", "volume_holes": "bars", "jumps": "log move", "outliers": "deviations", "splits": "times"}


def add(commands) -> None:
    """Declare the commands."""
    for name, command, text in (
        ("list", _list, "list the stored datasets"),
        ("check", _check, "check the stored datasets; exit code 1 if one is broken"),
    ):
        look = commands.add_parser(name, help=text)
        look.add_argument("folder", nargs="?", metavar="DIR", help="the store's folder; default: the bundled synthetic sample")
        look.add_argument("--root", metavar="DIR", help="the same")
        look.set_defaults(command=command)
        if name == "check":
            look.add_argument("--json", action="store_true", help="the findings as JSON")
            look.add_argument("--strict", action="store_true", help="warnings too make the exit code 1")


def _list(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.folder or arguments.root)
    datasets = store.datasets()
    for _, _, manifest in datasets:
        print(line(manifest))
    print(f"{count(len(datasets), 'dataset')} in {store.root}; times are UTC opens.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.folder or arguments.root)
    findings = check_store(store)
    levels = Counter(finding.level for finding in findings)
    if arguments.json:
        print(json.dumps({"root": str(store.root), "levels": levels, "findings": [asdict(finding) for finding in findings]}, indent=2))
    else:
        for finding in findings:
            print(_finding_lines(finding))
        n_datasets = len({finding.dataset for finding in findings})
        print(f"{count(n_datasets, 'dataset')} in {store.root}: {count(levels['error'], 'error')}, {count(levels['warning'], 'warning')}.")
    return DATA_ERRORS if levels["error"] or (arguments.strict and levels["warning"]) else OK


def _finding_lines(finding: Finding) -> str:
    head = f"{finding.level:<8} {finding.dataset}: {finding.text}"
    measure = _MEASURES.get(finding.kind)
    rows = [f"{'':<8}   {worst.at} UTC  {worst.size:g} {measure}" if measure else f"{'':<8}   {worst.at} UTC" for worst in finding.worst]
    return "\n".join([head, *rows])
