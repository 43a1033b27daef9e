"""Debian's PostgreSQL goes away under a running search."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from debian_postgres import Server
from pinejax_process import SLOW_SEARCH, n_stored, start, trials_of, until

from pinejax.search.lease import LEASE_KEY

pytestmark = pytest.mark.postgres


@pytest.mark.kill
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_search_goes_on_when_the_server_was_restarted(place: Path, postgres: str, postgres_server: Server, how: signal.Signals):
    """SIGINT closes all connections; SIGQUIT is a crash, after which the server recovers from its log."""
    with start(place, [*SLOW_SEARCH, "search.n_trials=192"], {"OPTUNA_STORAGE_URL": postgres}) as process:
        until(lambda: n_stored(postgres) >= 32, "the first trials")
        postgres_server.stop(how)
        time.sleep(1)
        postgres_server.start()
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    trials = trials_of(postgres)
    assert [trial.number for trial in trials] == list(range(192))
    unfinished = {trial.number: trial.system_attrs.get(LEASE_KEY, {}).get("batch") for trial in trials if trial.state.name != "COMPLETE"}
    assert not unfinished, f"trial -> batch {unfinished}\n{err}\n{(postgres_server.folder / 'log').read_text()[-3000:]}"
