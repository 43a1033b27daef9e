"""Every command line in README and docs is run, on made-up bars and with few trials, or is read by the command and says why no more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pinejax.cli import main
from pinejax.data.cli import build_parser as data_parser
from pinejax.report.cli import build_parser as report_parser
from pinejax.study.cli import build_parser as study_parser
from tests.docs.commands import OTHER_PROGRAMS, RUN, WHY_NOT_RUN, Command, commands
from tests.docs.pages import PAGES, REPOSITORY, blocks
from tests.docs.stand_ins import BEFORE, furnish, imports

COMMANDS = [command for command in commands() if command.block.page.name != "README.ko.md"]
"""README.ko.md has README's blocks, which test_readme_ko.py holds."""
SEARCHES = ("pinejax.run", "pinejax.backtest")
PARSERS = {"pinejax.data": data_parser, "pinejax.study": study_parser, "pinejax.report": report_parser}
FEW = {"search.n_trials": "8", "hydra.sweeper.n_trials": "4", "null.n_surrogates": "3"}
"""In place of what is typed."""
SMALL = {"search.n_trials": "8", "null.n_surrogates": "3", "stress.n_bootstrap": "50", "stress.n_noise": "2", "stress.n_neighbours": "4"}
"""In place of the defaults, in searches."""


def small(module: str, arguments: Sequence[str]) -> list[str]:
    """A search's words with less to do: the same keys, smaller numbers. Nobody is there to answer a question."""
    if module == "pinejax.study" and "delete" in arguments:
        return [*arguments, "--yes"]
    if module != "pinejax.run" or any(word in ("--help", "--cfg") for word in arguments):
        return list(arguments)
    keys = [word.partition("=")[0] for word in arguments]
    said = [f"{key}={FEW[key]}" if key in FEW else word for key, word in zip(keys, arguments, strict=True)]
    given = {*keys, *(["search.n_trials"] if "hydra.sweeper.n_trials" in keys else [])}
    more = SMALL if "-m" not in arguments else {"search.n_trials": "4", "verdict": "none"}
    return said + [f"{key}={value}" for key, value in more.items() if key not in given]


def _is_run(command: Command) -> bool:
    return command.module in RUN and not command.only_parsed


def _ids(items: Sequence[Command]) -> list[Any]:
    return [pytest.param(item, id=item.place) for item in items]


@pytest.mark.parametrize("command", _ids([item for item in COMMANDS if not (_is_run(item) and "-m" in item.arguments)]))
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
        assert _is_run(command) or module == "pytest", command.words


def test_every_block_that_is_not_run_says_why() -> None:
    for page in PAGES:
        for block in blocks(page):
            if block.kind == "sh" and block.note:
                assert block.note.removeprefix("only-parsed ") in WHY_NOT_RUN, block.place
    for command in COMMANDS:
        assert not command.module or command.module in RUN or command.module == "pytest", command.place
        if "fetch" in command.words or any(word.startswith("hydra/launcher=") for word in command.words):
            assert command.only_parsed, command.place


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Exit code and output of every command line that is run, by its place. One process, a folder for each page, in the page's order."""
    top = tmp_path_factory.mktemp("pages")
    store = top / "store"
    furnish(store, REPOSITORY / "README.md")
    tasks: list[tuple[str, dict[str, Any]]] = [
        ("store", {"folder": str(store), "module": "pinejax.data", "arguments": words}) for words in imports()
    ]
    _done(top, tasks)
    tasks = []
    for page in dict.fromkeys(command.block.page for command in COMMANDS if _is_run(command)):
        folder, name = top / page.relative_to(REPOSITORY).as_posix().replace("/", "_"), page.relative_to(REPOSITORY).as_posix()
        furnish(folder, page)
        shutil.copytree(store / "data", folder / "data")
        for number, step in enumerate(BEFORE.get(name, [])):
            task = {"copy": list(step)} if isinstance(step, tuple) else {"module": step[0], "arguments": small(step[0], step[1].split())}
            tasks.append((f"before {name} {number}", {"folder": str(folder), **task}))
        for number, command in enumerate(item for item in COMMANDS if _is_run(item) and item.block.page == page):
            arguments = [word.replace("~/", f"{folder}/") for word in small(command.module, command.arguments)]
            tasks.append((f"{command.place} {number}", {"folder": str(folder), "module": command.module, "arguments": _globbed(arguments)}))
    return _done(top, tasks)


def _globbed(arguments: Sequence[str]) -> list[str]:
    """What a shell makes of `~/bars/*.csv`."""
    found = []
    for word in arguments:
        path = Path(word)
        found += sorted(map(str, path.parent.glob(path.name))) if path.is_absolute() and "*" in word else [word]
    return found


def _done(top: Path, tasks: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    env = {name: value for name, value in os.environ.items() if name != "OPTUNA_STORAGE_URL"} | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, str(Path(__file__).with_name("session.py"))]
    given = json.dumps([task for _, task in tasks])
    done = subprocess.run(command, cwd=top, env=env, input=given, capture_output=True, text=True, check=True, timeout=400)
    return dict(zip((name for name, _ in tasks), json.loads(done.stdout), strict=True))


def _numbered() -> list[Any]:
    seen: dict[Path, int] = {}
    found = []
    for command in COMMANDS:
        if _is_run(command):
            number = seen[command.block.page] = seen.get(command.block.page, -1) + 1
            found.append(pytest.param(f"{command.place} {number}", id=f"{command.place}-{number}"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("place", _numbered())
def test_command_line_does_what_the_page_says_without_an_error(place: str, outcomes: dict[str, dict[str, Any]]) -> None:
    done = outcomes[place]
    assert done["code"] == 0, done["err"] + done["out"][-2000:]


@pytest.mark.slow
def test_what_came_before_a_page_was_done(outcomes: dict[str, dict[str, Any]]) -> None:
    assert {name: done["err"] for name, done in outcomes.items() if name.startswith("before") and done["code"] != 0} == {}
