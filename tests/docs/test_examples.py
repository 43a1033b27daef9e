"""Every block in README and docs is used as its reader would: Python runs, a shown error is the real one, files are read."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pinejax.broker.config import BrokerConfig
from pinejax.core.feed import Feed
from pinejax.core.inputs import Strategy
from pinejax.data import load_feed, open_store
from pinejax.data.symbols import read_symbols
from pinejax.engine.engine import Engine
from pinejax.errors import PinejaxError
from pinejax.search.banks import read_entries
from pinejax.strategies.ema_cross import EmaCross
from tests.docs.pages import KOREAN, PAGES, REPOSITORY, Block, all_blocks, blocks

PYTHON = {str(page.relative_to(REPOSITORY)): page for page in PAGES if page != KOREAN}
SEARCHING = ("docs/notebooks.md",)
"""Pages whose blocks search for so long that they are slow tests."""


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


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) if name in SEARCHING else name for name in PYTHON])
def test_python_blocks_run_in_order_and_their_strategies_trace(
    name: str, feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "mine"}
    known: set[int] = set()
    for block in blocks(PYTHON[name]):
        if block.kind == "python" and not block.note:
            _execute(block, names, tmp_path)
            _try_strategies(names, feed, known)


def _shown_errors() -> list[Any]:
    found = []
    for block, after in pairwise(all_blocks()):
        if (block.kind, block.note) == ("python", "raises"):
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


KNOWN = ("python", "python raises", "python of-a-run", "sh", "text", "pine beside-python")
"""Blocks that are run here or by `test_runs.py`, or are output. Pine cannot be run: it is held to the Python block before it."""
READ = ("yaml", "json")
"""Blocks that are files: each is read by what reads such a file."""


@pytest.mark.parametrize("block", [pytest.param(block, id=block.place) for block in all_blocks()])
def test_every_block_is_run_or_read_or_shown_to_be_run_by_another_test(block: Block, tmp_path: Path) -> None:
    kind = f"{block.kind} {block.note}".strip()
    if block.note.startswith("run-by "):
        test = (REPOSITORY / block.note.removeprefix("run-by ")).read_text(encoding="utf-8")
        assert (
            block.page.name in test or block.text.split()[1].rpartition("/")[2] in test
        )  # it takes the block from the page, or its script
        if block.kind == "bash":
            subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)
    elif block.kind in READ:
        _read(block, tmp_path)
    else:
        assert kind in KNOWN or block.kind == "sh", f"nothing runs or reads a block of kind {kind!r}"


def _read(block: Block, folder: Path) -> None:
    if block.kind == "json":
        (folder / "bank.json").write_text(block.text)
        assert [set(entry["params"]) for entry in read_entries([folder], "search.resume_from")] == [set(EmaCross.inputs)]
    elif "hydra:" in block.text:
        assert yaml.safe_load(block.text)["hydra"]["sweeper"]["params"]  # test_runs.py sweeps with it
    else:
        (folder / "symbols.yaml").write_text(block.text)
        read = read_symbols(folder)
        assert read.aliases or read.given


def _beside_python() -> list[Any]:
    pairs = [(before, block) for before, block in pairwise(all_blocks()) if block.kind == "pine"]
    return [pytest.param(before, block, id=block.place) for before, block in pairs]


@pytest.mark.parametrize(("python", "pine"), _beside_python())
def test_pine_beside_python_has_the_same_inputs_calls_and_orders(python: Block, pine: Block) -> None:
    inputs = re.compile(r"(\w+) = input\.(\w+)\(([\w.]+)")
    assert [(*m[:2], m[2].lower()) for m in inputs.findall(python.text)] == inputs.findall(pine.text)
    assert re.findall(r"ta\.(\w+)", python.text.partition("ctx.broker\n")[2]) == re.findall(r"ta\.(\w+)", pine.text)
    orders = re.findall(r"broker\.(\w+)\((\"\w+\")", python.text)
    assert orders == re.findall(r"strategy\.(entry|close|exit|order)\((\"\w+\")", pine.text)
