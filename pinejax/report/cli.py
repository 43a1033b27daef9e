"""`python -m pinejax.report build|open`: arguments in, the written path out. What a report is, is `page`."""

from __future__ import annotations

import argparse
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

from pinejax.core.command import finish
from pinejax.errors import ReportError
from pinejax.report.page.build import NAME, build

OK = 0


def main(argv: Sequence[str] | None = None, show: Callable[[str], object] = webbrowser.open) -> int:
    """Run one command; returns the exit code: 0, or 2 for a user's mistake, told on stderr. show: opens a URL."""
    arguments = build_parser().parse_args(argv)
    arguments.show = show
    return finish(lambda: arguments.command(arguments))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pinejax.report", description="Make a run's report.html from the files in its folder.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    make = commands.add_parser("build", help=f"write {NAME} into the folder of a run, or of several")
    make.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="what the run printed after `Files:`")
    make.add_argument("--out", type=Path, metavar="FILE", help="where to write it instead; for one folder")
    make.set_defaults(command=_build)

    look = commands.add_parser("open", help="show it in the browser; it is made first")
    look.add_argument("folder", type=Path, metavar="FOLDER")
    look.set_defaults(command=_open)
    return parser


def _build(arguments: argparse.Namespace) -> int:
    if arguments.out is not None and len(arguments.folders) > 1:
        raise ReportError(f"--out: expected one folder beside it, got {len(arguments.folders)}. Leave it out, or build one at a time.")
    for folder in arguments.folders:
        path = build(folder, arguments.out)
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return OK


def _open(arguments: argparse.Namespace) -> int:
    path = build(arguments.folder)
    print(path)
    if not arguments.show(path.resolve().as_uri()):
        raise ReportError(f"{path}: there is no browser to open it with. Open the file by hand.")
    return OK
