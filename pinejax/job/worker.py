"""`python -m pinejax.job.worker`: one more worker on the study of a run, started by `pinejax.job.crew`. It writes no files."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading

from pinejax.config import Config
from pinejax.core.secrets import without_passwords
from pinejax.errors import EXIT_INTERRUPTED, EXIT_USER, PinejaxError
from pinejax.job.crew import read_order
from pinejax.search import SearchResult, StopRequest, run_search

STDIN, STDOUT, STDERR = 0, 1, 2


def main() -> int:
    """Reads its configuration from standard input, searches, and says on standard output how it went. The end of standard input, which
    is also the end of the process that started it, ends the search after its batch.
    """
    report = os.fdopen(os.dup(STDOUT), "w", encoding="utf-8")
    os.dup2(STDERR, STDOUT)  # what a strategy prints is no report, and nobody reads it before the end
    try:
        config = read_order(STDIN)
        stop = StopRequest()
        threading.Thread(target=_until_dismissed, args=(stop,), daemon=True).start()
        result = work(config, stop)
        if result is None:
            return 0
    except (PinejaxError, EOFError) as error:
        print(without_passwords(f"pinejax: {error}"), file=sys.stderr)
        return EXIT_USER
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    print(json.dumps({"n_new": result.n_new, "n_duplicates": result.n_duplicates, "stopped": result.stopped}), file=report, flush=True)
    return 0


def work(config: Config, stop: StopRequest) -> SearchResult | None:
    """The search of a run, without its files; None where it was dismissed before it had begun."""
    import optuna

    from pinejax.job.joint import prepare_search
    from pinejax.job.plan import plan_search
    from pinejax.job.spread import evaluator_of
    from pinejax.search.config import resolved

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if stop.is_set:
        return None
    session = prepare_search(config)
    objective, settings = plan_search(session)
    batch_size = resolved(settings, len(objective.directions)).batch_size
    engine = session.engine(batch_size)
    if stop.is_set:
        return None
    engine.warm_up()
    with evaluator_of(session, engine, batch_size) as evaluator:
        return run_search(settings, session.space, objective, evaluator, config.storage.resolve(os.environ), stop=stop)


def _until_dismissed(stop: StopRequest) -> None:
    while os.read(STDIN, 1):
        pass
    stop.set()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    sys.exit(main())
