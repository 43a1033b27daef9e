"""A verdict.json with every piece of evidence that the page draws, and one that it does not know."""

from __future__ import annotations

from typing import Any

VERDICT: dict[str, Any] = {
    "version": 1,
    "level": "luck",
    "sentence": "The best set is not distinguishable from search luck: deflated Sharpe ratio 0.13 after 40 sets.",
    "reasons": [{"name": "deflated_sharpe", "kind": "needed", "measured": 0.13316526, "threshold": ">= 0.95", "passed": False}],
    "next": ["null=research"],
    "evidence": {
        "search": {"trials": {"raw": 40}},
        "importance": {"ped_anova": {"fast": 0.3, "use": 0.7}},
        "null_search": {
            "mode": "replay", "distribution": [0.1, 0.5, 0.6, 0.7, 0.2, 0.9], "best": 0.6, "p_value": 3 / 7,
            "smallest_p": 1 / 7, "optimistic": True,
        },
        "stress": {
            "base": {"name": "base", "value": 0.81, "total_return": 0.06, "max_drawdown": 0.19, "n_trades": 169},
            "rows": [{"name": "costs", "value": 0.32714, "total_return": 0.03, "max_drawdown": 0.2, "n_trades": 169, "change": -0.48468}],
            "symbols": {"rows": [{"name": "SYNTH_A", "value": 1.34714, "total_return": 0.1, "max_drawdown": 0.19, "n_trades": 113}]},
        },
        "walk_forward": {
            "method": "walk_forward", "text": "Walk-forward: 2 train spans.",
            "folds": [
                {"test": {"dates": ["2024-01-01 00:00", "2024-01-09 00:00"]}, "out_of_sample": {"return": 0.02}},
                {"test": {"dates": ["2024-01-10 00:00", "2024-01-19 00:00"]}, "out_of_sample": None},
            ],
            "drift": {"parameters": {"fast": {"values": [10, 30], "mean": 0.5, "by_chance": 0.34}, "use": {"values": [True, None]}}},
        },
        "cross_validation": {"folds": [{"test": [["2024-01-01 00:00", "2024-01-18 23:45"]], "out_of_sample": 1.3}], "note": "A note."},
        "rerank": {"method": "none"},
        "holdout": {"not_enough": "expected 60 days, found 14."},
        "a_piece_nobody_knows": {"text": "said", "n": 42, "list": [1, 2]},
    },
}  # fmt: skip
