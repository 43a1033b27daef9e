"""What README and docs tell their reader to type is done, page by page and in order, on made-up bars and with few trials."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.docs.commands import commands
from tests.docs.pages import REPOSITORY, Block, all_blocks
from tests.docs.stand_ins import BEFORE, furnish, imports

FEW = {"search.n_trials": "4", "hydra.sweeper.n_trials": "4", "null.n_surrogates": "3"}
"""In place of what is typed."""
SMALL = {"search.n_trials": "4", "null.n_surrogates": "3", "stress.n_bootstrap": "50", "stress.n_noise": "2", "stress.n_neighbours": "4"}
SMALL_SWEEP = {"search.n_trials": "4", "verdict": "none"}
"""In place of the defaults."""


def small(module: str, arguments: Sequence[str]) -> list[str]:
    """A search's words with less to do: the same keys, smaller numbers. Nobody is there to answer a question, or to press Ctrl-C."""
    if module == "pinejax.study" and "delete" in arguments:
        return [*arguments, "--yes"]
    if module == "pinejax.report" and "watch" in arguments:
        return [*arguments, *(["--once"] if "--once" not in arguments else [])]
    if module != "pinejax.run" or any(word in ("--help", "--cfg") for word in arguments):
        return list(arguments)
    keys = [word.partition("=")[0] for word in arguments]
    said = [f"{key}={FEW[key]}" if key in FEW else word for key, word in zip(keys, arguments, strict=True)]
    if "-m" in arguments:
        said = [_two_values(word) for word in said]
    given = {*keys, *(["search.n_trials"] if "hydra.sweeper.n_trials" in keys else [])}
    return said + [f"{key}={value}" for key, value in (SMALL_SWEEP if "-m" in arguments else SMALL).items() if key not in given]


def _two_values(word: str) -> str:
    """`timeframe=15m@1h,15m@4h` of `timeframe=15m@1h,15m@4h,1h@4h`; no list in brackets is touched."""
    key, equals, values = word.partition("=")
    return f"{key}={','.join(values.split(',')[:2])}" if equals and not re.search(r"[\[{(]", values) else word


def tasks_of(block: Block, folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """What a block has to do in its page's folder, by place: its command lines, or Python about a run that the page has made."""
    if (block.kind, block.note) == ("python", "of-a-run"):
        return [(block.place, {"folder": str(folder), "python": block.text})]
    found = []
    for command in commands(block) if block.kind == "sh" else ():
        if command.is_run:
            words = [word.replace("~/", f"{folder}/") for word in small(command.module, command.arguments)]
            found.append((command.place, {"folder": str(folder), "module": command.module, "arguments": _globbed(words)}))
    return found


def _globbed(words: Sequence[str]) -> list[str]:
    """What a shell makes of `~/bars/*.csv`."""
    found = []
    for word in words:
        path = Path(word)
        found += sorted(map(str, path.parent.glob(path.name))) if path.is_absolute() and "*" in word else [word]
    return found


TYPED = [block for block in all_blocks() if tasks_of(block, Path("/"))]
PLACES = [place for block in TYPED for place, _ in tasks_of(block, Path("/"))]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Exit code and output of everything, by its place. One process, a folder for each page."""
    top = tmp_path_factory.mktemp("pages")
    store = top / "store"
    furnish(store, REPOSITORY / "README.md")
    _done(top, [("store", {"folder": str(store), "module": "pinejax.data", "arguments": words}) for words in imports()])
    tasks: list[tuple[str, dict[str, Any]]] = []
    for page in dict.fromkeys(block.page for block in TYPED):
        name = page.relative_to(REPOSITORY).as_posix()
        folder = top / name.replace("/", "_")
        furnish(folder, page)
        shutil.copytree(store / "data", folder / "data")
        for number, step in enumerate(BEFORE.get(name, [])):
            task = {"copy": list(step)} if isinstance(step, tuple) else {"module": step[0], "arguments": small(step[0], step[1].split())}
            tasks.append((f"before {name} {number}", {"folder": str(folder), **task}))
        tasks += [task for block in TYPED if block.page == page for task in tasks_of(block, folder)]
    return _done(top, tasks)


def _done(top: Path, tasks: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    env = {name: value for name, value in os.environ.items() if name != "OPTUNA_STORAGE_URL"} | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, str(Path(__file__).with_name("session.py"))]
    given = json.dumps([task for _, task in tasks])
    done = subprocess.run(command, cwd=top, env=env, input=given, capture_output=True, text=True, check=True, timeout=400)
    return dict(zip((name for name, _ in tasks), json.loads(done.stdout), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_what_the_page_shows_ends_without_an_error(place: str, outcomes: dict[str, dict[str, Any]]) -> None:
    done = outcomes[place]
    assert done["code"] == 0, done["err"] + done["out"][-2000:]


@pytest.mark.slow
def test_what_came_before_a_page_was_done(outcomes: dict[str, dict[str, Any]]) -> None:
    assert {name: done["err"] for name, done in outcomes.items() if name.startswith("before") and done["code"] != 0} == {}


def test_places_are_different_and_many() -> None:
    assert len(set(PLACES)) == len(PLACES) > 60
