"""A batch spread over processes, each of which has some of the datasets. Threads within one process are the engine's own business."""

from __future__ import annotations

import multiprocessing
import signal
import traceback
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import numpy as np

from pinejax.config import Config
from pinejax.core.evaluation import Evaluation, Evaluator, KeepFn
from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.errors import ConfigError, PinejaxError
from pinejax.job.crew import refuse_gpu
from pinejax.job.session import Session, prepare
from pinejax.search.interrupts import STOP_SIGNALS
from pinejax.selection.divide import Split

STARTED_S = 600.0
"""A process that has not compiled its program by then has hung."""


@dataclass(frozen=True)
class Part:
    """One process. which: the numbers of its feeds, of whose parts, if they have some, its datasets are."""

    process: BaseProcess
    pipe: Connection
    which: np.ndarray

    def tell(self, message: Any) -> None:
        """Send something; that it died is found when it should answer."""
        with suppress(BrokenPipeError):
            self.pipe.send(message)

    def answer(self) -> tuple[str, Any]:
        """What it says next. Errors: what it raised; RuntimeError where it died."""
        try:
            kind, value = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join(10)
            raise RuntimeError(
                f"a process of search.dataset_executor=process ended with exit code {self.process.exitcode} (a negative one is a signal; "
                "-9 is often a lack of memory: fewer search.dataset_jobs, or a smaller search.batch_size)."
            ) from None
        if kind == "failed":
            raise value
        return kind, value

    def close(self) -> None:
        """End it."""
        self.pipe.close()  # which it takes as the end
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class SpreadEvaluator:
    """An Evaluator whose datasets are dealt out to `n_jobs` processes of one engine each, made of the same configuration.

    Results are those of one process to the last bit: a lane depends on nothing but its dataset and its parameters. A context manager.
    engine: the parent's, which counts the work done. Errors: those of making an engine, from the first process that has one.
    """

    def __init__(self, session: Session, engine: Engine | PartedEngine, n_trials: int, n_jobs: int):
        self.datasets, self.n_segments, self._engine = engine.datasets, engine.n_segments, engine
        self._stack = ExitStack()
        config, context = session.config, multiprocessing.get_context("spawn")
        split = None if session.split is None else session.split.on(())  # each process has bars of its own
        shares = dealt([len(feed) for feed in session.feeds], n_jobs)
        own = config.engine.shared(len(shares))
        self._parts: list[Part] = []
        with ExitStack() as opened:
            for which in shares:
                mine = replace(config, symbols=tuple(session.feeds[d].symbol for d in which), engine=own)
                here, there = context.Pipe()
                process = context.Process(target=serve, args=(mine, split, n_trials, there), name=f"datasets {which}")
                process.start()
                there.close()
                self._parts.append(Part(process, here, np.array(which)))
                opened.callback(self._parts[-1].close)
            for part in self._parts:
                if not part.pipe.poll(STARTED_S):
                    raise RuntimeError(f"a process of search.dataset_executor=process did not start within {STARTED_S:.0f} s.")
                part.answer()
            self._stack = opened.pop_all()
        engine.plan = f"engine: {len(self.datasets)} datasets over {len(shares)} processes of {own.n_threads} threads"

    def __enter__(self) -> SpreadEvaluator:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """As `Engine.evaluate`."""
        for part in self._parts:
            part.tell((list(batch), keep is not None))
        while True:
            answers = [part.answer() for part in self._parts]
            values = [value for _, value in answers]
            if answers[0][0] == "done":
                return self._joined(values)
            assert keep is not None
            segment, trials, _ = values[0]
            goes_on = np.asarray(keep(segment, trials, self._wide([metrics for *_, metrics in values])), bool)
            for part in self._parts:
                part.tell(goes_on)

    def _wide(self, narrow: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Metrics of all datasets, `[..., datasets]`, from those of each part."""
        return {name: self._side_by_side([metrics[name] for metrics in narrow]) for name in narrow[0]}

    def _side_by_side(self, narrow: Sequence[np.ndarray]) -> np.ndarray:
        """`[..., datasets]` of all feeds in order, from those of each process."""
        by_feed = [values.reshape(*values.shape[:-1], len(part.which), -1) for part, values in zip(self._parts, narrow, strict=True)]
        order = np.argsort(np.concatenate([part.which for part in self._parts]))
        whole = np.concatenate(by_feed, axis=-2)[..., order, :]
        return whole.reshape(*whole.shape[:-2], -1)

    def _joined(self, values: Sequence[tuple[list[Evaluation], int, float]]) -> list[Evaluation]:
        self._engine.timings.lane_bars += sum(lane_bars for _, lane_bars, _ in values)
        self._engine.timings.evaluate_s += max(seconds for *_, seconds in values)
        return [
            Evaluation(self._wide([e.metrics for e in same]), self._side_by_side([e.status for e in same]), same[0].pruned_at)
            for same in zip(*(found for found, *_ in values), strict=True)
        ]


def serve(config: Config, split: Split | None, n_trials: int, pipe: Connection) -> None:
    """A process's whole life: make an engine, evaluate what comes, end with the parent. Signals are the parent's to answer."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    try:
        session = prepare(config)
        engine = (session if split is None else session.divided(split)).engine(n_trials)
        engine.warm_up()
        pipe.send(("ready", None))
        while True:
            batch, is_pruned = pipe.recv()

            def keep(segment: int, trials: np.ndarray, metrics: Mapping[str, np.ndarray]) -> np.ndarray:
                pipe.send(("segment", (segment, trials, dict(metrics))))
                return pipe.recv()

            lane_bars, seconds = engine.timings.lane_bars, engine.timings.evaluate_s
            found = engine.evaluate(batch, keep if is_pruned else None)
            plain = [Evaluation(dict(e.metrics), e.status, e.pruned_at) for e in found]
            pipe.send(("done", (plain, engine.timings.lane_bars - lane_bars, engine.timings.evaluate_s - seconds)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent has gone
    except Exception as error:  # a bug's traceback would be lost with the process
        said = f"{type(error).__name__} in a process of search.dataset_executor=process:\n{traceback.format_exc()}"
        with suppress(BrokenPipeError, ConnectionResetError):
            pipe.send(("failed", error if isinstance(error, PinejaxError) else RuntimeError(said)))


def dealt(sizes: Sequence[int], n_parts: int) -> list[list[int]]:
    """Numbers of datasets, dealt so that the parts have about as many bars each; no part is empty, each is in order."""
    n_parts = min(n_parts, len(sizes))
    parts: list[list[int]] = [[] for _ in range(n_parts)]
    total = [0] * n_parts
    for dataset in sorted(range(len(sizes)), key=lambda d: -sizes[d]):
        lightest = total.index(min(total))
        parts[lightest].append(dataset)
        total[lightest] += sizes[dataset]
    return [sorted(part) for part in parts]


def with_jobs(config: Config) -> Config:
    """`search.dataset_jobs` of threads as the engine's own number of threads. Errors: ConfigError where choices do not go together."""
    executor, n_jobs, engine = config.search.dataset_executor, config.search.dataset_jobs, config.engine
    if executor == "process" and config.more_timeframes:
        raise ConfigError("search.dataset_executor=process: not in a joint study (sweep.mode=joint), whose pairs take turns. Use thread.")
    if executor == "process" or n_jobs is None:
        return config
    if engine.n_threads not in (0, n_jobs):
        raise ConfigError(f"search.dataset_jobs={n_jobs}: engine.n_threads={engine.n_threads} says otherwise. Give one of the two.")
    return replace(config, engine=replace(engine, n_threads=n_jobs))


def evaluator_of(session: Session, engine: Any, n_trials: int) -> AbstractContextManager[Evaluator]:
    """What evaluates batches of up to so many trials: the session's engine, or engines if it is joint, or processes. A context manager."""
    choices = session.config.search
    n_jobs = min(choices.dataset_jobs or session.config.engine.threads, len(session.feeds))
    if choices.dataset_executor == "thread" or n_jobs == 1:
        return nullcontext(engine)
    refuse_gpu("search.dataset_executor=process", engine.device)
    return SpreadEvaluator(session, engine, n_trials, n_jobs)
