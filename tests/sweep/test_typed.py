from __future__ import annotations

import pytest

from pinejax.cli import rewrite
from pinejax.config import Config
from pinejax.core.timeframe import TimeframePair
from pinejax.report.naming import Names
from pinejax.sweep.combinations import Chosen, Combination
from pinejax.sweep.typed import as_typed, command, command_of

TYPED = (
    "timeframe=15m@1h,1h@4h", "storage.sqlite=out puts/s.db", "params.fast=interval(5,20)", "params.fast=5", "strategy=mine.py:Mine",
    "strategy=ema_cross", "objective.gates.n_trades=30", "hydra/launcher=joblib", "symbol=[A,B]", "search.study_name=it is",
)  # fmt: skip


@pytest.mark.parametrize("word", TYPED)
def test_a_word_is_told_as_it_was_typed(word: str):
    (known,) = rewrite([word])
    assert as_typed(known) == word


@pytest.mark.parametrize("word", ["search.study_name=it's", "strategy=a.py:A,b.py:B", "x='y'", "'", "="])
def test_a_word_that_is_told_otherwise_means_the_same(word: str):
    (known,) = rewrite([word])
    assert rewrite([as_typed(known)]) == [known]


def test_a_command_can_be_pasted_into_a_shell():
    said = command(["params.fast=interval(5,20)", "storage.url=postgresql://me:secret@host/db"], "-m", program="/x/pinejax/run.py")
    assert said == "python -m pinejax.run -m 'params.fast=interval(5,20)' 'storage.url=postgresql://me:***@host/db'"
    assert command([], program="pytest").startswith("python -m pinejax.run")
    assert command([], program="pinejax/backtest.py") == "python -m pinejax.backtest"


def test_a_combination_alone_goes_on_with_its_study():
    pair = TimeframePair.parse("1h")
    chosen = Chosen(("timeframe=1h", "search.study_template='{ltf_slug}'"), (("timeframe", "1h"),))
    one = Combination(0, chosen, Config("ema_cross", ("A",), pair), Names.of(("A",), (pair,)), "0", "1h")
    assert command_of(one, "run.py").endswith("search.study_name=1h search.study_template=null")
    assert "study" not in command_of(Combination(0, Chosen(("timeframe=1h",), ()), one.config, one.names, "0", None), "run.py")
