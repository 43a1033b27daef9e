"""A sweep from its overrides to its tables: plan, launch, record. The launcher is Hydra's, whichever is configured."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinejax.cli import EXIT_BUG, composition_message, discard_if_empty, is_basic
from pinejax.core.secrets import without_passwords
from pinejax.errors import EXIT_INTERRUPTED, EXIT_USER, ConfigError, PinejaxError, SweepError
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import sweep_text
from pinejax.report.text import short_path
from pinejax.sweep.combinations import Combination, choose, compose
from pinejax.sweep.record import Record, Standing, claim_folder
from pinejax.sweep.stock import n_jobs_of, with_stock_names
from pinejax.sweep.stopping import stopping, where_run
from pinejax.sweep.telling import Teller
from pinejax.sweep.typed import command
from pinejax.sweep.watch import watching

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.utils import JobReturn
    from hydra.plugins.launcher import Launcher
    from omegaconf import DictConfig


def run_sweep(
    arguments: Sequence[str],
    options: Mapping[str, Any],
    loader: ConfigLoader,
    config: DictConfig,
    make_launcher: Callable[[DictConfig], Launcher],
) -> list[JobReturn]:
    """Runs every combination and leaves sweep.json and the tables; what the launcher returned.

    options: `hydra.sweeper.*`. make_launcher: is given the configuration with the sweep's own folder in it. Errors: PinejaxError before
    anything is started; SweepError at the end, naming the combinations that failed; KeyboardInterrupt after Ctrl-C, what was not run
    having been said.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import open_dict, read_write

    for name in ("hydra", "hydra_plugins"):  # launchers log the overrides, passwords and all
        logging.getLogger(name).setLevel(logging.WARNING)
    n_jobs = n_jobs_of(options)
    one_by_one = is_basic(config.hydra.launcher)
    if n_jobs > 1 and one_by_one:
        raise ConfigError(
            f"hydra.sweeper.n_jobs={n_jobs}: the basic launcher runs one job after the other, so that further workers would find nothing "
            "to do. Choose one that runs them side by side, such as hydra/launcher=joblib."
        )
    overrides = OverridesParser.create(config_loader=loader).parse_overrides(with_stock_names(options, arguments))
    mode = _mode(overrides, config)
    combinations = compose(choose(overrides, mode == "joint"), loader, config)
    batch_size = _batch_size(options, one_by_one)
    folder = claim_folder(Path(str(config.hydra.sweep.dir)).absolute())
    with read_write(config), open_dict(config):
        config.hydra.sweep.dir = str(folder)
    try:
        launcher = make_launcher(config)
    except BaseException:  # whatever it is, nothing was started: nothing stays
        (folder / "sweep.json").unlink()
        discard_if_empty(folder)
        raise
    about = {
        "command": _command(arguments, config),
        "mode": mode,
        "launcher": type(launcher).__name__,
        "workers_per_combination": n_jobs,
    }
    sweep = _Sweep(launcher, Record(folder, combinations, about), n_jobs)
    return sweep.run(batch_size)


def _command(arguments: Sequence[str], config: DictConfig) -> str:
    own = [word for word in config.hydra.overrides.hydra if not word.startswith("hydra.mode=")]
    return command([*arguments, *own], "-m")


def _batch_size(options: Mapping[str, Any], one_by_one: bool) -> int | None:
    """Combinations at a time; None: all. The basic launcher gets one, so that files are written and Ctrl-C is heeded after each."""
    given = options.get("max_batch_size")
    if given is not None and given < 1:
        raise ConfigError(f"hydra.sweeper.max_batch_size: expected 1 or more, got {given}.")
    return 1 if one_by_one else given


def _mode(overrides: Sequence[Any], config: DictConfig) -> str:
    """What sweep.mode is for all combinations: as typed, else as composed."""
    typed = [override for override in overrides if override.get_key_element() == "sweep.mode" and not override.is_sweep_override()]
    return str(typed[-1].value()) if typed else str(config.sweep.mode)


class _Sweep:
    """One sweep while it runs."""

    def __init__(self, launcher: Launcher, record: Record, n_jobs: int):
        self.launcher, self.record, self.n_jobs = launcher, record, n_jobs
        self.teller = Teller(record)
        self.returns: list[JobReturn] = []

    def run(self, batch_size: int | None) -> list[JobReturn]:
        combinations = self.record.combinations
        size = batch_size or len(combinations)
        studies = "one study each" if self.record.about["mode"] == "study" else "timeframes compared within each study"
        print(f"sweep: {len(combinations)} combinations, {studies}, files in {short_path(self.record.folder)}", flush=True)
        self.record.write("running")
        interrupted = False
        for first in range(0, len(combinations), size):
            interrupted = self._launch(combinations[first : first + size])
            if interrupted:
                break
            rows = self.record.write("running")
            if not self.one_by_one(size):
                self.teller.tell(rows)
        return self._end(interrupted)

    def one_by_one(self, n: int) -> bool:
        """Whether n combinations at a time are one job, which says itself how it goes."""
        return n * self.n_jobs == 1

    def _launch(self, batch: Sequence[Combination]) -> bool:
        """Runs some combinations; whether somebody asked to stop."""
        for one in batch:
            self.record.standing[one.index].state = "running"
        rows = self.record.write("running")
        if self.one_by_one(len(batch)):
            first = batch[0].index
            print(f"\n[{first + 1}/{len(self.record.combinations)}] {batch[0].said}", flush=True)
            if first:
                print(f"sweep: {self.teller.summary(rows)}", flush=True)
        folder = str(self.record.folder)
        jobs = [one.job(folder, worker) for one in batch for worker in range(self.n_jobs)]
        try:
            several = watching(self.record, batch, self.teller) if len(jobs) > 1 else nullcontext()
            with several, stopping(self.record.folder, where_run(self.launcher)):
                returns = list(self.launcher.launch(jobs, initial_job_idx=batch[0].index * self.n_jobs))
        except KeyboardInterrupt:
            for one in batch:
                self.record.standing[one.index] = self._from_folder(one, "interrupted", "")
            return True
        except Exception as error:
            none_began = all(self.record.manifest_state(one) is None for one in batch)
            for one in batch:
                self.record.standing[one.index] = self._from_folder(one, "failed", _first_line(error))
            if none_began and isinstance(error, PinejaxError):
                self._leave_waiting()
                self.record.write("failed")
                raise
            return False
        self.returns += returns
        for i, one in enumerate(batch):
            standing = self._judged(one, returns[i * self.n_jobs : (i + 1) * self.n_jobs])
            self.record.standing[one.index] = standing
            if self.one_by_one(len(batch)) and standing.error:
                print(f"Failed: {standing.error}", flush=True)
        return any(self.record.standing[one.index].state in ("interrupted", "not run") for one in batch)

    def _from_folder(self, one: Combination, otherwise: str, error: str) -> Standing:
        """A combination whose job brought nothing back: what its own files say."""
        state = self.record.manifest_state(one)
        if state == "done":
            return Standing("done")
        if state is None and otherwise == "interrupted":
            return Standing("not run")
        if state == "running" and otherwise == "failed" and where_run(self.launcher) == "elsewhere":
            return Standing("running", f"it may still run; {error}", by_user=False)
        return Standing(otherwise, error, by_user=False)

    def _judged(self, one: Combination, returns: Sequence[JobReturn]) -> Standing:
        """By worker 0, whose results are the combination's; a failure of another worker is told."""
        standings = [self._of_job(one, returned) for returned in returns]
        first = standings[0]
        for worker, other in enumerate(standings[1:], 1):
            if other.state == "failed" and not first.error:
                first = Standing("failed", f"worker {worker}: {other.error}", other.by_user)
        return first

    def _of_job(self, one: Combination, returned: JobReturn) -> Standing:
        from hydra.core.utils import JobStatus

        value = returned._return_value  # the public property prints all overrides, passwords too
        if returned.status == JobStatus.FAILED:
            return Standing("failed", _first_line(value), _is_users(value))
        if value == EXIT_INTERRUPTED:
            return Standing("not run" if self.record.manifest_state(one) is None else "interrupted")
        if value:
            return Standing("failed", f"exit code {value}")
        return Standing("done")

    def _end(self, interrupted: bool) -> list[JobReturn]:
        standing = self.record.standing
        self._leave_waiting()
        failed = [one for one in self.record.combinations if standing[one.index].error]
        try:
            self._print(self.record.rows())
        finally:  # where nobody reads the output any more, the files are left all the same
            self.record.write("interrupted" if interrupted else "failed" if failed else "done")
            path = self.record.leave()
        if path:
            print(f"Report: {short_path(path)}", flush=True)
        message = self._message(failed)
        if interrupted:
            rest = [one.said for one in self.record.combinations if standing[one.index].state == "not run"]
            print(f"\nNot run: {'; '.join(rest) or 'nothing'}. The same command goes on with the same studies.", flush=True)
            if failed:
                print(message, flush=True)
            raise KeyboardInterrupt
        if failed:
            raise SweepError(message, EXIT_USER if all(standing[one.index].by_user for one in failed) else EXIT_BUG)
        return self.returns

    def _message(self, failed: Sequence[Combination]) -> str:
        standing = self.record.standing
        left = any(standing[one.index].state == "running" for one in failed)
        what = "failed or were left alone" if left else "failed"
        lines = [f"{len(failed)} of {len(standing)} combinations {what}:"]
        lines += [f"  {one.said}: {standing[one.index].error}" for one in failed]
        if left:
            lines.append("The scheduler's jobs may still run or wait in its queue. The same command goes on with the same studies.")
        return "\n".join(lines)

    def _leave_waiting(self) -> None:
        for one in self.record.standing:
            if one.state == "waiting":
                one.state = "not run"

    def _print(self, rows: Sequence[SweepRow]) -> None:
        print(f"\n{sweep_text(rows)}\n\nFiles: {short_path(self.record.folder)}", flush=True)


def _first_line(error: BaseException) -> str:
    text = (composition_message(error) if isinstance(error, Exception) else None) or str(error)
    lines = [line for line in text.splitlines() if line.strip()]
    said = lines[0] if lines else ""
    return without_passwords(said if _is_users(error) and said else f"{type(error).__name__}: {said}")


def _is_users(error: Any) -> bool:
    return isinstance(error, Exception) and composition_message(error) is not None
