"""Returns of each UTC month as a table of years, each cell coloured by its size."""

from __future__ import annotations

from datetime import UTC, datetime

from pinejax.report.page.figures import MINUS
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.sections.frame import framed, note, per_dataset
from pinejax.report.page.words import say
from pinejax.report.saved import Dataset, Saved
from pinejax.report.statistics.months import monthly, whole_year

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def section(saved: Saved) -> Markup | None:
    """None without an equity curve."""
    if not saved.lines:
        return None
    text = " ".join([say("months.note"), *unseen(saved)])
    return framed("months", per_dataset(saved, lambda dataset: grid(saved, dataset)), note(text))


def unseen(saved: Saved) -> list[str]:
    """From when on the months are out of sample."""
    firsts = [int(line.time[~line.seen].min()) for line in saved.lines.values() if not line.seen.all()]
    return [say("months.unseen", when=f"{datetime.fromtimestamp(min(firsts) / 1000, UTC):%Y-%m-%d %H:%M}")] if firsts else []


def grid(saved: Saved, dataset: Dataset) -> Child:
    """A row per year: its months, and the year as a whole."""
    line = saved.lines.get(dataset.name)
    if line is None:
        return note(say("equity.none"))
    found = monthly(line.time, line.equity, line.capital)
    top = max((abs(value) for value in found.values()), default=0.0) or 1.0
    rows = []
    for year in sorted({year for year, _ in found}):
        cells = [cell(found.get((year, month)), top) for month in range(12)]
        rows.append([year, *cells, el("b", percent(whole_year(found, year)))])
    return table([say("year"), *MONTHS, say("total")], rows, caption=say("months"), class_="months")


def cell(value: float | None, top: float) -> Child:
    """Coloured by how large it is beside the largest, five steps each way."""
    if value is None:
        return ""
    step = 0 if value == 0 else min(int(abs(value) / top * 5) + 1, 5)
    return el("span", percent(value), class_=f"heat {'up' if value > 0 else 'down'}{step}" if step else "heat")


def percent(value: float) -> str:
    """One decimal, without the sign, which is in the head of the page."""
    return f"{100 * value:.1f}".replace("-", MINUS)
