"""The resolved choices of one run, as frozen dataclasses. What Hydra composes ends here: nothing below sees a DictConfig."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pinejax.broker.config import BrokerConfig
from pinejax.core.location import StorageConfig
from pinejax.core.timeframe import TimeframePair
from pinejax.engine.config import EngineConfig
from pinejax.errors import ConfigError, did_you_mean
from pinejax.report.config import ReportConfig
from pinejax.report.naming import check_template
from pinejax.report.slug import symbols_slug, timeframe_slug
from pinejax.schema import as_mapping, as_name, as_names, build
from pinejax.search.objective import ObjectiveConfig
from pinejax.selection.config import NullConfig, StressConfig, ValidationConfig, VerdictConfig


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
    """How to search. n_trials: of the study, all runs together. None: no limit, or the search's own choice.

    dataset_jobs: threads or processes (dataset_executor) that a batch's datasets are spread over; None: one per core.
    n_workers: processes that this run starts; worker: its number among runs on one study, None: as the environment says. study_template,
    run_tag_template: names with placeholders (`pinejax.report.naming`), of the study and of a combination's folder in a sweep.
    """

    n_trials: int = 200
    sampler: str | None = None
    pruner: str = "none"
    seed: int = 1
    batch_size: int | None = None
    study_name: str | None = None
    top_k: int = 10
    resume_from: str | Sequence[str] | None = None
    timeout_s: float | None = None
    patience_batches: int | None = None
    patience_min_delta: float = 0.0
    target: float | None = None
    dataset_jobs: int | None = None
    dataset_executor: Literal["thread", "process"] = "thread"
    n_workers: int = 1
    worker: int | None = None
    heartbeat_s: float = 30.0
    grace_s: float = 120.0
    study_template: str | None = None
    run_tag_template: str | None = None

    def __post_init__(self) -> None:
        for key in ("n_trials", "batch_size", "top_k", "patience_batches", "dataset_jobs", "n_workers"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ConfigError(f"search.{key}: expected 1 or more, got {value}.")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"search.seed: expected a whole number in 0..4294967295, got {self.seed}.")
        if self.worker is not None and self.worker < 0:
            raise ConfigError(f"search.worker: expected 0 or more, got {self.worker}.")
        for key in ("study_template", "run_tag_template"):
            if getattr(self, key) is not None:
                check_template(f"search.{key}", getattr(self, key))
        if self.study_name is not None and self.study_template is not None:
            raise ConfigError(
                f"search.study_template: the study has a name already, search.study_name={self.study_name}. Give one of the two."
            )

    def worker_number(self, environment: Mapping[str, str]) -> int:
        """The number of this run's own worker: `worker`, else that of the first of WORKER_VARIABLES that is set, else 0.

        A run with several workers has as many numbers. Errors: ConfigError for PINEJAX_WORKER that is no number.
        """
        number = self.worker
        for name in WORKER_VARIABLES:
            value = environment.get(name, "")
            if number is None and value:
                if not value.isdecimal():
                    raise ConfigError(f"{name}: expected a whole number, the worker's, got {value!r}.")
                number = int(value)
        return (number or 0) * self.n_workers


WORKER_VARIABLES = ("PINEJAX_WORKER", "SLURM_PROCID", "JOB_COMPLETION_INDEX")
"""Ours, that of the tasks of one SLURM job, that of the pods of an indexed Kubernetes Job."""


@dataclass(frozen=True)
class SweepChoices:
    """How several timeframe pairs are searched. study: a study for each; joint: one study, with the pair as its parameter `timeframe`."""

    mode: Literal["study", "joint"] = "study"


@dataclass(frozen=True)
class Config:
    """Everything one run was asked to do.

    symbols: empty means every symbol of the store. timeframe: the only or the first pair; pairs: all of them, several in a joint
    study. params: name -> value, or text such as `interval(5,20)`. samplers, pruners: the flags of each by name. broker_given: the
    keys of `broker` that somebody chose, such as `size` or `risk.max_drawdown`; the others give way to what the strategy declares.
    compare, compare_zone: a list of trades to compare with, and its chart's zone.
    in_sweep: one of several runs that a process may do: its time does not count from the start of the process. beside: others of its
    sweep may run at the same time, and write to the same terminal.
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
    sweep: SweepChoices = field(default_factory=SweepChoices)
    validation: ValidationConfig = field(default_factory=ValidationConfig)
    null: NullConfig = field(default_factory=NullConfig)
    stress: StressConfig = field(default_factory=StressConfig)
    verdict: VerdictConfig = field(default_factory=VerdictConfig)
    report: ReportConfig = field(default_factory=ReportConfig)
    more_timeframes: tuple[TimeframePair, ...] = ()
    in_sweep: bool = False
    beside: bool = False

    @property
    def pairs(self) -> tuple[TimeframePair, ...]:
        """Every timeframe pair of the run."""
        return (self.timeframe, *self.more_timeframes)

    @property
    def slug(self) -> str:
        """`BTCUSDT+1_5m_1h`: for folders and studies."""
        return f"{symbols_slug(self.symbols)}_{self.timeframes_slug}"

    @property
    def timeframes_slug(self) -> str:
        """`5m_1h`, and `5m_1h+2` for two pairs more."""
        return timeframe_slug([str(pair) for pair in self.pairs])


_KEYS = (
    "symbol", "timeframe", "strategy", "data", "broker", "objective", "search", "sampler", "pruner", "storage", "engine", "sweep",
    "validation", "null", "stress", "verdict", "report", "enable", "disable", "params", "compare", "compare_zone",
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
    sweep = build(SweepChoices, tree.get("sweep"), "sweep")
    pairs = _pairs(tree.get("timeframe"), sweep)
    return Config(
        strategy=str(as_name("strategy", strategy.get("name") if isinstance(strategy, Mapping) else strategy)),
        symbols=tuple(dict.fromkeys(as_names("symbol", tree.get("symbol")))),
        timeframe=pairs[0],
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
        sweep=sweep,
        validation=build(ValidationConfig, tree.get("validation"), "validation"),
        null=build(NullConfig, tree.get("null"), "null"),
        stress=build(StressConfig, tree.get("stress"), "stress"),
        verdict=build(VerdictConfig, tree.get("verdict"), "verdict"),
        report=build(ReportConfig, tree.get("report"), "report"),
        more_timeframes=pairs[1:],
    )


def _pairs(given: Any, sweep: SweepChoices) -> tuple[TimeframePair, ...]:
    """The pairs of `timeframe`, each once. Errors: ConfigError, also for a list outside of a joint study."""
    items = given if isinstance(given, (list, tuple)) else [given]
    pairs = tuple(dict.fromkeys(TimeframePair.parse(as_name("timeframe", item)) for item in items))
    if not pairs:
        raise ConfigError("timeframe: expected LTF@HTF or a list of them, got an empty list.")
    if len(pairs) > 1 and sweep.mode != "joint":
        listed = ",".join(map(str, pairs))
        raise ConfigError(
            f"timeframe: expected one pair, got {len(pairs)}. A study for each: -m timeframe={listed}. One study that compares them: "
            f"sweep.mode=joint."
        )
    return pairs


def flat_keys(tree: Any, prefix: str = "") -> list[str]:
    """The dotted keys of a tree's leaves: `risk.max_drawdown`."""
    if not isinstance(tree, Mapping):
        return [prefix.rstrip(".")] if prefix else []
    return [key for name, value in tree.items() for key in flat_keys(value, f"{prefix}{name}.")]


def _text(where: str, value: Any) -> str | None:
    return None if value is None else str(as_name(where, value))


def _flags(kind: str, given: Any) -> dict[str, dict[str, Any]]:
    return {which: as_mapping(f"{kind}.{which}", flags) for which, flags in as_mapping(kind, given).items()}
