"""What a run and a backtest have in common: the feeds, the strategy, its space and the engine, made from a Config. No search."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinejax import __version__
from pinejax.broker.config import BrokerConfig
from pinejax.config import Config
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError, DataError
from pinejax.job.broker_of import broker_of
from pinejax.job.strategy_source import FoundStrategy, find_strategy
from pinejax.report.rows import DatasetRow
from pinejax.search.space import Space, build_space
from pinejax.selection.divide import Split
from pinejax.selection.purge import Purge, memory_of
from pinejax.selection.splits import Span

if TYPE_CHECKING:
    from pinejax.data import Store


@dataclass(frozen=True)
class Session:
    """Everything that is known before a bar is computed. load_s: seconds spent reading and resampling bars.

    config: its `broker` is the one of this run (`broker_of`); declared: the keys of it that the strategy's declaration decided.
    feeds: the bars that are looked at; split: how they came of the whole ones, None where nobody asked (`divided`).
    notes: what a user should know of the engines made so far, each said once; `replace` hands the same list on.
    """

    config: Config
    strategy: FoundStrategy
    space: Space
    feeds: tuple[Feed, ...]
    load_s: float
    declared: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    split: Split | None = None

    @property
    def whole(self) -> tuple[Feed, ...]:
        """The feeds with the bars that are kept back."""
        return self.feeds if self.split is None else self.split.timeline.feeds

    @property
    def n_parts(self) -> int:
        """Into how many parts a history is cut, of which a trial's value is made; 0: it is not."""
        return 0 if self.split is None else len(self.split.parts)

    @property
    def n_segments(self) -> int:
        """A pruner's steps."""
        return self.n_parts or self.config.engine.n_segments

    @cached_property
    def histories(self) -> tuple[DatasetRow, ...]:
        """The feeds as tables show them."""
        return tuple(dataset_row(feed) for feed in self.feeds)

    @cached_property
    def datasets(self) -> tuple[DatasetRow, ...]:
        """What a result has a row for: the feeds, or the parts of each."""
        if self.split is None or not self.n_parts:
            return self.histories
        windows = [self.split.timeline.windows(span, 0) for span in self.split.parts]
        return tuple(
            row
            for d, feed in enumerate(self.feeds)
            for row in part_rows(feed, [Span(int(part[d].trade_from), int(part[d].stop)) for part in windows])
        )

    @property
    def columns(self) -> tuple[DatasetRow, ...]:
        """What the study's arrays over datasets have, in their order."""
        return self.datasets

    @property
    def is_joint(self) -> bool:
        """Whether the timeframe pair is a parameter of the study."""
        return False

    def part(self, params: Params) -> Session:
        """The session on whose bars a parameter set runs: this one, where the set does not name its timeframes."""
        return self

    @property
    def synthetic(self) -> bool:
        """Whether any bar was made up."""
        return any(feed.synthetic for feed in self.feeds)

    @property
    def context(self) -> dict[str, Any]:
        """What changes results besides space and objective, for comparing a study with the search that wants to go on with it."""
        divided = {} if self.split is None else self.split.identity
        return {
            **({"validation": divided} if divided else {}),
            "pinejax": __version__,
            "data": {feed.name: feed.content_hash for feed in self.feeds},
            "instruments": {feed.name: asdict(feed.instrument) for feed in self.feeds},
            "broker": asdict(self.config.broker),
            "dtype": self.config.engine.dtype,
            "code": self.strategy.source_hash,
        }

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """Where the bars came from: recorded with a study, not compared. The snapshot with its hash, None where the bars are not frozen."""
        data = self.config.data
        if data.snapshot is None:
            return {"snapshot": None, "start": data.start, "end": data.end}
        from pinejax.data import read_snapshot

        found = read_snapshot(_store(self.config).root)
        return {"snapshot": found.name, "snapshot_hash": found.hash, "start": data.start, "end": data.end}

    def engine(self, n_trials: int, pinned: Params | None = None) -> Any:
        """The engine for these feeds and this space, or for one parameter set alone, traced. Errors: StrategyError, DataError.

        n_trials: how many parameter sets it will be given at a time.
        """
        from pinejax.engine.engine import Engine

        use_compile_cache()
        space = self.space if pinned is None else build_space(self.strategy.cls, pinned)
        try:
            engine = Engine(self.strategy.cls, self.feeds, self.config.broker, space.inputs, self.config.engine.for_batch(n_trials))
        except DataError as error:
            raise DataError(f"{error}{self._kept_from_it}") from None
        timeframe = self.config.timeframe
        note = ""
        if engine.program.uses_pair and timeframe.alone:
            note = _htf_note(timeframe)
        elif not engine.program.uses_pair and not timeframe.alone:
            note = f"NOTE: {self.strategy.name} does not look at the higher timeframe: timeframe={timeframe.ltf} gives the same results."
        self._say(note)
        return engine if self.split is None else self._parted(engine, self.split)

    def _parted(self, engine: Any, split: Split) -> Any:
        """The engine over the parts of the histories, if there are any. Errors: ConfigError where a purge leaves nothing."""
        if not (split.keeps_back or split.parts or split.walks):
            return engine
        purge = self.purge_of(engine)
        split.check(purge)
        for text in (*split.lines, str(purge), purge.warning):
            self._say(text)
        if not split.parts:
            return engine
        from pinejax.engine.parted import PartedEngine

        warm_up = memory_and_higher(engine.program, self.feeds[0])[0]
        return PartedEngine(engine, [split.on(self.feeds).timeline.windows(span, warm_up) for span in split.parts])

    def purge_of(self, engine: Any, holding: int | None = None) -> Purge:
        """Bars of the split's line to leave out beside what is judged on. holding: of the longest trade, bars of this session's feeds."""
        assert self.split is not None, "a divided session has a split"
        steps = self.feeds[0].timeframe.ltf.ms // self.split.timeline.step  # more than one in a joint study's slower pairs
        memory, higher = memory_and_higher(engine.program, self.feeds[0])
        return self.split.purge_of(memory * steps, higher * steps, None if holding is None else holding * steps)

    @property
    def _kept_from_it(self) -> str:
        """What of the bars the search lacks, and by which key."""
        split = self.split
        if split is None or not split.keeps_back:
            return ""
        choices = split.config
        keys = [f"validation.holdout={choices.holdout:g}"] if choices.holdout else []
        keys += [f"validation.test_rate={choices.test_rate:g}"] if split.test is not None else []
        keys += ["validation.train"] if choices.method == "walk_forward" and choices.walk == "rerank" else []
        kept = split.timeline.n_bars - split.searched.stop
        return f" Of {split.timeline.n_bars:,} bars {kept:,} are kept back by {' and '.join(keys)}: keep fewer back."

    def _say(self, note: str) -> None:
        if note and note not in self.notes:
            self.notes.append(note)

    def divided(self, split: Split) -> Session:
        """The session of a search: without the bars that are kept back, which its feeds lack from here on. Errors: DataError."""
        own = split.on(self.feeds)
        cut = tuple(feed.cut(stop) for feed, stop in zip(self.feeds, own.timeline.stop_of(split.searched.stop), strict=True))
        return replace(self, feeds=cut, split=own)

    def between(self, start: str | None, end: str | None) -> Session:
        """The same on other bars of the same symbols: ISO dates as `data.start` and `data.end`. Errors: DataError."""
        config = replace(self.config, data=replace(self.config.data, start=start, end=end))
        return replace(self, config=config, feeds=_load(config), split=None)

    def on(self, timeframe: TimeframePair) -> Session:
        """The same on bars of other timeframes. Errors: DataError."""
        config = replace(self.config, timeframe=timeframe)
        started = time.perf_counter()
        feeds = _load(config)
        load_s = time.perf_counter() - started
        self.notes.extend(note for note in _examine(config, feeds) if note not in self.notes)
        return replace(self, config=config, feeds=feeds, load_s=load_s, split=None)


def prepare(config: Config, *, converted: bool = True) -> Session:
    """Finds the strategy, checks parameters, loads the bars. Errors: any PinejaxError; nothing has been written by then.

    converted: false leaves the currency rates out (to look at prices alone, also where there are no rates).
    """
    if config.more_timeframes:
        raise ConfigError(f"timeframe: expected one pair here, got {len(config.pairs)}. Only a search compares several.")
    strategy = find_strategy(config.strategy)
    space = build_space(strategy.cls, config.params, config.enable, config.disable)
    broker, declared = broker_of(strategy.cls, config.broker, config.broker_given)
    broker, fees = _with_fees(config, broker, declared)
    config = replace(config, broker=broker)
    started = time.perf_counter()
    feeds = _load(config, converted)
    notes = [*fees, *_examine(config, feeds)]
    return Session(config, strategy, space, feeds, time.perf_counter() - started, declared, notes)


def _load(config: Config, converted: bool = True) -> tuple[Feed, ...]:
    from pinejax.data import load_feed

    store = _store(config)
    symbols = config.symbols or store.symbols()
    if not symbols:
        raise DataError(
            f"data.root: expected a folder with imported bars, got {store.root}, which has none. "
            f"Import some: python -m pinejax.data import FILE... --root {store.root}"
        )
    chosen = config.data
    more = {"currency": config.broker.currency, "rates": chosen.rates} if converted else {}
    return tuple(load_feed(store, symbol, config.timeframe, chosen.start, chosen.end, **more) for symbol in symbols)


def _store(config: Config) -> Store:
    from pinejax.data import open_snapshot, open_store

    chosen = config.data
    return open_store(chosen.root) if chosen.snapshot is None else open_snapshot(chosen.root, chosen.snapshot)


def _with_fees(config: Config, broker: BrokerConfig, declared: tuple[str, ...]) -> tuple[BrokerConfig, list[str]]:
    """The broker with the commission that the store's `symbols.yaml` gives, where neither user nor strategy chose one; and a note.

    Errors: ConfigError where the symbols of one run have different ones, or some have none.
    """
    if {"commission", "commission_type"} & {*config.broker_given, *declared}:
        return broker, []
    store = _store(config)
    given = store.given()
    fees = {symbol: given.commission(given.named(symbol)) for symbol in config.symbols or store.symbols()}
    if all(fee is None for fee in fees.values()):
        return broker, []
    if len(set(fees.values())) > 1:
        shown = ", ".join(f"{symbol} {'none' if fee is None else fee}" for symbol, fee in fees.items())
        raise ConfigError(f"broker.commission: the symbols' own differ ({shown}), and a run has one. Give broker.commission.")
    (fee,) = set(fees.values())
    note = f"broker.commission={fee}: from {store.root / 'symbols.yaml'}"
    return replace(broker, commission_type="percent", commission=float(fee or 0.0)), [note]


def _examine(config: Config, feeds: tuple[Feed, ...]) -> list[str]:
    """What is odd about the bars, a line for each dataset. Errors: DataError for broken bars, with `data.policy=strict` for odd ones."""
    from pinejax.data import check_feed

    store = _store(config)
    notes = []
    for feed in feeds:
        found = [item for item in check_feed(store, feed) if item.level in ("warning", "error")]
        if not found:
            continue
        text = f"{feed.name}: {'; '.join(item.text for item in found)}"
        if config.data.policy == "strict" or any(item.level == "error" for item in found):
            raise DataError(
                f"data.policy={config.data.policy}: {text}. Look at them: `python -m pinejax.data check {store.root}`; what you accept, "
                f"name in {store.root / 'symbols.yaml'} (instruments: {feed.symbol}: accept), or run with data.policy=warn."
            )
        notes.append(f"WARNING: {text}")
    return notes


def _htf_note(timeframe: TimeframePair) -> str:
    return (
        f"NOTE: the strategy calls ctx.htf without timeframe=, and timeframe={timeframe} has no higher one: it sees the {timeframe} bars. "
        f"Give timeframe={timeframe}@<higher>, or the call a timeframe of its own."
    )


def dataset_row(feed: Feed, name: str = "", span: Span | None = None) -> DatasetRow:
    """A feed's name and span, or those of some of its bars."""
    span = span or Span(0, len(feed))
    first, last = (
        datetime.fromtimestamp(int(feed.ltf.time[i]) / 1000, UTC).strftime("%Y-%m-%d %H:%M") for i in (span.first, span.stop - 1)
    )
    return DatasetRow(name or feed.name, feed.symbol, str(feed.timeframe), len(span), first, last, feed.content_hash, feed.synthetic)


def part_rows(feed: Feed, spans: Sequence[Span]) -> list[DatasetRow]:
    """A row for each part of a feed."""
    from pinejax.engine.parted import part_names

    return [dataset_row(feed, name, span) for name, span in zip(part_names(feed.name, len(spans)), spans, strict=True)]


def memory_and_higher(program: Any, feed: Feed) -> tuple[int, int]:
    """How far a traced program's indicators look back, and the longest bar that it looks at, in bars of a feed's timeframe."""
    from pinejax.engine.columns import bars_in

    higher = [(longest, bars_in(feed, series)) for series, longest in program.htf_longest.items()]
    return memory_of(program.longest, higher), max((bars for _, bars in higher), default=1)


def use_compile_cache() -> None:
    """Keep compiled programs in the user's cache folder, so that a second run compiles nothing.

    JAX_COMPILATION_CACHE_DIR, if set, says where; empty turns it off.
    """
    import jax

    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(home / "pinejax" / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
