"""Every command line in README and docs is one that its command takes; what is not run (`test_runs.py`) says why."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pinejax.cli import main
from pinejax.data.cli import build_parser as data_parser
from pinejax.report.cli import build_parser as report_parser
from pinejax.study.cli import build_parser as study_parser
from tests.docs.commands import OTHER_PROGRAMS, WHY_NOT_RUN, Command, commands
from tests.docs.pages import REPOSITORY, all_blocks

COMMANDS = [command for block in all_blocks() if block.kind == "sh" for command in commands(block)]
SEARCHES = ("pinejax.run", "pinejax.backtest")
PARSERS = {"pinejax.data": data_parser, "pinejax.study": study_parser, "pinejax.report": report_parser}


LATE = {"-m", "params"}


def keys_of(command: Command) -> set[str]:
    """The keys and flags that are typed."""
    return {word.partition("=")[0] for word in command.arguments}


def _quick() -> list[Any]:
    """Composing every combination of a sweep takes seconds, and a set in a run's folder needs the run: being run is their proof."""
    shown = [item for item in COMMANDS if not (item.is_run and LATE.intersection(keys_of(item)))]
    return [pytest.param(item, id=item.place, marks=[pytest.mark.slow] if "-m" in item.arguments else []) for item in shown]


@pytest.mark.parametrize("command", _quick())
def test_command_line_is_one_that_the_commands_take(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module, arguments = command.module, command.arguments
    if not module:
        program, script = command.words[0], REPOSITORY / (command.words[1] if len(command.words) > 1 else "")
        assert program in OTHER_PROGRAMS or (program == "python" and script.is_file()), command.words
        return
    assert find_spec(module) is not None, module
    if module in SEARCHES and not any(word.startswith("-") and word != "-m" for word in arguments):
        # Which launcher runs the jobs is no matter here, and others than the basic one need extras.
        arguments = [word for word in arguments if not word.startswith(("hydra/launcher=", "hydra.launcher.", "hydra.sweeper.n_jobs="))]
        seen: list[Any] = []
        assert main(lambda config, folder: seen.append(config), arguments) == 0
        assert seen
    elif module in PARSERS:
        assert callable(PARSERS[module]().parse_args(arguments).command)
    else:
        assert command.is_run or module == "pytest", command.words


def test_every_block_that_is_not_run_says_why() -> None:
    for command in COMMANDS:
        assert not command.block.note or command.only_parsed in WHY_NOT_RUN, command.place
        assert command.is_run or command.only_parsed or not command.module or command.module == "pytest", command.place
        if "fetch" in command.words or any(word.startswith("hydra/launcher=") for word in command.words):
            assert command.only_parsed, command.place
