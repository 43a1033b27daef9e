"""The other workers of a run (search.n_workers): processes of their own on the same study, which start and end with it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

from pinejax.config import Config
from pinejax.core.secrets import without_passwords
from pinejax.engine.devices import is_gpu
from pinejax.errors import ConfigError
from pinejax.report.run_log import RunLog
from pinejax.search import SearchConfig, StopRequest

COMMAND = (sys.executable, "-m", "pinejax.job.worker")
SIZE_BYTES = 8
"""Of the number before what a worker is told on its standard input."""
LOOK_S = 0.2
PATIENCE_S = 10.0
"""For a worker's batch in flight, where the run itself was broken off."""
SHOWN_LINES = 5
NOTED_LINES = 200
"""Of what a worker said: one that warns at every batch fills no log."""


@dataclass
class Member:
    """One process: its number, its standard error, and what it said at its end."""

    number: int
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    report: dict[str, Any]
    noticed: bool = False

    def dismiss(self) -> None:
        """Asks it to end after its batch: the end of its standard input."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()

    def last_words(self, n_lines: int) -> str:
        """The end of what it wrote to standard error, without passwords."""
        self.errors.seek(0)
        lines = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        return without_passwords("\n".join(lines[-n_lines:]))


class Crew:
    """Workers 1 .. n-1 of a run whose own process is worker 0. A context manager around the search; nothing for one worker.

    They search as quietly as possible, write no files, and end when the study is complete, when `stop` is set, or when this process is
    gone. What they said is in the log when they have ended. One that dies is reported; its trials are taken over by the others.
    """

    def __init__(self, config: Config, settings: SearchConfig, stop: StopRequest, log: RunLog, command: Sequence[str] = COMMAND):
        self._config, self._settings, self._stop, self._log, self._command = config, settings, stop, log, command
        self._members: list[Member] = []
        self._ended = threading.Event()
        self._watching: threading.Thread | None = None

    @property
    def reports(self) -> list[dict[str, Any]]:
        """For the manifest: how each worker ended."""
        return [{"worker": m.number, "exit_code": m.process.returncode, **m.report} for m in self._members]

    def total(self, key: str) -> int:
        """`n_new` or `n_duplicates`, of all of them. One that was killed does not say."""
        return sum(member.report.get(key, 0) for member in self._members)

    def __enter__(self) -> Crew:
        try:
            for number in range(1, self._config.search.n_workers):
                self._members.append(self._hired(number))
        except BaseException:
            self._send_off()
            raise
        if self._members:
            self._watching = threading.Thread(target=self._watch, name="pinejax-crew", daemon=True)
            self._watching.start()
        return self

    def __exit__(self, *raised: Any) -> None:
        if self._members:
            self._send_off()

    def end(self) -> None:
        """Waits until every worker has told its batch in flight; asks for no more."""
        for member in self._members:
            member.dismiss()
        for member in self._members:
            self._heard(member)

    def _hired(self, number: int) -> Member:
        order = pickle.dumps(for_worker(self._config, self._settings, number))
        errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the worker)
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C comes to this process; what the workers hear of it is `dismiss`, once
        )
        assert process.stdin is not None
        try:
            process.stdin.write(len(order).to_bytes(SIZE_BYTES, "big") + order)
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died; that is noticed below
        return Member(number, process, errors, {})

    def _watch(self) -> None:
        """Hands a wish to stop on, and reports a worker that failed."""
        while not self._ended.is_set():
            if self._stop.wait(LOOK_S):
                for member in self._members:
                    member.dismiss()
                return
            for member in self._members:
                if member.process.poll() not in (None, 0):
                    self._notice(member)

    def _notice(self, member: Member) -> None:
        if not member.noticed:
            member.noticed = True
            said = member.last_words(SHOWN_LINES)
            text = f"worker {member.number} ended with {_in_words(member.process.returncode)}; the others go on with its trials."
            self._log.say(f"pinejax: {text}" + (f" It said:\n{said}" if said else ""), sys.stderr)

    def _heard(self, member: Member) -> None:
        """Waits for the end of one and takes its report."""
        assert member.process.stdout is not None
        if member.process.stdout.closed:
            return
        lines = member.process.stdout.read().splitlines()
        member.process.stdout.close()
        if member.process.wait() == 0:
            member.report = json.loads(lines[-1]) if lines else {}  # dismissed before it had begun
        elif not self._stop.is_set:
            self._notice(member)
        if said := member.last_words(NOTED_LINES):
            self._log.note("\n".join(f"worker {member.number}: {line}" for line in said.splitlines()))
        if member.report:
            self._log.note(f"worker {member.number} has ended, with {member.report['n_new']:,} new trials")

    def _send_off(self) -> None:
        """No process is left behind, however the search ended."""
        self._ended.set()
        for member in self._members:
            member.dismiss()
        for member in self._members:
            for end in (member.process.terminate, member.process.kill):
                try:
                    member.process.wait(PATIENCE_S)
                    break
                except subprocess.TimeoutExpired:
                    end()
            self._heard(member)
        if self._watching is not None:
            self._watching.join()
        for member in self._members:
            member.errors.close()


def shared(config: Config) -> Config:
    """The configuration of each of `search.n_workers` workers: its share of the cores and of the memory."""
    n = config.search.n_workers
    if n == 1:
        return config
    given = config.engine.n_threads
    return replace(config, engine=replace(config.engine.shared(n), n_threads=given or config.engine.shared(n).n_threads))


def refuse_gpu(key: str, device: Any) -> None:
    """Errors: ConfigError where several processes would run on GPUs, of which each would take all memory."""
    if is_gpu(device):
        raise ConfigError(f"{key}: several processes would share one GPU's memory. Use one process, or engine.device=cpu.")


def for_worker(config: Config, settings: SearchConfig, number: int) -> Config:
    """What worker `number` is told: the same search under the same study's name. The bank is tried by worker 0 alone."""
    own = {"n_workers": 1, "worker": settings.worker + number, "resume_from": None}
    search = replace(config.search, study_name=settings.study_name, study_template=None, **own)
    return replace(config, search=search)


def read_order(fd: int) -> Config:
    """The worker's side: what `Crew` wrote. Errors: EOFError where nobody did."""

    def read(n: int) -> bytes:
        parts = b""
        while len(parts) < n:
            part = os.read(fd, n - len(parts))
            if not part:
                raise EOFError("a worker is started by search.n_workers, not by hand")
            parts += part
        return parts

    return pickle.loads(read(int.from_bytes(read(SIZE_BYTES), "big")))


def _in_words(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
