"""`python -m pinejax.study list|show|best|export|delete`: arguments in, lines out. What the commands say is in the other modules."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from pinejax.core.command import finish
from pinejax.core.location import add_location, url_of
from pinejax.errors import StudyError
from pinejax.search.library import Library, StoredStudy
from pinejax.study.best import FORMATS, best_text
from pinejax.study.export import SUFFIXES, export
from pinejax.study.listing import list_text
from pinejax.study.show import show_text

OK, NOT_DONE = 0, 1


def main(argv: Sequence[str] | None = None, ask: Callable[[str], str] = input) -> int:
    """Run one command; returns the exit code.

    0; 1 where `delete` was answered with no; 2 for a user's mistake, told on stderr; 130 for Ctrl-C; 141 where nobody reads the output
    any more. ask: how a question is put.
    """
    arguments = build_parser().parse_args(argv)
    arguments.ask = ask
    return finish(lambda: _run(arguments))


def _run(arguments: argparse.Namespace) -> int:
    with Library(url_of(arguments)) as library:
        return arguments.command(library, arguments)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m pinejax.study", description="Look at the studies of a storage, and delete them.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[Library, argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text)
        add_location(made)
        made.set_defaults(command=command)
        return made

    add("list", _list, "one line per study: trials by state, the best value, when it was last active")

    show = add("show", _show, "one study: what was searched, how far it is, its best trials")
    show.add_argument("name", nargs="?", metavar="STUDY", help="default: the only study there is")
    show.add_argument("--top", type=_positive, default=5, metavar="N", help="trials shown; default: 5")

    best = add("best", _best, "the best set as command-line words, JSON (a bank for search.resume_from) or YAML")
    best.add_argument("name", nargs="?", metavar="STUDY", help="default: the only study there is")
    best.add_argument("--format", choices=FORMATS, default="words")
    best.add_argument("--top", type=_positive, default=1, metavar="N", help="so many sets, best first; of several objectives, of the front")

    out = add("export", _export, "all trials as a table, in the format of the file's ending")
    out.add_argument("name", nargs="?", metavar="STUDY", help="default: the only study there is")
    out.add_argument("--out", required=True, type=Path, metavar="FILE", help=f"ends with {', '.join(SUFFIXES)}")

    delete = add("delete", _delete, "delete a study with all its trials")
    delete.add_argument("name", metavar="STUDY")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    delete.add_argument("--force", action="store_true", help="also while trials are running")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 1, got {text}")
    return number


def _list(library: Library, arguments: argparse.Namespace) -> int:
    print(list_text(library.name, library.overview()))
    return OK


def _show(library: Library, arguments: argparse.Namespace) -> int:
    print(show_text(library.name, _read(library, arguments.name), arguments.top))
    return OK


def _best(library: Library, arguments: argparse.Namespace) -> int:
    print(best_text(_read(library, arguments.name), arguments.top, arguments.format))
    return OK


def _export(library: Library, arguments: argparse.Namespace) -> int:
    n = export(_read(library, arguments.name), arguments.out)
    print(f"{n:,} trial{'s' if n != 1 else ''} in {arguments.out}.")
    return OK


def _delete(library: Library, arguments: argparse.Namespace) -> int:
    name = arguments.name
    running = library.n_running(name)
    if running and not arguments.force:
        raise StudyError(
            f"study {name!r}: {running} of its trials are running, or their worker died. Stop the workers first, or add --force to delete "
            "it anyway."
        )
    if not arguments.yes and not _confirmed(arguments.ask, f"Delete the study {name!r} with all its trials from {library.name}? [y/N] "):
        print("Nothing was deleted.")
        return NOT_DONE
    library.delete(name)
    print(f"Deleted {name!r} from {library.name}.")
    return OK


def _confirmed(ask: Callable[[str], str], question: str) -> bool:
    try:
        return ask(question).strip().lower() in ("y", "yes")
    except EOFError:
        raise StudyError("delete: nobody is there to answer. Add --yes to delete without being asked.") from None


def _read(library: Library, name: str | None) -> StoredStudy:
    if name is not None:
        return library.read(name)
    names = [study.name for study in library.overview()]
    if len(names) != 1:
        said = "it has none" if not names else f"it has {len(names)}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
        raise StudyError(f"storage {library.name}: expected the name of a study, for {said}.")
    return library.read(names[0])
