"""`python -m pinejax.data COMMAND`: hands over to the commands. What each does is in `commands`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pinejax.core.command import finish
from pinejax.data.commands import fetching, freezing, importing, looking, synthesis


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0; 1 where the data are not good or not whole; 2 for a user's mistake, told on stderr; 130 for Ctrl-C; 141 where nobody reads the
    output any more.
    """
    arguments = build_parser().parse_args(argv)
    return finish(lambda: arguments.command(arguments))


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pinejax.data", description="Fetch and import bars into a store, and look at what is there."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (importing, fetching, looking, freezing, synthesis):
        command.add(commands)
    return parser
