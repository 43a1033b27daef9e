"""What the rules need of each section's JSON, by name. The one place that knows the sections' keys, besides what draws them (`text`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outside:
    """A result on bars that the choice never saw. probability: that the true Sharpe ratio is above 0; n_sets: it was opened for so many."""

    name: str
    sharpe: float
    probability: float | None
    n_sets: int = 1


@dataclass(frozen=True)
class Found:
    """Numbers of the evidence; None where there are none. missing: section -> why, for those that said that there is not enough.

    deflated: probability that the true Sharpe ratio is above what the best of n_distinct sets shows by luck. overfit: PBO. without_best:
    net profit less that of the n_dropped best trades.
    """

    n_trades: int
    n_days: int
    total_profit: float
    open_profit: float
    n_distinct: int
    n_effective: float | None = None
    deflated: float | None = None
    null_mode: str = "none"
    null_p: float | None = None
    n_surrogates: int = 0
    outside: tuple[Outside, ...] = ()
    overfit: float | None = None
    without_best: float | None = None
    n_dropped: int = 0
    missing: Mapping[str, str] = field(default_factory=dict)


def found_in(evidence: Mapping[str, Any]) -> Found:
    """The numbers of all sections. Errors: KeyError for one that has other keys."""
    search = evidence["search"]
    chosen = search["chosen"] or {"n_trades": 0, "net_profit": 0.0, "open_profit": 0.0}

    return Found(
        n_trades=chosen["n_trades"],
        n_days=search["days"],
        total_profit=chosen["net_profit"] + chosen["open_profit"],
        open_profit=chosen["open_profit"],
        n_distinct=search["trials"]["distinct"],
        missing={name: str(section["not_enough"]) for name, section in evidence.items() if "not_enough" in (section or ())},
    )


def number(value: Any) -> float | None:
    """A finite number; None for what is none."""
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None
