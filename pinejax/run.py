"""`python -m pinejax.run`: one search from a configuration to its result files. The parts are in `pinejax.job`."""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pinejax.cli import EXIT_INTERRUPTED, main
from pinejax.report.machine import process_age_s

if TYPE_CHECKING:
    from pinejax.config import Config


def run(config: Config, folder: Path) -> int:
    """Search as configured and leave the result files in `folder`.

    Returns the exit code: 0, or 130 where Ctrl-C ended it (what was finished is stored). Errors: a user's mistakes, as
    PinejaxError, before anything is written.
    """
    import optuna

    from pinejax.errors import ConfigError
    from pinejax.job.announce import end_text, other_bars_text, start_text
    from pinejax.job.outcome import Outcome
    from pinejax.job.plan import plan_search
    from pinejax.job.session import prepare
    from pinejax.job.spent import Spent, advice, time_text
    from pinejax.report.text import short_path
    from pinejax.search import run_search
    from pinejax.search.config import resolved
    from pinejax.search.fingerprint import fingerprint
    from pinejax.search.siblings import on_other_bars

    if config.compare is not None:
        raise ConfigError(f"compare={config.compare}: a search compares nothing; python -m pinejax.backtest does, with the same keys.")
    import_s = process_age_s()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    session = prepare(config)
    objective, settings = plan_search(session)
    started = time.perf_counter()
    engine = session.engine(resolved(settings, len(objective.directions)).batch_size)
    spent = Spent(import_s, session.load_s, build_s=time.perf_counter() - started - engine.timings.trace_s)
    engine.warm_up()
    print(start_text(session, settings), flush=True)

    storage = config.storage.resolve(os.environ)
    config.storage.make_room(storage)
    mine = fingerprint(session.space, objective, tuple(engine.datasets), settings.context)
    if config.search.study_name is None and (changed := on_other_bars(storage, settings.study_name.rpartition("_")[0] + "_", mine)):
        print(other_bars_text(changed), flush=True)
    collect_from_here()
    outcome = Outcome(folder, session, engine, objective, settings, storage=storage, spent=spent)
    with outcome:
        result = run_search(settings, session.space, objective, engine, storage, callbacks=[outcome.after_batch])
    study = outcome.finish(result)
    print(end_text(session, study, result, outcome.check))
    table = outcome.measured["timings_s"]
    print(time_text(table, outcome.measured["seconds_to_first_trial"]))
    if advised := advice(table, settings.sampler or "", len(objective.directions)):
        print(advised)
    print(f"Files: {short_path(outcome.folder.path)}", flush=True)
    return EXIT_INTERRUPTED if result.stopped == "interrupted" else 0


def collect_from_here() -> None:
    """Turn garbage collection on where the start of the process turned it off; what was made by then stays, and is not looked at again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


if __name__ == "__main__":
    gc.disable()  # what imports and tracing make lives to the end: looking through it again and again is a sixth of the start
    sys.exit(main(run))
