"""The search: pull, ask a batch, reserve, evaluate, tell, flush, until the study has its trials. The parts are in `batch` and `study`."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from pinejax.core.evaluation import Evaluator
from pinejax.errors import ConfigError, PinejaxError, StudyError
from pinejax.search.banks import Sources, read_bank
from pinejax.search.batch import evaluate, fail_all, split, tell_duplicate, tell_evaluated
from pinejax.search.config import Plan, SearchConfig, resolved
from pinejax.search.fingerprint import check_fingerprint, fingerprint
from pinejax.search.grid import ConditionalGridSampler
from pinejax.search.heartbeat import heartbeat
from pinejax.search.interrupts import StopRequest, stop_on_signals
from pinejax.search.keepsake import note_aim
from pinejax.search.objective import Objective
from pinejax.search.pruners import make_pruner
from pinejax.search.records import duplicate_of
from pinejax.search.result import Callback, Progress, SearchResult, Stopped
from pinejax.search.samplers import SamplerContext, make_sampler, stream_seed
from pinejax.search.space import Space
from pinejax.search.stopping import Improvement, check_stops
from pinejax.search.storage import open_store
from pinejax.search.store import StudyStore
from pinejax.search.study import SearchStudy
from pinejax.search.timings import Stopwatch
from pinejax.search.warm import read_warm_start

logger = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.02, 1.0
"""Between looks at what the others do, when everything that is left is theirs."""


def run_search(
    config: SearchConfig,
    space: Space,
    objective: Objective,
    evaluator: Evaluator,
    storage: StudyStore | str | None = None,
    callbacks: Sequence[Callback] = (),
    stop: StopRequest | None = None,
    before_end: Callable[[], None] | None = None,
) -> SearchResult:
    """Searches until the study holds `config.n_trials` trials that count; the same call again goes on where it stopped.

    storage: a URL (opened and closed here), an open store, or None for memory. Every batch is reserved in one transaction, so that
    several workers come to exactly n_trials, and stored in another; then the callbacks run. While others run all that is left, the
    search waits for them (callbacks hear what they did) and takes over what they give up. Ctrl-C and SIGTERM end the search after the
    batch in flight, another Ctrl-C at once. before_end: called when nothing more will be asked, before the others' last trials are
    pulled for the result.
    If the evaluator raises, its batch is stored as FAIL with the error, none of which counts; unless it is a PinejaxError the callbacks
    run once more, without a batch; and the error goes on.
    Errors: ConfigError, SpaceError, StudyError before anything is asked; StudyError when the database stays away.
    """
    plan = resolved(config, len(objective.directions))
    make_pruner(config.pruner, config.pruner_flags, n_segments=evaluator.n_segments, n_objectives=len(objective.directions))
    _refuse_unused_constraints(plan, objective)
    check_stops(config.target, config.patience_min_delta, objective)
    source = config.sampler_flags.get("warm_start") if plan.sampler == "cmaes" else None
    warm = None if source is None else read_warm_start(str(source), space, objective.directions, storage)
    first = SamplerContext(space, plan.seed, stream_seed(plan.seed, 0, config.worker), plan.batch_size, len(objective.directions), warm)
    sampler = make_sampler(plan.sampler, config.sampler_flags, first)  # before a study is made: one that is refused leaves none
    watch = Stopwatch()
    if storage is None or isinstance(storage, str):
        with watch.span("open"):
            store = open_store(storage, config.study_name, objective.directions, worker=config.worker, grace_s=config.grace_s)
    else:
        store = storage
    search = _Search(config, plan, space, objective, evaluator, store, tuple(callbacks), stop or StopRequest(), (first, sampler), watch)
    try:
        with stop_on_signals(search.stop), heartbeat(store, config.heartbeat_s):
            stopped = search.run()
            if before_end is not None:
                before_end()
                search.look()
            return search.result(stopped)
    finally:
        search.release()
        if store is not storage:
            store.close()


@dataclass
class _Search:
    """One run on one study: what the loop's steps share."""

    config: SearchConfig
    plan: Plan
    space: Space
    objective: Objective
    evaluator: Evaluator
    store: StudyStore
    callbacks: tuple[Callback, ...]
    stop: StopRequest
    first: tuple[SamplerContext, BaseSampler]
    watch: Stopwatch

    def __post_init__(self) -> None:
        self.study = SearchStudy(self.store, self.space, self.config.study_name, self.objective.directions)
        self.queue: list[dict[str, Any]] = []
        self.n_new = 0
        self.n_duplicates = 0
        self.n_bank_outside = 0
        self.improvement = Improvement(self.objective, self.config.patience_min_delta)
        self.n_pauses = 0
        self.waiting_since_s: float | None = None
        self.n_reachable: int | None = None

    def run(self) -> Stopped:
        with self.watch.span("pull"):
            self.study.pull()
            self._check_study()
            if self.study.recover():
                self.study.pull()
        sampler = self._start()
        if self.config.resume_from is not None:
            self._enqueue(self.config.resume_from)
        self.improvement.look(self.study.trials)
        stopped: Stopped | None = "nothing_to_do" if self._is_complete() else self._reached() or self._exhausted(sampler)
        if stopped is None and self.stop.is_set:
            stopped = "interrupted"
        while stopped is None:
            if self._batch(self._n_next(sampler)):
                self.n_pauses, self.waiting_since_s = 0, None
            else:
                with self.watch.span("wait"):
                    self._wait()
            self.look(tell=self.waiting_since_s is not None)
            stopped = self._stopped(sampler)
        return stopped

    def look(self, tell: bool = True) -> None:
        """Takes over what others have done since. tell: the callbacks too, who otherwise hear of it after the next batch."""
        with self.watch.span("pull"):
            if not self.study.pull():
                return
            self.improvement.look(self.study.trials)
        if tell:
            self._report(())

    def release(self) -> None:
        """Gives back what was reserved and not told. Where the database is gone, the leases run out instead."""
        try:
            self.study.release()
        except StudyError as error:
            logger.warning("%s", error)

    def _check_study(self) -> None:
        mine = fingerprint(self.space, self.objective, tuple(self.evaluator.datasets), self.config.context)
        check_fingerprint(self.store, self.config.study_name, mine, bool(self.study.trials))
        note_aim(self.store, self.config.n_trials)

    def _start(self) -> BaseSampler:
        context, sampler = self.first
        stream = stream_seed(self.plan.seed, len(self.study.trials), self.config.worker)
        if stream != context.stream:
            sampler = make_sampler(self.plan.sampler, self.config.sampler_flags, replace(context, stream=stream))
        pruner = make_pruner(
            self.config.pruner,
            self.config.pruner_flags,
            n_segments=self.evaluator.n_segments,
            n_objectives=len(self.objective.directions),
        )
        self.study.start(sampler, pruner)
        return sampler

    def _enqueue(self, sources: Sources) -> None:
        bank, self.n_bank_outside = read_bank(sources, self.space)
        self.queue = [self.space.active(params) for params in bank if self.study.evaluated(params) is None]

    def _is_complete(self) -> bool:
        return self.study.n_counted >= self.config.n_trials

    def _n_next(self, sampler: BaseSampler) -> int:
        """How many trials to ask for: none while others run what is left."""
        n_there, n_unvisited = self.study.n_counted + self.study.n_running, self._n_unvisited(sampler) + self.study.n_waiting
        if isinstance(sampler, ConditionalGridSampler):
            self.n_reachable = n_there + n_unvisited
        return max(0, min(self.plan.batch_size, self.config.n_trials - n_there, n_unvisited))

    def _wait(self) -> None:
        """Until the others are done, longer each time; what they gave up is taken from them."""
        if self.waiting_since_s is None:
            self.waiting_since_s = self.watch.elapsed_s
            logger.info("waiting for %d trials that others run", self.study.n_running)
        if self.study.recover():
            self.n_pauses, self.waiting_since_s = 0, None
            return
        pause_s = min(FIRST_PAUSE_S * 2**self.n_pauses, LONGEST_PAUSE_S) * (0.5 + random.random())
        self.n_pauses += 1
        self.stop.wait(pause_s)

    def _n_unvisited(self, sampler: BaseSampler) -> int:
        if isinstance(sampler, ConditionalGridSampler):
            return sampler.n_left(self.study.optuna)
        return self.plan.batch_size

    def _exhausted(self, sampler: BaseSampler) -> Stopped | None:
        """Nothing is left to try; but what others run may come back."""
        is_left = self.study.n_waiting or self.study.n_running or self._n_unvisited(sampler)
        return None if is_left else "exhausted"

    def _reached(self) -> Stopped | None:
        return "target" if self.improvement.has_reached(self.config.target) else None

    def _stopped(self, sampler: BaseSampler) -> Stopped | None:
        if self._reached():
            return "target"
        if self._is_complete():
            return "done"
        if self.stop.is_set:
            return "interrupted"
        if self._exhausted(sampler):
            return "exhausted"
        if self.config.timeout_s is not None and self.watch.elapsed_s >= self.config.timeout_s:
            return "timeout"
        if self.config.patience_batches is not None and self.improvement.n_stale_batches >= self.config.patience_batches:
            return "no_improvement"
        waited_s = 0.0 if self.waiting_since_s is None else self.watch.elapsed_s - self.waiting_since_s
        if waited_s > self.config.grace_s and self.study.only_foreign_run:
            return "left_to_others"
        return None

    def _batch(self, n: int) -> bool:
        """False where the study had no room for a single trial."""
        if n == 0:
            return False
        with self.watch.span("ask"):
            asked = self.study.ask(self.queue, n)
        with self.watch.span("flush"):
            asked = self.study.reserve(asked, self.config.n_trials, self.queue)
        if not asked:
            self.study.flush()
            return False
        with self.watch.span("ask"):
            parts = split(self.study, asked)
        pruning = self.config.pruner != "none"
        try:
            results = evaluate(self.evaluator, self.objective, asked, parts.fresh, pruning, self.watch)
        except Exception as error:
            fail_all(self.study, asked, error)
            self.study.flush()
            if not isinstance(error, PinejaxError):  # a mistake of the user's leaves nothing
                self._report(())
            raise
        told: dict[int, FrozenTrial] = {}
        with self.watch.span("tell"):
            last_step = self.evaluator.n_segments - 1 if pruning else None
            for i, (trial, _) in enumerate(asked):
                if i in results:
                    told[i] = tell_evaluated(self.study, self.objective, trial, results[i], last_step)
                else:
                    source = parts.stored[i] if i in parts.stored else told[parts.twins[i]]
                    told[i] = tell_duplicate(self.study, trial, source)
        with self.watch.span("flush"):
            batch = self.study.flush()
        self.n_new += len(batch)
        self.n_duplicates += sum(duplicate_of(trial) is not None for trial in batch)
        self.improvement.note(batch, self.study.trials)
        self._report(batch)
        return True

    def _report(self, batch: Sequence[FrozenTrial]) -> None:
        progress = Progress(
            n_counted=self.study.n_counted,
            n_trials=self.config.n_trials,
            trials=self.study.trials,
            batch=tuple(batch),
            best=self.improvement.best,
            n_new=self.n_new,
            n_duplicates=self.n_duplicates,
            timings=self.watch.read(),
            tally=replace(self.study.tally),
            n_front=self.improvement.n_front,
            n_workers=self.study.n_workers,
            n_running=self.study.n_running,
            n_reachable=self.n_reachable,
        )
        for callback in self.callbacks:
            callback(progress)

    def result(self, stopped: Stopped) -> SearchResult:
        return SearchResult(
            study_name=self.config.study_name,
            storage=self.store.name,
            trials=tuple(self.study.trials),
            datasets=tuple(self.evaluator.datasets),
            space=self.space,
            objective=self.objective,
            sampler=self.plan.sampler,
            seed=self.plan.seed,
            batch_size=self.plan.batch_size,
            n_new=self.n_new,
            n_duplicates=self.n_duplicates,
            n_counted=self.study.n_counted,
            n_bank_outside=self.n_bank_outside,
            stopped=stopped,
            timings=self.watch.read(),
            warm_start=None if self.first[0].warm is None else str(self.first[0].warm),
        )


def _refuse_unused_constraints(plan: Plan, objective: Objective) -> None:
    if objective.config.gate_mode == "constraint" and objective.gates and plan.sampler == "cmaes":
        raise ConfigError(
            "objective.gate_mode=constraint: CMA-ES does not use constraints. Use objective.gate_mode=penalty, or tpe, nsga2 or nsga3."
        )
