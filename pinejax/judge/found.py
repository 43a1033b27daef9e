"""What the rules need of each section's JSON, by name. The one place that knows the sections' keys, besides what draws them (`text`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Outside:
    """A result on bars that the choice never saw. total_return: a fraction; sharpe: annual; probability: that the true ratio is above 0;
    both None where there is too little for them; no_proof: why a gain there says nothing, empty where it does.
    """

    name: str
    total_return: float
    sharpe: float | None
    probability: float | None
    no_proof: str = ""


@dataclass(frozen=True)
class Found:
    """Numbers of the evidence; None where there are none. missing: section -> why, for what said that there is not enough.

    deflated: probability that the true Sharpe ratio is above what the best of n_distinct sets shows by luck. overfit: PBO; loss_rate: of
    its splits, those whose choice loses on the other half. without_best: net profit less that of the n_dropped best trades.
    null_optimistic: the null search did not do the whole search on its histories. told_by: the setting by which the search began with
    sets of others, else empty. violation: of the objective's gates, relative. history_days: of all bars, those too that were kept back;
    holds_out: whether some are for a holdout.
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
    null_optimistic: bool = True
    outside: tuple[Outside, ...] = ()
    overfit: float | None = None
    loss_rate: float | None = None
    without_best: float | None = None
    n_dropped: int = 0
    told_by: str = ""
    history_days: int = 0
    holds_out: bool = False
    violation: float = 0.0
    missing: Mapping[str, str] = field(default_factory=dict)


def found_in(evidence: Mapping[str, Any]) -> Found:
    """The numbers of all sections."""
    search = evidence["search"]
    chosen = search["chosen"] or {"n_trades": 0, "net_profit": 0.0, "open_profit": 0.0}
    days, dropped = at(evidence, "deflation", "chosen", "n_days"), at(evidence, "stress", "trades", "n_dropped")
    return Found(
        n_trades=chosen["n_trades"],
        n_days=search["days"] if days is None else int(days),
        total_profit=chosen["net_profit"] + chosen["open_profit"],
        open_profit=chosen["open_profit"],
        n_distinct=search["trials"]["distinct"],
        n_effective=at(evidence, "deflation", "trials", "effective", "clusters"),
        deflated=at(evidence, "deflation", "deflated", "distinct", "dsr"),
        null_mode=part(evidence, "null_search", "mode") or "none",
        null_p=at(evidence, "null_search", "p_value"),
        n_surrogates=int(at(evidence, "null_search", "n_made") or 0),
        null_optimistic=part(evidence, "null_search", "optimistic") is not False,
        outside=tuple(_outside(evidence)),
        overfit=at(evidence, "deflation", "overfitting", "pbo"),
        loss_rate=at(evidence, "deflation", "overfitting", "loss_rate"),
        without_best=at(evidence, "stress", "trades", "profit_without"),
        n_dropped=int(dropped or 0),
        told_by=search.get("told_by", ""),
        history_days=int(search.get("history_days") or search["days"]),
        holds_out=part(search, "kept_back", "holdout") is not None,
        violation=chosen.get("violation", 0.0),
        missing=dict(_missing(evidence)),
    )


def _outside(evidence: Mapping[str, Any]) -> list[Outside]:
    """Of a holdout, of walk-forward's test spans together, and of the search's own first set on test bars on which others were ranked."""
    n_sets, n_ranked = (int(at(evidence, name, "openings", "n_sets") or 1) for name in ("holdout", "rerank"))
    looks = {
        "holdout": (part(evidence, "holdout"), f"it was opened for {n_sets} sets" if n_sets > 1 else ""),
        "walk-forward": (part(evidence, "walk_forward", "stitched"), ""),
        "test bars": (part(evidence, "rerank", "first"), f"{n_ranked} sets were ranked there"),
    }
    found = []
    for name, (section, no_proof) in looks.items():
        gained = at(section or {}, "return")
        if gained is not None:
            found.append(Outside(name, gained, at(section, "sharpe"), at(section, "probability"), no_proof))
    return found


def at(evidence: Mapping[str, Any], *path: str) -> float | None:
    """The finite number at the end of a path of keys; None where there is none."""
    found = part(evidence, *path)
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else None


def part(evidence: Mapping[str, Any], *path: str) -> Any:
    """Whatever is at the end of a path of keys; None where that is nothing."""
    found: Any = evidence
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


_OF_SEVERAL = {("stress", "symbols"), ("stress", "timeframes"), ("plateau", "stability")}
"""Pieces that only several datasets or pairs have: nothing is missing where there is one."""


def _missing(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Sections, and the pieces of them, that have too little to say."""
    found = []
    for name, section in evidence.items():
        if not isinstance(section, Mapping):
            continue
        if isinstance(section.get("not_enough"), str):
            found.append((name, section["not_enough"]))
            continue
        found += [
            (f"{name}: {key}", piece["not_enough"])
            for key, piece in section.items()
            if isinstance(piece, Mapping) and isinstance(piece.get("not_enough"), str) and (name, key) not in _OF_SEVERAL
        ]
    return found
