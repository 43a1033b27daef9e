"""`python -m pinejax.run`: one search from a configuration to its result files. The parts are in `pinejax.job`."""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pinejax.cli import main
from pinejax.report.machine import age_from_now, process_age_s
from pinejax.report.run_log import RunLog

if TYPE_CHECKING:
    from pinejax.config import Config


def run(config: Config, folder: Path) -> int:
    """Search as configured and leave the result files in `folder`.

    Returns the exit code: 0, or 130 where Ctrl-C ended it (what was finished is stored). Errors: a user's mistakes, as
    PinejaxError, before anything is written.
    """
    with RunLog() as log:
        return search(config, folder, log)


def search(config: Config, folder: Path, log: RunLog) -> int:
    """The same; what is said is noted in `log`."""
    age_s = age_from_now() if config.in_sweep else process_age_s
    import optuna

    from pinejax.errors import ConfigError
    from pinejax.job.announce import other_bars_text, start_text
    from pinejax.job.crew import Crew, refuse_gpu, shared
    from pinejax.job.joint import prepare_search
    from pinejax.job.outcome import Outcome
    from pinejax.job.plan import on_changed_bars, plan_search
    from pinejax.job.spent import Spent
    from pinejax.job.spread import evaluator_of, with_jobs
    from pinejax.judge.conclude import conclude
    from pinejax.judge.foreseen import foreseen, foreseen_of_holdout
    from pinejax.report.progress import passing
    from pinejax.search import StopRequest, run_search
    from pinejax.search.config import resolved

    if config.compare is not None:
        raise ConfigError(f"compare={config.compare}: a search compares nothing; python -m pinejax.backtest does, with the same keys.")
    import_s = age_s()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    config = shared(with_jobs(config))
    session = prepare_search(config)
    objective, settings = plan_search(session)
    session.notes.extend(foreseen(session, objective))
    started = time.perf_counter()
    batch_size = resolved(settings, len(objective.directions)).batch_size
    with nullcontext() if config.beside else passing(sys.stderr, "compiling the backtest ..."):
        engine = session.engine(batch_size)
        if config.search.n_workers > 1:
            refuse_gpu("search.n_workers", engine.device)
        engine.warm_up()
    session.notes.extend(() if session.split is None else foreseen_of_holdout(session, session.purge_of(engine)))
    log.say(start_text(session, settings))
    if config.search.n_workers > 1:
        log.say(f"{config.search.n_workers} workers, {config.engine.n_threads} threads each")

    storage = config.storage.resolve(os.environ)
    config.storage.make_room(storage)
    if changed := on_changed_bars(session, objective, settings, engine.datasets, storage):
        log.say(other_bars_text(changed))
    stop = StopRequest()
    with evaluator_of(session, engine, batch_size) as evaluator:
        build_s = time.perf_counter() - started - engine.timings.trace_s - engine.timings.compile_s
        collect_from_here()
        spent = Spent(import_s, session.load_s, build_s)
        outcome = Outcome(folder, session, engine, objective, settings, storage=storage, spent=spent, log=log, stop=stop, age_s=age_s)
        with outcome, Crew(config, settings, stop, log) as crew:
            callbacks = [outcome.after_batch]
            result = run_search(settings, session.space, objective, evaluator, storage, callbacks, stop, before_end=crew.end)
    if crew.reports:
        outcome.manifest["workers"] = crew.reports
        result = replace(result, n_new=result.n_new + crew.total("n_new"), n_duplicates=result.n_duplicates + crew.total("n_duplicates"))
    return conclude(outcome, outcome.finish(result), result)


def collect_from_here() -> None:
    """Turn garbage collection on where the start of the process turned it off; what was made by then stays, and is not looked at again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


if __name__ == "__main__":
    gc.disable()  # what imports and tracing make lives to the end: looking through it again and again is a sixth of the start
    sys.exit(main(run))
