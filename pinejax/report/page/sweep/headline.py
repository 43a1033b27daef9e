"""What a sweep found in three sentences and a few counts: how many hold up, and that the best of all is the best of all their trials."""

from __future__ import annotations

from pinejax.report.page.figures import rough
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.frame import framed
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.sweep.compared import Compared, name, objective
from pinejax.report.page.words import WORDS, say

LEVELS = ("differs", "hint", "luck", "not_enough")
JUDGED = LEVELS[:3]
"""Levels that say something."""
OPEN = ("waiting", "running", "interrupted", "not run")


def section(compared: Compared) -> Markup:
    """Always there."""
    return framed("sweep", el("p", " ".join(sentences(compared)), class_="sentence"), counts(compared), first(compared))


def sentences(compared: Compared) -> list[str]:
    """Verdicts are each combination's alone; p-values and trials are of all together."""
    of = {row.index: row for row in compared.rows}.values()
    judged = [row for row in of if row.verdict in JUDGED]
    n, k = len(judged), sum(row.verdict == "differs" for row in judged)
    trials = f"{sum(row.n_trials or 0 for row in compared.rows):,}"
    if not any(row.holds for row in compared.rows):
        return [say("sweep.found.nothing")]
    if not judged:
        return [say("sweep.found.unjudged"), say("sweep.found.best", trials=trials)]
    found = [say("sweep.found.none" if not k else "sweep.found.differs_one" if k == 1 else "sweep.found.differs", k=k, n=n)]
    known = [q for q in compared.adjusted if q is not None]
    if known:
        found.append(say("sweep.found.smallest", n=len(known), q=f"{min(known):.3f}"))
    return [*found, say("sweep.found.best", trials=trials)]


def counts(compared: Compared) -> Markup:
    """Of combinations; a joint study's pairs are one."""
    of = list({row.index: row for row in compared.rows}.values())
    cells: list[tuple[Child, Child]] = [(say("sweep.count.all"), f"{len(of):,}")]
    for level in LEVELS:
        if n := sum(row.verdict == level for row in of):
            cells.append(([el("span", MARKS[level], aria_hidden="true"), " ", WORDS[f"level.{level}"]], f"{n:,}"))
    others = {
        "sweep.count.unjudged": sum(row.state == "done" and not row.verdict for row in of),
        "sweep.count.failed": sum(bool(row.error) for row in of),
        "sweep.count.open": sum(row.state in OPEN and not row.error for row in of),
    }
    cells += [(say(key), f"{n:,}") for key, n in others.items() if n]
    cells.append((say("sweep.count.trials"), f"{sum(row.n_trials or 0 for row in compared.rows):,}"))
    return el("dl", [el("div", el("dt", term), el("dd", value)) for term, value in cells], class_="headline")


def first(compared: Compared) -> Markup | None:
    """The first of the ranking, by objective, with what is left of it out of sample."""
    lines = []
    for key in compared.scales:
        i = next(i for i in compared.ranked if compared.rows[i].objective == key and compared.rows[i].holds)
        row, outside = compared.rows[i], compared.outside(compared.rows[i])
        text = say("sweep.first.text", objective=objective(row), value=rough(row.value))
        if outside is not None:
            text += say("sweep.first.outside", kind=say(f"sweep.kind.{compared.scales[key].kind}").lower(), value=rough(outside))
        said = f"; {WORDS.get(f'level.{row.verdict}', row.verdict).lower()}" if row.verdict else ""
        lines.append((say("sweep.first"), [el("a", name(row), href=compared.link(i)), ": ", text, said]))
    return el("dl", [el("div", el("dt", term), el("dd", value)) for term, value in lines]) if lines else None
