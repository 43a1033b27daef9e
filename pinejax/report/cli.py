"""`python -m pinejax.report build|open|watch`: arguments in, the written path or lines out. What a report is, is `page`."""

from __future__ import annotations

import argparse
import hashlib
import sys
import webbrowser
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pinejax.core.command import finish
from pinejax.core.location import add_location, url_of
from pinejax.errors import ReportError, StudyError
from pinejax.report.atomic import write_text
from pinejax.report.page.build import NAME, build
from pinejax.report.page.run_page import page
from pinejax.report.saved import read_folder
from pinejax.report.slug import slug

OK = 0
OUTPUTS = Path("outputs")
"""Where runs leave their folders, and where the page of a study goes."""


def main(argv: Sequence[str] | None = None, show: Callable[[str], object] = webbrowser.open) -> int:
    """Run one command; returns the exit code.

    0; 2 for a user's mistake, told on stderr; 130 for Ctrl-C; 141 where nobody reads the output any more. show: opens a URL.
    """
    arguments = build_parser().parse_args(argv)
    arguments.show = show
    return finish(lambda: arguments.command(arguments))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pinejax.report", description="Make the page of a run's folder or of a stored study; look on while one is searched."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    make = commands.add_parser("build", help=f"write {NAME}, of folders into them, of stored studies into {OUTPUTS}")
    make.add_argument("whats", nargs="+", metavar="FOLDER|STUDY", help="what a run printed after `Files:`, or the name of a study")
    make.set_defaults(command=_build)

    look = commands.add_parser("open", help="show it in the browser; it is made first")
    look.add_argument("what", nargs="?", metavar="FOLDER|STUDY", help=f"default: the newest folder in {OUTPUTS}")
    look.set_defaults(command=_open)

    for one in (make, look):
        one.add_argument("--out", type=Path, metavar="FILE", help="where to write it instead; for one page")

    follow = commands.add_parser("watch", help="look on while studies are searched, until Ctrl-C")
    follow.add_argument("whats", nargs="*", metavar="STUDY", help="or a run's folder; default: all studies, the one active last first")
    follow.add_argument("--every", type=_seconds, metavar="S", help="seconds between looks; default: 1 on a terminal, else 10")
    follow.add_argument("--once", action="store_true", help="look once")
    follow.set_defaults(command=_watch)

    for one in (make, look, follow):
        add_location(one)
    return parser


def _build(arguments: argparse.Namespace) -> int:
    if arguments.out is not None and len(arguments.whats) > 1:
        raise ReportError(f"--out: expected one folder or study beside it, got {len(arguments.whats)}. Build one at a time.")
    for what in arguments.whats:
        path = _made(what, arguments)
        print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
    return OK


def _open(arguments: argparse.Namespace) -> int:
    path = _made(arguments.what or str(newest(arguments)), arguments)
    print(path)
    if not arguments.show(path.resolve().as_uri()):
        raise ReportError(f"{path}: there is no browser to open it with. Open the file by hand.")
    return OK


def newest(arguments: argparse.Namespace) -> Path:
    """The folder in outputs whose run or sweep wrote last. Errors: ReportError where there is none, or where a storage was named."""
    if arguments.storage is not None or arguments.sqlite is not None:
        raise ReportError("open: expected the name of a study beside --storage or --sqlite. python -m pinejax.study list names them.")
    found = [path for name in ("manifest.json", "sweep.json") for path in OUTPUTS.glob(f"*/{name}")]
    if not found:
        raise ReportError(f"open: expected a folder of a run in {OUTPUTS}, found none. Name one: what a run printed after `Files:`.")
    return max(found, key=lambda path: path.stat().st_mtime_ns).parent


def _watch(arguments: argparse.Namespace) -> int:
    from pinejax.report.watch.loop import Watcher, watch
    from pinejax.search.library import Library

    names, url = [], url_of(arguments)
    for what in arguments.whats:
        study = read_folder(Path(what)).manifest.get("study", {}) if Path(what).is_dir() else {"name": what}
        names.append(study.get("name", what))
        if arguments.storage is None and arguments.sqlite is None and "***" not in study.get("storage", "***"):
            url = study["storage"]
    with Library(url) as library:
        watch(Watcher(library, names), sys.stdout, every_s=arguments.every, once=arguments.once)
    return OK


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"expected seconds, 0.1 or more, got {text}")
    return seconds


def _made(what: str, arguments: argparse.Namespace) -> Path:
    """The page of a folder, if there is one of that name, else of a study. Errors: ReportError naming both where there is neither."""
    if Path(what).is_dir():
        try:
            return build(Path(what), arguments.out)
        except OSError as error:
            raise ReportError(f"{what}: no report can be written ({error.strerror or error}). Choose another place with --out.") from None
    if Path(what).is_file():
        raise ReportError(f"{what}: expected a run's folder or the name of a study; it is a file. Name the folder that a run printed.")
    return _of_study(what, arguments)


def _of_study(name: str, arguments: argparse.Namespace) -> Path:
    from pinejax.report.from_study import read_study
    from pinejax.search.library import Library

    try:
        with Library(url_of(arguments)) as library:
            study, storage = library.read(name), library.name
    except StudyError as error:
        raise ReportError(f"{name}: expected a run's folder or the name of a study; there is no such folder, and {error}") from None
    path = page_of_study(name) if arguments.out is None else arguments.out
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, page(read_study(study, storage, datetime.now(UTC))))
    except OSError as error:
        raise ReportError(f"{path} cannot be written ({error.strerror or error}). Choose another place with --out.") from None
    return path


def page_of_study(name: str) -> Path:
    """`outputs/report_<study>.html`; of a name that is no file's, as much of it as can be, and a hash."""
    safe = slug(name)
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return OUTPUTS / f"report_{safe if safe == name else f'{safe[:60]}_{digest}'}.html"
