"""A strategy as a run names it: its class, a short name and a hash of its code. Finding it by text: `pinejax.strategies`."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from dataclasses import dataclass
from types import ModuleType

from pinejax.core.inputs import Strategy
from pinejax.strategies import load_strategy, shipped_strategies


@dataclass(frozen=True)
class FoundStrategy:
    """A strategy's class, a short name for tables and studies, and a hash of its module's code (comments and layout aside)."""

    cls: type[Strategy]
    name: str
    source_hash: str


def find_strategy(text: str) -> FoundStrategy:
    """What `strategy=` names: `ema_cross`, `path/to/mine.py:MyStrategy`, `path/to/mine.py` or `package.module:MyStrategy`.

    Errors: StrategyError as `load_strategy`.
    """
    cls = load_strategy(text)
    name = text if text in shipped_strategies() else cls.__name__
    return FoundStrategy(cls, name, _code_hash(sys.modules[cls.__module__]))


def _code_hash(module: ModuleType) -> str:
    source = inspect.getsource(module)
    return hashlib.sha256(ast.dump(ast.parse(source)).encode()).hexdigest()[:16]
