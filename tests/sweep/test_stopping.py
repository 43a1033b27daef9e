"""What Ctrl-C and SIGTERM do while a launcher has the sweep's jobs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pinejax.sweep.stopping import stopping


@pytest.mark.parametrize(("where", "stays"), [("here", False), ("elsewhere", True)])
def test_the_stop_file_stays_where_jobs_wait_in_a_queue(tmp_path, where, stays):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stopping(tmp_path, where):
        signal.raise_signal(signal.SIGINT)
    assert (tmp_path / ".stop").exists() is stays
    assert signal.getsignal(signal.SIGINT) is before


def test_nothing_stays_where_nobody_asked(tmp_path):
    with stopping(tmp_path, "elsewhere"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_gone_does_not_keep_a_sweep_from_stopping(tmp_path):
    with pytest.raises(KeyboardInterrupt), stopping(tmp_path / "gone", "elsewhere"):
        signal.raise_signal(signal.SIGTERM)


def test_beside_it_the_first_signal_waits_and_the_second_does_not(tmp_path, capsys):
    with stopping(tmp_path, "beside"):
        signal.raise_signal(signal.SIGINT)
        assert "Stopping after the batches in flight" in capsys.readouterr().out
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert not (tmp_path / ".stop").exists()


SLEEPS = "print('ready', flush=True); import time; time.sleep(60)"
CATCHES = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); {SLEEPS}"
STARTS = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {CATCHES!r}]).returncode)"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs a /proc")
def test_sigterm_reaches_searches_in_processes_below_and_leaves_idle_ones_alone(tmp_path):
    search, idle = (subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for code in (STARTS, SLEEPS))
    with search, idle:
        try:
            for process in (search, idle):
                assert process.stdout is not None and process.stdout.readline() == "ready\n"
            with stopping(tmp_path, "beside"):
                signal.raise_signal(signal.SIGTERM)
            assert search.wait(timeout=60) == 7
            assert idle.poll() is None
        finally:
            search.kill()
            idle.kill()
