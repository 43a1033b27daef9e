"""The end of a run: the evidence about its finished search, the verdict, its page and its files. Pieces of evidence are elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from pinejax.core.secrets import without_passwords
from pinejax.errors import ReportError
from pinejax.job.outcome import Outcome
from pinejax.judge.case import Case, Say
from pinejax.judge.files import short, write_verdict
from pinejax.judge.pipeline import BrokenOff, evidence
from pinejax.judge.searched import rule, searched
from pinejax.judge.text import page
from pinejax.judge.verdict import verdict_of, without_a_result
from pinejax.report.atomic import plain
from pinejax.report.progress import Stages
from pinejax.report.rows import StudyRows
from pinejax.search import SearchResult

OF_JOINT = ("stress", "plateau", "importance")
"""Sections that know a study of several timeframe pairs."""


def judge(outcome: Outcome, study: StudyRows, result: SearchResult) -> bool:
    """Judges the best set of a search whose files are written, prints the page, and leaves verdict.json; whether Ctrl-C ended that.

    Nothing where `verdict=none`, and for workers other than the first. Ctrl-C, or a section that raises, leaves what was made by then, and
    no judgement of the set. Errors: what a section raised, after that.
    """
    if not outcome.session.config.verdict.enabled or outcome.settings.worker != 0:
        return False
    started = time.perf_counter()
    found: dict[str, Any] = {}
    try:
        with Stages(sys.stderr, outcome.log.note, label=outcome.label) as stages:

            def say(text: str, done: int = 0, of: int = 0) -> None:
                stages(text, done, of)
                outcome.keep_page()  # judging may take hours

            interrupted = collect(case_of(outcome, study, say), found, result.stopped)
    except Exception:
        if "failed" in found:
            leave(outcome, study, found, started)
        raise
    leave(outcome, study, found, started)
    return interrupted


def leave(outcome: Outcome, study: StudyRows, made: Mapping[str, Any], started: float) -> None:
    """The verdict on the evidence that was made, in the run's files and on its page. started: `time.perf_counter` when judging began.

    Errors: ReportError where the folder takes no files; the page is printed all the same.
    """
    found = plain(made)
    verdict = verdict_of(found, outcome.session.config.verdict)
    seconds = time.perf_counter() - started
    said = short(verdict, found)
    try:
        write_verdict(outcome.folder.path, verdict, found, seconds)
        outcome.folder.write_best(study, {key: said[key] for key in ("level", "sentence")})
        outcome.judged(said, seconds, "interrupted" in found)
    except OSError as error:
        raise ReportError(
            f"{outcome.folder.path}: the verdict could not be written ({error.strerror or error}). The study has every trial: make room, "
            "and the same command judges it again."
        ) from error
    finally:
        outcome.log.say(f"\n{page(verdict, found)}\n")


def collect(case: Case, found: dict[str, Any], stopped: str) -> bool:
    """Fills `found` with every section; whether Ctrl-C ended that. A search without anything to judge has no other than its own.

    Errors: what a section raised; `found` says so under `failed`.
    """
    found["search"] = searched(case, stopped, case.session.is_joint)
    found["rule"] = rule(case)
    if without_a_result(found) and not (case.session.is_joint and case.study.best and stopped != "interrupted"):
        return False
    try:
        evidence(case, found, OF_JOINT if case.session.is_joint else ())
    except KeyboardInterrupt as error:
        broken_off = isinstance(error, BrokenOff)
        found["interrupted"] = {"section": error.section if broken_off else None, "reached": error.reached if broken_off else ""}
        return True
    except Exception as error:
        found["failed"] = without_passwords(f"{type(error).__name__}: {error}"[:500])
        raise
    return False


def case_of(outcome: Outcome, study: StudyRows, say: Say) -> Case:
    """What there is to judge of a run."""
    engine: Any = getattr(outcome.engine, "whole", outcome.engine)  # of whole histories where the search had parts of them
    return Case(outcome.session, engine, outcome.objective, outcome.settings, study, outcome.storage, outcome.folder.path, say)
