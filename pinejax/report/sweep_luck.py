"""What the combinations of a sweep say together about luck, in the same sentences for a terminal and for the page."""

from __future__ import annotations

from collections.abc import Sequence

from pinejax.report.page.words import say
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import adjusted, n_tests

LEVELS = ("differs", "hint", "luck", "not_enough")
JUDGED = LEVELS[:3]
"""Levels that say something: a combination that has one is judged."""


def sentences(rows: Sequence[SweepRow]) -> list[str]:
    """Verdicts are each combination's alone; p-values, of those that have one whether judged or not, and trials are of all together."""
    if not any(row.holds for row in rows):
        return [say("sweep.found.nothing")]
    of = {row.index: row for row in rows}.values()
    n, k = sum(row.verdict in JUDGED for row in of), sum(row.verdict == "differs" for row in of)
    key = "unjudged" if not n else "none_one" if (k, n) == (0, 1) else "none" if not k else "differs_one" if k == 1 else "differs"
    found = [say(f"sweep.found.{key}", k=k, n=n)]
    if few := sum(row.verdict == "not_enough" for row in of):
        found.append(say("sweep.found.not_enough", n=few))
    if known := [q for q in adjusted(rows) if q is not None]:
        found.append(say("sweep.found.smallest", n=n_tests(rows), q=f"{min(known):.3f}"))
    if lost := sum(row.lost for row in rows):
        found.append(say("sweep.found.lost", n=lost))
    return [*found, say("sweep.found.best", trials=f"{sum(row.n_trials or 0 for row in rows):,}")]
