"""A sweep's folder made up without an engine: runs of `report_folder`, some of them judged, with a sweep.json beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report_folder import make_run

from pinejax.report.slug import slug, timeframe_slug


@dataclass(frozen=True)
class One:
    """A combination. value, outside: of its best set, in and out of sample; None for none. more: of sweep.json's entry."""

    symbol: str
    timeframe: str
    value: float | None = 1.0
    outside: float | None = None
    verdict: str = ""
    state: str = "done"
    error: str = ""
    swept: Mapping[str, str] = field(default_factory=dict)


MIXED = (
    One("AAA", "15m@1h", 1.5, 0.4, "differs"),
    One("AAA", "15m@4h", 1.2, -0.8, "luck"),
    One("AAA", "1h@4h", 2.5, -0.2, "hint"),
    One("BBB", "15m@1h", -0.3, -1.1, "luck"),
    One("BBB", "15m@4h", 0.7, None, "not_enough"),
    One("BBB", "1h@4h", None, state="failed", error="no bars of 'BBB' at 1h.\nThe second line."),
)


def make_sweep(path: Path, combinations: Sequence[One] = MIXED, *, state: str = "done", kind: str = "holdout", **more: Any) -> Path:
    """state: the sweep's own. kind: how bars were kept back."""
    path.mkdir(parents=True)
    listed = []
    for i, one in enumerate(combinations):
        place = f"{i}_{slug(one.symbol)}_{timeframe_slug(one.timeframe)}"
        if one.value is not None:
            make_one(path / place, one, kind)
        listed.append(
            {
                "index": i, "symbols": [one.symbol], "timeframes": [one.timeframe],
                "swept": {"timeframe": one.timeframe, "symbol": one.symbol, **one.swept},
                "overrides": [f"timeframe={one.timeframe}", f"symbol={one.symbol}"], "study": f"study_{i}",
                "command": f"python -m pinejax.run timeframe={one.timeframe} symbol={one.symbol}", "folder": place,
                "state": one.state, "error": one.error or None, "seconds": 2.0, "n_trials": 40,
            }
        )  # fmt: skip
    said = {
        "pinejax": "0.1.0", "state": state, "started": "2026-01-01T00:00:00+00:00", "ended": "2026-01-01T00:01:00+00:00", "seconds": 60.0,
        "command": "python -m pinejax.run -m timeframe=15m@1h", "mode": "study", "launcher": "BasicLauncher", "workers_per_combination": 1,
        "combinations": listed, "versions": {"python": "3.11"}, **more,
    }  # fmt: skip
    (path / "sweep.json").write_text(json.dumps(said), encoding="utf-8")
    return path


def make_one(place: Path, one: One, kind: str) -> None:
    """A run's folder whose best set has these values."""
    make_run(place, n_trials=12, symbols=(one.symbol,), n_bars=200, study=place.name, seen=150 if one.outside is not None else None)
    manifest, best = (json.loads((place / name).read_text(encoding="utf-8")) for name in ("manifest.json", "best.json"))
    manifest |= {"n_trials": 40, "timings_s": {"total": 2.0}}
    if one.verdict:
        manifest["verdict"] = {
            "level": one.verdict, "sentence": "said", "n_distinct": 40, "null": "replay",
            "null_p": 0.04 if one.verdict == "differs" else 0.6, "deflated_sharpe": 0.97 if one.verdict == "differs" else 0.25,
            "out_of_sample": {} if one.outside is None else {kind: one.outside},
        }  # fmt: skip
    best["values"] = {"sharpe": one.value}
    (place / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (place / "best.json").write_text(json.dumps(best), encoding="utf-8")
