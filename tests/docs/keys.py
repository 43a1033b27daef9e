"""Every key that a user can type: what it takes and its default from the dataclasses, its meaning from the comments in `conf/`."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.config import DataConfig, SearchChoices, StorageConfig, SweepChoices
from pinejax.engine.config import EngineConfig
from pinejax.report.config import ReportConfig
from pinejax.search.objective import ObjectiveConfig
from pinejax.search.pruners import FLAGS as PRUNER_FLAGS
from pinejax.search.samplers import FLAGS as SAMPLER_FLAGS
from pinejax.selection.config import NullConfig, StressConfig, ValidationConfig, VerdictConfig
from tests.docs.pages import REPOSITORY

CONF = REPOSITORY / "conf"
CLASSES: Mapping[str, type] = {
    "data": DataConfig, "broker": BrokerConfig, "objective": ObjectiveConfig, "search": SearchChoices, "storage": StorageConfig,
    "engine": EngineConfig, "sweep": SweepChoices, "validation": ValidationConfig, "null": NullConfig,
    "stress": StressConfig, "verdict": VerdictConfig, "report": ReportConfig,
}  # fmt: skip
FLAGS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {"sampler": SAMPLER_FLAGS, "pruner": PRUNER_FLAGS}
TOP: Mapping[str, str] = {
    "symbol": "name, list, null", "timeframe": "`LTF@HTF`, `LTF`, list", "strategy": "name, `FILE.py:CLASS`", "enable": "list",
    "disable": "list", "params": "names with values", "compare": "file, null", "compare_zone": "zone, null",
}  # fmt: skip
"""The keys of no group, and what they take."""

WORDS: Mapping[Any, str] = {bool: "true, false", int: "whole number", float: "number", str: "text", type(None): "null"}
NOTHING = object()
_LINE = re.compile(r"^( *)(?:- )?\"?(\w+)\"?:(.*)$")
_BEHIND = re.compile(r"(?:^|\s)#\s*(.*)$")


@dataclass(frozen=True)
class Key:
    """One key, as a row of docs/configuration.md shows it. takes: empty for flags, which are Optuna's; default: plain YAML."""

    name: str
    takes: str
    default: Any
    meaning: str


def keys(group: str) -> list[Key]:
    """Of `top`, of a group of `conf/`, or of `sampler` and `pruner`: of all their files."""
    if group == "top":
        said = comments(CONF / "config.yaml")
        defaults = {**load(CONF / "config.yaml"), "strategy": load(default_file("strategy"))["name"]}
        return [Key(name, takes, defaults[name], said.get(name) or said.get(f"defaults.{name}", "")) for name, takes in TOP.items()]
    if group in FLAGS:
        return [
            Key(f"{group}.{name}.{flag}", "", value, comments(CONF / group / f"{name}.yaml").get(flag, ""))
            for name, flags in FLAGS[group].items()
            for flag, value in flags.items()
        ]
    return [Key(f"{group}.{name}", takes, default, said) for name, takes, default, said in _of_class(group)]


def _of_class(group: str) -> list[tuple[str, str, Any, str]]:
    """name below the group, what it takes, default, meaning; of a nested class or mapping each key of its own."""
    said, found = comments(default_file(group)), []
    for name, takes, default in fields_of(CLASSES[group]):
        if name == "gates":  # the library has no gates of its own: these are the configuration's
            found += [(f"gates.{gate}", "number, null", limit, said.get(f"gates.{gate}", "")) for gate, limit in _gates().items()]
        elif default is NOTHING:
            found += [(f"{name}.{rule}", kind, value, said.get(f"{name}.{rule}", "")) for rule, kind, value in fields_of(RiskRules)]
        else:
            found.append((name, takes, default, said.get(name, "")))
    return found


def fields_of(cls: type) -> list[tuple[str, str, Any]]:
    """name, what it takes in words, default; NOTHING for one that is made."""
    hints = typing.get_type_hints(cls)
    return [
        (item.name, in_words(hints[item.name]), NOTHING if item.default is dataclasses.MISSING else item.default)
        for item in dataclasses.fields(cls)
    ]


def in_words(kind: Any) -> str:
    """`number, null` of `float | None`; the values of a Literal."""
    options = typing.get_args(kind) if typing.get_origin(kind) in (types.UnionType, typing.Union) else (kind,)
    said: list[str] = []
    for option in options:
        origin = typing.get_origin(option) or option
        if origin is typing.Literal:
            said += [f"`{value}`" for value in typing.get_args(option)]
        else:
            said.append(WORDS.get(option) or {Mapping: "names with numbers", Sequence: "list"}.get(origin, str(option)))
    if "number" in said and "whole number" in said:
        said.remove("whole number")
    return ", ".join(said)


def _gates() -> dict[str, Any]:
    return load(default_file("objective"))["gates"]


def load(path: Path) -> dict[str, Any]:
    """A YAML file as a mapping."""
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def default_file(group: str) -> Path:
    """The file that `conf/config.yaml` chooses for a group."""
    chosen = next(item[group] for item in load(CONF / "config.yaml")["defaults"] if isinstance(item, Mapping) and group in item)
    return CONF / group / f"{chosen}.yaml"


def comments(path: Path) -> dict[str, str]:
    """What a YAML file says of each key (`risk.max_drawdown`): the comment behind it, and comment lines below that are indented deeper."""
    said: dict[str, str] = {}
    inside: list[tuple[int, str]] = []  # the keys around a line, outermost first, with their indentation
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("#"):
            if inside and len(line) - len(line.lstrip()) > inside[-1][0]:
                name = ".".join(key for _, key in inside)
                said[name] = f"{said.get(name, '')} {line.lstrip().removeprefix('#').strip()}".strip()
            elif line.startswith("#"):
                inside = []
            continue
        found = _LINE.match(line)
        if found:
            depth = len(found[1])
            inside = [*(item for item in inside if item[0] < depth), (depth, found[2])]
            behind = _BEHIND.search(found[3])
            if behind:
                said[".".join(key for _, key in inside)] = behind[1].strip()
    return said
