from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import yaml

from pinejax.broker.config import BrokerConfig
from pinejax.config import Config, SearchChoices, StorageConfig, from_mapping
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError
from pinejax.resources import conf_dir
from pinejax.schema import build


def shipped(group: str, name: str = "default") -> dict:
    return yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text())


def test_yaml_and_dataclasses_have_the_same_defaults():
    assert build(BrokerConfig, shipped("broker"), "broker") == BrokerConfig()
    assert build(SearchChoices, shipped("search"), "search") == SearchChoices()
    assert build(StorageConfig, shipped("storage"), "storage") == StorageConfig()


def test_yaml_names_every_key_that_can_be_typed():
    for group, cls in (("broker", BrokerConfig), ("search", SearchChoices), ("storage", StorageConfig)):
        assert list(shipped(group)) == [item.name for item in dataclasses.fields(cls)]


def test_the_main_file_stays_small():
    assert len((conf_dir() / "config.yaml").read_text().splitlines()) <= 40


def test_numbers_are_taken_in_the_annotated_type():
    assert build(SearchChoices, {"n_trials": 1e3}, "search").n_trials == 1000
    assert isinstance(build(BrokerConfig, {"initial_capital": 1000}, "broker").initial_capital, float)


@pytest.mark.parametrize("value", [1.5, True, "3", float("nan"), float("inf"), None, [1]])
def test_a_count_must_be_a_whole_number(value):
    with pytest.raises(ConfigError, match=r"search\.n_trials: expected a whole number"):
        build(SearchChoices, {"n_trials": value}, "search")


def test_a_symbol_named_twice_counts_once():
    config = from_mapping({"strategy": "ema_cross", "symbol": ["A", "B", "A"], "timeframe": 15})
    assert config.symbols == ("A", "B")


def test_storage_prefers_the_url_then_the_environment_then_sqlite():
    assert StorageConfig(url="sqlite:///a.db").resolve({"OPTUNA_STORAGE_URL": "x"}) == "sqlite:///a.db"
    assert StorageConfig().resolve({"OPTUNA_STORAGE_URL": "postgresql://h/d"}) == "postgresql://h/d"
    assert StorageConfig().resolve({"OPTUNA_STORAGE_URL": ""}) == "sqlite:///outputs/studies.db"
    assert StorageConfig(url_env="MINE", sqlite="x.db").resolve({"MINE": "", "OPTUNA_STORAGE_URL": "y"}) == "sqlite:///x.db"


def test_a_journal_or_a_scheduler_is_an_url_of_its_own():
    assert StorageConfig(journal="a/b.log").resolve({"OPTUNA_STORAGE_URL": "x"}) == "journal:///a/b.log"
    assert StorageConfig(address="tcp://h:8786").resolve({"OPTUNA_STORAGE_URL": "x"}) == "dask+tcp://h:8786"
    assert build(StorageConfig, {**shipped("storage"), "journal": shipped("storage", "journal")["journal"]}, "storage").journal
    with pytest.raises(ConfigError, match="got both"):
        StorageConfig(journal="a", address="tcp://h:1")
    with pytest.raises(ConfigError, match=r"tcp://host:8786, got 'h:1'"):
        StorageConfig(address="h:1")


def test_a_worker_has_the_number_that_is_typed_or_that_its_environment_gives():
    slurm = {"SLURM_PROCID": "4", "JOB_COMPLETION_INDEX": "9"}
    assert SearchChoices().worker_number({}) == 0
    assert SearchChoices().worker_number(slurm) == 4
    assert SearchChoices().worker_number({**slurm, "PINEJAX_WORKER": "2"}) == 2
    assert SearchChoices().worker_number({"JOB_COMPLETION_INDEX": "9"}) == 9
    assert SearchChoices(worker=0).worker_number(slurm) == 0
    assert SearchChoices(worker=2, n_workers=4).worker_number({}) == 8
    with pytest.raises(ConfigError, match="PINEJAX_WORKER: expected a whole number"):
        SearchChoices().worker_number({"PINEJAX_WORKER": "two"})
    with pytest.raises(ConfigError, match=r"search\.n_workers: expected 1 or more, got 0"):
        SearchChoices(n_workers=0)


def test_slugs_are_safe_in_paths():
    config = Config("ema_cross", ("BINANCE:A/../B",), TimeframePair.parse("5m@1h"))
    assert config.slug == "BINANCE_A_.._B_5m_1h"
    assert Path(config.slug).name == config.slug
