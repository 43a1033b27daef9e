"""One search's outcome while it grows: rows, files, progress, the best re-run. What is said at the end is `announce`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial

from pinejax.core.secrets import without_passwords
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.errors import ReportError
from pinejax.job.detail_files import write_details
from pinejax.job.details import Check, run_details
from pinejax.job.joint import TIMEFRAME, JointEngine, JointSession
from pinejax.job.ledger import Pace
from pinejax.job.manifest import described, measured
from pinejax.job.pair_files import PairFiles
from pinejax.job.run_page import RunPage
from pinejax.job.session import Session
from pinejax.job.spent import Spent, shares, with_judging
from pinejax.job.standing import new_best_text, step_of
from pinejax.job.study_table import StudyTable
from pinejax.job.trial_journal import TrialJournal
from pinejax.report.atomic import write_text
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.folder import RunFolder
from pinejax.report.machine import process_age_s
from pinejax.report.progress import SearchProgress
from pinejax.report.rows import StudyRows
from pinejax.report.run_log import RunLog
from pinejax.report.text import short_path
from pinejax.search import Objective, Progress, SearchConfig, SearchResult, StopRequest, Timings
from pinejax.search.timings import Stopwatch
from pinejax.tradingview.inputs_text import INPUTS, inputs_text

FIRST_DETAIL_S = 30.0
"""A search shorter than this gets its best trial's trades at the end only: recording compiles a program of its own."""


class Outcome:
    """The files of one run, and what is known for them. A context manager around the search: it shows the progress."""

    def __init__(
        self,
        folder: Path,
        session: Session,
        engine: Engine | PartedEngine | JointEngine,
        objective: Objective,
        settings: SearchConfig,
        *,
        storage: str,
        spent: Spent,
        log: RunLog,
        stop: StopRequest,
        age_s: Callable[[], float] = process_age_s,
    ):
        """stop: set where the search was asked to end. age_s: seconds since the run began."""
        self.session, self.engine, self.objective, self.settings = session, engine, objective, settings
        self.storage = storage
        self._wanted = folder
        self.check: Check | None = None
        self.manifest: dict[str, Any] = described(session, objective, settings, storage)
        self._table = StudyTable(
            settings.study_name,
            session.strategy.name,
            session.space,
            objective,
            session.columns,
            settings.top_k,
            timeframe=TIMEFRAME if session.is_joint else None,
        )
        self._journal = TrialJournal(self._table, [term.name for term in objective.terms], session.columns)
        self._pairs = PairFiles(session, objective, settings) if isinstance(session, JointSession) else None
        if self._pairs is not None:
            self.manifest["pairs"] = self._pairs.folders
        self._age_s = age_s
        self._spent, self._watch = spent, Stopwatch()
        self._files, self._details = Pace(), Pace(first_after_s=FIRST_DETAIL_S)
        self._page, self._n_manifests = RunPage(session.config.report.html, lambda text: log.say(text, sys.stderr)), 0
        self.measured: dict[str, Any] = {}
        self._last: dict[str, Any] = {}
        self._state = "running"
        self._recorded: int | None = None
        self._trials: Sequence[FrozenTrial] = ()
        self._is_lacking = False
        self.log = log
        self.label = _label(folder) if session.config.beside else ""
        self._n_batches, self._best = 0, -1
        self._shown = SearchProgress(settings.study_name, sys.stderr, log.note, label=self.label, stopping=lambda: stop.is_set)

    @cached_property
    def folder(self) -> RunFolder:
        """Claimed when first written to: a search that is refused by its study leaves nothing behind."""
        folder = RunFolder.claim(self._wanted)
        self.log.keep(folder.log)
        return folder

    def __enter__(self) -> Outcome:
        self._shown.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        try:
            self._shown.__exit__(*raised)
        finally:
            if raised[1] is not None:
                self._fail(raised[1])

    def _fail(self, error: BaseException) -> None:
        """The manifest of a run that ends by an exception does not stay `running`, and its tables have all that the study has."""
        if "folder" not in vars(self):  # nothing has been written
            return
        said = without_passwords(f"{type(error).__name__}: {error}"[:500])
        state = "interrupted" if isinstance(error, (KeyboardInterrupt, SystemExit)) else "failed"
        self._tried(lambda: self._write_manifest(state, {**self._last, "error": said}))
        if self._trials:
            self._tried(lambda: self._write_study(self._trials))
        self.leave_page()

    def keep_page(self) -> None:
        """The report as of now, where it is time for it and the files say more than at the last one."""
        if "folder" in vars(self):
            with self._watch.span("report"):
                self._page.keep(self.folder.path, self._n_manifests)

    def leave_page(self) -> None:
        """The report of all that is in the folder by now. Its own seconds are in no table: it shows them."""
        if path := self._page.leave(self.folder.path):
            self.log.say(f"Report: {short_path(path)}")

    def after_batch(self, progress: Progress) -> None:
        """The search's callback: shows where it stands and, now and then, writes the files."""
        if self._spent.first_trial_s is None and progress.batch:
            self._spent = replace(self._spent, first_trial_s=self._age_s())
        self._n_batches += bool(progress.batch)
        self._trials = progress.trials
        self._tried(lambda: self._show(progress))
        self.folder  # noqa: B018 (claimed: one that cannot be had ends the search)
        self._tried(lambda: self._log(progress.trials))
        if self._files.due:
            self._tried(lambda: self._write(progress))

    def _show(self, progress: Progress) -> None:
        if progress.best is not None and progress.best.number != self._best:
            self._best = progress.best.number
            self.log.note(new_best_text(progress, self.objective))
        self._shown.update(step_of(progress, self.objective, self.settings, self._n_batches, datetime.now()))

    def _tried(self, write: Callable[[], object]) -> None:
        """What cannot be written or shown now (a full disk, a bug) does not end a search, whose trials are in its storage: that is said
        once, a bug with its traceback in run.log, and it is tried again with the next ones. Errors: BrokenPipeError where nobody reads
        what is said any more.
        """
        try:
            write()
        except Exception as error:
            if not self._is_lacking:
                self._is_lacking = True
                said = " ".join(without_passwords(f"{type(error).__name__}: {error}").split())[:500]
                where = short_path(self.folder.path)
                self.log.say(f"pinejax: {where}: not all could be written ({said}); the search goes on and tries again.", sys.stderr)
                if not isinstance(error, OSError):
                    self.log.note("".join(traceback.format_exception(error)))

    def finish(self, result: SearchResult) -> StudyRows:
        """Writes everything for good; the study's rows. Errors: ReportError where the folder takes no files."""
        try:
            return self._finish(result)
        except OSError as error:
            self._fail(error)
            if isinstance(error, BrokenPipeError):
                raise
            raise ReportError(
                f"{self.folder.path}: the results could not be written ({error.strerror or error}). Every trial is in the study "
                f"{self.settings.study_name}: make room, and the same command writes them without searching again."
            ) from error
        except BaseException as error:
            self._fail(error)
            raise

    def _finish(self, result: SearchResult) -> StudyRows:
        self._trials = result.trials
        self._tried(lambda: self._log(result.trials))
        study = self._write_study(result.trials, final=True)
        self._record_best(study)
        self._state = "interrupted" if result.stopped == "interrupted" else "done"
        self._last = {
            "stopped": result.stopped,
            "warm_start": result.warm_start,
            "n_trials": result.n_counted,
            "n_new": result.n_new,
            "n_duplicates": result.n_duplicates,
            **self._measure(result.timings, result.n_new),
        }
        self._write_manifest(self._state, self._last)
        self.keep_page()
        return study

    def judged(self, verdict: Mapping[str, Any], judge_s: float, interrupted: bool = False) -> None:
        """Adds what was found of the finished search to its manifest, and the seconds that took to the run's. interrupted: by Ctrl-C."""
        self._state = "interrupted" if interrupted else self._state
        table = with_judging(self.measured["timings_s"], judge_s, self._age_s())
        self.measured |= {"timings_s": table, "timings_share": shares(table)}
        self._last |= {**self.measured, "verdict": verdict}
        self._write_manifest(self._state, self._last)

    def _write(self, progress: Progress) -> None:
        study = self._write_study(progress.trials)
        if self._details.due:
            self._record_best(study)
        counts = {"n_trials": progress.n_counted, "n_new": progress.n_new, "n_duplicates": progress.n_duplicates}
        self._last = counts | self._measure(progress.timings, progress.n_new)
        self._write_manifest("running", self._last)
        self.keep_page()

    def _log(self, trials: Sequence[FrozenTrial]) -> None:
        """Every batch, for what is only in here is lost with this process."""
        with self._watch.span("report"):
            self._journal.write(self.folder.path, trials)

    def _write_study(self, trials: Sequence[FrozenTrial], final: bool = False) -> StudyRows:
        def write() -> StudyRows:
            with self._watch.span("report"):
                study = self._table.of(trials)
                self.folder.write_study(study, final)
                if study.best:
                    write_text(self.folder.path / INPUTS, self._inputs(study))
                if self._pairs is not None:
                    self._pairs.write(self.folder.path, trials, final)
            return study

        return self._files.timed(write)

    def _inputs(self, study: StudyRows) -> str:
        """The best set's, on the charts of its own pair."""
        best, session = study.best[0], self.session
        said = [f"{session.strategy.name}, trial {best.number} of study {study.study_name}"]
        said += [f"SYNTHETIC: {SYNTHETIC_NOTE}"] if study.synthetic else []
        return inputs_text(session.strategy.cls, best.complete, session.config.broker, session.part(best.complete).histories, said)

    def _record_best(self, study: StudyRows) -> None:
        """The best trial's trades, once for each new best."""
        if not study.best or study.best[0].number == self._recorded:
            return
        best = study.best[0]

        def record() -> None:
            with self._watch.span("detail"):
                run_again()

        def run_again() -> None:
            part = self.session.part(best.complete)
            self.check, details = run_details(self.engine, best, part.feeds, [row.name for row in part.datasets])
            write_details(self.folder, details, self.session.config.broker)

        self._details.timed(record)
        self._recorded = best.number

    def _measure(self, timings: Timings, n_new: int) -> dict[str, Any]:
        spans = self._watch.spans
        spent = replace(self._spent, report_s=spans.get("report", 0.0), detail_s=spans.get("detail", 0.0), total_s=self._age_s())
        self.measured = measured(self.engine, timings, spent, n_new)
        return self.measured

    def _write_manifest(self, state: str, more: dict[str, Any]) -> None:
        check = None if self.check is None else {"trial": self._recorded, "equal": self.check.equal, "said": str(self.check)}
        with self._watch.span("report"):
            self.folder.write_manifest({**self.manifest, "state": state, **more, "best_rerun_in_detail": check})
        self._n_manifests += 1


def _label(folder: Path) -> str:
    """A run of a sweep among others, by its folder; a worker with that of its combination, in which it is."""
    return f"{folder.parent.name}/{folder.name}" if folder.name.startswith("worker_") else folder.name
