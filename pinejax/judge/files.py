"""The verdict as files: verdict.json in the run's folder; the short form, which the manifest, best.json and a sweep's tables have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pinejax.judge.found import found_in
from pinejax.judge.verdict import Verdict
from pinejax.report.atomic import write_json
from pinejax.report.outside import outside_values

VERSION = 1
"""Of verdict.json's layout (docs/selection.md)."""


def write_verdict(folder: Path, verdict: Verdict, evidence: Mapping[str, Any], seconds: float) -> None:
    """verdict.json: the verdict, the seconds it took, and all evidence."""
    write_json(folder / "verdict.json", {"version": VERSION, **verdict.plain(), "seconds": round(seconds, 3), "evidence": evidence})


def short(verdict: Verdict, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Level and sentence, how many sets there were, and the figures that are compared over the combinations of a sweep."""
    found = found_in(evidence)
    return {
        "level": verdict.level,
        "sentence": verdict.sentence,
        "n_distinct": found.n_distinct,
        "null": found.null_mode,
        "null_p": found.null_p,
        "deflated_sharpe": found.deflated,
        "out_of_sample": outside_values(evidence),
    }
