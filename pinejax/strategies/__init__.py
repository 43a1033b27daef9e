"""The shipped strategies, one file each, and how any strategy is found by its name. Nothing here traces or runs one."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from pathlib import Path
from types import ModuleType

from pinejax.core.inputs import Strategy
from pinejax.errors import PinejaxError, StrategyError, did_you_mean


def shipped_strategies() -> list[str]:
    """Names of the strategies that come with pinejax."""
    return sorted(item.name for item in pkgutil.iter_modules(__path__) if not item.name.startswith("_"))


def load_strategy(text: str) -> type[Strategy]:
    """A strategy's class by what a user types.

    text: a shipped name (`ema_cross`), `path/to/file.py:Class` or `package.module:Class`; `:Class` may be left out where the file or
    module defines one strategy. A relative path starts in the working folder; modules beside the file can be imported by it.
    Errors: StrategyError for an unknown name (with the nearest ones), a missing file, module or class, a class that is no
    Strategy, and a file that raises while imported (with its own line).
    """
    place, found, class_name = text.rpartition(":")
    if not found or "/" in class_name or "\\" in class_name:  # no class given; C:\mine.py
        place, class_name = text, ""
    if place.endswith(".py"):
        module = _load_file(Path(place).expanduser())
    elif place in shipped_strategies():
        module = importlib.import_module(f"{__name__}.{place}")
    elif found:
        module = _load_module(place)
    else:
        raise StrategyError(
            f"strategy: there is no {text!r}. {did_you_mean(text, shipped_strategies())} Your own is FILE.py:CLASS or MODULE:CLASS."
        )
    return _pick(module, class_name, place)


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
        del sys.modules[name]
        raise StrategyError(f"strategy: {path} cannot be loaded: {user_line(error, path)}") from error
    finally:
        sys.path.remove(beside)
    return module


def _load_module(name: str) -> ModuleType:
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        found = None
    if found is None or found.origin is None:
        near = did_you_mean(name, shipped_strategies())
        raise StrategyError(f"strategy: there is no module {name!r} to import. {near} Your own is FILE.py:CLASS or MODULE:CLASS.")
    try:
        return importlib.import_module(name)
    except PinejaxError:
        raise
    except Exception as error:
        raise StrategyError(f"strategy: {name} cannot be loaded: {user_line(error, Path(found.origin))}") from error


def user_line(error: BaseException, path: Path) -> str:
    """`mine.py, line 7 (fast = foo): NameError: name 'foo' is not defined`, the line being the last one in the user's file."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return f"{path.name}, line {error.lineno} ({(error.text or '').strip()}): {type(error).__name__}: {error.msg}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == path.resolve()]
    return f"{path.name}, line {frames[-1].lineno} ({frames[-1].line}): {text}" if frames else text


def _pick(module: ModuleType, class_name: str, place: str) -> type[Strategy]:
    own = {n: c for n, c in vars(module).items() if _is_strategy(c) and c.__module__ == module.__name__}
    if class_name:
        cls = vars(module).get(class_name)
        if cls is None:
            raise StrategyError(f"strategy: {place} defines no strategy {class_name!r}. {did_you_mean(class_name, own)}")
        if not _is_strategy(cls):
            raise StrategyError(f"strategy: expected {place}:{class_name} to be a subclass of pinejax.core.inputs.Strategy, got {cls!r}.")
        return cls
    if len(own) != 1:
        raise StrategyError(f"strategy: expected {place} to define one strategy, found {', '.join(own) or 'none'}. Name it: {place}:CLASS.")
    return next(iter(own.values()))


def _is_strategy(item: object) -> bool:
    return inspect.isclass(item) and issubclass(item, Strategy) and item is not Strategy


__all__ = ["load_strategy", "shipped_strategies", "user_line"]
