"""What a judged search leaves beside the rest of its folder, made up: verdict.json with its evidence, and the walk forward's history."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl


def judge(folder: Path, **more: Any) -> Path:
    """Writes them; the folder. more: of verdict.json, instead."""
    (folder / "verdict.json").write_text(json.dumps(VERDICT | more))
    days = [datetime(2024, 1, 1) + timedelta(days=i) for i in range(12)]
    rates = [0.01 * (-1) ** i for i in range(12)]
    worth = np.cumprod(1 + np.array(rates))
    frame = pl.DataFrame({"day": days, "fold": [1 + i // 4 for i in range(12)], "return": rates, "equity": worth})
    frame.write_parquet(folder / "walk_forward_equity.parquet")
    return folder


def _fold(i: int, found: float | None) -> dict[str, Any]:
    days = [f"2024-01-{day:02} 00:00" for day in (4 * i + 1, 4 * i + 3, 4 * i + 4, 4 * i + 5)]
    return {
        "fold": i + 1, "train": {"dates": days[:2], "bars": [0, 9]}, "test": {"dates": days[2:], "bars": [10, 20]}, "study": f"s{i}",
        "n_trials": 40, "trial": 7 + i, "params": {"fast": 5 + i, "mult": None if i == 1 else 0.5 * i + 1, "use": True},
        "in_sample": {"value": 2.0, "return": 0.1, "n_trades": 30, "years": 0.1},
        "out_of_sample": {"value": found, "return": found, "n_trades": 9, "years": 0.05},
    }  # fmt: skip


VERDICT: dict[str, Any] = {
    "version": 1,
    "level": "luck",
    "sentence": "The best set is not distinguishable from search luck: deflated Sharpe ratio 0.13 after 40 sets.",
    "reasons": [
        {"name": "trades", "kind": "enough", "measured": 169, "threshold": ">= 30", "passed": True, "text": "169 closed trades"},
        {"name": "deflated_sharpe", "kind": "needed", "measured": 0.13316526, "threshold": ">= 0.95", "passed": False, "text": "deflated"},
        {"name": "holdout", "kind": "needed", "measured": None, "threshold": "> 0", "passed": None, "text": "not opened"},
    ],
    "next": ["null=research"],
    "evidence": {
        "search": {"trials": {"raw": 40}},
        "importance": {"ped_anova": {"fast": 0.3, "mult": 0.1, "use": 0.6}},
        "null_search": {
            "mode": "replay", "distribution": [0.1, 0.5, None, 0.6, 0.7, 0.2, 0.9], "best": 0.6, "p_value": 3 / 7,
            "smallest_p": 1 / 7, "optimistic": True,
        },
        "stress": {
            "base": {"name": "base", "value": 0.81, "total_return": 0.06, "max_drawdown": 0.19, "n_trades": 169},
            "rows": [{"name": "costs", "value": -0.327, "total_return": 0.03, "max_drawdown": 0.2, "n_trades": 169, "change": -1.137}],
            "symbols": {"rows": [{"name": "AAA", "value": 1.347, "total_return": 0.1, "max_drawdown": 0.19, "n_trades": 113}]},
        },
        "walk_forward": {
            "method": "walk_forward", "text": "Walk-forward: 3 train spans.", "folds": [_fold(0, 0.02), _fold(1, -0.03), _fold(2, None)],
            "drift": {"parameters": {
                "fast": {"values": [5, 6, 7], "mean": 0.1}, "mult": {"values": [1.0, None, 2.0], "mean": 0.2},
                "use": {"values": [True, True, True], "mean": 0.0},
            }},
        },
    },
}  # fmt: skip
