"""What a run says on the terminal at its start and end. Progress in between is `report.progress`; the files say more."""

from __future__ import annotations

from dataclasses import replace

from pinejax.job.details import Check
from pinejax.job.joint import without_timeframe
from pinejax.job.session import Session
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.rows import StudyRows, TrialRow
from pinejax.report.text import grid, objective_values, overrides, parameters, per_dataset
from pinejax.search import SearchConfig, SearchResult

_STOPPED = {
    "nothing_to_do": "Nothing to do: the study already has its {counted}. Raise search.n_trials to go on.",
    "done": "The study has its {counted}, {n_new} of them new.",
    "interrupted": "Interrupted after {new}; all are stored. The same command goes on from here.",
    "exhausted": "Every combination has been tried: {counted}, {n_new} of them new.",
    "timeout": "search.timeout_s has passed: {counted}, {n_new} of them new. The same command goes on from here.",
    "target": "search.target is reached: {counted}, {n_new} of them new.",
    "no_improvement": "No better set for search.patience_batches batches: {counted}, {n_new} of them new.",
    "left_to_others": "{counted}, {n_new} of them new. The missing ones are marked as running by another program that gives no "
    "sign of life: end them there (as FAIL), or raise search.n_trials.",
}


def start_text(session: Session, settings: SearchConfig) -> str:
    """What is about to be searched."""
    n_searched = sum(not domain.fixed for domain in session.space.domains.values())
    bars = ", ".join(f"{dataset.name} ({dataset.n_bars:,} bars)" for dataset in session.histories)
    lines = [
        f"{session.strategy.name}: {n_searched} of {len(session.space.domains)} parameters searched with {settings.sampler}, {bars}",
        f"study {settings.study_name}",
    ]
    if session.synthetic:
        lines.append(f"SYNTHETIC: {SYNTHETIC_NOTE}")
    return "\n".join([*lines, *session.notes])


def other_bars_text(studies: list[str]) -> str:
    """That the same search was made before, on bars that have changed since."""
    return (
        f"NOTE: the bars have changed since the study {studies[-1]} was made by this search; its trials are not mixed with new ones. "
        f"Bars that stay: python -m pinejax.data snapshot NAME, then data.snapshot=NAME."
    )


def end_text(session: Session, study: StudyRows, result: SearchResult, check: Check | None) -> str:
    """How the search ended, the best set, its table per dataset, and the check of its detail run."""
    parts = [
        _STOPPED[result.stopped].format(
            counted=_counted(result.n_counted, "trial"), new=_counted(result.n_new, "new trial"), n_new=result.n_new
        )
    ]
    if result.warm_start:
        parts.append(result.warm_start)
    if result.n_duplicates:
        parts.append(f"{result.n_duplicates} new trials repeated a known set and were not evaluated again.")
    if result.n_bank_outside:
        parts.append(f"{result.n_bank_outside} sets of search.resume_from lie outside this space and were left out.")
    if not study.best:
        parts.append("No trial has a result: there is no best set.")
        return "\n".join(parts)
    best = study.best[0]
    parts += ["", *_front(study), _title(study, best), parameters(best, session.strategy.cls.defaults())]
    parts += ["", per_dataset(session.part(best.complete).datasets, best.metrics)]
    if study.synthetic:
        parts.append(f"SYNTHETIC: {SYNTHETIC_NOTE}")
    if best.violation > 0:
        parts.append(f"No trial holds every gate; this one violates them by {best.violation:.3g}.{_penalty(session, study)}")
    if best.metrics and not any(best.metrics["n_trades"]):
        idle = not any(best.metrics["exposure"])
        said = "It made no trade" if idle else "It closed no trade: its results are those of a position that is still open"
        asked = best.violation > 0 and session.config.objective.gates.get("min_trades") is not None
        advice = "." if asked else ", or ask for trades: objective.gates.min_trades=30."
        parts.append(f"{said}. Look at the strategy's conditions{advice}")
    parts += ["", str(check)] if check else []
    typed = _typed(session, best)
    parts += [f"Its parameters as typed: {typed}"] if typed else []
    return "\n".join(parts)


def _typed(session: Session, best: TrialRow) -> str:
    """As a command line has them; the pair of a joint study is a key, not a parameter of the strategy."""
    defaults = session.strategy.cls.defaults()
    if not session.is_joint:
        return overrides(best, defaults)
    own = replace(best, params=without_timeframe(best.params), complete=without_timeframe(best.complete))
    return f"timeframe={best.timeframe} {overrides(own, defaults)}".rstrip()


def _title(study: StudyRows, best: TrialRow) -> str:
    several, broken = len(study.objectives) > 1, ", breaks a gate" if best.violation > 0 else ""
    return f"{'First of the front' if several else 'Best set'}: trial {best.number}{broken}, {objective_values(study, best)}"


def _penalty(session: Session, study: StudyRows) -> str:
    """What the value of a set that breaks a gate is not; empty where gates leave values as they are."""
    if session.config.objective.gate_mode != "penalty":
        return ""
    return f" What stands for {' and '.join(study.objectives)} is the penalty for it, not a result."


def _counted(n: int, one: str) -> str:
    """`1 trial`, `20 trials`, without marks between thousands."""
    return f"{n} {one}{'' if n == 1 else 's'}"


def _front(study: StudyRows) -> list[str]:
    """The front's first sets as a table, one column per objective; pareto.json has all."""
    if len(study.objectives) == 1:
        return []
    n, shown = len(study.front), study.best
    counted = f"{n} set{'s' if n != 1 else ''}"
    title = f"Pareto front, {counted}:" if n == len(shown) else f"Pareto front, the first {len(shown)} of {counted} (pareto.json has all):"
    rows = [[str(trial.number), *(f"{value:.6g}" for value in trial.values)] for trial in shown]
    return [title, grid(["trial", *study.objectives], rows), ""]
