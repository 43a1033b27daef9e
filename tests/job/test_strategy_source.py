from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.errors import StrategyError
from pinejax.job.strategy_source import find_strategy
from pinejax.resources import conf_dir
from pinejax.strategies import shipped_strategies

MINE = """
from pinejax.core.inputs import Strategy, input

class Mine(Strategy):
    fast = input.int(9, low=3, high=40)

    def on_bar(self, ctx):
        pass
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_a_file_and_its_class_are_found(mine: Path):
    found = find_strategy(f"{mine}:Mine")
    assert (found.cls.__name__, found.name) == ("Mine", "Mine")
    assert list(found.cls.inputs) == ["fast"]


def test_the_class_may_be_left_out_where_there_is_one(mine: Path):
    assert find_strategy(str(mine)).cls.__name__ == "Mine"
    mine.write_text(MINE + "class Other(Strategy):\n    pass\n")
    with pytest.raises(StrategyError, match="found Mine, Other"):
        find_strategy(str(mine))


def test_relative_paths_start_in_the_working_folder(mine: Path, monkeypatch):
    monkeypatch.chdir(mine.parent)
    assert find_strategy("mine.py:Mine").cls.__name__ == "Mine"


def test_a_module_beside_the_file_can_be_imported(mine: Path):
    (mine.parent / "my_helper_module.py").write_text("LENGTH = 9\n")
    mine.write_text("from my_helper_module import LENGTH\n" + MINE)
    assert find_strategy(f"{mine}:Mine").cls.__name__ == "Mine"


def test_comments_do_not_change_the_hash_but_code_does(mine: Path):
    before = find_strategy(f"{mine}:Mine").source_hash
    mine.write_text("# a remark\n" + MINE.replace("low=3, ", "low=3,  "))
    assert find_strategy(f"{mine}:Mine").source_hash == before
    mine.write_text(MINE.replace("input.int(9", "input.int(10"))
    assert find_strategy(f"{mine}:Mine").source_hash != before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("no_such.py:Mine", "expected a Python file, got no_such.py"),
        ("{mine}:Mein", "defines no strategy 'Mein'. Did you mean Mine?"),
        ("emma_cross", "there is no 'emma_cross'"),
        ("os:path", "expected os:path to be a subclass"),
    ],
)
def test_what_cannot_be_found_is_said(typed, said, mine: Path):
    with pytest.raises(StrategyError) as error:
        find_strategy(typed.format(mine=mine))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("import pinejax\nx = undefined_name\n", "broken.py, line 2 (x = undefined_name): NameError"),
        ("def f(:\n", "broken.py, line 1 (def f(:): SyntaxError"),
        ("import no_such_module_anywhere\n", "broken.py, line 1 (import no_such_module_anywhere): ModuleNotFoundError"),
    ],
)
def test_a_file_that_raises_is_blamed_on_its_own_line(broken, said, tmp_path: Path):
    (tmp_path / "broken.py").write_text(broken)
    with pytest.raises(StrategyError) as error:
        find_strategy(f"{tmp_path / 'broken.py'}:X")
    assert said in str(error.value)


def test_every_shipped_strategy_has_its_preset():
    presets = {path.stem for path in (conf_dir() / "strategy").glob("*.yaml")}
    assert set(shipped_strategies()) <= presets
