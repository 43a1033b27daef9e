"""Finds a strategy by what a user types: a shipped name, or FILE.py:CLASS. It neither traces nor runs it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from pinejax.core.inputs import Strategy
from pinejax.errors import PinejaxError, StrategyError, did_you_mean


@dataclass(frozen=True)
class FoundStrategy:
    """A strategy's class, a short name for tables and studies, and a hash of its module's code (comments and layout aside)."""

    cls: type[Strategy]
    name: str
    source_hash: str


def find_strategy(text: str) -> FoundStrategy:
    """`ema_cross`, `path/to/mine.py:MyStrategy`, or `path/to/mine.py` where it defines one strategy.

    Errors: StrategyError for an unknown name (the nearest ones), a missing file or class, or a file that raises (its own line).
    """
    place, _, class_name = text.rpartition(":") if _names_a_class(text) else (text, "", "")
    if place.endswith(".py"):
        module = _load_file(Path(place).expanduser())
        name = Path(place).stem
    else:
        module, name = _load_shipped(text), text
    cls = _pick(module, class_name, text)
    label = cls.__name__ if class_name else name
    return FoundStrategy(cls, label, _code_hash(module))


def shipped_strategies() -> list[str]:
    """Names of the strategies that come with pinejax."""
    try:
        package = importlib.import_module("pinejax.strategies")
    except ModuleNotFoundError:
        return []
    return sorted(item.name for item in pkgutil.iter_modules(package.__path__) if not item.name.startswith("_"))


def _names_a_class(text: str) -> bool:
    return text.rpartition(":")[0].endswith(".py")


def _load_shipped(name: str) -> ModuleType:
    known = shipped_strategies()
    if name not in known:
        raise StrategyError(f"strategy: there is no {name!r}. {did_you_mean(name, known)} Your own is FILE.py:CLASS.")
    return importlib.import_module(f"pinejax.strategies.{name}")


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise StrategyError(f"strategy: expected a Python file, got {path}, which is none (working folder: {Path.cwd()}).")
    name = f"pinejax_user_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None, "a .py file always has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look the module up by name
    beside = str(path.resolve().parent)
    sys.path.insert(0, beside)
    try:
        spec.loader.exec_module(module)
    except PinejaxError:
        raise
    except Exception as error:
        raise StrategyError(f"strategy: {path} cannot be loaded: {user_line(error, path)}") from error
    finally:
        sys.path.remove(beside)
    return module


def user_line(error: BaseException, path: Path) -> str:
    """`mine.py, line 7 (fast = foo): NameError: name 'foo' is not defined`, the line being the last one in the user's file."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{path.name}, line {error.lineno} ({(error.text or '').strip()}): {type(error).__name__}: {error.msg}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()]
    return f"{path.name}, line {frames[-1].lineno} ({frames[-1].line}): {text}" if frames else text


def _pick(module: ModuleType, class_name: str, text: str) -> type[Strategy]:
    own = {
        name: item
        for name, item in vars(module).items()
        if inspect.isclass(item) and issubclass(item, Strategy) and item is not Strategy and item.__module__ == module.__name__
    }
    if class_name:
        if class_name not in own:
            raise StrategyError(f"strategy: {text.rpartition(':')[0]} defines no strategy {class_name!r}. {did_you_mean(class_name, own)}")
        return own[class_name]
    if len(own) != 1:
        listed = ", ".join(own) or "none"
        raise StrategyError(f"strategy: expected {text} to define one strategy, found {listed}. Name it: FILE.py:CLASS.")
    return next(iter(own.values()))


def _code_hash(module: ModuleType) -> str:
    source = inspect.getsource(module)
    return hashlib.sha256(ast.dump(ast.parse(source)).encode()).hexdigest()[:16]
