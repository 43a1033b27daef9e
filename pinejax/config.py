"""The resolved choices of one run, as frozen dataclasses. What Hydra composes ends here: nothing below sees a DictConfig."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pinejax.broker.config import BrokerConfig
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.errors import ConfigError, did_you_mean
from pinejax.report.slug import symbols_slug
from pinejax.schema import as_mapping, as_name, as_names, build
from pinejax.search.objective import ObjectiveConfig


@dataclass(frozen=True)
class DataConfig:
    """Which bars. root: a store; None: the bundled synthetic sample. start, end: ISO dates, UTC, end exclusive.

    rates: a CSV file of daily currency rates, or a folder of them; None: no conversion. policy: what is odd about bars is said (`warn`)
    or refused (`strict`). snapshot: the name of one of the root's; None: the bars as they are now.
    """

    root: str | None = None
    start: str | None = None
    end: str | None = None
    rates: str | None = None
    policy: Literal["strict", "warn"] = "warn"
    snapshot: str | None = None


@dataclass(frozen=True)
class SearchChoices:
    """How to search. n_trials: of the study, all runs together. None: no limit, or the search's own choice."""

    n_trials: int = 200
    sampler: str | None = None
    pruner: str = "none"
    seed: int = 1
    batch_size: int | None = None
    study_name: str | None = None
    top_k: int = 10
    resume_from: str | None = None
    timeout_s: float | None = None
    patience_batches: int | None = None

    def __post_init__(self) -> None:
        for key in ("n_trials", "batch_size", "top_k", "patience_batches"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ConfigError(f"search.{key}: expected 1 or more, got {value}.")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"search.seed: expected a whole number in 0..4294967295, got {self.seed}.")


@dataclass(frozen=True)
class StorageConfig:
    """Where studies are kept: `url`, else the URL in the environment variable `url_env` if set, else the file `sqlite`."""

    url: str | None = None
    url_env: str | None = "OPTUNA_STORAGE_URL"
    sqlite: str = "outputs/studies.db"

    def resolve(self, environment: Mapping[str, str]) -> str:
        """The URL to use."""
        from_environment = environment.get(self.url_env, "") if self.url_env else ""
        return self.url or from_environment or f"sqlite:///{Path(self.sqlite).expanduser()}"

    def make_room(self, url: str) -> None:
        """Makes the folder of an SQLite file. Errors: ConfigError where that cannot be done."""
        kind, _, path = url.partition(":///")
        if not kind.startswith("sqlite") or not path or path.startswith((":memory:", "file:")):
            return
        try:
            Path(path.partition("?")[0]).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"storage: {path} cannot be made there ({error.strerror}). Choose another storage.sqlite.") from None


@dataclass(frozen=True)
class Config:
    """Everything one run was asked to do.

    symbols: empty means every symbol of the store. params: name -> value, or text such as `interval(5,20)`. samplers,
    pruners: the flags of each by name. broker_given: the keys of `broker` that somebody chose, such as `size` or `risk.max_drawdown`;
    the others give way to what the strategy declares. compare, compare_zone: a list of trades to compare with, and its chart's zone.
    """

    strategy: str
    symbols: tuple[str, ...]
    timeframe: TimeframePair
    data: DataConfig = field(default_factory=DataConfig)
    broker: BrokerConfig = field(default_factory=BrokerConfig)
    objective: ObjectiveConfig = field(default_factory=ObjectiveConfig)
    search: SearchChoices = field(default_factory=SearchChoices)
    storage: StorageConfig = field(default_factory=StorageConfig)
    engine: EngineConfig = field(default_factory=EngineConfig)
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    samplers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pruners: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    broker_given: frozenset[str] = frozenset()
    compare: str | None = None
    compare_zone: str | None = None

    @property
    def slug(self) -> str:
        """`BTCUSDT+1_5m_1h`: for folders and studies."""
        return f"{symbols_slug(self.symbols)}_{self.timeframe.slug}"


_KEYS = (
    "symbol", "timeframe", "strategy", "data", "broker", "objective", "search", "sampler", "pruner", "storage", "engine",
    "enable", "disable", "params", "compare", "compare_zone",
)  # fmt: skip


def from_mapping(tree: Mapping[str, Any], broker_given: Iterable[str] | None = None) -> Config:
    """A Config from the plain tree that `conf/` composes to.

    broker_given: the keys of `broker` that were chosen and are not just defaults; None: all that are in the tree. Errors: ConfigError
    naming the key, what was expected and what was found.
    """
    for key in tree:
        if key not in _KEYS:
            raise ConfigError(f"{key}: there is no such key. {did_you_mean(str(key), _KEYS)}")
    strategy = tree.get("strategy")
    return Config(
        strategy=str(as_name("strategy", strategy.get("name") if isinstance(strategy, Mapping) else strategy)),
        symbols=tuple(dict.fromkeys(as_names("symbol", tree.get("symbol")))),
        timeframe=TimeframePair.parse(as_name("timeframe", tree.get("timeframe"))),
        data=build(DataConfig, tree.get("data"), "data"),
        broker=build(BrokerConfig, tree.get("broker"), "broker"),
        objective=build(ObjectiveConfig, tree.get("objective"), "objective"),
        search=build(SearchChoices, tree.get("search"), "search"),
        storage=build(StorageConfig, tree.get("storage"), "storage"),
        engine=build(EngineConfig, tree.get("engine"), "engine"),
        enable=as_names("enable", tree.get("enable")),
        disable=as_names("disable", tree.get("disable")),
        params=as_mapping("params", tree.get("params")),
        samplers=_flags("sampler", tree.get("sampler")),
        pruners=_flags("pruner", tree.get("pruner")),
        broker_given=frozenset(flat_keys(tree.get("broker")) if broker_given is None else broker_given),
        compare=_text("compare", tree.get("compare")),
        compare_zone=_text("compare_zone", tree.get("compare_zone")),
    )


def flat_keys(tree: Any, prefix: str = "") -> list[str]:
    """The dotted keys of a tree's leaves: `risk.max_drawdown`."""
    if not isinstance(tree, Mapping):
        return [prefix.rstrip(".")] if prefix else []
    return [key for name, value in tree.items() for key in flat_keys(value, f"{prefix}{name}.")]


def _text(where: str, value: Any) -> str | None:
    return None if value is None else str(as_name(where, value))


def _flags(kind: str, given: Any) -> dict[str, dict[str, Any]]:
    return {which: as_mapping(f"{kind}.{which}", flags) for which, flags in as_mapping(kind, given).items()}
