"""What is seen of studies as plain lines: for pipes, logs and one look. Colours and tables that move are `screen`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pinejax.report.standing import clock_time, rate_of, share
from pinejax.report.text import grid
from pinejax.report.watch.tally import Better, View

STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running", "WAITING": "waiting"}
BETTERS = "better and better"
HEAD = ("study", "trials", "trials/s", "best", "since", "pruned", "workers", "left")


def line(view: View, now: datetime) -> str:
    """One study in a line: `name: 128/512 trials  95.2 trials/s  best sharpe 0.381 (trial 97, 2m10s ago)  ...`."""
    parts = [f"{progress(view)} trials", *([f"{rate_of(view.rate)} trials/s"] if view.rate else [])]
    if view.n_front is not None:
        parts.append(f"{view.n_front:,} on the front")
    elif view.best is not None:
        parts.append(f"best {view.objectives[0]} {better(view.best, now)}")
    if view.n_by_state.get("PRUNED"):
        parts.append(f"{pruned(view)} pruned")
    if view.workers:
        parts.append(workers(view))
    elif view.last is not None:
        parts.append(f"at rest for {clock_time(_age(view.last, now))}")
    if view.left_s is not None:
        parts.append(f"{clock_time(view.left_s)} left")
    return f"{view.name}: {'  '.join(parts)}"


def page(storage: str, views: Sequence[View], now: datetime) -> str:
    """One look: of one study all that is known, of several a line each."""
    if len(views) == 1:
        return one(storage, views[0], now)
    said = f"{len(views)} stud{'y' if len(views) == 1 else 'ies'} in {storage}."
    return f"{grid(HEAD, [cells(view, now) for view in views])}\n{said}" if views else said


def one(storage: str, view: View, now: datetime) -> str:
    """One study on a page."""
    rows = facts(view, now)
    width = max(len(name) for name, _ in rows)
    text = [f"study {view.name} in {storage}", *(f"  {name:<{width}}  {value}" for name, value in rows)]
    if view.workers:
        text += ["", grid(["workers", "trials", "last sign", ""], [["  " + name, *rest] for name, *rest in worker_cells(view)])]
    if view.betters:
        text += ["", grid([BETTERS, view.objectives[0], "ago"], [["  " + name, *rest] for name, *rest in better_cells(view, now)])]
    return "\n".join(text)


def facts(view: View, now: datetime) -> list[tuple[str, str]]:
    """What there is to say of one study, name and value."""
    rows = [("trials", f"{progress(view)}: {states(view)}")]
    rows.append(("speed", f"{rate_of(view.rate)} trials/s over the last minute" if view.rate else "nothing ended in the last minute"))
    if view.left_s is not None:
        rows.append(("left", clock_time(view.left_s)))
    if view.n_front is not None:
        rows.append(("front", f"{view.n_front:,} sets ({', '.join(view.objectives)})"))
    else:
        rows.append(("best", "none yet" if view.best is None else f"{view.objectives[0]} {better(view.best, now)}"))
    if view.n_by_state.get("PRUNED"):
        rows.append(("pruned", pruned(view)))
    rows.append(("workers", workers(view) if view.workers else "none"))
    if view.last is not None:
        rows.append(("last active", f"{view.last:%Y-%m-%d %H:%M:%S}"))
    return rows


def cells(view: View, now: datetime) -> list[str]:
    """One study as a row under HEAD."""
    best, since = "-", "-"
    if view.n_front is not None:
        best = f"front of {view.n_front:,}"
    elif view.best is not None:
        best, since = f"{view.best.value:.6g}", _ago(view.best.when, now)
    return [
        view.name,
        progress(view),
        rate_of(view.rate) if view.rate else "-",
        best,
        since,
        pruned(view),
        workers(view) if view.workers else "-",
        "-" if view.left_s is None else clock_time(view.left_s),
    ]


def worker_cells(view: View) -> list[list[str]]:
    """A row per worker: name, trials, age of the last sign of life, and what is wrong with it."""
    return [[w.name, f"{w.n_trials:,}", clock_time(w.age_s), "" if w.state == "alive" else w.state] for w in view.workers]


def better_cells(view: View, now: datetime) -> list[list[str]]:
    """The last betters, the newest first: trial, value, how long ago."""
    return [[f"trial {b.trial}", f"{b.value:.6g}{_violated(b)}", _ago(b.when, now)] for b in reversed(view.betters)]


def progress(view: View) -> str:
    """`128/512`, or `128` where nobody has said how many there will be."""
    return f"{view.n_done:,}" + ("" if view.n_wanted is None else f"/{view.n_wanted:,}")


def states(view: View) -> str:
    """`180 complete, 15 pruned, 2 running`."""
    parts = [f"{view.n_by_state[state]:,} {word}" for state, word in STATES.items() if view.n_by_state.get(state)]
    return ", ".join(parts) or "none"


def workers(view: View) -> str:
    """`4 workers`, `4 workers, 1 silent`."""
    wrong = [f"{n} {state}" for state in ("silent", "gone") if (n := sum(w.state == state for w in view.workers))]
    return ", ".join([f"{len(view.workers)} worker{'s' if len(view.workers) != 1 else ''}", *wrong])


def pruned(view: View) -> str:
    """The share of the trials that ended."""
    return share(view.n_by_state.get("PRUNED", 0), view.n_ended) if view.n_ended else "-"


def better(found: Better, now: datetime) -> str:
    """`0.3812 (trial 97, 2m10s ago)`."""
    return f"{found.value:.6g} (trial {found.trial}{_violated(found)}{', ' + _ago(found.when, now) + ' ago' if found.when else ''})"


def _violated(found: Better) -> str:
    return ", breaks gates" if found.violation > 0 else ""


def _ago(when: datetime | None, now: datetime) -> str:
    return "-" if when is None else clock_time(_age(when, now))


def _age(when: datetime, now: datetime) -> float:
    return max((now - when).total_seconds(), 0.0)
