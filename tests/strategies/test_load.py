from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.core.inputs import Strategy
from pinejax.errors import StrategyError
from pinejax.strategies import load_strategy, shipped_strategies

MINE = """
from pinejax.core.inputs import Strategy, input

class Mine(Strategy):
    fast = input.int(9, low=3, high=40)

    def on_bar(self, ctx):
        pass

class NoStrategy:
    pass
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_five_strategies_are_shipped_and_load_by_their_names() -> None:
    assert shipped_strategies() == ["donchian_breakout", "ema_cross", "rsi_reversion", "squeeze_momentum", "supertrend"]
    for name in shipped_strategies():
        assert issubclass(load_strategy(name), Strategy)
    assert load_strategy("ema_cross:EmaCross") is load_strategy("ema_cross")


def test_a_users_file_is_loaded_with_and_without_its_class(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(load_strategy(f"{mine}:Mine").inputs) == ["fast"]
    monkeypatch.chdir(mine.parent)
    assert load_strategy("mine.py").__name__ == "Mine"


def test_a_users_module_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "package_of_mine").mkdir()
    (tmp_path / "package_of_mine" / "__init__.py").touch()
    (tmp_path / "package_of_mine" / "ideas.py").write_text(MINE)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_strategy("package_of_mine.ideas:Mine").__name__ == "Mine"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("emma_cross", "there is no 'emma_cross'. Did you mean ema_cross?"),
        ("no_such.py:Mine", "expected a Python file, got no_such.py"),
        ("{mine}:Mein", "defines no strategy 'Mein'. Did you mean Mine?"),
        ("{mine}:NoStrategy", "to be a subclass of pinejax.core.inputs.Strategy"),
        ("no_such_package.module:Mine", "there is no module 'no_such_package.module'"),
        ("os:path", "to be a subclass of"),
    ],
)
def test_what_cannot_be_loaded_is_said(typed: str, said: str, mine: Path) -> None:
    with pytest.raises(StrategyError) as error:
        load_strategy(typed.format(mine=mine))
    assert said in str(error.value)


def test_a_file_that_raises_is_blamed_on_its_own_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import pinejax\nx = undefined_name\n")
    with pytest.raises(StrategyError, match=r"broken\.py, line 2 \(x = undefined_name\): NameError"):
        load_strategy(f"{broken}:X")
    broken.write_text("def f(:\n")
    with pytest.raises(StrategyError, match=r"broken\.py, line 1 \(def f\(:\): SyntaxError"):
        load_strategy(f"{broken}:X")
