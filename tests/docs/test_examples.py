"""Every Python block in README and docs runs, every command line is one that the commands take, every shown error is the real one."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pinejax.broker.config import BrokerConfig
from pinejax.cli import main
from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy
from pinejax.data import load_feed, open_store
from pinejax.data.cli import build_parser
from pinejax.engine.engine import Engine
from pinejax.errors import PinejaxError
from pinejax.report.cli import build_parser as report_parser
from pinejax.study.cli import build_parser as study_parser
from tests.docs.pages import PAGES, Block, blocks

PYTHON = {page.name if page.parent.name != "data" else "data/README.md": page for page in PAGES}
COMPOSED = ("pinejax.run", "pinejax.backtest")
OTHER_COMMANDS = {"pip", "python3", "git", "optuna", "optuna-dashboard", "cat"}


@pytest.fixture(scope="module")
def feed() -> Feed:
    return load_feed(open_store(None), "SYNTH_A", "15m@1h", end="2024-01-11")


def _execute(block: Block, names: dict[str, Any], folder: Path) -> None:
    """Run a block as the file mine.py; errors carry its own lines."""
    path = folder / "mine.py"
    path.write_text(block.text)
    exec(compile(block.text, str(path), "exec"), names)


def _try_strategies(names: dict[str, Any], feed: Feed, known: set[int]) -> None:
    """Run every strategy that a block has defined, at its defaults."""
    for item in list(names.values()):
        if isinstance(item, type) and issubclass(item, Strategy) and item is not Strategy and id(item) not in known:
            known.add(id(item))
            detail = Engine(item, [feed], BrokerConfig(), item.inputs).detail({})
            assert len(detail.equity) == len(feed)


@pytest.mark.parametrize("name", PYTHON)
def test_python_blocks_run_in_order_and_their_strategies_trace(
    name: str, feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "mine"}
    known: set[int] = set()
    for block in blocks(PYTHON[name]):
        if block.kind == "python":
            _execute(block, names, tmp_path)
            _try_strategies(names, feed, known)


def _shown_errors() -> list[Any]:
    found = []
    for page in PAGES:
        all_blocks = blocks(page)
        for block, after in pairwise(all_blocks):
            if block.kind == "python raises":
                found.append(pytest.param(block, after, id=block.place))
    return found


@pytest.mark.parametrize(("block", "message"), _shown_errors())
def test_shown_error_is_the_one_that_is_raised(
    block: Block, message: Block, feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("mine")
    module.__file__ = str(tmp_path / "mine.py")
    monkeypatch.setitem(sys.modules, "mine", module)
    _execute(block, vars(module), tmp_path)
    with pytest.raises(PinejaxError) as raised:
        _try_strategies(vars(module), feed, set())
    assert str(raised.value).replace(f"{tmp_path}/", "").split() == message.text.split(), str(raised.value)


def _command_lines() -> list[Any]:
    found = []
    for page in PAGES:
        for block in blocks(page):
            if block.kind != "sh":
                continue
            for number, line in enumerate(block.text.replace("\\\n", "  ").splitlines()):
                found += [
                    pytest.param(shlex.split(part, comments=True), id=f"{block.place}+{number}")
                    for part in line.split("&&")
                    if part.strip()
                ]
    return found


@pytest.mark.parametrize("words", _command_lines())
def test_command_line_is_one_that_the_commands_take(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word for word in words if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    if not words:
        return
    if "-m" not in words:
        assert words[0] in OTHER_COMMANDS or words[0].startswith(".venv/bin/"), words
        return
    module, arguments = words[words.index("-m") + 1], words[words.index("-m") + 2 :]
    assert find_spec(module) is not None, module
    if module in COMPOSED and not any(word.startswith("-") and word != "-m" for word in arguments):
        # Which launcher runs the jobs is no matter here, and others than the basic one need extras.
        arguments = [word for word in arguments if not word.startswith(("hydra/launcher=", "hydra.launcher.", "hydra.sweeper.n_jobs="))]
        seen: list[Any] = []
        assert main(lambda config, folder: seen.append(config), arguments) == 0
        assert seen
    elif module == "pinejax.data":
        assert callable(build_parser().parse_args(arguments).command)
    elif module == "pinejax.study":
        assert callable(study_parser().parse_args(arguments).command)
    elif module == "pinejax.report":
        assert callable(report_parser().parse_args(arguments).command)
