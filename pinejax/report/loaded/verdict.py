"""The verdict on a search's best set as a value: what was found, in words, and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pinejax.report.loaded import html
from pinejax.report.page.sections.verdict import unjudged
from pinejax.report.saved import Saved

UNJUDGED = "none"
RULES = {"name": pl.String, "kind": pl.String, "measured": pl.String, "threshold": pl.String, "passed": pl.Boolean, "text": pl.String}


@dataclass(frozen=True, eq=False)
class Verdict:
    """level: differs, hint, luck, not_enough, or none for a search that was not judged. sentence: what a reader should know.

    next: what would tell more. evidence: the pieces of verdict.json, {} without one.
    """

    level: str
    sentence: str
    rules: tuple[Mapping[str, Any], ...] = ()
    next: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reasons(self) -> pl.DataFrame:
        """One row per rule: name, kind, measured, threshold, passed (null where it was not looked at), text."""
        rows = [{name: _cell(rule.get(name), name) for name in RULES} for rule in self.rules]
        return pl.DataFrame(rows, schema=RULES)

    def __repr__(self) -> str:
        return f"Verdict({self.level}: {self.sentence})"

    def _repr_html_(self) -> str:
        return html.framed(html.verdict(self.level, self.sentence), html.reasons(self.rules))


def verdict_of(saved: Saved) -> Verdict:
    """Of verdict.json, else what can be said without one."""
    said = saved.verdict or {}
    if not said.get("sentence"):
        return Verdict(UNJUDGED, unjudged(saved))
    rules = tuple(rule for rule in said.get("reasons") or () if isinstance(rule, Mapping))
    return Verdict(
        str(said.get("level", UNJUDGED)), str(said["sentence"]), rules, tuple(map(str, said.get("next") or ())), said.get("evidence") or {}
    )


def _cell(value: Any, name: str) -> Any:
    if value is None or name == "passed":
        return value
    return f"{value:.6g}" if isinstance(value, float) else str(value)
