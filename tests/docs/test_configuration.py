"""docs/configuration.md lists every key of `conf/`, with the default that both the YAML and the dataclass have."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pinejax.broker.config import BrokerConfig, RiskRules
from pinejax.config import DataConfig, SearchChoices, StorageConfig, SweepChoices
from pinejax.engine.config import EngineConfig
from pinejax.search.objective import ObjectiveConfig
from pinejax.search.pruners import FLAGS as PRUNER_FLAGS
from pinejax.search.samplers import FLAGS as SAMPLER_FLAGS
from pinejax.selection.config import NullConfig, StressConfig, ValidationConfig, VerdictConfig
from tests.docs.pages import REPOSITORY, prose, rows

PAGE = REPOSITORY / "docs" / "configuration.md"
CONF = REPOSITORY / "conf"
CLASSES = {
    "data": DataConfig, "broker": BrokerConfig, "objective": ObjectiveConfig, "search": SearchChoices, "storage": StorageConfig,
    "engine": EngineConfig, "sweep": SweepChoices, "validation": ValidationConfig, "null": NullConfig,
    "stress": StressConfig, "verdict": VerdictConfig,
}  # fmt: skip
TOP = ("symbol", "timeframe", "enable", "disable", "params", "compare", "compare_zone")


def _load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _default_file(group: str) -> Path:
    chosen = next(item[group] for item in _load(CONF / "config.yaml")["defaults"] if isinstance(item, Mapping) and group in item)
    return CONF / group / f"{chosen}.yaml"


def _flat(tree: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = value
    return out


def _from_conf() -> dict[str, Any]:
    top = {key: _load(CONF / "config.yaml")[key] for key in TOP}
    found = {**top, "strategy": _load(_default_file("strategy"))["name"]}
    for group in CLASSES:
        found |= _flat(_load(_default_file(group)), f"{group}.")
    for kind in ("sampler", "pruner"):
        for path in sorted((CONF / kind).glob("*.yaml")):
            found |= _flat(_load(path), f"{kind}.{path.stem}.")
    return found


def _from_page() -> dict[str, Any]:
    listed = {}
    for cells in rows(PAGE):
        if len(cells) == 3 and cells[0].startswith("`") and cells[0] != "`key`":
            key = cells[0].strip("`")
            assert key not in listed, key
            listed[key] = yaml.safe_load(cells[1].strip("`"))
    return listed


def test_page_lists_every_key_with_its_default() -> None:
    page, conf = _from_page(), _from_conf()
    assert page.keys() == conf.keys(), (sorted(page.keys() - conf.keys()), sorted(conf.keys() - page.keys()))
    assert {key: page[key] for key in page if page[key] != conf[key]} == {}


def test_dataclasses_have_the_defaults_of_the_yaml_and_no_key_more() -> None:
    conf = _from_conf()
    for group, cls in CLASSES.items():
        for item in dataclasses.fields(cls):
            if group == "objective" and item.name == "gates":  # the library has no gates of its own
                continue
            if group == "broker" and item.name == "risk":
                rules = {f"broker.risk.{rule.name}": rule.default for rule in dataclasses.fields(RiskRules)}
                assert rules == {key: value for key, value in conf.items() if key.startswith("broker.risk.")}
                continue
            assert conf[f"{group}.{item.name}"] == item.default, (group, item.name)


def test_flags_in_the_code_are_those_of_the_yaml() -> None:
    conf = _from_conf()
    for kind, flags in (("sampler", SAMPLER_FLAGS), ("pruner", PRUNER_FLAGS)):
        known = {f"{kind}.{name}.{flag}": value for name, own in flags.items() for flag, value in own.items()}
        assert known == {key: value for key, value in conf.items() if key.startswith(f"{kind}.")}


def test_page_names_every_option_of_every_group() -> None:
    text = prose(PAGE)
    for group in ("data", "strategy", "broker", "objective", "hparams_search", "experiment", "debug"):
        for path in (CONF / group).glob("*.yaml"):
            assert f"`{group}={path.stem}`" in text, (group, path.stem)
