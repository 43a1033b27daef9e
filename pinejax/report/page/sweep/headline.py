"""What a sweep found in three sentences and a few counts: how many hold up, and that the best of all is the best of all their trials."""

from __future__ import annotations

from pinejax.report.page.figures import rough
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.frame import framed
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.sweep.compared import Compared, name, objective
from pinejax.report.page.words import WORDS, say
from pinejax.report.sweep_luck import LEVELS, sentences

OPEN = ("waiting", "running", "interrupted", "not run")


def section(compared: Compared) -> Markup:
    """Always there."""
    return framed("sweep", el("p", " ".join(sentences(compared.rows)), class_="sentence"), counts(compared), first(compared))


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
