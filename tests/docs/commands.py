"""The command lines that the pages show, one by one, and whether they are run as they stand or only read, and why."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from tests.docs.pages import REPOSITORY, Block

RUN = ("pinejax.run", "pinejax.backtest", "pinejax.data", "pinejax.study", "pinejax.report")
"""Modules whose command lines are run (`test_runs.py`)."""
WHY_NOT_RUN: Mapping[str, str] = {
    "network": "it asks an exchange; tests/data fetches from an archive on this machine",
    "launcher": "it starts jobs by a launcher; tests/clusters does with real ones",
    "server": "it needs a database server; tests/clusters does with a real one",
    "hours": "it is a benchmark of half an hour and more; tests/search runs its parts",
    "forever": "it goes on until Ctrl-C",
}
"""What may follow `only-parsed` behind a fence: the lines of such a block are read by the commands that they start, and no more."""
OTHER_PROGRAMS: Mapping[str, str] = {
    "pip": "installing is what .ci/run begins with",
    "python3": "makes a virtual environment: .ci/run begins with it",
    "py": "the same on Windows",
    ".venv/bin/pip": "installing is what .ci/run begins with",
    ".venv/bin/python": "README's two commands: .ci/run runs the second, test_readme.py the wheel of the first",
    ".venv/bin/jupyter": "a notebook is for looking at; tests of the notebook's objects run without it",
    "git": "clones",
    "optuna-dashboard": "a program of others, not installed with the tests",
    "cd": "the shell's",
    "source": "the shell's",
}
"""Programs that are not ours, with the reason why nothing runs them here."""


@dataclass(frozen=True)
class Command:
    """One command of a block. words: as the shell takes them apart, without settings of variables before them."""

    words: tuple[str, ...]
    block: Block
    place: str

    @property
    def module(self) -> str:
        """What `python -m` starts; empty for other programs."""
        return self.words[2] if self.words[:2] == ("python", "-m") else ""

    @property
    def arguments(self) -> list[str]:
        """What that is given."""
        return list(self.words[3:])

    @property
    def is_run(self) -> bool:
        """Whether `test_runs.py` runs it."""
        return self.module in RUN and not self.only_parsed

    @property
    def only_parsed(self) -> str:
        """The reason behind the fence, empty where there is none."""
        return self.block.note.removeprefix("only-parsed ") if self.block.note.startswith("only-parsed ") else ""


def commands(block: Block) -> list[Command]:
    """Of one `sh` block, in order."""
    found = []
    for number, line in enumerate(re.sub(r"\\\n", "  ", block.text).splitlines()):
        for nth, part in enumerate(line.split("&&")):
            words = tuple(word for word in shlex.split(part, comments=True) if not re.fullmatch(r"[A-Z_]+=\S*", word))
            if words:
                found.append(Command(words, block, f"{block.page.relative_to(REPOSITORY)}:{block.line + number}{f'+{nth}' if nth else ''}"))
    return found
