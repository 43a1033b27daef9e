"""A parameter set as a YAML file: `best.yaml` of a run, and what `params=FILE` takes. Not banks of sets (`bank.json`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pinejax.core.timeframe import PAIR
from pinejax.errors import ConfigError
from pinejax.report.atomic import plain

BEST = "best.yaml"
PARAMS = "params"
HEAD = "# @package _global_"
"""Makes a copy of the file in `conf/experiment/` an experiment."""
MOST_NAMED = 5
_OF_STUDY = re.compile(r"# (?:Best set|First of the front) of study .*\((\S+)\): trial ")
"""The comment of best.yaml."""


@dataclass(frozen=True)
class ChosenParams:
    """What a file says. params: name -> value, or text such as `interval(5,20)`; timeframe: the pair that they belong to, if named."""

    params: Mapping[str, Any]
    timeframe: str | None = None


def params_text(params: Mapping[str, Any], timeframe: str | None = None, said: Sequence[str] = ()) -> str:
    """The file. said: comments above, a line each."""
    tree = {PAIR: timeframe, PARAMS: plain(params)} if timeframe is not None else {PARAMS: plain(params)}
    comments = [f"# {' '.join(line.split())}" for line in said]
    return "\n".join([HEAD, *comments, yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=10_000)])


def read_params(given: str) -> ChosenParams:
    """A file, or a run's folder, which holds `best.yaml`. A file has `params`, and perhaps `timeframe`, or parameters alone.

    Errors: ConfigError for what cannot be read or holds anything else.
    """
    path = _file(given)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"params={given}: {path} cannot be read ({error.strerror}). Name a YAML file, or a run's folder.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"params={given}: {path} is not YAML ({' '.join(str(error).split())}).") from None
    if not isinstance(found, Mapping):
        raise ConfigError(f"params={given}: expected parameters and their values in {path}, as in best.yaml, got {str(found)[:50]!r}.")
    if PARAMS not in found:
        return ChosenParams(_checked(given, found))
    others = [str(key) for key in found if key not in (PARAMS, PAIR)]
    if others or not isinstance(found[PARAMS], Mapping):
        said = f"{', '.join(others[:MOST_NAMED])} too" if others else repr(found[PARAMS])
        raise ConfigError(f"params={given}: expected {PARAMS} with values, and perhaps {PAIR}, in {path}, got {said}. A run has best.yaml.")
    pair = found.get(PAIR)
    return ChosenParams(_checked(given, found[PARAMS]), None if pair is None else str(pair))


def strategy_of(given: str) -> str | None:
    """The strategy that a run named in the file's comment; None where there is none, or no file."""
    try:
        lines = _file(given).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ConfigError):
        return None
    found = (_OF_STUDY.match(line) for line in lines if line.startswith("#"))
    return next((match[1] for match in found if match), None)


def _file(given: str) -> Path:
    path = Path(given).expanduser()
    if not path.is_dir():
        return path
    if not (path / BEST).is_file():
        inside = sorted(str(path / found.parent.name) for found in path.glob(f"*/{BEST}"))
        hint = f"It holds runs: name one, such as params={inside[0]}." if inside else "Has the search found a set with a result?"
        raise ConfigError(f"params={given}: expected a run's folder with {BEST}, found none. {hint}")
    return path / BEST


def _checked(given: str, params: Mapping[Any, Any]) -> dict[str, Any]:
    for name, value in params.items():
        if not (isinstance(name, str) and name.isidentifier()):
            raise ConfigError(f"params={given}: expected names of parameters, got {name!r}.")
        if not isinstance(value, (bool, int, float, str)):
            raise ConfigError(f"params={given}: {name}: expected a value, interval(low,high) or choice(a,b,...), got {value!r}.")
    return dict(params)
