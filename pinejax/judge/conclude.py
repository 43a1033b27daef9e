"""The last words of a search whose files are written: its best set, the verdict, where the time went and where the files are."""

from __future__ import annotations

from pinejax.errors import EXIT_INTERRUPTED
from pinejax.job.announce import end_text
from pinejax.job.joint import JointSession
from pinejax.job.keep import keep_with_study
from pinejax.job.outcome import Outcome
from pinejax.job.pair_files import compare_pairs
from pinejax.job.spent import advice, time_text
from pinejax.judge.run import judge
from pinejax.report.rows import StudyRows
from pinejax.report.text import short_path
from pinejax.search import SearchResult


def conclude(outcome: Outcome, study: StudyRows, result: SearchResult) -> int:
    """Says them, judges the best set, tells the study, and leaves the report, also where something raises; the exit code: 0, or 130 after
    Ctrl-C.

    Errors: what a section of judging raised.
    """
    try:
        ended_by_user = _told(outcome, study, result)
        keep_with_study(outcome)
    finally:
        outcome.leave_page()
    return EXIT_INTERRUPTED if ended_by_user else 0


def _told(outcome: Outcome, study: StudyRows, result: SearchResult) -> bool:
    """Whether Ctrl-C ended the search or its judging."""
    session, say = outcome.session, outcome.log.say
    say(end_text(session, study, result, outcome.check))
    if isinstance(session, JointSession):
        say(f"\n{compare_pairs(outcome.folder.path, session)}\n")
    interrupted = judge(outcome, study, result)
    table = outcome.measured["timings_s"]
    say(time_text(table, outcome.measured["seconds_to_first_trial"]))
    if advised := advice(table, outcome.settings.sampler or "", len(outcome.objective.directions)):
        say(advised)
    say(f"Files: {short_path(outcome.folder.path)}")
    return interrupted or result.stopped == "interrupted"
