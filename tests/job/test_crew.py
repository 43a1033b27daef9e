"""The processes that a run starts, with small programs in place of workers."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pinejax.config import Config, SearchChoices, from_mapping
from pinejax.engine.config import EngineConfig
from pinejax.errors import ConfigError
from pinejax.job.crew import Crew, for_worker, refuse_gpu, shared
from pinejax.report.run_log import RunLog
from pinejax.search import SearchConfig, StopRequest

SETTINGS = SearchConfig("study", 8, worker=3)

DUTIFUL = """
import json, os
from pinejax.job.crew import read_order
config = read_order(0)
while os.read(0, 1): pass
print(json.dumps({"n_new": config.search.worker, "n_duplicates": 1, "stopped": "done"}))
"""
FAILING = "import sys; sys.stdin.buffer.read(9); sys.exit('cannot reach postgresql://me:secret@host/db')"
DEAF = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"


def config(n_workers: int, **search: object) -> Config:
    return from_mapping({"strategy": "ema_cross", "symbol": ["SYNTH_A"], "timeframe": "1h", "search": {"n_workers": n_workers, **search}})


def crew(code: str, n_workers: int = 3, stop: StopRequest | None = None, log: RunLog | None = None) -> Crew:
    return Crew(config(n_workers), SETTINGS, stop or StopRequest(), log or RunLog(), (sys.executable, "-c", code))


def pids(made: Crew) -> Sequence[int]:
    return [member.process.pid for member in made._members]


def test_workers_are_told_what_to_do_and_say_at_the_end_what_they_did():
    with crew(DUTIFUL) as made:
        assert len(pids(made)) == 2
        made.end()
    assert made.total("n_new") == 4 + 5
    assert made.total("n_duplicates") == 2
    assert made.reports[0] == {"worker": 1, "exit_code": 0, "n_new": 4, "n_duplicates": 1, "stopped": "done"}


def test_a_run_with_one_worker_starts_none():
    with crew(DUTIFUL, n_workers=1) as made:
        made.end()
    assert made.reports == []


def test_a_wish_to_stop_reaches_every_worker():
    stop = StopRequest()
    with crew(DUTIFUL, stop=stop) as made:
        stop.set()
        for member in made._members:
            assert member.process.wait(20) == 0
        made.end()
    assert made.total("n_new") == 9


def test_a_worker_that_fails_is_named_with_its_last_words_and_without_passwords(capsys):
    with crew(FAILING, n_workers=2) as made:
        made._members[0].process.wait(20)
        time.sleep(0.5)
        made.end()
    said = capsys.readouterr().err
    assert said.count("worker 1 ended with exit code 1; the others go on with its trials.") == 1
    assert "postgresql://me:***@host/db" in said
    assert made.reports == [{"worker": 1, "exit_code": 1}]


def test_what_workers_said_is_in_the_log_when_they_have_ended(tmp_path):
    log = RunLog()
    log.keep(tmp_path / "run.log")
    with crew("import sys; print('lease lost', file=sys.stderr)\n" + DUTIFUL, n_workers=2, log=log) as made:
        made.end()
    assert [line.partition("  ")[2] for line in (tmp_path / "run.log").read_text().splitlines()] == [
        "worker 1: lease lost",
        "worker 1 has ended, with 4 new trials",
    ]


def test_a_worker_that_is_dismissed_before_it_began_has_not_failed(capsys):
    with crew("import sys; sys.stdin.buffer.read()", n_workers=2) as made:
        made.end()
    assert capsys.readouterr().err == ""
    assert made.reports == [{"worker": 1, "exit_code": 0}]


def test_no_process_is_left_behind_when_the_search_raises(monkeypatch):
    monkeypatch.setattr("pinejax.job.crew.PATIENCE_S", 0.3)
    made = crew(DEAF, n_workers=2)

    def broken_off() -> None:
        with made:
            assert made._members[0].process.stdout is not None
            made._members[0].process.stdout.readline()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert made._members[0].process.poll() == -9


def test_each_worker_has_its_share_of_the_machine():
    one = config(1)
    assert shared(one) is one
    cores = EngineConfig().threads
    three = shared(config(3))
    assert three.engine.n_threads == max(1, cores // 3)
    given = shared(replace(config(2), engine=EngineConfig(n_threads=5, memory_limit="4GB")))
    assert (given.engine.n_threads, given.engine.memory_limit) == (5, 2_000_000_000)


def test_several_workers_on_a_gpu_are_refused():
    refuse_gpu("search.n_workers", SimpleNamespace(platform="cpu"))
    with pytest.raises(ConfigError, match=r"search\.n_workers: several processes would share one GPU's memory"):
        refuse_gpu("search.n_workers", SimpleNamespace(platform="cuda"))


def test_a_worker_searches_the_same_study_with_a_number_of_its_own():
    told = for_worker(config(3, resume_from="bank.json", seed=5, study_template="{symbol}"), SETTINGS, 2)
    assert told.search == SearchChoices(n_workers=1, worker=5, study_name="study", seed=5)
