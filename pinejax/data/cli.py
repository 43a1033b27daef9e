"""`python -m pinejax.data COMMAND`: hands over to the commands. What each does is in `commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pinejax.data.commands import fetching, freezing, importing, looking, synthesis
from pinejax.data.commands.lines import USER_ERROR
from pinejax.errors import PinejaxError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 1 (the data are not good or not whole), 2 (a user's mistake, told on stderr)."""
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.command(arguments)
    except PinejaxError as error:
        print(f"error: {error}", file=sys.stderr)
        return USER_ERROR


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pinejax.data", description="Fetch and import bars into a store, and look at what is there."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in (importing, fetching, looking, freezing, synthesis):
        command.add(commands)
    return parser
